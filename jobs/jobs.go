// Package jobs answers what happens by itself because time passes: messages leave, reminders come due, visits complete,
// long work goes on, lost attempts are settled.
//
// Each job is a plain function of a context and a moment; [Register] is the list of them. A job never overlaps itself, and nothing here
// decides about the trade: it leases, asks the rules, calls a gateway, and writes down what came of it.
package jobs

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/calendar"
	"pawbell/internal/gateway"
	"pawbell/internal/store"
)

// Clock is where jobs get the time from: the clinic's may be moved for rehearsals.
type Clock func() time.Time

// Register puts the jobs on PocketBase's cron, where the dashboard shows them with a button to run them now, and answers the bell that a
// commit rings so that a confirmation leaves at once. Nothing runs before the server serves, and everything has ended before the
// database closes.
func Register(app core.App, desk *store.Desk, gateways gateway.Set, now Clock) (ring func()) {
	j := newHouse(app, desk, gateways, now)
	dispatch := once(j.report("dispatch", j.Dispatch))
	watch := once(j.report("watch", j.Watch))
	plan := once(j.report("plan", j.Plan))
	planDue := once(j.report("plan", j.planDue))
	sync := once(j.report("sync", j.Sync))
	sweep := once(j.report("sweep", j.Sweep))

	app.Cron().MustAdd("dispatch", "* * * * *", func() {
		pull(j.dueBell)
		j.run(dispatch)
	})
	app.Cron().MustAdd("sync", "* * * * *", func() { j.run(sync) })
	app.Cron().MustAdd("watch", "* * * * *", func() { j.run(watch) })
	app.Cron().MustAdd("plan", "* * * * *", func() { j.run(plan) })
	app.Cron().MustAdd("sweep", "20 2 * * *", func() { j.run(sweep) })

	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		ctx, stop := context.WithCancel(context.Background())
		j.start(ctx, stop)
		j.working.Go(func() { heed(ctx, j.bell, dispatch) })
		j.working.Go(func() { heed(ctx, j.syncBell, sync) })
		j.working.Go(func() { heed(ctx, j.planBell, planDue) })
		// Many a clinic's computer sleeps at night: what the night would have done is done in the morning.
		j.working.Go(func() { sweep(ctx) })
		j.ring()
		return e.Next()
	})
	app.OnTerminate().BindFunc(func(e *core.TerminateEvent) error {
		j.end(graceTime, lastTime)
		if err := gateways.Close(); err != nil {
			app.Logger().Error("a gateway did not close", "error", err.Error())
		}
		return e.Next()
	})
	return j.ring
}

// house is what every job is given.
type house struct {
	app      core.App
	desk     *store.Desk
	gateways gateway.Set
	now      Clock
	bell     chan struct{}
	syncBell chan struct{} // rung together with the bell: what queues messages may also have started a run
	dueBell  chan struct{} // likewise, for a dispatcher that is at work
	planBell chan struct{} // rung when something became of messages: reminders may say so of themselves

	mutex   sync.Mutex
	ctx     context.Context
	stop    context.CancelFunc
	started time.Time
	calls   context.Context // outlives ctx, so that calls in flight may end well
	hangUp  context.CancelFunc
	working sync.WaitGroup

	rests       rests
	tally       tally
	unwritten   []answer            // what the disk did not take; the dispatcher's own
	files       sync.Mutex          // held while attachments are in memory
	missedOn    calendar.Date       // the last day on which every rule was asked what it lacks; the planner's own
	lookedAfter time.Time           // when what waits to be fetched was last looked after; the dispatcher's own
	noticed     time.Time           // the same for day notices
	kinds       map[string]step     // of runs
	underWay    map[string]*running // by run; the sync job's own
	ahead       *ahead              // likewise
}

func newHouse(app core.App, desk *store.Desk, gateways gateway.Set, now Clock) *house {
	return &house{app: app, desk: desk, gateways: gateways, now: now, kinds: runKinds(),
		bell: make(chan struct{}, 1), syncBell: make(chan struct{}, 1), dueBell: make(chan struct{}, 1), planBell: make(chan struct{}, 1)}
}

