package reminder

import (
	"fmt"
	"slices"

	"pawbell/internal/calendar"
)

// mostSends bounds a series, whatever a record claims.
const mostSends = 100

// Series is when a reminder speaks up.
type Series struct {
	DueOn  calendar.Date
	Before int   // so many days before a due date it is sent
	Every  Span  // lies between two due dates; none = there is only one
	Times  int   // how often it is due in all; 0 and 1 mean once
	Steps  []int // days from each due date, for reminders with steps; none = the due date itself
}

// Send is one occasion of a series.
type Send struct {
	N    int    // the how manieth due date, from 1
	Step string // "" on the due date itself, else the step as in "-30" or "+7"
	Due  calendar.Date
	On   calendar.Date // the local day on which it is sent
}

// Occasion names a send within its reminder, in keys.
func (s Send) Occasion() string { return fmt.Sprintf("%d:%s", s.N, s.Step) }

// Count is how often the series is due.
func (s Series) Count() int {
	if s.Every.Number <= 0 {
		return 1
	}
	return min(max(1, s.Times), mostSends)
}

// Due is the n-th due date, from 1, counted from the first one, so that 31 January is followed by 28 February and 31 March.
func (s Series) Due(n int) calendar.Date { return s.Every.Times(n-1, s.DueOn) }

// FitsUntil is how many of the due dates lie in a year or before it.
func (s Series) FitsUntil(year int) int {
	for n := 1; n <= s.Count(); n++ {
		if s.Due(n).Year > year {
			return n - 1
		}
	}
	return s.Count()
}

// Sends lists every occasion, in the order of its days.
func (s Series) Sends() []Send {
	steps := s.Steps
	if len(steps) == 0 {
		steps = []int{0}
	}
	sends := make([]Send, 0, s.Count()*len(steps))
	for n := 1; n <= s.Count(); n++ {
		due := s.Due(n)
		for _, step := range steps {
			sends = append(sends, Send{N: n, Step: stepName(step), Due: due, On: due.Add(step - s.Before)})
		}
	}
	slices.SortStableFunc(sends, func(a, b Send) int { return a.On.Days(b.On) })
	return sends
}

// stepName writes a step with its sign. The due date itself has none, so that a rule which gets or loses that step says nothing twice.
func stepName(step int) string {
	if step == 0 {
		return ""
	}
	return fmt.Sprintf("%+d", step)
}
