package store

import (
	"sync"
	"sync/atomic"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/links"
)

// freshFor bounds how long anything kept in memory may be believed, whoever forgot to mark it.
const freshFor = 60 * time.Second

// Desk is the clinic's set-up and its book kept in memory: what the public asks is answered from here, without the database.
//
// After a commit the changed days are only marked; the next question reads them anew, and a reading that was overtaken by another change
// is answered but not kept. What is about to be booked is never judged by the Desk but by the rows themselves.
type Desk struct {
	Links links.Key // signs the links in messages; set before anything is served

	app core.App
	now func() time.Time // the wall clock, for ageing only

	clinicMark atomic.Uint64
	clinic     atomic.Pointer[agedClinic]
	loading    sync.Mutex

	// reading lets one question at a time go to the database: what sixteen ask for at once is read once.
	reading sync.Mutex

	mutex sync.RWMutex
	days  map[dayKey]*agedDay
	marks map[dayKey]uint64
	epoch uint64 // raised when every day must be read anew
}

type agedClinic struct {
	*Clinic
	mark uint64
	at   time.Time
}

type dayKey struct {
	location string
	date     calendar.Date
}

type agedDay struct {
	day    booking.Day
	clinic *Clinic // the set-up it was read with; another one makes it old
	mark   uint64
	epoch  uint64
	at     time.Time
	starts sync.Map // startsKey → []booking.Start
}

type startsKey struct{ reason, species, practitioner string }

// NewDesk keeps nothing yet; it reads on the first question.
func NewDesk(app core.App) *Desk {
	return &Desk{app: app, now: time.Now, days: map[dayKey]*agedDay{}, marks: map[dayKey]uint64{}}
}

// Clinic is the set-up as it is after every commit that this process has seen.
func (d *Desk) Clinic() (*Clinic, error) {
	if c := d.clinic.Load(); c != nil && c.mark == d.clinicMark.Load() && d.now().Sub(c.at) < freshFor {
		return c.Clinic, nil
	}
	d.loading.Lock()
	defer d.loading.Unlock()
	mark := d.clinicMark.Load()
	if c := d.clinic.Load(); c != nil && c.mark == mark && d.now().Sub(c.at) < freshFor {
		return c.Clinic, nil
	}
	at := d.now()
	clinic, err := LoadClinic(d.app)
	if err != nil {
		return nil, err
	}
	d.clinic.Store(&agedClinic{clinic, mark, at})
	return clinic, nil
}

// ClinicWith is the same for a record in a transaction that may itself have made the location or the reason it names, as a batch does: what is
// not committed yet is read through the transaction, and not kept.
func (d *Desk) ClinicWith(tx core.App, location, reason string) (*Clinic, error) {
	clinic, err := d.Clinic()
	if err != nil || !tx.IsTransactional() || clinic.Locations[location] != nil && clinic.Reasons[reason] != nil {
		return clinic, err
	}
	return LoadClinic(tx)
}

// SetupChanged marks the set-up as old: to be called after the commit of any of its records.
func (d *Desk) SetupChanged() { d.clinicMark.Add(1) }

// RosterChanged marks every day as old: to be called after a shift or an absence changed.
func (d *Desk) RosterChanged() {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	d.epoch++
	clear(d.days)
	clear(d.marks)
}

