package store

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/links"
)

// ManageURL is the absolute address of the owner's page of one booking.
func ManageURL(clinic *Clinic, key links.Key, booking string, version int) string {
	return clinic.Base + "/manage/" + key.Token(links.Manage, booking, version)
}

// UnsubscribeURL is the absolute address that ends mail to many for an e-mail address. It holds whoever the address belongs to, and for
// ever.
func UnsubscribeURL(clinic *Clinic, key links.Key, email string) string {
	return clinic.Base + "/unsubscribe/" + key.Token(links.Unsubscribe, AddressKey(email), 0)
}

// MessageFiles is where the attachments of a message lie in the file storage.
func MessageFiles(app core.App, message string) (string, error) {
	collection, err := app.FindCachedCollectionByNameOrId(Messages)
	if err != nil {
		return "", fmt.Errorf("messages: %w", err)
	}
	return collection.BaseFilesPath() + "/" + message, nil
}
