package jobs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/filesystem"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/links"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// emailOf is the message of a purpose that goes by e-mail.
func (tr *trial) emailOf(purpose outbox.Purpose) *core.Record {
	tr.t.Helper()
	r, err := tr.app.FindFirstRecordByFilter(store.Messages, "purpose = {:purpose} && channel = 'email'", map[string]any{"purpose": string(purpose)})
	if err != nil {
		tr.t.Fatalf("find the %s: %v", purpose, err)
	}
	return r
}

// message queues one for now, as the hooks would.
func (tr *trial) message(fields ...clinictest.Fields) *core.Record {
	tr.t.Helper()
	return clinictest.Make(tr.t, tr.app, store.Messages, append([]clinictest.Fields{{
		"location": tr.location.Id, "client": tr.client.Id, "purpose": "personal", "channel": "email", "to": tr.client.GetString("email"),
		"subject": "About Bella", "text": "All is well.", "locale": "en", "state": "queued", "priority": 2,
		"planned_at": tr.clock, "send_at": tr.clock, "expires_at": tr.clock.Add(24 * time.Hour),
	}}, fields...)...)
}

func (tr *trial) reload(r *core.Record) *core.Record { return clinictest.Reload(tr.t, tr.app, r) }

var (
	uid      = regexp.MustCompile(`(?m)^UID:(.+)\r$`)
	sequence = regexp.MustCompile(`(?m)^SEQUENCE:(\d+)\r$`)
)

// the owner's calendar gets the visit with its confirmation, follows every change, and loses it with the cancellation.
func TestTheVisitTravelsIntoTheOwnersCalendar(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	folder := tr.mailbox()
	clinictest.Change(t, tr.app, tr.reason, clinictest.Fields{"name": "Biopsy of a tumour"})
	tr.desk.SetupChanged()
	visit := tr.visit("2027-03-04 08:15:00.000Z")
	tr.dispatch(monday.Add(5 * time.Minute))

	read := func(purpose outbox.Purpose) (method, event string) {
		t.Helper()
		_, leaves := parts(t, file(t, folder, tr.emailOf(purpose).Id+".eml"))
		if diff := cmp.Diff([]string{"text/plain", "text/html", "text/calendar"}, kinds(leaves)); diff != "" {
			t.Fatal(diff)
		}
		event = leaves[2].content
		if !strings.Contains(event, "METHOD:"+leaves[2].method+"\r\n") {
			t.Errorf("the part says %s, the calendar does not:\n%s", leaves[2].method, event)
		}
		if strings.Contains(event, "Biopsy") || strings.Contains(event, "Bella") || strings.Contains(strings.ReplaceAll(event, "\r\n", ""), "\n") {
			t.Errorf("what the owner's family sees:\n%s", event)
		}
		if !strings.Contains(event, "ORGANIZER;CN=") || !strings.Contains(strings.ReplaceAll(event, "\r\n ", ""), ":mailto:hello@harbour.example\r\n") {
			t.Errorf("the event has no organizer:\n%s", event)
		}
		return leaves[2].method, event
	}

	method, first := read(outbox.BookingConfirmation)
	if method != "PUBLISH" || !strings.Contains(first, "DTSTART:20270304T081500Z\r\n") || !strings.Contains(first, "STATUS:CONFIRMED") {
		t.Fatalf("%s\n%s", method, first)
	}
	tr.clock = monday.Add(time.Hour)
	clinictest.Change(t, tr.app, visit, clinictest.Fields{"starts_at": "2027-03-05 09:30:00.000Z", "ends_at": "2027-03-05 10:00:00.000Z"})
	tr.dispatch(tr.clock.Add(5 * time.Minute))
	method, moved := read(outbox.BookingChange)
	if method != "PUBLISH" || !strings.Contains(moved, "DTSTART:20270305T093000Z\r\n") {
		t.Fatalf("%s\n%s", method, moved)
	}
	tr.clock = monday.Add(2 * time.Hour)
	// The clinic has got another address on the web meanwhile: the event is the same all the same.
	settings := tr.app.Settings()
	settings.Meta.AppURL = "https://elsewhere.example"
	if err := tr.app.Save(settings); err != nil {
		t.Fatal(err)
	}
	tr.desk.SetupChanged()
	clinictest.Change(t, tr.app, visit, clinictest.Fields{"status": "cancelled"})
	tr.dispatch(tr.clock.Add(5 * time.Minute))
	method, off := read(outbox.BookingCancellation)
	if method != "CANCEL" || !strings.Contains(off, "STATUS:CANCELLED") {
		t.Fatalf("%s\n%s", method, off)
	}

	of := func(pattern *regexp.Regexp, events ...string) (found []string) {
		for _, e := range events {
			found = append(found, pattern.FindStringSubmatch(e)[1])
		}
		return found
	}
	if ids := of(uid, first, moved, off); ids[0] != ids[1] || ids[1] != ids[2] {
		t.Errorf("one visit, several events: %v", ids)
	}
	if numbers := of(sequence, first, moved, off); !(numbers[0] < numbers[1] && numbers[1] < numbers[2]) {
		t.Errorf("calendars would not take the changes: %v", numbers)
	}
}

