package booking

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// The longest local part and the longest whole address in octets (RFC 5321 4.5.3.1, with the two brackets of a path taken off).
const (
	longestLocal = 64
	longestEmail = 254
)

// Email reads one bare e-mail address as somebody types it and answers how it is stored: without the space around it, the domain in
// lower-case ASCII (a domain in other letters is turned into it), the local part as written. Names and brackets around the address,
// lists, quoted or non-ASCII local parts, domains without a dot and numeric hosts are refused: too many mailers stumble over them.
func Email(input string) (address string, ok bool) {
	input = strings.TrimSpace(input)
	// Letters of other scripts take several octets and shrink in ASCII form, so this only keeps silly lengths from the parser.
	if len(input) > 4*longestEmail || !utf8.ValidString(input) {
		return "", false
	}
	local, domain, found := strings.Cut(input, "@")
	if !found || !dotted(local) {
		return "", false
	}
	domain, err := idna.Lookup.ToASCII(domain)
	if err != nil || !host(domain) {
		return "", false
	}
	address = local + "@" + domain
	return address, len(address) <= longestEmail
}

// dotted reports whether a local part is words of ASCII joined by single dots (RFC 5322 dot-atom).
func dotted(local string) bool {
	if len(local) > longestLocal {
		return false
	}
	for word := range strings.SplitSeq(local, ".") {
		if word == "" {
			return false
		}
		for _, c := range []byte(word) {
			if !letterOrDigit(c) && !strings.ContainsRune("!#$%&'*+-/=?^_`{|}~", rune(c)) {
				return false
			}
		}
	}
	return true
}

// host reports whether a domain in ASCII has at least two labels of legal length and does not end in a number, as addresses of
// machines do (RFC 1123 2.1).
func host(domain string) bool {
	labels := strings.Split(domain, ".")
	if len(labels) < 2 {
		return false
	}
	for _, label := range labels {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for _, c := range []byte(label) {
			if c != '-' && (!letterOrDigit(c) || 'A' <= c && c <= 'Z') {
				return false
			}
		}
	}
	return strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

func letterOrDigit(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
