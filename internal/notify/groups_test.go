package notify

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/outbox"
)

// mailing is one to many with the short texts of the tests.
func mailing(change func(*Mailing)) *Mailing {
	f := ordinaryFacts()
	m := &Mailing{Purpose: outbox.Group, Location: f.Location, Broadcast: "g1", Template: "group-en", Templates: ordinaryTemplates(), Planned: f.Booking.ScheduledAt}
	if change != nil {
		change(m)
	}
	return m
}

// member is somebody whom a search finds: no visit comes with them.
func member(change func(*Facts)) *Facts {
	f := ordinaryFacts()
	f.Booking, f.Reason, f.Practitioner = Booking{}, Reason{}, ""
	f.Links = Links{Base: "https://book.example", Unsubscribe: "https://book.example/unsubscribe/t"}
	if change != nil {
		change(&f)
	}
	return &f
}

// of each owner, what goes where, or why nothing does.
func TestAMailingIsOneMessageForEachOwnerOrSaysWhyNot(t *testing.T) {
	t.Parallel()
	both := []outbox.Channel{outbox.SMS, outbox.Email}
	for _, c := range []struct {
		name    string
		mailing func(*Mailing)
		owner   func(*Facts)
		want    string
	}{
		{"the first channel that fits", nil, nil, "email anna@example.com"},
		{"in the order chosen", func(m *Mailing) { m.Channels = both }, nil, "sms +4520304050"},
		{"every channel", func(m *Mailing) { m.Channels, m.Every = both, true }, nil, "sms +4520304050, email anna@example.com"},
		{"a channel named twice", func(m *Mailing) { m.Channels, m.Every = []outbox.Channel{outbox.SMS, outbox.SMS}, true }, nil, "sms +4520304050"},
		{"the second where the first is not wanted", nil, func(f *Facts) { f.Client.NoEmail = true }, "sms +4520304050"},
		{"the second where there is no text for the first", func(m *Mailing) { m.Template, m.Own = "", Template{SMS: "News"} }, nil, "sms +4520304050"},
		{"one of two on every channel", func(m *Mailing) { m.Channels, m.Every = both, true }, func(f *Facts) { f.Client.SMSPhone = "" }, "email anna@example.com"},
		{"news refused", nil, func(f *Facts) { f.Client.Refused = []string{"group"} }, "opted_out"},
		{"recalls refused", nil, func(f *Facts) { f.Client.Refused = []string{"reminder"} }, "email anna@example.com"},
		{"nothing to write to", nil, func(f *Facts) { f.Client.Email, f.Client.SMSPhone = "", "" }, "no_address"},
		{"not wanted says more than nowhere", func(m *Mailing) { m.Channels = both }, func(f *Facts) { f.Client.SMSPhone, f.Client.NoEmail = "", true }, "opted_out"},
		{"stopped", nil, func(f *Facts) { f.Stopped = func(outbox.Channel, string, outbox.Purpose) bool { return true } }, "stopped_address"},
		{"switched off", func(m *Mailing) { m.Channels = []outbox.Channel{outbox.SMS} }, func(f *Facts) { f.Location.SMSEnabled = false }, "channel_off"},
		{"dead pets", nil, func(f *Facts) { f.Patient.Deceased = true }, "deceased"},
		{"inactive pets", nil, func(f *Facts) { f.Patient.Inactive = true }, "inactive"},
		{"merged away", nil, func(f *Facts) { f.Client.Gone = true }, "gone"},
		{"about to part", nil, func(f *Facts) { f.Reason.EndOfLife = true }, "end_of_life"},
		{"no pet where the text names one", nil, func(f *Facts) { f.Patient = Patient{} }, "empty_code"},
		{"no pet where it does not", func(m *Mailing) { m.Own = Template{Email: "News"} }, func(f *Facts) { f.Patient = Patient{} }, "email anna@example.com"},
		{"not written yet", func(m *Mailing) { m.Template = "" }, nil, "email anna@example.com"},
	} {
		m := mailing(c.mailing)
		got := m.To(member(c.owner))
		var ways []string
		for _, message := range got.Messages {
			ways = append(ways, string(message.Channel)+" "+message.To)
			if want := "group:g1:" + message.To + "::" + string(message.Channel); message.Key != want || message.State != outbox.Queued || message.Priority != 4 {
				t.Errorf("%s: %+v", c.name, message)
			}
		}
		if said := strings.Join(ways, ", ") + string(got.Reason); said != c.want {
			t.Errorf("%s: %s, want %s", c.name, said, c.want)
		}
		counted := m.Measured(member(c.owner))
		for i := range counted.Messages {
			if counted.Messages[i].Channel == outbox.Email {
				counted.Messages[i].Subject, counted.Messages[i].Text, counted.Messages[i].Locale, counted.Messages[i].Template = got.Messages[i].Subject, got.Messages[i].Text, got.Messages[i].Locale, got.Messages[i].Template
			}
		}
		if diff := cmp.Diff(got, counted); diff != "" {
			t.Errorf("%s, counted:\n%s", c.name, diff)
		}
		if got.Reason == "" {
			continue
		}
		if row := m.Skip(member(c.owner), got); row.State != outbox.Skipped || row.Reason != got.Reason || row.Key != "group:g1:c1::"+string(row.Channel) {
			t.Errorf("%s: in the log it is %+v", c.name, row)
		}
	}
}

