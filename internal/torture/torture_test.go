package torture

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"
)

// monday is 1 March 2027, 07:10 in Copenhagen.
var monday = time.Date(2027, 3, 1, 6, 10, 0, 0, time.UTC)

// size is how much a trial goes through.
type size struct {
	messages, kills int
	seed            uint64
}

func sizeOf(t *testing.T, messages, kills int) size {
	t.Helper()
	number := func(name string, otherwise int) int {
		v := os.Getenv(name)
		if v == "" {
			return otherwise
		}
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatalf("%s is no number", name)
		}
		return n
	}
	return size{number("TORTURE_MESSAGES", messages), number("TORTURE_KILLS", kills), uint64(number("TORTURE_SEED", int(rand.Uint32())))}
}

// whatever the providers do and whenever the process dies, a provider that can be asked ends up with every message exactly once,
// and a mail server, which cannot, never gets one twice without saying so.
func TestNothingIsLostOrDoubled(t *testing.T) {
	t.Parallel()
	for _, mail := range []string{"mailgun", "smtp"} {
		t.Run("twilio and "+mail, func(t *testing.T) {
			t.Parallel()
			s := sizeOf(t, 160, 3)
			t.Logf("seed %d, %d messages, %d kills", s.seed, s.messages, s.kills)
			torture(t, s, mail)
		})
	}
}

// trial is one torture under way.
type trial struct {
	t      *testing.T
	size   size
	random *rand.Rand
	*ledger
	*program
	providers []*serving
	visits    []string // ids of acknowledged bookings
	kills     int
}

// begin sets up providers and a clinic with so many clients, and starts nothing yet.
func begin(t *testing.T, s size, mail string, clients int) *trial {
	t.Helper()
	tr := &trial{t: t, size: s, random: rand.New(rand.NewPCG(s.seed, 2)), ledger: newLedger(s.seed)}
	report := func(path, contentType, body string) { tr.program.report(tr.ledger, path, contentType, body) }
	texts := newTwilio(t, tr.ledger, report)
	tr.providers = append(tr.providers, texts.serving)
	env := []string{
		"PAWBELL_SMS_GATEWAY=twilio", "PAWBELL_TWILIO_ACCOUNT_SID=" + twilioAccount, "PAWBELL_TWILIO_AUTH_TOKEN=" + twilioToken,
		"PAWBELL_TWILIO_FROM=+15005550006", "PAWBELL_TWILIO_BASE_URL=http://" + texts.address, "PAWBELL_EMAIL_GATEWAY=" + mail,
	}
	server := ""
	if mail == "mailgun" {
		p := newMailgun(t, tr.ledger, report)
		tr.providers = append(tr.providers, p.serving)
		env = append(env, "PAWBELL_MAILGUN_DOMAIN="+mailgunDomain, "PAWBELL_MAILGUN_API_KEY="+mailgunKey, "PAWBELL_MAILGUN_SIGNING_KEY="+mailgunSigning,
			"PAWBELL_MAILGUN_BASE_URL=http://"+p.address)
	} else {
		p := newMailServer(t, tr.ledger)
		tr.providers = append(tr.providers, p.serving)
		server = p.address
	}
	tr.program = newProgram(t, newClinic(t, clients, server), env...)
	return tr
}

func torture(t *testing.T, s size, mail string) {
	visits := s.messages / 4
	tr := begin(t, s, mail, visits)
	began := time.Now()
	clock := tr.book(monday, visits, s.kills/4)
	booked := time.Since(began)
	clock = tr.live(clock.Add(6*time.Minute), s.kills*3/8)
	clock = tr.calm(clock)
	reminders := time.Date(2027, 3, 2, 8, 1, 0, 0, time.UTC)
	if clock.After(reminders) {
		reminders = clock
	}
	clock = tr.live(reminders, s.kills-s.kills/4-s.kills*3/8)
	tr.calm(clock)
	t.Logf("booked in %s, ended after %s", booked.Round(time.Millisecond), time.Since(began).Round(time.Millisecond))
	tr.account()
}

