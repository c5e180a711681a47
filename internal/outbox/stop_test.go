package outbox

import "testing"

// a dead address and a complaint stop everything, an unsubscription stops mail to many, and other failures stop nothing.
func TestWhatAProvidersWordStops(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		channel   Channel
		reason    Reason
		complaint bool
		want      Stop
		stops     bool
	}{
		{"an e-mail bounced", Email, ReasonBadAddress, false, Stop{StopBounced, ""}, true},
		{"a number is dead", SMS, ReasonBadAddress, false, Stop{StopBounced, ""}, true},
		{"somebody called it spam", Email, "", true, Stop{StopComplained, ""}, true},
		{"somebody used the link", Email, ReasonUnsubscribed, true, Stop{StopUnsubscribed, Group}, true},
		{"the provider keeps an unsubscription", Email, ReasonUnsubscribed, false, Stop{StopUnsubscribed, Group}, true},
		{"the provider heard STOP", SMS, ReasonUnsubscribed, false, Stop{StopAsked, ""}, true},
		{"refused for another cause", Email, ReasonRefused, false, Stop{}, false},
		{"too late", SMS, ReasonStale, false, Stop{}, false},
		{"no reason", SMS, "", false, Stop{}, false},
	} {
		if got, stops := StopFor(c.channel, c.reason, c.complaint); got != c.want || stops != c.stops {
			t.Errorf("%s: %+v %v", c.name, got, stops)
		}
	}
	for cause, wrong := range map[StopCause]bool{StopAsked: false, StopUnsubscribed: false, StopBounced: true, StopComplained: true} {
		if got := (Stop{Cause: cause}).Wrong(); got != wrong {
			t.Errorf("%s asks a person: %v", cause, got)
		}
	}
	for _, p := range Purposes() {
		if p.AsksForHelp() != (p != Group) {
			t.Errorf("%s", p)
		}
	}
}

// whose stops are asked before a message goes to an address.
func TestWhoseStopsBind(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		channel Channel
		address string
		want    Channel
	}{
		{SMS, "+4791234567", SMS}, {Email, "kari@owner.example", Email}, {Post, "Kari, Storgata 1, 0155 Oslo", Post},
		{External, "+4791234567", SMS}, {External, "kari@owner.example", Email},
	} {
		if got := StopsOf(c.channel, c.address); got != c.want {
			t.Errorf("%s to %s: %s, want %s", c.channel, c.address, got, c.want)
		}
	}
}
