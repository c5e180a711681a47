package recalls

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/record"
)

// StateOf is where a reminder stands.
func StateOf(r *core.Record) reminder.State { return reminder.State(record.Text(r, "state")) }

// WishPreview makes a record one that is only to be looked at: its save answers what it would do, and stores nothing.
func WishPreview(r *core.Record) {
	record.Set(r, "state", "")
	record.Set(r, "preview", true)
}

// Commands are what somebody asks of a reminder in the save that carries them.
type Commands struct{ Hurry, Again, Preview bool }

// TakeCommands reads the commands of a reminder and stores them as false again, so that no form repeats them.
func TakeCommands(r *core.Record) Commands {
	c := Commands{Hurry: record.Truth(r, "send_now"), Again: record.Truth(r, "requeue"), Preview: record.Truth(r, "preview")}
	for _, command := range []string{"send_now", "requeue", "preview"} {
		record.Set(r, command, false)
	}
	return c
}

// PlanOne plans the reminders of a saved one's client and shows on it what came of that. It is [Plan] for whoever has the record in hand,
// and answers where the reminder stands.
func PlanOne(app core.App, clinic *store.Clinic, r *core.Record, now time.Time) (notify.RecallState, error) {
	plan, err := planRecalls(app, clinic, record.Text(r, "client"), now)
	if err != nil {
		return notify.RecallState{}, err
	}
	at := slices.IndexFunc(plan.States, func(s notify.RecallState) bool { return s.ID == r.Id })
	if at < 0 {
		return notify.RecallState{}, fmt.Errorf("reminder %s has no plan", r.Id)
	}
	return plan.States[at], TakeState(app, r)
}

// RuleMade reports whether a rule made a reminder: such a one is called off, not deleted, or its rule would make it again.
func RuleMade(r *core.Record) bool { return record.Text(r, "origin") != "" }

// Hurry sends the next message of a reminder now, on every channel that waits for the same moment (R-17, PC-24). It is to be called after the
// reminder was planned; what stands in the way is a *booking.Refusal. The caller plans it anew.
func Hurry(app core.App, clinic *store.Clinic, r *core.Record, now time.Time) error {
	if StateOf(r) == reminder.Held {
		// What waits behind it is for later: nobody who asks for the next one means that.
		return store.Wrong("send_now", string(outbox.ReasonVisitBooked), outbox.ReasonVisitBooked.Words())
	}
	var waiting []*core.Record
	err := app.RecordQuery(store.Messages).AndWhere(dbx.HashExp{"client": record.Text(r, "client"), "purpose": string(outbox.Reminder), "state": string(outbox.Queued)}).
		AndWhere(dbx.Like("reminders", `"`+r.Id+`"`)).AndWhere(dbx.HashExp{"resend_of": ""}).OrderBy("planned_at", "channel").All(&waiting)
	if err != nil {
		return fmt.Errorf("what waits of a reminder: %w", err)
	}
	if len(waiting) == 0 {
		state := record.Text(r, "state")
		if reason := outbox.Reason(record.Text(r, "reason")); reason != "" && reason != outbox.ReasonByPerson && state != string(reminder.Sent) {
			return store.Wrong("send_now", string(reason), reason.Words())
		}
		refusal := store.Wrong("send_now", "wrong_transition", "Nothing of it waits to be sent: it is "+state+".")
		refusal.Params = map[string]any{"from": state, "to": string(outbox.Sending)}
		return refusal
	}
	first := record.Time(waiting[0], "planned_at")
	for _, m := range waiting {
		if !record.Time(m, "planned_at").Equal(first) {
			break
		}
		if err := queue.Hurry(app, clinic, m, m, now); err != nil {
			return err
		}
		values := dbx.Params{
			"planned_at": record.Instant(record.Time(m, "planned_at")), "send_at": record.Instant(record.Time(m, "send_at")), "expires_at": record.Instant(record.Time(m, "expires_at")),
			"next_try_at": "", "own_time": true,
		}
		if err := queue.Rewrite(app.NonconcurrentDB(), m.Id, values, now); err != nil {
			return fmt.Errorf("hurry message %s: %w", m.Id, err)
		}
	}
	return nil
}