// book makes the visits by batches, with kills in between. A batch that was not acknowledged is sent again with the same ids.
func (tr *trial) book(clock time.Time, visits, kills int) time.Time {
	const inBatch = 20
	tr.start(tr.t, clock)
	var batches [][]map[string]any
	for i := 0; i < visits; i += inBatch {
		var batch []map[string]any
		for n := i; n < min(i+inBatch, visits); n++ {
			id := fmt.Sprintf("visit%010d", n)
			tr.visits = append(tr.visits, id)
			client := n
			if n%20 == 1 {
				// The same owner twice at the same time: two texts that are alike to the letter.
				client = n - 1
			}
			start := time.Date(2027, 3, 4, 8, 15, 0, 0, time.UTC).Add(time.Duration(client%200) * time.Minute)
			batch = append(batch, map[string]any{"method": "POST", "url": "/api/collections/bookings/records", "body": tr.visit(id, client, start)})
		}
		batches = append(batches, batch)
	}
	killAt := map[int]bool{}
	for len(killAt) < min(kills, len(batches)-1) {
		killAt[1+tr.random.IntN(len(batches)-1)] = true
	}
	for i, batch := range batches {
		if killAt[i] {
			done := make(chan struct{})
			go func() {
				defer close(done)
				tr.ask(http.MethodPost, "/api/batch", map[string]any{"requests": batch})
			}()
			time.Sleep(time.Duration(tr.random.IntN(40)) * time.Millisecond)
			clock = tr.die(0)
			<-done
			tr.start(tr.t, clock)
		}
		for attempt := range 20 {
			status, said := tr.ask(http.MethodPost, "/api/batch", map[string]any{"requests": batch})
			if status == http.StatusOK || strings.Contains(string(said), "validation_not_unique") || strings.Contains(string(said), "validation_pk_invalid") {
				break
			}
			if attempt == 19 {
				tr.t.Fatalf("a batch is refused: %d %s", status, said)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	return tr.die(0)
}

// visit is the body of a visit that staff make for a client.
func (tr *trial) visit(id string, client int, start time.Time) map[string]any {
	return map[string]any{
		"id": id, "location": tr.location, "reason": tr.reason, "practitioner": tr.practitioner, "client": tr.clients[client],
		"starts_at": start.Format(time.RFC3339), "overbook": true,
	}
}

// die kills the program and answers the clinic's time, later by a while.
func (tr *trial) die(later time.Duration) time.Time {
	tr.ledger.killed()
	clock := tr.now().Add(later)
	tr.kill(tr.t)
	tr.kills++
	return clock
}

// live runs the program under fire, killed so many times. Each life ends while it hands over, after about its share of what there is to do: a
// kill that finds an empty queue proves nothing.
func (tr *trial) live(clock time.Time, kills int) time.Time {
	const longest = 2 * time.Second
	for range kills {
		enough := tr.total() + 1 + tr.random.IntN(max(1, tr.size.messages/max(1, kills)))
		tr.start(tr.t, clock)
		end := time.Now().Add(longest)
		if tr.random.IntN(4) == 0 {
			p := tr.providers[tr.random.IntN(len(tr.providers))]
			if err := p.closeFor(time.Duration(50+tr.random.IntN(300)) * time.Millisecond); err != nil {
				tr.t.Fatal(err)
			}
		}
		for n := 0; time.Now().Before(end) && tr.total() < enough; n++ {
			if n%50 == 0 {
				go tr.dispatch()
			}
			time.Sleep(2 * time.Millisecond)
		}
		later := time.Duration(0)
		if tr.random.IntN(3) > 0 {
			later = 6 * time.Minute
		}
		clock = tr.die(later)
	}
	return clock
}

// calm lets the providers behave and the program settle everything, with restarts where it would wait for long.
func (tr *trial) calm(clock time.Time) time.Time {
	tr.kind.Store(true)
	defer tr.kind.Store(false)
	for range 8 {
		tr.start(tr.t, clock)
		left, same := tr.open(), 0
		for left != 0 && same < 12 {
			tr.dispatch()
			time.Sleep(150 * time.Millisecond)
			now := tr.open()
			same++
			if now != left {
				same = 0
			}
			left = now
		}
		if left == 0 {
			return tr.die(0)
		}
		clock = tr.die(31 * time.Minute)
	}
	return clock
}

// row is a message as the log has it.
type row struct {
	ID        string `db:"id"`
	Key       string `db:"key"`
	Purpose   string `db:"purpose"`
	Channel   string `db:"channel"`
	Booking   string `db:"booking"`
	State     string `db:"state"`
	Reason    string `db:"reason"`
	Gateway   string `db:"gateway"`
	GatewayID string `db:"gateway_id"`
	Attempts  int    `db:"attempts"`
	To        string `db:"to"`
	Text      string `db:"text"`
}

// verdict counts what became of messages. Needless are the unknown ones that never reached their provider.
type verdict struct{ messages, accepted, doubled, again, lost, unknown, needless, ended int }

func (v *verdict) add(o verdict) {
	v.messages += o.messages
	v.accepted += o.accepted
	v.doubled += o.doubled
	v.again += o.again
	v.lost += o.lost
	v.unknown += o.unknown
	v.needless += o.needless
	v.ended += o.ended
}

// judge holds one row against what its provider took.
func judge(m row, took []acceptance) (v verdict, problem string) {
	v = verdict{messages: 1, accepted: len(took)}
	for _, a := range took[min(1, len(took)):] {
		if a.provider == "smtp" && m.Purpose == "visit_reminder" && a.gatewayID == took[0].gatewayID && len(took) == 2 {
			v.again++
			continue
		}
		v.doubled++
		problem = fmt.Sprintf("doubled: accepted %d times", len(took))
	}
	switch m.State {
	case "sent", "delivered":
		if len(took) == 0 {
			v.lost++
			problem = "lost: no provider has it"
		}
	case "unknown":
		v.unknown++
		if len(took) == 0 {
			v.needless++
		}
		if m.Gateway != "smtp" {
			problem = "unknown at a provider that can be asked"
		}
	case "queued", "sending":
		v.lost++
		problem = "still on its way"
	default:
		v.ended++
		if m.State == "skipped" || m.State == "cancelled" {
			problem = "nobody asked for its end"
		}
		if m.Reason == "" {
			problem = "ended without a reason"
		} else if len(took) > 0 {
			problem = "accepted, but the log says otherwise"
		}
	}
	return v, problem
}

// shared gives each message what providers took for it. Of texts that are alike to the letter and go to one number nobody can tell which is which
// so what was taken of them goes round: first by the number that the log has, then one to each that was sent, the rest to the last.
func (tr *trial) shared(rows []row) map[string][]acceptance {
	alike := map[[2]string][]row{}
	took := map[string][]acceptance{}
	for _, m := range rows {
		if m.Channel == "sms" {
			alike[[2]string{m.To, m.Text}] = append(alike[[2]string{m.To, m.Text}], m)
		} else {
			took[m.ID] = tr.accepted[m.ID]
		}
	}
	for _, twins := range alike {
		var pool []acceptance
		for _, m := range twins {
			pool = append(pool, tr.accepted[m.ID]...)
		}
		for _, m := range twins {
			if at := slices.IndexFunc(pool, func(a acceptance) bool { return a.gatewayID == m.GatewayID }); at >= 0 {
				took[m.ID] = append(took[m.ID], pool[at])
				pool = slices.Delete(pool, at, at+1)
			}
		}
		for _, m := range twins {
			if (m.State == "sent" || m.State == "delivered") && len(took[m.ID]) == 0 && len(pool) > 0 {
				took[m.ID], pool = append(took[m.ID], pool[0]), pool[1:]
			}
		}
		last := twins[len(twins)-1].ID
		took[last] = append(took[last], pool...)
	}
	return took
}

// account holds the log against the ledger and prints the table.
func (tr *trial) account() {
	t := tr.t
	var rows []row
	var errors []struct {
		Message string `db:"message"`
		Job     string `db:"error"`
		N       int    `db:"n"`
	}
	tr.reopen(t, func(app core.App) {
		if err := app.DB().NewQuery(`SELECT id, key, purpose, channel, booking, state, reason, gateway, gateway_id, attempts, "to", text FROM messages`).All(&rows); err != nil {
			t.Fatal(err)
		}
		if err := app.AuxDB().NewQuery(`SELECT message, ifnull(data ->> 'error', '') AS error, count(*) AS n FROM _logs WHERE level >= 8 GROUP BY 1, 2`).All(&errors); err != nil {
			t.Fatal(err)
		}
		var sound string
		if err := app.DB().NewQuery(`PRAGMA integrity_check`).Row(&sound); err != nil || sound != "ok" {
			t.Errorf("the database is not sound: %s %v", sound, err)
		}
	})
	byVisit := map[string]int{}
	states := map[string]int{}
	by := map[string]*verdict{}
	known := map[string]bool{}
	shared := tr.shared(rows)
	problems := map[string]int{}
	for _, m := range rows {
		known[m.ID] = true
		states[strings.TrimSpace(m.Channel+" "+m.State+" "+m.Reason)]++
		byVisit[m.Booking]++
		took := shared[m.ID]
		v, problem := judge(m, took)
		carrier := m.Gateway
		if m.Gateway != "smtp" && m.GatewayID != "" && !slices.ContainsFunc(took, func(a acceptance) bool { return a.gatewayID == m.GatewayID }) {
			problem = "carries another message's number"
		}
		if problem != "" {
			problems[carrier+": "+problem]++
			if problems[carrier+": "+problem] <= 5 {
				t.Errorf("%s %s %s (%s, %s, %d attempts) met %v: %s", carrier, m.Purpose, m.ID, m.State, m.Reason, m.Attempts, tr.met[m.ID], problem)
			}
		}
		faults := append(slices.Collect(maps.Keys(tr.met[m.ID])), "all")
		for _, f := range faults {
			line := fmt.Sprintf("%-9s %-30s", carrier, f)
			if by[line] == nil {
				by[line] = &verdict{}
			}
			by[line].add(v)
		}
	}
	for id := range tr.accepted {
		if !known[id] {
			t.Errorf("a provider has message %s, which is in no log", id)
		}
	}
	for _, id := range tr.visits {
		if byVisit[id] != 4 {
			t.Errorf("visit %s has %d messages, want 4", id, byVisit[id])
		}
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%d kills, %d messages, %d accepted, %d look-ups, %d reports (%d not taken)\n", tr.kills, len(rows), tr.total(), tr.lookups.Load(), tr.reports.Load(), tr.refused.Load())
	fmt.Fprintf(&table, "%-9s %-30s %8s %8s %8s %8s %6s %8s %9s %6s\n", "provider", "met", "messages", "accepted", "doubled", "2nd copy", "lost", "unknown", "not taken", "ended")
	for _, line := range slices.Sorted(maps.Keys(by)) {
		v := by[line]
		fmt.Fprintf(&table, "%s %8d %8d %8d %8d %6d %8d %9d %6d\n", line, v.messages, v.accepted, v.doubled, v.again, v.lost, v.unknown, v.needless, v.ended)
	}
	for _, state := range slices.Sorted(maps.Keys(states)) {
		fmt.Fprintf(&table, "%7d %s\n", states[state], state)
	}
	for _, e := range errors {
		fmt.Fprintf(&table, "logged %d times: %s %s\n", e.N, e.Message, e.Job)
	}
	for _, p := range slices.Sorted(maps.Keys(problems)) {
		fmt.Fprintf(&table, "PROBLEM %d times: %s\n", problems[p], p)
	}
	t.Log("\n" + table.String())
	if said := tr.said.String(); strings.Contains(said, "panic") || strings.Contains(said, "DATA RACE") {
		t.Errorf("the program panicked:\n%s", said)
	}
}
