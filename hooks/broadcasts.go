package hooks

import (
	"errors"
	"net/http"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"pawbell/internal/booking"
	"pawbell/internal/notify"
	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// counted is a key under which the count of a draft travels from before the transaction to the record that is saved in it, and asker one for whose
// rights it was made with. They are no fields and are never stored.
const (
	counted = "@counted"
	asker   = "@asker"
	// countedFor is the draft that was counted, before the guards put the change onto the row as it is.
	countedFor = "@counted_for"
)

// broadcastCounted finds the people that a draft is for, with the asker's rights, and merges its words for each of them.
func (h House) broadcastCounted(e *core.RecordRequestEvent) error {
	if !runs.IsDraft(e.Record) {
		return e.Next()
	}
	clinic, err := h.Desk.ClinicWith(e.App, store.LocationOf(e.Record), "")
	if err != nil {
		return err
	}
	var was *core.Record
	if !e.Record.IsNew() {
		was = e.Record.Original()
	}
	whose, err := runs.AskerOf(e.App, was, e.Record, e.Auth)
	if err != nil {
		return err
	}
	e.Set(asker, whose)
	count, err := runs.CountBroadcast(e.App, clinic, h.Desk.Links, e.Record, whose, h.Now())
	if refusal, ok := store.AsRefusal(err); ok {
		// The guards have the first word: a date that could not be read is another mistake than one that is missing.
		e.Set(counted, refusal)
		return e.Next()
	}
	if err != nil {
		return err
	}
	e.Set(counted, count)
	e.Set(countedFor, e.Record)
	return e.Next()
}

// broadcastWritten puts the count onto the record as the guards have left it, and sees to it that one which is no draft any more is only stopped and
// sent on. Above fifty people that takes a manager.
func broadcastWritten(e *core.RecordRequestEvent) error {
	if !e.Record.IsNew() {
		if err := keptAsSent(e.Record.Original(), e.Record); err != nil {
			return e.BadRequestError("A message that was sent cannot be rewritten.", err)
		}
	}
	asked := runs.Commands(e.Record)
	if asked.Send && asked.Stop {
		return e.BadRequestError("Send it or stop it.", fieldProblem("stop", "wrong_command", "Tick one of the two: send or stop."))
	}
	if refusal, ok := e.Get(counted).(*booking.Refusal); ok {
		return e.BadRequestError("This message cannot be sent like this.", fieldError(refusal))
	}
	people := runs.Recipients(e.Record)
	if count, ok := e.Get(counted).(runs.Count); ok && runs.IsDraft(e.Record) {
		if draft, ok := e.Get(countedFor).(*core.Record); ok && keptAsTheyWere(store.ClosedFields[store.Broadcasts], draft, e.Record, "") != nil {
			// Somebody gave it other people or other words while these were counted: what was looked at is not what would be sent.
			return changedMeanwhile(e.RequestEvent, e.Record)
		}
		runs.NoteCount(e.Record, count)
		runs.NoteAsker(e.Record, e.Get(asker))
		e.Record.SetRaw(counted, count)
		people = count.Recipients
	}
	if asked.Send && notify.Many(people) && !store.Manages(e.Auth) {
		return router.NewForbiddenError("More than fifty people are written to by a manager.", validation.Errors{
			"send": problemWith("needs_manager", "More than fifty people are written to by a manager.", map[string]any{"count": people}),
		})
	}
	return e.Next()
}

func keptAsSent(was, is *core.Record) error {
	if runs.IsDraft(was) {
		return nil
	}
	return keptAsTheyWere(store.ClosedFields[store.Broadcasts], was, is, "This has been sent, or is on its way. Stop it, or write another one.")
}

// broadcastSound refuses a draft without people or with words that could not be sent. What is on its way is not judged again.
func (h House) broadcastSound(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	if !runs.IsDraft(e.Record) {
		return nil
	}
	clinic, err := h.Desk.ClinicWith(e.App, store.LocationOf(e.Record), "")
	if err != nil {
		return err
	}
	return refused(runs.CheckBroadcast(clinic, e.Record))
}

// broadcastSaved carries out the commands, whoever gives them: send a draft, or go on with one that was stopped; stop what has not left. They are
// stored as false again, so that no form repeats them.
func (h House) broadcastSaved(e *core.RecordEvent) error {
	asked := runs.TakeCommands(e.Record)
	from := runs.BroadcastDraft
	if !e.Record.IsNew() {
		was, err := before(e)
		if err != nil {
			return err
		}
		from = runs.BroadcastState(was)
	}
	// A form that leaves it out means no other one.
	runs.FillInState(e.Record, from)
	switch {
	case asked.Stop:
		return h.broadcastStopped(e, from)
	case asked.Send && from == runs.BroadcastStopped:
		runs.SetBroadcastState(e.Record, runs.BroadcastSending)
		if err := e.Next(); err != nil {
			return err
		}
		return runs.GoOnSending(e.App, e.Record.Id, h.Now())
	case asked.Send:
		return h.broadcastSent(e, from)
	}
	return e.Next()
}

func (h House) broadcastStopped(e *core.RecordEvent, from string) error {
	if from != runs.BroadcastSending {
		return validation.Errors{"stop": wrongTransition(from, runs.BroadcastStopped)}
	}
	runs.SetBroadcastState(e.Record, runs.BroadcastStopped)
	if err := e.Next(); err != nil {
		return err
	}
	return runs.StopSending(e.App, e.Record.Id, h.Now())
}

func (h House) broadcastSent(e *core.RecordEvent, from string) error {
	if from != runs.BroadcastDraft {
		return validation.Errors{"send": wrongTransition(from, runs.BroadcastSending)}
	}
	clinic, err := h.Desk.ClinicWith(e.App, store.LocationOf(e.Record), "")
	if err != nil {
		return err
	}
	count, ok := e.Record.GetRaw(counted).(runs.Count)
	if !ok {
		// A program saves it: nothing was counted on the way.
		whose, err := store.Asker(e.App, runs.AskedBy(e.Record))
		if err != nil {
			return err
		}
		if count, err = runs.CountBroadcast(e.App, clinic, h.Desk.Links, e.Record, whose, h.Now()); err != nil {
			return refused(err)
		}
		runs.NoteCount(e.Record, count)
	}
	if err := runs.CheckSending(clinic, e.Record, count, h.Now()); err != nil {
		return refused(err)
	}
	// The draft is judged once more as a draft; only then is it one that is on its way.
	if err := runs.CheckBroadcast(clinic, e.Record); err != nil {
		return refused(err)
	}
	runs.SetBroadcastState(e.Record, runs.BroadcastSending)
	if err := e.Next(); err != nil {
		return err
	}
	return runs.BeginSending(e.App, e.Record, count, h.Now())
}

// broadcastKept lets drafts be deleted and nothing else: messages tell of the others.
func broadcastKept(e *core.RecordEvent) error {
	was, err := before(e)
	if err != nil {
		return err
	}
	if !runs.IsDraft(was) {
		return inUse("This has been sent, or is on its way. It stays in the log.")
	}
	return e.Next()
}

// broadcastShown leaves out whom it goes to: that is as long as a chain has clients, and no form is to carry it to and fro.
func broadcastShown(e *core.RecordEnrichEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	runs.HideChosen(e.Record)
	return nil
}

type broadcastCall struct {
	Client string `json:"client"`
	Name   string `json:"name"`
	Phone  string `json:"phone"`
	Local  string `json:"local"`
}

type broadcastSample struct {
	To   string `json:"to"`
	Text string `json:"text"`
}

type broadcastPreview struct {
	Recipients int               `json:"recipients"`
	Duplicates int               `json:"duplicates"`
	Skipped    map[string]int    `json:"skipped"`
	ToPhone    []broadcastCall   `json:"to_phone"`
	Parts      int               `json:"parts"`
	Cost       float64           `json:"cost"`
	Currency   string            `json:"currency"`
	Sample     []broadcastSample `json:"sample"`
}

// previewBroadcast answers whom a message to many would reach, who is left out and why, whom to phone, and what it would cost.
func (h House) previewBroadcast(e *core.RequestEvent) error {
	if !store.StillEmployed(e.Auth) {
		return e.ForbiddenError("This account is switched off.", nil)
	}
	r, err := runs.FindBroadcast(e.App, e.Request.PathValue("id"))
	if err != nil {
		return err
	}
	if r == nil || !store.WorksAt(e.Auth, store.LocationOf(r)) {
		return e.NotFoundError("", nil)
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	whose, err := runs.AskerOf(e.App, r, r, e.Auth)
	if err != nil {
		return err
	}
	count, err := runs.CountBroadcast(e.App, clinic, h.Desk.Links, r, whose, h.Now())
	if refusal, ok := store.AsRefusal(err); ok {
		return e.BadRequestError("Nobody can be found like this.", fieldError(refusal))
	}
	if err != nil {
		return errors.Join(errors.New("preview of a broadcast"), err)
	}
	answer := broadcastPreview{
		Recipients: count.Recipients, Duplicates: count.Duplicates, Skipped: count.Skipped, ToPhone: []broadcastCall{}, Parts: count.Parts,
		Cost: count.Cost, Currency: count.Currency, Sample: []broadcastSample{},
	}
	for _, call := range count.ToPhone {
		answer.ToPhone = append(answer.ToPhone, broadcastCall{call.Client, call.Name, call.Phone, call.Local})
	}
	for _, sample := range count.Sample {
		answer.Sample = append(answer.Sample, broadcastSample{sample.To, sample.Text})
	}
	return e.JSON(http.StatusOK, answer)
}
