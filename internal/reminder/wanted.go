package reminder

import (
	"slices"
	"time"

	"pawbell/internal/calendar"
)

// Horizon is how many days ahead of its first message a reminder of an age is made: early enough for any outage to pass, late enough for
// people to find a list that means something.
const Horizon = 60

// Visit is a completed visit of a patient, as rules see it.
type Visit struct {
	ID, Reason, Location string
	Start                time.Time
	// EndOfLife: nothing follows from such a visit.
	EndOfLife bool
}

// History is what rules know of a patient.
type History struct {
	Patient, Client, Species string
	BornOn                   calendar.Date // zero = not known
	// Away: dead, inactive, or its owner is gone. What was made stays, nothing new is made.
	Away bool
	// Home is the place from which a reminder of its age comes.
	Home   string
	Visits []Visit // completed ones
}

// Place is a location's clock, and the time on it at which reminders go.
type Place struct {
	Zone *time.Location
	At   calendar.Clock
}

// Wanted is a reminder that follows from a rule and an occasion: a visit, or a birthday.
type Wanted struct {
	// Origin tells the rule and the occasion, so that they make one reminder only.
	Origin                             string
	Rule                               Rule
	Patient, Client, Location, Booking string
	DueOn                              calendar.Date
	// New: worth making if it is not there yet. Something of it is still ahead, and the patient is there to come. What is there already stays
	// wanted without that.
	New bool
	// Ahead: at least one of its messages lies before us.
	Ahead bool
}

// OriginOf is the origin of what a rule makes of an occasion, which is a booking's or a patient's id.
func OriginOf(rule, occasion string) string { return OriginsOf(rule) + occasion }

// OriginsOf is what all origins of a rule begin with.
func OriginsOf(rule string) string { return "rule:" + rule + ":" }

// Wants answers which reminders a rule wants for a patient, from its whole history. Rules are all there are: what keeps a group up to date
// is named by any of them. An older visit whose service a newer one has renewed is not worth a new reminder. Nothing is wanted of a rule
// that is switched off.
func Wants(rule Rule, rules []Rule, h History, places map[string]Place, now time.Time) []Wanted {
	if rule.Inactive || !rule.For(h.Species) {
		return nil
	}
	if rule.Trigger == AgeReached {
		place, known := places[h.Home]
		if h.BornOn.IsZero() || !known {
			return nil
		}
		w := h.wanted(rule, h.Patient, h.Home, rule.DueOn(h.BornOn))
		w.Ahead = rule.Ahead(w.DueOn, place, now)
		latest := calendar.On(now, place.Zone).Add(Horizon)
		w.New = w.Ahead && !h.Away && !latest.Before(w.DueOn.Add(rule.Days()[0]))
		return []Wanted{w}
	}
	var wants []Wanted
	for _, v := range h.Visits {
		place, known := places[v.Location]
		if !known || v.EndOfLife || !rule.Names(v.Reason) {
			continue
		}
		w := h.wanted(rule, v.ID, v.Location, rule.DueOn(calendar.On(v.Start, place.Zone)))
		w.Booking = v.ID
		w.Ahead = rule.Ahead(w.DueOn, place, now)
		w.New = w.Ahead && !h.Away && !h.renewed(rules, rule.Group, v)
		wants = append(wants, w)
	}
	return wants
}

func (h History) wanted(rule Rule, occasion, location string, due calendar.Date) Wanted {
	return Wanted{Origin: OriginOf(rule.ID, occasion), Rule: rule, Patient: h.Patient, Client: h.Client, Location: location, DueOn: due}
}

// renewed reports whether a later visit has served the group again.
func (h History) renewed(rules []Rule, group string, v Visit) bool {
	return slices.ContainsFunc(h.Visits, func(later Visit) bool { return later.Start.After(v.Start) && Serves(rules, group, later.Reason) })
}

// Ahead reports whether the last message about a due date is still to come.
func (r Rule) Ahead(due calendar.Date, p Place, now time.Time) bool {
	days := r.Days()
	last, _ := due.Add(days[len(days)-1]).At(p.At, p.Zone)
	return !last.Before(now)
}

// BasisFrom is the first day, generously, of the visits or birthdays from which a rule makes a reminder that has something ahead.
func (r Rule) BasisFrom(today calendar.Date) calendar.Date {
	days := r.Days()
	return r.basis(today.Add(-days[len(days)-1])).Add(-slack)
}

// BornUntil is the last birthday, generously, of patients for whom a rule that goes by age makes a reminder now.
func (r Rule) BornUntil(today calendar.Date) calendar.Date {
	return r.basis(today.Add(Horizon - r.Days()[0])).Add(slack)
}

// slack is by how many days reckoning back may miss a basis: months are shorter or longer, and today is another day elsewhere.
const slack = 8

// basis reckons back from a due date.
func (r Rule) basis(due calendar.Date) calendar.Date {
	basis := r.Due.Times(-1, due)
	if r.Trigger == AgeReached {
		basis = r.Age.Times(-1, basis)
	}
	return basis
}
