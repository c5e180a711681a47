package notify

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
)

// RecallFacts is everything that decides which recall messages one client gets.
type RecallFacts struct {
	// Now decides only what can no longer be planned: a moment that has passed makes no new message.
	Now       time.Time
	Client    Client
	Locations map[string]Location // those of the reminders, by id
	Patients  map[string]Patient  // those of the reminders, by id
	Recalls   []Recall
	Visits    []RecallVisit // of those patients: to come, or completed
	// Serves reports whether a visit for a reason is the service of a reminder group: any active rule of the group names it.
	Serves func(group, reason string) bool
	// Rows are the client's messages with the purpose reminder, in any state.
	Rows      []outbox.Row
	Stopped   func(outbox.Channel, string, outbox.Purpose) bool
	Templates Templates
	Links     Links
}

// Recall is one reminder.
type Recall struct {
	ID, Location string
	Patients     []string
	Methods      []outbox.Channel
	Template     string // id, "" = the default by code
	OwnText      bool
	Words        Words // as they stand on the reminder, empty ones are the template's
	ToEmail      string
	ToPhone      string
	Series       reminder.Series
	Group        string // reminder_group, "" for none
	AlwaysSend   bool   // its rule sends even though a visit is booked
	Unwanted     bool   // its rule is off, gone or does not want it any more
	OfAge        bool   // a rule made it when its patient came near an age: nobody who made it knew of a visit
	Ended        reminder.State
	// MadeAt is from when on it is planned: what lies before was never wished for.
	MadeAt time.Time
	// Since is what a service must come after to complete it: the start of the visit that it came from, else MadeAt.
	Since time.Time
}

// Words are the texts of a reminder, with merge codes.
type Words struct{ Subject, Email, SMS string }

// RecallVisit is a visit of one of the patients.
type RecallVisit struct {
	Patient, Reason string
	EndOfLife       bool
	Status          booking.Status
	StartsAt        time.Time
}

// RecallState is where a reminder stands by its plan: what the machine writes on its record.
type RecallState struct {
	ID         string
	State      reminder.State
	Reason     outbox.Reason
	SentCount  int
	NextSendAt time.Time
	Coming     []RecallDate // what waits to be sent, the next first
	// LeftOut are the sends that something keeps from leaving, as things are, and LeftOutFor is why the first of them is.
	LeftOut    int
	LeftOutFor outbox.Reason
	// LookAt is when time alone may change the plan; zero for never.
	LookAt time.Time
	// Words are the reminder's texts as they are to be: those that are a template's own follow it into the client's language.
	Words Words
}

// RecallDate is one coming send: the day on which the service is due, and when the message leaves.
type RecallDate struct {
	DueOn   calendar.Date
	SendsAt time.Time
}

// RecallPlan is what a client's reminders come to.
type RecallPlan struct {
	Planned []outbox.Planned
	States  []RecallState // one for each reminder, in their order
	// Why says, by key, why a message is withdrawn that is not planned any more.
	Why map[string]outbox.Reason
}

// PlanRecalls answers which messages a client's reminders make, finished, and where each reminder stands. What has left is no
// part of the answer and keeps its place: asking again changes nothing, and time alone withdraws nothing.
func PlanRecalls(f RecallFacts) RecallPlan {
	p := recallPlanner{RecallFacts: &f, rows: map[string]outbox.Row{}, spoken: map[string]outbox.Row{}, tellers: map[string]*planner{}}
	p.plan.Why = map[string]outbox.Reason{}
	for _, r := range f.Rows {
		if _, is := recallOf(r.Key); is {
			p.rows[r.Key] = r
		}
		for _, key := range r.Covers {
			if before, known := p.spoken[key]; !known || says(r) > says(before) {
				p.spoken[key] = r
			}
		}
	}
	turns := make([]*recallTurn, len(f.Recalls))
	for i := range f.Recalls {
		turns[i] = p.turn(&f.Recalls[i])
	}
	p.say(turns)
	for _, t := range turns {
		p.plan.States = append(p.plan.States, p.stateOf(t))
	}
	for _, r := range f.Rows {
		if id, is := recallOf(r.Key); is && !slices.ContainsFunc(f.Recalls, func(one Recall) bool { return one.ID == id }) {
			p.plan.Why[r.Key] = outbox.ReasonGone
		}
	}
	return p.plan
}

