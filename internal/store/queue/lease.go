package queue

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Outgoing is a leased message: an attempt is written down, and until the lease ends nobody else touches it.
type Outgoing struct {
	outbox.Row
	Location    string
	Client      string
	Booking     string
	Parts       int
	Attachments []string  // file names, as PocketBase stores them
	Visit       time.Time // the booking's start, zero without one
	// What a calendar says of the visit, as it is now; zero without a booking.
	VisitUntil     time.Time
	VisitSequence  int
	VisitCancelled bool
	VisitRequested bool
	LinkVersion    int
	// What an external service is told; read for its channel only.
	FirstName string
	Patients  []Named
	DueOn     string
}

// Named is a record's id and the name that it goes by.
type Named struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// LeaseOptions says what may be leased.
type LeaseOptions struct {
	Limit int
	// Most is how many of those that were looked at may go, and the others stay as they are; 0 = all.
	Most int
	// For is how long the lease holds; longer than any attempt may take.
	For time.Duration
	// Except are channels that nothing leaves by for now: their rows stay queued.
	Except []outbox.Channel
	// Only, when not empty, is the one channel to take from.
	Only outbox.Channel
	// Gateway names the gateway that each channel will use, for the attempt's event.
	Gateway func(outbox.Channel) string
	// Anew plans due rows anew where something they hang on was changed and they were not looked at since; nil leaves them as they are.
	// It is called in the lease's transaction, and answers the set-up that holds now and whether rows may have changed.
	Anew func(tx core.App, clinic *store.Clinic, due []Due, now time.Time) (*store.Clinic, bool, error)
}

// Leased is what one lease did.
type Leased struct {
	Going []Outgoing
	// Ended are the ids of rows that the last check or their age ended; their subscribers are to be told after the commit.
	Ended []string
	// Why counts them by reason.
	Why map[outbox.Reason]int
	// Looked is how many due rows were looked at: fewer than the limit means that the queue is empty for now.
	Looked int
}

// Lease takes due rows out of the queue, most urgent first, for the caller to hand over at once: the last check and staleness
// end some, others wait for the window, the rest become sending with an attempt written down before any provider is called. It is one
// transaction of a few statements, however many rows there are.
func Lease(app core.App, clinic *store.Clinic, now time.Time, o LeaseOptions) (Leased, error) {
	var leased Leased
	err := app.RunInTransaction(func(tx core.App) error {
		due, err := dueRows(tx, now, o)
		if err != nil {
			return fmt.Errorf("read due messages: %w", err)
		}
		leased = Leased{Looked: len(due), Why: map[outbox.Reason]int{}}
		if clinic, due, err = o.anew(tx, clinic, due, now); err != nil {
			return fmt.Errorf("plan due messages anew: %w", err)
		}
		db := tx.NonconcurrentDB()
		if err := heedStops(db, due); err != nil {
			return err
		}
		var wait []waiting
		ended := map[ending][]string{}
		for _, row := range due {
			end, turn := row.judged(clinic, now)
			if end.state != outbox.Queued {
				ended[end] = append(ended[end], row.ID)
				continue
			}
			switch turn.Step {
			case outbox.StepWait:
				wait = append(wait, waiting{row.ID, record.Instant(turn.At)})
			case outbox.StepSend:
				if o.Most > 0 && len(leased.Going) == o.Most {
					continue
				}
				if row.fewer {
					if err := keepCopies(db, row.ID, row.BCC); err != nil {
						return err
					}
				}
				row.Attempts++
				row.State = outbox.Sending
				leased.Going = append(leased.Going, row.Outgoing)
			}
		}
		for end, ids := range ended {
			if err := endRows(db, ids, end, now); err != nil {
				return fmt.Errorf("end messages: %w", err)
			}
			leased.Ended = append(leased.Ended, ids...)
			leased.Why[end.reason] += len(ids)
		}
		if err := postpone(db, wait, now); err != nil {
			return fmt.Errorf("postpone messages: %w", err)
		}
		if err := take(db, leased.Going, now, o); err != nil {
			return fmt.Errorf("lease messages: %w", err)
		}
		return nil
	})
	return leased, err
}

