package gateway

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// longestDetail keeps a provider's essay out of the log.
const longestDetail = 160

var (
	linkLike    = regexp.MustCompile(`[a-zA-Z][a-zA-Z0-9+.-]*://\S+`)
	addressLike = regexp.MustCompile(`[^\s<>"'():,;\[\]]+@[^\s<>"'():,;\[\]]+`)
	numberLike  = regexp.MustCompile(`\+?\d(?:[\s()\-/]?\d){5,}`)
	quotedLike  = regexp.MustCompile(`"[^"]*"|'[^']*'|“[^”]*”|«[^»]*»`)
	fieldLike   = regexp.MustCompile(`^['"][A-Za-z_]{1,20}['"]$`)
)

// words makes a provider's words fit for the log: without addresses, numbers, links and quotations, without what the message itself
// says, and short. Names that a provider adds by itself cannot be known; providers answer with codes and addresses.
func words(provider string, messages ...Message) string {
	text := strings.ToValidUTF8(provider, "")
	for _, m := range messages {
		for _, private := range append([]string{m.Text, m.Subject, m.To, m.FromName, m.From}, m.BCC...) {
			text = without(text, private)
			if local, _, found := strings.Cut(private, "@"); found {
				text = without(text, local)
			}
		}
	}
	text = linkLike.ReplaceAllString(text, "…")
	text = addressLike.ReplaceAllString(text, "…")
	text = numberLike.ReplaceAllString(text, "…")
	text = quotedLike.ReplaceAllStringFunc(text, func(quotation string) string {
		if fieldLike.MatchString(quotation) {
			return quotation
		}
		return "…"
	})
	text = oneLine(text)
	if utf8.RuneCountInString(text) > longestDetail {
		text = string([]rune(text)[:longestDetail-1]) + "…"
	}
	return text
}

// Detail makes the words of a carrier that reports without a webhook fit for the log, as those of webhooks are.
func Detail(said string) string { return words(said) }

// without takes every occurrence of a private string out of the text. Very short ones stay: taking "a" out would say nothing less.
func without(text, private string) string {
	if utf8.RuneCountInString(private) < 3 {
		return text
	}
	return regexp.MustCompile(`(?i)`+regexp.QuoteMeta(private)).ReplaceAllLiteralString(text, "…")
}

// oneLine folds white space and drops control characters, so that no text from outside can start a line of its own.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r)
	}), " ")
}
