package jobs

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// calls are the titles of the open tasks to phone somebody, and how often each stands there.
func (tr *trial) calls() map[string]int {
	calls := map[string]int{}
	for _, task := range tr.tasks("call_owner") {
		calls[task.GetString("title")]++
	}
	return calls
}

// a day notice that is still queued when the visit begins, or that failed for good, is a task to phone, once; one that arrived is none.
func TestADayNoticeThatDoesNotArriveIsACall(t *testing.T) {
	t.Parallel()
	const title = "Call Maja Lund, +4520123456: the visit is cancelled (Bella, Monday 1 March 2027 09:00)"
	permanent := gateway.Result{Outcome: outbox.Permanent, Reason: outbox.ReasonBadAddress}
	for _, c := range []struct {
		name     string
		answer   gateway.Result
		at       time.Duration // after 07:10, when it is queued
		want     map[string]int
		channels []string
	}{
		{"it arrives", gateway.Result{}, time.Minute, map[string]int{}, []string{"email"}},
		{"the address is no good", permanent, time.Minute, map[string]int{title: 1}, []string{"email"}},
		{"the provider does not answer, and there is time", gateway.Result{Outcome: outbox.Temporary}, time.Minute, map[string]int{}, []string{"email"}},
		{"the provider does not answer until the visit begins", gateway.Result{Outcome: outbox.Temporary}, 110 * time.Minute, map[string]int{title: 1}, []string{"email"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tr := newTrial(t)
			clinictest.Change(t, tr.app, tr.client, clinictest.Fields{"last_name": "Lund", "phone": "+4520123456", "sms_phone": "+4520123456"})
			tr.visit("2027-03-01 08:00:00.000Z")
			tr.clock = monday.Add(6 * time.Minute)
			tr.dispatch(tr.clock)
			tr.provider.refuse = c.answer
			clinictest.Make(t, tr.app, store.Absences, clinictest.Fields{
				"practitioner": tr.practitioner.Id, "starts_at": "2027-03-01 06:00:00.000Z", "ends_at": "2027-03-01 15:00:00.000Z", "kind": "sick",
				"visits": "cancel", "channels": c.channels,
			})
			for _, later := range []time.Duration{0, time.Minute, 2 * time.Minute} {
				tr.dispatch(monday.Add(7*time.Minute + c.at + later))
			}
			if diff := cmp.Diff(c.want, tr.calls()); diff != "" {
				t.Errorf("%s\n%v", diff, tr.log())
			}
		})
	}
}

// where one channel fails and the other arrives, the owner knows.
func TestADayNoticeThatArrivesOnOneChannelIsNoCall(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.MessageSettings(t, tr.app, tr.location, clinictest.Fields{"window_from": "06:00"})
	tr.visit("2027-03-01 13:00:00.000Z")
	tr.clock = monday.Add(6 * time.Minute)
	tr.dispatch(tr.clock)
	failed := gateway.Result{Outcome: outbox.Permanent, Reason: outbox.ReasonBadAddress}
	tr.provider.answers[tr.client.GetString("email")] = []gateway.Result{failed}
	absence := clinictest.Fields{
		"practitioner": tr.practitioner.Id, "starts_at": "2027-03-01 06:00:00.000Z", "ends_at": "2027-03-01 15:00:00.000Z", "kind": "sick",
		"visits": "tell", "channels": []string{"email", "sms"}, "channel_mode": "every",
	}
	clinictest.Make(t, tr.app, store.Absences, absence)
	tr.dispatch(monday.Add(8 * time.Minute))
	tr.dispatch(monday.Add(9 * time.Minute))
	if diff := cmp.Diff(map[string]int{}, tr.calls()); diff != "" {
		t.Error(diff)
	}
}