// RO-05, R-31: over real SMTP a hidden copy is a recipient and nowhere to be read; the Message-ID is the same at every attempt.
func TestOverSMTPHiddenCopiesAreInTheEnvelopeOnly(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	server, _ := tr.throughMailServer()
	server.refuses = 1
	clinictest.Make(t, tr.app, store.NotificationAddresses, clinictest.Fields{"location": tr.location.Id, "email": "books@owner.example", "kinds": []string{"bcc"}})
	clinictest.MessageSettings(t, tr.app, tr.location, clinictest.Fields{"reply_to": "desk@harbour.example", "confirmation_channels": []string{"email"}})
	tr.desk.SetupChanged()
	tr.visit("2027-03-04 08:15:00.000Z")
	tr.dispatch(monday.Add(5 * time.Minute))
	tr.dispatch(monday.Add(10 * time.Minute))

	if len(server.got) != 2 {
		t.Fatalf("handed over %d times, want a refused attempt and another one", len(server.got))
	}
	m := tr.emailOf(outbox.BookingConfirmation)
	if m.GetString("state") != "sent" || m.GetInt("attempts") != 2 {
		t.Fatalf("%s after %d attempts", m.GetString("state"), m.GetInt("attempts"))
	}
	for _, got := range server.got {
		if diff := cmp.Diff([]string{tr.client.GetString("email"), "books@owner.example"}, got.to); diff != "" {
			t.Error(diff)
		}
		if strings.Contains(got.raw, "books@") {
			t.Error("the owner can read who got a copy")
		}
		header, leaves := parts(t, []byte(got.raw))
		for name, want := range map[string]string{
			"Message-Id": "<" + m.Id + "@harbour.example>", "X-Pawbell-Message": m.Id, "Reply-To": "<desk@harbour.example>",
		} {
			if header.Get(name) != want {
				t.Errorf("%s is %q, want %q", name, header.Get(name), want)
			}
		}
		if diff := cmp.Diff([]string{"text/plain", "text/html", "text/calendar"}, kinds(leaves)); diff != "" {
			t.Error(diff)
		}
	}
}

// PC-13: files go with the e-mail; one that is gone ends the message in words that a person understands.
func TestAttachmentsAreReadWhenTheMessageLeaves(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	folder := tr.mailbox()
	pdf := func() *filesystem.File {
		f, err := filesystem.NewFileFromBytes([]byte("%PDF-1.4 diet"), "Fôr til Bella.pdf")
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	tr.clock = monday.Add(2 * time.Hour)
	whole := tr.message(clinictest.Fields{"attachments": []*filesystem.File{pdf(), pdf()}})
	broken := tr.message(clinictest.Fields{"attachments": []*filesystem.File{pdf()}})
	stored, err := store.MessageFiles(tr.app, broken.Id)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(tr.app.DataDir(), "storage", stored)); err != nil {
		t.Fatal(err)
	}
	tr.dispatch(tr.clock)

	_, leaves := parts(t, file(t, folder, whole.Id+".eml"))
	if diff := cmp.Diff([]string{"text/plain", "text/html", "application/pdf", "application/pdf"}, kinds(leaves)); diff != "" {
		t.Fatal(diff)
	}
	if leaves[2].content != "%PDF-1.4 diet" || leaves[2].name != "Fôr til Bella.pdf" {
		t.Errorf("%+v", leaves[2])
	}
	got := tr.reload(broken)
	if got.GetString("state") != "failed" || got.GetString("reason") != "refused" || got.GetString("detail") != "an attached file is no longer there" {
		t.Errorf("%s, %s: %s", got.GetString("state"), got.GetString("reason"), got.GetString("detail"))
	}
}