func (j *house) start(ctx context.Context, stop context.CancelFunc) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.ctx, j.stop, j.started = ctx, stop, j.now()
	j.calls, j.hangUp = context.WithCancel(context.WithoutCancel(ctx))
}

// calling is the context of calls to providers: an end of the job does not end them at once.
func (j *house) calling(ctx context.Context) context.Context {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if j.calls != nil {
		return j.calls
	}
	return context.WithoutCancel(ctx)
}

// run is cron's way in: its goroutines are nobody's, so they are counted here, and one that comes after the end does nothing.
func (j *house) run(job func(context.Context)) {
	j.mutex.Lock()
	ctx := j.ctx
	if ctx == nil || ctx.Err() != nil {
		j.mutex.Unlock()
		return
	}
	j.working.Add(1)
	j.mutex.Unlock()
	defer j.working.Done()
	job(ctx)
}

const (
	// graceTime is how long calls in flight may take when the program ends; then they are hung up, and what became of them is asked after the
	// next start. Most who stop a service kill it ten seconds later.
	graceTime = 6 * time.Second
	// lastTime is what is left for writing outcomes down.
	lastTime = 2 * time.Second
)

// end lets nothing new begin and waits, not for ever, until what is on its way is written down.
func (j *house) end(grace, last time.Duration) {
	j.mutex.Lock()
	if j.stop == nil {
		j.mutex.Unlock()
		return
	}
	j.stop()
	hangUp := j.hangUp
	j.mutex.Unlock()
	defer hangUp()
	done := make(chan struct{})
	go func() {
		defer close(done)
		j.working.Wait()
	}()
	if within(done, grace) {
		return
	}
	hangUp()
	if !within(done, last) {
		j.app.Logger().Error("messages were still on their way when the program ended; they are looked for after the next start")
	}
}

func within(done <-chan struct{}, limit time.Duration) bool {
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return true
	case <-timer.C:
		return false
	}
}

// gathering is how long the dispatcher waits after the bell: in a rush, what many commits queued then leaves in one batch and takes the write lock
// once, and a single confirmation still leaves well within its second (design, law 8).
const gathering = 150 * time.Millisecond

// ring wakes the dispatcher and the runs. Rings while they work are one.
func (j *house) ring() { pull(j.bell, j.dueBell, j.syncBell) }

// pull rings bells; one that still rings needs no second pull.
func pull(bells ...chan struct{}) {
	for _, bell := range bells {
		select {
		case bell <- struct{}{}:
		default:
		}
	}
}

// heard takes the ring of a bell, if it rang.
func heard(bell <-chan struct{}) bool {
	select {
	case <-bell:
		return true
	default:
		return false
	}
}

// heed does a job whenever its bell rings, until ctx ends.
func heed(ctx context.Context, bell <-chan struct{}, job func(context.Context)) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-bell:
			select {
			case <-ctx.Done():
				return
			case <-time.After(gathering):
				job(ctx)
			}
		}
	}
}

// once makes a job that never overlaps itself: a second call while it runs waits its turn if the first may have missed what it was called
// for, and calls beyond that are one.
func once(job func(context.Context)) func(context.Context) {
	running := make(chan struct{}, 1)
	waiting := make(chan struct{}, 1)
	return func(ctx context.Context) {
		select {
		case waiting <- struct{}{}:
		default:
			return
		}
		select {
		case running <- struct{}{}:
			<-waiting
		case <-ctx.Done():
			<-waiting
			return
		}
		defer func() { <-running }()
		job(ctx)
	}
}

// report is the edge at which a job's error is logged, once.
func (j *house) report(name string, job func(context.Context, time.Time) error) func(context.Context) {
	return func(ctx context.Context) {
		if err := job(ctx, j.now()); err != nil && !errors.Is(err, context.Canceled) {
			store.LetGo(j.app, err)
			j.app.Logger().Error("job failed", "job", name, "error", err.Error())
		}
	}
}
