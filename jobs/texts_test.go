package jobs

import (
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// template is the English text of a code.
func (tr *trial) template(code string) *core.Record {
	tr.t.Helper()
	r, err := tr.app.FindFirstRecordByFilter(store.Templates, "code = '"+code+"' && locale = 'en' && location = ''")
	if err != nil {
		tr.t.Fatal(err)
	}
	return r
}

// messageOf is the one message of a purpose and channel about a visit.
func (tr *trial) messageOf(visit *core.Record, purpose, channel string) *core.Record {
	tr.t.Helper()
	rows, err := tr.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id, "purpose": purpose, "channel": channel})
	if err != nil || len(rows) != 1 {
		tr.t.Fatalf("%d messages %s by %s: %v", len(rows), purpose, channel, err)
	}
	return rows[0]
}

// texts are what the provider was given by SMS.
func (p *provider) texts() (said []string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, m := range p.sent {
		if m.Channel == outbox.SMS {
			said = append(said, m.Text)
		}
	}
	return said
}

// a message about to leave whose plan is older than a change of the set-up that no run has followed yet leaves as it should be now.
func TestWhatLeavesIsPlannedByTheSetUpOfNow(t *testing.T) {
	t.Parallel()
	due := time.Date(2027, 3, 8, 8, 0, 0, 0, time.UTC) // two days ahead at nine
	for name, try := range map[string]struct {
		change func(tr *trial)
		want   func(texts []string) bool
	}{
		"a new text": {
			func(tr *trial) {
				clinictest.Change(tr.t, tr.app, tr.template("visit_reminder"), clinictest.Fields{"sms_text": "New words for {{ patient.name }}"})
			},
			func(texts []string) bool { return len(texts) == 1 && texts[0] == "New words for Bella" },
		},
		"a new name of the clinic": {
			func(tr *trial) {
				clinictest.Change(tr.t, tr.app, tr.location, clinictest.Fields{"name": "Harbour Pets"})
			},
			func(texts []string) bool { return len(texts) == 1 && strings.Contains(texts[0], "Harbour Pets") },
		},
		"reminders by e-mail alone": {
			func(tr *trial) {
				clinictest.MessageSettings(tr.t, tr.app, tr.location, clinictest.Fields{"visit_channels": []string{"email"}})
			},
			func(texts []string) bool { return len(texts) == 0 },
		},
		"reminders a day later": {
			func(tr *trial) {
				clinictest.Change(tr.t, tr.app, tr.reason, clinictest.Fields{"visit_lead": "1d 09:00"})
			},
			func(texts []string) bool { return len(texts) == 0 },
		},
		"nothing": {func(*trial) {}, func(texts []string) bool { return len(texts) == 1 && strings.Contains(texts[0], "Bella") }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			tr.visit("2027-03-10 08:15:00.000Z")
			tr.clock = due.Add(-time.Hour)
			tr.dispatch(tr.clock) // the confirmation
			tr.provider.sent = nil
			try.change(tr)
			// The run waits; the dispatcher comes first.
			tr.dispatch(due)
			if got := tr.provider.texts(); !try.want(got) {
				t.Errorf("sent %q", got)
			}
			before := tr.queue()
			tr.sync()
			after := tr.queue()
			for key, row := range before {
				if after[key] != row {
					t.Errorf("the run that followed changed %s once more:\n%s\n%s", key, row, after[key])
				}
			}
		})
	}
}

// off means off at once, whether or not the run has followed.
func TestOffMeansOffAtOnce(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]clinictest.Fields{
		"text messages": {"sms_enabled": false}, "the terms of text messages": {"sms_terms_accepted_at": ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			tr.visit("2027-03-10 08:15:00.000Z")
			clinictest.MessageSettings(t, tr.app, tr.location, change)
			for day := range 8 {
				tr.dispatch(monday.AddDate(0, 0, day).Add(3 * time.Hour))
			}
			if got := tr.provider.texts(); len(got) != 0 {
				t.Errorf("sent %q", got)
			}
		})
	}
}

