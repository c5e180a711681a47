package jobs

import (
	"context"
	"slices"
	"time"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

const (
	// atOnce is how many messages are with one channel's provider at one time.
	atOnce = 32
	// handful is how many messages are taken at a time at first, and armful when providers answer as quickly as we can write. What was taken is in
	// doubt until its answer is written down, and a mail server cannot be asked, so it is no more than leaves in a moment.
	handful = atOnce
	armful  = 4 * handful
	// noteTime is how long an answer may wait for others to be written down with it. What is not written down yet is in doubt if the
	// process dies, so it is short.
	noteTime = 50 * time.Millisecond
)

// carriers hand messages over, several at once on each channel, and bring the answers back: a provider that is slow or silent keeps its own messages
// waiting and nobody else's. Whoever hands them something also awaits the answers, and writes them down: a process that ends meanwhile still writes
// down what it knows, and only what is never answered is left to its lease.
type carriers struct {
	house    *house
	ctx      context.Context
	lost     *inquiry
	channels map[outbox.Channel]*carriage
	answers  chan answer
	out      int           // how many were handed over and not answered
	clinic   *store.Clinic // the last one that something was handed over with
	problem  error         // the first answer that could not be written down: its row stays leased and is settled later
}

// carriage is what goes by one channel.
type carriage struct {
	waiting chan carried
	hired   int
	out     int
	trial   bool // its gateway was at rest, and how one message fares is awaited
}

// carried is one message on its way.
type carried struct {
	queue.Outgoing
	clinic *store.Clinic
	until  time.Time // when the lease ends
}

func (j *house) carriers(ctx context.Context, lost *inquiry) *carriers {
	return &carriers{house: j, ctx: ctx, lost: lost, channels: map[outbox.Channel]*carriage{}, answers: make(chan answer, 2*armful)}
}

func (c *carriers) channel(name outbox.Channel) *carriage {
	way := c.channels[name]
	if way == nil {
		way = &carriage{waiting: make(chan carried, 2*armful)}
		c.channels[name] = way
	}
	return way
}

// hand hands over messages whose attempts are written down.
func (c *carriers) hand(clinic *store.Clinic, going []queue.Outgoing, until time.Time) {
	c.clinic = clinic
	for _, m := range going {
		way := c.channel(m.Channel)
		way.out++
		if way.hired < min(atOnce, way.out) {
			way.hired++
			go c.carry(way.waiting)
		}
		way.waiting <- carried{m, clinic, until}
	}
	c.out += len(going)
}

func (c *carriers) carry(waiting <-chan carried) {
	for m := range waiting {
		c.answers <- c.house.attempt(c.ctx, m.clinic, m.Outgoing, m.until)
	}
}

// busy are the channels that nothing more is taken for: more than so many of their messages are without an answer, or they are on trial.
func (c *carriers) busy(few int) (names []outbox.Channel) {
	for name, way := range c.channels {
		if way.busy(few) {
			names = append(names, name)
		}
	}
	return names
}

func (way *carriage) busy(few int) bool { return way.out > few || way.trial }

// room reports whether something may be taken for one of these channels.
func (c *carriers) room(few int, names []outbox.Channel) bool {
	return slices.ContainsFunc(names, func(name outbox.Channel) bool { return !c.channels[name].busy(few) })
}

// await writes down answers as they come, those of a moment together, until enough is true. It is asked whenever something was answered and after
// each moment. Await answers how many messages it wrote down, and whether none of them took longer than a moment.
func (c *carriers) await(enough func(moments int) bool) (answered int, quick bool) {
	for moments := 0; ; {
		together, ended := c.gathered(func() bool { return enough(moments) })
		if !ended {
			moments++
		}
		answered += len(together)
		if len(together) > 0 {
			if err := c.house.note(c.clinic, together); err != nil && c.problem == nil {
				c.problem = err
			}
		}
		if enough(moments) {
			return answered, moments == 0
		}
	}
}

// gathered are the answers that have come, and those that come within a moment while it is not enough.
func (c *carriers) gathered(enough func() bool) (together []answer, ended bool) {
	moment := time.NewTimer(noteTime)
	defer moment.Stop()
	take := func(a answer) {
		together = append(together, a)
		c.out--
		way := c.channels[a.Message.Channel]
		way.out--
		way.trial = way.trial && way.out > 0
	}
	for {
		select {
		case a := <-c.answers:
			take(a)
			continue
		default:
		}
		if enough() {
			return together, true
		}
		select {
		case a := <-c.answers:
			take(a)
		case <-moment.C:
			return together, false
		}
	}
}

// keepUp awaits that no channel is busy any more, but no longer than a moment: those that answer are not to wait for those that do not.
func (c *carriers) keepUp(few int) (answered int, quick bool) {
	return c.await(func(moments int) bool { return moments > 0 || len(c.busy(few)) == 0 })
}

// news awaits, when nothing is due but by channels that are busy, that one of those has room, that the questions about lost attempts are answered, or that
// somebody rings. It answers false when nothing happened but that everything was answered. A bell is heard after a moment, so that what many
// commits queue in a rush leaves together.
func (c *carriers) news(few int, left []outbox.Channel) (news bool) {
	c.await(func(moments int) bool {
		if c.lost.ended() {
			// What is to be sent again, since it never left, is due.
			pull(c.house.dueBell)
			news = true
		}
		news = news || moments > 0 && len(c.house.dueBell) > 0 || c.room(few, left)
		return news || c.out == 0 && !c.lost.underWay()
	})
	return news
}

// finish awaits every answer. The error is why one of them, or one before, could not be written down.
func (c *carriers) finish() error {
	c.await(func(int) bool { return c.out == 0 })
	return c.problem
}

// leave lets the carriers go. Nothing is handed over after it.
func (c *carriers) leave() {
	for _, way := range c.channels {
		close(way.waiting)
	}
}
