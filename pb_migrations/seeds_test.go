package pb_migrations_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/notify"
	"pawbell/internal/outbox"
)

func all(t *testing.T, app core.App, collection string) []*core.Record {
	t.Helper()
	records, err := app.FindAllRecords(collection)
	if err != nil {
		t.Fatal(err)
	}
	return records
}

var ownerTexts = []string{
	"booking_received", "booking_confirmation", "booking_change", "booking_declined", "booking_cancellation", "visit_reminder",
	"visit_neutral", "day_notice", "payment_due", "reminder", "group", "normal",
}

var noticeTexts = []string{"notice_booking", "notice_cancellation", "notice_payment"}

// ready-made texts with a code and a description each, in every language that Pawbell knows.
func TestReadyMadeTextsAreThere(t *testing.T) {
	t.Parallel()
	app := fresh(t)
	texts := map[string]*core.Record{}
	for _, text := range all(t, app, "templates") {
		texts[text.GetString("locale")+" "+text.GetString("code")] = text
		if text.GetString("location") != "" || text.GetString("name") == "" || text.GetString("description") == "" {
			t.Errorf("%s has no name, no description or a location", text.GetString("code"))
		}
	}
	for _, locale := range notify.Languages() {
		for _, code := range slices.Concat(ownerTexts, noticeTexts) {
			if texts[locale+" "+code] == nil {
				t.Errorf("no %s in %s", code, locale)
			}
			delete(texts, locale+" "+code)
		}
	}
	for name := range texts {
		t.Errorf("%s was not asked for", name)
	}
	if locations := all(t, app, "locations"); len(locations) > 0 {
		t.Errorf("%d locations, want none", len(locations))
	}
}

// merged with long names every text message is one part, and e-mails merge without a code that says nothing.
func TestReadyMadeTextsMergeAndFitOnePart(t *testing.T) {
	t.Parallel()
	place := notify.Location{
		ID: "harbour", Name: "Harbour Veterinary Centre", Phone: "+45 33 11 22 33", Address: "Havnegade 1, 1058 København",
		Email: "hello@harbour.example", Currency: "DKK", Country: "DK", SMSMaxParts: 1,
	}
	for _, record := range all(t, fresh(t), "templates") {
		code, locale := record.GetString("code"), record.GetString("locale")
		facts := notify.LongFacts(place, "https://booking.harbour.example", locale)
		text := notify.Template{
			Code: code, Locale: locale, Purpose: outbox.Purpose(record.GetString("purpose")),
			Subject: record.GetString("subject"), Email: record.GetString("email_text"), SMS: record.GetString("sms_text"),
		}
		subject, _, problems := notify.Compose(text, facts, outbox.Email, locale)
		if len(problems) > 0 || subject == "" {
			t.Errorf("%s in %s: subject %q, %v", code, locale, subject, problems)
		}
		if slices.Contains(noticeTexts, code) {
			if text.SMS != "" {
				t.Errorf("%s in %s is for e-mail only", code, locale)
			}
			continue
		}
		size, problems := notify.Judge(text.SMS, facts, locale)
		if len(problems) > 0 || size.Parts != 1 {
			t.Errorf("%s in %s: %+v, %v", code, locale, size, problems)
		}
		for _, private := range []string{"reason.", "instructions", "species", "practitioner."} {
			if strings.Contains(text.SMS, private) {
				t.Errorf("%s in %s tells %s on a phone's screen", code, locale, private)
			}
		}
		if !strings.Contains(text.Email, "{{ location.phone }}") || !strings.Contains(text.SMS, "{{ location.phone }}") {
			t.Errorf("%s in %s does not say how to reach the clinic", code, locale)
		}
	}
}

// whoever may cancel or move the visit finds the link in the e-mail.
func TestTextsAboutAVisitLeadToIt(t *testing.T) {
	t.Parallel()
	for _, record := range all(t, fresh(t), "templates") {
		linked := strings.Contains(record.GetString("email_text"), "({{ booking.manage_url }})")
		standing := slices.Contains([]string{
			"booking_received", "booking_confirmation", "booking_change", "visit_reminder", "visit_neutral", "payment_due",
		}, record.GetString("code"))
		if linked != standing {
			t.Errorf("%s in %s: link %v", record.GetString("code"), record.GetString("locale"), linked)
		}
	}
}

func TestSpeciesGroupsAndReasonsAreThere(t *testing.T) {
	t.Parallel()
	app := fresh(t)
	if n := len(all(t, app, "species")); n != 10 {
		t.Errorf("%d species", n)
	}
	if n := len(all(t, app, "reason_groups")); n != 3 {
		t.Errorf("%d groups", n)
	}
	reasons := all(t, app, "reasons")
	if len(reasons) != 12 {
		t.Errorf("%d reasons", len(reasons))
	}
	offline, goodbye := 0, 0
	for _, reason := range reasons {
		if reason.GetInt("duration_minutes")%15 != 0 {
			t.Errorf("%s does not fit the grid", reason.GetString("name"))
		}
		if reason.GetBool("offline") {
			offline++
		}
		if reason.GetBool("end_of_life") {
			goodbye++
			if !reason.GetBool("offline") {
				t.Error("a goodbye is booked by phone")
			}
		}
	}
	if offline != 2 || goodbye != 1 {
		t.Errorf("%d offline, %d goodbyes", offline, goodbye)
	}
	for _, collection := range []string{"species", "reason_groups", "reasons"} {
		for _, record := range all(t, app, collection) {
			var translated map[string]map[string]string
			if err := record.UnmarshalJSONField("translations", &translated); err != nil {
				t.Fatal(err)
			}
			for _, locale := range notify.Languages()[1:] {
				if translated[locale]["name"] == "" || record.GetString("instructions") != "" && translated[locale]["instructions"] == "" {
					t.Errorf("%s is not translated into %s", record.GetString("name"), locale)
				}
			}
		}
	}
}
