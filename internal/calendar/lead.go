package calendar

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Lead is how long before a visit something happens: an elapsed time ("90m", "12h"), whole days before at a wall time
// ("2d 09:00"), or never ("none"). The zero Lead means at the very moment of the visit.
type Lead struct {
	Never   bool
	Elapsed time.Duration // unless InDays
	InDays  bool
	Days    int   // with InDays: whole days before, 0 is the same day
	Clock   Clock // with InDays: the wall time on that day
}

// ParseLead reads a lead of at most a year; the empty text is refused, as only the caller knows what is inherited.
func ParseLead(s string) (Lead, error) {
	s = strings.TrimSpace(s)
	bad := fmt.Errorf("%q is no lead time: write none, 90m, 12h or 2d 09:00", s)
	if s == "none" {
		return Lead{Never: true}, nil
	}
	if s == "" {
		return Lead{}, bad
	}
	head, rest, _ := strings.Cut(s, " ")
	// Unsigned, so that "+5m" and "-0m" are refused with the other slips.
	number, err := strconv.ParseUint(head[:len(head)-1], 10, 32)
	if err != nil || number > 60*24*366 {
		return Lead{}, bad
	}
	n := int(number)
	switch unit := head[len(head)-1]; {
	case unit == 'm' && rest == "":
		return Lead{Elapsed: time.Duration(n) * time.Minute}, nil
	case unit == 'h' && rest == "" && n <= 24*366:
		return Lead{Elapsed: time.Duration(n) * time.Hour}, nil
	case unit == 'd' && n <= 366:
		clock, err := ParseClock(strings.TrimSpace(rest))
		if err != nil || clock == EndOfDay {
			return Lead{}, bad
		}
		return Lead{InDays: true, Days: n, Clock: clock}, nil
	}
	return Lead{}, bad
}

// Before is the instant that lies this lead before start. Hours are elapsed time and days are wall time, over summer time too
// and a wall time that does not exist means the moment the clocks jumped. A Never lead has no such instant.
func (l Lead) Before(start time.Time, zone *time.Location) time.Time {
	if !l.InDays {
		return start.Add(-l.Elapsed)
	}
	at, _ := On(start, zone).Add(-l.Days).At(l.Clock, zone)
	return at
}
