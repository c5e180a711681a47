package hooks

import (
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"
	"github.com/pocketbase/pocketbase/tools/types"

	"pawbell/internal/calendar"
	"pawbell/internal/store"
)

// clockFields are the text fields that hold a wall time, HH:MM. True: it is an end, where 24:00 is a time too.
var clockFields = map[string]bool{
	"message_settings.window_from":   false,
	"message_settings.window_until":  true,
	"message_settings.reminder_time": false,
	"shifts.starts":                  false,
	"shifts.ends":                    true,
}

// leadFields are the text fields that hold a duration as [calendar.ParseLead] reads it; empty means inherited.
var leadFields = map[string]bool{
	"booking_settings.lead":       true,
	"message_settings.visit_lead": true,
	"reasons.lead":                true,
	"reasons.visit_lead":          true,
	"reasons.payment_due":         true,
}

// maxSafeNumber is 2^53 − 1, the largest number up to which the float64 that PocketBase stores keeps every integer apart.
const maxSafeNumber = 1<<53 - 1

// Years outside these bounds are slips of the keyboard: no visit, pet or deadline lies there.
const firstYear, lastYear = 1900, calendar.LastYear

// valueProblem is what is wrong with a value, as code and in words; the zero valueProblem is none.
type valueProblem struct{ code, words string }

func (p valueProblem) asError() error { return validation.NewError(p.code, p.words) }

// valuesAreRead refuses a create or update whose body holds values that PocketBase would store as something else without a word: a
// date that it cannot read as empty, a text as the number 0, an object as empty text. It looks at the body as it came, since the
// record that reaches a hook has lost those values already.
func valuesAreRead(e *core.RecordRequestEvent) error {
	if err := valuesRefused(e); err != nil {
		return err
	}
	return e.Next()
}

func valuesRefused(e *core.RecordRequestEvent) error {
	if e.Collection.System {
		return nil
	}
	body, err := bodyAsSent(e.RequestEvent)
	if err != nil {
		return err
	}
	// A robot that fell for the honeypot must not learn what was wrong with its values.
	if e.Collection.Name == store.BookingRequests && e.Auth == nil && body["website"] != nil && body["website"] != "" {
		return nil
	}
	refused := validation.Errors{}
	for key, value := range body {
		field := fieldOfKey(e.Collection, key)
		if field == nil || droppedAnyway(e, field) {
			continue
		}
		if p := misread(e.Collection.Name, field, value); p.code != "" {
			refused[field.GetName()] = p.asError()
		}
	}
	if len(refused) > 0 {
		return e.BadRequestError("Some values cannot be read.", refused)
	}
	return nil
}

// writtenRight refuses days, wall times and durations that are none, whoever writes them: people, jobs and imports.
func writtenRight(e *core.RecordEvent) error {
	refused := validation.Errors{}
	for _, field := range e.Record.Collection().Fields {
		if _, isText := field.(*core.TextField); !isText {
			continue
		}
		if p := miswritten(e.Record.Collection().Name, field.GetName(), e.Record.GetString(field.GetName())); p.code != "" {
			refused[field.GetName()] = p.asError()
		}
	}
	if len(refused) > 0 {
		return refused
	}
	return e.Next()
}

// bodyAsSent reads the body of a request once more, before modifiers and types were resolved. A body that is no object is refused.
func bodyAsSent(e *core.RequestEvent) (map[string]any, error) {
	body := map[string]any{}
	if err := e.BindBody(&body); err != nil || body == nil {
		return nil, bodyNoObject(e, err)
	}
	return body, nil
}

func bodyNoObject(e *core.RequestEvent, err error) error {
	return e.BadRequestError("The body of the request must be an object of fields, as in {\"name\": \"Bella\"}.", err)
}

// bodiesAreObjects puts words to the bare 400 with which PocketBase answers a body that it cannot read before any record hook runs.
func bodiesAreObjects(e *core.RequestEvent) error {
	err := e.Next()
	var answer *router.ApiError
	if !errors.As(err, &answer) || answer.Status != http.StatusBadRequest || !strings.HasPrefix(e.Request.URL.Path, "/api/collections/") {
		return err
	}
	cause, _ := answer.RawData().(error)
	var wrongType *json.UnmarshalTypeError
	var wrongSyntax *json.SyntaxError
	if errors.As(cause, &wrongType) || errors.As(cause, &wrongSyntax) || errors.Is(cause, io.ErrUnexpectedEOF) {
		return bodyNoObject(e, cause)
	}
	return err
}

// fieldOfKey is the field that a key of a body writes to, modifiers ("patients+", "+patients", "price-") included; nil for other keys.
func fieldOfKey(collection *core.Collection, key string) core.Field {
	for _, field := range collection.Fields {
		if field.GetName() == key {
			return field
		}
		if finder, ok := field.(core.SetterFinder); ok && finder.FindSetter(key) != nil {
			return field
		}
	}
	return nil
}

