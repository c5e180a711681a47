package hooks_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"pawbell/internal/outbox"
	"pawbell/internal/store/queue"
)

// a hard bounce or a complaint stops the address and asks a person once; an unsubscription stops mail to many; what passes stops nothing.
func TestWhatProvidersReportStopsAddresses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		channel, event string
		more           fields
		state          string
		stops, tasks   []string
	}{
		"a hard bounce": {"email", "failed", fields{"severity": "permanent", "reason": "bounce"}, "failed bad_address",
			[]string{"email kari@owner.example bounce"}, []string{"bounced_address: E-mails to Kari@Owner.example come back: nothing is sent there any more"}},
		"a complaint": {"email", "complained", nil, "sent", []string{"email kari@owner.example complaint"},
			[]string{"bounced_address: Somebody called our mail to Kari@Owner.example spam: nothing is sent there any more"}},
		"an unsubscription": {"email", "unsubscribed", nil, "sent", []string{"email kari@owner.example unsubscribed group"}, nil},
		"an earlier complaint that the provider kept": {"email", "failed", fields{"severity": "permanent", "reason": "suppress-complaint"}, "failed refused",
			[]string{"email kari@owner.example complaint"}, []string{"bounced_address: Somebody called our mail to Kari@Owner.example spam: nothing is sent there any more"}},
		"a soft bounce": {"email", "failed", fields{"severity": "temporary", "reason": "generic"}, "sent", nil, nil},
		"a refusal": {"email", "failed", fields{"severity": "permanent", "reason": "espblock"}, "failed refused", nil,
			[]string{"message_failed: A message could not be delivered: The provider refused it."}},
		"a dead number": {"sms", "undelivered", fields{"code": "30005"}, "failed bad_address", []string{"sms +4520123456 bounce"},
			[]string{"bounced_address: Nobody can be reached at +4520123456: no texts are sent there any more"}},
		"a number that told the provider stop": {"sms", "failed", fields{"code": "21610"}, "failed unsubscribed", []string{"sms +4520123456 stop"},
			[]string{"message_failed: A message could not be delivered: The receiver has unsubscribed at the provider."}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newProviders(t)
			id := p.email()
			if c.channel == "sms" {
				id = p.message()
			}
			for range 2 {
				if c.channel == "sms" {
					p.answered(name, p.twilio(id, sid, c.event, c.more["code"].(string)), http.StatusOK)
				} else {
					p.answered(name, p.mailgun(id, c.event, "e1", "kari@owner.example", c.more), http.StatusOK)
				}
			}
			p.stands(id, c.state)
			p.stops(c.stops...)
			p.open(c.tasks...)
		})
	}
}

// Those who get hidden copies share the provider's id of the message, and what happens to a copy happens to them alone.
func TestReportsOfHiddenCopies(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	id := p.email(fields{"bcc": "boss@clinic.example, desk@clinic.example"})
	p.answered("the copy arrived", p.mailgun(id, "delivered", "e1", "boss@clinic.example"), http.StatusOK)
	p.stands(id, "sent")
	p.answered("a copy bounced", p.mailgun(id, "failed", "e2", "Desk@clinic.example", fields{"severity": "permanent", "reason": "bounce"}), http.StatusOK)
	p.stands(id, "sent")
	p.stops("email desk@clinic.example bounce")
	p.answered("somebody else's bounced", p.mailgun(id, "failed", "e3", "stranger@owner.example", fields{"severity": "permanent", "reason": "bounce"}), http.StatusOK)
	p.stops("email desk@clinic.example bounce")
	p.answered("the owner's arrived", p.mailgun(id, "delivered", "e4", "kari@OWNER.example"), http.StatusOK)
	p.stands(id, "delivered")
}

