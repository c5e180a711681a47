package hooks

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"
	"golang.org/x/text/unicode/norm"

	"pawbell/internal/booking"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// bookingAsked turns what an owner sent into a booking, or refuses all of it. The whole act is one transaction: what does not end as a booking
// with its messages leaves nothing behind.
func (h House) bookingAsked(e *core.RecordRequestEvent) error {
	body, err := bodyAsSent(e.RequestEvent)
	if err != nil {
		return err
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	if !strings.HasPrefix(e.Request.Header.Get("Content-Type"), "application/json") {
		asTyped(body)
	}
	chosen, _ := body["location"].(string)
	guest := !store.WorksAt(e.Auth, chosen)
	form := bookingForm{clinic: clinic, body: body, guest: guest, problems: validation.Errors{}}
	request, at := form.read()
	if guest && filled(body["website"]) {
		answer, err := h.decoy(clinic, at, request)
		if err != nil {
			return err
		}
		return e.JSON(http.StatusOK, answer)
	}
	if guest && at != nil && !at.Inactive && !at.Place.Enabled {
		return closed(e.RequestEvent, at)
	}
	if len(form.problems) > 0 {
		return e.BadRequestError("The visit could not be booked.", form.problems)
	}

	var taken store.Taken
	err = e.App.RunInTransaction(func(tx core.App) error {
		var err error
		taken, err = store.TakeRequest(e.Request.Context(), tx, clinic, request, h.Now())
		return err
	})
	if err != nil {
		if refusal, ok := store.AsRefusal(err); ok {
			return e.BadRequestError("The visit could not be booked.", fieldError(refusal))
		}
		return err
	}
	return e.JSON(http.StatusOK, h.answer(clinic, at, request, taken, guest))
}

// asTyped undoes what PocketBase does to a form that is no JSON: it reads a phone number as a number, which only a program would send.
func asTyped(body map[string]any) {
	for field, value := range body {
		switch v := value.(type) {
		case float64:
			body[field] = strconv.FormatFloat(v, 'f', -1, 64)
		case bool:
			body[field] = strconv.FormatBool(v)
		}
	}
}

// closed is the answer where online booking is switched off: the phone is what is left.
func closed(e *core.RequestEvent, at *store.Location) error {
	words := "Online booking is closed here. Please call us."
	if at.Phone != "" {
		words = "Online booking is closed here. Please call " + at.Phone + "."
	}
	return e.ForbiddenError(words, validation.Errors{"location": problemWith("booking_closed", words, map[string]any{"phone": at.Phone})})
}

// bookingForm reads the fields of a request strictly: every one is a text of a known length, and what is wrong is said beside its field.
type bookingForm struct {
	clinic   *store.Clinic
	body     map[string]any
	guest    bool
	problems validation.Errors
}

// The longest text of each field, as the schema has it.
const (
	nameLength    = 100
	addressLength = 200
	noteLength    = 2000
)

func (f *bookingForm) read() (store.Request, *store.Location) {
	q := store.Request{Source: "online"}
	if !f.guest {
		q.Source = "staff"
	}
	q.Location, q.Reason, q.Practitioner = f.id("location", true), f.id("reason", true), f.id("practitioner", false)
	at := f.clinic.Locations[q.Location]
	if q.Location != "" && (at == nil || at.Inactive) {
		f.problem("location", "unknown", "This location does not exist.")
	}
	if reason := f.clinic.Reasons[q.Reason]; q.Reason != "" && (reason == nil || reason.Inactive) {
		f.problem("reason", "unknown", "This kind of visit does not exist.")
	}
	if _, known := f.clinic.Practitioners[q.Practitioner]; q.Practitioner != "" && !known {
		f.problem("practitioner", "unknown", "This practitioner does not exist.")
	}
	t := &q.Typed
	t.Species = f.id("species", false)
	if s := f.clinic.Species[t.Species]; t.Species != "" && (s == nil || s.Inactive) {
		f.problem("species", "unknown", "This kind of animal does not exist.")
	}
	q.StartsAt = f.instant("starts_at")
	t.FirstName, t.LastName = f.text("first_name", nameLength), f.text("last_name", nameLength)
	t.Address, t.Postcode, t.City = f.text("address", addressLength), f.text("postcode", 20), f.text("city", nameLength)
	t.PetName, t.PetBreed, t.PetBornOn = f.text("pet_name", nameLength), f.text("pet_breed", nameLength), f.day("pet_born_on")
	t.NoOffers = f.truth("no_offers")
	t.Locale = f.locale()
	q.Note = f.text("note", noteLength)
	q.Key = f.key()
	if at == nil {
		return q, nil
	}
	t.Country = at.Country
	t.Email = f.email()
	t.Phone, t.Mobile = f.phone(at.Country)
	f.require(at, &q)
	return q, at
}

func (f *bookingForm) problem(field, code, message string) {
	if f.problems[field] == nil {
		f.problems[field] = validation.NewError(code, message)
	}
}

// text reads a text without the white space around it, in the composed form in which names are compared.
func (f *bookingForm) text(field string, most int) string {
	raw, sent := f.body[field]
	if !sent || raw == nil {
		return ""
	}
	s, is := raw.(string)
	if !is {
		f.problem(field, "invalid_text", "This must be text.")
		return ""
	}
	if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		f.problem(field, "invalid_text", "This text has characters that cannot be stored.")
		return ""
	}
	s = strings.TrimSpace(norm.NFC.String(s))
	if utf8.RuneCountInString(s) > most {
		f.problem(field, "too_long", fmt.Sprintf("Write at most %d characters.", most))
		return ""
	}
	return s
}