// droppedAnyway reports whether the sender's value of a field is thrown away anyway, so that it need not be right: hidden fields of all but
// superusers, and what a guest tells us about our own records.
func droppedAnyway(e *core.RecordRequestEvent, field core.Field) bool {
	if e.HasSuperuserAuth() {
		return false
	}
	if e.Collection.Name == store.BookingRequests && e.Auth == nil {
		switch field.GetName() {
		case core.FieldNameId, "booking", "client", "patient", "match":
			return true
		}
	}
	return field.GetHidden()
}

// misread says what PocketBase would get wrong about a value sent for a field. Null and the empty text clear any field.
func misread(collection string, field core.Field, value any) valueProblem {
	if value == nil || value == "" {
		return valueProblem{}
	}
	switch f := field.(type) {
	case *core.DateField:
		return notInstant(value)
	case *core.NumberField:
		return notNumber(value)
	case *core.BoolField:
		return notBool(value)
	case *core.SelectField:
		return notTexts(value, f.IsMultiple(), valueProblem{"invalid_select", "Choose from the list."})
	case *core.RelationField:
		return notTexts(value, f.IsMultiple(), valueProblem{"invalid_id", "Give the id of a record."})
	case *core.JSONField:
		text, isText := value.(string)
		if isText && !json.Valid([]byte(text)) {
			return valueProblem{"invalid_json", "This is not valid JSON."}
		}
	case *core.TextField, *core.EditorField, *core.EmailField, *core.URLField:
		switch v := value.(type) {
		case map[string]any, []any:
			return valueProblem{"invalid_text", "Write a text here, not a list or an object."}
		case string:
			return miswritten(collection, field.GetName(), v)
		}
	}
	return valueProblem{}
}

// miswritten says what is wrong with the text of a day (…_on), a wall time or a duration.
func miswritten(collection, field, text string) valueProblem {
	if text == "" {
		return valueProblem{}
	}
	name := collection + "." + field
	if strings.HasSuffix(field, "_on") {
		date, err := calendar.ParseDate(text)
		if err != nil || date.Year < firstYear || date.Year > lastYear {
			return valueProblem{"invalid_date", "Write a day that the calendar has, as in 2027-03-01."}
		}
	}
	if isEnd, isClock := clockFields[name]; isClock {
		clock, err := calendar.ParseClock(text)
		if err != nil || clock == calendar.EndOfDay && !isEnd {
			return valueProblem{"invalid_time", "Write a time from 00:00 to 23:59, as in 09:15; an end may be 24:00."}
		}
	}
	if leadFields[name] {
		if _, err := calendar.ParseLead(text); err != nil {
			return valueProblem{"invalid_duration", "Write 90m, 12h, 2d 09:00 or none, or leave it empty."}
		}
	}
	return valueProblem{}
}

// instantLayouts are RFC 3339 and PocketBase's own form, which differ in the T; without a zone an instant is UTC, as PocketBase has it.
var instantLayouts = []string{
	"2006-01-02T15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999Z07:00",
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999",
	"2006-01-02T15:04Z07:00", "2006-01-02 15:04Z07:00",
}

func notInstant(value any) valueProblem {
	wrong := valueProblem{"invalid_date", "Write a day and a time that exist, as in 2027-03-01T09:15:00Z."}
	text, isText := value.(string)
	if !isText {
		return wrong
	}
	for _, layout := range instantLayouts {
		at, err := time.Parse(layout, text)
		if err != nil {
			continue
		}
		// What we read and PocketBase reads differently would be stored as another instant than the one sent.
		stored, err := types.ParseDateTime(text)
		if err != nil || !stored.Time().Equal(at) || at.UTC().Year() < firstYear || at.UTC().Year() > lastYear {
			return wrong
		}
		return valueProblem{}
	}
	return wrong
}

var decimalNumber = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?$`)

func notNumber(value any) valueProblem {
	wrong := valueProblem{"invalid_number", "Write a number, as in 15 or 0.99."}
	var n float64
	switch v := value.(type) {
	case float64:
		n = v
	case string:
		parsed, err := strconv.ParseFloat(v, 64)
		if err != nil || !decimalNumber.MatchString(v) {
			return wrong
		}
		n = parsed
	default:
		return wrong
	}
	if math.IsNaN(n) || math.Abs(n) > maxSafeNumber {
		return valueProblem{"invalid_number", "This number is too large to be kept exactly."}
	}
	return valueProblem{}
}

func notBool(value any) valueProblem {
	switch v := value.(type) {
	case bool:
		return valueProblem{}
	case float64:
		if v == 0 || v == 1 {
			return valueProblem{}
		}
	case string:
		if _, err := strconv.ParseBool(v); err == nil {
			return valueProblem{}
		}
	}
	return valueProblem{"invalid_bool", "Write true or false."}
}

// notTexts wants a text, or a list of texts where there may be several: PocketBase would keep the last of a list for a single choice.
func notTexts(value any, several bool, wrong valueProblem) valueProblem {
	list, isList := value.([]any)
	if !isList {
		list = []any{value}
	}
	if isList && !several && len(list) > 1 {
		return wrong
	}
	for _, item := range list {
		switch item.(type) {
		case string, float64, bool: // a form's text may arrive as a number; PocketBase refuses what is none of the choices
		default:
			return wrong
		}
	}
	return valueProblem{}
}
