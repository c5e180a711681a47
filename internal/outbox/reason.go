package outbox

import (
	"strings"
	"unicode/utf8"
)

var words = map[Reason]string{
	ReasonStale:            "It was too late to be of use.",
	ReasonOptedOut:         "The owner does not want such messages.",
	ReasonNoAddress:        "There is no address or number for this channel.",
	ReasonDeceased:         "The patient has died.",
	ReasonInactive:         "The patient is inactive.",
	ReasonBookingCancelled: "The visit was cancelled.",
	ReasonVisitBooked:      "A visit for this is booked already.",
	ReasonAlreadyDone:      "What it reminds of has been done.",
	ReasonBookedInsideLead: "The visit was booked after the time for its reminder; the confirmation stands in for it.",
	ReasonDuplicate:        "The owner hears of it already: the same message goes to this address, or the patient has another reminder within 30 days.",
	ReasonChannelOff:       "This channel is switched off at the location.",
	ReasonEndOfLife:        "The visit is an end-of-life visit: such owners are phoned, not written to.",
	ReasonStoppedAddress:   "This address or number has been stopped.",
	ReasonGone:             "The record that it was about no longer exists.",
	ReasonNotWanted:        "It no longer fits: the visit, the owner or a setting changed.",
	ReasonEmptyCode:        "A merge code in the text had nothing to say.",
	ReasonBadTemplate:      "The text's template is missing or broken.",
	ReasonBadAddress:       "Nobody can be reached at this address or number.",
	ReasonUnsubscribed:     "The receiver has unsubscribed at the provider.",
	ReasonRefused:          "The provider refused it.",
	ReasonNotKnown:         "It may have been sent; the provider cannot tell. Someone must decide.",
	ReasonByPerson:         "Someone at the clinic withdrew it.",
}

// Reasons lists every reason, in no order.
func Reasons() []Reason {
	all := make([]Reason, 0, len(words))
	for r := range words {
		all = append(all, r)
	}
	return all
}

// Words says the reason to a person, in English. A code it does not know is its own words, so that nothing is ever unexplained.
func (r Reason) Words() string {
	if w, ok := words[r]; ok {
		return w
	}
	return string(r)
}

// shortestShown is the shortest number of which a few digits may be seen; of a shorter one they would be most of it.
const shortestShown = 8

// Masked is an address as strangers and logs may see it: enough for its owner to recognise, too little to write to.
func Masked(c Channel, address string) string {
	address = strings.TrimSpace(address)
	if c != SMS {
		at := strings.LastIndexByte(address, '@')
		if at < 0 {
			return hidden(address, 0, 0)
		}
		first := ""
		if utf8.RuneCountInString(address[:at]) > 1 {
			r, _ := utf8.DecodeRuneInString(address)
			first = string(r)
		}
		return first + "…" + address[at:]
	}
	if utf8.RuneCountInString(address) < shortestShown {
		return hidden(address, 0, 0)
	}
	country := 0
	if strings.HasPrefix(address, "+") {
		country = len("+47")
	}
	return hidden(address, country, len("678"))
}

// hidden shows the first and last few characters and a dot for every other one.
func hidden(s string, first, last int) string {
	shown := []rune(s)
	for i := first; i < len(shown)-last; i++ {
		shown[i] = '•'
	}
	return string(shown)
}
