package hooks_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// send posts bytes as they are.
func (c *clinic) send(contentType string, body io.Reader) reply {
	c.t.Helper()
	request := httptest.NewRequestWithContext(c.t.Context(), http.MethodPost, requestsPath, body)
	request.Header.Set("Content-Type", contentType)
	recorded := httptest.NewRecorder()
	c.handler.ServeHTTP(recorded, request)
	r := reply{Status: recorded.Code, Header: recorded.Header(), Body: recorded.Body.String()}
	if err := json.Unmarshal([]byte(r.Body), &r.JSON); err != nil {
		c.t.Fatalf("answered %q: %v", r.Body, err)
	}
	return r
}

var formFields = []string{
	"location", "reason", "species", "practitioner", "starts_at", "first_name", "last_name", "email", "phone", "address", "postcode", "city",
	"pet_name", "pet_breed", "pet_born_on", "note", "no_offers", "locale", "idempotency_key",
}

// Whatever stands in a field, the answer is a 4xx that names it, and nothing is stored.
func TestAValueOfAnyKindIsRefusedOnItsField(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	full := fields{"address": "Gata 1", "postcode": "0150", "city": "Oslo", "pet_breed": "Mix", "pet_born_on": "2020-02-29", "note": "Shy", "locale": "da", "practitioner": c.practitioner.Id}
	odd := map[string]any{
		"a list": []any{"x"}, "a list of lists": []any{[]any{}}, "an object": fields{"a": 1}, "an empty object": fields{}, "a number": 20123456,
		"a huge number": json.Number("1e400"), "a fraction": -0.5, "true": true, "100 KB": strings.Repeat("x", 50<<10), "a NUL": "a\x00b", "a NUL alone": "\x00",
	}
	for _, field := range formFields {
		c.unchanged(func() {
			for name, value := range odd {
				if field == "no_offers" && name == "true" {
					continue
				}
				answer := c.post(c.form(thursday, full, fields{field: value}))
				named := answer.code(field) != "" || name == "a huge number" // JSON itself has no such number in Go
				if answer.Status < 400 || answer.Status >= 500 || !named {
					t.Errorf("%s is %s: %d %.300s", field, name, answer.Status, answer.Body)
				}
			}
		})
	}
}

func TestBodiesThatAreNoFormAreRefused(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	valid := asJSON(t, c.form(thursday))
	c.unchanged(func() {
		for name, body := range map[string]string{
			"nothing": "", "an empty object": "{}", "a list": "[]", "a list of forms": "[" + valid + "]", "null": "null", "a number": "1", "text": `"form"`,
			"half a form": valid[:len(valid)/2], "no JSON": "first_name=Kari", "a NUL": "\x00", "deep nesting": strings.Repeat(`{"a":`, 9000),
			"deep lists": `{"note":` + strings.Repeat("[", 20000) + strings.Repeat("]", 20000) + `}`, "another encoding": "\xff\xfe{\x00}\x00",
		} {
			if answer := c.post(body); answer.Status < 400 || answer.Status >= 500 || answer.text("message") == "" {
				t.Errorf("%s: %d %.300s", name, answer.Status, answer.Body)
			}
		}
		for _, contentType := range []string{"text/plain", "application/xml", "multipart/form-data", "multipart/form-data; boundary=x", "", "é"} {
			if answer := c.send(contentType, strings.NewReader(valid)); answer.Status < 400 || answer.Status >= 500 {
				t.Errorf("sent as %q: %d %.300s", contentType, answer.Status, answer.Body)
			}
		}
	})
}

// A form that a browser sends by itself is a form too.
func TestFormsOfEveryKindAreRead(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	typed := fields{"phone": "20123456", "postcode": "1058", "address": "Havnegade 1", "no_offers": "true", "note": "true"}
	encoded := url.Values{}
	for field, value := range c.form(thursday, typed) {
		encoded.Set(field, value.(string))
	}
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for field, value := range c.form("2027-03-05T08:15:00Z", typed) {
		if err := parts.WriteField(field, value.(string)); err != nil {
			t.Fatal(err)
		}
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	for contentType, body := range map[string]io.Reader{
		"application/x-www-form-urlencoded": strings.NewReader(encoded.Encode()), parts.FormDataContentType(): &body,
	} {
		answer := c.send(contentType, body)
		if answer.Status != http.StatusOK {
			t.Errorf("%s: %d %s", contentType, answer.Status, answer.Body)
			continue
		}
		visit := c.visitOf(answer)
		owner := c.mustFind(store.Clients, visit.GetString("client"))
		if owner.GetString("phone") != "+4520123456" || owner.GetString("postcode") != "1058" || visit.GetString("owner_note") != "true" {
			t.Errorf("%s: %v", contentType, owner.PublicExport())
		}
	}
}

// 64 KB are enough for everybody, announced or not.
func TestMoreThanEnoughIsNotRead(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	large := asJSON(t, c.form(thursday, fields{"note": strings.Repeat("n", 70<<10)}))
	unannounced := struct{ io.Reader }{strings.NewReader(large)}
	c.unchanged(func() {
		for name, body := range map[string]io.Reader{"announced": strings.NewReader(large), "unannounced": unannounced} {
			if answer := c.send("application/json", body); answer.Status != http.StatusRequestEntityTooLarge {
				t.Errorf("%s: %d %.300s", name, answer.Status, answer.Body)
			}
		}
	})
	_, door := c.booked(thursday)
	for _, verb := range []string{"/cancel", "/confirm", "/move"} {
		if answer := c.as("", http.MethodPost, door+verb, `{"note":"`+strings.Repeat("n", 70<<10)+`"}`); answer.Status != http.StatusRequestEntityTooLarge {
			t.Errorf("%s: %d %.300s", verb, answer.Status, answer.Body)
		}
	}
}

func TestOtherVerbsAreNotForGuests(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	answer := c.post(c.form(thursday))
	c.unchanged(func() {
		for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete} {
			for _, path := range []string{requestsPath, requestsPath + "/" + answer.text("id")} {
				got := c.as("", method, path, "{}")
				if got.Status == http.StatusOK && got.JSON["totalItems"] == 0.0 {
					continue // the empty list of somebody who may see none
				}
				if got.Status < 400 || got.Status >= 500 {
					t.Errorf("%s %s: %d %s", method, path, got.Status, got.Body)
				}
			}
		}
	})
}

