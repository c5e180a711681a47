package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
	"pawbell/internal/store/record"
)

// Clinic is everything that a clinic sets up, as of one moment and never changed afterwards: read it without a lock.
type Clinic struct {
	Locations     map[string]*Location
	Order         []*Location // active ones, by name
	Reasons       map[string]*Reason
	Groups        []Group // active ones, in their order
	Species       map[string]*SpeciesRow
	SpeciesOrder  []*SpeciesRow
	Practitioners map[string]booking.Practitioner // those who can be booked
	// PractitionerNames are everybody's, also of those who left: visits with them are still to be named.
	PractitionerNames map[string]string
	Resources         map[string][]booking.Resource // by location, active ones
	Templates         notify.Templates
	Texts             []notify.Template           // the same as a list
	Addresses         map[string][]notify.Address // by location
	Base              string                      // the Application URL, without a trailing slash
	// Rules make reminders; the inactive ones are among them.
	Rules []reminder.Rule
	// Reach is how far the longest visit that can be booked reaches beyond the day on which it begins, with its buffers.
	Reach time.Duration

	home core.App // where subscribers hear of changes after a commit; nil where the set-up was read inside a transaction
}

// Location is a place of the clinic with its settings.
type Location struct {
	ID, Name, Phone, Address, Timezone, Country, Locale, Currency string
	LegalID                                                       string
	Inactive                                                      bool
	Place                                                         booking.Place
	Notify                                                        notify.Location
	RequestMode                                                   bool
	Info                                                          string
	Translations                                                  Translations
	HideDuration, HidePractitioner                                bool
	Required                                                      []string
	CutoffMinutes, MaxOpen                                        int
	PrivacyURL, Logo, Accent                                      string
	EmbedOrigins                                                  []string
	SMSPrice                                                      float64
	CompleteAfter                                                 time.Duration // after a visit's day, until it is taken as completed; 0 = never
}

// Reason is what owners and staff choose a visit for.
type Reason struct {
	ID, Group, Name, Instructions, Clients string
	Translations                           Translations
	Price                                  float64
	PaymentDue                             *calendar.Lead
	Sort                                   float64
	Inactive                               bool
	Rules                                  booking.Reason
	Notify                                 notify.Reason
}

// Group is a heading over reasons.
type Group struct {
	ID, Name     string
	Translations Translations
	Reasons      []*Reason // active ones, in their order
}

// SpeciesRow is a kind of animal.
type SpeciesRow struct {
	ID, Name     string
	Translations Translations
	Inactive     bool
	Sort         float64
}

// LoadClinic reads the whole set-up. It is a few hundred rows even for a chain, so a change of any of them reads all of them anew.
//
// Settings are read with what an empty field stands for.
func LoadClinic(app core.App) (*Clinic, error) {
	l := loader{app: app, clinic: &Clinic{
		Locations:         map[string]*Location{},
		Reasons:           map[string]*Reason{},
		Species:           map[string]*SpeciesRow{},
		Practitioners:     map[string]booking.Practitioner{},
		PractitionerNames: map[string]string{},
		Resources:         map[string][]booking.Resource{},
		Addresses:         map[string][]notify.Address{},
		Base:              strings.TrimRight(app.Settings().Meta.AppURL, "/"),
	}}
	l.each(Locations, l.location)
	l.each(BookingSettings, l.bookingSettings)
	l.each(MessageSettings, l.messageSettings)
	l.each(NotificationAddresses, l.address)
	l.each(Species, l.species)
	l.each(Practitioners, l.practitioner)
	l.each(Resources, l.resource)
	l.each(ReasonGroups, l.group)
	l.each(Reasons, l.reason)
	l.each(Templates, l.template)
	l.each(ReminderRules, l.rule)
	if l.err != nil {
		return nil, fmt.Errorf("load clinic: %w", l.err)
	}
	l.finish()
	if !app.IsTransactional() {
		l.clinic.home = app
	}
	return l.clinic, nil
}

type loader struct {
	app       core.App
	clinic    *Clinic
	kinds     map[string]string // resource id → kind, inactive ones too: a reason still needs the kind
	allGroups []groupRow
	templates []notify.Template
	err       error
}

type groupRow struct {
	Group
	sort     float64
	inactive bool
}

func (l *loader) each(collection string, read func(*core.Record) error) {
	if l.err != nil {
		return
	}
	records, err := l.app.FindAllRecords(collection)
	if err != nil {
		l.err = fmt.Errorf("%s: %w", collection, err)
		return
	}
	for _, r := range records {
		if err := read(r); err != nil {
			l.err = fmt.Errorf("%s %s: %w", collection, r.Id, err)
			return
		}
	}
}

func (l *loader) species(r *core.Record) error {
	t, err := translations(r)
	if err != nil {
		return err
	}
	s := &SpeciesRow{ID: r.Id, Name: record.Text(r, "name"), Translations: t, Inactive: record.Truth(r, "inactive"), Sort: record.Amount(r, "sort")}
	l.clinic.Species[r.Id] = s
	if !s.Inactive {
		l.clinic.SpeciesOrder = append(l.clinic.SpeciesOrder, s)
	}
	return nil
}

func (l *loader) practitioner(r *core.Record) error {
	l.clinic.PractitionerNames[r.Id] = record.Text(r, "name")
	if record.Truth(r, "inactive") {
		return nil
	}
	l.clinic.Practitioners[r.Id] = booking.Practitioner{ID: r.Id, Name: record.Text(r, "name"), Locations: record.List(r, "locations")}
	return nil
}

