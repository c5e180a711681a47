package store

import (
	"encoding/json"
	"fmt"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/notify"
	"pawbell/internal/store/record"
)

// Translations is text by locale, then field.
type Translations map[string]map[string]string

// Text is a field's text in a language, or the record's own where there is no translation.
func (t Translations) Text(locale, field, own string) string {
	if v := t[notify.Locale(locale)][field]; v != "" {
		return v
	}
	return own
}

// Field is one field's text in every language that has it.
func (t Translations) Field(field string) map[string]string {
	by := make(map[string]string, len(t))
	for locale, texts := range t {
		if texts[field] != "" {
			by[notify.Locale(locale)] = texts[field]
		}
	}
	return by
}

func translations(r *core.Record) (Translations, error) {
	raw := record.Text(r, "translations")
	if raw == "" || raw == "null" {
		return nil, nil
	}
	written := Translations{}
	if err := json.Unmarshal([]byte(raw), &written); err != nil {
		return nil, fmt.Errorf("translations: %w", err)
	}
	t := make(Translations, len(written))
	for locale, texts := range written {
		t[notify.Locale(locale)] = texts
	}
	return t, nil
}
