// Package record answers what stands in a record's fields and how a statement is told many things at once, in the forms in which PocketBase stores
// them.
//
// A field that its collection does not have is a slip of ours, which PocketBase would answer with silence: here it panics. Only the packages of the
// store may import this one, so that nobody else reads or writes a field by its name. It imports none of the house.
package record

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// Known panics where a record's collection does not have the field. A field that a collection does not have is a slip of ours, which PocketBase would answer with silence.
func Known(r *core.Record, field string) {
	if r.Collection().Fields.GetByName(field) == nil {
		panic(fmt.Sprintf("record: %s has no field %q", r.Collection().Name, field))
	}
}

// Text is what stands in a field of text, a select or a relation of one value.
func Text(r *core.Record, field string) string { Known(r, field); return r.GetString(field) }

// Truth is whether a field is ticked.
func Truth(r *core.Record, field string) bool { Known(r, field); return r.GetBool(field) }

// Number is what stands in a field of whole numbers.
func Number(r *core.Record, field string) int { Known(r, field); return r.GetInt(field) }

// Amount is what stands in a field of numbers with a fraction.
func Amount(r *core.Record, field string) float64 { Known(r, field); return r.GetFloat(field) }

// List is what stands in a select or a relation of several values.
func List(r *core.Record, field string) []string { Known(r, field); return r.GetStringSlice(field) }

// Time is what stands in a field of dates; empty is the zero time.
func Time(r *core.Record, field string) time.Time {
	Known(r, field)
	return r.GetDateTime(field).Time()
}

// Set writes a field, checked like the readers.
func Set(r *core.Record, field string, value any) {
	Known(r, field)
	r.Set(field, value)
}

// SetTime writes a time; the zero time empties the field.
func SetTime(r *core.Record, field string, t time.Time) { Set(r, field, Instant(t)) }

// Instant writes a time as PocketBase stores it; the zero time is the empty text.
func Instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(types.DefaultDateLayout)
}

// ParseInstant reads what [Instant] wrote; the empty text is the zero time. It is written out because the day loader reads
// thousands and time.Parse costs five times as much.
func ParseInstant(s string) time.Time {
	if len(s) != len("2006-01-02 15:04:05.000Z") {
		if t, err := time.Parse(types.DefaultDateLayout, s); err == nil {
			return t.UTC()
		}
		return time.Time{}
	}
	digits := func(from, until int) int {
		n := 0
		for _, c := range []byte(s[from:until]) {
			n = n*10 + int(c-'0')
		}
		return n
	}
	return time.Date(digits(0, 4), time.Month(digits(5, 7)), digits(8, 10),
		digits(11, 13), digits(14, 16), digits(17, 19), digits(20, 23)*int(time.Millisecond), time.UTC)
}

// JSON is the text of a JSON field as it is or will be stored.
func JSON(r *core.Record, field string) []byte {
	Known(r, field)
	return []byte(r.GetString(field))
}

// AnyText is a value of any type as text, for comparing.
func AnyText(r *core.Record, field string) string { Known(r, field); return fmt.Sprint(r.Get(field)) }

// Differ reports whether any of the fields differs between two versions of a record.
func Differ(was, is *core.Record, fields []string) bool {
	return slices.ContainsFunc(fields, func(f string) bool {
		Known(is, f)
		return fmt.Sprint(was.Get(f)) != fmt.Sprint(is.Get(f))
	})
}

// Find reads a record by id; nil without an error means that there is none.
func Find(app core.App, collection, id string) (*core.Record, error) {
	r, err := app.FindRecordById(collection, id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find one of %s: %w", collection, err)
	}
	return r, nil
}

// Exists reports whether a collection has a row of which all conditions hold.
func Exists(db dbx.Builder, collection string, conditions ...dbx.Expression) (bool, error) {
	var found int
	err := db.Select("(1)").From(collection).Where(dbx.And(conditions...)).Limit(1).Row(&found)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return false, fmt.Errorf("look for rows of %s: %w", collection, err)
	}
	return found == 1, nil
}
