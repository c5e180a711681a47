package notify

import (
	"bytes"
	"regexp"
	"strings"
	"unicode"

	"pawbell/internal/sms"
)

// Marks that stand in a merged Markdown text until settle has read what surrounds them. Neither texts nor values can hold them: both
// lose their control characters before.
const (
	riskOpen                  = "\x01" // the next character is harmless unless it begins a line or follows a bracket
	linkOpen, linkClose       = "\x02", "\x03"
	contactOpen, contactClose = "\x04", "\x05"
)

// cleanText takes out of a text what no person types: control characters other than line breaks and tabs, and broken UTF-8.
func cleanText(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, ""), "\r\n", "\n")
	clean := func(r rune) bool { return r == '\n' || r == '\t' || !unicode.IsControl(r) && !isOverride(r) }
	if strings.IndexFunc(text, func(r rune) bool { return !clean(r) }) < 0 {
		return text
	}
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\r':
			return '\n'
		case clean(r):
			return r
		}
		return -1
	}, text)
}

// cleanValue makes one harmless line of what somebody typed into a field. It can hold no merge code.
func cleanValue(value string) string {
	harmless := true
	for i := range len(value) {
		if c := value[i]; c < ' ' || c >= 0x7f || c == '{' || c == '}' || c == ' ' && (i == 0 || i == len(value)-1 || value[i-1] == ' ') {
			harmless = false
			break
		}
	}
	if harmless {
		return value
	}
	value = strings.Map(func(r rune) rune {
		switch {
		case isOverride(r):
			return -1
		case unicode.IsControl(r), r == '\u2028', r == '\u2029':
			return ' '
		case r == '{':
			return '('
		case r == '}':
			return ')'
		}
		return r
	}, strings.ToValidUTF8(value, ""))
	return strings.Join(strings.FieldsFunc(value, func(r rune) bool { return r == ' ' }), " ")
}

// unlinked takes the beginnings of web addresses out of a name: a stranger who books in another's name must not send links through
// the clinic, and mail programs and phones make links of plain text by themselves.
func unlinked(name string) string {
	if !strings.ContainsAny(name, ":.") {
		return name
	}
	return webAddress.ReplaceAllString(name, " ")
}

var webAddress = regexp.MustCompile(`(?i)(?:[a-z]+\s*:\s*/+|www\.)+`)

// isOverride reports the characters that turn the direction of writing and can make a text read differently from what it is.
func isOverride(r rune) bool {
	return r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' || r == '\ufeff'
}

func noBraces(text string) string {
	return strings.NewReplacer("{", "(", "}", ")").Replace(text)
}

// Subject makes a subject line: one line, no control characters, at most 200 letters, so that no value can add a mail header.
func Subject(text string) string {
	text = strings.Join(strings.Fields(cleanValue(text)), " ")
	if r := []rune(text); len(r) > 200 {
		return strings.TrimSpace(string(r[:199])) + "…"
	}
	return text
}

func prepareSMS(text string, l *Location) string {
	return strings.TrimSpace(sms.Prepare(text, l.KeepCharset))
}

// escape writes a value so that Markdown reads it as itself. Only what could be read otherwise is touched, as people read the stored
// text: "anna@example.com", "O'Hara" and "Bella (2)" stay as they are.
func escape(value string) string {
	if value == "" {
		return ""
	}
	var out strings.Builder
	out.Grow(len(value) + 4)
	if strings.IndexByte("#+-=~>(:|0123456789", value[0]) >= 0 {
		out.WriteString(riskOpen)
	}
	for i := range len(value) {
		c := value[i]
		switch c {
		case '\\', '*', '[', ']', '<', '`':
			out.WriteByte('\\')
		case '_':
			if i == 0 || i == len(value)-1 || !isWord(value[i-1]) || !isWord(value[i+1]) {
				out.WriteByte('\\')
			}
		case '&':
			if i+1 < len(value) && (value[i+1] == '#' || isWord(value[i+1])) {
				out.WriteByte('\\')
			}
		}
		out.WriteByte(c)
	}
	return out.String()
}

// isWord reports a letter or digit; bytes of letters beyond ASCII count as letters.
func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// settle takes the marks out of a merged text and writes each value as its surroundings need it: a web address on its own becomes a
// link, one inside a link's brackets stays bare, and a name that begins a line cannot begin a list or a heading.
func settle(text string) string {
	if strings.IndexAny(text, riskOpen+linkOpen+contactOpen) < 0 {
		return text
	}
	out := make([]byte, 0, len(text)+8)
	for i := 0; i < len(text); i++ {
		switch text[i : i+1] {
		case riskOpen:
			var taken int
			out, taken = settleRisk(out, text[i+1:])
			i += taken
		case linkOpen:
			end := i + strings.Index(text[i:], linkClose)
			address := addressOf(text[i+1 : end])
			if insideLink(string(out)) {
				out = append(out, address...)
			} else {
				out = append(append(append(out, '<'), address...), '>')
			}
			i = end
		case contactOpen:
			end := i + strings.Index(text[i:], contactClose)
			if insideLink(string(out)) {
				out = append(out, addressOf(strings.ReplaceAll(text[i+1:end], " ", ""))...)
				i = end
			} else {
				text, i = escape(text[i+1:end])+text[end+1:], -1
			}
		default:
			out = append(out, text[i])
		}
	}
	return string(out)
}

// settleRisk writes the backslash that a value beginning with rest needs behind out, if it needs one, and says how many bytes of
// rest it has written already: in "1. mars" the backslash stands behind the digit.
func settleRisk(out []byte, rest string) (settled []byte, taken int) {
	switch first := rest[0]; {
	case first == '(' || first == ':':
		if n := len(out); n > 0 && out[n-1] == ']' {
			return append(out, '\\'), 0
		}
	case !startsLine(out):
	case first < '0' || first > '9':
		return append(out, '\\'), 0
	default:
		marker := strings.TrimLeft(rest, "0123456789")
		if marker != "" && (marker[0] == '.' || marker[0] == ')') && (len(marker) == 1 || marker[1] == ' ' || marker[1] == '\n') {
			taken = len(rest) - len(marker)
			return append(append(out, rest[:taken]...), '\\'), taken
		}
	}
	return out, 0
}

// startsLine reports whether nothing but white space and the marks of lists, quotes and headings stands before on the line.
func startsLine(out []byte) bool {
	return len(bytes.Trim(out[bytes.LastIndexByte(out, '\n')+1:], " \t>-*+#.)0123456789")) == 0
}

// insideLink reports whether text ends within the address of a Markdown link: behind an open "](" or an open "<".
func insideLink(text string) bool {
	if i := strings.LastIndexByte(text, '<'); i >= 0 && !strings.ContainsAny(text[i:], "> \n\t") {
		return true
	}
	i := strings.LastIndex(text, "](")
	if i < 0 {
		return false
	}
	depth := 1
	for i += 2; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return false
			}
		}
	}
	return true
}

// addressOf writes a web address so that it ends where it ends, in brackets as in parentheses.
func addressOf(address string) string { return ending.Replace(address) }

// ending writes what could end a web address in another way. It is made once: making it takes longer than using it.
var ending = strings.NewReplacer("<", "%3C", ">", "%3E", "(", "%28", ")", "%29", " ", "%20", `\`, "%5C", `"`, "%22")