// PR-08, PN-13: a text that is changed is carried by what waits with its words, whichever message it is; what somebody rewrote keeps
// its own unless the person who changes the text says otherwise; what was sent stays as it was sent.
func TestWhatWaitsFollowsItsText(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]bool{"own words are kept": false, "own words are replaced": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			sent, plain, edited := tr.visit("2027-03-05 08:15:00.000Z"), tr.visit("2027-03-10 08:15:00.000Z"), tr.visit("2027-03-11 08:15:00.000Z")
			tr.dispatch(time.Date(2027, 3, 3, 8, 0, 0, 0, time.UTC))
			was := tr.messageOf(sent, "visit_reminder", "sms")
			if was.GetString("state") != "sent" {
				t.Fatalf("the first reminder is %s", was.GetString("state"))
			}
			clinictest.Change(t, tr.app, tr.messageOf(edited, "visit_reminder", "sms"), clinictest.Fields{"text": "Bring the cat, too", "edited": true})
			clinictest.Change(t, tr.app, tr.template("visit_reminder"), clinictest.Fields{"sms_text": "See you: {{ patient.name }}", "replace_edited": replace})
			tr.sync()
			if tr.template("visit_reminder").GetBool("replace_edited") {
				t.Error("the command is stored")
			}
			if got := tr.messageOf(plain, "visit_reminder", "sms"); got.GetString("text") != "See you: Bella" || got.GetInt("parts") != 1 {
				t.Errorf("the one that waits says %q", got.GetString("text"))
			}
			want := map[bool]string{false: "Bring the cat, too", true: "See you: Bella"}[replace]
			if got := tr.messageOf(edited, "visit_reminder", "sms"); got.GetString("text") != want || got.GetBool("edited") == replace {
				t.Errorf("the one that was rewritten says %q, edited %v", got.GetString("text"), got.GetBool("edited"))
			}
			if got := tr.messageOf(sent, "visit_reminder", "sms"); got.GetString("text") != was.GetString("text") || got.GetInt("revision") != was.GetInt("revision") {
				t.Errorf("what was sent says %q", got.GetString("text"))
			}
		})
	}
}

