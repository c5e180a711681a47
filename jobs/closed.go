package jobs

import (
	"math/rand/v2"
	"sync"
	"time"

	"pawbell/internal/outbox"
)

// closedFor is how long a channel rests after its gateway refused us altogether: long enough not to hammer a closed account, short enough
// that a mended password is noticed by itself.
const closedFor = 5 * time.Minute

// closedChannels remembers which channels rest until when.
type closedChannels struct {
	mutex sync.Mutex
	until map[outbox.Channel]time.Time
}

func (c *closedChannels) close(channel outbox.Channel, now time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.until == nil {
		c.until = map[outbox.Channel]time.Time{}
	}
	c.until[channel] = now.Add(closedFor)
}

func (c *closedChannels) at(now time.Time) []outbox.Channel {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	var resting []outbox.Channel
	for channel, until := range c.until {
		if now.Before(until) {
			resting = append(resting, channel)
		}
	}
	return resting
}

// random is what backoff is jittered with.
func random() float64 { return rand.Float64() }
