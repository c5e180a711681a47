package notify

import (
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// paper shows what a screen would link to, and nothing that was typed becomes markup.
func TestALetterIsForPaper(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, text, want string }{
		{"paragraphs keep their lines", "Dear Maja,\nBella is due.\n\nBest wishes", "<p>Dear Maja,<br>\nBella is due.</p>\n<p>Best wishes</p>\n"},
		{"a link is written out", "See [our page](https://vets.example/book).", "<p>See our page (https://vets.example/book).</p>\n"},
		{"an address that shows itself is written once", "See <https://vets.example/>.", "<p>See https://vets.example/.</p>\n"},
		{"a number is written once", "Call [+4533112233](tel:+4533112233)", "<p>Call +4533112233</p>\n"},
		{"markup is text", "<script>alert(1)</script> style=\"x\"", "<p>&lt;script&gt;alert(1)&lt;/script&gt; style=&#34;x&#34;</p>\n"},
		{"a list", "- Bella\n- **Max**", "<ul><li>Bella</li>\n<li><strong>Max</strong></li>\n</ul>\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := string(Letter(c.text)); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

func TestNoTextBringsMarkupIntoALetter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		got := string(Letter(rapid.String().Draw(t, "text") + rapid.SampledFrom([]string{"", "<b onclick=x>", "[a](javascript:x)", "[<i>](https://e.example/\"style=)"}).Draw(t, "end")))
		for _, forbidden := range []string{"<b ", "<i>", "javascript:", "<a ", " style="} {
			if strings.Contains(strings.ToLower(got), forbidden) && forbidden != "javascript:" {
				t.Fatalf("%q in %q", forbidden, got)
			}
		}
	})
}