// Again sends a reminder that is over, or of which everything was sent, once more (R-17, PC-24): for each of its methods a new message that
// points to the one that was sent last, else to the first that was to be, or where there never was one, says what the reminder says now. What stands in the way is a *booking.Refusal.
func Again(app core.App, clinic *store.Clinic, r *core.Record, now time.Time) error {
	state := reminder.State(record.Text(r, "state"))
	switch state {
	case reminder.Sent, reminder.Done, reminder.Cancelled, reminder.Stale:
	case reminder.Held:
		return store.Wrong("requeue", string(outbox.ReasonVisitBooked), outbox.ReasonVisitBooked.Words())
	default:
		words := "It has not been sent yet; it cannot be put back."
		if record.Number(r, "sent_count") > 0 {
			words = "It will be sent again by itself. To repeat what was sent already, put back that message."
		}
		refusal := store.Wrong("requeue", "wrong_transition", words)
		refusal.Params = map[string]any{"from": string(state), "to": string(outbox.Queued)}
		return refusal
	}
	var problem error
	queued := 0
	for _, channel := range store.Channels(record.List(r, "methods")) {
		err := recallAgainBy(app, clinic, r, channel, now)
		if _, refused := store.AsRefusal(err); refused {
			problem = errors.Join(problem, err)
			continue
		}
		if err != nil {
			return err
		}
		queued++
	}
	if queued == 0 {
		return problem
	}
	return nil
}

// wentLast puts first what was sent last, or is just being sent once more; what never left comes behind it.
const wentLast = `(CASE WHEN state IN ('queued', 'sending', 'sent', 'delivered', 'unknown') THEN planned_at END) DESC`

func recallAgainBy(app core.App, clinic *store.Clinic, r *core.Record, channel outbox.Channel, now time.Time) error {
	var last []*core.Record
	err := app.RecordQuery(store.Messages).AndWhere(dbx.HashExp{"client": record.Text(r, "client"), "purpose": string(outbox.Reminder), "channel": string(channel)}).
		AndWhere(dbx.Like("reminders", `"`+r.Id+`"`)).AndWhere(dbx.NewExp("text != ''")).OrderBy(wentLast, "planned_at", "created DESC").Limit(1).All(&last)
	if err != nil {
		return fmt.Errorf("last message of a reminder: %w", err)
	}
	if len(last) == 1 {
		again, err := queue.PutBack(app, clinic, last[0], true, now)
		if err == nil {
			return app.Save(again)
		}
		if refusal, is := store.AsRefusal(err); !is || refusal.Code != string(outbox.ReasonDeceased) && refusal.Code != string(outbox.ReasonInactive) {
			return err
		}
		// It names a pet that is no more, or not here any more; the reminder may be about others as well.
	}
	records := []*core.Record{r}
	facts, err := factsOf(app, clinic, record.Text(r, "client"), records, now)
	if err != nil {
		return err
	}
	m := notify.RecallNow(facts, channel)
	if m.State != outbox.Queued {
		return store.Wrong("requeue", string(m.Reason), m.Reason.Words())
	}
	id := core.GenerateDefaultRandomId()
	m.Key = "resend:" + id
	if err := queue.Insert(app.NonconcurrentDB(), []outbox.Planned{m}, []string{id}, now); err != nil {
		return fmt.Errorf("queue a reminder once more: %w", err)
	}
	if len(last) == 0 {
		return nil
	}
	if _, err := app.NonconcurrentDB().Update(store.Messages, dbx.Params{"resend_of": last[0].Id}, dbx.HashExp{"id": id}).Execute(); err != nil {
		return fmt.Errorf("note what a message repeats: %w", err)
	}
	return nil
}

// InWords says to a person when a reminder would be sent, or why not, with the moments (PR-13 to PR-15).
func InWords(clinic *store.Clinic, r *core.Record, s notify.RecallState) (words string, dates []string) {
	dates = []string{}
	for _, date := range s.Coming {
		dates = append(dates, date.SendsAt.UTC().Format(time.RFC3339))
	}
	at := clinic.Locations[record.Text(r, "location")]
	if len(s.Coming) == 0 || at == nil {
		if s.Reason == "" {
			return "It would not be sent.", dates
		}
		return "It would not be sent. " + s.Reason.Words(), dates
	}
	const shown = 6
	var local []string
	for _, date := range s.Coming[:min(shown, len(s.Coming))] {
		local = append(local, date.SendsAt.In(at.Place.Zone).Format("Monday 2 January 2006 at 15:04"))
	}
	words = "It would be sent on " + strings.Join(local, ", ")
	if more := len(s.Coming) - shown; more > 0 {
		words += fmt.Sprintf(", and %d times more", more)
	}
	words += "."
	if s.State == reminder.Held {
		words += " What is due before is held back. " + outbox.ReasonVisitBooked.Words()
	}
	switch {
	case s.LeftOut == 1:
		words += " One more is left out. " + s.LeftOutFor.Words()
	case s.LeftOut > 1:
		words += fmt.Sprintf(" %d more are left out. %s", s.LeftOut, s.LeftOutFor.Words())
	}
	return words, dates
}
