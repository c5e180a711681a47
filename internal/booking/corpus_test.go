package booking_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/golden"
)

// TestTimesOfTheCorpus reads every day of testdata: what is known about it, "----", and the times that are free. The first line
// says what the day shows, the words are explained in testdata/README.md.
func TestTimesOfTheCorpus(t *testing.T) {
	t.Parallel()
	golden.Corpus(t, "testdata/*.txt", 25, func(t *testing.T, given string) string {
		c := readCase(t, given)
		starts := booking.Times(c.day, c.ask)
		if c.now != nil {
			starts = booking.Bookable(c.day.Place, c.ask.Reason, starts, *c.now)
		}
		c.checkAgrees(t, starts)
		return c.write(starts)
	})
}

// corpusCase is one file of the corpus as the package sees it.
type corpusCase struct {
	day booking.Day
	ask booking.Ask
	now *time.Time
}

func readCase(t *testing.T, given string) corpusCase {
	t.Helper()
	c := corpusCase{}
	c.day.Place = booking.Place{ID: "here", Enabled: true, HorizonDays: 100000, Offer: booking.EverySlot}
	c.ask.Reason = booking.Reason{ID: "visit", Duration: 30 * time.Minute}
	lines := strings.Split(strings.TrimSpace(given), "\n")
	for _, line := range lines[1:] {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		if err := c.read(words[0], words[1:]); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	}
	return c
}

func (c *corpusCase) read(word string, rest []string) (err error) {
	defer func() {
		if recover() != nil {
			err = fmt.Errorf("a word is missing")
		}
	}()
	options, plain := split(rest)
	list := func(key string) []string {
		if options[key] == "" {
			return nil
		}
		return strings.Split(options[key], ",")
	}
	minutes := func(key string) time.Duration {
		n, bad := strconv.Atoi(strings.TrimSuffix(options[key], "m"))
		if options[key] != "" && bad != nil {
			err = bad
		}
		return time.Duration(n) * time.Minute
	}
	switch word {
	case "zone":
		c.day.Place.Zone, err = time.LoadLocation(plain[0])
	case "date":
		c.day.Date, err = calendar.ParseDate(plain[0])
	case "now":
		now := c.instant(plain[0])
		c.now = &now
	case "place":
		c.day.Place.Enabled = !slices.Contains(plain, "closed")
		c.day.Place.AskSpecies = slices.Contains(plain, "asks-species")
		c.day.Place.GridMinutes = int(minutes("grid") / time.Minute)
		if options["offer"] != "" {
			c.day.Place.Offer = booking.Offer(options["offer"])
		}
		if options["lead"] != "" {
			c.day.Place.Lead, err = calendar.ParseLead(strings.ReplaceAll(options["lead"], "@", " "))
		}
		if options["horizon"] != "" {
			c.day.Place.HorizonDays, err = strconv.Atoi(options["horizon"])
		}
	case "reason":
		r := &c.ask.Reason
		r.Duration, r.BufferBefore, r.BufferAfter = minutes("length"), minutes("before"), minutes("after")
		r.Species, r.Locations, r.Practitioners, r.Kinds = list("species"), list("at"), list("by"), list("needs")
		r.Offline = slices.Contains(plain, "offline")
		r.MaxPerDay = int(minutes("max") / time.Minute)
		if options["lead"] != "" {
			lead, bad := calendar.ParseLead(strings.ReplaceAll(options["lead"], "@", " "))
			r.Lead, err = &lead, bad
		}
	case "practitioner":
		id := strings.ToLower(plain[0])
		if options["id"] != "" {
			id = options["id"]
		}
		c.day.Practitioners = append(c.day.Practitioners, booking.Practitioner{ID: id, Name: plain[0], Locations: list("at")})
	case "resource":
		c.day.Resources = append(c.day.Resources, booking.Resource{ID: strings.ToLower(plain[1]), Kind: plain[0], Name: plain[1]})
	case "shift":
		from, until, _ := strings.Cut(plain[1], "-")
		s := booking.Shift{Practitioner: plain[0], Offline: slices.Contains(plain, "offline"), Reasons: list("for")}
		if s.Starts, err = calendar.ParseClock(from); err == nil {
			s.Ends, err = calendar.ParseClock(until)
		}
		c.day.Shifts = append(c.day.Shifts, s)
	case "absence":
		who := plain[0]
		if who == "all" {
			who = ""
		}
		c.day.Absences = append(c.day.Absences, booking.Absence{Practitioner: who, Span: c.span(plain[1])})
	case "visit":
		v := booking.Visit{
			ID: options["id"], Location: "here", Practitioner: plain[0], Resources: list("with"), Reason: options["reason"],
		}
		if options["at"] != "" {
			v.Location = options["at"]
		}
		span := c.span(plain[1])
		v.StartsAt, v.Busy = span.From, span
		if options["busy"] != "" {
			v.Busy = c.span(options["busy"])
		}
		c.day.Visits = append(c.day.Visits, v)
	case "ask":
		c.ask.Species, c.ask.Practitioner, c.ask.Except = options["species"], options["by"], options["moving"]
	default:
		err = fmt.Errorf("nobody knows this word")
	}
	return err
}

