package hooks_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/record"
)

const number = "+4520123456"

// reminded books a visit online for the number of the tests and lets its reminder leave two days before.
func (p *providers) reminded(startsAt string, change ...fields) *core.Record {
	p.t.Helper()
	visit, _ := p.booked(startsAt, append([]fields{{"phone": number}}, change...)...)
	p.now = tuesday
	p.sent(visit)
	return p.reload(visit)
}

// tuesday is 2 March 2027, 10:00 in Copenhagen: the reminder of thursday's visit has left, and its cut-off is a day away.
var tuesday = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

// heard lists what came in: meaning, whose, about which visit.
func (p *providers) heard(want ...string) {
	p.t.Helper()
	rows, err := p.app.FindRecordsByFilter(store.InboundMessages, "", "@rowid", 0, 0)
	if err != nil {
		p.t.Fatal(err)
	}
	known := func(r *core.Record, field, collection string) string {
		if r.GetString(field) == "" {
			return "nobody"
		}
		found := p.mustFind(collection, r.GetString(field))
		return found.GetString(map[string]string{store.Clients: "first_name", store.Bookings: "local_start"}[collection])
	}
	got := []string{}
	for _, r := range rows {
		got = append(got, fmt.Sprintf("%s %q: %s, %s, %s", r.GetString("from"), r.GetString("text"), r.GetString("meaning"), known(r, "client", store.Clients), known(r, "booking", store.Bookings)))
	}
	if a, b := strings.Join(want, "\n"), strings.Join(got, "\n"); a != b {
		p.t.Errorf("heard:\n%s\nwant:\n%s", b, a)
	}
}

// YES and NO by text are the owner's own doing, to the one visit of which the number was reminded.
func TestAnOwnerAnswersAReminder(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	visit := p.reminded(thursday)
	before := p.rung.Load()
	p.answered("yes", p.text(number, "Ja! Vi kommer", "SM1"), http.StatusOK)
	if got := p.reload(visit).GetString("status"); got != "confirmed" {
		t.Errorf("after yes the visit is %s", got)
	}
	p.answered("yes, again", p.text(number, "ja", ""), http.StatusOK)
	p.answered("no", p.text(number, "Avlys, tak", "SM2"), http.StatusOK)
	cancelled := p.reload(visit)
	if got := []string{cancelled.GetString("status"), cancelled.GetString("cancelled_by"), cancelled.GetString("cancel_note")}; strings.Join(got, "|") != "cancelled|owner|By text message." {
		t.Errorf("after no the visit is %v", got)
	}
	if p.rung.Load() == before {
		t.Error("the dispatcher heard nothing of it")
	}
	found := false
	for _, line := range p.queue(visit) {
		found = found || strings.HasPrefix(line, "booking_cancellation sms")
	}
	if !found {
		t.Errorf("the owner is told nothing: %q", p.queue(visit))
	}
	// Told twice, it counts once.
	p.unchanged(func() {
		p.answered("yes, told again", p.text(number, "Ja! Vi kommer", "SM1"), http.StatusOK)
		p.answered("no, told again", p.text(number, "Avlys, tak", "SM2"), http.StatusOK)
	})
	p.heard(number+` "Ja! Vi kommer": confirm, Kari, Thu 2027-03-04 09:15`, number+` "ja": confirm, Kari, Thu 2027-03-04 09:15`,
		number+` "Avlys, tak": cancel, Kari, Thu 2027-03-04 09:15`)
	p.open()
	p.answered("yes to a visit that is no more", p.text(number, "ja", ""), http.StatusOK)
	if got := p.reload(visit).GetString("status"); got != "cancelled" {
		t.Errorf("the visit came back: %s", got)
	}
	p.open("unclear_reply: Kari Nordmann (" + number + ") wrote: ja")
}

// from the cut-off on the visit stands, and a task says that somebody should call. A yes is as good as before.
func TestNoAfterTheCutOff(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	visit := p.reminded(thursday)
	p.now = time.Date(2027, 3, 3, 8, 15, 0, 0, time.UTC)
	p.answered("no", p.text(number, "CANCEL", ""), http.StatusOK)
	if got := p.reload(visit).GetString("status"); got != "booked" {
		t.Errorf("the visit is %s", got)
	}
	p.heard(number + ` "CANCEL": unclear, Kari, Thu 2027-03-04 09:15`)
	p.open("unclear_reply: Kari Nordmann (" + number + ") wants to call off the visit of Thu 2027-03-04 09:15 after its cut-off. It stands; please call")
	p.answered("yes", p.text(number, "OK", ""), http.StatusOK)
	if got := p.reload(visit).GetString("status"); got != "confirmed" {
		t.Errorf("the visit is %s", got)
	}
}

