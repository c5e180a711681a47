package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		reminders, err := app.FindCollectionByNameOrId("reminders")
		if err != nil {
			return fmt.Errorf("find reminders: %w", err)
		}
		reminders.Fields.AddAt(len(reminders.Fields)-2, // before created and updated
			yes("preview", "Tick and save to see when it would be sent. Nothing is saved then."),
			object("coming", smallJSON, "Machine: when it will be sent, the next moment first. Empty means not again."),
			instant("made_at", "Machine: from when on it is planned. What lies before is not sent any more."),
			text("origin", addressLength, "Machine: what made it, so that a rule makes one only once. Empty if somebody made it by hand.", hidden),
			instant("look_at", "Machine: when it has to be looked at again because time has passed.", hidden),
		)
		reminders.AddIndex("idx_reminders_origin", true, "origin", "origin != ''")
		reminders.AddIndex("idx_reminders_look_at", false, "look_at", "look_at != ''")
		// Who leaves the place out gets the client's, or their own only one; hooks see to it that it is one of the account's.
		reminders.CreateRule = staff(atOrNone("location")).pointer()
		if err := app.Save(reminders); err != nil {
			return fmt.Errorf("extend reminders: %w", err)
		}
		messages, err := app.FindCollectionByNameOrId("messages")
		if err != nil {
			return fmt.Errorf("find messages: %w", err)
		}
		messages.Fields.AddAt(len(messages.Fields)-2, text("covers", textLength, "Machine: the keys of the messages for which this one speaks.", hidden))
		if err := app.Save(messages); err != nil {
			return fmt.Errorf("extend messages: %w", err)
		}
		return nil
	}, func(app core.App) error {
		reminders, err := app.FindCollectionByNameOrId("reminders")
		if err != nil {
			return fmt.Errorf("find reminders: %w", err)
		}
		reminders.RemoveIndex("idx_reminders_origin")
		reminders.RemoveIndex("idx_reminders_look_at")
		for _, field := range []string{"preview", "coming", "made_at", "origin", "look_at"} {
			reminders.Fields.RemoveByName(field)
		}
		reminders.CreateRule = ofLocation().create.pointer()
		if err := app.Save(reminders); err != nil {
			return fmt.Errorf("reduce reminders: %w", err)
		}
		messages, err := app.FindCollectionByNameOrId("messages")
		if err != nil {
			return fmt.Errorf("find messages: %w", err)
		}
		messages.Fields.RemoveByName("covers")
		return app.Save(messages)
	})
}
