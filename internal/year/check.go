package year

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

const (
	// usefulFor is how long a message that no visit's start ends is of use.
	usefulFor = 24 * time.Hour
	// staffDelay is how long the message about an act of staff waits.
	staffDelay = 5 * time.Minute
	// prompt is how late a message may leave while everything works: the dispatcher looks every minute.
	prompt = 2 * time.Minute
	// recovery is how late it may leave after its provider was out of order: that is when it is tried again.
	recovery = 45 * time.Minute
)

// binding is how the window binds a message.
type binding int

const (
	unbound binding = iota
	movesEarlier
	movesLater
	unlessSoon // at once if the visit starts within two hours of the next opening
)

// wish is what the rules want of one message under its key at one moment.
type wish struct {
	no      string // why it is not wanted, or may not go, "" if it is
	rule    string // that says so
	planned time.Time
	send    time.Time // after the window
	expires time.Time
	binds   binding
	visit   time.Time // start of the visit that it reminds of or tells about, zero for none
	dies    bool      // with the visit's start
	window  window
	to      string
	bcc     []string
	locales []string  // languages in which it may be written
	marks   []string  // one of which is in its text; none = not looked at
	words   []string  // all of which are in its text
	maybe   bool      // the rules leave it open whether it goes
	doubt   time.Time // from when on they leave it open, zero for never
}

// rules is the checker at work on one year.
type rules struct {
	*Journal
	*Outcome
	rows     map[string]*Row
	handed   map[string][]Handed // by row
	visitsOf map[string][]*Row   // by booking
	bookings map[string][]string // of a client
	stops    map[string][]Stop   // by channel and address
	claimed  map[string]bool     // rows that some rule accounts for
	findings []Finding
}

// Check holds what came of a year against what happened in it and answers every disagreement, in a steady order.
func Check(j *Journal, o *Outcome) []Finding {
	c := &rules{
		Journal: j, Outcome: o, rows: map[string]*Row{}, handed: map[string][]Handed{}, visitsOf: map[string][]*Row{},
		bookings: map[string][]string{}, stops: map[string][]Stop{}, claimed: map[string]bool{},
	}
	for i := range o.Rows {
		r := &o.Rows[i]
		c.rows[r.ID] = r
		if r.Booking != "" {
			c.visitsOf[r.Booking] = append(c.visitsOf[r.Booking], r)
		}
	}
	for _, s := range j.Stops {
		key := s.Channel + strings.ToLower(s.Address)
		c.stops[key] = append(c.stops[key], s)
	}
	for _, h := range o.Handed {
		c.handed[h.ID] = append(c.handed[h.ID], h)
	}
	for id, visit := range j.Visits {
		client := visit.Last().Client
		c.bookings[client] = append(c.bookings[client], id)
	}
	c.once()
	for _, id := range sorted(j.Visits) {
		c.visit(id)
	}
	c.recalls()
	for _, a := range j.Absences {
		c.absence(a)
	}
	for _, g := range j.Groups {
		c.group(g)
	}
	c.accounted()
	c.reasons()
	c.books()
	slices.SortFunc(c.findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Text, b.Text))
	})
	return c.findings
}

