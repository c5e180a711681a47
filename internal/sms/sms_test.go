package sms

import (
	"bufio"
	"fmt"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// R-20: the corpus holds reference counts that were not made by this package.
func TestMeasureAgreesWithReferenceCounts(t *testing.T) {
	t.Parallel()
	for _, line := range corpus(t, "testdata/sizes.txt") {
		fields := strings.Fields(line.text)
		if len(fields) < 4 {
			t.Fatalf("line %d: %q", line.number, line.text)
		}
		rest := line.text[strings.Index(line.text, `"`):]
		text := pieces(t, line.number, rest)
		got := Measure(text)
		if got.Encoding != fields[0] || strconv.Itoa(got.Units) != fields[1] || strconv.Itoa(got.Parts) != fields[2] {
			t.Errorf("line %d: %s: got %s %d %d, want %s", line.number, rest, got.Encoding, got.Units, got.Parts, strings.Join(fields[:3], " "))
		}
	}
}

func TestMeasureNamesTheFirstCharacterThatForcesUCS2(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]rune{"": 0, "Hei Ærlig": 0, "Bună ziua, Rex 🐶": 'ă', "🐶 ă": '🐶', "s\u0326": 'ș', "a\u030a": 0, "\xff": utf8.RuneError} {
		if got := Measure(text).Offender; got != want {
			t.Errorf("Measure(%q).Offender = %q, want %q", text, got, want)
		}
	}
}

func TestPrepareSwapsAndSpells(t *testing.T) {
	t.Parallel()
	for _, line := range corpus(t, "testdata/prepared.txt") {
		columns := strings.Split(line.text, " | ")
		if len(columns) != 3 {
			t.Fatalf("line %d: %q", line.number, line.text)
		}
		for i, c := range columns {
			quoted := `"` + strings.ReplaceAll(c, `"`, `\"`) + `"`
			s, err := strconv.Unquote(quoted)
			if err != nil {
				t.Fatalf("line %d: %s: %v", line.number, quoted, err)
			}
			columns[i] = s
		}
		if got := Prepare(columns[0], true); got != columns[1] {
			t.Errorf("line %d: Prepare(%q, keep) = %q, want %q", line.number, columns[0], got, columns[1])
		}
		if got := Prepare(columns[0], false); got != columns[2] {
			t.Errorf("line %d: Prepare(%q, gsm7) = %q, want %q", line.number, columns[0], got, columns[2])
		}
	}
}

func TestEveryTableEntryIsNeededAndLeadsIntoGSM7(t *testing.T) {
	t.Parallel()
	for _, table := range []map[rune]string{lookAlikes, spellings} {
		for r, written := range table {
			if septets(r) > 0 {
				t.Errorf("%q is in GSM-7 already", r)
			}
			if Measure(written).Encoding != GSM7 {
				t.Errorf("%q is written %q, which GSM-7 lacks too", r, written)
			}
		}
	}
	for r := range spellings {
		if _, twice := lookAlikes[r]; twice {
			t.Errorf("%q is in both tables", r)
		}
	}
}

// R-20: whatever Latin name an owner or a pet has, its letters alone never make a text cost twice.
func TestEveryLatinLetterOfEuropeHasASpelling(t *testing.T) {
	t.Parallel()
	for r := rune(0x00C0); r <= 0x017F; r++ {
		if got := Prepare(string(r), false); got == "" || Measure(got).Encoding != GSM7 {
			t.Errorf("%q has no spelling: %q", r, got)
		}
	}
	for _, r := range "ȘșȚțẞẀẁẂẃẄẅỲỳ" {
		if got := Prepare(string(r), false); Measure(got).Encoding != GSM7 {
			t.Errorf("%q has no spelling: %q", r, got)
		}
	}
}

func TestCostIsFreeOfFloatingDust(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		parts int
		price float64
		want  float64
	}{{0, 0.99, 0}, {1, 0.99, 0.99}, {2, 0.99, 1.98}, {3, 0.99, 2.97}, {7, 0.99, 6.93}, {3, 0.1, 0.3}, {3, 0.0075, 0.0225}, {5, 0, 0}} {
		if got := Cost(c.parts, c.price); got != c.want {
			t.Errorf("Cost(%d, %v) = %v, want %v", c.parts, c.price, got, c.want)
		}
	}
}

// texts draws what people write: mostly plain letters, with some of every kind that changes the count.
func texts() *rapid.Generator[string] {
	letter := rapid.OneOf(
		rapid.SampledFrom([]rune("abc ÆøåÉ\n")), rapid.SampledFrom([]rune("^{}\\[~]|€\f")), rapid.SampledFrom([]rune("abcdefgh")),
		rapid.SampledFrom([]rune("șăžáđŋþ’“–…\u00a0\u200b")), rapid.SampledFrom([]rune("🐶🐱👍")), rapid.SampledFrom([]rune("\u0301\u0326\u030aяй°")),
		rapid.Rune(),
	)
	return rapid.OneOf(rapid.StringOfN(letter, 0, 400, -1), rapid.StringOfN(rapid.SampledFrom([]rune("aå€")), 100, 700, -1),
		rapid.StringOfN(rapid.SampledFrom([]rune("aș🐶")), 40, 300, -1), rapid.String())
}

