package runs

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/record"
)

// Synced is the next piece of a run that brings the queue in line with the records and the settings as they are: what has to
// change was worked out without the write lock, and [Synced.Write] writes it.
type Synced struct {
	clinic *store.Clinic
	key    links.Key
	place  syncPlace // where the run is after this piece
	cursor string    // the same, as the run keeps it
	total  int       // counted by the run's first piece
	done   int
	failed []error
	change []syncChange // bookings that are not in line
	recall []syncRecall // clients whose reminders are not
	more   bool
}

// syncPlace is how far a sync has come: coming visits by their start, then open reminders by when they are sent next.
type syncPlace struct {
	Part    string `json:"part"`
	At      string `json:"at"`
	ID      string `json:"id"`
	Changed int    `json:"changed"` // so far
}

// syncParts are the parts of a sync in their turn: coming visits, and open reminders by their state.
var syncParts = []string{syncVisits, "scheduled", "held"}

const syncVisits = "visits"

// onward goes on to the next part that the run has anything of, and reports whether there is one.
func (p *syncPlace) onward(run *Run) bool {
	next := slices.Index(syncParts, p.Part) + 1
	what, _ := run.Part()
	if next >= len(syncParts) || remindersIn[what] == "" {
		return false
	}
	p.Part, p.At, p.ID = syncParts[next], "", ""
	return true
}

// syncChange is what one booking needs, and what was seen when that was worked out.
type syncChange struct {
	booking string
	seen    seen
	queue.Wanted
	queue.Difference
}

func placeOf(run *Run, now time.Time) (syncPlace, error) {
	p := syncPlace{Part: syncVisits, At: record.Instant(now)}
	if run.Cursor == "" {
		return p, nil
	}
	if err := json.Unmarshal([]byte(run.Cursor), &p); err != nil {
		return p, fmt.Errorf("read how far the run has come: %w", err)
	}
	return p, nil
}

// PrepareSync reads the next rows of a sync run, at most so many and those due soonest first, and works out what they need. It writes nothing
// and wants no transaction: what changes meanwhile is noticed when the piece is written.
func PrepareSync(app core.App, clinic *store.Clinic, key links.Key, run *Run, limit int, now time.Time) (*Synced, error) {
	place, err := placeOf(run, now)
	if err != nil {
		return nil, err
	}
	s := &Synced{clinic: clinic, key: key, place: place}
	if run.Cursor == "" {
		if s.total, err = countSync(app, clinic, run, now); err != nil {
			return nil, err
		}
	}
	read := s.bookings
	if place.Part != syncVisits {
		read = s.reminders
	}
	n, err := read(app, run, limit, now)
	if err != nil {
		return nil, err
	}
	s.done = n
	s.more = n == limit || s.place.onward(run)
	s.place.Changed += len(s.change)
	for _, r := range s.recall {
		s.place.Changed += r.reminders
	}
	cursor, err := json.Marshal(s.place)
	if err != nil {
		return nil, fmt.Errorf("write how far the run has come: %w", err)
	}
	s.cursor = string(cursor)
	return s, nil
}

// Next is how far the run is after this piece, for whoever prepares the one that follows; more is false where there is none.
func (s *Synced) Next() (cursor string, more bool) { return s.cursor, s.more }

// bookings prepares the next coming visits and answers how many there were. They are compared on all processors.
func (s *Synced) bookings(app core.App, run *Run, limit int, _ time.Time) (int, error) {
	which := syncScope(s.clinic, run)
	if which == nil {
		return 0, nil
	}
	var coming []struct {
		ID string `db:"id"`
		At string `db:"starts_at"`
	}
	err := app.DB().Select("id", "starts_at").From(store.Bookings).Where(which).AndWhere(dbx.NewExp("starts_at >= {:at} AND (starts_at > {:at} OR id > {:id})",
		dbx.Params{"at": s.place.At, "id": s.place.ID})).OrderBy("starts_at", "id").Limit(int64(limit)).All(&coming)
	if err != nil {
		return 0, fmt.Errorf("read coming visits: %w", err)
	}
	if len(coming) == 0 {
		return 0, nil
	}
	ids := make([]string, len(coming))
	for i, visit := range coming {
		ids[i], s.place.At, s.place.ID = visit.ID, visit.At, visit.ID
	}
	shares := slices.Collect(slices.Chunk(ids, len(ids)/runtime.GOMAXPROCS(0)+1))
	found := make([]compared, len(shares))
	inParallel(len(shares), func(i int) { found[i] = s.compare(app, shares[i]) })
	for _, f := range found {
		if f.err != nil {
			return 0, f.err
		}
		s.change, s.failed = append(s.change, f.change...), append(s.failed, f.failed...)
	}
	return len(coming), nil
}

