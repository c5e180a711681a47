package notify

import (
	"math"
	"strconv"
	"strings"
	"time"

	"pawbell/internal/calendar"
)

// Date writes a day as the language does: "1 March 2027", "1. mars 2027", "1. maaliskuuta 2027".
func Date(d calendar.Date, locale string) string {
	l := languageOf(locale)
	dot := ""
	if l.dotted {
		dot = "."
	}
	return strconv.Itoa(d.Day) + dot + " " + l.months[d.Month-1] + " " + strconv.Itoa(d.Year)
}

// Weekday names the day of the week as the language does inside a sentence: "Monday", "mandag", "luni".
func Weekday(d calendar.Date, locale string) string { return languageOf(locale).weekday(d.Weekday()) }

// Time writes the wall time of an instant in a zone: "09:15", in Danish "09.15", in Finnish "9.15".
func Time(at time.Time, zone *time.Location, locale string) string {
	l := languageOf(locale)
	s := at.In(zone).Format(l.clock)
	if l.shortHour {
		s = strings.TrimPrefix(s, "0")
	}
	return s
}

// Duration writes a length in hours and minutes: "45 minutes", "1 hour 30 minutes". Seconds are cut; nothing at all is "".
func Duration(d time.Duration, locale string) string {
	l := languageOf(locale)
	hours, minutes := int(d/time.Hour), int(d%time.Hour/time.Minute)
	parts := make([]string, 0, 2)
	if hours > 0 {
		parts = append(parts, count(hours, l.hour, locale))
	}
	if minutes > 0 {
		parts = append(parts, count(minutes, l.minute, locale))
	}
	return strings.Join(parts, " ")
}

// count writes a number with its noun. Romanian puts "de" before the noun from twenty on, save for 101 to 119 and the like.
func count(n int, noun [2]string, locale string) string {
	if n == 1 {
		return "1 " + noun[0]
	}
	if last := n % 100; Locale(locale) == "ro" && (last == 0 || last >= 20) {
		return strconv.Itoa(n) + " de " + noun[1]
	}
	return strconv.Itoa(n) + " " + noun[1]
}

// Names joins names as the language does: "Bella", "Bella and Max", "Bella, Max and Otto". Empty ones are left out.
func Names(names []string, locale string) string {
	var given []string
	for _, n := range names {
		if n = strings.TrimSpace(n); n != "" {
			given = append(given, n)
		}
	}
	if len(given) < 2 {
		return strings.Join(given, "")
	}
	last := len(given) - 1
	return strings.Join(given[:last], ", ") + " " + languageOf(locale).and + " " + given[last]
}

// Money writes an amount with its currency (ISO 4217) as the language does: "£45.00", "450,00 kr", "45,00 €". A currency that
// the language has no sign for is written by its code.
func Money(amount float64, currency, locale string) string {
	l := languageOf(locale)
	cents := int64(math.Round(math.Abs(amount) * 100))
	number := grouped(cents/100, l.thousands) + l.decimal + strconv.FormatInt(cents%100+100, 10)[1:]
	if amount < 0 && cents > 0 {
		number = "-" + number
	}
	currency = strings.ToUpper(strings.TrimSpace(currency))
	tag := Locale(locale)
	if languageOf(locale) == languages[English] {
		tag = English
	}
	if tag == English {
		switch currency {
		case "GBP":
			return "£" + number
		case "EUR":
			return "€" + number
		case "":
			return number
		}
		return currency + " " + number
	}
	switch tag + currency {
	case "nbNOK", "svSEK":
		currency = "kr"
	case "daDKK":
		currency = "kr."
	case "roRON":
		currency = "lei"
	case "fiEUR", "nbEUR", "svEUR", "daEUR":
		currency = "€"
	}
	return strings.TrimSpace(number + " " + currency)
}

// grouped writes a whole number with a mark between its thousands.
func grouped(n int64, mark string) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + mark + s[i:]
	}
	return s
}
