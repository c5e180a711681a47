package outbox

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"
)

// every reason that the source declares has words of its own.
func TestEveryReasonHasWords(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "outbox.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := 0
	seen := map[string]Reason{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		declared++
		code, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		said := Reason(code).Words()
		if said == code || !strings.HasSuffix(said, ".") {
			t.Errorf("%s has no words: %q", code, said)
		}
		if other, twice := seen[said]; twice {
			t.Errorf("%s and %s say the same", code, other)
		}
		seen[said] = Reason(code)
		return true
	})
	if declared == 0 || declared != len(Reasons()) {
		t.Errorf("%d reasons declared, %d have words", declared, len(Reasons()))
	}
	if Reason("").Words() != "" || Reason("later_code").Words() != "later_code" {
		t.Error("a code without words must speak for itself")
	}
}

func TestMasked(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel       Channel
		address, want string
	}{
		{Email, "kari@example.com", "k…@example.com"},
		{Email, " åse@example.com ", "å…@example.com"},
		{Email, "k@example.com", "…@example.com"},
		{Email, `"a@b"@example.com`, `"…@example.com`},
		{Email, "nothing", "•••••••"},
		{Email, "", ""},
		{SMS, "+4791234678", "+47•••••678"},
		{SMS, "+40712345678", "+40••••••678"},
		{SMS, "91234567", "•••••567"},
		{SMS, "12345", "•••••"},
		{SMS, "", ""},
		{Post, "Storgata 1", "••••••••••"},
	} {
		if got := Masked(c.channel, c.address); got != c.want {
			t.Errorf("Masked(%s, %q) = %q, want %q", c.channel, c.address, got, c.want)
		}
	}
}