func (l *loader) resource(r *core.Record) error {
	if l.kinds == nil {
		l.kinds = map[string]string{}
	}
	l.kinds[r.Id] = record.Text(r, "kind")
	if record.Truth(r, "inactive") {
		return nil
	}
	at := record.Text(r, "location")
	l.clinic.Resources[at] = append(l.clinic.Resources[at], booking.Resource{ID: r.Id, Kind: record.Text(r, "kind"), Name: record.Text(r, "name")})
	return nil
}

func (l *loader) group(r *core.Record) error {
	t, err := translations(r)
	if err != nil {
		return err
	}
	l.allGroups = append(l.allGroups, groupRow{Group{ID: r.Id, Name: record.Text(r, "name"), Translations: t}, record.Amount(r, "sort"), record.Truth(r, "inactive")})
	return nil
}

func (l *loader) reason(r *core.Record) error {
	t, err := translations(r)
	if err != nil {
		return err
	}
	bookingLead, err := lead(record.Text(r, "lead"))
	if err != nil {
		return err
	}
	visitLead, err := lead(record.Text(r, "visit_lead"))
	if err != nil {
		return err
	}
	paymentDue, err := lead(record.Text(r, "payment_due"))
	if err != nil {
		return err
	}
	reason := &Reason{
		ID: r.Id, Group: record.Text(r, "group"), Name: record.Text(r, "name"), Instructions: record.Text(r, "instructions"), Clients: record.Text(r, "clients"),
		Translations: t, Price: record.Amount(r, "price"), PaymentDue: paymentDue, Sort: record.Amount(r, "sort"), Inactive: record.Truth(r, "inactive"),
	}
	minutes := func(field string) time.Duration { return time.Duration(record.Number(r, field)) * time.Minute }
	reason.Rules = booking.Reason{
		ID: r.Id, Duration: minutes("duration_minutes"), BufferBefore: minutes("buffer_before"), BufferAfter: minutes("buffer_after"),
		Species: record.List(r, "species"), Locations: record.List(r, "locations"), Practitioners: record.List(r, "practitioners"),
		Offline: record.Truth(r, "offline") || reason.Inactive, Lead: bookingLead, MaxPerDay: record.Number(r, "max_per_day"),
	}
	for _, id := range record.List(r, "resources") {
		if kind := l.kinds[id]; kind != "" && !slices.Contains(reason.Rules.Kinds, kind) {
			reason.Rules.Kinds = append(reason.Rules.Kinds, kind)
		}
	}
	slices.Sort(reason.Rules.Kinds)
	reason.Notify = notify.Reason{
		ID: r.Id, Name: reason.Name, Names: t.Field("name"), Instructions: reason.Instructions, InstructionsByLocale: t.Field("instructions"),
		ConfirmationTemplate: record.Text(r, "confirmation_template"), ReminderTemplate: record.Text(r, "reminder_template"),
		VisitLead: visitLead, EndOfLife: record.Truth(r, "end_of_life"),
	}
	l.clinic.Reasons[r.Id] = reason
	l.clinic.Reach = max(l.clinic.Reach, reason.Rules.BufferBefore+reason.Rules.Duration+reason.Rules.BufferAfter)
	return nil
}

func (l *loader) template(r *core.Record) error {
	if record.Truth(r, "inactive") {
		return nil
	}
	l.templates = append(l.templates, notify.Template{
		ID: r.Id, Code: record.Text(r, "code"), Purpose: outbox.Purpose(record.Text(r, "purpose")), Locale: record.Text(r, "locale"), Location: record.Text(r, "location"),
		Subject: record.Text(r, "subject"), Email: record.Text(r, "email_text"), SMS: record.Text(r, "sms_text"),
	})
	return nil
}

// finish sorts what people see in a list, and compiles the texts.
func (l *loader) finish() {
	c := l.clinic
	slices.SortFunc(c.Rules, func(a, b reminder.Rule) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	for _, at := range c.Locations {
		if !at.Inactive {
			c.Order = append(c.Order, at)
		}
	}
	slices.SortFunc(c.Order, func(a, b *Location) int { return strings.Compare(a.Name+a.ID, b.Name+b.ID) })
	slices.SortStableFunc(c.SpeciesOrder, func(a, b *SpeciesRow) int { return order(a.Sort, b.Sort, a.Name, b.Name) })
	slices.SortStableFunc(l.allGroups, func(a, b groupRow) int { return order(a.sort, b.sort, a.Name, b.Name) })
	for _, g := range l.allGroups {
		for _, r := range c.Reasons {
			if r.Group == g.ID && !r.Inactive {
				g.Reasons = append(g.Reasons, r)
				r.Rules.Offline = r.Rules.Offline || g.inactive
			}
		}
		if g.inactive {
			continue
		}
		slices.SortFunc(g.Reasons, func(a, b *Reason) int { return order(a.Sort, b.Sort, a.Name+a.ID, b.Name+b.ID) })
		c.Groups = append(c.Groups, g.Group)
	}
	c.Templates, c.Texts = notify.NewTemplates(l.templates), l.templates
}

func order(sortA, sortB float64, nameA, nameB string) int {
	if sortA != sortB {
		if sortA < sortB {
			return -1
		}
		return 1
	}
	return strings.Compare(nameA, nameB)
}

// lead reads a duration that may be inherited: nil is the empty text.
func lead(s string) (*calendar.Lead, error) {
	if s == "" {
		return nil, nil
	}
	l, err := calendar.ParseLead(s)
	if err != nil {
		return nil, err
	}
	return &l, nil
}

// Channels reads a stored list of channels.
func Channels(names []string) []outbox.Channel {
	out := make([]outbox.Channel, len(names))
	for i, n := range names {
		out[i] = outbox.Channel(n)
	}
	return out
}
