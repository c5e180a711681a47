package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		for _, language := range firstTexts {
			if err := addTexts(app, language.locale, language.texts); err != nil {
				return err
			}
		}
		return nil
	}, func(app core.App) error {
		for _, language := range firstTexts {
			if err := dropTexts(app, language.locale, language.texts); err != nil {
				return err
			}
		}
		return nil
	})
}

// firstTexts are the texts that a clinic starts with, in every language whose dates and words Pawbell knows.
var firstTexts = []struct {
	locale string
	texts  []wording
}{
	{"en", english},
	{"nb", translated(norwegian)},
	{"sv", translated(swedish)},
	{"da", translated(danish)},
	{"fi", translated(finnish)},
	{"ro", translated(romanian)},
}

// said is what one text says in another language. What staff read about it stays as it is: the dashboard speaks English.
type said struct{ subject, email, sms string }

func translated(by map[string]said) []wording {
	texts := make([]wording, len(english))
	for i, w := range english {
		w.subject, w.email, w.sms = by[w.code].subject, by[w.code].email, by[w.code].sms
		texts[i] = w
	}
	return texts
}
