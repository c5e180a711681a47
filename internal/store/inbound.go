package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
)

// Heard is a text that somebody sent us.
type Heard struct {
	GatewayID string // the carrier's own number of it: told twice it counts once
	From, To  string
	Text      string
	At        time.Time
	// The carrier took it for a stop, or for the wish to hear from us again, in whatever words.
	Stopped, Started bool
}

// notDone wraps why a visit could not be changed as its owner asked.
type notDone struct{ error }

func (e notDone) Unwrap() error { return e.error }

// HearText stores a text once and does what it asks for, in one transaction. Where the visit cannot be changed for a cause that the
// rules of the answer do not know, the text is kept all the same, and a person is asked to see to it.
func HearText(ctx context.Context, app core.App, clinic *Clinic, heard Heard, now time.Time) error {
	hear := func(acts bool) error {
		return app.RunInTransaction(func(tx core.App) error { return hearText(ctx, tx, clinic, heard, acts, now) })
	}
	err := hear(true)
	if problem := (notDone{}); errors.As(err, &problem) {
		return hear(false)
	}
	return err
}

// longestText is how much of a text is kept.
const longestText = 5000

func hearText(ctx context.Context, tx core.App, clinic *Clinic, heard Heard, acts bool, now time.Time) error {
	known, err := heardBefore(tx.NonconcurrentDB(), heard.GatewayID)
	if err != nil || known {
		return err
	}
	number := strings.TrimSpace(heard.From)
	if e164, _, ok := booking.Phone(number, ""); ok {
		number = e164
	}
	owners, err := ownersOf(tx.NonconcurrentDB(), number)
	if err != nil {
		return err
	}
	visits, starts, err := remindedBy(tx.NonconcurrentDB(), clinic, number, now)
	if err != nil {
		return err
	}
	said := notify.MeaningOf(heard.Text)
	switch {
	case said != notify.MeansUnclear:
	case heard.Stopped:
		said = notify.MeansStop
	case heard.Started:
		said = notify.MeansStart
	}
	answer := notify.Understand(said, visits, len(owners), now)
	if !acts && answer.Visit != nil {
		answer.Meaning, answer.Act, answer.Ask = notify.MeansUnclear, notify.ActNone, notify.AskUnclear
	}
	w := whose{number: number, owners: owners}
	if w.location, err = lastWrittenFrom(tx.NonconcurrentDB(), number); err != nil {
		return err
	}
	if len(owners) == 1 {
		w.client = owners[0].ID
		if w.location == "" {
			w.location = owners[0].Location
		}
	}
	if v := answer.Visit; v != nil {
		w.client, w.location, w.booking, w.localStart = v.Client, v.Location, v.Booking, starts[v.Booking]
	}
	if err := keepText(tx, heard, w, answer.Meaning, now); err != nil {
		return err
	}
	news, err := act(ctx, tx, w, answer)
	if err != nil {
		return err
	}
	if !news && answer.Ask == notify.AskSharedStop {
		// Somebody was told of it when it was said first.
		return nil
	}
	return askAbout(tx, w, heard, answer.Ask)
}

func heardBefore(db dbx.Builder, gatewayID string) (bool, error) {
	if gatewayID == "" {
		return false, nil
	}
	var n int
	err := db.NewQuery(`SELECT count(*) FROM inbound_messages WHERE gateway_id = {:id} AND gateway_id != ''`).Bind(dbx.Params{"id": gatewayID}).Row(&n)
	if err != nil {
		return false, fmt.Errorf("look for a text: %w", err)
	}
	return n > 0, nil
}

// whose is whom and what a text is about, as far as that is clear.
type whose struct {
	number                                string
	owners                                []owner
	client, location, booking, localStart string
}

// owner is a client who has a number.
type owner struct {
	ID       string `db:"id"`
	First    string `db:"first_name"`
	Last     string `db:"last_name"`
	Location string `db:"location"`
}

func ownersOf(db dbx.Builder, number string) ([]owner, error) {
	if number == "" {
		return nil, nil
	}
	var owners []owner
	err := db.NewQuery(`SELECT id, first_name, last_name, location FROM clients WHERE id IN (
			SELECT id FROM clients WHERE match_phone = {:number} UNION SELECT id FROM clients WHERE match_sms_phone = {:number}) ORDER BY id`).
		Bind(dbx.Params{"number": number}).All(&owners)
	if err != nil {
		return nil, fmt.Errorf("find the clients of a number: %w", err)
	}
	return owners, nil
}

// remindedBy reads the coming visits of which a number was reminded by text, with their starts on the location's clock by id. A reminder of
// another time than the visit's present one does not count: whoever answers it means a time that is no more.
func remindedBy(db dbx.Builder, clinic *Clinic, number string, now time.Time) ([]notify.Reminded, map[string]string, error) {
	var rows []struct {
		ID         string `db:"id"`
		Client     string `db:"client"`
		Location   string `db:"location"`
		Status     string `db:"status"`
		StartsAt   string `db:"starts_at"`
		LocalStart string `db:"local_start"`
		RemindedAt string `db:"reminded_at"`
	}
	err := db.NewQuery(`
		SELECT b.id, b.client, b.location, b.status, b.starts_at, b.local_start, max(CASE WHEN m.sent_at != '' THEN m.sent_at ELSE m.updated END) AS reminded_at
		FROM messages m JOIN bookings b ON b.id = m.booking
		WHERE m."to" = {:number} AND m."to" != '' AND +m.channel = 'sms' AND m.purpose = 'visit_reminder'
		  AND +m.state IN ('sending', 'sent', 'delivered', 'unknown') AND m.expires_at IN ('', b.starts_at) AND b.starts_at > {:now}
		GROUP BY b.id ORDER BY b.starts_at, b.id`).Bind(dbx.Params{"number": number, "now": record.Instant(now)}).All(&rows)
	if err != nil {
		return nil, nil, fmt.Errorf("find reminded visits: %w", err)
	}
	visits, starts := make([]notify.Reminded, len(rows)), map[string]string{}
	for i, r := range rows {
		visits[i] = notify.Reminded{
			Booking: r.ID, Client: r.Client, Location: r.Location, Status: booking.Status(r.Status), StartsAt: record.ParseInstant(r.StartsAt), RemindedAt: record.ParseInstant(r.RemindedAt),
		}
		if at := clinic.Locations[r.Location]; at != nil {
			visits[i].CutoffMinutes = at.CutoffMinutes
		}
		starts[r.ID] = r.LocalStart
	}
	return visits, starts, nil
}