// an answer that could be about two visits, or about none, is left to a person.
func TestAnAnswerThatNobodyCanTell(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		arrange func(p *providers)
		words   string
		status  string
		task    string
	}{
		"two open visits": {func(p *providers) {
			p.now = monday
			p.reminded("2027-03-04T09:15:00Z", fields{"first_name": "Ola", "email": "ola@owner.example"})
		}, "ja", "booked", " wrote: ja"},
		"no reminder yet":            {func(p *providers) { p.run(`DELETE FROM messages WHERE purpose = 'visit_reminder'`) }, "ja", "booked", " wrote: ja"},
		"a reminder that failed":     {func(p *providers) { p.run(`UPDATE messages SET state = 'failed' WHERE purpose = 'visit_reminder'`) }, "ja", "booked", " wrote: ja"},
		"a reminder by e-mail alone": {func(p *providers) { p.run(`DELETE FROM messages WHERE purpose = 'visit_reminder' AND channel = 'sms'`) }, "cancel", "booked", " wrote: cancel"},
		"a reminder of eight days ago": {func(p *providers) {
			p.run(`UPDATE messages SET sent_at = '2027-02-22 09:00:00.000Z' WHERE purpose = 'visit_reminder'`)
		}, "cancel", "booked", " wrote: cancel"},
		"a reminder of another time": {func(p *providers) {
			p.run(`UPDATE messages SET expires_at = '2027-03-03 08:15:00.000Z' WHERE purpose = 'visit_reminder'`)
		}, "ja", "booked", " wrote: ja"},
		"a visit that has begun": {func(p *providers) { p.now = time.Date(2027, 3, 4, 8, 15, 0, 0, time.UTC) }, "ja", "booked", " wrote: ja"},
		"other words":            {func(*providers) {}, "Kan  vi\nflytte timen?", "booked", " wrote: Kan vi flytte timen?"},
		"no words":               {func(*providers) {}, " ", "booked", " sent a message without words"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProviders(t)
			visit := p.reminded(thursday)
			c.arrange(p)
			p.answered(name, p.text(number, c.words, ""), http.StatusOK)
			if got := p.reload(visit).GetString("status"); got != c.status {
				t.Errorf("the visit is %s", got)
			}
			tasks, err := p.app.FindRecordsByFilter(store.Tasks, "kind = 'unclear_reply'", "", 0, 0)
			if err != nil || len(tasks) != 1 || !strings.HasSuffix(tasks[0].GetString("title"), c.task) || tasks[0].GetString("location") != p.location.Id {
				t.Errorf("%d tasks: %v, %v", len(tasks), tasks, err)
			}
			heard, err := p.app.FindFirstRecordByData(store.InboundMessages, "meaning", "unclear")
			if err != nil || heard.GetString("location") != p.location.Id || heard.GetString("booking") != "" {
				t.Errorf("kept: %v, %v", heard, err)
			}
		})
	}
}

func (p *providers) run(statement string) {
	p.t.Helper()
	if _, err := p.app.NonconcurrentDB().NewQuery(statement).Execute(); err != nil {
		p.t.Fatal(err)
	}
}

// a reply may be quicker than our own note that the reminder left.
func TestAnAnswerBeforeOurOwnNote(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	visit := p.reminded(thursday)
	p.run(`UPDATE messages SET state = 'sending', sent_at = '', updated = '` + record.Instant(tuesday) + `' WHERE purpose = 'visit_reminder'`)
	p.answered("yes", p.text(number, "C", ""), http.StatusOK)
	if got := p.reload(visit).GetString("status"); got != "confirmed" {
		t.Errorf("the visit is %s", got)
	}
}

// A carrier that hangs up before it has our answer has brought the text all the same.
func TestATextWhoseCarrierHangsUp(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	visit := p.reminded(thursday)
	form := url.Values{"MessageSid": {sid}, "SmsStatus": {"received"}, "From": {number}, "To": {"+4759440000"}, "Body": {"Ja"}}
	gone, hangUp := context.WithCancel(t.Context())
	hangUp()
	request := httptest.NewRequestWithContext(gone, http.MethodPost, "/api/webhooks/twilio", strings.NewReader(form.Encode()))
	request.Header = twilioSigned(publicURL+"/api/webhooks/twilio", form)
	p.handler.ServeHTTP(httptest.NewRecorder(), request)
	if got := p.reload(visit).GetString("status"); got != "confirmed" {
		t.Errorf("the visit is %s", got)
	}
	p.heard(number + ` "Ja": confirm, Kari, Thu 2027-03-04 09:15`)
	p.open()
}

