package gateway

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	// recovery is by how much a cut rate grows back each minute.
	recovery = 1.1
	// slowest is the rate below which nothing is cut further: one message in two seconds still gets a queue through.
	slowest = 0.5
	// longestPause caps how long one answer may hold a whole gateway back; the message that got it waits as long as it was told.
	longestPause = 5 * time.Minute
)

// pace is how fast a gateway may go: as fast as it was set, half as fast after each complaint, growing back by a tenth a minute.
type pace struct {
	now     func() time.Time
	limiter *rate.Limiter
	full    rate.Limit

	mu          sync.Mutex
	changedAt   time.Time // when the limit last changed
	pausedUntil time.Time
}

func newPace(perSecond float64, now func() time.Time) *pace {
	full := rate.Inf
	if perSecond > 0 {
		full = rate.Limit(perSecond)
	}
	return &pace{now: now, full: full, limiter: rate.NewLimiter(full, max(1, int(perSecond/10)))}
}

// take waits for a turn. It answers how long to stay away instead if the provider asked for a pause, or if ctx ends before the turn.
func (p *pace) take(ctx context.Context) time.Duration {
	p.mu.Lock()
	now := p.now()
	pause := p.pausedUntil.Sub(now)
	if limit := p.limiter.Limit(); limit < p.full {
		if elapsed := now.Sub(p.changedAt); elapsed > time.Second {
			p.limiter.SetLimit(min(p.full, limit*rate.Limit(math.Pow(recovery, elapsed.Minutes()))))
			p.changedAt = now
		}
	}
	p.mu.Unlock()
	if pause > 0 {
		return pause
	}
	if p.limiter.Wait(ctx) != nil {
		return time.Second
	}
	return 0
}

// slowDown halves the rate and stays away for as long as the provider wishes. Complaints within a second count as one: those were
// already on their way when the first came.
func (p *pace) slowDown(wish time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if until := now.Add(min(wish, longestPause)); until.After(p.pausedUntil) {
		p.pausedUntil = until
	}
	if !p.changedAt.IsZero() && p.limiter.Limit() < p.full && now.Sub(p.changedAt) < time.Second {
		return
	}
	limit := p.limiter.Limit()
	if limit == rate.Inf {
		// There is nothing to halve; the pause is all that can be obeyed.
		return
	}
	p.limiter.SetLimit(max(slowest, limit/2))
	p.changedAt = now
}
