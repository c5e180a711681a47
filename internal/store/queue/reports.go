package queue

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Report is one thing that a carrier tells of a message.
type Report struct {
	ID        string // the carrier's own number of it: told twice it counts once; "" if it has none
	Kind      string // as stored in message_events
	Message   string // our id, if it came back
	GatewayID string // the carrier's id of the message
	At        time.Time
	State     outbox.State  // what it says of the message: sent, delivered, failed for good, or "" for none of them
	Reason    outbox.Reason // of a failure, or of a complaint that is only an unsubscription
	Complaint bool          // the receiver complained, or unsubscribed
	Detail    string        // the carrier's words, without people's data
	Recipient string        // whom it is about, where the carrier says
}

// Carrier is who tells it.
type Carrier interface {
	Name() string
	Carries(outbox.Channel) bool
}

// SaveReports stores reports and what follows from them, in one transaction: each once, in any order, whether our own answer was written
// down before or not (see [SaveOutcomes]). A report about a message that is not known here is kept all the same. It answers the ids of
// messages whose state changed, to be announced after the commit.
func SaveReports(app core.App, clinic *store.Clinic, from Carrier, reports []Report, now time.Time) (moved []string, err error) {
	err = app.RunInTransaction(func(tx core.App) error {
		moved = nil
		for _, report := range reports {
			if report.At.IsZero() {
				report.At = now
			}
			id, err := saveReport(tx, clinic, from, report, now)
			if err != nil {
				return err
			}
			if id != "" && !slices.Contains(moved, id) {
				moved = append(moved, id)
			}
		}
		return nil
	})
	return moved, err
}

// reported is a message as a report finds it.
type reported struct {
	ID        string  `db:"id"`
	Purpose   string  `db:"purpose"`
	Channel   string  `db:"channel"`
	To        string  `db:"to"`
	BCC       string  `db:"bcc"`
	Location  string  `db:"location"`
	Client    string  `db:"client"`
	Booking   string  `db:"booking"`
	State     string  `db:"state"`
	SentAt    string  `db:"sent_at"`
	GatewayID string  `db:"gateway_id"`
	Parts     float64 `db:"parts"`
}

// saveReport answers the id of the message that it moved, "" for none.
func saveReport(tx core.App, clinic *store.Clinic, from Carrier, report Report, now time.Time) (string, error) {
	m, err := messageOf(tx.NonconcurrentDB(), from, report)
	if err != nil {
		return "", err
	}
	owners := report.toOwner(m)
	if !owners {
		report.Detail = "a copy: " + report.Detail
	}
	news, err := keepReport(tx.NonconcurrentDB(), from, m.ID, report, now)
	if err != nil || !news || m.ID == "" {
		return "", err
	}
	state := outbox.State(m.State)
	if owners && report.ofLastAttempt(m) {
		state = outbox.After(state, report.State)
	}
	changed := state != outbox.State(m.State)
	if changed {
		if err := moveReported(tx, clinic, from, m, report, state, now); err != nil {
			return "", err
		}
	}
	f := failure{
		ID: m.ID, Location: m.Location, Client: m.Client, Booking: m.Booking, To: m.To, Purpose: outbox.Purpose(m.Purpose),
		Channel: outbox.Channel(m.Channel), Failed: changed && state == outbox.Failed, Reason: report.Reason, Complaint: report.Complaint,
	}
	if !owners {
		if f.To = report.Recipient; !slices.ContainsFunc(store.SplitAddresses(m.BCC), func(copied string) bool { return store.AddressKey(copied) == store.AddressKey(f.To) }) {
			return "", nil
		}
	}
	if report.State == outbox.Failed || report.Complaint {
		if f.Failed && f.Reason == "" {
			f.Reason = outbox.ReasonRefused
		}
		if err := noteFailure(tx, f); err != nil {
			return "", err
		}
	}
	if !changed {
		return "", nil
	}
	return m.ID, nil
}

// toOwner reports whether a report is about the message's own receiver. Those of hidden copies share the carrier's id of the message.
func (r Report) toOwner(m reported) bool {
	return r.Recipient == "" || m.ID == "" || outbox.Channel(m.Channel) != outbox.Email || store.AddressKey(r.Recipient) == store.AddressKey(m.To)
}

// ofLastAttempt reports whether a failure tells of the attempt that counts. An earlier attempt that failed after all says nothing about the
// later one; one that got through does.
func (r Report) ofLastAttempt(m reported) bool {
	return r.State != outbox.Failed || r.GatewayID == "" || m.GatewayID == "" || r.GatewayID == m.GatewayID
}