// where the visit cannot be changed for a cause of its own, the words are kept, and a person is asked.
func TestAVisitThatWillNotChange(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	visit := p.reminded(thursday)
	p.app.OnRecordUpdate(store.Bookings).BindFunc(func(e *core.RecordEvent) error {
		return fmt.Errorf("no changes today")
	})
	p.answered("no", p.text(number, "avbryt", "SM1"), http.StatusOK)
	p.answered("no, told again", p.text(number, "avbryt", "SM1"), http.StatusOK)
	if got := p.reload(visit).GetString("status"); got != "booked" {
		t.Errorf("the visit is %s", got)
	}
	p.heard(number + ` "avbryt": unclear, Kari, Thu 2027-03-04 09:15`)
	p.open("unclear_reply: Kari Nordmann (" + number + ") wrote: avbryt")
}

// a stop is the number's, whoever shares it. What is queued for it is skipped when it would leave, of every purpose, and nothing more is
// planned for it; e-mail goes on.
func TestStopStopsANumber(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	visit, _ := p.booked(thursday, fields{"phone": number})
	texts := func() map[string]int {
		counts := map[string]int{}
		rows, err := p.app.FindAllRecords(store.Messages, dbx.HashExp{"to": number})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			counts[strings.TrimSpace(r.GetString("state")+" "+r.GetString("reason"))]++
		}
		return counts
	}
	queued := texts()["queued"]
	if queued < 2 {
		t.Fatalf("%v", texts())
	}
	p.answered("stop", p.text(number, "Stopp!", "SM1"), http.StatusOK)
	p.answered("stop, told again", p.text(number, "Stopp!", "SM1"), http.StatusOK)
	p.answered("stop, once more", p.text(number, "AVMELD", ""), http.StatusOK)
	p.stops("sms " + number + " stop")
	p.heard(number+` "Stopp!": stop, Kari, nobody`, number+` "AVMELD": stop, Kari, nobody`)
	p.open()
	clinic, err := p.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	lease := func() (texted, mailed int) {
		leased, err := queue.Lease(p.app, clinic, p.now, queue.LeaseOptions{Limit: 50, For: time.Minute, Gateway: func(outbox.Channel) string { return "x" }})
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range leased.Going {
			if m.Channel == outbox.SMS {
				texted++
			} else {
				mailed++
			}
		}
		return texted, mailed
	}
	if texted, mailed := lease(); texted != 0 || mailed == 0 {
		t.Errorf("%d texts and %d e-mails left", texted, mailed)
	}
	p.now = tuesday
	if texted, mailed := lease(); texted != 0 || mailed == 0 {
		t.Errorf("two days before, %d texts and %d e-mails left", texted, mailed)
	}
	if got := texts(); got["skipped stopped_address"] != queued || len(got) != 1 {
		t.Errorf("the texts: %v", got)
	}

	// START opts nobody in: a person decides, and lifts the stop by deleting its row, with a note.
	p.answered("start", p.text(number, "start", ""), http.StatusOK)
	p.stops("sms " + number + " stop")
	p.open("start_request: Kari Nordmann (" + number + ") wrote START: if they mean it, delete the stop of this number, with a note")
	stop, err := p.app.FindFirstRecordByData(store.StoppedAddresses, "address", number)
	if err != nil {
		t.Fatal(err)
	}
	target := "/api/collections/stopped_addresses/records/" + stop.Id
	reception := clinictest.Token(t, clinictest.Account(t, p.app, "reception"))
	if got := p.as(reception, http.MethodDelete, target, nil); got.Status == http.StatusNoContent {
		t.Error("staff lifted a stop without a word")
	}
	if got := p.as(p.superuser, http.MethodDelete, target, nil); got.Status != http.StatusBadRequest || got.code("note") != "required" {
		t.Errorf("a superuser lifts a stop without a word: %d %s", got.Status, got.Body)
	}
	p.patch(reception, stop, fields{"note": "Kari called on Tuesday and wants her reminders back"})
	if got := p.as(reception, http.MethodDelete, target, nil); got.Status != http.StatusNoContent {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	p.stops()
	reminder, err := p.app.FindFirstRecordByFilter(store.Messages, "booking = {:id} && purpose = 'visit_reminder' && channel = 'sms'", map[string]any{"id": visit.Id})
	if err != nil {
		t.Fatal(err)
	}
	if reminder.GetString("state") != "queued" {
		t.Errorf("the reminder is %s %s", reminder.GetString("state"), reminder.GetString("reason"))
	}
	if texted, _ := lease(); texted == 0 {
		t.Error("the number is free, but the reminder did not leave")
	}
}

// the carrier may know words for stop that we do not, and sends nothing more to whoever used one. Our own words come first.
func TestTheCarrierUnderstoodAStop(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	visit := p.reminded(thursday)
	p.answered("no", p.text(number, "Cancel", "", "OptOutType", "STOP"), http.StatusOK)
	if got := p.reload(visit).GetString("status"); got != "cancelled" {
		t.Errorf("the visit is %s", got)
	}
	p.answered("help", p.text(number, "Hjælp", "", "OptOutType", "HELP"), http.StatusOK)
	p.answered("stop", p.text(number, "Slut med det", "", "OptOutType", "STOP"), http.StatusOK)
	p.stops("sms " + number + " stop")
	p.heard(number+` "Cancel": cancel, Kari, Thu 2027-03-04 09:15`, number+` "Hjælp": unclear, Kari, nobody`, number+` "Slut med det": stop, Kari, nobody`)
}