// what a provider answers at once stops an address as a report does, and the failure asks a person once. Of a mailing to many nobody is asked
// about single failures.
func TestRefusalsAtOnceStopAddresses(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	clinic, err := p.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	var batch []queue.Ended
	for _, c := range []struct {
		channel outbox.Channel
		to      string
		purpose outbox.Purpose
		reason  outbox.Reason
	}{
		{outbox.SMS, "+4520000001", outbox.BookingConfirmation, outbox.ReasonUnsubscribed},
		{outbox.SMS, "+4520000002", outbox.Group, outbox.ReasonUnsubscribed},
		{outbox.Email, "Dead@owner.example", outbox.VisitReminder, outbox.ReasonBadAddress},
		{outbox.Email, "refused@owner.example", outbox.Group, outbox.ReasonRefused},
	} {
		id := p.message(fields{"channel": string(c.channel), "to": c.to, "purpose": string(c.purpose), "state": "sending", "sent_at": ""})
		batch = append(batch, queue.Ended{
			Settlement: outbox.Settlement{State: outbox.Failed, Reason: c.reason}, Gateway: "x", Event: "failed",
			Message: queue.Outgoing{Row: outbox.Row{ID: id, Channel: c.channel, Purpose: c.purpose, To: c.to}, Location: p.location.Id},
		})
	}
	if _, err := queue.SaveOutcomes(p.app, clinic, batch, p.now); err != nil {
		t.Fatal(err)
	}
	p.stops("sms +4520000001 stop", "sms +4520000002 stop", "email dead@owner.example bounce")
	p.open("message_failed: A message could not be delivered: The receiver has unsubscribed at the provider.",
		"bounced_address: E-mails to Dead@owner.example come back: nothing is sent there any more")
}

// a stop that staff write down by hand is kept in the form in which numbers and addresses are compared, or refused.
func TestAStopByHandIsOneThatWorks(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	make := func(channel, address string) reply {
		return p.as(p.superuser, http.MethodPost, "/api/collections/stopped_addresses/records", fields{"channel": channel, "address": address, "cause": "stop"})
	}
	p.answered("a number", make("sms", "+45 20 12 34 56"), http.StatusOK)
	p.answered("an address", make("email", " Kari@Owner.EXAMPLE"), http.StatusOK)
	p.stops("sms "+number+" stop", "email kari@owner.example stop")
	for channel, address := range map[string]string{"sms": "20123456", "email": "kari"} {
		if got := make(channel, address); got.Status != http.StatusBadRequest || got.code("address") != "invalid_address" {
			t.Errorf("%s: %d %s", address, got.Status, got.Body)
		}
	}
}

// what is stopped after it was queued does not leave, whatever it is for, by whatever way, and however the address is written. A hidden
// copy that is stopped is left out, and the log says who gets one.
func TestWhatIsQueuedForAStoppedAddressDoesNotLeave(t *testing.T) {
	t.Parallel()
	p := newProviders(t)
	waiting := func(change fields) string {
		return p.message(fields{"state": "queued", "attempts": 0, "sent_at": "", "gateway": ""}, change)
	}
	stopped := map[string]string{}
	for name, change := range map[string]fields{
		"a text":                                   {},
		"a test":                                   {"purpose": "test"},
		"what an external service would text":      {"purpose": "reminder", "channel": "external", "to": number},
		"what an external service would mail":      {"purpose": "reminder", "channel": "external", "to": "Kari@Owner.example"},
		"a notice to the clinic":                   {"purpose": "notice_booking", "channel": "email", "to": "desk@clinic.example"},
		"an e-mail to a domain with other letters": {"channel": "email", "to": "kari@møller.example"},
	} {
		stopped[name] = waiting(change)
	}
	copied := waiting(fields{"channel": "email", "to": "ola@owner.example", "bcc": "boss@clinic.example, Desk@clinic.example"})
	handed := waiting(fields{"purpose": "reminder", "channel": "external", "to": "+4520999999"})
	for _, stop := range []struct{ channel, address string }{
		{"sms", number}, {"email", "kari@owner.example"}, {"email", "desk@clinic.example"}, {"email", "kari@xn--mller-vua.example"},
	} {
		made := p.as(p.superuser, http.MethodPost, "/api/collections/stopped_addresses/records", fields{"channel": stop.channel, "address": stop.address, "cause": "stop"})
		p.answered(stop.address, made, http.StatusOK)
	}
	clinic, err := p.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	p.now = p.now.Add(2 * time.Hour)
	leased, err := queue.Lease(p.app, clinic, p.now, queue.LeaseOptions{Limit: 50, For: time.Minute, Gateway: func(outbox.Channel) string { return "x" }})
	if err != nil {
		t.Fatal(err)
	}
	going := map[string][]string{}
	for _, m := range leased.Going {
		going[m.ID] = m.BCC
	}
	if diff := cmp.Diff(map[string][]string{copied: {"boss@clinic.example"}, handed: {}}, going, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("leaving (-want +got):\n%s", diff)
	}
	if got := p.mustFind("messages", copied).GetString("bcc"); got != "boss@clinic.example" {
		t.Errorf("the log has copies to %q", got)
	}
	for name, id := range stopped {
		if r := p.mustFind("messages", id); r.GetString("state") != "skipped" || r.GetString("reason") != "stopped_address" {
			t.Errorf("%s: %s %s", name, r.GetString("state"), r.GetString("reason"))
		}
	}
}