// recallKey is the key of a send's message on a channel.
func recallKey(id string, s reminder.Send, channel outbox.Channel) string {
	return string(outbox.Reminder) + ":" + id + ":" + s.Occasion() + ":" + string(channel)
}

// recallOf is the id of the reminder that a message was planned for, and whether it was planned for one.
func recallOf(key string) (string, bool) {
	rest, is := strings.CutPrefix(key, string(outbox.Reminder)+":")
	id, _, _ := strings.Cut(rest, ":")
	return id, is
}

// went reports a message that the owner has, as far as anybody can tell.
func went(r outbox.Row) bool {
	switch r.State {
	case outbox.Sent, outbox.Delivered, outbox.Unknown:
		return true
	}
	return false
}

// HadTurn answers which sends of a reminder have had their turn, by their occasions: something of them left, for themselves or together with another's,
// or they came to an end on each of the reminder's channels that no plan takes back.
func HadTurn(rows []outbox.Row, id string, channels []outbox.Channel) map[string]bool {
	had, ended := map[string]bool{}, map[string]int{}
	occasion := func(key string) (string, outbox.Channel) {
		if of, is := recallOf(key); !is || of != id {
			return "", ""
		}
		rest := strings.TrimPrefix(key, string(outbox.Reminder)+":"+id+":")
		at := strings.LastIndexByte(rest, ':')
		return rest[:max(0, at)], outbox.Channel(rest[at+1:])
	}
	for _, r := range rows {
		own, channel := occasion(r.Key)
		if went(r) || r.State == outbox.Sending {
			had[own] = true
			for _, key := range r.Covers {
				said, _ := occasion(key)
				had[said] = true
			}
		} else if spent(r) && slices.Contains(channels, channel) {
			ended[own]++
			had[own] = had[own] || ended[own] == len(channels)
		}
	}
	return had
}

// recallPlanner gathers a client's recalls.
type recallPlanner struct {
	*RecallFacts
	rows map[string]outbox.Row
	// spoken are the rows that speak for a key which has none of its own: one that went where there is one.
	spoken  map[string]outbox.Row
	tellers map[string]*planner // by what decides how a text reads: see teller
	plan    RecallPlan
}

// fate is what becomes of one send on one channel.
type fate int

const (
	fateNever   fate = iota // never wished for
	fateSent                // the owner has it
	fateWaiting             // in the queue, or on its way
	fateHeld                // a visit holds it back
	fateBarred              // something keeps it from leaving, as things are
	fateLost                // its moment has passed, or it came to nothing
	fateOpen                // still to be said
)

// recallSend is one send on one channel, with what becomes of it.
type recallSend struct {
	reminder.Send
	key     string
	channel outbox.Channel
	at      time.Time
	wished  time.Time // the moment by the reminder alone, whatever a person asked for
	// patients are those that it still concerns.
	patients []string
	asked    bool // a person asked for this moment
	fate     fate
	reason   outbox.Reason
	leaves   time.Time // where it waits
}

// recallTurn is one reminder while it is planned.
type recallTurn struct {
	*Recall
	at     Location
	closed reminder.State
	cause  outbox.Reason
	alive  []string // the patients that it still concerns
	sends  []*recallSend
	lookAt time.Time
}

// look remembers a moment at which the plan may change by itself.
func (t *recallTurn) look(at time.Time) {
	if t.lookAt.IsZero() || at.Before(t.lookAt) {
		t.lookAt = at
	}
}

