package year_test

import (
	"cmp"
	"container/heap"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/dbx"

	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
	"pawbell/internal/year"
)

// act is something that happens at a moment.
type act struct {
	at    time.Time
	order int
	do    func()
}

// agenda is what is still to happen, soonest first.
type agenda []act

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	if a[i].at.Equal(a[j].at) {
		return a[i].order < a[j].order
	}
	return a[i].at.Before(a[j].at)
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(act)) }
func (a *agenda) Pop() any {
	old := *a
	last := old[len(old)-1]
	*a = old[:len(old)-1]
	return last
}

// later puts something on the agenda; what would be past is left out.
func (c *clinic) later(at time.Time, do func()) {
	if !at.After(c.now()) || at.After(c.journal.Until) {
		return
	}
	c.made++
	heap.Push(&c.agenda, act{at, c.made, do})
}

// live lets time pass until the end: to the next thing that happens, the next message that is due, the next job.
func (c *clinic) live(until time.Time, month func(time.Time)) {
	c.t.Helper()
	c.journal.Until = until
	for d := begins; d.Before(until); d = d.AddDate(0, 0, 1) {
		c.later(d.Add(time.Second), func() { c.plan(d) })
	}
	last := c.now().Month()
	for {
		next := until
		if len(c.agenda) > 0 {
			next = c.agenda[0].at
		}
		turn, work := c.turn(next)
		if !turn.Before(until) {
			break
		}
		if turn.Before(next) || turn.Equal(next) && work != nil {
			c.clock.Store(turn.UnixNano())
			work()
		} else {
			todo := heap.Pop(&c.agenda).(act)
			// No two things happen at the same moment, so that it can be said which was first.
			if !todo.at.After(c.now()) {
				todo.at = c.now().Add(time.Millisecond)
			}
			c.clock.Store(todo.at.UnixNano())
			todo.do()
			if c.rung.Swap(false) {
				c.heed()
			}
		}
		if m := c.now().Month(); m != last && month != nil {
			month(c.now())
			last = m
		}
	}
	c.clock.Store(until.UnixNano())
}

func minuteFrom(t time.Time) time.Time {
	if full := t.Truncate(time.Minute); full.Equal(t) {
		return t
	}
	return t.Truncate(time.Minute).Add(time.Minute)
}

// turn is the next full minute, not after a moment, at which jobs have something to do, and those jobs. Otherwise it is that moment.
func (c *clinic) turn(next time.Time) (time.Time, func()) {
	from := c.now().Truncate(time.Minute).Add(time.Minute)
	best := next
	var working []*job
	for _, j := range c.jobs {
		at, ok := c.wanted(j, from)
		switch {
		case !ok || at.After(best):
		case at.Before(best):
			best, working = at, []*job{j}
		default:
			working = append(working, j)
		}
	}
	if len(working) == 0 {
		return next, nil
	}
	return best, func() {
		for _, j := range working {
			c.run(j)
		}
	}
}

// wanted is the next minute at which a job has work. One that runs every minute and would find nothing is not run.
func (c *clinic) wanted(j *job, from time.Time) (time.Time, bool) {
	at, ok := from, true
	switch j.name {
	case "dispatch":
		at, ok = c.due()
	case "sync":
		ok = c.waiting()
	case "plan":
		at, ok = c.toPlan()
	case "sweep":
		at = from.Truncate(24 * time.Hour).Add(2*time.Hour + 20*time.Minute)
		for at.Before(from) || !c.awake(at).Equal(at) {
			at = at.Add(24 * time.Hour)
		}
	default:
		c.t.Fatalf("nobody told the simulation of the job %s", j.name)
	}
	if at.Before(from) {
		at = from
	}
	return c.awake(minuteFrom(at)), ok
}

// toPlan is when a reminder has to be looked at next.
func (c *clinic) toPlan() (time.Time, bool) {
	c.t.Helper()
	if c.nextPlan == nil {
		c.nextPlan = c.app.NonconcurrentDB().NewQuery(`SELECT ifnull((SELECT min(look_at) FROM reminders WHERE look_at != ''), '')`).Prepare()
	}
	var at string
	if err := c.nextPlan.Row(&at); err != nil {
		c.t.Fatal(err)
	}
	return record.ParseInstant(at), at != ""
}

// awake is the first full minute from t on at which the program runs.
func (c *clinic) awake(t time.Time) time.Time {
	for _, s := range c.journal.Asleep {
		if !t.Before(s.From) && t.Before(s.Until) {
			t = minuteFrom(s.Until)
		}
	}
	return t
}

