package reminder

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"pawbell/internal/calendar"
)

// Trigger is what sets a rule off.
type Trigger string

// The triggers, as stored.
const (
	VisitCompleted Trigger = "visit_completed"
	AgeReached     Trigger = "age_reached"
)

// Rule makes reminders by itself.
type Rule struct {
	ID, Name string
	Trigger  Trigger
	Reasons  []string // its own and those of its groups; for a rule that goes by age, the visits that hold it back
	Species  []string // none = all
	Age      Span     // where it goes by age
	Due      Span     // from the visit's day, or from the day on which that age is reached
	Steps    []int    // days from the due date, earliest first; none = the due date itself
	Methods  []string
	Template string // "" = the usual one
	// Group is what it keeps up to date, "" for nothing in particular.
	Group      string
	AlwaysSend bool
	Inactive   bool
	// ActiveSince is when it was made or last switched on, by the clinic's clock.
	ActiveSince time.Time
}

// MostSteps is how many messages one reminder of a rule is at most, and FarthestStep how many days a step may be away.
const (
	MostSteps    = 4
	FarthestStep = 3650
)

// ParseSteps reads a rule's steps as they are stored, a JSON list of whole days, and answers them in their order. Nothing, null and an empty
// list are the due date alone. What is no list, has more than [MostSteps] entries, names a day twice or goes too far is not ok.
func ParseSteps(stored []byte) (steps []int, ok bool) {
	var days []float64
	if len(stored) == 0 || string(stored) == `""` {
		return nil, true
	}
	if err := json.Unmarshal(stored, &days); err != nil || len(days) > MostSteps {
		return nil, false
	}
	for _, d := range days {
		if d != math.Trunc(d) || math.Abs(d) > FarthestStep || slices.Contains(steps, int(d)) {
			return nil, false
		}
		steps = append(steps, int(d))
	}
	slices.Sort(steps)
	return steps, true
}

// Days are the steps of the rule, the due date itself where it has none.
func (r Rule) Days() []int {
	if len(r.Steps) == 0 {
		return []int{0}
	}
	return r.Steps
}

// DueOn is the due date that follows from the day of a visit, or from a birthday. The age is reached first, on a day of its own, and the
// rest is counted from there.
func (r Rule) DueOn(basis calendar.Date) calendar.Date {
	if r.Trigger == AgeReached {
		basis = r.Age.After(basis)
	}
	return r.Due.After(basis)
}

// Names reports whether a visit is one of those that the rule names: it fires on them, and they keep its group up to date.
func (r Rule) Names(reason string) bool { return slices.Contains(r.Reasons, reason) }

// For reports whether the rule is for such an animal. One of unknown kind is none of a rule that is for some kinds only.
func (r Rule) For(species string) bool {
	return len(r.Species) == 0 || slices.Contains(r.Species, species)
}

// Serves reports whether a visit with this reason is a service of a group: any active rule of the group names it.
func Serves(rules []Rule, group, reason string) bool {
	return group != "" && slices.ContainsFunc(rules, func(r Rule) bool { return !r.Inactive && r.Group == group && r.Names(reason) })
}

// Problem is what keeps a rule from being saved: the field, a code, and words for the person who saves it.
type Problem struct{ Field, Code, Message string }

// Check answers what is wrong with a rule by itself, nil for nothing. A rule that is off makes none anyway: it must be possible to switch one off whose
// reasons have all left its groups.
func (r Rule) Check() *Problem {
	if !r.Inactive && r.Trigger == VisitCompleted && len(r.Reasons) == 0 {
		return &Problem{"reasons", "required", "Choose at least one reason or group: the rule would never make a reminder."}
	}
	return nil
}

// Overlap reports whether two active rules would both make a reminder for the same patient, about the same thing, due in the same month, so
// that an owner is told twice.
//
// Rules for visits overlap only where one visit sets off both: of two visits, the newer closes the older one's reminder. A visit and an age
// never overlap here; what happens to fall together is held apart when it is sent. Rules that keep nothing in particular up to date are
// about the same thing where they send the same text.
func Overlap(a, b Rule) bool {
	if a.ID == b.ID || a.Inactive || b.Inactive || a.Trigger != b.Trigger || a.Group != b.Group || !shared(a.Species, b.Species, true) {
		return false
	}
	if a.Group == "" && a.Template != b.Template {
		return false
	}
	if a.Trigger == VisitCompleted && !shared(a.Reasons, b.Reasons, false) {
		return false
	}
	// Four years hold every combination of month, its length and the leap day.
	first := calendar.Date{Year: 2027, Month: time.January, Day: 1}
	// The same two spans lie a few days more or less apart from one first day to another.
	const never = 45
	if apart := a.DueOn(first).Days(b.DueOn(first)); apart > never || apart < -never {
		return false
	}
	for day := range 4*365 + 1 {
		left, right := a.DueOn(first.Add(day)), b.DueOn(first.Add(day))
		if left.Year == right.Year && left.Month == right.Month {
			return true
		}
	}
	return false
}

// shared reports whether two lists have something in common, where an empty one may mean everything.
func shared(a, b []string, emptyIsAll bool) bool {
	if emptyIsAll && (len(a) == 0 || len(b) == 0) {
		return true
	}
	return slices.ContainsFunc(a, func(s string) bool { return slices.Contains(b, s) })
}
