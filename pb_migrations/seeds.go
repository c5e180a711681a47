package pb_migrations

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

// wording is a text of templates in one language.
type wording struct {
	code, name, description, purpose string
	subject, email, sms              string
}

// addTexts makes a template of every wording, for all locations. They are the clinic's from then on, to edit or delete.
func addTexts(app core.App, locale string, wordings []wording) error {
	collection, err := app.FindCollectionByNameOrId("templates")
	if err != nil {
		return err
	}
	for _, w := range wordings {
		record := core.NewRecord(collection)
		record.Load(map[string]any{
			"code": w.code, "name": w.name, "description": w.description, "purpose": w.purpose, "locale": locale,
			"subject": w.subject, "email_text": w.email, "sms_text": w.sms,
		})
		if err := app.Save(record); err != nil {
			return fmt.Errorf("add text %s in %s: %w", w.code, locale, err)
		}
	}
	return nil
}

// dropTexts removes what addTexts made, where the clinic still has it.
func dropTexts(app core.App, locale string, wordings []wording) error {
	for _, w := range wordings {
		found, err := app.FindFirstRecordByFilter("templates", "code = {:code} && locale = {:locale} && location = ''",
			dbx.Params{"code": w.code, "locale": locale})
		if err := remove(app, found, err); err != nil {
			return fmt.Errorf("remove text %s in %s: %w", w.code, locale, err)
		}
	}
	return nil
}

// dropNamed removes the records with these names, where the clinic still has them.
func dropNamed(app core.App, collection string, names ...string) error {
	for _, name := range names {
		found, err := app.FindFirstRecordByData(collection, "name", name)
		if err := remove(app, found, err); err != nil {
			return fmt.Errorf("remove %s from %s: %w", name, collection, err)
		}
	}
	return nil
}

func remove(app core.App, found *core.Record, err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	return app.Delete(found)
}