func (f *bookingForm) truth(field string) bool {
	switch v := f.body[field].(type) {
	case nil:
	case bool:
		return v
	case string:
		if v == "true" || v == "on" || v == "1" {
			return true
		}
		if v != "" && v != "false" && v != "0" {
			f.problem(field, "invalid_bool", "This must be true or false.")
		}
	default:
		f.problem(field, "invalid_bool", "This must be true or false.")
	}
	return false
}

func (f *bookingForm) id(field string, required bool) string {
	id := f.text(field, 200)
	switch {
	case id == "" && required && f.problems[field] == nil:
		f.problem(field, "required", "Please choose.")
	case id != "" && !store.ValidID(id):
		f.problem(field, "invalid_id", "This is not an id.")
		return ""
	}
	return id
}

// instant reads RFC 3339, or PocketBase's own form. A visit begins on a whole minute.
func (f *bookingForm) instant(field string) time.Time {
	s := f.text(field, 60)
	if s == "" {
		if f.problems[field] == nil {
			f.problem(field, "required", "Please choose a time.")
		}
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, strings.Replace(s, " ", "T", 1))
	if err != nil || t.Year() < 2000 || t.Year() > 2200 {
		f.problem(field, "invalid_date", "Write the time as in 2027-03-01T08:15:00Z.")
		return time.Time{}
	}
	return t.UTC()
}

func (f *bookingForm) day(field string) string {
	s := f.text(field, 60)
	if p := miswritten(store.BookingRequests, field, s); p.code != "" {
		f.problem(field, p.code, p.words)
	}
	return s
}

func (f *bookingForm) email() string {
	typed := f.text("email", 320)
	if typed == "" {
		return ""
	}
	address, ok := booking.Email(typed)
	if !ok {
		f.problem("email", "invalid_email", "This is not an e-mail address. An example: name@example.com.")
	}
	return address
}

func (f *bookingForm) phone(country string) (number string, mobile bool) {
	typed := f.text("phone", 40)
	if typed == "" {
		return "", false
	}
	number, mobile, ok := booking.Phone(typed, country)
	if !ok {
		f.problem("phone", "invalid_phone", "This is not a phone number. With a number from another country, begin with + and the country's code.")
	}
	return number, mobile
}

// locale keeps what looks like a language tag and ignores the rest: it is the browser's word, not the owner's.
func (f *bookingForm) locale() string {
	tag := f.text("locale", 35)
	for _, c := range tag {
		if c != '-' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') {
			return ""
		}
	}
	tag, rest, _ := strings.Cut(tag, "-")
	if tag = strings.ToLower(tag); len(tag) != 2 && len(tag) != 3 {
		return ""
	}
	if len(rest) < 2 {
		return tag
	}
	return tag + "-" + rest
}

func (f *bookingForm) key() string {
	key := f.text("idempotency_key", 200)
	valid := len(key) >= 16 && len(key) <= 64 && !strings.ContainsFunc(key, func(c rune) bool {
		return c != '-' && c != '_' && (c < '0' || c > '9') && (c < 'A' || c > 'Z') && (c < 'a' || c > 'z')
	})
	switch {
	case valid || key == "" && !f.guest:
		return key
	case key == "":
		f.problem("idempotency_key", "required", "Send a key, so that a request that is sent twice is one visit.")
	default:
		f.problem("idempotency_key", "invalid_key", "A key has 16 to 64 letters, digits, - or _.")
	}
	return ""
}