// What a guest says about our own records is not listened to.
func TestAGuestCannotNameOurRecords(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	victim := clinictest.Client(t, c.app)
	answer := c.post(c.form(thursday, fields{
		"id": "aaaaaaaaaaaaaaa", "client": victim.Id, "patient": "x", "booking": []any{1}, "match": "matched", "content_hash": "x", "first_answer": "x",
		"status": "completed", "created": "yesterday", "expand": "client", "price": 1,
	}))
	if answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	visit := c.visitOf(answer)
	if visit.GetString("client") == victim.Id || visit.GetString("status") != "booked" || answer.text("id") == "aaaaaaaaaaaaaaa" {
		t.Errorf("%v", visit.PublicExport())
	}
	if expanded := c.as("", http.MethodPost, requestsPath+"?expand=client,booking&fields=*", c.form("2027-03-05T08:15:00Z")); strings.Contains(expanded.Body, "expand") || expanded.JSON["client"] != nil {
		t.Errorf("%s", expanded.Body)
	}
}

func TestNamesOfEveryScriptAreKept(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	for i, name := range []string{"Øyvind", "Ștefania", "Жанна", "王小明", "👩‍⚕️", "O'Brien-Ångström", "<script>alert(1)</script>", "{{ client.email }}", "%s%d", "' OR 1=1 --"} {
		visit, _ := c.booked(fmt.Sprintf("2027-03-%02dT08:15:00Z", 8+i), fields{
			"first_name": name, "pet_name": name, "email": fmt.Sprintf("owner%d@owner.example", i), "phone": nil,
		})
		if got := c.mustFind(store.Clients, visit.GetString("client")).GetString("first_name"); got != name {
			t.Errorf("%q was stored as %q", name, got)
		}
		for _, line := range c.queue(visit) {
			if !strings.Contains(line, "queued") && !strings.Contains(line, "no_address") {
				t.Errorf("%q: %s", name, line)
			}
		}
	}
}

// Whatever bytes come in, the answer is a visit or a refusal; and what is refused leaves nothing behind.
func FuzzARequest(f *testing.F) {
	c := newClinic(f)
	clinictest.BookingSettings(f, c.app, c.location, fields{"max_open": 0})
	kinds := []string{"application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"}
	for i, seed := range []string{
		asJSON(f, c.form(thursday)), "first_name=Kari&phone=20123456", "--x\r\nContent-Disposition: form-data; name=\"phone\"\r\n\r\n20\r\n--x--", "",
		`{"starts_at":{"$gt":""},"location":["a"],"phone":1e999,"website":false}`, "\x00\xff", `{"@jsonPayload":"{}"}`, `{"first_name+":"x","-note":1}`,
	} {
		f.Add([]byte(seed), byte(i))
	}
	f.Fuzz(func(t *testing.T, body []byte, kind byte) {
		c := *c
		c.t = t
		before := c.rows()
		answer := c.send(kinds[int(kind)%len(kinds)], bytes.NewReader(body))
		switch {
		case answer.Status == http.StatusOK && answer.text("manage_url") != "":
		case answer.Status < 400 || answer.Status >= 500:
			t.Errorf("%d %s", answer.Status, answer.Body)
		default:
			if diff := cmp.Diff(before, c.rows()); diff != "" {
				t.Errorf("refused with %s, and yet:\n%s", answer.Body, diff)
			}
		}
	})
}

// Refusals repeat what somebody sent, and speak of merge codes; neither is read as a template.
func TestBracesInARefusalAreJustBraces(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	visit, _ := c.booked(thursday)
	message, err := c.app.FindFirstRecordByData(store.Messages, "booking", visit.Id)
	if err != nil {
		t.Fatal(err)
	}
	for _, sent := range []string{"{{", "{{ .from }}", "{{ template }}", `{{ printf "%1000000d" 1 }}`} {
		for _, r := range []struct{ path, field string }{{"bookings/records/" + visit.Id, "status"}, {"messages/records/" + message.Id, "state"}} {
			answer := c.as(c.superuser, http.MethodPatch, "/api/collections/"+r.path, fields{r.field: sent})
			if answer.Status != http.StatusBadRequest || answer.code(r.field) == "" || len(answer.Body) > 500 {
				t.Errorf("%s as %s: %d %.300s", sent, r.field, answer.Status, answer.Body)
			}
		}
	}
	clinictest.Change(t, c.app, c.location, fields{"phone": "{{ call }}"})
	clinictest.BookingSettings(t, c.app, c.location, fields{"enabled": false})
	if answer := c.post(c.form(thursday)); answer.Status != http.StatusForbidden || answer.params("location")["phone"] != "{{ call }}" {
		t.Errorf("%d %s", answer.Status, answer.Body)
	}
}