// anew has due rows planned anew, and reads them again if that may have changed them.
func (o LeaseOptions) anew(tx core.App, clinic *store.Clinic, due []Due, now time.Time) (*store.Clinic, []Due, error) {
	if o.Anew == nil || len(due) == 0 {
		return clinic, due, nil
	}
	clinic, changed, err := o.Anew(tx, clinic, due, now)
	if err != nil || !changed {
		return clinic, due, err
	}
	due, err = stillDue(tx, due, now)
	return clinic, due, err
}

// Due is a row whose time has come, with what the last check asks of it.
type Due struct {
	Outgoing
	row   int64 // SQLite's number of it
	check outbox.Standing
	last  time.Time // for the first of a visit's two reminders: when the last one leaves or left, zero if it does not
	fewer bool      // a hidden copy is stopped and left out
}

// judged answers how a due row ends before it leaves, or, where it stays queued, whether it is its turn.
func (r Due) judged(clinic *store.Clinic, now time.Time) (ending, outbox.Turn) {
	if state, reason := outbox.LastCheck(r.Purpose, r.Channel, r.standing(clinic)); state != outbox.Queued {
		detail := ""
		if r.check.Stopped {
			detail = StoppedDetail
		}
		return ending{state, reason, detail}, outbox.Turn{}
	}
	if outbox.Overtaken(r.Row, r.last, now) {
		return ending{state: outbox.Skipped, reason: outbox.ReasonDuplicate}, outbox.Turn{}
	}
	window := outbox.Window{}
	if at := clinic.Locations[r.Location]; at != nil {
		window = at.Notify.Window
	}
	turn := outbox.Due(r.Row, r.Visit, window, now)
	if turn.Step == outbox.StepStale {
		return ending{state: outbox.Stale, reason: outbox.ReasonStale}, turn
	}
	return ending{state: outbox.Queued}, turn
}

// heedStops looks for the addresses of rows among those that are stopped: a stopped receiver is for the last check, a hidden copy is left
// out.
func heedStops(db dbx.Builder, rows []Due) error {
	var addresses []string
	for _, r := range rows {
		addresses = append(append(addresses, r.To), r.BCC...)
	}
	isStopped, err := store.StoppedAmong(db, addresses)
	if err != nil {
		return fmt.Errorf("stopped addresses: %w", err)
	}
	for i := range rows {
		r := &rows[i]
		r.check.StoppedAddress = isStopped(r.Channel, r.To, r.Purpose)
		copies := len(r.BCC)
		r.BCC = slices.DeleteFunc(r.BCC, func(copied string) bool { return isStopped(outbox.Email, copied, r.Purpose) })
		r.fewer = len(r.BCC) < copies
	}
	return nil
}

// keepCopies writes down who still gets a hidden copy: the log says what was sent.
func keepCopies(db dbx.Builder, message string, copies []string) error {
	if _, err := db.Update(store.Messages, dbx.Params{"bcc": strings.Join(copies, ", ")}, dbx.HashExp{"id": message}).Execute(); err != nil {
		return fmt.Errorf("leave a hidden copy out: %w", err)
	}
	return nil
}

func (r Due) standing(clinic *store.Clinic) outbox.Standing {
	s := r.check
	if at := clinic.Locations[r.Location]; at != nil {
		s.ChannelOff = r.Channel == outbox.SMS && !at.Notify.SMSEnabled || r.Channel == outbox.Email && !at.Notify.EmailEnabled
	}
	return s
}

