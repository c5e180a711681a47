package hooks

import (
	"net/http"
	"slices"
	"time"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/notify"
	"pawbell/internal/store"
)

// longestRange is how many days one question may span.
const longestRange = 92

// menu answers what can be booked online, and where, in the asked language.
func (h House) menu(e *core.RequestEvent) error {
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	locale := notify.Locale(e.Request.URL.Query().Get("locale"))
	locations := []menuLocation{}
	for _, at := range clinic.Order {
		if at.Place.Enabled {
			locations = append(locations, locationMenu(clinic, at, locale, h.Now()))
		}
	}
	return e.JSON(http.StatusOK, map[string]any{"locations": locations})
}

type menuLocation struct {
	ID               string        `json:"id"`
	Name             string        `json:"name"`
	Address          string        `json:"address"`
	Phone            string        `json:"phone"`
	Timezone         string        `json:"timezone"`
	Locale           string        `json:"locale"`
	Today            string        `json:"today"` // by the clinic's clock, in the location's zone
	Currency         string        `json:"currency"`
	Info             string        `json:"info"`
	AskSpecies       bool          `json:"ask_species"`
	ShowDuration     bool          `json:"show_duration"`
	ShowPractitioner bool          `json:"show_practitioner"`
	Required         []string      `json:"required"`
	Logo             string        `json:"logo,omitempty"`
	Accent           string        `json:"accent,omitempty"`
	PrivacyURL       string        `json:"privacy_url,omitempty"`
	Species          []menuSpecies `json:"species"`
	Groups           []menuGroup   `json:"groups"`
}

type menuSpecies struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

type menuGroup struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Reasons []menuReason `json:"reasons"`
}

type menuReason struct {
	ID           string   `json:"id"`
	Name         string   `json:"name"`
	Instructions string   `json:"instructions"`
	Duration     int      `json:"duration_minutes,omitempty"`
	Species      []string `json:"species"`
	Clients      string   `json:"clients"`
	Price        float64  `json:"price,omitempty"`
}

func locationMenu(clinic *store.Clinic, at *store.Location, locale string, now time.Time) menuLocation {
	m := menuLocation{
		ID: at.ID, Name: at.Name, Address: at.Address, Phone: at.Phone, Timezone: at.Timezone, Locale: at.Locale,
		Today: calendar.On(now, at.Place.Zone).String(), Currency: at.Currency,
		Info: at.Translations.Text(locale, "info", at.Info), AskSpecies: at.Place.AskSpecies,
		ShowDuration: !at.HideDuration, ShowPractitioner: !at.HidePractitioner,
		Required: at.Required, Logo: at.Logo, Accent: at.Accent, PrivacyURL: at.PrivacyURL,
		Species: []menuSpecies{}, Groups: []menuGroup{},
	}
	if m.Required == nil {
		m.Required = []string{}
	}
	for _, s := range clinic.SpeciesOrder {
		m.Species = append(m.Species, menuSpecies{s.ID, s.Translations.Text(locale, "name", s.Name)})
	}
	for _, g := range clinic.Groups {
		group := menuGroup{ID: g.ID, Name: g.Translations.Text(locale, "name", g.Name), Reasons: []menuReason{}}
		for _, r := range g.Reasons {
			if r.Rules.Offline || !doneAt(r.Rules, at.ID) {
				continue
			}
			reason := menuReason{
				ID: r.ID, Name: r.Translations.Text(locale, "name", r.Name), Instructions: r.Translations.Text(locale, "instructions", r.Instructions),
				Species: r.Rules.Species, Clients: r.Clients, Price: r.Price,
			}
			if reason.Species == nil {
				reason.Species = []string{}
			}
			if reason.Clients == "" {
				reason.Clients = "all"
			}
			if !at.HideDuration {
				reason.Duration = int(r.Rules.Duration / time.Minute)
			}
			group.Reasons = append(group.Reasons, reason)
		}
		if len(group.Reasons) > 0 {
			m.Groups = append(m.Groups, group)
		}
	}
	return m
}

// doneAt reports whether a reason is offered at a location.
func doneAt(reason booking.Reason, location string) bool {
	return len(reason.Locations) == 0 || slices.Contains(reason.Locations, location)
}

// question is what both kinds of availability are asked about.
type question struct {
	clinic   *store.Clinic
	at       *store.Location
	ask      booking.Ask
	problems validation.Errors
}

// readQuestion reads location, reason, species and practitioner from the address.
func (h House) readQuestion(e *core.RequestEvent) (question, error) {
	q := question{problems: validation.Errors{}}
	var err error
	if q.clinic, err = h.Desk.Clinic(); err != nil {
		return q, err
	}
	values := e.Request.URL.Query()
	id := func(name string, required bool, known func(string) bool) string {
		v := values.Get(name)
		switch {
		case v == "" && required:
			q.problem(name, "required", "This is needed.")
		case v == "":
		case !store.ValidID(v):
			q.problem(name, "invalid_id", "This is not an id.")
		case !known(v):
			q.problem(name, "unknown", "There is no such thing.")
		default:
			return v
		}
		return ""
	}
	if location := id("location", true, func(v string) bool { at := q.clinic.Locations[v]; return at != nil && !at.Inactive }); location != "" {
		q.at = q.clinic.Locations[location]
	}
	if reason := id("reason", true, func(v string) bool { r := q.clinic.Reasons[v]; return r != nil && !r.Inactive }); reason != "" {
		q.ask.Reason = q.clinic.Reasons[reason].Rules
	}
	q.ask.Species = id("species", false, func(v string) bool { s := q.clinic.Species[v]; return s != nil && !s.Inactive })
	q.ask.Practitioner = id("practitioner", false, func(v string) bool { _, known := q.clinic.Practitioners[v]; return known })
	if q.at != nil && q.at.Place.AskSpecies && values.Get("species") == "" {
		q.problem("species", "required", "Say what kind of animal it is.")
	}
	return q, nil
}

