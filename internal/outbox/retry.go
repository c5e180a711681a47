package outbox

import "time"

const (
	firstBackoff = 30 * time.Second
	backoffCap   = time.Hour
)

// Backoff is how long to wait after the given attempt (1 is the first): a random part of a time that doubles from 30 seconds to one hour, so
// that messages that failed together do not come back together. random answers numbers in [0, 1).
func Backoff(attempt int, random func() float64) time.Duration {
	ceiling := firstBackoff
	for n := 1; n < attempt && ceiling < backoffCap; n++ {
		ceiling *= 2
	}
	return time.Duration(random() * float64(min(ceiling, backoffCap)))
}

// NextTry is when to try again after the given attempt. What the provider asked for (Retry-After) stands above our own guess.
func NextTry(attempt int, retryAfter time.Duration, now time.Time, random func() float64) time.Time {
	if retryAfter > 0 {
		return now.Add(retryAfter)
	}
	return now.Add(Backoff(attempt, random))
}
