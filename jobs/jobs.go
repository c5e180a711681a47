// Package jobs answers what happens by itself because time passes: messages leave, lost attempts are settled.
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

	"pawbell/internal/gateway"
	"pawbell/internal/store"
)

// Clock is where jobs get the time from: the clinic's may be moved for rehearsals.
type Clock func() time.Time

// Register puts the jobs on PocketBase's cron, where the dashboard shows them with a button to run them now, and answers the bell that a
// commit rings so that a confirmation leaves at once. Nothing runs before the server serves, and everything has ended before the
// database closes.
func Register(app core.App, desk *store.Desk, gateways gateway.Set, now Clock) (ring func()) {
	j := &house{app: app, desk: desk, gateways: gateways, now: now, bell: make(chan struct{}, 1)}
	dispatch := once(j.report("dispatch", j.Dispatch))

	app.Cron().MustAdd("dispatch", "* * * * *", func() { j.run(dispatch) })
	app.Cron().MustAdd("sweep", "20 2 * * *", func() { j.run(once(j.report("sweep", j.Sweep))) })

	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		ctx, stop := context.WithCancel(context.Background())
		j.start(ctx, stop)
		j.working.Go(func() {
			for {
				select {
				case <-ctx.Done():
					return
				case <-j.bell:
					dispatch(ctx)
				}
			}
		})
		j.ring()
		return e.Next()
	})
	app.OnTerminate().BindFunc(func(e *core.TerminateEvent) error {
		j.end()
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

	mutex   sync.Mutex
	ctx     context.Context
	stop    context.CancelFunc
	working sync.WaitGroup

	closed closedChannels
}

func (j *house) start(ctx context.Context, stop context.CancelFunc) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.ctx, j.stop = ctx, stop
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

func (j *house) end() {
	j.mutex.Lock()
	if j.stop != nil {
		j.stop()
	}
	j.mutex.Unlock()
	j.working.Wait()
}

// ring wakes the dispatcher. Rings while it works are one.
func (j *house) ring() {
	select {
	case j.bell <- struct{}{}:
	default:
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
			j.app.Logger().Error("job failed", "job", name, "error", err.Error())
		}
	}
}