// require holds the form to what the location asks for; staff on the phone may leave out what an owner must say.
func (f *bookingForm) require(at *store.Location, q *store.Request) {
	t := q.Typed
	given := map[string]string{
		"first_name": t.FirstName, "last_name": t.LastName, "email": t.Email, "phone": t.Phone, "address": t.Address, "postcode": t.Postcode,
		"city": t.City, "pet_name": t.PetName, "pet_breed": t.PetBreed, "pet_born_on": t.PetBornOn, "note": q.Note,
	}
	needed := at.Required
	if !f.guest {
		needed = []string{"last_name"}
	}
	for _, field := range needed {
		if field == "contact" {
			if t.Email == "" && t.Phone == "" && f.problems["phone"] == nil {
				f.problem("email", "required", "Please give an e-mail address or a phone number.")
			}
			continue
		}
		if given[field] == "" {
			f.problem(field, "required", "Please fill this in.")
		}
	}
	if at.Place.AskSpecies && t.Species == "" {
		f.problem("species", "required", "Please say what kind of animal it is.")
	}
}

func filled(v any) bool {
	s, isText := v.(string)
	return v != nil && (!isText || strings.TrimSpace(s) != "")
}

// answer is what whoever booked reads: the same for a known and an unknown owner.
func (h House) answer(clinic *store.Clinic, at *store.Location, q store.Request, taken store.Taken, guest bool) map[string]any {
	visit := taken.Visit
	answer := map[string]any{
		"id": taken.Request, "collectionName": store.BookingRequests, "reference": visit.Reference, "status": string(visit.Status),
		"location": q.Location, "reason": q.Reason, "species": q.Typed.Species,
		"starts_at": visit.StartsAt.Format(time.RFC3339), "local": localTime(visit.StartsAt, at), "timezone": at.Timezone,
		"manage_url": clinic.Base + managePath + h.manageToken(visit),
		"messages":   promised(at, q),
	}
	if !at.HideDuration || !guest {
		answer["ends_at"] = visit.EndsAt.Format(time.RFC3339)
	}
	if p, ok := clinic.Practitioners[visit.Practitioner]; ok && (!at.HidePractitioner || !guest) {
		answer["practitioner"] = map[string]string{"id": p.ID, "name": p.Name}
	}
	if !guest {
		answer["booking"], answer["client"] = visit.ID, taken.Guests.Client
		answer["patient"], answer["match"] = taken.Guests.Patient, string(taken.Guests.Match)
	}
	return answer
}

func localTime(t time.Time, at *store.Location) string {
	return t.In(at.Place.Zone).Format("2006-01-02 15:04")
}

// promised says where the confirmation goes, from what was typed alone.
func promised(at *store.Location, q store.Request) []map[string]string {
	sent := []map[string]string{}
	for _, c := range at.Notify.ConfirmationChannels {
		to := q.Typed.Email
		on := at.Notify.EmailEnabled
		if c == outbox.SMS {
			to, on = q.Typed.Phone, at.Notify.SMSEnabled
		}
		if to != "" && on && (c == outbox.SMS || c == outbox.Email) {
			sent = append(sent, map[string]string{"channel": string(c), "to_masked": outbox.Masked(c, to)})
		}
	}
	return sent
}

// decoy is an answer of the same shape for whoever filled in the field that people do not see. Nothing is looked up or stored.
func (h House) decoy(clinic *store.Clinic, at *store.Location, q store.Request) (map[string]any, error) {
	reference, err := store.NewReference()
	if err != nil {
		return nil, err
	}
	if at == nil {
		at = &store.Location{Timezone: "UTC", HideDuration: true, HidePractitioner: true}
		at.Place.Zone = time.UTC
	}
	if q.StartsAt.IsZero() {
		q.StartsAt = h.Now().Truncate(time.Minute)
	}
	visit := store.VisitRow{
		ID: core.GenerateDefaultRandomId(), Reference: reference, Practitioner: q.Practitioner, Status: booking.Booked, StartsAt: q.StartsAt,
		EndsAt: q.StartsAt.Add(usualLength),
	}
	if reason := clinic.Reasons[q.Reason]; reason != nil {
		visit.EndsAt = q.StartsAt.Add(reason.Rules.Duration)
	}
	if at.RequestMode {
		visit.Status = booking.Requested
	}
	for _, p := range clinic.Practitioners {
		if visit.Practitioner == "" && (len(p.Locations) == 0 || slices.Contains(p.Locations, q.Location)) {
			visit.Practitioner = p.ID
		}
	}
	return h.answer(clinic, at, q, store.Taken{Request: core.GenerateDefaultRandomId(), Visit: visit}, true), nil
}

// usualLength is how long a decoy lasts whose reason is none.
const usualLength = 30 * time.Minute
