package reminder

import (
	"slices"
	"time"

	"pawbell/internal/calendar"
)

// Given is what a rule gives a reminder and a person may change on it.
type Given struct {
	DueOn    string   `json:"due_on"`
	Methods  []string `json:"methods"`
	Template string   `json:"template"`
	Group    string   `json:"reminder_group"`
	Location string   `json:"location"`
}

// Gives is what the rule gives a reminder that it wants.
func (w Wanted) Gives() Given {
	return Given{DueOn: w.DueOn.String(), Methods: w.Rule.Methods, Template: w.Rule.Template, Group: w.Rule.Group, Location: w.Location}
}

// Made is a reminder that a rule has made.
type Made struct {
	ID, Origin, Rule string
	State            State
	Reason           string
	Client, Patient  string
	// Is is how it stands, Given what its rule gave it: where the two differ, a person has changed it.
	Is, Given Given
	Unwanted  bool // its rule did not want it when this was last looked at
	// Spent: a message of it went out of date, or failed. It does not speak under that name again, whenever it is due.
	Spent bool
}

// Effect is what a change means to whoever reads the list of reminders.
type Effect int

// The effects. A reminder that comes back counts as added.
const (
	None Effect = iota
	Adds
	Moves
	Cancels
)

// Change is what has to be written so that a reminder is what its rule wants now.
type Change struct {
	Made
	Effect Effect
}

// Follow brings a reminder in line with what its rule wants of it now, nil for nothing, and reports whether anything changes. What a
// person changed by hand stays; what is over, by a person's word or because everything went out, is left alone.
func Follow(m Made, w *Wanted, places map[string]Place, now time.Time) (Change, bool) {
	pending := m.State == Scheduled || m.State == Held
	c := Change{Made: m}
	if w == nil {
		c.Unwanted = true
		if pending {
			c.Effect = Cancels
		}
		return c, !m.Unwanted
	}
	c.Unwanted, c.Client, c.Patient = false, w.Client, w.Patient
	if m.State != Sent && m.State != Done && m.Reason != ByPerson {
		c.Given = w.Gives()
		c.Is = keptByHand(m.Is, m.Given, c.Given)
	}
	ahead := w.Ahead
	if due, err := calendar.ParseDate(c.Is.DueOn); err == nil && due != w.DueOn {
		ahead = w.Rule.Ahead(due, places[w.Location], now)
	}
	moved := c.Is.DueOn != m.Is.DueOn
	switch {
	case pending && moved && !ahead:
		c.Effect = Cancels
	case pending && moved:
		c.Effect = Moves
	case ahead && (m.State == Cancelled && m.Reason == NotWanted || m.State == Stale && moved && !m.Spent):
		c.Effect = Adds
	}
	same := c.Unwanted == m.Unwanted && c.Client == m.Client && c.Patient == m.Patient && c.Is.equal(m.Is) && c.Given.equal(m.Given)
	return c, !same
}

// keptByHand is what is given now, but for what differs from what was given before: that is somebody's own.
func keptByHand(is, was, now Given) Given {
	if is.DueOn != was.DueOn {
		now.DueOn = is.DueOn
	}
	if !slices.Equal(is.Methods, was.Methods) {
		now.Methods = is.Methods
	}
	if is.Template != was.Template {
		now.Template = is.Template
	}
	if is.Group != was.Group {
		now.Group = is.Group
	}
	if is.Location != was.Location {
		now.Location = is.Location
	}
	return now
}

func (g Given) equal(other Given) bool {
	return g.DueOn == other.DueOn && slices.Equal(g.Methods, other.Methods) && g.Template == other.Template && g.Group == other.Group && g.Location == other.Location
}