// turn looks at one reminder by itself: whether it is over, and which of its sends are still to be said.
func (p *recallPlanner) turn(r *Recall) *recallTurn {
	t := &recallTurn{Recall: r, at: p.Locations[r.Location]}
	if t.at.Zone == nil {
		t.at.Zone = time.UTC
	}
	standing := reminder.Standing{Ended: r.Ended, ClientGone: p.Client.Gone, Unwanted: r.Unwanted,
		Refused: slices.Contains(p.Client.Refused, outbox.ConsentReminder), Patients: len(r.Patients)}
	for _, id := range r.Patients {
		patient, known := p.Patients[id]
		switch {
		case p.served(r, id):
			standing.Served++
		case patient.Deceased:
			standing.Dead++
		case p.parting(r, id):
			standing.Parting++
		case patient.Inactive || !known:
			standing.Away++
		default:
			t.alive = append(t.alive, id)
		}
	}
	var cause string
	t.closed, cause = reminder.Close(standing)
	t.cause = outbox.Reason(cause)
	if t.closed == reminder.Done {
		t.cause = outbox.ReasonAlreadyDone
	}
	for _, s := range r.Series.Sends() {
		at, _ := s.On.At(t.at.ReminderClock, t.at.Zone)
		for i, channel := range r.Methods {
			if slices.Contains(r.Methods[:i], channel) {
				continue
			}
			one := &recallSend{Send: s, key: recallKey(r.ID, s, channel), channel: channel, at: at, wished: at, patients: t.alive}
			p.judge(t, one)
			t.sends = append(t.sends, one)
		}
	}
	for _, occasion := range t.occasions() {
		begun := slices.ContainsFunc(occasion, func(s *recallSend) bool { return s.fate == fateSent })
		for _, s := range occasion {
			if begun && s.fate == fateOpen && !p.wished(s.key) {
				// A way that was chosen when this occasion had been told already is for the next one.
				s.fate = fateNever
			}
		}
	}
	return t
}

// wished reports whether there is a message for a key, its own or one that speaks for it.
func (p *recallPlanner) wished(key string) bool {
	_, own := p.rows[key]
	_, spoken := p.spoken[key]
	return own || spoken
}

// usefulFor is how long after its moment a recall may still leave.
const usefulFor = 24 * time.Hour

// judge decides about one send as far as the reminder by itself can tell.
func (p *recallPlanner) judge(t *recallTurn, s *recallSend) {
	row, own := p.rows[s.key]
	speaker, spoken := p.spoken[s.key]
	if spoken && !(own && settled(row)) && settled(speaker) && !p.gaveUp(speaker) {
		row, own = speaker, false
	}
	switch {
	case went(row):
		s.fate = fateSent
		return
	case row.State == outbox.Sending:
		s.fate, s.leaves = fateWaiting, row.SendAt
		return
	case row.State != "" && settled(row):
		s.fate, s.reason = fateLost, cmp.Or(row.Reason, outbox.ReasonStale)
		return
	case t.closed != "":
		s.fate, s.reason = fateLost, t.cause
		p.plan.Why[s.key] = t.cause
		return
	}
	if own && row.State == outbox.Queued && row.OwnTime {
		s.at, s.On, s.asked = row.PlannedAt, calendar.On(row.PlannedAt, t.at.Zone), true
	}
	wished := own || spoken
	if !wished && s.at.Before(t.MadeAt) {
		s.fate = fateNever
		return
	}
	if ends := p.hold(t, s); !ends.IsZero() {
		t.look(ends)
		if len(s.patients) == 0 {
			s.fate, s.reason = fateHeld, outbox.ReasonVisitBooked
			p.plan.Why[s.key] = outbox.ReasonVisitBooked
			return
		}
	}
	useful := s.at.Add(usefulFor)
	switch {
	case s.at.After(p.Now), wished && useful.After(p.Now):
		s.fate = fateOpen
		t.look(useful)
	case own && row.State == outbox.Queued && (row.OwnTime || row.PlannedAt.Equal(s.at)):
		// It waits past its time, for the dispatcher to say so or for somebody to print it.
		s.fate = fateOpen
	default:
		s.fate, s.reason = fateLost, cmp.Or(row.Reason, outbox.ReasonStale)
		if row.State == outbox.Queued {
			// It was moved to a moment that is past.
			s.reason = outbox.ReasonNotWanted
			p.plan.Why[s.key] = outbox.ReasonNotWanted
		}
	}
}

