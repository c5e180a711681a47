package notify

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/booking"
)

// every word, as people of six countries write it.
func TestEveryWordIsUnderstood(t *testing.T) {
	t.Parallel()
	for meaning, texts := range map[Meaning][]string{
		MeansStop: {
			"STOP", "stopp", "StopAll", "unsubscribe", "End", "quit", "Avmeld", "frameld", "AFMELD", "avsluta", "Seis", "lopeta", "OPREȘTE", "Opreşte",
			"opreste", "oprire", "Opri", "dezabonare", "STOP.", "«Stopp!»", "  stop \n nå", "Stop, tak", "stop…", "ＳＴＯＰ", "S\u200bTOP", "\u200eStop", "stop\x00",
			"...stop", "👎 stop", "STOP\u00a0please", "Stop.Now", "(stop)", "\"STOP\"", "stóp",
		},
		MeansStart: {"START", "start!", "Start sending again"},
		MeansCancel: {
			"CANCEL", "cancel please", "Avbryt", "avlys", "Peru", "ANULEAZĂ", "anulează", "anuleaza programarea", "Avlys!",
		},
		MeansConfirm: {
			"JA", "ja tak", "Jaa", "yes", "Ok", "ok.", "C", "c", "bekreft", "Bekräfta", "bekrafta", "BEKRÆFT", "bekraeft", "Kyllä", "kylla", "vahvista", "Da", "da, vin",
			"Confirm", "Ja! Vi kommer", "Bekra\u0308fta",
		},
		MeansUnclear: {
			"", " ", "...", "👍", "Nei", "Nej", "Ei", "Nu", "No", "stopping", "non stop", "please stop", "ja/nei", "jada", "okay", "c'est bien", "cancelled", "Kan vi flytte timen?",
			"s t o p", "ST0P", "STOP1", "\xff\xfe", "стоп", "stop-stop", "restart", "0",
		},
	} {
		for _, text := range texts {
			if got := MeaningOf(text); got != meaning {
				t.Errorf("%q means %s, want %s", text, got, meaning)
			}
		}
	}
	// No word is forgotten and none means two things.
	words := 0
	for meaning, list := range spoken {
		words += len(list)
		for _, word := range list {
			for _, text := range []string{word, strings.ToLower(word), strings.ToLower(word) + "!", " " + word + " 123", "- " + word} {
				if got := MeaningOf(text); got != meaning {
					t.Errorf("%q means %s, want %s", text, got, meaning)
				}
			}
		}
	}
	if words != len(meanings) || words != 34 {
		t.Errorf("%d words, %d meanings", words, len(meanings))
	}
}

