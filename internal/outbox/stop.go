package outbox

import "strings"

// StopCause says why an address or number is written to no more.
type StopCause string

// The causes, as stored.
const (
	StopAsked        StopCause = "stop"         // its owner said so
	StopBounced      StopCause = "bounce"       // nobody is there
	StopComplained   StopCause = "complaint"    // its owner called our mail spam
	StopUnsubscribed StopCause = "unsubscribed" // its owner wants no more mail to many
)

// Stop is what may no longer be sent to an address.
type Stop struct {
	Cause   StopCause
	Purpose Purpose // "" stops everything
}

// StopFor answers what a provider's word about an address stops there, false for nothing. complaint says that the receiver
// complained or unsubscribed; otherwise reason is why a message failed for good.
//
// A provider that holds a stop for a number heard it from the owner, who meant the clinic. One that holds it for an e-mail address
// offers a link under each mail, and such a link stops mail to many and nothing else.
func StopFor(c Channel, reason Reason, complaint bool) (Stop, bool) {
	switch {
	case reason == ReasonUnsubscribed && c == SMS:
		return Stop{Cause: StopAsked}, true
	case reason == ReasonUnsubscribed:
		return Stop{Cause: StopUnsubscribed, Purpose: Group}, true
	case complaint:
		return Stop{Cause: StopComplained}, true
	case reason == ReasonBadAddress:
		return Stop{Cause: StopBounced}, true
	}
	return Stop{}, false
}

// StopsOf is the channel whose stops bind a message to an address. A stop is the number's or the address's, whoever writes there, so an
// external service is not handed what we may not send ourselves.
func StopsOf(c Channel, address string) Channel {
	switch {
	case c != External:
		return c
	case strings.Contains(address, "@"):
		return Email
	}
	return SMS
}

// Wrong reports whether a person should find out what to write to instead: the address is dead, or its owner is angry. Who only said
// stop has been understood.
func (s Stop) Wrong() bool { return s.Cause == StopBounced || s.Cause == StopComplained }

// AsksForHelp reports whether a message that failed for good needs a person. One of a mailing to many does not: the log counts it.
func (p Purpose) AsksForHelp() bool { return p != Group }