// compared is which bookings are not in line, and of which that cannot be said.
type compared struct {
	change []syncChange
	failed []error
	err    error
}

func (s *Synced) compare(app core.App, ids []string) (found compared) {
	facts, err := bookingsFacts(app, s.clinic, s.key, ids)
	if err != nil {
		return compared{err: err}
	}
	for _, f := range facts {
		if f.err != nil {
			found.failed = append(found.failed, f.err)
			continue
		}
		change := syncChange{booking: f.Booking.ID, seen: f.seen, Wanted: queue.WantedBy(f.Facts)}
		change.Difference = queue.Diff(change.Have, change.Planned, change.Unwanted)
		change.Withdraw = append(change.Withdraw, change.Overtaken...)
		if !change.None() {
			found.change = append(found.change, change)
		}
	}
	return found
}

// Write brings the piece's rows in line, in the transaction that stores the run, and moves the run on. A booking that changed since it was read
// is planned anew from what it is now; one that cannot be written is counted and keeps nobody else waiting.
func (s *Synced) Write(tx core.App, run *Run, now time.Time) (more bool, err error) {
	if s.total > 0 {
		run.Total = s.total
	}
	if !run.Dry {
		if err := s.write(tx, now); err != nil {
			return false, err
		}
		if err := s.writeRecalls(tx, now); err != nil {
			return false, err
		}
	}
	for _, problem := range s.failed {
		tx.Logger().Error("messages could not be brought in line", slog.String("run", run.ID), slog.String("error", problem.Error()))
	}
	run.Done += s.done
	run.Total = max(run.Total, run.Done)
	run.Failed += len(s.failed)
	run.Cursor = s.cursor
	if !s.more {
		run.Note = s.words(run)
	}
	return s.more, nil
}

// words say what the run did, or would do.
func (s *Synced) words(run *Run) string {
	did := "were brought in line"
	if run.Dry {
		did = "would be brought in line; nothing was changed"
	}
	note := fmt.Sprintf("%d of %d %s.", s.place.Changed, run.Done, did)
	if run.Failed > 0 {
		note += fmt.Sprintf(" %d could not be; the log says why.", run.Failed)
	}
	return note
}

func (s *Synced) write(tx core.App, now time.Time) error {
	if len(s.change) == 0 {
		return nil
	}
	ids := make([]string, len(s.change))
	for i, c := range s.change {
		ids[i] = c.booking
	}
	seen, err := seenNow(tx, ids)
	if err != nil {
		return err
	}
	var same []syncChange
	for _, c := range s.change {
		if seen[c.booking] == c.seen {
			same = append(same, c)
			continue
		}
		if err := s.alone(tx, "booking "+c.booking, func() error { return s.anew(tx, c.booking, now) }); err != nil {
			return err
		}
	}
	together := func() error {
		differences := make([]queue.Difference, len(same))
		var tasks []store.Task
		for i, c := range same {
			differences[i] = c.Difference
			tasks = append(tasks, c.Tasks...)
		}
		if err := queue.Write(tx, differences, queue.ChangedOnly, now); err != nil {
			return err
		}
		return store.MakeTasks(tx, tasks)
	}
	if err := record.Savepoint(tx, together); err == nil || len(same) == 0 || errors.Is(err, record.ErrSavepoint) {
		return err
	}
	// One of them is in the way: each for itself.
	before := len(s.failed)
	for _, c := range same {
		one := func() error {
			if err := queue.Write(tx, []queue.Difference{c.Difference}, queue.ChangedOnly, now); err != nil {
				return err
			}
			return store.MakeTasks(tx, c.Tasks)
		}
		if err := s.alone(tx, "booking "+c.booking, one); err != nil {
			return err
		}
	}
	if failed := len(s.failed) - before; failed == len(same) && failed > 1 {
		// Not the rows are at fault but what they are written to.
		return fmt.Errorf("none of %d visits could be written: %w", failed, s.failed[before])
	}
	return nil
}

