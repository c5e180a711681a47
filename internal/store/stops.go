package store

import (
	"fmt"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/links"
	"pawbell/internal/outbox"
)

// StopAddress writes down, in the transaction that tx is, that an address or number is not written to any more, whoever shares it (R-27,
// It answers whether that is news. What is queued stays queued: the last check before sending skips it.
func StopAddress(tx core.App, channel outbox.Channel, address string, stop outbox.Stop) (bool, error) {
	address = booking.EmailKey(address)
	if address == "" {
		return false, nil
	}
	var n int
	same := dbx.HashExp{"channel": string(channel), "address": address, "purpose": string(stop.Purpose)}
	if err := tx.DB().Select("count(*)").From(StoppedAddresses).Where(same).Row(&n); err != nil {
		return false, fmt.Errorf("look for a stop: %w", err)
	}
	if n > 0 {
		return false, nil
	}
	collection, err := tx.FindCachedCollectionByNameOrId(StoppedAddresses)
	if err != nil {
		return false, fmt.Errorf("stopped addresses: %w", err)
	}
	r := core.NewRecord(collection)
	set(r, "channel", string(channel))
	set(r, "address", address)
	set(r, "cause", string(stop.Cause))
	set(r, "purpose", string(stop.Purpose))
	if err := tx.Save(r); err != nil {
		return false, fmt.Errorf("save a stop: %w", err)
	}
	return true, nil
}

// failure is a message that did not arrive, or that its receiver complained about.
type failure struct {
	ID, Location, Client, Booking, To string
	Purpose                           outbox.Purpose
	Channel                           outbox.Channel
	Failed                            bool // for good
	Reason                            outbox.Reason
	Complaint                         bool
}

// noteFailure stops what a provider's word stops, and asks a person where one is needed, once for each failure: about the address if that was
// news, else about the message.
func noteFailure(tx core.App, f failure) error {
	t := Task{Location: f.Location, Client: f.Client, Booking: f.Booking, Message: f.ID}
	if stop, ok := outbox.StopFor(f.Channel, f.Reason, f.Complaint); ok {
		made, err := StopAddress(tx, f.Channel, f.To, stop)
		if err != nil {
			return err
		}
		if made && stop.Wrong() {
			t.Kind, t.Title = "bounced_address", bouncedTitle(stop.Cause, f)
			return MakeTask(tx, t)
		}
	}
	if !f.Failed || !f.Purpose.AsksForHelp() {
		return nil
	}
	t.Kind, t.Title = "message_failed", "A message could not be delivered: "+f.Reason.Words()
	return MakeTask(tx, t)
}

func bouncedTitle(cause outbox.StopCause, f failure) string {
	switch {
	case cause == outbox.StopComplained:
		return clipped("Somebody called our mail to "+f.To+" spam: nothing is sent there any more", longestTitle)
	case f.Channel == outbox.SMS:
		return clipped("Nobody can be reached at "+f.To+": no texts are sent there any more", longestTitle)
	}
	return clipped("E-mails to "+f.To+" come back: nothing is sent there any more", longestTitle)
}

func clipped(s string, most int) string {
	if runes := []rune(s); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return s
}

// NormaliseStop brings a stop's address into the form in which it is compared. False says that it is no address or number at all.
func NormaliseStop(r *core.Record) bool {
	address := text(r, "address")
	if outbox.Channel(text(r, "channel")) == outbox.SMS {
		number, _, ok := booking.Phone(address, "")
		if !ok {
			// What providers and owners wrote in full is stopped even where the tables of numbers do not know it: they age.
			number = dialable(address)
		}
		set(r, "address", number)
		return number != ""
	}
	bare, ok := booking.Email(address)
	set(r, "address", booking.EmailKey(bare))
	return ok
}

// NoStopNote reports whether nobody wrote down why a stop is to be lifted.
func NoStopNote(r *core.Record) bool { return text(r, "note") == "" }

// PlanLifted brings back what a stop had kept from coming visits, in the transaction that lifts it.
func PlanLifted(app core.App, clinic *Clinic, key links.Key, stop *core.Record, now time.Time) error {
	address := text(stop, "address")
	var ids []string
	err := app.DB().NewQuery(`
		SELECT id FROM bookings WHERE starts_at > {:now} AND client IN (
			SELECT id FROM clients WHERE match_phone = {:address} UNION SELECT id FROM clients WHERE match_sms_phone = {:address}
			UNION SELECT id FROM clients WHERE match_email = {:address})
		UNION
		SELECT b.id FROM messages m JOIN bookings b ON b.id = m.booking
		WHERE m."to" = {:address} AND +m.state = 'skipped' AND m.reason = 'stopped_address' AND b.starts_at > {:now}`).
		Bind(dbx.Params{"now": Instant(now), "address": address}).Column(&ids)
	if err != nil {
		return fmt.Errorf("find visits of a stop: %w", err)
	}
	for _, id := range ids {
		r, err := FindVisit(app, id)
		if err != nil {
			return err
		}
		if r == nil {
			continue
		}
		if err := PlanBooking(app, clinic, key, r, now); err != nil {
			return err
		}
	}
	return nil
}
