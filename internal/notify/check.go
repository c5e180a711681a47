package notify

import (
	"fmt"
	"regexp"
	"strings"
)

// The codes of problems with a text. They are part of the HTTP contract.
const (
	UnknownCode = "unknown_code" // a merge code that does not exist
	BadSyntax   = "bad_syntax"   // braces that do not close, or more than a plain code between them
	CodeInLink  = "code_in_link" // a name where a link's address belongs: whoever chooses the name would choose the link
	EmptyCode   = "empty_code"   // the code has nothing to say for this record
	NoText      = "no_text"      // the template has no text for this channel
	TooLong     = "too_long"     // an SMS over the location's limit
)

// Problem is one thing to put right in a text, in words for the person who wrote it.
type Problem struct {
	Code    string
	Name    string // the merge code it is about, as it was written; "" where it is about none
	Nearest string // for UnknownCode: the right code that looks most like it
	Message string
}

// CheckText names everything that keeps a text from being saved: codes that do not exist, each with the one that was probably
// meant, and broken syntax. Only plain codes are understood: no sections, partials, comments or other delimiters, so that no
// text can loop, hide or swallow anything. A sound text has none.
func CheckText(text string) []Problem {
	var problems []Problem
	add := func(p Problem) { problems = append(problems, p) }
	rest, before := text, ""
	for {
		plain, tail, opened := strings.Cut(rest, "{{")
		checkPlain(plain, add)
		if !opened {
			return problems
		}
		before += plain
		inner, after, closed := strings.Cut(tail, "}}")
		name := strings.TrimSpace(inner)
		switch {
		case !closed:
			add(Problem{Code: BadSyntax, Message: fmt.Sprintf("A merge code is opened with {{ and never closed with }}, near %q.", near(tail))})
			return problems
		case name == "":
			add(Problem{Code: BadSyntax, Message: "There is nothing between {{ and }}: write the code there, as in {{ client.first_name }}."})
		case strings.Contains(inner, "\n"):
			add(Problem{Code: BadSyntax, Name: name, Message: fmt.Sprintf("A code must stand on one line, near %q.", near(inner))})
		case strings.ContainsAny(name, "{}") || strings.HasPrefix(after, "}"):
			add(Problem{Code: BadSyntax, Name: name, Message: fmt.Sprintf("Write two braces on each side of a code, no more: near %q.", near(inner))})
		case strings.ContainsAny(name[:1], "#^/>=!&"):
			add(Problem{Code: BadSyntax, Name: name, Message: fmt.Sprintf("{{ %s }} is not a merge code: only plain codes can be used, without %s.", near(name), name[:1])})
		case slots[name] == "":
			add(unknownCode("{{ "+near(name)+" }}", name))
		case !isLink[name] && !isContact[name] && insideLink(before):
			add(Problem{Code: CodeInLink, Name: name, Message: fmt.Sprintf("{{ %s }} cannot be part of a link's address.", name)})
		}
		before += "\x00"
		rest = after
	}
}

var (
	singleBraces = regexp.MustCompile(`\{\s*([a-z]+[._][a-z_]+)\s*\}`)
	oldCode      = regexp.MustCompile(`(?i)<\s*((?:Kli|Aft|Beh|Firma|Pat)[\p{L}]+)\s*>`)
)

// checkPlain looks at the text between codes for what was surely meant as one.
func checkPlain(text string, add func(Problem)) {
	if strings.Contains(text, "}}") {
		add(Problem{Code: BadSyntax, Message: fmt.Sprintf("A merge code is closed with }} and never opened with {{, near %q.", near(text[:strings.Index(text, "}}")]))})
	}
	for _, m := range singleBraces.FindAllStringSubmatch(text, -1) {
		add(Problem{Code: BadSyntax, Name: m[1], Nearest: nearest(m[1]),
			Message: fmt.Sprintf("Write two braces on each side of a code: {{ %s }}.", nearest(m[1]))})
	}
	for _, m := range oldCode.FindAllStringSubmatch(text, -1) {
		if _, ok := oldCodes[strings.ToLower(m[1])]; !ok {
			add(unknownCode("<"+m[1]+">", m[1]))
		}
	}
}

func unknownCode(written, name string) Problem {
	meant := nearest(name)
	return Problem{Code: UnknownCode, Name: name, Nearest: meant,
		Message: fmt.Sprintf("%s is not a merge code. Did you mean {{ %s }}?", written, meant)}
}

// near cuts an excerpt short, so that a refusal stays readable.
func near(text string) string {
	text = strings.TrimSpace(text)
	if r := []rune(text); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return text
}

var oldCodes = map[string]string{
	"klifornavn": "client.first_name", "aftdato": "booking.date", "afttid": "booking.time", "behnavn": "practitioner.name",
	"firmanavn": "location.name",
}

// Normalise writes the merge codes of older clinic systems as ours: <KliFornavn>, <AftDato>, <AftTid>, <BehNavn> and
// <FirmaNavn>, in any case. All else stays as it is.
func Normalise(text string) string {
	return oldCode.ReplaceAllStringFunc(text, func(written string) string {
		name := strings.ToLower(oldCode.FindStringSubmatch(written)[1])
		if code, ok := oldCodes[name]; ok {
			return "{{ " + code + " }}"
		}
		return written
	})
}

// otherWords are what people call the things that codes speak of.
var otherWords = map[string]string{"clinic": "location", "owner": "client", "customer": "client", "pet": "patient", "animal": "patient",
	"vet": "practitioner", "doctor": "practitioner", "visit": "booking", "appointment": "booking"}

// nearest is the code that takes the fewest changes to write; a name without its first half is compared with second halves.
func nearest(name string) string {
	name = strings.ToLower(name)
	if code, ok := oldCodes[name]; ok {
		return code
	}
	if group, rest, ok := strings.Cut(name, "."); ok && otherWords[group] != "" {
		name = otherWords[group] + "." + rest
	}
	if r := []rune(name); len(r) > 60 {
		name = string(r[:60])
	}
	best, fewest := "", 0
	for _, c := range Codes() {
		changes := distance(name, c.Name)
		if _, half, ok := strings.Cut(c.Name, "."); ok && !strings.Contains(name, ".") {
			changes = min(changes, 1+distance(name, half))
		}
		if best == "" || changes < fewest {
			best, fewest = c.Name, changes
		}
	}
	return best
}

// distance counts the letters to insert, remove or replace to turn a into b (Levenshtein).
func distance(a, b string) int {
	from, to := []rune(a), []rune(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range from {
		corner := row[0]
		row[0] = i + 1
		for j, y := range to {
			replaced := corner
			if x != y {
				replaced++
			}
			corner = row[j+1]
			row[j+1] = min(replaced, corner+1, row[j]+1)
		}
	}
	return row[len(to)]
}