// alone does something for one of the rows, which is counted if it fails and then leaves no trace.
func (s *Synced) alone(tx core.App, row string, do func() error) error {
	err := record.Savepoint(tx, do)
	if errors.Is(err, record.ErrSavepoint) {
		return err
	}
	if err != nil {
		s.failed = append(s.failed, fmt.Errorf("%s: %w", row, err))
	}
	return nil
}

// anew plans a booking as it is now; one that is gone needs nothing.
func (s *Synced) anew(tx core.App, id string, now time.Time) error {
	r, err := store.FindVisit(tx, id)
	if err != nil || r == nil {
		return err
	}
	return queue.PlanBooking(tx, s.clinic, s.key, r, now)
}

// syncScope is which coming bookings a run goes over, nil for none.
func syncScope(clinic *store.Clinic, run *Run) dbx.Expression {
	switch what, id := run.Part(); what {
	case "":
		return dbx.NewExp("1 = 1")
	case "location", "reason", "practitioner", "client":
		return dbx.HashExp{what: id}
	case "species":
		return dbx.NewExp("patient IN (SELECT id FROM patients WHERE species = {:species})", dbx.Params{"species": id})
	case "template":
		return saidBy(clinic, id)
	}
	return nil
}

// saidBy are the bookings of which something may be said with the texts of a code: all of them for the texts that planning finds by itself, else
// those whose reason names one.
func saidBy(clinic *store.Clinic, code string) dbx.Expression {
	if slices.Contains(bookingTexts, code) {
		return dbx.NewExp("1 = 1")
	}
	var naming []string
	for id, reason := range clinic.Reasons {
		for _, template := range []string{reason.Notify.ConfirmationTemplate, reason.Notify.ReminderTemplate} {
			if t, known := clinic.Templates.ByID(template); known && t.Code == code {
				naming = append(naming, id)
			}
		}
	}
	if len(naming) == 0 {
		return nil
	}
	slices.Sort(naming)
	return record.In("reason", slices.Compact(naming))
}

// bookingTexts are the codes of the texts that planning finds for a booking without being told.
var bookingTexts = []string{
	string(outbox.BookingReceived), string(outbox.BookingConfirmation), string(outbox.BookingChange), string(outbox.BookingDeclined),
	string(outbox.BookingCancellation), string(outbox.VisitReminder), string(outbox.PaymentDue), string(outbox.NoticeBooking),
	string(outbox.NoticeCancellation), string(outbox.NoticePayment), "visit_neutral",
}

func countSync(app core.App, clinic *store.Clinic, run *Run, now time.Time) (int, error) {
	var visits, reminders int
	if which := syncScope(clinic, run); which != nil {
		err := app.DB().Select("count(*)").From(store.Bookings).Where(which).AndWhere(dbx.NewExp("starts_at >= {:now}", dbx.Params{"now": record.Instant(now)})).Row(&visits)
		if err != nil {
			return 0, fmt.Errorf("count coming visits: %w", err)
		}
	}
	what, id := run.Part()
	if remindersIn[what] != "" {
		err := app.DB().NewQuery(`SELECT count(*) FROM reminders r WHERE r.state IN ('scheduled', 'held') AND ` + remindersIn[what]).Bind(dbx.Params{"id": id}).Row(&reminders)
		if err != nil {
			return 0, fmt.Errorf("count open reminders: %w", err)
		}
	}
	return visits + reminders, nil
}
