package store

import (
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
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
	record.Set(r, "channel", string(channel))
	record.Set(r, "address", address)
	record.Set(r, "cause", string(stop.Cause))
	record.Set(r, "purpose", string(stop.Purpose))
	if err := tx.Save(r); err != nil {
		return false, fmt.Errorf("save a stop: %w", err)
	}
	return true, nil
}

// NormaliseStop brings a stop's address into the form in which it is compared. False says that it is no address or number at all.
func NormaliseStop(r *core.Record) bool {
	address := record.Text(r, "address")
	if outbox.Channel(record.Text(r, "channel")) == outbox.SMS {
		number, _, ok := booking.Phone(address, "")
		if !ok {
			// What providers and owners wrote in full is stopped even where the tables of numbers do not know it: they age.
			number = Dialable(address)
		}
		record.Set(r, "address", number)
		return number != ""
	}
	bare, ok := booking.Email(address)
	record.Set(r, "address", booking.EmailKey(bare))
	return ok
}

// NoStopNote reports whether nobody wrote down why a stop is to be lifted.
func NoStopNote(r *core.Record) bool { return record.Text(r, "note") == "" }
