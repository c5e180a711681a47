package notify

import (
	"fmt"
	"testing"
	"time"

	"pawbell/internal/calendar"
)

// Dates, times, lengths, names and money are written as each language writes them (R-23).
func TestEachLanguageWritesItsOwnWay(t *testing.T) {
	t.Parallel()
	day := calendar.Date{Year: 2027, Month: time.March, Day: 1}
	copenhagen := zone("Europe/Copenhagen")
	at, _ := day.At(9*60+5, copenhagen)
	for _, c := range []struct{ locale, date, weekday, clock, length, names, money string }{
		{"en", "1 March 2027", "Monday", "09:05", "1 hour 30 minutes", "Bella, Max and Otto", "£1,234.50"},
		{"en-GB", "1 March 2027", "Monday", "09:05", "1 hour 30 minutes", "Bella, Max and Otto", "£1,234.50"},
		{"nb", "1. mars 2027", "mandag", "09:05", "1 time 30 minutter", "Bella, Max og Otto", "1\u00a0234,50 GBP"},
		{"no", "1. mars 2027", "mandag", "09:05", "1 time 30 minutter", "Bella, Max og Otto", "1\u00a0234,50 GBP"},
		{"nn-NO", "1. mars 2027", "mandag", "09:05", "1 time 30 minutter", "Bella, Max og Otto", "1\u00a0234,50 GBP"},
		{"sv-SE", "1 mars 2027", "måndag", "09:05", "1 timme 30 minuter", "Bella, Max och Otto", "1\u00a0234,50 GBP"},
		{"da_DK", "1. marts 2027", "mandag", "09.05", "1 time 30 minutter", "Bella, Max og Otto", "1.234,50 GBP"},
		{"fi", "1. maaliskuuta 2027", "maanantai", "9.05", "1 tunti 30 minuuttia", "Bella, Max ja Otto", "1\u00a0234,50 GBP"},
		{"RO", "1 martie 2027", "luni", "09:05", "1 oră 30 de minute", "Bella, Max și Otto", "1.234,50 GBP"},
		{"xx", "1 March 2027", "Monday", "09:05", "1 hour 30 minutes", "Bella, Max and Otto", "£1,234.50"},
		{"", "1 March 2027", "Monday", "09:05", "1 hour 30 minutes", "Bella, Max and Otto", "£1,234.50"},
	} {
		for what, pair := range map[string][2]string{
			"date":    {Date(day, c.locale), c.date},
			"weekday": {Weekday(day, c.locale), c.weekday},
			"time":    {Time(at, copenhagen, c.locale), c.clock},
			"length":  {Duration(90*time.Minute, c.locale), c.length},
			"names":   {Names([]string{"Bella", " Max ", "", "Otto"}, c.locale), c.names},
			"money":   {Money(1234.5, "GBP", c.locale), c.money},
		} {
			if pair[0] != pair[1] {
				t.Errorf("%s in %q: got %q, want %q", what, c.locale, pair[0], pair[1])
			}
		}
	}
}

func TestEveryLanguageHasEveryWord(t *testing.T) {
	t.Parallel()
	for _, tag := range Languages() {
		l := languages[tag]
		if l == nil {
			t.Fatalf("%s is missing", tag)
		}
		for i, m := range l.months {
			if m == "" {
				t.Errorf("%s has no month %d", tag, i+1)
			}
		}
		for i, d := range l.weekdays {
			if d == "" {
				t.Errorf("%s has no weekday %d", tag, i)
			}
		}
		for name, word := range map[string]string{"and": l.and, "your pet": l.pet, "the amount due": l.amount, "no such news": l.noNews} {
			if word == "" {
				t.Errorf("%s has no word for %s", tag, name)
			}
		}
		for name := range languages[English].labels {
			if l.labels[name] == "" {
				t.Errorf("%s has no word for %s", tag, name)
			}
		}
	}
}

func TestMoneyUsesTheSignThatTheCountryUses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount             float64
		currency, in, want string
	}{
		{450, "NOK", "nb", "450,00 kr"}, {450, "SEK", "sv", "450,00 kr"}, {450, "DKK", "da", "450,00 kr."},
		{450, "EUR", "fi", "450,00 €"}, {450, "ron", "ro", "450,00 lei"}, {450, "DKK", "en", "DKK 450.00"},
		{0.99, "EUR", "en", "€0.99"}, {-3, "EUR", "en", "€-3.00"}, {1_234_567.891, "DKK", "da", "1.234.567,89 kr."},
		{1.005, "", "en", "1.00"}, {99.999, "", "nb", "100,00"},
	} {
		if got := Money(c.amount, c.currency, c.in); got != c.want {
			t.Errorf("%v %s in %s: got %q, want %q", c.amount, c.currency, c.in, got, c.want)
		}
	}
}

func TestRomanianCountsWithDe(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]string{1: "1 minut", 2: "2 minute", 19: "19 minute", 20: "20 de minute", 45: "45 de minute"} {
		if got := Duration(time.Duration(n)*time.Minute, "ro"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func ExampleNames() {
	fmt.Println(Names([]string{"Bella", "Max"}, "en"))
	fmt.Println(Names([]string{"Bella", "Max", "Otto"}, "sv"))
	// Output:
	// Bella and Max
	// Bella, Max och Otto
}

func ExampleDate() {
	day := calendar.Date{Year: 2027, Month: time.March, Day: 1}
	for _, tag := range Languages() {
		fmt.Println(Weekday(day, tag), Date(day, tag))
	}
	// Output:
	// Monday 1 March 2027
	// mandag 1. mars 2027
	// måndag 1 mars 2027
	// mandag 1. marts 2027
	// maanantai 1. maaliskuuta 2027
	// luni 1 martie 2027
}