// R-20: a plain walk over the units, each marked with the character it belongs to, must come to the same parts.
func TestMeasureNeverCutsAPairAndNeverWastesAPart(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := texts().Draw(t, "text")
		got := Measure(text)
		alone, part := 160, 153
		if got.Encoding == UCS2 {
			alone, part = 70, 67
		}
		owners := units(norm.NFC.String(text), got.Encoding)
		if got.Units != len(owners) {
			t.Fatalf("%d units, want %d", got.Units, len(owners))
		}
		want := 1
		if len(owners) > alone {
			want = 0
			for from := 0; from < len(owners); want++ {
				until := min(from+part, len(owners))
				for until < len(owners) && owners[until] == owners[until-1] {
					until--
				}
				from = until
			}
			if least := (len(owners) + part - 1) / part; got.Parts < least {
				t.Fatalf("%d parts, but %d units need %d", got.Parts, len(owners), least)
			}
		}
		if got.Parts != want {
			t.Fatalf("%d parts, want %d", got.Parts, want)
		}
		if got.Encoding == GSM7 && got.Offender != 0 {
			t.Fatalf("offender %q in %s", got.Offender, got.Encoding)
		}
	})
}

// units numbers each unit with the character it belongs to.
func units(text, encoding string) []int {
	var owners []int
	for i, r := range []rune(text) {
		n := len(utf16.Encode([]rune{r}))
		if encoding == GSM7 {
			n = 1
			if strings.ContainsRune("\f^{}\\[~]|€", r) {
				n = 2
			}
		}
		for range n {
			owners = append(owners, i)
		}
	}
	return owners
}

func TestPrepareTwiceIsPrepareOnce(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text, keep := texts().Draw(t, "text"), rapid.Bool().Draw(t, "keep")
		once := Prepare(text, keep)
		if twice := Prepare(once, keep); twice != once {
			t.Fatalf("%q, then %q", once, twice)
		}
	})
}

// R-20: what GSM-7 can carry already is never changed, whatever stands beside it.
func TestPrepareLeavesGSM7Alone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune(basic+extension))).Draw(t, "text")
		if got := Prepare(text, rapid.Bool().Draw(t, "keep")); got != text {
			t.Fatalf("%q became %q", text, got)
		}
		if got := Prepare(text+"🐶", false); got != text+"🐶" {
			t.Fatalf("%q became %q", text+"🐶", got)
		}
	})
}

func FuzzPrepare(f *testing.F) {
	for _, s := range []string{"", "Pâine și țuică", "“Bella” 🐶", "a\u030a\u0301", "\xff\xfe", "👨‍👩‍👧", "е\u0301"} {
		f.Add(s, true)
		f.Add(s, false)
	}
	f.Fuzz(func(t *testing.T, text string, keep bool) {
		got := Prepare(text, keep)
		if utf8.ValidString(text) && !utf8.ValidString(got) {
			t.Errorf("Prepare(%q) broke the text: %q", text, got)
		}
		if again := Prepare(got, keep); again != got {
			t.Errorf("Prepare(%q) = %q, then %q", text, got, again)
		}
		size := Measure(got)
		if size.Parts < 1 || size.Parts < int(math.Ceil(float64(size.Units)/160)) {
			t.Errorf("Measure(%q) = %+v", got, size)
		}
	})
}

func ExampleMeasure() {
	fmt.Printf("%+v\n", Measure("Hei Kari, Bella har time kl. 09:15."))
	fmt.Printf("%+v\n", Measure("Bună ziua, Rex are programare la 09:15."))
	// Output:
	// {Encoding:gsm7 Units:35 Parts:1 Offender:0}
	// {Encoding:ucs2 Units:39 Parts:1 Offender:259}
}

func ExamplePrepare() {
	fmt.Println(Prepare("Pâine și țuică for Ærlig – “Rex”…", false))
	fmt.Println(Prepare("Pâine și țuică for Ærlig – “Rex”…", true))
	// Output:
	// Paine si tuica for Ærlig - "Rex"...
	// Pâine și țuică for Ærlig - "Rex"...
}

func ExampleCost() {
	fmt.Println(Cost(2, 0.99))
	// Output: 1.98
}

type corpusLine struct {
	number int
	text   string
}

func corpus(t *testing.T, name string) []corpusLine {
	t.Helper()
	file, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	var lines []corpusLine
	scanner := bufio.NewScanner(file)
	for n := 1; scanner.Scan(); n++ {
		if s := scanner.Text(); s != "" && !strings.HasPrefix(s, "#") {
			lines = append(lines, corpusLine{n, s})
		}
	}
	if err := scanner.Err(); err != nil || len(lines) == 0 {
		t.Fatalf("%s: %d lines, %v", name, len(lines), err)
	}
	return lines
}

func pieces(t *testing.T, number int, s string) string {
	t.Helper()
	var text strings.Builder
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		quoted, err := strconv.QuotedPrefix(s)
		if err != nil {
			t.Fatalf("line %d: %v", number, err)
		}
		piece, err := strconv.Unquote(quoted)
		if err != nil {
			t.Fatalf("line %d: %v", number, err)
		}
		s = s[len(quoted):]
		times := 1
		if strings.HasPrefix(s, "*") {
			count, rest, _ := strings.Cut(s[1:], " ")
			if times, err = strconv.Atoi(count); err != nil {
				t.Fatalf("line %d: %v", number, err)
			}
			s = rest
		}
		text.WriteString(strings.Repeat(piece, times))
	}
	return text.String()
}
