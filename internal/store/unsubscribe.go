package store

import (
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
)

// OpenUnsubscribe reads the e-mail address out of the last part of an unsubscribe link.
func OpenUnsubscribe(key links.Key, token string) (email string, ok bool) {
	email, version, ok := key.Open(links.Unsubscribe, token)
	return email, ok && version == 0
}

// Unsubscribe ends mail to many for an e-mail address, whoever shares it; everything else still goes there. Saying it again is saying it.
func Unsubscribe(app core.App, email string) error {
	return app.RunInTransaction(func(tx core.App) error {
		stop := dbx.HashExp{"channel": string(outbox.Email), "address": AddressKey(email), "purpose": outbox.ConsentGroup}
		var n int
		if err := tx.DB().Select("count(*)").From(StoppedAddresses).Where(stop).Row(&n); err != nil {
			return fmt.Errorf("look for the stop: %w", err)
		}
		if n > 0 {
			return nil
		}
		collection, err := tx.FindCachedCollectionByNameOrId(StoppedAddresses)
		if err != nil {
			return fmt.Errorf("stopped addresses: %w", err)
		}
		r := core.NewRecord(collection)
		for field, value := range stop {
			record.Set(r, field, value)
		}
		record.Set(r, "cause", "unsubscribed")
		if err := tx.Save(r); err != nil {
			return fmt.Errorf("save the stop: %w", err)
		}
		return nil
	})
}
