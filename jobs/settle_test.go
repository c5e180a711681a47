package jobs

import (
	"testing"
	"time"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
)

// a provider that does not answer is asked about one message a round, so that what is due does not wait for it.
func TestAProviderThatDoesNotAnswerIsAskedOnce(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.provider.late, tr.provider.silent = true, true
	tr.clock = monday.Add(2 * time.Hour)
	for range 20 {
		tr.message()
	}
	at := tr.clock
	tr.dispatch(at)
	tr.provider.late = false
	tr.message()
	tr.dispatch(at.Add(time.Second))
	if n := len(tr.provider.asked); n != 1 {
		t.Errorf("asked %d times in one round", n)
	}
	expect(t, tr, log{"personal email sending": 20, "personal email sent": 1})
	tr.provider.silent = false
	tr.dispatch(at.Add(2 * time.Minute))
	expect(t, tr, log{"personal email sent": 21})
}

// what the provider has of one message is never taken for another one to the same address, however alike they are.
func TestWhatBelongsToOneMessageIsNotTakenForAnother(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	earlier := tr.message(clinictest.Fields{"channel": "sms", "to": "+4520123456", "parts": 1})
	elsewhere := tr.message(clinictest.Fields{"channel": "sms", "to": "+4520999999", "parts": 1})
	tr.dispatch(tr.clock)
	tr.provider.answers["+4520123456"] = []gateway.Result{{Outcome: outbox.Uncertain}}
	tr.message(clinictest.Fields{"channel": "sms", "to": "+4520123456", "parts": 1})
	tr.dispatch(tr.clock)
	tr.dispatch(tr.clock.Add(time.Second))
	if len(tr.provider.asked) != 1 {
		t.Fatalf("asked %d times", len(tr.provider.asked))
	}
	claimed := tr.provider.asked[0].Claimed
	if !claimed["their-"+earlier.Id] || claimed["their-"+elsewhere.Id] {
		t.Errorf("taken already: %v", claimed)
	}
}
