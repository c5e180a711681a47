package sms

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Prepare writes a text for sending. It is composed (NFC), and characters that only look like a plain one are swapped for it: curly
// quotes, dashes, no-break spaces. Unless the clinic keeps its characters (keepCharset), those that GSM-7 lacks are written with ones
// that it has: ș as s, while æ, ø, å, ä, ö, ü and é stay. What has no such spelling, an emoji or a Cyrillic name, is left.
func Prepare(text string, keepCharset bool) string {
	text = norm.NFC.String(strings.ToValidUTF8(text, string(utf8.RuneError)))
	if plain(text) {
		return text
	}
	var out strings.Builder
	out.Grow(len(text))
	afterPlain := false
	for _, r := range text {
		written, known := lookAlikes[r]
		switch {
		case septets(r) > 0:
			written, known = string(r), true
		case known || keepCharset:
		case afterPlain && combining(r):
			// Composing found no single character for this letter and its mark: the letter alone is what GSM-7 has.
			continue
		default:
			written, known = spell(r)
		}
		if !known {
			written = string(r)
		}
		out.WriteString(written)
		if written != "" {
			afterPlain = known
		}
	}
	return norm.NFC.String(out.String())
}

func plain(text string) bool {
	for _, r := range text {
		if septets(r) == 0 {
			return false
		}
	}
	return true
}

// spell finds the nearest spelling that GSM-7 has: from the table; else the letter with as many of its marks as GSM-7 knows (ǻ is
// written å, not a); else what Unicode calls compatible, as for ligatures and full-width digits.
func spell(r rune) (string, bool) {
	if s, ok := spellings[r]; ok {
		return s, true
	}
	marks := []rune(norm.NFD.String(string(r)))
	for n := len(marks) - 1; n > 0; n-- {
		letter := []rune(norm.NFC.String(string(marks[:n])))
		if len(letter) != 1 {
			continue
		}
		if septets(letter[0]) > 0 {
			return string(letter), true
		}
		if s, ok := spellings[letter[0]]; ok {
			return s, true
		}
	}
	compatible := norm.NFKC.String(string(r))
	return compatible, plain(compatible)
}

// combining reports whether r is one of the marks that sit on Latin letters.
func combining(r rune) bool { return r >= 0x0300 && r <= 0x036F }
