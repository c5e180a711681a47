package gateway

import (
	"errors"
	"time"
)

// ErrNoLookup is the answer of [Gateway.Find] of a provider that cannot be asked what became of a message (SMTP, an external service).
var ErrNoLookup = errors.New("this provider cannot be asked for a message")

// Lag is how long a message may be with the provider before [Gateway.Find] shows it: only when the attempt is older than this does an
// empty answer mean that the message is surely not there. Half an hour at Mailgun, whose own advice is to trust no younger page of
// events; two minutes at Twilio, whose list is eventually consistent; nothing for the sandbox.
func Lag(g Gateway) time.Duration {
	if guarded, ok := g.(*guard); ok {
		g = guarded.Gateway
	}
	switch g.(type) {
	case *Mailgun:
		return 30 * time.Minute
	case *Twilio:
		return 2 * time.Minute
	}
	return 0
}