// rowColumns joins all that hand-over and the last check need to know, so that a batch is one reading. What few rows need is read behind a
// condition: the names for an external service, the patients and reminders that a message itself names.
const rowColumns = `
SELECT m.rowid, m.id, m.key, m.purpose, m.channel, m."to", m.bcc, m.subject, m.text, m.locale, m.location, m.client, m.booking, m.parts, m.attempts,
       m.planned_at, m.send_at, m.expires_at, m.attachments,
       b.id IS NULL, ifnull(b.status, ''), ifnull(b.starts_at, ''), ifnull(b.ends_at, ''), ifnull(b.sequence, 0), ifnull(b.link_version, 0),
       ifnull(b.no_email, 0), ifnull(b.no_sms, 0),
       c.id IS NULL OR c.merge_into != '', ifnull(c.no_email, 0), ifnull(c.no_sms, 0), ifnull(c.refused, '[]'),
       CASE WHEN m.purpose = 'group' THEN ` + anyNamedPatient + `d.deceased_on != '' AND d.name != '' AND instr(m.subject || ' ' || m.text, d.name))
            OR ` + noNamedPatient + `d.deceased_on = '') ELSE ifnull(p.deceased_on, '') != '' OR ` + anyNamedPatient + `d.deceased_on != '') END,
       CASE WHEN m.purpose = 'group' THEN ` + noNamedPatient + `d.deceased_on = '' AND NOT d.inactive) ELSE ifnull(p.inactive, 0) OR ` + anyNamedPatient + `d.inactive) END,
       CASE WHEN m.reminders = '[]' OR m.key >= 'resend:' AND m.key < 'resend;' THEN '' ELSE ` + unwantedReminder + ` END,
       m.broadcast != '' AND EXISTS (SELECT 1 FROM broadcasts g WHERE g.id = m.broadcast AND g.state = 'stopped'),
       CASE WHEN m.purpose = 'visit_reminder' AND instr(m.key, ':early:') THEN ` + lastReminder + ` ELSE '' END,
       CASE WHEN m.channel = 'external' THEN ifnull(c.first_name, '') ELSE '' END,
       CASE WHEN m.channel = 'external' AND m.patients != '[]'
            THEN (SELECT json_group_array(json_object('id', d.id, 'name', d.name)) FROM json_each(m.patients) j JOIN patients d ON d.id = j.value) ELSE '[]' END,
       CASE WHEN m.channel = 'external' AND m.reminders != '[]'
            THEN ifnull((SELECT json_object('due_on', r.due_on, 'every', r.repeat_number, 'unit', r.repeat_unit, 'key', ifnull(o.key, m.key))
                 FROM reminders r LEFT JOIN messages o ON o.id = m.resend_of WHERE r.id = m.reminders ->> 0), '') ELSE '' END
FROM messages m
LEFT JOIN bookings b ON b.id = m.booking
LEFT JOIN clients c ON c.id = m.client
LEFT JOIN patients p ON p.id = b.patient`

// One dead pet among several is enough to hold a message back: planning names the others in a new one.
const anyNamedPatient = `m.patients != '[]' AND EXISTS (SELECT 1 FROM json_each(m.patients) j JOIN patients d ON d.id = j.value WHERE `

// A message to many is for the owner, and is held back where it names a dead pet or where no pet is left: nobody plans it anew.
const noNamedPatient = `m.patients != '[]' AND NOT EXISTS (SELECT 1 FROM json_each(m.patients) j JOIN patients d ON d.id = j.value WHERE `

// unwantedReminder is why one of the reminders that a message carries does not want it any more, nothing if each does. One is enough to hold it back:
// planning says the others' in a new one. What a person had sent once more is theirs to want.
const unwantedReminder = `ifnull((SELECT CASE WHEN r.id IS NULL THEN 'gone' WHEN r.state = 'held' THEN 'visit_booked' WHEN r.state = 'done' THEN 'already_done'
               WHEN r.state = 'cancelled' AND r.reason != '' THEN r.reason ELSE 'not_wanted' END
       FROM json_each(m.reminders) j LEFT JOIN reminders r ON r.id = j.value LEFT JOIN reminder_rules u ON u.id = r.rule
       WHERE r.id IS NULL OR r.state IN ('cancelled', 'done', 'held') OR r.unwanted OR r.origin != '' AND (u.id IS NULL OR u.inactive) LIMIT 1), '')`

