package jobs

import (
	"context"
	"time"

	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

const (
	// atOnce is how many messages are with providers at one time.
	atOnce = 32
	// handful is how many messages are taken at a time at first, and armful when providers answer as quickly as we can write. What was taken is in
	// doubt until its answer is written down, and a mail server cannot be asked, so it is no more than leaves in a moment.
	handful = atOnce
	armful  = 4 * handful
	// noteTime is how long an answer may wait for others to be written down with it. What is not written down yet is in doubt if the
	// process dies, so it is short.
	noteTime = 50 * time.Millisecond
)

// carriers hand messages over, several at once, and bring the answers back. Whoever hands them something also awaits the answers, and writes them
// down: a process that ends meanwhile still writes down what it knows, and only what is never answered is left to its lease.
type carriers struct {
	house   *house
	ctx     context.Context
	waiting chan carried
	answers chan answer
	hired   int
	out     int           // how many were handed over and not answered
	clinic  *store.Clinic // the last one that something was handed over with
	problem error         // the first answer that could not be written down: its row stays leased and is settled later
}

// carried is one message on its way.
type carried struct {
	queue.Outgoing
	clinic *store.Clinic
	until  time.Time // when the lease ends
}

func (j *house) carriers(ctx context.Context) *carriers {
	return &carriers{house: j, ctx: ctx, waiting: make(chan carried, 2*armful), answers: make(chan answer, 2*armful)}
}

// hand hands over messages whose attempts are written down.
func (c *carriers) hand(clinic *store.Clinic, going []queue.Outgoing, until time.Time) {
	c.clinic = clinic
	for ; c.hired < min(atOnce, c.out+len(going)); c.hired++ {
		go c.carry()
	}
	for _, m := range going {
		c.waiting <- carried{m, clinic, until}
	}
	c.out += len(going)
}

func (c *carriers) carry() {
	for m := range c.waiting {
		c.answers <- c.house.attempt(c.ctx, m.clinic, m.Outgoing, m.until)
	}
}

// await waits until no more than so many messages are without an answer, and writes down what came of the others, those of a moment together. It
// answers how many those were, and whether it took no longer than a moment.
func (c *carriers) await(left int) (answered int, quick bool) {
	quick = true
	for {
		together, inTime := c.gathered(left)
		answered, quick = answered+len(together), quick && inTime
		if len(together) > 0 {
			if err := c.house.note(c.clinic, together); err != nil && c.problem == nil {
				c.problem = err
			}
		}
		if c.out <= left {
			return answered, quick
		}
	}
}

// gathered are the answers that have come, and those that come within a moment while too many are missing.
func (c *carriers) gathered(left int) (together []answer, inTime bool) {
	moment := time.NewTimer(noteTime)
	defer moment.Stop()
	for {
		select {
		case a := <-c.answers:
			together = append(together, a)
			c.out--
			continue
		default:
		}
		if c.out <= left {
			return together, true
		}
		select {
		case a := <-c.answers:
			together = append(together, a)
			c.out--
		case <-moment.C:
			return together, false
		}
	}
}

// finish awaits every answer. The error is why one of them, or one before, could not be written down.
func (c *carriers) finish() error {
	c.await(0)
	return c.problem
}

// leave lets the carriers go. Nothing is handed over after it.
func (c *carriers) leave() { close(c.waiting) }