func (q *question) problem(name, code, message string) {
	if q.problems[name] == nil {
		q.problems[name] = validation.NewError(code, message)
	}
}

func (q *question) date(name, value string) calendar.Date {
	if value == "" {
		q.problem(name, "required", "This is needed.")
		return calendar.Date{}
	}
	d, err := calendar.ParseDate(value)
	if err != nil {
		q.problem(name, "invalid_date", "Write the day as in 2027-03-01.")
	}
	return d
}

// settled refuses what cannot be answered. Where booking is switched off, nothing else matters.
func (q *question) settled(e *core.RequestEvent) error {
	if q.at != nil && !q.at.Place.Enabled {
		return closed(e, q.at)
	}
	if len(q.problems) > 0 {
		return e.BadRequestError("The question could not be understood.", q.problems)
	}
	if q.ask.Reason.Offline || !doneAt(q.ask.Reason, q.at.ID) {
		return e.BadRequestError("This cannot be booked online.", fieldProblem("reason", "not_bookable", "This cannot be booked online."))
	}
	return nil
}

// within cuts a range to the days that may be booked now: outside them nothing is free, and nothing needs to be read.
func (q *question) within(from, until calendar.Date, now time.Time) (calendar.Date, calendar.Date) {
	today, last := calendar.On(now, q.at.Place.Zone), booking.LastDay(q.at.Place, now)
	if from.Before(today) {
		from = today
	}
	if last.Before(until) {
		until = last
	}
	return from, until
}

type freeDay struct {
	Date string `json:"date"`
	Free int    `json:"free"`
}

// days answers on which days there is time, and how many starts each has.
func (h House) days(e *core.RequestEvent) error {
	q, err := h.readQuestion(e)
	if err != nil {
		return err
	}
	values := e.Request.URL.Query()
	from, until := q.date("from", values.Get("from")), q.date("until", values.Get("until"))
	if len(q.problems) == 0 {
		switch days := until.Days(from); {
		case days < 0:
			q.problem("until", "invalid_date", "The last day must not be before the first.")
		case days >= longestRange:
			q.problem("until", "range_too_long", "Ask for at most 92 days.")
		}
	}
	if err := q.settled(e); err != nil {
		return err
	}
	now := h.Now()
	from, until = q.within(from, until, now)
	free := []freeDay{}
	if !until.Before(from) {
		lists, err := h.Desk.Starts(q.clinic, q.at.ID, q.ask, from, until)
		if err != nil {
			return err
		}
		for i, starts := range lists {
			if n := len(booking.Bookable(q.at.Place, q.ask.Reason, starts, now)); n > 0 {
				free = append(free, freeDay{from.Add(i).String(), n})
			}
		}
	}
	return e.JSON(http.StatusOK, map[string]any{"days": free})
}

type freeTime struct {
	StartsAt     string        `json:"starts_at"`
	Local        string        `json:"local"`
	Part         string        `json:"part"`
	Practitioner *practitioner `json:"practitioner,omitempty"`
}

type practitioner struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// times answers when there is time on one day.
func (h House) times(e *core.RequestEvent) error {
	q, err := h.readQuestion(e)
	if err != nil {
		return err
	}
	date := q.date("date", e.Request.URL.Query().Get("date"))
	if err := q.settled(e); err != nil {
		return err
	}
	now := h.Now()
	times := []freeTime{}
	if from, until := q.within(date, date, now); !until.Before(from) {
		lists, err := h.Desk.Starts(q.clinic, q.at.ID, q.ask, date, date)
		if err != nil {
			return err
		}
		for _, s := range booking.Bookable(q.at.Place, q.ask.Reason, lists[0], now) {
			clock := calendar.ClockOn(s.At, q.at.Place.Zone)
			t := freeTime{StartsAt: s.At.UTC().Format(time.RFC3339), Local: clock.String(), Part: partOfDay(clock)}
			if !q.at.HidePractitioner {
				t.Practitioner = &practitioner{s.Practitioner, q.clinic.Practitioners[s.Practitioner].Name}
			}
			times = append(times, t)
		}
	}
	return e.JSON(http.StatusOK, map[string]any{"date": date.String(), "timezone": q.at.Timezone, "times": times})
}

// partOfDay is the filter that a start falls under: noon and five o'clock divide the day (design, HTTP contract).
func partOfDay(c calendar.Clock) string {
	switch {
	case c < 12*60:
		return "morning"
	case c < 17*60:
		return "afternoon"
	}
	return "evening"
}