// lastReminder is when the last reminder of the same visit leaves or left on the channel of its first one: their keys differ in the step alone.
const lastReminder = `ifnull((SELECT o.send_at FROM messages o WHERE o.key = replace(m.key, ':early:', ':lead:') AND o.key != ''
               AND o.state IN ('queued', 'sending', 'sent', 'delivered', 'unknown')), '')`

// dueRows finds what is due by the partial index on (priority, send_at), priority by priority, and reads it all with one wide statement: that one
// takes long to prepare. Nothing is written between the two, so the rows' numbers stand.
func dueRows(tx core.App, now time.Time, o LeaseOptions) ([]Due, error) {
	statement := `SELECT m.rowid FROM messages m
		WHERE m.state = 'queued' AND m.priority = {:priority} AND m.send_at <= {:now} AND m.next_try_at <= {:now}`
	params := dbx.Params{"now": record.Instant(now)}
	if o.Only != "" {
		statement += ` AND m.channel = {:only}`
		params["only"] = string(o.Only)
	}
	for i, c := range o.Except {
		name := fmt.Sprintf("except%d", i)
		statement += ` AND m.channel != {:` + name + `}`
		params[name] = string(c)
	}
	statement += ` ORDER BY m.send_at LIMIT {:limit}`
	var order []int64
	for _, priority := range outbox.Priorities() {
		if len(order) >= o.Limit {
			break
		}
		params["priority"], params["limit"] = priority, o.Limit-len(order)
		var some []int64
		if err := tx.NonconcurrentDB().NewQuery(statement).Bind(params).Column(&some); err != nil {
			return nil, err
		}
		order = append(order, some...)
	}
	if len(order) == 0 {
		return nil, nil
	}
	set, err := json.Marshal(order)
	if err != nil {
		return nil, err
	}
	due, err := readRows(tx.NonconcurrentDB().NewQuery(rowColumns + ` WHERE m.rowid IN (SELECT value FROM json_each({:rows}))`).
		Bind(dbx.Params{"rows": string(set)}))
	if err != nil {
		return nil, err
	}
	turn := make(map[int64]int, len(order))
	for i, row := range order {
		turn[row] = i
	}
	slices.SortFunc(due, func(a, b Due) int { return turn[a.row] - turn[b.row] })
	return due, nil
}

func readRows(query *dbx.Query) (read []Due, err error) {
	rows, err := query.Rows()
	if err != nil {
		return nil, err
	}
	defer func() {
		if closeErr := rows.Close(); err == nil {
			err = closeErr
		}
	}()
	for rows.Next() {
		r, err := readRow(rows.Rows)
		if err != nil {
			return nil, err
		}
		read = append(read, r)
	}
	return read, rows.Err()
}

