package booking

import (
	"slices"
	"strings"
	"time"

	"pawbell/internal/calendar"
)

// survey is the one piece of arithmetic behind [Times], [Check] and [Choose]: for a row of possible starts it knows who works and
// what is free. Each person and each thing has one bit a start, so that a shift, an absence or a visit is one stretch of bits set
// or cleared. Times are nanoseconds after the day's beginning.
type survey struct {
	day    *Day
	ask    *Ask
	wall   calendar.Wall
	starts []int64 // ascending
	step   int64   // the usual distance between two starts, a first guess when looking one up

	before, length, after int64

	people []person
	kinds  [][]thing // by kind in the order of the reason, each by name, then id
	place  map[string]int
}

// person is a practitioner that the reason and the location allow.
type person struct {
	id, name string
	booked   int64 // held time that local day, buffers included, at every location
	atWork   bool  // on shift at one of the starts at least
	free     bits
}

// thing is a resource of a kind that the reason needs.
type thing struct {
	id, name string
	free     bits
}

func newSurvey(day *Day, ask *Ask, wall calendar.Wall, starts []int64, step int64) *survey {
	s := &survey{
		day: day, ask: ask, wall: wall, starts: starts, step: step,
		before: int64(ask.Reason.BufferBefore),
		length: int64(ask.Reason.Duration),
		after:  int64(ask.Reason.BufferAfter),
	}
	words := (len(starts) + 63) / 64
	// One block for all bits: a day with many practitioners costs one allocation.
	block := make(bits, words*(len(day.Practitioners)+len(day.Resources)))
	next := func() bits {
		b := block[:words:words]
		block = block[words:]
		return b
	}
	s.people = make([]person, 0, len(day.Practitioners))
	s.place = make(map[string]int, len(day.Practitioners))
	for i := range day.Practitioners {
		p := &day.Practitioners[i]
		if ask.Practitioner != "" && p.ID != ask.Practitioner ||
			!allows(ask.Reason.Practitioners, p.ID) || !allows(p.Locations, day.Place.ID) {
			continue
		}
		s.place[p.ID] = len(s.people)
		s.people = append(s.people, person{id: p.ID, name: p.Name, free: next()})
	}
	for i, kind := range ask.Reason.Kinds {
		if slices.Contains(ask.Reason.Kinds[:i], kind) {
			continue
		}
		var things []thing
		for _, r := range day.Resources {
			if r.Kind == kind {
				t := thing{id: r.ID, name: r.Name, free: next()}
				t.free.set(0, len(starts))
				things = append(things, t)
			}
		}
		slices.SortFunc(things, func(a, b thing) int { return byName(a.name, a.id, b.name, b.id) })
		s.kinds = append(s.kinds, things)
	}
	return s
}

// work marks the starts at which each person is on shift for the whole visit and its before-buffer, and not away. The after-buffer
// may run past the end of the shift and, for the same reason, into an absence. It reports whether anybody works at all.
func (s *survey) work(offlineToo bool) bool {
	for i := range s.day.Shifts {
		shift := &s.day.Shifts[i]
		p, known := s.place[shift.Practitioner]
		if !known || shift.Offline && !offlineToo || !allows(shift.Reasons, s.ask.Reason.ID) {
			continue
		}
		from, _ := s.wall.At(shift.Starts)
		until, _ := s.wall.At(shift.Ends)
		first := s.index(s.offset(from) + s.before)
		last := s.index(s.offset(until) - s.length + 1)
		s.people[p].free.set(first, last)
	}
	for i := range s.day.Absences {
		away := &s.day.Absences[i]
		if away.Practitioner != "" {
			if p, known := s.place[away.Practitioner]; known {
				s.clear(s.people[p].free, away.Span, 0)
			}
			continue
		}
		for p := range s.people {
			s.clear(s.people[p].free, away.Span, 0)
		}
	}
	somebody := false
	for p := range s.people {
		s.people[p].atWork = s.people[p].free.any()
		somebody = somebody || s.people[p].atWork
	}
	return somebody
}

// hold takes away the starts at which a standing visit would overlap, and adds up what each person has already booked.
func (s *survey) hold() {
	dayEnds := s.offset(s.wall.End())
	for i := range s.day.Visits {
		visit := &s.day.Visits[i]
		if s.ask.Except != "" && visit.ID == s.ask.Except {
			continue
		}
		if p, known := s.place[visit.Practitioner]; known {
			s.clear(s.people[p].free, visit.Busy, s.after)
			from := max(s.offset(visit.Busy.From), 0)
			until := min(s.offset(visit.Busy.Until), dayEnds)
			s.people[p].booked += max(until-from, 0)
		}
		if len(s.kinds) == 0 {
			continue
		}
		for _, id := range visit.Resources {
			for _, things := range s.kinds {
				for t := range things {
					if things[t].id == id {
						s.clear(things[t].free, visit.Busy, s.after)
					}
				}
			}
		}
	}
}

// clear takes away the starts at which [start-before, end+after) would overlap a span.
func (s *survey) clear(free bits, span Span, after int64) {
	from, until := s.offset(span.From), s.offset(span.Until)
	if from >= until {
		return
	}
	free.clear(s.index(from-s.length-after+1), s.index(until+s.before))
}

// offset is an instant in nanoseconds after the day's beginning. Absences may be open for centuries, so it stops at about seventy
// years, far enough from the ends of the number to add any length of a visit.
func (s *survey) offset(t time.Time) int64 {
	const far = 1 << 61
	return max(-far, min(far, int64(t.Sub(s.wall.Start()))))
}

// index is the number of the first start that is not before an offset.
func (s *survey) index(offset int64) int {
	n := len(s.starts)
	i := int(max(0, min(int64(n), offset/s.step)))
	for i > 0 && s.starts[i-1] >= offset {
		i--
	}
	for i < n && s.starts[i] < offset {
		i++
	}
	return i
}

// allows reports whether a list that means everybody when it is empty holds the id.
func allows(list []string, id string) bool {
	return len(list) == 0 || slices.Contains(list, id)
}

func byName(nameA, idA, nameB, idB string) int {
	if order := strings.Compare(nameA, nameB); order != 0 {
		return order
	}
	return strings.Compare(idA, idB)
}
