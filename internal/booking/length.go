package booking

import "time"

// The shortest and the longest visit. The longest one bounds how far back a day must look for what still touches it.
const (
	ShortestVisit = 5 * time.Minute
	LongestVisit  = 24 * time.Hour
)

// Length answers from when until when a visit lasts. was is the visit as it was stored, empty for a new one; wanted is what is
// being saved, with an empty Until where none is given. A visit whose start alone changed keeps its length; one without an end takes
// that of its reason.
//
// It refuses with required (starts_at), too_short and too_long (ends_at).
func Length(reason Reason, was, wanted Span) (Span, *Refusal) {
	if wanted.From.IsZero() {
		return Span{}, refuse("starts_at", "required", "Say when the visit begins.")
	}
	until := wanted.Until
	switch {
	case until.IsZero():
		until = wanted.From.Add(reason.Duration)
	case !was.From.IsZero() && !was.From.Equal(wanted.From) && was.Until.Equal(until):
		until = wanted.From.Add(was.Until.Sub(was.From))
	}
	switch length := until.Sub(wanted.From); {
	case length < ShortestVisit:
		return Span{}, refuse("ends_at", "too_short", "A visit lasts at least 5 minutes.")
	case length > LongestVisit:
		return Span{}, refuse("ends_at", "too_long", "A visit lasts at most 24 hours.")
	}
	return Span{From: wanted.From, Until: until}, nil
}
