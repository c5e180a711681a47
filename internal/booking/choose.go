package booking

import (
	"cmp"
	"slices"
	"time"
)

// chosen lists the starts that are left, each with the first person in line who is free then (R-54: the fewest booked minutes that
// local day, then the name, then the id) and one free resource of each kind, by name.
func (s *survey) chosen() []Start {
	slices.SortFunc(s.people, func(a, b person) int {
		if order := cmp.Compare(a.booked, b.booked); order != 0 {
			return order
		}
		return byName(a.name, a.id, b.name, b.id)
	})
	who := make([]int, len(s.starts))
	found := 0
	for i := range who {
		who[i] = s.first(i)
		if who[i] >= 0 {
			found++
		}
	}
	if found == 0 {
		return nil
	}
	list := make([]Start, 0, found)
	things := make([]string, 0, found*len(s.kinds))
	for i, p := range who {
		if p < 0 {
			continue
		}
		start := Start{At: s.wall.Start().Add(time.Duration(s.starts[i])), Practitioner: s.people[p].id}
		if len(s.kinds) > 0 {
			from := len(things)
			for _, kind := range s.kinds {
				t := slices.IndexFunc(kind, func(t thing) bool { return t.free.has(i) })
				things = append(things, kind[t].id)
			}
			start.Resources = things[from:len(things):len(things)]
		}
		list = append(list, start)
	}
	return list
}

// first is the first person in line who is free at a start, -1 if nobody is or a resource is missing.
func (s *survey) first(i int) int {
	for _, kind := range s.kinds {
		if !slices.ContainsFunc(kind, func(t thing) bool { return t.free.has(i) }) {
			return -1
		}
	}
	return slices.IndexFunc(s.people, func(p person) bool { return p.free.has(i) })
}

// Choose answers who and what a visit that staff book gets when they name nobody. Shifts and absences do not bind staff
// but somebody who is at work goes before somebody who is not. A wish is taken as given. With overbook the busy ones count as
// free, and the free ones still go first. A kind of which the location has nothing is left out.
//
// It refuses with required (practitioner) when nobody may do this here, and with slot_taken (starts_at, without alternatives) when
// nobody or nothing is free.
func Choose(day Day, ask Ask, visit Span, overbook bool) (Start, *Refusal) {
	if ask.Practitioner != "" {
		ask.Reason.Practitioners = nil
		name := ""
		for _, p := range day.Practitioners {
			if p.ID == ask.Practitioner {
				name = p.Name
			}
		}
		day.Practitioners = []Practitioner{{ID: ask.Practitioner, Name: name}}
	}
	ask.Reason.Duration = visit.Until.Sub(visit.From)
	wall := day.Date.Wall(day.Place.Zone)
	s := newSurvey(&day, &ask, wall, []int64{int64(visit.From.Sub(wall.Start()))}, 1)
	if len(s.people) == 0 {
		return Start{}, refuse("practitioner", "required", "Nobody here may do this: name a practitioner.")
	}
	s.kinds = slices.DeleteFunc(s.kinds, func(kind []thing) bool { return len(kind) == 0 })
	s.work(true)
	for p := range s.people {
		s.people[p].free.set(0, 1)
	}
	s.hold()
	slices.SortFunc(s.people, func(a, b person) int {
		if a.free.has(0) != b.free.has(0) {
			return later(b.free.has(0))
		}
		if a.atWork != b.atWork {
			return later(b.atWork)
		}
		if order := cmp.Compare(a.booked, b.booked); order != 0 {
			return order
		}
		return byName(a.name, a.id, b.name, b.id)
	})
	start := Start{At: visit.From.UTC(), Practitioner: s.people[0].id}
	taken := !s.people[0].free.has(0)
	for _, kind := range s.kinds {
		t := slices.IndexFunc(kind, func(t thing) bool { return t.free.has(0) })
		if t < 0 {
			taken, t = true, 0
		}
		start.Resources = append(start.Resources, kind[t].id)
	}
	if taken && !overbook {
		return Start{}, SlotTaken(nil)
	}
	return start, nil
}

// later sorts what lacks a quality behind what has it.
func later(otherHasIt bool) int {
	if otherHasIt {
		return 1
	}
	return -1
}
