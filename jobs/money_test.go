package jobs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/clinictest"
	"pawbell/internal/store/queue"
)

// statement is a line of the view as people read it.
type statement struct {
	legalID, period, currency string
	messages, parts           int
	cost                      float64
}

func (tr *trial) statements() map[statement]bool {
	tr.t.Helper()
	rows, err := tr.app.FindAllRecords("statements")
	if err != nil {
		tr.t.Fatal(err)
	}
	lines := map[statement]bool{}
	for _, r := range rows {
		lines[statement{r.GetString("legal_id"), r.GetString("period"), r.GetString("currency"), r.GetInt("messages"), r.GetInt("parts"), r.GetFloat("cost")}] = true
	}
	return lines
}

// a quarter begins with the clinic's own new year, wherever the clinic is.
func TestAQuarterIsTheClinicsOwn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		zone string
		at   time.Time
		want string
	}{
		{"Europe/Copenhagen", time.Date(2026, 12, 31, 22, 59, 59, 0, time.UTC), "2026Q4"},
		{"Europe/Copenhagen", time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC), "2027Q1"},
		{"Europe/Helsinki", time.Date(2026, 12, 31, 21, 59, 59, 0, time.UTC), "2026Q4"},
		{"Europe/Helsinki", time.Date(2026, 12, 31, 22, 0, 0, 0, time.UTC), "2027Q1"},
		{"Europe/Bucharest", time.Date(2026, 12, 31, 22, 0, 0, 0, time.UTC), "2027Q1"},
		{"Atlantic/Reykjavik", time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), "2026Q4"},
		{"America/New_York", time.Date(2027, 1, 1, 4, 59, 59, 0, time.UTC), "2026Q4"},
		{"America/New_York", time.Date(2027, 1, 1, 5, 0, 0, 0, time.UTC), "2027Q1"},
		{"Pacific/Auckland", time.Date(2026, 12, 31, 10, 59, 59, 0, time.UTC), "2026Q4"},
		{"Pacific/Auckland", time.Date(2026, 12, 31, 11, 0, 0, 0, time.UTC), "2027Q1"},
		{"Europe/Copenhagen", time.Date(2027, 3, 31, 21, 59, 59, 0, time.UTC), "2027Q1"},
		{"Europe/Copenhagen", time.Date(2027, 3, 31, 22, 0, 0, 0, time.UTC), "2027Q2"},
		{"Europe/Copenhagen", time.Date(2027, 9, 30, 22, 0, 0, 0, time.UTC), "2027Q4"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := queue.Quarter(c.at.In(zone)); got != c.want {
			t.Errorf("%s in %s is %s, want %s", c.at.Format(time.RFC3339), c.zone, got, c.want)
		}
	}
}

// the statement adds up what was written when each text was sent: by the price of that moment, in the location's own quarter,
// for the company that the location belonged to then.
func TestTheStatementAddsUpWhatWasWrittenWhenSent(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	nameless := clinictest.Location(t, tr.app, clinictest.Fields{"legal_id": "", "legal_name": "", "timezone": "Europe/Helsinki", "currency": "EUR"})
	clinictest.MessageSettings(t, tr.app, nameless, clinictest.Fields{"sms_price": 0.07})
	tr.desk.SetupChanged()
	newYear := time.Date(2026, 12, 31, 20, 0, 0, 0, time.UTC) // 21:00 in Copenhagen, 22:00 in Helsinki
	tr.clock = newYear
	text := func(fields clinictest.Fields) {
		tr.message(clinictest.Fields{"channel": "sms", "to": "+4520123456", "subject": "", "parts": 1}, fields)
	}
	text(clinictest.Fields{})
	text(clinictest.Fields{"parts": 3, "over_limit": true})
	text(clinictest.Fields{"location": nameless.Id, "send_at": newYear.Add(-3 * time.Hour), "parts": 2})
	tr.message() // an e-mail costs nothing and is on no statement
	tr.dispatch(newYear)

	// Queued at the old price, sent at the new one.
	text(clinictest.Fields{"send_at": newYear.Add(12 * time.Hour), "planned_at": newYear.Add(12 * time.Hour), "expires_at": newYear.Add(36 * time.Hour)})
	clinictest.MessageSettings(t, tr.app, tr.location, clinictest.Fields{"sms_price": 1.25})
	tr.desk.SetupChanged()
	tr.dispatch(newYear.Add(12 * time.Hour))

	// The location changes hands; what was sent stays with whom it was sent for.
	clinictest.Change(t, tr.app, tr.location, clinictest.Fields{"legal_id": "87654321"})
	tr.desk.SetupChanged()
	text(clinictest.Fields{"send_at": newYear.Add(14 * time.Hour), "expires_at": newYear.Add(36 * time.Hour)})
	tr.dispatch(newYear.Add(14 * time.Hour))

	// Staff ask again in the morning: the one for Helsinki waited for its window.
	want := map[statement]bool{
		{"12345678", "2026Q4", "DKK", 2, 4, 3.96}: true,
		{"12345678", "2027Q1", "DKK", 1, 1, 1.25}: true,
		{"87654321", "2027Q1", "DKK", 1, 1, 1.25}: true,
		{"", "2027Q1", "EUR", 1, 2, 0.14}:         true,
	}
	if diff := cmp.Diff(want, tr.statements(), cmp.AllowUnexported(statement{})); diff != "" {
		t.Error(diff)
	}
}

// no text leaves before the terms are accepted, and the acceptance alone is enough.
func TestTextsWaitForTheTerms(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	accept := func(at string) {
		clinictest.MessageSettings(t, tr.app, tr.location, clinictest.Fields{"sms_terms_accepted_at": at})
		tr.desk.SetupChanged()
	}
	tr.clock = monday.Add(2 * time.Hour)
	accept("")
	first := tr.message(clinictest.Fields{"channel": "sms", "to": "+4520123456", "parts": 1})
	tr.dispatch(tr.clock)
	if r := tr.reload(first); r.GetString("state") != "skipped" || r.GetString("reason") != "channel_off" {
		t.Errorf("%s %s", r.GetString("state"), r.GetString("reason"))
	}
	accept("2027-03-01 09:00:00.000Z")
	second := tr.message(clinictest.Fields{"channel": "sms", "to": "+4520123456", "parts": 1})
	tr.dispatch(tr.clock)
	if r := tr.reload(second); r.GetString("state") != "sent" || r.GetFloat("cost") != 0.99 {
		t.Errorf("%s, cost %v", r.GetString("state"), r.GetFloat("cost"))
	}
}
