package torture

import (
	"context"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// fault is what a provider does to one request.
type fault string

// The faults. After means that the provider has taken the message when it misbehaves, so that only asking can tell.
const (
	none           fault = "none"
	hangsAfter     fault = "hangs after accepting"
	resetsAfter    fault = "resets after accepting"
	resetsBefore   fault = "resets before accepting"
	failsBefore    fault = "5xx before accepting"
	failsAfter     fault = "5xx after accepting"
	asksForFewer   fault = "429 with Retry-After"
	slow           fault = "slow"
	cutsBody       fault = "cuts its answer short"
	reportsFirst   fault = "reports before it answers"
	reportsTwice   fault = "reports everything twice"
	refusesForNow  fault = "451 or 450 before accepting"
	notThere       fault = "connection refused for a while"
	looksUpBadly   fault = "look-up fails"
	killedMeantime fault = "killed while at the provider"
)

// odds are how many of a thousand requests meet a fault; the rest meets none.
type odds map[fault]int

// acceptance is one message that a provider took: from here on the owner gets it.
type acceptance struct {
	provider, id, gatewayID string
	at                      time.Time
	to, text                string
}

// ledger is what all providers together know: the truth that the program's log is held against.
type ledger struct {
	mutex    sync.Mutex
	random   *rand.Rand
	accepted map[string][]acceptance    // by our message id
	met      map[string]map[fault]int   // by our message id: the faults it met
	requests map[string]map[fault]int64 // by provider
	kind     atomic.Bool                // no more faults
	lookups  atomic.Int64
	reports  atomic.Int64
	refused  atomic.Int64 // reports that the program did not take
	// under way are the messages that are with a provider right now.
	underway map[string]string
}

func newLedger(seed uint64) *ledger {
	return &ledger{
		random: rand.New(rand.NewPCG(seed, 1)), accepted: map[string][]acceptance{}, met: map[string]map[fault]int{}, requests: map[string]map[fault]int64{},
		underway: map[string]string{},
	}
}

func (l *ledger) number(n int) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.random.IntN(n)
}

// draw chooses what happens to one request.
func (l *ledger) draw(provider string, chances odds) fault {
	drawn := none
	if !l.kind.Load() {
		n := l.number(1000)
		for _, f := range []fault{hangsAfter, resetsAfter, resetsBefore, failsBefore, failsAfter, asksForFewer, slow, cutsBody, reportsFirst, reportsTwice, refusesForNow, looksUpBadly} {
			if n -= chances[f]; n < 0 {
				drawn = f
				break
			}
		}
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.requests[provider] == nil {
		l.requests[provider] = map[fault]int64{}
	}
	l.requests[provider][drawn]++
	return drawn
}

func (l *ledger) meet(id string, f fault) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.met[id] == nil {
		l.met[id] = map[fault]int{}
	}
	l.met[id][f]++
}

func (l *ledger) accept(a acceptance) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	a.at = time.Now()
	l.accepted[a.id] = append(l.accepted[a.id], a)
}

func (l *ledger) enter(id, provider string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.underway[id] = provider
}

func (l *ledger) leave(id string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.underway, id)
}

// killed notes what was at a provider when the process was killed.
func (l *ledger) killed() {
	l.mutex.Lock()
	ids := make([]string, 0, len(l.underway))
	for id := range l.underway {
		ids = append(ids, id)
	}
	l.mutex.Unlock()
	for _, id := range ids {
		l.meet(id, killedMeantime)
	}
}

func (l *ledger) total() int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	n := 0
	for _, list := range l.accepted {
		n += len(list)
	}
	return n
}

// serving is a server on an address that it can leave and come back to.
type serving struct {
	address string
	serve   func(net.Listener) error
	moving  sync.Mutex
	current net.Listener
}

func open(t testing.TB, serve func(net.Listener) error) *serving {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &serving{address: l.Addr().String(), serve: serve, current: l}
	go serve(l)
	return s
}

// closeFor refuses connections for a while.
func (s *serving) closeFor(d time.Duration) error {
	s.moving.Lock()
	defer s.moving.Unlock()
	if err := s.current.Close(); err != nil {
		return err
	}
	time.Sleep(d)
	for range 200 {
		l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", s.address)
		if err == nil {
			s.current = l
			go s.serve(l)
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return net.ErrClosed
}

// hold keeps a request without an answer until its sender gives up or the world becomes kind.
func (l *ledger) hold(r *http.Request) {
	for !l.kind.Load() {
		select {
		case <-r.Context().Done():
			return
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// sever ends the connection of a request without a goodbye; with something said before, the answer is cut.
func sever(w http.ResponseWriter, said string) {
	hijacker, ok := w.(http.Hijacker)
	if !ok {
		return
	}
	conn, buffer, err := hijacker.Hijack()
	if err != nil {
		return
	}
	if said != "" {
		buffer.WriteString(said)
		buffer.Flush()
	} else if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
}
