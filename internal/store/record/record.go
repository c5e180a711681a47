package record

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// A field that a collection does not have is a slip of ours, which PocketBase would answer with silence.
func Known(r *core.Record, field string) {
	if r.Collection().Fields.GetByName(field) == nil {
		panic(fmt.Sprintf("store: %s has no field %q", r.Collection().Name, field))
	}
}

func Text(r *core.Record, field string) string { Known(r, field); return r.GetString(field) }

func Truth(r *core.Record, field string) bool { Known(r, field); return r.GetBool(field) }

func Number(r *core.Record, field string) int { Known(r, field); return r.GetInt(field) }

func Amount(r *core.Record, field string) float64 { Known(r, field); return r.GetFloat(field) }

func List(r *core.Record, field string) []string { Known(r, field); return r.GetStringSlice(field) }

func Time(r *core.Record, field string) time.Time {
	Known(r, field)
	return r.GetDateTime(field).Time()
}

// Set writes a field, checked like the readers.
func Set(r *core.Record, field string, value any) {
	Known(r, field)
	r.Set(field, value)
}

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

// Differ compares fields by what is stored.
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