// due is when the next queued message may leave.
func (c *clinic) due() (time.Time, bool) {
	c.t.Helper()
	var soonest, waiting string
	if c.nextDue == nil {
		c.nextDue = c.app.NonconcurrentDB().NewQuery(nextDue).Prepare()
	}
	if err := c.nextDue.Bind(dbx.Params{"now": record.Instant(c.now())}).Row(&soonest, &waiting); err != nil {
		c.t.Fatal(err)
	}
	if soonest == "" || waiting != "" && waiting < soonest {
		soonest = waiting
	}
	return record.ParseInstant(soonest), soonest != ""
}

// nextDue asks each priority for itself, so that the index of the queue answers.
var nextDue = func() string {
	var soonest, waiting []string
	for _, priority := range outbox.Priorities() {
		where := " AS at FROM messages WHERE state = 'queued' AND channel != 'post' AND priority = " + strconv.Itoa(priority) + " AND send_at "
		soonest = append(soonest, "SELECT min(send_at)"+where+"> {:now}")
		waiting = append(waiting, "SELECT min(max(send_at, next_try_at))"+where+"<= {:now}")
	}
	least := func(of []string) string {
		return "ifnull((SELECT min(at) FROM (" + strings.Join(of, " UNION ALL ") + ")), '')"
	}
	return "SELECT " + least(soonest) + ", " + least(waiting)
}()

// waiting reports whether long work waits for its turn.
func (c *clinic) waiting() bool {
	c.t.Helper()
	if c.runs == nil {
		c.runs = c.app.NonconcurrentDB().NewQuery(`SELECT count(*) FROM runs WHERE state IN ('queued', 'running')`).Prepare()
	}
	var n int
	if err := c.runs.Row(&n); err != nil {
		c.t.Fatal(err)
	}
	return n > 0
}

func (c *clinic) run(j *job) {
	if j.name == "sweep" {
		c.closeDays()
	}
	c.ran[j.name]++
	if err := j.run(c.t.Context(), c.now()); err != nil {
		c.t.Fatalf("%s at %s: %v", j.name, c.now(), err)
	}
	c.noticed()
}

// heed is what the bell brings about, if the program runs. A job that would find nothing is not run.
func (c *clinic) heed() {
	if !c.awake(c.now()).Equal(c.now()) {
		return
	}
	due := func() bool {
		at, ok := c.due()
		return ok && !at.After(c.now())
	}
	for _, j := range c.jobs {
		if j.name == "dispatch" && due() || j.name == "sync" && c.waiting() {
			c.run(j)
		}
	}
}

// noticed looks at what providers got since the last time: a dead address is stopped, a reminder may be answered, and of mail to many some have
// enough.
func (c *clinic) noticed() {
	c.t.Helper()
	for i, carrier := range []*carrier{c.mail, c.texts} {
		var news []year.Handed
		news, c.read[i] = carrier.since(c.read[i])
		// Several are handed over at once, in no order.
		slices.SortFunc(news, func(a, b year.Handed) int { return cmp.Or(cmp.Compare(a.To, b.To), cmp.Compare(a.Text, b.Text)) })
		for _, h := range news {
			switch {
			case h.Refused:
				c.stop(year.Stop{Channel: h.Channel, Address: h.To, From: c.now().Add(time.Millisecond)})
			case h.Channel == "sms":
				c.texted(h)
			case carrier.leaving(h.ID) != "" && c.chance(15):
				c.later(c.now().Add(time.Duration(30+c.random.IntN(400_000))*time.Second), func() { c.unsubscribes(h.To, carrier.leaving(h.ID)) })
			}
		}
	}
}

// stop notes that nothing may go to an address any more, or nothing of one purpose.
func (c *clinic) stop(s year.Stop) {
	for _, known := range c.journal.Stops {
		if known.Channel == s.Channel && known.Address == s.Address && known.Purpose == s.Purpose && known.Until.IsZero() {
			return
		}
	}
	c.journal.Stops = append(c.journal.Stops, s)
}

// shut lets the program or a provider be out of order for a while.
func (c *clinic) shut(at time.Time, length time.Duration, what string) {
	s := year.Span{From: at, Until: minuteFrom(at.Add(length))}
	switch what {
	case "program":
		c.journal.Asleep = append(c.journal.Asleep, s)
	case "email":
		c.mail.close(s)
		c.journal.Deaf["email"] = append(c.journal.Deaf["email"], s)
	case "sms":
		c.texts.close(s)
		c.journal.Deaf["sms"] = append(c.journal.Deaf["sms"], s)
	}
}
