package jobs

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/record"
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
	if claimed["their-"+earlier.Id] != earlier.Id || claimed["their-"+elsewhere.Id] != "" {
		t.Errorf("taken already: %v", claimed)
	}
}

// alike is a provider that knows texts by number and words only, as Twilio does: every one it has is an answer to every question about its like.
type alike struct {
	*provider
	has   []string               // its ids, the oldest first
	while func(l gateway.Lookup) // happens between the question and its answer, when set
}

func (p *alike) Find(_ context.Context, l gateway.Lookup) (*gateway.Found, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.asked = append(p.asked, l)
	if p.silent {
		return nil, errors.New("no answer")
	}
	if p.while != nil {
		defer p.while(l)
	}
	for _, id := range p.has {
		if owner, claimed := l.Claimed[id]; !claimed || owner == l.Message.ID {
			return &gateway.Found{GatewayID: id, State: outbox.Sent}, nil
		}
	}
	return nil, nil
}

// inDoubt makes messages that are alike, attempted one after the other, of which no answer came. They are settled through the provider answered.
func inDoubt(t *testing.T, n int) (*trial, *alike, []string) {
	t.Helper()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	p := &alike{provider: tr.provider}
	tr.gateways = gateway.NewSet(p, p, nil)
	var ids []string
	tr.provider.late, tr.provider.silent = true, true
	for range n {
		ids = append(ids, tr.message(clinictest.Fields{"channel": "sms", "to": "+4520123456", "parts": 1}).Id)
		tr.dispatch(tr.clock)
	}
	tr.provider.late, tr.provider.silent = false, false
	// Whatever the order in which leases end, attempts count in theirs.
	for i, id := range ids {
		if _, err := tr.app.NonconcurrentDB().NewQuery(`UPDATE messages SET leased_until = {:until}, state = 'sending', gateway_id = '' WHERE id = {:id}`).
			Bind(dbx.Params{"id": id, "until": record.Instant(tr.clock.Add(-time.Duration(i) * time.Second))}).Execute(); err != nil {
			t.Fatal(err)
		}
	}
	tr.provider.asked = nil
	return tr, p, ids
}

func (tr *trial) row(id string) *core.Record {
	tr.t.Helper()
	r, err := tr.app.FindRecordById(store.Messages, id)
	if err != nil {
		tr.t.Fatal(err)
	}
	return r
}

// of texts that are alike the oldest attempt takes the oldest one at the provider, each is one message's, and what is not there goes again.
func TestTextsThatAreAlikeAreEachOneMessages(t *testing.T) {
	t.Parallel()
	tr, p, ids := inDoubt(t, 4)
	p.has = []string{"SM0", "SM1", "SM2"}
	if err := tr.settleLost(context.Background(), tr.clock); err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"SM0", "SM1", "SM2", ""} {
		r := tr.row(ids[i])
		if state := map[bool]string{true: "sent", false: "queued"}[want != ""]; r.GetString("gateway_id") != want || r.GetString("state") != state {
			t.Errorf("attempt %d: %s %s, want %s", i, r.GetString("state"), r.GetString("gateway_id"), want)
		}
	}
	// After a restart nothing is remembered but what is stored.
	if claimed, err := queue.Claimed(tr.app, []queue.LostLease{{Outgoing: queue.Outgoing{Row: outbox.Row{To: "+4520123456"}}}}); err != nil || len(claimed) != 3 || claimed["SM1"] != ids[1] {
		t.Errorf("%v, %v", claimed, err)
	}
}

// a report may give a text to its message while another message, which is alike, asks about it. It stays the one's, and the other asks again.
func TestAReportClaimsWhatAQuestionFound(t *testing.T) {
	t.Parallel()
	tr, p, ids := inDoubt(t, 2)
	p.has = []string{"SM0"}
	clinic, err := tr.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	told := queue.Report{ID: "SM0:delivered", Kind: "delivered", Message: ids[1], GatewayID: "SM0", State: outbox.Delivered}
	p.while = func(l gateway.Lookup) {
		if l.Message.ID == ids[0] {
			if _, err := queue.SaveReports(tr.app, clinic, tr.provider, []queue.Report{told}, tr.clock); err != nil {
				t.Error(err)
			}
		}
	}
	for range 2 {
		if err := tr.settleLost(context.Background(), tr.clock); err != nil {
			t.Fatal(err)
		}
	}
	if r := tr.row(ids[1]); r.GetString("state") != "delivered" || r.GetString("gateway_id") != "SM0" {
		t.Errorf("the reported one: %s %s", r.GetString("state"), r.GetString("gateway_id"))
	}
	if r := tr.row(ids[0]); r.GetString("state") != "queued" || r.GetString("gateway_id") != "" {
		t.Errorf("the other one: %s %s, want it to go again", r.GetString("state"), r.GetString("gateway_id"))
	}
}

// once a text is known to be one message's, its later reports are that message's, though it was sent under the name of another one that is
// alike: or the other would be taken for delivered and never leave.
func TestReportsFollowWhoeverHasTheText(t *testing.T) {
	t.Parallel()
	tr, p, ids := inDoubt(t, 2)
	p.has = []string{"SM0"}
	if err := tr.settleLost(context.Background(), tr.clock); err != nil {
		t.Fatal(err)
	}
	clinic, err := tr.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	told := queue.Report{ID: "SM0:delivered", Kind: "delivered", Message: ids[1], GatewayID: "SM0", State: outbox.Delivered}
	if _, err := queue.SaveReports(tr.app, clinic, tr.provider, []queue.Report{told}, tr.clock); err != nil {
		t.Fatal(err)
	}
	expect(t, tr, log{"personal sms delivered": 1, "personal sms queued": 1})
	if r := tr.row(ids[0]); r.GetString("state") != "delivered" {
		t.Errorf("the first attempt is %s", r.GetString("state"))
	}
}

// a text that is found at the provider while one like it is on its way may be that one's. It is nobody's until that one has its answer: or one of
// the two would never leave.
func TestWhatIsFoundWhileItsLikeIsOnItsWayIsAskedAgain(t *testing.T) {
	t.Parallel()
	tr, p, ids := inDoubt(t, 1)
	twin := tr.message(clinictest.Fields{"channel": "sms", "to": "+4520123456", "parts": 1})
	clinic, err := tr.desk.Clinic()
	if err != nil {
		t.Fatal(err)
	}
	leased, err := queue.Lease(tr.app, clinic, tr.clock, queue.LeaseOptions{Limit: 10, For: leaseTime, Gateway: tr.gatewayName})
	if err != nil || len(leased.Going) != 1 || leased.Going[0].ID != twin.Id {
		t.Fatalf("%d leased, %v", len(leased.Going), err)
	}
	p.has = []string{"SM0"} // the twin's, whose answer is under way
	if err := tr.settleLost(context.Background(), tr.clock); err != nil {
		t.Fatal(err)
	}
	if r := tr.row(ids[0]); r.GetString("state") != "sending" || r.GetString("gateway_id") != "" {
		t.Errorf("the one in doubt is %s with %s", r.GetString("state"), r.GetString("gateway_id"))
	}
	if err := tr.note(clinic, []answer{tr.settled(leased.Going[0], "trial", gateway.Result{Outcome: outbox.Accepted, GatewayID: "SM0"})}); err != nil {
		t.Fatal(err)
	}
	if err := tr.settleLost(context.Background(), tr.clock.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	if r := tr.row(ids[0]); r.GetString("state") != "queued" {
		t.Errorf("the one that never left is %s", r.GetString("state"))
	}
}