func sorted[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func (c *rules) find(rule, format string, args ...any) {
	c.findings = append(c.findings, Finding{rule, fmt.Sprintf(format, args...)})
}

// plain writes letters that double the price of a text as their plain form: a place may have it so.
var plain = strings.NewReplacer("ș", "s", "Ș", "S", "ț", "t", "Ț", "T", "ă", "a", "Ă", "A")

// contains reports whether a text says a word.
func contains(text, word string) bool {
	return strings.Contains(plain.Replace(text), plain.Replace(word))
}

// once: nothing was handed over twice, and what the log says was sent is what providers got.
func (c *rules) once() {
	said := map[string]Handed{}
	for _, h := range c.Handed {
		r := c.rows[h.ID]
		if r == nil {
			c.find("R-12", "a provider got %s to %s at %s, which the log does not know", h.ID, h.To, short(h.At))
			continue
		}
		if r.To != h.To || r.Channel != h.Channel {
			c.find("R-12", "%s went to %s, the log says %s", r.Key, h.To, r.To)
		}
		if h.Refused {
			continue
		}
		// Two owners may share a number, and the names of their pets. Each of two absences over a visit tells of itself.
		same := h.Channel + h.To + r.Client + r.Purpose + r.Booking + h.Subject + h.Text
		if r.Purpose == "day_notice" {
			same += strings.Split(r.Key, ":")[1]
		}
		if was, twice := said[same]; twice && r.ResendOf == "" && h.At.Sub(was.At) < usefulFor && !mayRepeat[r.Purpose] {
			c.find("R-13", "%s went out twice, at %s and %s", r.Key, short(was.At), short(h.At))
		}
		said[same] = h
	}
	keys := map[string]string{}
	for _, r := range c.Rows {
		if other, twice := keys[r.Key]; twice {
			c.find("R-13", "%s is the key of %s and %s", r.Key, other, r.ID)
		}
		keys[r.Key] = r.ID
		taken := 0
		for _, h := range c.handed[r.ID] {
			if !h.Refused {
				taken++
			}
		}
		sent := r.State == "sent" || r.State == "delivered"
		switch {
		case taken > 1:
			c.find("R-13", "%s was handed over %d times", r.Key, taken)
		case sent && taken == 0 && r.Channel != "post":
			c.find("R-15", "%s is %s, and no provider got it", r.Key, r.State)
		case !sent && taken == 1 && r.State != "failed" && r.State != "unknown":
			c.find("R-15", "%s is %s, and a provider got it", r.Key, r.State)
		}
	}
}

// mayRepeat are the messages that say the same again when the same happens again: called off, put back, called off.
var mayRepeat = map[string]bool{"booking_change": true, "booking_cancellation": true, "booking_declined": true, "notice_cancellation": true}

// accounted: what went out was wanted by some rule.
func (c *rules) accounted() {
	for _, h := range c.Handed {
		if r := c.rows[h.ID]; r != nil && !c.claimed[r.ID] {
			c.find("R-11", "%s to %s at %s: no rule wanted it", r.Key, h.To, short(h.At))
		}
	}
}

// moments are the times at which facts change, between two moments, both included.
type moments []time.Time

func (m *moments) add(t time.Time) { *m = append(*m, t) }

func cuts[T any](m *moments, logs ...*Log[T]) {
	for _, l := range logs {
		if l == nil {
			continue
		}
		for _, e := range *l {
			m.add(e.At)
		}
	}
}

func (m moments) within(from, until time.Time) []time.Time {
	kept := []time.Time{from}
	for _, t := range m {
		if t.After(from) && t.Before(until) {
			kept = append(kept, t)
		}
	}
	slices.SortFunc(kept, time.Time.Compare)
	return append(slices.CompactFunc(kept, time.Time.Equal), until)
}

// working is the first moment from t on at which the program runs and the channel's provider takes messages, and whether that had to be
// waited for.
func (c *rules) working(channel string, t time.Time) (at time.Time, waited bool) {
	at = t
	for again := true; again; {
		again = false
		for _, s := range slices.Concat(c.Asleep, c.Deaf[channel]) {
			if s.has(at) {
				at, again, waited = s.Until, true, true
			}
		}
	}
	return at, waited
}

// failing reports whether a message that was due before then may have failed until a moment before t, and waits for its next try.
func (c *rules) failing(channel string, due, t time.Time) bool {
	return slices.ContainsFunc(slices.Concat(c.Asleep, c.Deaf[channel]), func(s Span) bool {
		return s.Until.After(due) && !s.Until.After(t) && s.Until.After(t.Add(-recovery))
	})
}

// ready is when a message that may go from t on goes, if nothing changes meanwhile: it waits until everything works, and, where it is late, for
// the window. slack is how much later it may be.
func (c *rules) ready(channel string, w wish, t time.Time) (at time.Time, slack time.Duration) {
	at, slack = t, prompt
	for range 10 {
		works, waited := c.working(channel, at)
		if waited || c.failing(channel, w.send, at) {
			slack = recovery
		}
		open := w.open(works)
		if open.Equal(works) {
			return works, slack
		}
		at = open
	}
	return at, slack
}

// open is the first moment from t on at which the window lets a message through.
func (w wish) open(t time.Time) time.Time {
	if w.binds == unbound || w.window.inside(t) {
		return t
	}
	opening := w.window.later(t)
	if w.binds == unlessSoon && !w.visit.After(opening.Add(2*time.Hour)) {
		return t
	}
	if w.dies && !opening.Before(w.expires) {
		if call := w.expires.Add(-time.Hour); call.After(t) {
			return call
		}
		return t
	}
	return opening
}

// useful reports whether a message may still be handed over at t.
func (w wish) useful(t time.Time) bool {
	if w.dies {
		return t.Before(w.expires)
	}
	return !t.After(w.expires)
}

// schedule fills in when a message planned for a moment leaves, and until when it is of use.
func (w *wish) schedule(planned time.Time) {
	w.planned, w.send, w.expires = planned, planned, planned.Add(usefulFor)
	if w.dies {
		w.expires = w.visit
	}
	switch w.binds {
	case movesEarlier:
		w.send = w.window.earlier(planned)
	case movesLater:
		w.send = w.window.later(planned)
	case unlessSoon:
		w.send = w.open(planned)
	}
}

// must answers by when a message has to have left, given what the rules want of it from cut to cut; false if nothing says that it must.
func (c *rules) must(channel string, cut []time.Time, at func(time.Time) wish) (due, by time.Time, ok bool) {
	for i, from := range cut[:len(cut)-1] {
		until := cut[i+1]
		w := at(from)
		if w.no != "" || w.maybe {
			continue
		}
		start := from
		if w.send.After(start) {
			start = w.send
		}
		if !start.Before(until) {
			continue
		}
		ready, slack := c.ready(channel, w, start)
		last := ready.Add(slack)
		// If that minute is missed, the window or the next trouble keeps it back for longer.
		for range 10 {
			again, waited := c.working(channel, last)
			if waited {
				last = again.Add(recovery)
			}
			if open := w.open(last); open.After(last) {
				last, waited = open.Add(slack), true
			}
			if !waited {
				break
			}
		}
		if last.Before(until) && w.useful(last) && (w.doubt.IsZero() || last.Before(w.doubt)) {
			return ready, last, true
		}
	}
	return due, by, false
}

// allowed holds a message that left at t against what the rules wanted of it then, and answers what is wrong with it.
func (c *rules) allowed(r *Row, h Handed, w wish) {
	name := fmt.Sprintf("%s to %s at %s", r.Key, h.To, short(h.At))
	switch {
	case w.no != "":
		c.find(w.rule, "%s: %s", name, w.no)
		return
	case h.At.Before(w.send.Truncate(time.Second)):
		c.find("R-05", "%s: too early, its time is %s", name, short(w.send))
	case !w.useful(h.At):
		c.find("R-05", "%s: too late, it was of use until %s", name, short(w.expires))
	case !w.open(h.At).Equal(h.At):
		c.find("R-02", "%s: outside the window", name)
	}
	if !strings.EqualFold(h.To, w.to) {
		c.find("R-25", "%s: the address was %s", name, w.to)
	}
	if h.Channel == "email" {
		got, want := slices.Sorted(slices.Values(h.BCC)), slices.Sorted(slices.Values(w.bcc))
		if !slices.Equal(got, want) {
			c.find("R-31", "%s: hidden copies to %s instead of %s", name, list(got), list(want))
		}
	}
	edit := c.Edits[r.ID]
	if edit.Dropped {
		c.find("R-13", "%s: somebody had withdrawn it", name)
	}
	if edit.Words != "" {
		if !contains(h.Text, edit.Words) {
			c.find("R-22", "%s: somebody had written %q, it says %q", name, edit.Words, h.Text)
		}
		return
	}
	if len(w.locales) > 0 && !slices.Contains(w.locales, r.Locale) {
		c.find("R-23", "%s: written in %s instead of %s", name, r.Locale, list(w.locales))
	}
	said := h.Subject + "\n" + h.Text
	if len(w.marks) > 0 && !slices.ContainsFunc(w.marks, func(mark string) bool { return strings.Contains(said, mark) }) {
		c.find("R-22", "%s: not the text %s: %q", name, list(w.marks), h.Text)
	}
	for _, word := range w.words {
		if !contains(said, word) {
			c.find("R-18", "%s: does not say %q: %q", name, word, h.Text)
		}
	}
}

// sent are the rows of a key that a provider got, with the first time.
func (c *rules) sent(rows []*Row) (gone []*Row) {
	for _, r := range rows {
		if len(c.handed[r.ID]) > 0 {
			gone = append(gone, r)
		}
	}
	slices.SortFunc(gone, func(a, b *Row) int { return c.left(a).Compare(c.left(b)) })
	return gone
}

// left is when a row was first handed over.
func (c *rules) left(r *Row) time.Time { return c.handed[r.ID][0].At }