func split(words []string) (options map[string]string, plain []string) {
	options = map[string]string{}
	for _, word := range words {
		if key, value, found := strings.Cut(word, "="); found {
			options[key] = value
		} else {
			plain = append(plain, word)
		}
	}
	return options, plain
}

// span reads "09:00-10:00" on the day, or both ends as "2027-03-01T09:00" or as an instant with its offset, joined by "..".
func (c *corpusCase) span(s string) booking.Span {
	from, until, found := strings.Cut(s, "..")
	if !found {
		from, until, _ = strings.Cut(s, "-")
	}
	return booking.Span{From: c.instant(from), Until: c.instant(until)}
}

func (c *corpusCase) instant(s string) time.Time {
	if t, err := time.Parse("2006-01-02T15:04Z07:00", s); err == nil {
		return t.UTC()
	}
	day := c.day.Date
	if date, clock, found := strings.Cut(s, "T"); found {
		parsed, err := calendar.ParseDate(date)
		if err != nil {
			panic(err)
		}
		day, s = parsed, clock
	}
	clock, err := calendar.ParseClock(s)
	if err != nil {
		panic(err)
	}
	at, _ := day.At(clock, c.day.Place.Zone)
	return at
}

// write puts each start on a line: the wall time, on a day of changing clocks with its offset, and who and what.
func (c *corpusCase) write(starts []booking.Start) string {
	layout := "15:04"
	if wall := c.day.Date.Wall(c.day.Place.Zone); wall.End().Sub(wall.Start()) != 24*time.Hour {
		layout = "15:04 -07:00"
	}
	var b strings.Builder
	for _, s := range starts {
		fmt.Fprintln(&b, strings.Join(append([]string{s.At.In(c.day.Place.Zone).Format(layout), s.Practitioner}, s.Resources...), " "))
	}
	return b.String()
}

// checkAgrees asks Check about every five minutes of the day and a little beyond: it accepts what is listed, and nothing else.
func (c *corpusCase) checkAgrees(t *testing.T, starts []booking.Start) {
	t.Helper()
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	if c.now != nil {
		now = *c.now
	}
	listed := map[time.Time]booking.Start{}
	for _, s := range starts {
		listed[s.At] = s
	}
	wall := c.day.Date.Wall(c.day.Place.Zone)
	for at := wall.Start().Add(-time.Hour); at.Before(wall.End().Add(time.Hour)); at = at.Add(5 * time.Minute) {
		got, refusal := booking.Check(c.day, c.ask, at, now)
		want, free := listed[at]
		if free != (refusal == nil) {
			t.Errorf("%v: listed %v, but Check says %v", at, free, refusal)
		} else if diff := cmp.Diff(want, got); free && diff != "" {
			t.Errorf("%v (-Times +Check):\n%s", at, diff)
		}
	}
}
