package hooks

import (
	"bytes"
	"encoding/json"
	"math"
	"mime/multipart"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/types"
)

// TestMisread lists what PocketBase would store as something else, field by field, and what is fine.
func TestMisread(t *testing.T) {
	t.Parallel()
	date, number, yesNo := &core.DateField{Name: "starts_at"}, &core.NumberField{Name: "price"}, &core.BoolField{Name: "overbook"}
	single, several := &core.SelectField{Name: "status", MaxSelect: 1}, &core.SelectField{Name: "weekdays", MaxSelect: 7}
	relation, object, words := &core.RelationField{Name: "client", MaxSelect: 1}, &core.JSONField{Name: "steps"}, &core.TextField{Name: "note"}
	day, ends, starts, lead := &core.TextField{Name: "due_on"}, &core.TextField{Name: "ends"}, &core.TextField{Name: "starts"}, &core.TextField{Name: "lead"}
	tests := []struct {
		name       string
		collection string
		field      core.Field
		value      any
		code       string
	}{
		{"an instant in UTC", "bookings", date, "2027-03-01T09:15:00Z", ""},
		{"an instant with an offset", "bookings", date, "2027-03-01T09:15:00+02:00", ""},
		{"an instant with milliseconds", "bookings", date, "2027-03-01T09:15:00.250Z", ""},
		{"an instant as PocketBase writes it", "bookings", date, "2027-03-01 09:15:00.000Z", ""},
		{"an instant without a zone is UTC", "bookings", date, "2027-03-01 09:15:00", ""},
		{"no instant", "bookings", date, "", ""},
		{"null", "bookings", date, nil, ""},
		{"29 February of a leap year", "bookings", date, "2028-02-29T09:15:00Z", ""},
		{"30 February", "bookings", date, "2027-02-30T09:15:00Z", "invalid_date"},
		{"29 February of a common year", "bookings", date, "2027-02-29 09:15:00.000Z", "invalid_date"},
		{"25 o'clock", "bookings", date, "2027-03-01T25:15:00Z", "invalid_date"},
		{"words", "bookings", date, "tomorrow at nine", "invalid_date"},
		{"a day without a time", "bookings", date, "2027-03-01", "invalid_date"},
		{"the day first", "bookings", date, "01.03.2027 09:15", "invalid_date"},
		{"seconds since 1970", "bookings", date, float64(1803892500), "invalid_date"},
		{"an object", "bookings", date, map[string]any{"day": 1.0}, "invalid_date"},
		{"the year 1899", "bookings", date, "1899-12-31T23:59:59Z", "invalid_date"},
		{"the year 2201", "bookings", date, "2201-01-01T00:00:00Z", "invalid_date"},
		{"a year that an offset pushes out", "bookings", date, "2200-12-31T23:59:59-01:00", "invalid_date"},

		{"a number", "bookings", number, 0.99, ""},
		{"a number as a form sends it", "bookings", number, "0.99", ""},
		{"zero", "bookings", number, 0.0, ""},
		{"the largest exact number", "bookings", number, float64(maxSafeNumber), ""},
		{"the next number", "bookings", number, float64(1 << 53), "invalid_number"},
		{"words for a number", "bookings", number, "many", "invalid_number"},
		{"a comma", "bookings", number, "0,99", "invalid_number"},
		{"hexadecimal", "bookings", number, "0x1p4", "invalid_number"},
		{"NaN", "bookings", number, "NaN", "invalid_number"},
		{"infinity", "bookings", number, "Infinity", "invalid_number"},
		{"too many digits", "bookings", number, "1e400", "invalid_number"},
		{"not a number at all", "bookings", number, math.NaN(), "invalid_number"},
		{"true for a number", "bookings", number, true, "invalid_number"},
		{"a list for a number", "bookings", number, []any{1.0}, "invalid_number"},

		{"true", "bookings", yesNo, true, ""},
		{"false as a form sends it", "bookings", yesNo, "false", ""},
		{"one", "bookings", yesNo, 1.0, ""},
		{"what a ticked box sends", "bookings", yesNo, "on", "invalid_bool"},
		{"yes", "bookings", yesNo, "yes", "invalid_bool"},
		{"two", "bookings", yesNo, 2.0, "invalid_bool"},
		{"an empty list", "bookings", yesNo, []any{}, "invalid_bool"},

		{"one choice", "bookings", single, "booked", ""},
		{"one choice in a list", "bookings", single, []any{"booked"}, ""},
		{"two choices where one is wanted", "bookings", single, []any{"booked", "cancelled"}, "invalid_select"},
		{"an object for a choice", "bookings", single, map[string]any{"a": 1.0}, "invalid_select"},
		{"several choices", "shifts", several, []any{"mon", "tue"}, ""},
		{"a nothing among choices", "shifts", several, []any{"mon", nil}, "invalid_select"},
		{"an id", "bookings", relation, "abcdefghij12345", ""},
		{"an id of digits in a form", "bookings", relation, float64(123456789012345), ""},
		{"a record for an id", "bookings", relation, map[string]any{"id": "abcdefghij12345"}, "invalid_id"},

		{"a list for JSON", "reminder_rules", object, []any{-30.0, 7.0}, ""},
		{"JSON as text", "reminder_rules", object, "[-30, 7]", ""},
		{"broken JSON", "reminder_rules", object, "[-30, 7", "invalid_json"},
		{"words for JSON", "reminder_rules", object, "a month before", "invalid_json"},

		{"a text", "bookings", words, "Limps on the left", ""},
		{"a number as text", "bookings", words, 5.0, ""},
		{"an object for a text", "bookings", words, map[string]any{"a": 1.0}, "invalid_text"},
		{"a list for a text", "bookings", words, []any{"a"}, "invalid_text"},

		{"a day", "reminders", day, "2027-03-01", ""},
		{"a day that no calendar has", "reminders", day, "2027-02-30", "invalid_date"},
		{"a day in 1899", "reminders", day, "1899-12-31", "invalid_date"},
		{"a day with a time", "reminders", day, "2027-03-01 09:15", "invalid_date"},
		{"midnight as an end", "shifts", ends, "24:00", ""},
		{"midnight as a start", "shifts", starts, "24:00", "invalid_time"},
		{"a wall time", "shifts", starts, "08:30", ""},
		{"a wall time that no clock shows", "shifts", starts, "08:60", "invalid_time"},
		{"a wall time without its zero", "shifts", starts, "8:30", "invalid_time"},
		{"the same name where it is no wall time", "notes", starts, "soon", ""},
		{"hours ahead", "reasons", lead, "12h", ""},
		{"days ahead at nine", "reasons", lead, "2d 09:00", ""},
		{"never", "reasons", lead, "none", ""},
		{"inherited", "reasons", lead, "", ""},
		{"weeks ahead", "reasons", lead, "2w", "invalid_duration"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := misread(tc.collection, tc.field, tc.value).code; got != tc.code {
				t.Errorf("%#v for %s: got %q, want %q", tc.value, tc.field.GetName(), got, tc.code)
			}
		})
	}
}

