package booking

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
	"golang.org/x/text/unicode/norm"
)

// Phone reads one telephone number as people type it, at home in a country (ISO 3166 code, "NO"; empty understands only numbers with
// their country code). It answers the number in E.164 and whether it can be a mobile one: in some countries, Denmark among them, the
// number does not tell, and then it can.
//
// A word or a bracketed remark before or after the number is passed over ("tlf. 912 34 567 (Kari)"). A field that holds two numbers, an
// extension or letters between its digits is no number: choosing would sometimes text a stranger, and what the other number was
// would be lost. Numbers that no owner has (premium rate, pagers, a company's five digits) are none either.
func Phone(input, country string) (e164 string, mobile, ok bool) {
	digits, ok := oneNumber(input)
	if !ok {
		return "", false, false
	}
	number, err := phonenumbers.Parse(digits, strings.ToUpper(strings.TrimSpace(country)))
	if err != nil || number.GetExtension() != "" || !phonenumbers.IsValidNumber(number) {
		return "", false, false
	}
	switch kind := phonenumbers.GetNumberType(number); kind {
	case phonenumbers.MOBILE, phonenumbers.FIXED_LINE_OR_MOBILE:
		mobile = true
	case phonenumbers.PREMIUM_RATE, phonenumbers.PAGER, phonenumbers.VOICEMAIL, phonenumbers.UNKNOWN:
		return "", false, false
	case phonenumbers.UAN:
		if len(phonenumbers.GetNationalSignificantNumber(number)) <= 5 {
			return "", false, false
		}
	}
	return phonenumbers.Format(number, phonenumbers.E164), mobile, true
}

var (
	remark     = regexp.MustCompile(`[(\[{][^)\]}]*\p{L}[^)\]}]*[)\]}]`)
	trunkZero  = regexp.MustCompile(`^((?:\+|00)[\d\s.-]+)\(\s*0\s*\)`)
	areaSlash  = regexp.MustCompile(`^\(?0\d{1,3}\)?\s*/\s*[^/]*$`)
	separators = "/\\,;|&\n\r"
)

// longestPhone is more than any single number with a remark needs.
const longestPhone = 80

// oneNumber strips what people write around a number, and refuses what is not exactly one.
func oneNumber(input string) (string, bool) {
	if len(input) > 4*longestPhone {
		return "", false
	}
	// Numbers copied from an address book carry invisible direction marks; full-width digits and odd spaces have plain twins.
	text := strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.Is(unicode.Pd, r):
			return '-'
		}
		return r
	}, norm.NFKC.String(input))
	text = remark.ReplaceAllString(text, "x")
	text = strings.TrimLeftFunc(text, func(r rune) bool { return !unicode.IsDigit(r) && r != '+' && r != '(' })
	text = strings.TrimRightFunc(text, func(r rune) bool { return !unicode.IsDigit(r) })
	if text == "" || len(text) > longestPhone || strings.LastIndexByte(strings.TrimPrefix(text, "("), '+') > 0 {
		return "", false
	}
	if strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsLetter(r) || unicode.IsControl(r) && r != '\t' || r == '#' || r == '*'
	}) {
		return "", false
	}
	if strings.ContainsAny(text, separators) {
		// A slash after an area code is a way of writing one number; anywhere else it stands between two.
		if !areaSlash.MatchString(text) || strings.ContainsAny(strings.Replace(text, "/", "", 1), separators) {
			return "", false
		}
		text = strings.Replace(text, "/", " ", 1)
	}
	text = trunkZero.ReplaceAllString(text, "$1")
	if strings.HasPrefix(text, "00") {
		text = "+" + text[2:]
	}
	return text, true
}
