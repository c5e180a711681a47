package hooks

import (
	"bufio"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pocketbase/dbx"

	"pawbell/internal/outbox"
)

// TestHooksRefuseEvenSuperusers tries every line of the readable list over HTTP as a superuser, and looks that nothing was stored.
func TestHooksRefuseEvenSuperusers(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	file, err := os.Open("testdata/access-hooks.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}()
	before := c.everything()
	shape := regexp.MustCompile(`^(\S+)\s+(\S+)\s+(.+?)\s+=>\s+(\d+)\s+(\S+)\s+(\S+)$`)
	named := regexp.MustCompile(`\{[a-z_]+\}`)
	fill := func(s string) string {
		return named.ReplaceAllStringFunc(s, func(name string) string {
			id, ok := c.ids[strings.Trim(name, "{}")]
			if !ok {
				t.Fatalf("no record is called %s", name)
			}
			return id
		})
	}
	tried := 0
	for lines := bufio.NewScanner(file); lines.Scan(); {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		parts := shape.FindStringSubmatch(line)
		if parts == nil {
			t.Fatalf("cannot read the line %q", line)
		}
		method, path, body, field, code := parts[1], "/api"+fill(parts[2]), fill(parts[3]), parts[5], parts[6]
		status, err := strconv.Atoi(parts[4])
		if err != nil {
			t.Fatal(err)
		}
		if body == "-" {
			body = ""
		}
		answer := c.ask(c.superuser, method, path, body)
		if answer.status != status || field != "-" && answer.code(field) != code {
			t.Errorf("%s\n got %d %s", line, answer.status, answer.raw)
		}
		if message, _ := answer.body["message"].(string); field == "-" && len(message) < 40 {
			t.Errorf("%s\n says no more than %q", line, message)
		}
		tried++
	}
	if tried < 50 {
		t.Errorf("only %d lines were tried", tried)
	}
	for collection, count := range c.everything() {
		if count != before[collection] {
			t.Errorf("%s had %d rows and has %d", collection, before[collection], count)
		}
	}
}

// everything counts the rows of what must not vanish.
func (c *guardedClinic) everything() map[string]int {
	c.t.Helper()
	counts := map[string]int{}
	for _, collection := range []string{
		"messages", "message_events", "audit", "bookings", "clients", "patients", "locations", "booking_settings", "message_settings",
	} {
		var n int
		if err := c.app.DB().Select("COUNT(*)").From(collection).Row(&n); err != nil {
			c.t.Fatal(err)
		}
		counts[collection] = n
	}
	return counts
}

// TestAPersonMakesTheFewMovesOfAMessage proves what stays open beside the list of refusals.
func TestAPersonMakesTheFewMovesOfAMessage(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, message, body string
		state               outbox.State
		reason              outbox.Reason
		history             []string
	}{
		{"a queued message is withdrawn for good", "queued_message", `{"state":"cancelled"}`, outbox.Cancelled, outbox.ReasonByPerson, nil},
		{"a queued message is corrected", "queued_message", `{"text":"Hej Ida!","to":"+4520999999"}`, outbox.Queued, "", nil},
		{"an unknown one turns out to be sent", "unknown_message", `{"state":"sent"}`, outbox.Sent, "", []string{"sent"}},
		{"an unknown one turns out to be lost", "unknown_message", `{"state":"failed"}`, outbox.Failed, "", []string{"failed"}},
		{"naming the same state moves nothing", "sent_message", `{"state":"sent","text":"Hej Ida"}`, outbox.Sent, "", nil},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			c := newGuardedClinic(t)
			if answer := c.ask(c.manager, "PATCH", c.path("messages", tc.message), tc.body); answer.status != 200 {
				t.Fatalf("got %d %s", answer.status, answer.raw)
			}
			row := c.row("messages", tc.message)
			if got := outbox.State(row.GetString("state")); got != tc.state {
				t.Errorf("state is %s, want %s", got, tc.state)
			}
			if got := outbox.Reason(row.GetString("reason")); got != tc.reason {
				t.Errorf("reason is %q, want %q", got, tc.reason)
			}
			events, err := c.app.FindAllRecords("message_events", dbx.HashExp{"message": row.Id, "kind": "resolved"})
			if err != nil {
				t.Fatal(err)
			}
			var history []string
			for _, event := range events {
				history = append(history, event.GetString("detail"))
			}
			if !slices.Equal(history, tc.history) {
				t.Errorf("the history says %v, want %v", history, tc.history)
			}
		})
	}
}

// TestALocationGoesWithItsSettings proves that the refusal to delete settings does not stand in the way of their location.
func TestALocationGoesWithItsSettings(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	if answer := c.ask(c.superuser, "DELETE", c.path("locations", "empty_location"), ""); answer.status != 204 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	for _, collection := range []string{"booking_settings", "message_settings"} {
		if _, err := c.app.FindRecordById(collection, c.ids["empty_"+collection]); err == nil {
			t.Errorf("%s stayed behind", collection)
		}
	}
}

// TestVisitsMoveOnlyAsVisitsDo holds for code too, judged by the row and not by the instance that is saved a second time.
func TestVisitsMoveOnlyAsVisitsDo(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	visit := c.row("bookings", "booking")
	for _, step := range []struct {
		status string
		fine   bool
	}{{"completed", true}, {"cancelled", false}, {"arrived", true}, {"cancelled", true}, {"arrived", false}, {"booked", true}} {
		visit.Set("status", step.status)
		if err := c.app.Save(visit); (err == nil) != step.fine {
			t.Errorf("%s: %v", step.status, err)
		}
	}
}