// FuzzNotInstant looks that no text is taken for an instant that PocketBase would store as another one.
func FuzzNotInstant(f *testing.F) {
	for _, seed := range []string{"2027-03-01T09:15:00Z", "2027-03-01 09:15:00.000Z", "2027-02-30T09:15:00Z", "1", "", "2027-03-01T09:15Z"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if notInstant(text) != (valueProblem{}) {
			return
		}
		stored, err := types.ParseDateTime(text)
		if err != nil || stored.IsZero() {
			t.Fatalf("%q was let through and is stored as %q: %v", text, stored, err)
		}
		read := false
		for _, layout := range instantLayouts {
			at, err := time.Parse(layout, text)
			read = read || err == nil && at.Equal(stored.Time())
		}
		if !read {
			t.Fatalf("%q is stored as %q", text, stored)
		}
	})
}

// TestValuesAreRefusedOverEveryWayIn sends the same wrong values as JSON, as a form and inside a batch.
func TestValuesAreRefusedOverEveryWayIn(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	wrong := map[string]string{"starts_at": "2027-02-30 09:00:00.000Z", "price": "many", "overbook": "yes"}
	codes := map[string]string{"starts_at": "invalid_date", "price": "invalid_number", "overbook": "invalid_bool"}
	asJSON, err := json.Marshal(wrong)
	if err != nil {
		t.Fatal(err)
	}
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	values := url.Values{}
	for name, value := range wrong {
		values.Set(name, value)
		if err := writer.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	path := c.path("bookings", "booking")
	for way, answer := range map[string]guardAnswer{
		"JSON":           c.ask(c.superuser, "PATCH", path, string(asJSON)),
		"JSON of staff":  c.ask(c.manager, "PATCH", path, string(asJSON)),
		"a form":         c.askForm(c.superuser, "PATCH", path, writer.FormDataContentType(), form.Bytes()),
		"an older form":  c.askForm(c.superuser, "PATCH", path, "application/x-www-form-urlencoded", []byte(values.Encode())),
		"a new record":   c.ask(c.superuser, "POST", "/api/collections/bookings/records", string(asJSON)),
		"a guest's wish": c.ask(nil, "POST", "/api/collections/booking_requests/records", `{"starts_at":"soon","client":{"a":1}}`),
	} {
		for field, code := range codes {
			if way == "a guest's wish" && field != "starts_at" {
				continue
			}
			if answer.status != 400 || answer.code(field) != code {
				t.Errorf("%s: %s: got %d %s", way, field, answer.status, answer.raw)
			}
		}
		if answer.code("client") != "" {
			t.Errorf("%s: what is dropped anyway was judged: %s", way, answer.raw)
		}
	}
	batch := c.ask(c.superuser, "POST", "/api/batch", `{"requests":[{"method":"PATCH","url":"`+path+`","body":`+string(asJSON)+`}]}`)
	if batch.status != 400 || !strings.Contains(batch.raw, "invalid_number") || !strings.Contains(batch.raw, "invalid_date") {
		t.Errorf("batch: got %d %s", batch.status, batch.raw)
	}
	if row := c.row("bookings", "booking"); row.GetString("starts_at") != "2027-03-02 09:00:00.000Z" || row.GetInt("revision") != 1 {
		t.Errorf("the visit was changed: %v", row.FieldsData())
	}
}

// TestABodyThatIsNoObjectIsRefusedInWords holds for bodies that PocketBase gives up on before any hook of a record runs, too.
func TestABodyThatIsNoObjectIsRefusedInWords(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	for _, body := range []string{`[1,2]`, `"text"`, `12`, `null`, `{"note":`} {
		for method, path := range map[string]string{"PATCH": c.path("bookings", "booking"), "POST": "/api/collections/shifts/records"} {
			answer := c.ask(c.superuser, method, path, body)
			message, _ := answer.body["message"].(string)
			if answer.status != 400 || !strings.Contains(message, "must be an object") {
				t.Errorf("%s %s: got %d %s", method, body, answer.status, answer.raw)
			}
		}
	}
}

// TestCodeIsBoundToRealDaysAndTimesToo saves without a request, as jobs and imports do.
func TestCodeIsBoundToRealDaysAndTimesToo(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	for _, tc := range []struct{ collection, record, field, value, code string }{
		{"reminders", "reminder", "due_on", "2027-02-30", "invalid_date"},
		{"patients", "patient", "born_on", "2027-13-01", "invalid_date"},
		{"message_settings", "message_settings", "window_from", "24:00", "invalid_time"},
		{"reasons", "reason", "lead", "soon", "invalid_duration"},
	} {
		row := c.row(tc.collection, tc.record)
		row.Set(tc.field, tc.value)
		if got := codeOn(c.app.Save(row), tc.field); got != tc.code {
			t.Errorf("%s.%s = %s: got %q, want %q", tc.collection, tc.field, tc.value, got, tc.code)
		}
	}
	settings := c.row("message_settings", "message_settings")
	settings.Set("window_until", "24:00")
	if err := c.app.Save(settings); err != nil {
		t.Errorf("24:00 is an end: %v", err)
	}
}