// messageOf finds the message that a report is about: by the carrier's id, else by ours. Theirs comes first because two texts that are alike may
// have been told apart the other way round after a crash: whoever has an id is whom its reports are about, or one text would stand for both
// of them. A message that this carrier cannot have carried is none of its business. The zero answer is none.
func messageOf(db dbx.Builder, from Carrier, report Report) (reported, error) {
	by := map[string]dbx.Params{}
	const ours, theirs = `id = {:id}`, `gateway_id = {:id} AND gateway_id != '' AND gateway = {:gateway}`
	if store.ValidID(report.Message) {
		by[ours] = dbx.Params{"id": report.Message}
	}
	if report.GatewayID != "" {
		by[theirs] = dbx.Params{"id": report.GatewayID, "gateway": from.Name()}
	}
	for _, which := range []string{theirs, ours} {
		if by[which] == nil {
			continue
		}
		var m reported
		err := db.NewQuery(`SELECT id, purpose, channel, "to", bcc, location, client, booking, state, sent_at, gateway_id, parts FROM messages WHERE ` + which + ` LIMIT 1`).
			Bind(by[which]).One(&m)
		switch {
		case errors.Is(err, sql.ErrNoRows):
		case err != nil:
			return reported{}, fmt.Errorf("find the message of a report: %w", err)
		case from.Carries(outbox.Channel(m.Channel)):
			return m, nil
		}
	}
	return reported{}, nil
}

// keepReport writes a report into the history, and answers whether it is news.
func keepReport(db dbx.Builder, from Carrier, message string, report Report, now time.Time) (bool, error) {
	result, err := db.NewQuery(`
		INSERT INTO message_events (id, message, kind, at, gateway, gateway_event, detail, created, updated)
		VALUES ({:id}, {:message}, {:kind}, {:at}, {:gateway}, {:event}, {:detail}, {:now}, {:now}) ON CONFLICT DO NOTHING`).
		Bind(dbx.Params{
			"id": record.NewID(now), "message": message, "kind": report.Kind, "at": record.Instant(report.At), "gateway": from.Name(), "event": report.ID, "detail": report.Detail,
			"now": record.Instant(now),
		}).Execute()
	if err != nil {
		return false, fmt.Errorf("keep a report: %w", err)
	}
	n, err := result.RowsAffected()
	if err != nil {
		return false, fmt.Errorf("keep a report: %w", err)
	}
	return n > 0, nil
}

// moveReported writes the state that a report leads to. Whatever a carrier reports on it once had, so what it costs is written too, unless
// our own answer did that.
func moveReported(tx core.App, clinic *store.Clinic, from Carrier, m reported, report Report, state outbox.State, now time.Time) error {
	values := dbx.Params{
		"state": string(state), "reason": "", "detail": "", "leased_until": "", "next_try_at": "",
		"gateway":    dbx.NewExp("CASE WHEN gateway = '' THEN {:carrier} ELSE gateway END", dbx.Params{"carrier": from.Name()}),
		"gateway_id": dbx.NewExp("CASE WHEN gateway_id = '' THEN {:theirs} ELSE gateway_id END", dbx.Params{"theirs": report.GatewayID}),
		"updated":    record.Instant(now), "revision": dbx.NewExp("[[revision]] + 1"),
	}
	switch state {
	case outbox.Delivered:
		values["delivered_at"] = record.Instant(report.At)
	case outbox.Failed:
		values["reason"], values["detail"] = string(report.Reason), report.Detail
		if report.Reason == "" {
			values["reason"] = string(outbox.ReasonRefused)
		}
	}
	if m.SentAt == "" {
		bill := billOf(clinic, m.Location, outbox.Channel(m.Channel), int(m.Parts), now)
		values["sent_at"], values["cost"], values["currency"] = bill.SentAt, bill.Cost, bill.Currency
		values["billed_period"], values["legal_id"] = bill.Period, bill.LegalID
	}
	if _, err := tx.NonconcurrentDB().Update(store.Messages, values, dbx.HashExp{"id": m.ID}).Execute(); err != nil {
		return fmt.Errorf("move a reported message: %w", err)
	}
	if outbox.Purpose(m.Purpose) == outbox.Reminder {
		if err := lookAtRecallsOf(tx, []string{m.ID}, now); err != nil {
			return err
		}
	}
	if outbox.State(m.State) == outbox.Unknown {
		return settledTask(tx, m.ID)
	}
	return nil
}

// settledTask takes the question what became of a message off the list: its carrier has answered it.
func settledTask(tx core.App, message string) error {
	open, err := store.OpenTasks(tx, "message_unknown", dbx.HashExp{"message": message})
	if err != nil {
		return err
	}
	return store.DoneTasks(tx, open, string(store.ByMachine))
}