// lastWrittenFrom is the location that texted a number last, "" for none: whoever answers, answers its people.
func lastWrittenFrom(db dbx.Builder, number string) (string, error) {
	var location string
	err := db.NewQuery(`SELECT location FROM messages WHERE "to" = {:number} AND "to" != '' AND +channel = 'sms' AND sent_at != '' ORDER BY sent_at DESC LIMIT 1`).
		Bind(dbx.Params{"number": number}).Row(&location)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("find who texted a number: %w", err)
	}
	return location, nil
}

func keepText(tx core.App, heard Heard, w whose, meaning notify.Meaning, now time.Time) error {
	collection, err := tx.FindCachedCollectionByNameOrId(InboundMessages)
	if err != nil {
		return fmt.Errorf("inbound messages: %w", err)
	}
	at := heard.At
	if at.IsZero() {
		at = now
	}
	r := core.NewRecord(collection)
	record.Set(r, "channel", string(outbox.SMS))
	record.Set(r, "from", Clipped(w.number, 254))
	record.Set(r, "to", Clipped(heard.To, 254))
	record.Set(r, "text", Clipped(strings.ToValidUTF8(heard.Text, "�"), longestText))
	record.Set(r, "client", w.client)
	record.Set(r, "booking", w.booking)
	record.Set(r, "location", w.location)
	record.Set(r, "meaning", string(meaning))
	record.SetTime(r, "at", at)
	record.Set(r, "gateway_id", heard.GatewayID)
	if err := tx.Save(r); err != nil {
		return fmt.Errorf("keep a text: %w", err)
	}
	return nil
}

// act does what a text asks for, and answers whether that is news.
func act(ctx context.Context, tx core.App, w whose, answer notify.Answer) (bool, error) {
	switch answer.Act {
	case notify.ActStop:
		return StopAddress(tx, outbox.SMS, w.number, outbox.Stop{Cause: outbox.StopAsked})
	case notify.ActConfirm:
		return true, ownerSets(ctx, tx, w.booking, booking.Confirmed, "")
	case notify.ActCancel:
		return true, ownerSets(ctx, tx, w.booking, booking.Cancelled, "By text message.")
	}
	return false, nil
}

// ownerSets moves a visit on as its owner may.
func ownerSets(ctx context.Context, tx core.App, id string, status booking.Status, note string) error {
	r, err := FindVisit(tx, id)
	if err != nil {
		return err
	}
	if r == nil {
		return notDone{fmt.Errorf("booking %s is gone", id)}
	}
	SetStatus(r, status, note)
	if err := tx.SaveWithContext(WithActor(ctx, ByOwner), r); err != nil {
		return notDone{fmt.Errorf("change booking %s: %w", id, err)}
	}
	return nil
}

// askAbout puts a text that needs a person on the list. It is not [MakeTask]: the same words on another day are another question, and a text is
// stored once.
func askAbout(tx core.App, w whose, heard Heard, ask notify.Ask) error {
	kind, title := "unclear_reply", ""
	said := strings.Join(strings.Fields(strings.ToValidUTF8(heard.Text, "�")), " ")
	switch ask {
	case notify.AskNothing:
		return nil
	case notify.AskSharedStop:
		kind, title = "shared_stop", w.number+" said stop; it is shared by "+w.names()+", none of whom gets texts now"
	case notify.AskStart:
		kind, title = "start_request", w.who()+" wrote START: if they mean it, delete the stop of this number, with a note"
	case notify.AskTooLate:
		title = w.who() + " wants to call off the visit of " + w.localStart + " after its cut-off. It stands; please call"
	default:
		title = w.who() + " wrote: " + said
		if said == "" {
			title = w.who() + " sent a message without words"
		}
	}
	collection, err := tx.FindCachedCollectionByNameOrId(Tasks)
	if err != nil {
		return fmt.Errorf("tasks: %w", err)
	}
	r := core.NewRecord(collection)
	record.Set(r, "kind", kind)
	record.Set(r, "title", Clipped(title, LongestTitle))
	record.Set(r, "location", w.location)
	record.Set(r, "client", w.client)
	record.Set(r, "booking", w.booking)
	if err := tx.Save(r); err != nil {
		return fmt.Errorf("save task: %w", err)
	}
	return nil
}

// who is the sender as a person would say it: the client's name and number where that is clear, else the number and all who share it.
func (w whose) who() string {
	if i := slices.IndexFunc(w.owners, func(o owner) bool { return o.ID == w.client }); i >= 0 {
		return w.owners[i].name() + " (" + w.number + ")"
	}
	if len(w.owners) > 1 {
		return w.number + " (" + Clipped(w.names(), LongestTitle/2) + ")"
	}
	return w.number
}

func (w whose) names() string {
	names := make([]string, len(w.owners))
	for i, o := range w.owners {
		names[i] = o.name()
	}
	return strings.Join(names, ", ")
}

func (o owner) name() string { return strings.TrimSpace(o.First + " " + o.Last) }
