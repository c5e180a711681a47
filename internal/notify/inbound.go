package notify

import (
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"pawbell/internal/booking"
)

// Meaning is how a text from an owner is understood.
type Meaning string

// The meanings, as stored.
const (
	MeansStop    Meaning = "stop"
	MeansStart   Meaning = "start"
	MeansConfirm Meaning = "confirm"
	MeansCancel  Meaning = "cancel"
	MeansUnclear Meaning = "unclear"
)

// spoken are the words that mean something, as R-27 lists them: in capitals, without accents, with ae for æ and o for ø.
var spoken = map[Meaning][]string{
	MeansStop: {
		"STOP", "STOPP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "AVMELD", "FRAMELD", "AFMELD", "AVSLUTA", "SEIS", "LOPETA", "OPRESTE",
		"OPRIRE", "OPRI", "DEZABONARE",
	},
	MeansStart:  {"START"},
	MeansCancel: {"CANCEL", "AVBRYT", "AVLYS", "PERU", "ANULEAZA"},
	MeansConfirm: {
		"JA", "JAA", "YES", "OK", "C", "BEKREFT", "BEKRAFTA", "BEKRAEFT", "KYLLA", "VAHVISTA", "DA", "CONFIRM",
	},
}

var meanings = func() map[string]Meaning {
	of := map[string]Meaning{}
	for meaning, words := range spoken {
		for _, word := range words {
			of[word] = meaning
		}
	}
	return of
}()

// MeaningOf reads a text by its first word, whatever its case, accents and punctuation. What stands after it is for people.
func MeaningOf(text string) Meaning {
	for word := range strings.FieldsFuncSeq(strings.ToValidUTF8(text, " "), endsWord) {
		if word = plainWord(word); word != "" {
			if meaning, known := meanings[word]; known {
				return meaning
			}
			return MeansUnclear
		}
	}
	return MeansUnclear
}

// endsWord tells "STOP, please" and "Stop.Now" apart from "c'est" and "ja/nei", which are one word each and mean nothing here.
func endsWord(r rune) bool {
	return unicode.IsSpace(r) || strings.ContainsRune(".,;:!?…。，！？", r)
}

// plainWord is a word in capitals, without accents, punctuation and invisible marks; "" if nothing is left.
func plainWord(word string) string {
	var plain strings.Builder
	for _, r := range strings.ToUpper(norm.NFKD.String(word)) {
		switch {
		case r == 'Æ':
			plain.WriteString("AE")
		case r == 'Ø':
			plain.WriteByte('O')
		case unicode.IsLetter(r), unicode.IsDigit(r):
			plain.WriteRune(r)
		}
	}
	return plain.String()
}

// answeredWithin is how long after a reminder a text may still be an answer to it.
const answeredWithin = 7 * 24 * time.Hour

// Reminded is a visit of which a number was reminded by text.
type Reminded struct {
	Booking, Client, Location string
	Status                    booking.Status
	StartsAt                  time.Time
	CutoffMinutes             int
	RemindedAt                time.Time // the last time
}

// Act is what is done about a text.
type Act string

// The acts.
const (
	ActNone    Act = ""
	ActStop    Act = "stop"    // the number is stopped, whoever shares it
	ActConfirm Act = "confirm" // the visit is confirmed
	ActCancel  Act = "cancel"  // the visit is called off
)

// Ask is why a person is asked about a text.
type Ask string

// The causes.
const (
	AskNothing    Ask = ""
	AskUnclear    Ask = "unclear"     // nobody can tell what it means, or which visit
	AskTooLate    Ask = "too_late"    // the visit stands, as its cut-off has passed
	AskSharedStop Ask = "shared_stop" // several owners get no more texts
	AskStart      Ask = "start"       // somebody may want to be written to again
)

// Answer is what follows from a text.
type Answer struct {
	Meaning Meaning
	Act     Act
	Ask     Ask
	Visit   *Reminded // the visit that it is about, nil where that is not clear
}

// Understand answers what follows from a text, given the visits of which its number was reminded and how many clients have the number
// . A stop holds for the number, whoever shares it. Yes and no are about a visit only if it is the one open visit of which the
// number was reminded in the last seven days; no moreover only before the visit's cut-off. A start never opts anybody in.
func Understand(said Meaning, reminded []Reminded, clients int, now time.Time) Answer {
	switch said {
	case MeansStop:
		answer := Answer{Meaning: said, Act: ActStop}
		if clients > 1 {
			answer.Ask = AskSharedStop
		}
		return answer
	case MeansStart:
		return Answer{Meaning: said, Ask: AskStart}
	case MeansConfirm, MeansCancel:
		if visit := onlyOpen(reminded, now); visit != nil {
			return aboutVisit(said, visit, now)
		}
	}
	return Answer{Meaning: MeansUnclear, Ask: AskUnclear}
}

func aboutVisit(said Meaning, visit *Reminded, now time.Time) Answer {
	switch {
	case said == MeansConfirm && visit.Status == booking.Confirmed:
		return Answer{Meaning: said, Visit: visit}
	case said == MeansConfirm && booking.CanConfirm(visit.Status, visit.StartsAt, now):
		return Answer{Meaning: said, Visit: visit, Act: ActConfirm}
	case said == MeansCancel && booking.CanCancel(visit.Status, visit.StartsAt, visit.CutoffMinutes, now):
		return Answer{Meaning: said, Visit: visit, Act: ActCancel}
	case said == MeansCancel:
		return Answer{Meaning: MeansUnclear, Visit: visit, Ask: AskTooLate}
	}
	return Answer{Meaning: MeansUnclear, Visit: visit, Ask: AskUnclear}
}

func onlyOpen(reminded []Reminded, now time.Time) *Reminded {
	var only *Reminded
	for i, visit := range reminded {
		if !booking.Open(visit.Status, visit.StartsAt, now) || now.Sub(visit.RemindedAt) > answeredWithin {
			continue
		}
		if only != nil {
			return nil
		}
		only = &reminded[i]
	}
	return only
}