// mail to many carries the one click that ends it; no other mail does.
func TestOnlyMailToManyCarriesAOneClickEnd(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	folder := tr.mailbox()
	tr.clock = monday.Add(2 * time.Hour)
	group := tr.message(clinictest.Fields{"purpose": "group", "priority": 4, "to": "Maja@Owner.example"})
	personal := tr.message()
	tr.dispatch(tr.clock)

	header, _ := parts(t, file(t, folder, group.Id+".eml"))
	link := strings.Trim(header.Get("List-Unsubscribe"), "<>")
	_, token, found := strings.Cut(link, "/unsubscribe/")
	address, version, ok := tr.desk.Links.Open(links.Unsubscribe, token)
	if !found || !ok || version != 0 || address != "maja@owner.example" || header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Errorf("%q opens %q %d %v; post: %q", link, address, version, ok, header.Get("List-Unsubscribe-Post"))
	}
	if header, _ = parts(t, file(t, folder, personal.Id+".eml")); header.Get("List-Unsubscribe") != "" {
		t.Error("a personal e-mail offers to end mail to many")
	}
}

// PR-06, R-41: an external service is told what is due, and about whom, by id and first name.
func TestAnExternalServiceIsToldWhatIsDue(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.gateways = gateway.NewSet(tr.provider, tr.provider, tr.provider)
	max := clinictest.Patient(t, tr.app, tr.client, clinictest.Fields{"name": "Max"})
	reminder := clinictest.Make(t, tr.app, "reminders", clinictest.Fields{
		"client": tr.client.Id, "patients": []string{tr.bella.Id, max.Id}, "location": tr.location.Id, "methods": []string{"external"}, "due_on": "2027-04-01", "state": "scheduled",
	})
	tr.clock = monday.Add(2 * time.Hour)
	tr.message(clinictest.Fields{"purpose": "reminder", "priority": 3, "channel": "external", "patients": []string{tr.bella.Id, max.Id}, "reminders": []string{reminder.Id}})
	tr.dispatch(tr.clock)
	at := slices.IndexFunc(tr.provider.sent, func(m gateway.Message) bool { return m.Channel == outbox.External })
	if at < 0 {
		t.Fatal("nothing was handed over")
	}
	want := &gateway.Due{ClientID: tr.client.Id, ClientFirstName: "Maja", Patients: []gateway.NamedID{{ID: tr.bella.Id, Name: "Bella"}, {ID: max.Id, Name: "Max"}}, DueOn: "2027-04-01"}
	if diff := cmp.Diff(want, tr.provider.sent[at].Due); diff != "" {
		t.Error(diff)
	}
}

// a reminder that was held or done since, or that speaks of a pet that died since, does not leave.
func TestTheLastCheckKnowsTheRemindersAndPetsOfAMessage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, statement, want string }{
		{"wanted", `SELECT 1`, "sent"},
		{"held", `UPDATE reminders SET state = 'held'`, "cancelled visit_booked"},
		{"done", `UPDATE reminders SET state = 'done'`, "cancelled already_done"},
		{"the pet's death closed it", `UPDATE reminders SET state = 'cancelled', reason = 'deceased'`, "cancelled deceased"},
		{"its rule does not want it any more", `UPDATE reminders SET unwanted = 1`, "cancelled not_wanted"},
		{"its rule is gone", `UPDATE reminders SET origin = 'rule:gone'`, "cancelled not_wanted"},
		{"deleted past every hook", `DELETE FROM reminders`, "cancelled gone"},
		{"another pet of the message died", `UPDATE patients SET deceased_on = '2027-02-28' WHERE name = 'Max'`, "skipped deceased"},
		{"another pet of the message left", `UPDATE patients SET inactive = 1 WHERE name = 'Max'`, "skipped inactive"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			max := clinictest.Patient(t, tr.app, tr.client, clinictest.Fields{"name": "Max"})
			reminder := clinictest.Make(t, tr.app, "reminders", clinictest.Fields{
				"client": tr.client.Id, "patients": []string{tr.bella.Id, max.Id}, "location": tr.location.Id, "methods": []string{"email"}, "due_on": "2027-04-01", "state": "scheduled",
			})
			tr.clock = monday.Add(2 * time.Hour)
			m := tr.message(clinictest.Fields{"purpose": "reminder", "priority": 3, "patients": []string{tr.bella.Id, max.Id}, "reminders": []string{reminder.Id}})
			if _, err := tr.app.NonconcurrentDB().NewQuery(c.statement).Execute(); err != nil {
				t.Fatal(err)
			}
			tr.dispatch(tr.clock)
			got := tr.reload(m)
			if said := strings.TrimSpace(got.GetString("state") + " " + got.GetString("reason")); said != c.want {
				t.Errorf("%s, want %s", said, c.want)
			}
		})
	}
}
