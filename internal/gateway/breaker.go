package gateway

import (
	"context"
	"errors"
	"time"

	"github.com/sony/gobreaker/v2"
)

// health is what an attempt says about the provider, as opposed to about the message.
type health int

const (
	well   health = iota // it answered: also a refusal of one message is an answer
	slowly               // it asks for fewer (HTTP 429)
	silent               // it could not be reached, gave no answer, or answered with its own failure
)

// attempter is a gateway that tells how the provider fared, too. All of this package's network gateways are.
type attempter interface {
	attempt(ctx context.Context, m Message) (Result, health)
}

// GuardOptions says how a provider is spared.
type GuardOptions struct {
	// PerSecond is how many messages may leave a second while the provider does not complain; 0 = no limit.
	PerSecond float64
	// Failures in a row open the breaker; 0 = 5.
	Failures uint32
	// OpenFor is how long an open breaker leaves the provider alone; 0 = 30 s.
	OpenFor time.Duration
	// Now is the real clock.
	Now func() time.Time
}

// guard is a gateway behind a rate and a breaker.
type guard struct {
	Gateway
	breaker *gobreaker.CircuitBreaker[Result]
	pace    *pace
	openFor time.Duration
}

// errSilent tells the breaker of an attempt that the provider did not answer; it never leaves this file.
var errSilent = errors.New("the provider did not answer")

// Guarded keeps a provider from being overrun, and a dead one from costing time. While the breaker is open, or the provider has asked for
// a pause, Send answers [Temporary] with RetryAfter and [Result.NotTried] without touching the network. A refusal of one message is
// an answer like any other and never opens the breaker. Everything but Send passes through.
func Guarded(g Gateway, options GuardOptions) Gateway {
	if options.Failures == 0 {
		options.Failures = 5
	}
	if options.OpenFor == 0 {
		options.OpenFor = 30 * time.Second
	}
	return &guard{
		Gateway: g,
		pace:    newPace(options.PerSecond, options.Now),
		openFor: options.OpenFor,
		breaker: gobreaker.NewCircuitBreaker[Result](gobreaker.Settings{
			Name:         g.Name(),
			MaxRequests:  1,
			Timeout:      options.OpenFor,
			ReadyToTrip:  func(counts gobreaker.Counts) bool { return counts.ConsecutiveFailures >= options.Failures },
			IsSuccessful: func(err error) bool { return !errors.Is(err, errSilent) },
			// Whoever gives up by himself has learned nothing about the provider.
			IsExcluded: func(err error) bool { return errors.Is(err, context.Canceled) },
		}),
	}
}

// Send makes the attempt, unless the provider is to be left alone.
func (g *guard) Send(ctx context.Context, m Message) Result {
	if g.breaker.State() == gobreaker.StateOpen {
		return g.leftAlone()
	}
	if wait := g.pace.take(ctx); wait > 0 {
		return Result{Outcome: Temporary, RetryAfter: wait, NotTried: true, Detail: "held back: the provider asked for fewer"}
	}
	result, err := g.breaker.Execute(func() (Result, error) {
		result, fared := attempted(ctx, g.Gateway, m)
		switch {
		case fared == slowly:
			g.pace.slowDown(result.RetryAfter)
			result.LeaveAlone = min(result.RetryAfter, longestPause)
		case fared == silent && errors.Is(ctx.Err(), context.Canceled):
			return result, context.Canceled
		case fared == silent:
			return result, errSilent
		}
		return result, nil
	})
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return g.leftAlone()
	}
	if g.breaker.State() == gobreaker.StateOpen {
		// Whoever hears it need not try with the next ones, each of which would be written down as an attempt.
		result.LeaveAlone = g.openFor
	}
	return result
}

func (g *guard) leftAlone() Result {
	return Result{Outcome: Temporary, RetryAfter: g.openFor, NotTried: true, Detail: "held back: the provider does not answer"}
}

func attempted(ctx context.Context, g Gateway, m Message) (Result, health) {
	if a, ok := g.(attempter); ok {
		return a.attempt(ctx, m)
	}
	result := g.Send(ctx, m)
	switch {
	case result.Outcome == Temporary && result.RetryAfter > 0:
		return result, slowly
	case result.Outcome == Temporary, result.Outcome == Uncertain:
		return result, silent
	}
	return result, well
}