// says is how much a row decides about a key for which it speaks.
func says(r outbox.Row) int {
	switch {
	case went(r):
		return 3
	case r.State == outbox.Sending:
		return 2
	case spent(r) && r.Reason == outbox.ReasonByPerson:
		return 1
	}
	return 0
}

// settled reports a row of whose message nothing more can come, or which is on its way.
func settled(r outbox.Row) bool { return went(r) || r.State == outbox.Sending || spent(r) }

// gaveUp reports a row that was to speak for others and could not, or whose own reminder a person ended: those others may still have their turn. Where
// a person withdrew the very message, they have not.
func (p *recallPlanner) gaveUp(r outbox.Row) bool {
	if !spent(r) || r.Reason != outbox.ReasonByPerson {
		return spent(r)
	}
	id, _ := recallOf(r.Key)
	return slices.ContainsFunc(p.Recalls, func(one Recall) bool { return one.ID == id && one.Ended != "" })
}

// served reports whether a patient had the service of the reminder's group since.
func (p *recallPlanner) served(r *Recall, patient string) bool {
	if r.Group == "" || p.Serves == nil {
		return false
	}
	return slices.ContainsFunc(p.Visits, func(v RecallVisit) bool {
		return v.Patient == patient && v.Status == booking.Completed && v.StartsAt.After(r.Since) && p.Serves(r.Group, v.Reason)
	})
}

// parting reports whether a patient has an end-of-life visit that the reminder does not come after: nobody is asked for a check-up of a pet that
// they are about to part with, or have parted with and nobody has written it down yet. A reminder of an age comes after none, unless the
// patient was seen since.
func (p *recallPlanner) parting(r *Recall, patient string) bool {
	came := func(v RecallVisit) bool {
		return v.Patient == patient && v.Status != booking.Cancelled && v.Status != booking.NoShow
	}
	return slices.ContainsFunc(p.Visits, func(v RecallVisit) bool {
		if !came(v) || !v.EndOfLife {
			return false
		}
		return v.StartsAt.After(r.Since) || r.OfAge && !slices.ContainsFunc(p.Visits, func(later RecallVisit) bool {
			return came(later) && !later.EndOfLife && later.StartsAt.After(v.StartsAt)
		})
	})
}

// hold leaves out of a send the patients whose visit is in the book already, and answers when their visits cease to hold them back by
// themselves, zero where none does.
func (p *recallPlanner) hold(t *recallTurn, s *recallSend) time.Time {
	var until time.Time
	if t.Group == "" || t.AlwaysSend || p.Serves == nil {
		return until
	}
	for _, v := range p.Visits {
		switch v.Status {
		case booking.Requested, booking.Booked, booking.Confirmed, booking.Arrived:
		default:
			continue
		}
		ends := reminder.HoldEnds(v.StartsAt)
		at := slices.Index(s.patients, v.Patient)
		if at < 0 && !slices.Contains(t.alive, v.Patient) || !ends.After(p.Now) || !p.Serves(t.Group, v.Reason) ||
			!reminder.Holds(s.Due, calendar.On(v.StartsAt, t.at.Zone)) {
			continue
		}
		if at >= 0 {
			s.patients = slices.Delete(slices.Clone(s.patients), at, at+1)
		}
		if until.IsZero() || ends.Before(until) {
			until = ends
		}
	}
	return until
}
