package pb_migrations

import (
	"cmp"
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(addServices, func(app core.App) error {
		var reasons, groups, animals []string
		for _, g := range firstGroups {
			groups = append(groups, g.name)
			for _, r := range g.reasons {
				reasons = append(reasons, r.name)
			}
		}
		for _, s := range firstSpecies {
			animals = append(animals, s.name)
		}
		if err := dropNamed(app, "reasons", reasons...); err != nil {
			return err
		}
		if err := dropNamed(app, "reason_groups", groups...); err != nil {
			return err
		}
		return dropNamed(app, "species", animals...)
	})
}

// words are one name or text in the languages besides English.
type words struct{ nb, sv, da, fi, ro string }

// by fills in the translations of a field, by language.
func (w words) by(field string, translations map[string]map[string]string) {
	for locale, text := range map[string]string{"nb": w.nb, "sv": w.sv, "da": w.da, "fi": w.fi, "ro": w.ro} {
		if text == "" {
			continue
		}
		if translations[locale] == nil {
			translations[locale] = map[string]string{}
		}
		translations[locale][field] = text
	}
}

type firstKind struct {
	name  string
	words words
}

type firstGroup struct {
	name    string
	words   words
	reasons []firstReason
}

type firstReason struct {
	name         string
	words        words
	instructions string
	prepare      words
	minutes      int
	before       int
	after        int
	species      []string // empty = all
	clients      string   // empty = all
	offline      bool
	endOfLife    bool
}

func addServices(app core.App) error {
	animals := map[string]string{}
	for i, s := range firstSpecies {
		record, err := add(app, "species", i, s.name, s.words, words{}, nil)
		if err != nil {
			return err
		}
		animals[s.name] = record.Id
	}
	for i, g := range firstGroups {
		group, err := add(app, "reason_groups", i, g.name, g.words, words{}, nil)
		if err != nil {
			return err
		}
		for j, r := range g.reasons {
			ids := []string{}
			for _, name := range r.species {
				ids = append(ids, animals[name])
			}
			if _, err := add(app, "reasons", j, r.name, r.words, r.prepare, map[string]any{
				"group": group.Id, "instructions": r.instructions, "duration_minutes": r.minutes, "buffer_before": r.before,
				"buffer_after": r.after, "species": ids, "clients": cmp.Or(r.clients, "all"), "offline": r.offline, "end_of_life": r.endOfLife,
			}); err != nil {
				return err
			}
		}
	}
	return nil
}

// add makes one record of a list that owners choose from, ten places after the one before it, so that others fit between.
func add(app core.App, collection string, place int, name string, names, instructions words, more map[string]any) (*core.Record, error) {
	kind, err := app.FindCollectionByNameOrId(collection)
	if err != nil {
		return nil, err
	}
	translations := map[string]map[string]string{}
	names.by("name", translations)
	instructions.by("instructions", translations)
	record := core.NewRecord(kind)
	record.Load(more)
	record.Set("name", name)
	record.Set("translations", translations)
	record.Set("sort", 10*(place+1))
	if err := app.Save(record); err != nil {
		return nil, fmt.Errorf("add %s to %s: %w", name, collection, err)
	}
	return record, nil
}
