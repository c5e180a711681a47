package year_test

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/year"
)

// fromEnv is a number that whoever runs the test may give.
func fromEnv(t *testing.T, name string, otherwise int) int {
	t.Helper()
	v := os.Getenv(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil {
		t.Fatalf("%s is no number", name)
	}
	return n
}

// usual is the year that every run of the tests lives through. make year lives through others.
const usual = 2027

// A year in the life of a clinic: no message that should not have gone, none missing, none twice.
func TestAYearGoesByTheRules(t *testing.T) {
	t.Parallel()
	owners, seed := fromEnv(t, "YEAR_CLIENTS", shortYear), uint64(usual)
	if os.Getenv("SEED") != "" {
		seed = uint64(fromEnv(t, "SEED", 0))
	} else if os.Getenv("YEAR_CLIENTS") != "" {
		seed = uint64(rand.Uint32())
	}
	t.Logf("seed %d, %d clients", seed, owners)
	c := newClinic(t, seed, owners)
	c.troubles()
	c.live(begins.AddDate(0, 0, fromEnv(t, "YEAR_DAYS", 365)), func(at time.Time) {
		t.Logf("%s: %d visits, %d messages by mail and %d by text, %d acts", at.Format("January 2006"), len(c.visits), c.read[0], c.read[1], c.acts)
	})
	o := c.outcome()
	t.Logf("%d acts, jobs %v\n%s", c.acts, c.ran, tally(o, c.refused))
	for _, problem := range c.problems() {
		t.Error(problem)
	}
	findings := year.Check(c.journal, o)
	for i, f := range findings {
		if i == 40 {
			t.Errorf("and %d more", len(findings)-i)
			break
		}
		t.Errorf("%s\n%s", f, c.story(o, f))
	}
	if seed == usual && len(findings) == 0 {
		findsEach(t, c.journal, o)
	}
}

// story is what the log and the journal tell of the visits, reminders and rows that a finding names, for whoever wants to know how it came about.
func (c *clinic) story(o *year.Outcome, f year.Finding) string {
	named := regexp.MustCompile(`\b[a-z0-9]{15}\b`).FindAllString(f.Text, -1)
	var tale strings.Builder
	tell := func(format string, a ...any) { fmt.Fprintf(&tale, "        "+format+"\n", a...) }
	visit := func(id string) {
		v := c.journal.Visits[id]
		changes(tell, "visit "+id, v)
		last := v.Last()
		changes(tell, "place", c.journal.Places[last.Place])
		changes(tell, "reason", c.journal.Reasons[last.Reason])
	}
	for _, id := range named {
		if c.journal.Visits[id] != nil {
			visit(id)
		}
		changes(tell, "reminder", c.journal.Recalls[id])
		for _, m := range o.Made {
			if m.ID != id {
				continue
			}
			r, err := c.app.FindRecordById(store.Reminders, id)
			if err != nil {
				tell("%v", err)
				continue
			}
			tell("made %+v, is now %v", m, r.PublicExport())
			changes(tell, "rule", c.journal.Rules[m.Rule])
			changes(tell, "client", c.journal.Clients[m.Client])
			for _, pet := range m.Pets {
				changes(tell, "pet "+pet, c.journal.Pets[pet])
				for id, log := range c.journal.Visits {
					if log.Last().Pet == pet {
						visit(id)
					}
				}
			}
		}
		for _, g := range c.journal.Groups {
			if g.ID == id {
				tell("group at %s by %v, every way %v, to %d, stopped %v", g.At.Format(time.RFC3339), g.Channels, g.Every, len(g.Clients), g.Stopped)
				changes(tell, "place", c.journal.Places[g.Place])
			}
		}
	}
	for _, r := range o.Rows {
		if !slices.ContainsFunc(named, func(id string) bool { return r.ID == id || r.Booking == id || slices.Contains(r.Reminders, id) }) && !strings.Contains(f.Text, r.Key) {
			continue
		}
		tell("%s %s: %s %s, wished %s, leaves %s, dies %s, went %s, made %s, touched %s, %d attempts, pets %v", r.ID, r.Key, r.State, r.Reason, r.PlannedAt.Format(time.RFC3339),
			r.SendAt.Format(time.RFC3339), r.ExpiresAt.Format(time.RFC3339), r.SentAt.Format(time.RFC3339), r.Created.Format(time.RFC3339), r.Updated.Format(time.RFC3339), r.Attempts, r.Pets)
		for _, h := range o.Handed {
			if h.ID == r.ID {
				tell("    handed over %s to %s", h.At.Format(time.RFC3339), h.To)
			}
		}
	}
	if tale.Len() > 0 {
		tell("the program slept %v, the providers were deaf %v", c.journal.Asleep, c.journal.Deaf)
	}
	return tale.String()
}

// changes tells what the journal has of something, nothing if it does not know it.
func changes[T any](tell func(string, ...any), what string, log *year.Log[T]) {
	if log == nil {
		return
	}
	for _, e := range *log {
		tell("%s from %s: %+v", what, e.At.Format(time.RFC3339), e.Is)
	}
}

// The same seed is the same year, so that whatever goes wrong in one can be looked at again.
func TestASeedIsAYear(t *testing.T) {
	t.Parallel()
	lived := func() string {
		c := newClinic(t, 4, 16)
		c.shut(begins.AddDate(0, 0, 9), 30*time.Hour, "program")
		c.shut(begins.AddDate(0, 0, 12), 10*time.Hour, "sms")
		c.live(begins.AddDate(0, 0, 50), nil)
		return c.diary(c.outcome())
	}
	first, second := strings.Split(lived(), "\n"), strings.Split(lived(), "\n")
	for i := range min(len(first), len(second)) {
		if first[i] != second[i] {
			t.Fatalf("line %d:\n%s\n%s", i, first[i], second[i])
		}
	}
	if len(first) != len(second) || len(first) < 20 {
		t.Errorf("%d lines and %d", len(first), len(second))
	}
}

// diary is every message with its end, without the ids that differ from run to run.
func (c *clinic) diary(o *year.Outcome) string {
	number := map[string]int{"": -1}
	for i, v := range c.visits {
		number[v.id] = i
	}
	var lines []string
	for _, r := range o.Rows {
		lines = append(lines, fmt.Sprintf("%d %s %s %s %s %s %s %s", number[r.Booking], r.Purpose, r.Channel, r.To, r.State, r.Reason, r.SentAt.Format(time.RFC3339), r.Locale))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// troubles are the year's outages, both nights on which the clocks change among them.
func (c *clinic) troubles() {
	for i, hours := range []int{3, 30, 9, 60, 5, 14, 80, 2} {
		c.shut(c.between(begins.AddDate(0, 0, 20+i*42), begins.AddDate(0, 0, 50+i*42)), time.Duration(hours)*time.Hour, "program")
	}
	for _, night := range []time.Time{time.Date(2027, 3, 27, 20, 0, 0, 0, time.UTC), time.Date(2027, 10, 30, 20, 0, 0, 0, time.UTC)} {
		if c.chance(60) {
			c.shut(c.between(night, night.Add(3*time.Hour)), time.Duration(5+c.random.IntN(5))*time.Hour, "program")
		}
	}
	for i := range 6 {
		channel := []string{"email", "sms"}[i%2]
		c.shut(c.between(begins.AddDate(0, 0, 10+i*55), begins.AddDate(0, 0, 40+i*55)), time.Duration(1+c.random.IntN(40))*time.Hour, channel)
	}
}

// outcome reads what came of the year.
func (c *clinic) outcome() *year.Outcome {
	c.t.Helper()
	o := &year.Outcome{Statuses: map[string]string{}}
	for _, carrier := range []*carrier{c.mail, c.texts} {
		got, _ := carrier.since(0)
		o.Handed = append(o.Handed, got...)
	}
	c.each(store.Messages, func(r *core.Record) {
		at := func(field string) time.Time { return r.GetDateTime(field).Time() }
		o.Rows = append(o.Rows, year.Row{
			ID: r.Id, Key: r.GetString("key"), Purpose: r.GetString("purpose"), Channel: r.GetString("channel"), To: r.GetString("to"),
			Location: r.GetString("location"), Client: r.GetString("client"), Booking: r.GetString("booking"), Pets: r.GetStringSlice("patients"),
			Reminders: r.GetStringSlice("reminders"), Broadcast: r.GetString("broadcast"), Locale: r.GetString("locale"), Text: r.GetString("text"),
			State: r.GetString("state"), Reason: r.GetString("reason"), ResendOf: r.GetString("resend_of"), PlannedAt: at("planned_at"), SendAt: at("send_at"),
			ExpiresAt: at("expires_at"), SentAt: at("sent_at"), Created: at("created"), Updated: at("updated"), Attempts: r.GetInt("attempts"),
		})
	})
	c.each(store.Tasks, func(r *core.Record) {
		o.Tasks = append(o.Tasks, year.Task{Kind: r.GetString("kind"), Client: r.GetString("client"), Booking: r.GetString("booking"),
			Message: r.GetString("message"), Title: r.GetString("title")})
	})
	c.each(store.Reminders, func(r *core.Record) {
		if r.GetString("rule") != "" {
			o.Made = append(o.Made, year.Made{ID: r.Id, Rule: r.GetString("rule"), Booking: r.GetString("booking"), Client: r.GetString("client"),
				Place: r.GetString("location"), Due: r.GetString("due_on"), Group: r.GetString("reminder_group"), Pets: r.GetStringSlice("patients"),
				Methods: r.GetStringSlice("methods"), At: r.GetDateTime("made_at").Time()})
		}
	})
	c.each(store.Bookings, func(r *core.Record) { o.Statuses[r.Id] = r.GetString("status") })
	return o
}

func (c *clinic) each(collection string, do func(*core.Record)) {
	c.t.Helper()
	all, err := c.app.FindAllRecords(collection)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, r := range all {
		do(r)
	}
}

// problems are what the program logged as going wrong, requests that were refused aside.
func (c *clinic) problems() []string {
	c.t.Helper()
	if all, ok := c.app.Logger().Handler().(interface{ WriteAll(context.Context) error }); ok {
		if err := all.WriteAll(c.t.Context()); err != nil {
			c.t.Fatal(err)
		}
	}
	var logs []*core.Log
	if err := c.app.LogQuery().AndWhere(dbx.NewExp("level >= 8")).OrderBy("created").Limit(20).All(&logs); err != nil {
		c.t.Fatal(err)
	}
	var problems []string
	for _, log := range logs {
		if log.Data["type"] != "request" {
			problems = append(problems, fmt.Sprint(log.Message, " ", log.Data))
		}
	}
	return problems
}

// tally is the year as a table.
func tally(o *year.Outcome, refused map[string]int) string {
	counts := map[string]int{}
	for _, r := range o.Rows {
		counts[fmt.Sprintf("%-22s %-6s %-10s %s", r.Purpose, r.Channel, r.State, r.Reason)]++
	}
	for _, task := range o.Tasks {
		counts["task "+task.Kind]++
	}
	for what, n := range refused {
		counts["refused "+what] += n
	}
	var out strings.Builder
	for _, line := range slices.SortedFunc(maps.Keys(counts), cmp.Compare[string]) {
		fmt.Fprintf(&out, "%7d  %s\n", counts[line], line)
	}
	return out.String()
}
