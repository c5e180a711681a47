package jobs

import (
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"pawbell/internal/outbox"
)

// closedFor is how long a channel rests after its gateway refused us altogether: long enough not to hammer a closed account, short enough
// that a mended password is noticed by itself.
const closedFor = 5 * time.Minute

// rests remembers which channels are left alone and until when, which gateways have taken something since they were last refused, and when a message
// last left by each channel.
//
// A rest that is over does not let the whole queue loose on a gateway that may be as dead as before: one message goes ahead, and the
// others follow if it was answered.
type rests struct {
	mutex sync.Mutex
	until map[outbox.Channel]time.Time
	works map[string]bool
	left  map[outbox.Channel]time.Time
}

// rest leaves a channel alone until then, or longer where that was agreed before.
func (r *rests) rest(channel outbox.Channel, until time.Time) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.until == nil {
		r.until = map[outbox.Channel]time.Time{}
	}
	if until.After(r.until[channel]) {
		r.until[channel] = until
	}
}

// holds reports whether the channel rests at now.
func (r *rests) holds(channel outbox.Channel, now time.Time) bool {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return now.Before(r.until[channel])
}

// channels are those that rest, or have rested and were not tried since.
func (r *rests) channels() []outbox.Channel {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var resting []outbox.Channel
	for channel := range r.until {
		resting = append(resting, channel)
	}
	return resting
}

// over are the channels whose rest has ended, in a steady order.
func (r *rests) over(now time.Time) []outbox.Channel {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	var rested []outbox.Channel
	for channel, until := range r.until {
		if !now.Before(until) {
			rested = append(rested, channel)
		}
	}
	slices.Sort(rested)
	return rested
}

func (r *rests) open(channel outbox.Channel) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.until, channel)
}

// leaves notes that a message left, lastLeft answers when the last one did; the zero time is never.
func (r *rests) leaves(channel outbox.Channel, now time.Time) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.left == nil {
		r.left = map[outbox.Channel]time.Time{}
	}
	r.left[channel] = now
}

func (r *rests) lastLeft(channel outbox.Channel) time.Time {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.left[channel]
}

// stopped notes that a gateway refuses us, works that it takes messages; works answers whether that is news.
func (r *rests) stopped(gateway string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.works, gateway)
}

func (r *rests) working(gateway string) (news bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.works == nil {
		r.works = map[string]bool{}
	}
	news = !r.works[gateway]
	r.works[gateway] = true
	return news
}

// random is what backoff is jittered with.
func random() float64 { return rand.Float64() }