// PC-25: a chain's text is what every clinic says; one with words of its own says those, in its language, and follows neither when the other changes.
func TestAClinicsOwnTextGoesBeforeTheChains(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	chain := tr.template("visit_reminder")
	other := clinictest.Location(t, tr.app)
	elsewhere := clinictest.Practitioner(t, tr.app, other)
	here := tr.visit("2027-03-10 08:15:00.000Z")
	there := clinictest.Visit(t, tr.app, other, elsewhere, tr.reason, tr.client, "2027-03-10 10:15:00.000Z", clinictest.Fields{"patient": tr.bella.Id})
	say := func(visit *core.Record, want string) {
		t.Helper()
		tr.sync()
		if got := tr.messageOf(visit, "visit_reminder", "sms").GetString("text"); got != want {
			t.Errorf("says %q, want %q", got, want)
		}
	}
	clinictest.Change(t, tr.app, chain, clinictest.Fields{"sms_text": "The chain says {{ patient.name }}"})
	say(here, "The chain says Bella")
	say(there, "The chain says Bella")
	own := clinictest.Make(t, tr.app, store.Templates, clinictest.Fields{
		"code": "visit_reminder", "name": "Ours", "purpose": "visit_reminder", "locale": "en", "location": tr.location.Id, "sms_text": "We say {{ patient.name }}",
	})
	say(here, "We say Bella")
	say(there, "The chain says Bella")
	clinictest.Change(t, tr.app, chain, clinictest.Fields{"sms_text": "The chain now says {{ patient.name }}"})
	say(here, "We say Bella")
	say(there, "The chain now says Bella")
	// What was written with a text that is put away stays as it was written, until it is planned anew for another cause.
	clinictest.Change(t, tr.app, own, clinictest.Fields{"inactive": true})
	say(here, "We say Bella")
	if err := tr.app.Delete(clinictest.Reload(t, tr.app, own)); err != nil {
		t.Fatal(err)
	}
	say(here, "We say Bella")
	clinictest.Change(t, tr.app, here, clinictest.Fields{"starts_at": "2027-03-10 11:15:00.000Z", "ends_at": ""})
	rows, err := tr.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": here.Id, "purpose": "visit_reminder", "channel": "sms", "state": "queued"})
	if err != nil || len(rows) != 1 || rows[0].GetString("text") != "The chain now says Bella" {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// PC-25, R-22: a message whose only text is taken away still says what it was going to say.
func TestAMessageWhoseTextIsGoneKeepsItsWords(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	visit := tr.visit("2027-03-10 08:15:00.000Z")
	said := tr.messageOf(visit, "visit_reminder", "sms").GetString("text")
	texts, err := tr.app.FindAllRecords(store.Templates, dbx.HashExp{"code": "visit_reminder"})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range texts {
		if err := tr.app.Delete(text); err != nil {
			t.Fatal(err)
		}
	}
	clinictest.MessageSettings(t, tr.app, tr.location, clinictest.Fields{"visit_lead": "1d 10:00"})
	tr.sync()
	row := tr.messageOf(visit, "visit_reminder", "sms")
	if row.GetString("state") != "queued" || row.GetString("text") != said || row.GetString("send_at") != "2027-03-09 09:00:00.000Z" {
		t.Errorf("it is %s at %s: %q", row.GetString("state"), row.GetString("send_at"), row.GetString("text"))
	}
}

// an open reminder that carries its text's own words follows them, one that somebody rewrote keeps its own unless it is to be replaced, and
// both are queued as they then read.
func TestRemindersFollowTheirText(t *testing.T) {
	t.Parallel()
	for name, replace := range map[string]bool{"own words are kept": false, "own words are replaced": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			text := tr.template("reminder")
			made := func(fields clinictest.Fields) *core.Record {
				client := clinictest.Client(t, tr.app, clinictest.Fields{"location": tr.location.Id})
				patient := clinictest.Patient(t, tr.app, client)
				return clinictest.Make(t, tr.app, store.Reminders, clinictest.Fields{
					"client": client.Id, "location": tr.location.Id, "patients": []string{patient.Id}, "due_on": "2027-06-01", "methods": []string{"sms"}, "template": text.Id,
				}, fields)
			}
			plain := made(clinictest.Fields{"sms_text": text.GetString("sms_text")})
			edited := made(clinictest.Fields{"sms_text": "Time for {{ patient.name }} and the dentist"})
			own := made(clinictest.Fields{"own_text": true, "sms_text": "Quite another thing"})
			clinictest.Change(t, tr.app, text, clinictest.Fields{"sms_text": "It is time for {{ patient.name }}", "replace_edited": replace})
			tr.sync()
			kept := map[bool]string{false: "Time for {{ patient.name }} and the dentist", true: "It is time for {{ patient.name }}"}[replace]
			said := map[bool]string{false: "Time for Bella and the dentist", true: "It is time for Bella"}[replace]
			for name, want := range map[string]struct {
				reminder    *core.Record
				words, text string
			}{
				"its text's own words": {plain, "It is time for {{ patient.name }}", "It is time for Bella"},
				"rewritten":            {edited, kept, said},
				"without a text":       {own, "Quite another thing", "Quite another thing"},
			} {
				if got := clinictest.Reload(t, tr.app, want.reminder).GetString("sms_text"); got != want.words {
					t.Errorf("%s: the reminder says %q", name, got)
				}
				rows, err := tr.app.FindAllRecords(store.Messages, dbx.NewExp("EXISTS (SELECT 1 FROM json_each(reminders) WHERE value = {:id})", dbx.Params{"id": want.reminder.Id}))
				if err != nil || len(rows) != 1 || rows[0].GetString("text") != want.text {
					t.Errorf("%s: %d messages, %v", name, len(rows), err)
					for _, row := range rows {
						t.Logf("%s", row.GetString("text"))
					}
				}
			}
		})
	}
}
