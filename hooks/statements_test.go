package hooks_test

import (
	"encoding/csv"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

// a quarter's statements are a file that any spreadsheet reads, for those whose business they are.
func TestStatementsAreAFileForManagers(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	other := clinictest.Location(t, c.app, clinictest.Fields{"legal_id": "NO 987,654", "legal_name": "=Vets \"North\" AS", "currency": "NOK"})
	sent := func(location string, more clinictest.Fields) {
		clinictest.Make(t, c.app, "messages", clinictest.Fields{"location": location, "channel": "sms", "state": "sent", "currency": "DKK", "legal_id": "12345678", "billed_period": "2027Q1", "parts": 1, "cost": 0.99}, more)
	}
	for range 3 {
		sent(c.location.Id, clinictest.Fields{})
	}
	sent(c.location.Id, clinictest.Fields{"state": "failed", "parts": 2, "cost": 1.98}) // handed over, paid, and never received
	sent(c.location.Id, clinictest.Fields{"currency": "EUR", "cost": 0.1})
	sent(c.location.Id, clinictest.Fields{"billed_period": "2026Q4"})
	sent(c.location.Id, clinictest.Fields{"channel": "email", "cost": 0})
	sent(c.location.Id, clinictest.Fields{"state": "queued", "billed_period": ""})
	sent(other.Id, clinictest.Fields{"legal_id": "NO 987,654", "currency": "NOK", "cost": 1.5})

	const header = "legal_id,legal_name,period,currency,messages,parts,cost\r\n"
	const ours = "12345678,Harbour Vets ApS,2027Q1,DKK,4,5,4.95\r\n12345678,Harbour Vets ApS,2027Q1,EUR,1,1,0.10\r\n"
	const theirs = "\"NO 987,654\",\"'=Vets \"\"North\"\" AS\",2027Q1,NOK,1,1,1.50\r\n"
	everywhere, here, there := c.staff("manager"), c.staff("manager", c.location), c.staff("manager", other)
	for _, try := range []struct{ name, token, query, want string }{
		{"a superuser", c.superuser, "period=2027Q1", header + ours + theirs},
		{"a manager whom no list limits", everywhere, "period=2027Q1", header + ours + theirs},
		{"a manager here", here, "period=2027Q1", header + ours},
		{"a manager there", there, "period=2027Q1", header + theirs},
		{"one company", everywhere, "period=2027Q1&legal_id=NO%20987,654", header + theirs},
		{"a company of others", here, "period=2027Q1&legal_id=NO%20987,654", header},
		{"a quarter without any", here, "period=2028Q1", header},
	} {
		got := c.as(try.token, http.MethodGet, "/api/statements.csv?"+try.query, nil)
		if got.Status != http.StatusOK {
			t.Errorf("%s: %d %s", try.name, got.Status, got.Body)
			continue
		}
		if diff := cmp.Diff(try.want, got.Body); diff != "" {
			t.Errorf("%s: %s", try.name, diff)
		}
		if _, err := csv.NewReader(strings.NewReader(got.Body)).ReadAll(); err != nil {
			t.Errorf("%s: %v", try.name, err)
		}
		if kind := got.Header.Get("Content-Type"); kind != "text/csv; charset=utf-8; header=present" || !strings.Contains(got.Header.Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %s, %s", try.name, kind, got.Header.Get("Content-Disposition"))
		}
	}
	left := clinictest.Account(t, c.app, "manager")
	leftToken := clinictest.Token(t, left)
	clinictest.Change(t, c.app, left, clinictest.Fields{"inactive": true})
	for _, try := range []struct {
		name, token, query string
		status             int
		code               string
	}{
		{"a guest", "", "period=2027Q1", http.StatusUnauthorized, ""},
		{"reception", c.staff("reception"), "period=2027Q1", http.StatusForbidden, ""},
		{"a manager who left", leftToken, "period=2027Q1", http.StatusForbidden, ""},
		{"no quarter", everywhere, "", http.StatusBadRequest, "required"},
		{"half a quarter", everywhere, "period=2027", http.StatusBadRequest, "invalid_period"},
		{"a fifth quarter", everywhere, "period=2027Q5", http.StatusBadRequest, "invalid_period"},
	} {
		if got := c.as(try.token, http.MethodGet, "/api/statements.csv?"+try.query, nil); got.Status != try.status || got.code("period") != try.code {
			t.Errorf("%s: %d %s", try.name, got.Status, got.Body)
		}
	}
}

// A name that a spreadsheet would take for a formula is a name.
func TestNoNameInAStatementIsAFormula(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	for name, want := range map[string]string{
		"=1+1": "'=1+1", "+45": "'+45", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t=1", "\n=1": "'\n=1", "＝1+1": "'＝1+1", "＠SUM(A1)": "'＠SUM(A1)",
		"Øst & Vest, \"Vets\"": "Øst & Vest, \"Vets\"",
	} {
		clinictest.Change(t, c.app, c.location, clinictest.Fields{"legal_name": name})
		clinictest.Make(t, c.app, "messages", clinictest.Fields{"location": c.location.Id, "channel": "sms", "state": "sent", "currency": "DKK", "legal_id": "12345678", "billed_period": "2027Q1", "parts": 1, "cost": 0.99})
		lines, err := csv.NewReader(strings.NewReader(c.as(c.superuser, http.MethodGet, "/api/statements.csv?period=2027Q1", nil).Body)).ReadAll()
		if err != nil || len(lines) != 2 || lines[1][1] != want {
			t.Errorf("%q is %v, %v", name, lines, err)
		}
	}
}

// accepting the terms is a date that a manager sets over the API.
func TestTheTermsOfTextsAreAcceptedByADate(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	settings := clinictest.MessageSettings(t, c.app, c.location, clinictest.Fields{"sms_terms_accepted_at": ""})
	enabled := func() bool {
		clinic, err := c.desk.Clinic()
		if err != nil {
			t.Fatal(err)
		}
		return clinic.Locations[c.location.Id].Notify.SMSEnabled
	}
	if enabled() {
		t.Fatal("texts leave before the terms are accepted")
	}
	path := "/api/collections/message_settings/records/" + settings.Id
	if got := c.as(c.staff("reception", c.location), http.MethodPatch, path, fields{"sms_terms_accepted_at": "2027-03-01 06:00:00.000Z"}); got.Status == http.StatusOK {
		t.Error("reception accepted the terms")
	}
	if got := c.as(c.staff("manager", c.location), http.MethodPatch, path, fields{"sms_terms_accepted_at": "2027-03-01 06:00:00.000Z"}); got.Status != http.StatusOK {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	if !enabled() {
		t.Error("the terms are accepted, and texts are still held back")
	}
}

// a text of which a person finds out that it was sent is on the statement like any other, and nobody is asked about it any more.
func TestATextThatAPersonFoundToBeSentIsPaid(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	lost := func() *core.Record {
		m := c.waiting(c.maja(), clinictest.Fields{"channel": "sms", "to": "+4520123456", "parts": 2, "state": "unknown", "reason": "not_known", "detail": "timed out", "attempts": 1})
		clinictest.Make(t, c.app, "tasks", fields{"kind": "message_unknown", "title": "What became of it?", "message": m.Id})
		return m
	}
	found, gone := lost(), lost()
	for m, state := range map[*core.Record]string{found: "sent", gone: "failed"} {
		if got := c.patch(c.superuser, m, fields{"state": state}); got.Status != http.StatusOK {
			t.Fatalf("%d %s", got.Status, got.Body)
		}
	}
	r := c.reload(found)
	said := []any{r.GetString("state"), r.GetString("reason"), r.GetString("detail"), r.GetFloat("cost"), r.GetString("currency"), r.GetString("billed_period"), r.GetString("legal_id"), r.GetDateTime("sent_at").Time()}
	if diff := cmp.Diff([]any{"sent", "", "", 1.98, "DKK", "2027Q1", "12345678", c.now}, said); diff != "" {
		t.Error(diff)
	}
	if r = c.reload(gone); r.GetString("state") != "failed" || r.GetFloat("cost") != 0 || r.GetString("billed_period") != "" {
		t.Errorf("%s costs %v", r.GetString("state"), r.GetFloat("cost"))
	}
	if open, err := c.app.CountRecords("tasks", dbx.HashExp{"kind": "message_unknown", "done": false}); err != nil || open != 0 {
		t.Errorf("%d questions are still open, %v", open, err)
	}
}
