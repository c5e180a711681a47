package notify

import (
	"fmt"
	"strings"
	"time"

	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
	"pawbell/internal/sms"
)

// Judge measures an SMS text merged with f in a language and names what keeps it from being saved: broken codes, codes with nothing
// to say, and a length over the location's limit, with the count. A text about a record is judged on that record's facts, a
// template on [LongFacts].
func Judge(text string, f Facts, locale string) (sms.Size, []Problem) {
	_, merged, problems := Compose(Template{SMS: text}, f, outbox.SMS, locale)
	if len(problems) > 0 {
		return sms.Size{}, problems
	}
	size := sms.Measure(merged)
	if limit := f.Location.SMSMaxParts; limit > 0 && size.Parts > limit {
		message := fmt.Sprintf("With long names this is %d characters, which makes %d text messages; %d can be sent here.",
			size.Units, size.Parts, limit)
		if size.Encoding == sms.UCS2 {
			message += fmt.Sprintf(" The character %q makes every message shorter.", size.Offender)
		}
		return size, []Problem{{Code: TooLong, Message: message}}
	}
	return size, nil
}

// LongFacts are facts with the longest names that a template must have room for: a first name of 12 letters, a pet of 10, a
// practitioner of 18, the location's own name, and the day that takes most letters in the language. Base is the address that links
// begin with.
func LongFacts(l Location, base, locale string) Facts {
	if l.Zone == nil {
		l.Zone = time.UTC
	}
	day := longestDay(locale)
	start, _ := day.At(10*60+45, l.Zone)
	return Facts{
		Booking: Booking{ID: "judged", Reference: "WWWWWWWW", StartsAt: start, EndsAt: start.Add(105 * time.Minute), Price: 12_345.5,
			PaymentDueAt: start},
		Location:     l,
		Reason:       Reason{Name: "Vaccination and health check", Instructions: strings.Repeat("Please fast. ", 8)},
		Practitioner: "Dr. Henriette Berg",
		Client:       Client{FirstName: "Christabella", LastName: "Christabella"},
		Patient:      Patient{Name: "Clementine", Species: "Guinea pig"},
		DueOn:        day,
		Links: Links{Base: base, Manage: base + "/manage/" + strings.Repeat("x", tokenLetters),
			Unsubscribe: base + "/unsubscribe/" + strings.Repeat("x", tokenLetters)},
	}
}

// tokenLetters is how long the token in a link is: an id of 15 letters, a version of 4 bytes and a signature of 32, in base64.
const tokenLetters = 68

// longestDay is the day of a year whose date and weekday together take most letters.
func longestDay(locale string) calendar.Date {
	longest, letters := calendar.Date{}, 0
	for day := (calendar.Date{Year: 2027, Month: time.January, Day: 1}); day.Year == 2027; day = day.Add(1) {
		if n := len([]rune(Date(day, locale) + Weekday(day, locale))); n > letters {
			longest, letters = day, n
		}
	}
	return longest
}