// the same for a start: it opts nobody in, and a person is asked.
func TestTheCarrierUnderstoodAStart(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	visit := p.reminded(thursday)
	p.answered("stop", p.text(number, "STOP", ""), http.StatusOK)
	p.answered("start", p.text(number, "Unstop", "", "OptOutType", "START"), http.StatusOK)
	p.answered("yes", p.text(number, "Yes", "", "OptOutType", "START"), http.StatusOK)
	if got := p.reload(visit).GetString("status"); got != "confirmed" {
		t.Errorf("the visit is %s", got)
	}
	p.stops("sms " + number + " stop")
	p.heard(number+` "STOP": stop, Kari, nobody`, number+` "Unstop": start, Kari, nobody`, number+` "Yes": confirm, Kari, Thu 2027-03-04 09:15`)
	p.open("start_request: Kari Nordmann (" + number + ") wrote START: if they mean it, delete the stop of this number, with a note")
}

// several owners who share a number all get no more texts, and a person is told once. A new number of one of them is free, the old one
// stays stopped.
func TestStopFromASharedNumber(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	maja := clinictest.Client(t, p.app, fields{"first_name": "Maja", "last_name": "Lund", "phone": number, "sms_phone": "", "location": p.location.Id})
	clinictest.Client(t, p.app, fields{"first_name": "Ola", "last_name": "Lund", "phone": "", "sms_phone": "20 12 34 56", "country": "DK"})
	p.answered("stop", p.text(number, "FRAMELD", ""), http.StatusOK)
	p.answered("stop, once more", p.text(number, "stop", ""), http.StatusOK)
	p.stops("sms " + number + " stop")
	p.heard(number+` "FRAMELD": stop, nobody, nobody`, number+` "stop": stop, nobody, nobody`)
	tasks, err := p.app.FindRecordsByFilter(store.Tasks, "kind = 'shared_stop'", "", 0, 0)
	if err != nil || len(tasks) != 1 || !strings.Contains(tasks[0].GetString("title"), "Maja Lund") || !strings.Contains(tasks[0].GetString("title"), "Ola Lund") {
		t.Fatalf("%v, %v", tasks, err)
	}
	clinictest.Change(t, p.app, maja, fields{"phone": "+4520999999"})
	p.answered("stop, from the one who is left", p.text(number, "stop", ""), http.StatusOK)
	p.stops("sms " + number + " stop")
	p.heard(number+` "FRAMELD": stop, nobody, nobody`, number+` "stop": stop, nobody, nobody`, number+` "stop": stop, Ola, nobody`)
	if n, err := p.app.CountRecords(store.Tasks); err != nil || n != 1 {
		t.Errorf("%d tasks, %v", n, err)
	}
}

// the one visit of which a number was reminded is meant, also where two clients share the number.
func TestAnAnswerFromASharedNumber(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	visit := p.reminded(thursday)
	clinictest.Client(t, p.app, fields{"first_name": "Ola", "sms_phone": number})
	p.answered("yes", p.text(number, "Kyllä", ""), http.StatusOK)
	if got := p.reload(visit).GetString("status"); got != "confirmed" {
		t.Errorf("the visit is %s", got)
	}
	p.heard(number + ` "Kyllä": confirm, Kari, Thu 2027-03-04 09:15`)
}

// Strangers and machines write too.
func TestTextsFromAStrangerAtOnce(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	var together sync.WaitGroup
	for range 8 {
		together.Go(func() { p.answered("stop", p.text("+4791234567", "STOP", "SMsame"), http.StatusOK) })
	}
	together.Wait()
	p.answered("words", p.text("+4791234567", "Hvem er dette?", ""), http.StatusOK)
	p.answered("a short code", p.text("2100", "STOP", ""), http.StatusOK)
	p.answered("much", p.text("+4791234567", strings.Repeat("æ", 9000), ""), http.StatusOK)
	p.stops("sms +4791234567 stop", "sms 2100 stop")
	if n, err := p.app.CountRecords(store.InboundMessages); err != nil || n != 4 {
		t.Errorf("%d texts are kept, %v", n, err)
	}
	tasks, err := p.app.FindRecordsByFilter(store.Tasks, "", "@rowid", 0, 0)
	if err != nil || len(tasks) != 2 || tasks[0].GetString("title") != "+4791234567 wrote: Hvem er dette?" || tasks[0].GetString("client") != "" {
		t.Errorf("%v, %v", tasks, err)
	}
}