// what a text does, given what the number was reminded of.
func TestWhatATextDoes(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC)
	visit := func(id string, change ...func(*Reminded)) Reminded {
		r := Reminded{Booking: id, Client: "kari", Location: "harbour", Status: booking.Booked, StartsAt: now.Add(48 * time.Hour), CutoffMinutes: 1440, RemindedAt: now.Add(-time.Hour)}
		for _, c := range change {
			c(&r)
		}
		return r
	}
	starts := func(at time.Time) func(*Reminded) { return func(r *Reminded) { r.StartsAt = at } }
	status := func(s booking.Status) func(*Reminded) { return func(r *Reminded) { r.Status = s } }
	told := func(at time.Time) func(*Reminded) { return func(r *Reminded) { r.RemindedAt = at } }
	for _, c := range []struct {
		name     string
		said     Meaning
		reminded []Reminded
		clients  int
		want     string
	}{
		{"stop from one owner", MeansStop, nil, 1, "stop stop   "},
		{"stop from a stranger", MeansStop, nil, 0, "stop stop   "},
		{"stop from a shared number", MeansStop, nil, 2, "stop stop shared_stop  "},
		{"stop is no answer to a visit", MeansStop, []Reminded{visit("a")}, 1, "stop stop   "},
		{"start opts nobody in", MeansStart, []Reminded{visit("a")}, 1, "start  start  "},
		{"yes to one visit", MeansConfirm, []Reminded{visit("a")}, 1, "confirm confirm  a"},
		{"yes from a shared number about the one visit", MeansConfirm, []Reminded{visit("a")}, 2, "confirm confirm  a"},
		{"yes twice", MeansConfirm, []Reminded{visit("a", status(booking.Confirmed))}, 1, "confirm   a"},
		{"yes after the cut-off", MeansConfirm, []Reminded{visit("a", starts(now.Add(time.Hour)))}, 1, "confirm confirm  a"},
		{"yes to no visit", MeansConfirm, nil, 1, "unclear  unclear  "},
		{"yes to two visits", MeansConfirm, []Reminded{visit("a"), visit("b")}, 1, "unclear  unclear  "},
		{"yes to one open visit of two", MeansConfirm, []Reminded{visit("a", status(booking.Cancelled)), visit("b")}, 1, "confirm confirm  b"},
		{"yes to a visit that has begun", MeansConfirm, []Reminded{visit("a", starts(now))}, 1, "unclear  unclear  "},
		{"yes to a visit that waits for approval", MeansConfirm, []Reminded{visit("a", status(booking.Requested))}, 1, "unclear  unclear a"},
		{"yes on the seventh day", MeansConfirm, []Reminded{visit("a", told(now.Add(-7*24*time.Hour)))}, 1, "confirm confirm  a"},
		{"yes a moment after it", MeansConfirm, []Reminded{visit("a", told(now.Add(-7*24*time.Hour-time.Second)))}, 1, "unclear  unclear  "},
		{"one of two was reminded long ago", MeansCancel, []Reminded{visit("a", told(now.Add(-8*24*time.Hour))), visit("b")}, 1, "cancel cancel  b"},
		{"no to one visit", MeansCancel, []Reminded{visit("a")}, 1, "cancel cancel  a"},
		{"no to a confirmed visit", MeansCancel, []Reminded{visit("a", status(booking.Confirmed))}, 1, "cancel cancel  a"},
		{"no a second before the cut-off", MeansCancel, []Reminded{visit("a", starts(now.Add(24*time.Hour+time.Second)))}, 1, "cancel cancel  a"},
		{"no at the cut-off", MeansCancel, []Reminded{visit("a", starts(now.Add(24*time.Hour)))}, 1, "unclear  too_late a"},
		{"no to two visits", MeansCancel, []Reminded{visit("a"), visit("b")}, 1, "unclear  unclear  "},
		{"no to no visit", MeansCancel, nil, 1, "unclear  unclear  "},
		{"anything else", MeansUnclear, []Reminded{visit("a")}, 1, "unclear  unclear  "},
	} {
		got := Understand(c.said, c.reminded, c.clients, now)
		about := ""
		if got.Visit != nil {
			about = got.Visit.Booking
		}
		if diff := cmp.Diff(strings.Fields(c.want), strings.Fields(fmt.Sprint(got.Meaning, " ", got.Act, " ", got.Ask, " ", about))); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

// whatever strangers send, it has a meaning, and the same one in capitals, with spaces around it and more words behind it.
func FuzzMeaningOf(f *testing.F) {
	for _, text := range []string{"STOP", "Kyllä!", "ja/nei", "👍", "\xff", "İ", "ß", "ŉ da", "bekræft"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		meaning := MeaningOf(text)
		if _, known := spoken[meaning]; !known && meaning != MeansUnclear {
			t.Fatalf("%q means %q", text, meaning)
		}
		if meaning == MeansUnclear {
			return
		}
		for _, same := range []string{" \n" + text, text + " og hilsen", "… " + text} {
			if got := MeaningOf(same); got != meaning {
				t.Errorf("%q means %s, %q means %s", text, meaning, same, got)
			}
		}
	})
}
