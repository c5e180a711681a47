package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// Every message that leaves changes the indexes of what changed in it, so none has more in it than is asked for: nobody looks for what is of no
// use any more by its moment alone, and what one address was sent is little enough to be sorted when it is asked for.
func init() {
	m.Register(func(app core.App) error {
		return change(app, "messages", func(messages *core.Collection) {
			messages.RemoveIndex("idx_messages_expiring")
			messages.RemoveIndex("idx_messages_to")
			messages.AddIndex("idx_messages_to", false, "`to`", "")
		})
	}, func(app core.App) error {
		return change(app, "messages", func(messages *core.Collection) {
			messages.RemoveIndex("idx_messages_to")
			messages.AddIndex("idx_messages_to", false, "`to`, sent_at", "")
			messages.AddIndex("idx_messages_expiring", false, "state, expires_at", "state = 'queued'")
		})
	})
}