// own words take the place of the template's, field by field. R-27: what goes to many by e-mail shows the way out of it once.
func TestOwnWordsAndTheWayOut(t *testing.T) {
	t.Parallel()
	const out = "\n\n[I would rather not hear such news](https://book.example/unsubscribe/t)"
	for _, c := range []struct {
		name     string
		template string
		own      Template
		want     []string // subject, e-mail, SMS
	}{
		{"a template", "group-en", Template{}, []string{"News from Havnens Dyreklinik", "Dear Anna, good news for Bella.\n\n[No more news](https://book.example/unsubscribe/t)", "Good news for Bella, Anna! Havnens Dyreklinik"}},
		{"own words alone", "", Template{Subject: "Hi {{ client.first_name }}", Email: "Come and see us.", SMS: "Come, {{ client.first_name }}!"}, []string{"Hi Anna", "Come and see us." + out, "Come, Anna!"}},
		{"own e-mail, the template's rest", "group-en", Template{Email: "Come."}, []string{"News from Havnens Dyreklinik", "Come." + out, "Good news for Bella, Anna! Havnens Dyreklinik"}},
		{"own subject", "group-en", Template{Subject: "Come"}, []string{"Come", "Dear Anna, good news for Bella.\n\n[No more news](https://book.example/unsubscribe/t)", "Good news for Bella, Anna! Havnens Dyreklinik"}},
		{"no subject", "", Template{Email: "Come.", SMS: "Come."}, []string{"Havnens Dyreklinik", "Come." + out, "Come."}},
	} {
		m := mailing(func(m *Mailing) { m.Template, m.Own, m.Every = c.template, c.own, true })
		messages := m.To(member(nil)).Messages
		if len(messages) != 2 {
			t.Fatalf("%s: %d messages", c.name, len(messages))
		}
		if diff := cmp.Diff(c.want, []string{messages[0].Subject, messages[0].Text, messages[1].Text}); diff != "" {
			t.Errorf("%s:\n%s", c.name, diff)
		}
	}
	for _, locale := range Languages() {
		m := mailing(func(m *Mailing) { m.Template, m.Own = "", Template{Email: "Hei"} })
		text := m.To(member(func(f *Facts) { f.Client.Locale = locale })).Messages[0].Text
		if want := "[" + languageOf(locale).noNews + "]("; languageOf(locale).noNews == "" || !strings.Contains(text, want) {
			t.Errorf("%s: %s", locale, text)
		}
	}
	day := mailing(func(m *Mailing) { m.Purpose, m.Template, m.Own = outbox.DayNotice, "", Template{Email: "Late."} })
	f := ordinaryFacts()
	if text := day.To(&f).Messages[0].Text; text != "Late." {
		t.Errorf("about a visit: %s", text)
	}
}

// A mailing is asked by several at a time.
func TestAMailingIsAskedBySeveralAtATime(t *testing.T) {
	t.Parallel()
	m := mailing(nil)
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			f := member(func(f *Facts) {
				f.Client.FirstName, f.Client.Locale = fmt.Sprintf("Anna%d", i), Languages()[i%len(Languages())]
			})
			if got := m.To(f); len(got.Messages) != 1 || !strings.Contains(got.Messages[0].Text, f.Client.FirstName) {
				t.Errorf("%+v", got)
			}
		})
	}
	all.Wait()
}

// above fifty people, nobody writes to more than they meant.
func TestManyPeopleAreSentToByTheirNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		people, given int
		want          bool
	}{
		{1, 0, true}, {50, 0, true}, {50, 49, true}, {51, 0, false}, {51, 50, false}, {51, 51, true}, {51, 52, false}, {4000, 4000, true},
	} {
		if got := SureOf(c.people, c.given); got != c.want {
			t.Errorf("%d people, %d given: %v, want %v", c.people, c.given, got, c.want)
		}
	}
	if Many(50) || !Many(51) {
		t.Error("fifty are not many, fifty-one are")
	}
}