func readRow(rows *sql.Rows) (Due, error) {
	var r Due
	var purpose, channel, bcc, planned, send, expires, attachments, status, starts, ends, refused, last, patients, due string
	var parts, attempts, sequence, linkVersion float64
	var bookingGone, clientGone bool
	s := &r.check
	err := rows.Scan(&r.row, &r.ID, &r.Key, &purpose, &channel, &r.To, &bcc, &r.Subject, &r.Text, &r.Locale, &r.Location, &r.Client, &r.Booking,
		&parts, &attempts, &planned, &send, &expires, &attachments,
		&bookingGone, &status, &starts, &ends, &sequence, &linkVersion, &s.DeclinedEmail, &s.DeclinedSMS,
		&clientGone, &s.NoEmail, &s.NoSMS, &refused, &s.Deceased, &s.Inactive, &s.Reminder, &s.Stopped, &last,
		&r.FirstName, &patients, &due)
	if err != nil {
		return r, err
	}
	r.Purpose, r.Channel, r.BCC = outbox.Purpose(purpose), outbox.Channel(channel), store.SplitAddresses(bcc)
	r.State, r.Parts, r.Attempts = outbox.Queued, int(parts), int(attempts)
	r.PlannedAt, r.SendAt, r.ExpiresAt = record.ParseInstant(planned), record.ParseInstant(send), record.ParseInstant(expires)
	r.last = record.ParseInstant(last)
	r.Visit, r.VisitUntil, r.VisitSequence, r.LinkVersion = record.ParseInstant(starts), record.ParseInstant(ends), int(sequence), int(linkVersion)
	s.BookingKnown, s.BookingGone = r.Booking != "", bookingGone
	s.BookingCancelled = booking.Status(status) == booking.Cancelled
	r.VisitCancelled, r.VisitRequested = s.BookingCancelled, booking.Status(status) == booking.Requested
	s.VisitExpected = booking.Status(status) == booking.Booked || booking.Status(status) == booking.Confirmed
	s.ClientKnown, s.ClientGone = r.Client != "", clientGone
	if s.Refused, err = record.Texts(refused); err != nil {
		return r, err
	}
	if r.Attachments, err = record.Texts(attachments); err != nil {
		return r, err
	}
	if due != "" {
		if r.DueOn, err = dueOf(due); err != nil {
			return r, err
		}
	}
	if patients == "[]" {
		return r, nil
	}
	return r, json.Unmarshal([]byte(patients), &r.Patients)
}

type ending struct {
	state  outbox.State
	reason outbox.Reason
	detail string
}

func endRows(db dbx.Builder, ids []string, end ending, now time.Time) error {
	set, err := record.IDSet(ids)
	if err != nil {
		return err
	}
	_, err = db.NewQuery(`UPDATE messages SET state = {:state}, reason = {:reason}, detail = {:detail}, updated = {:now}, revision = revision + 1
		WHERE id IN (SELECT value FROM json_each({:ids})) AND +state = 'queued'`).
		Bind(dbx.Params{"state": string(end.state), "reason": string(end.reason), "detail": end.detail, "now": record.Instant(now), "ids": set}).Execute()
	if err != nil {
		return err
	}
	return lookAtRecalls(db, set, now)
}

type waiting struct {
	ID string `json:"id"`
	At string `json:"at"`
}

func postpone(db dbx.Builder, rows []waiting, now time.Time) error {
	if len(rows) == 0 {
		return nil
	}
	b, err := json.Marshal(rows)
	if err != nil {
		return err
	}
	_, err = db.NewQuery(`UPDATE messages SET next_try_at = j.value ->> 'at', updated = {:now}, revision = revision + 1
		FROM json_each({:rows}) j WHERE messages.id = j.value ->> 'id' AND +state = 'queued'`).
		Bind(dbx.Params{"rows": string(b), "now": record.Instant(now)}).Execute()
	return err
}

// The plus before state, wherever ids are given, keeps SQLite from walking the index of all queued rows for each of the few ids.

// StoppedDetail marks the messages that a stop withdrew. Sending on brings them back, and no others.
const StoppedDetail = "stopped"

// stillDue reads rows as they are now and answers those of them that are still due.
func stillDue(tx core.App, due []Due, now time.Time) ([]Due, error) {
	ids := make([]string, len(due))
	for i, row := range due {
		ids[i] = row.ID
	}
	set, err := record.IDSet(ids)
	if err != nil {
		return nil, err
	}
	rows, err := readRows(tx.NonconcurrentDB().NewQuery(rowColumns + ` WHERE m.id IN (SELECT value FROM json_each({:ids}))
		AND +m.state = 'queued' AND m.send_at <= {:now} AND m.next_try_at <= {:now}`).Bind(dbx.Params{"ids": set, "now": record.Instant(now)}))
	if err != nil {
		return nil, fmt.Errorf("read rows that were planned anew: %w", err)
	}
	slices.SortFunc(rows, func(a, b Due) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return rows, nil
}