// VisitChanged marks the days that a stretch of time touches, at the location and wherever else the practitioner may work. To be called after
// the commit, for the visit as it was and as it is.
func (d *Desk) VisitChanged(location, practitioner string, busy booking.Span) {
	c := d.clinic.Load()
	if c == nil {
		return
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for id, at := range c.Locations {
		if id != location && !mayWork(c.Clinic, practitioner, id) {
			continue
		}
		last := calendar.On(busy.Until.Add(LongestBusy), at.Place.Zone)
		for date := calendar.On(busy.From.Add(-LongestBusy), at.Place.Zone); !last.Before(date); date = date.Add(1) {
			d.marks[dayKey{id, date}]++
		}
	}
}

func mayWork(c *Clinic, practitioner, location string) bool {
	p, ok := c.Practitioners[practitioner]
	if !ok {
		return false
	}
	if len(p.Locations) == 0 {
		return true
	}
	for _, l := range p.Locations {
		if l == location {
			return true
		}
	}
	return false
}

// Starts lists what is free on each day from first to last, both included, whatever the hour is now: lead and horizon are for
// the caller to apply. The lists are shared and must not be changed.
func (d *Desk) Starts(clinic *Clinic, location string, ask booking.Ask, first, last calendar.Date) ([][]booking.Start, error) {
	out := make([][]booking.Start, 0, last.Days(first)+1)
	key := startsKey{ask.Reason.ID, ask.Species, ask.Practitioner}
	for date := first; !last.Before(date); date = date.Add(1) {
		kept, err := d.day(clinic, location, date, last)
		if err != nil {
			return nil, err
		}
		starts, ok := kept.starts.Load(key)
		if !ok {
			starts, _ = kept.starts.LoadOrStore(key, booking.Times(kept.day, ask))
		}
		out = append(out, starts.([]booking.Start))
	}
	return out, nil
}

func (d *Desk) kept(clinic *Clinic, location string, date calendar.Date) *agedDay {
	key := dayKey{location, date}
	d.mutex.RLock()
	defer d.mutex.RUnlock()
	kept := d.days[key]
	if kept == nil || kept.clinic != clinic || kept.epoch != d.epoch || kept.mark != d.marks[key] || d.now().Sub(kept.at) > freshFor {
		return nil
	}
	return kept
}

// day is one day of a question that goes on until last, from memory or read now.
func (d *Desk) day(clinic *Clinic, location string, date, last calendar.Date) (*agedDay, error) {
	if kept := d.kept(clinic, location, date); kept != nil {
		return kept, nil
	}
	d.reading.Lock()
	defer d.reading.Unlock()
	if kept := d.kept(clinic, location, date); kept != nil {
		return kept, nil
	}
	return d.read(clinic, location, date, last)
}

// read loads the days that are not kept, as one stretch from the first missing one, so that a month's first question is one reading. It answers
// the first of them; a day that was overtaken by a change meanwhile is answered, but not kept.
func (d *Desk) read(clinic *Clinic, location string, first, last calendar.Date) (*agedDay, error) {
	until := first
	for date := first.Add(1); !last.Before(date) && d.kept(clinic, location, date) == nil; date = date.Add(1) {
		until = date
	}
	d.mutex.RLock()
	epoch := d.epoch
	marks := make([]uint64, 0, until.Days(first)+1)
	for date := first; !until.Before(date); date = date.Add(1) {
		marks = append(marks, d.marks[dayKey{location, date}])
	}
	d.mutex.RUnlock()

	at := d.now()
	days, err := LoadDays(d.app, clinic, location, first, until)
	if err != nil {
		return nil, err
	}
	d.mutex.Lock()
	defer d.mutex.Unlock()
	var asked *agedDay
	for i, day := range days {
		aged := &agedDay{day: day, clinic: clinic, mark: marks[i], epoch: epoch, at: at}
		if i == 0 {
			asked = aged
		}
		if key := (dayKey{location, day.Date}); d.epoch == epoch && d.marks[key] == marks[i] {
			d.days[key] = aged
		}
	}
	return asked, nil
}

// Forget drops days that can no longer be asked for; the nightly sweep calls it so that a process of many months stays small.
func (d *Desk) Forget(before calendar.Date) {
	d.mutex.Lock()
	defer d.mutex.Unlock()
	for key := range d.days {
		if key.date.Before(before) {
			delete(d.days, key)
		}
	}
	for key := range d.marks {
		if key.date.Before(before) {
			delete(d.marks, key)
		}
	}
}
