package pb_migrations

import (
	"slices"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// trait is what a field is besides its name and its help.
type trait int

const (
	// required refuses an empty value. On a relation it also blocks the deletion of what it points to.
	required trait = iota
	// shown marks the field by which other records' relations show this one.
	shown
	// hidden keeps the field from everybody but superusers.
	hidden
)

// How much fits into a text, in characters.
const (
	nameLength    = 100
	addressLength = 200
	noteLength    = 2000
	longLength    = 5000
	smsLength     = 2000
	textLength    = 20000
	idLength      = 15
)

// How much fits into a JSON field, in bytes.
const (
	smallJSON = 50_000
	largeJSON = 500_000
)

// several is the most that a list of relations holds: PocketBase wants a number, the clinic has none.
const several = 999

func text(name string, most int, help string, traits ...trait) *core.TextField {
	return &core.TextField{
		Name: name, Max: most, Help: help,
		Required: slices.Contains(traits, required), Presentable: slices.Contains(traits, shown), Hidden: slices.Contains(traits, hidden),
	}
}

// shaped is a text that has to look like pattern, or be empty.
func shaped(name, pattern string, most int, help string, traits ...trait) *core.TextField {
	field := text(name, most, help, traits...)
	field.Pattern = "^$|" + pattern
	return field
}

// day is a date without a time, as text: PocketBase's date control works in the browser's zone and would lose days.
func day(name, help string, traits ...trait) *core.TextField {
	return shaped(name, `^\d{4}-\d{2}-\d{2}$`, 10, help, traits...)
}

// clock is a wall-clock time of the location, 24:00 included as an end.
func clock(name, help string, traits ...trait) *core.TextField {
	return shaped(name, `^([01]\d|2[0-3]):[0-5]\d$|^24:00$`, 5, help, traits...)
}

// lead is how long before something: none, 90m, 12h or 2d 09:00; empty where it may be inherited.
func lead(name, help string, traits ...trait) *core.TextField {
	return shaped(name, `^none$|^\d{1,6}[mh]$|^\d{1,3}d ([01]\d|2[0-3]):[0-5]\d$`, 12, help, traits...)
}

// locale is a language as browsers write it.
func locale(name, help string, traits ...trait) *core.TextField {
	return shaped(name, `^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$`, 35, help, traits...)
}

// whole is a number without decimals, from 0 to most. An empty value is stored as 0, so the help says what 0 means.
func whole(name string, most float64, help string, traits ...trait) *core.NumberField {
	field := decimal(name, most, help, traits...)
	field.OnlyInt = true
	return field
}

func decimal(name string, most float64, help string, traits ...trait) *core.NumberField {
	return &core.NumberField{
		Name: name, Min: types.Pointer(0.0), Max: types.Pointer(most), Help: help,
		Required: slices.Contains(traits, required), Presentable: slices.Contains(traits, shown), Hidden: slices.Contains(traits, hidden),
	}
}

func yes(name, help string, traits ...trait) *core.BoolField {
	return &core.BoolField{Name: name, Help: help, Presentable: slices.Contains(traits, shown), Hidden: slices.Contains(traits, hidden)}
}

func email(name, help string, traits ...trait) *core.EmailField {
	return &core.EmailField{
		Name: name, Help: help,
		Required: slices.Contains(traits, required), Presentable: slices.Contains(traits, shown), Hidden: slices.Contains(traits, hidden),
	}
}

func link(name, help string) *core.URLField {
	return &core.URLField{Name: name, Help: help}
}

// instant is a moment, stored in UTC.
func instant(name, help string, traits ...trait) *core.DateField {
	return &core.DateField{
		Name: name, Help: help,
		Required: slices.Contains(traits, required), Presentable: slices.Contains(traits, shown), Hidden: slices.Contains(traits, hidden),
	}
}

func choice(name string, values []string, help string, traits ...trait) *core.SelectField {
	return &core.SelectField{
		Name: name, Values: values, MaxSelect: 1, Help: help,
		Required: slices.Contains(traits, required), Presentable: slices.Contains(traits, shown), Hidden: slices.Contains(traits, hidden),
	}
}

func choices(name string, values []string, help string, traits ...trait) *core.SelectField {
	field := choice(name, values, help, traits...)
	field.MaxSelect = len(values)
	return field
}

// one points to a record of the named collection. PocketBase clears it when that record is deleted, unless it is required: then
// the deletion is refused.
func one(name, collection, help string, traits ...trait) *core.RelationField {
	return &core.RelationField{
		Name: name, CollectionId: collection, MaxSelect: 1, Help: help,
		Required: slices.Contains(traits, required), Presentable: slices.Contains(traits, shown), Hidden: slices.Contains(traits, hidden),
	}
}

// many points to several records of the named collection.
func many(name, collection, help string, traits ...trait) *core.RelationField {
	field := one(name, collection, help, traits...)
	field.MaxSelect = several
	return field
}

// partOf points to the record that this one belongs to and disappears with.
func partOf(name, collection, help string, traits ...trait) *core.RelationField {
	field := one(name, collection, help, append(traits, required)...)
	field.CascadeDelete = true
	return field
}

func object(name string, size int64, help string, traits ...trait) *core.JSONField {
	return &core.JSONField{Name: name, MaxSize: size, Help: help, Hidden: slices.Contains(traits, hidden)}
}

// revision is raised by every write, so that a form that was opened before another change cannot undo it.
func revision() *core.NumberField {
	return whole("revision", 1<<53-1, "Raised with every change. Send it along when saving: if somebody else saved meanwhile, yours is refused instead of undoing theirs.")
}

// translations holds other languages' wording of the fields named.
func translations(fields string) *core.JSONField {
	return object("translations", smallJSON, "Other languages' wording of "+fields+", by language and field, for example {\"nb\":{\"name\":\"…\"}}. Empty means that everybody reads the text above.")
}
