package hooks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime/multipart"
	"slices"
	"sync"
	"testing"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

// TestEveryWriteRaisesTheRevision counts saves of fresh and of stale instances alike.
func TestEveryWriteRaisesTheRevision(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	for collection, name := range map[string]string{
		"bookings": "booking", "clients": "client", "reminders": "reminder", "broadcasts": "broadcast", "messages": "sent_message", "runs": "run",
	} {
		one, other := c.row(collection, name), c.row(collection, name)
		started := one.GetInt("revision")
		for i, record := range []*core.Record{one, other, one} {
			if err := c.app.Save(record); err != nil {
				t.Fatalf("%s: %v", collection, err)
			}
			if got := c.row(collection, name).GetInt("revision"); got != started+i+1 {
				t.Errorf("%s: revision %d after %d saves from %d", collection, got, i+1, started)
			}
		}
	}
}

// TestAWholeRecordWithTheRightRevisionIsSaved is what the dashboard does: it sends back everything that it was given.
func TestAWholeRecordWithTheRightRevisionIsSaved(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	for collection, change := range map[string]struct {
		record, field string
		value         any
	}{
		"bookings":   {"booking", "note", "Bring the card"},
		"clients":    {"client", "city", "Odense"},
		"reminders":  {"reminder", "due_on", "2027-07-01"},
		"broadcasts": {"broadcast", "subject", "Closed on Friday"},
		"messages":   {"queued_message", "text", "Hej!"},
		"runs":       {"run", "state", "stopped"},
	} {
		path := c.path(collection, change.record)
		shown := c.ask(c.superuser, "GET", path, "").body
		stale := maps.Clone(shown)
		shown[change.field] = change.value
		if answer := c.ask(c.superuser, "PATCH", path, asJSON(t, shown)); answer.status != 200 {
			t.Errorf("%s: got %d %s", collection, answer.status, answer.raw)
			continue
		}
		if got := c.row(collection, change.record).Get(change.field); got != change.value {
			t.Errorf("%s.%s is %v", collection, change.field, got)
		}
		if answer := c.ask(c.superuser, "PATCH", path, asJSON(t, stale)); answer.status != 400 || answer.code("revision") != "changed_meanwhile" {
			t.Errorf("%s: the form opened before was answered %d %s", collection, answer.status, answer.raw)
		}
	}
}

// TestMachineFieldsAreTheMachinesOnCreateToo tries what a copied record would bring along.
func TestMachineFieldsAreTheMachinesOnCreateToo(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	wish := func(more map[string]any) string {
		body := map[string]any{"first_name": "Ane", "last_name": "Friis", "no_shows": 0, "revision": 0, "match_name": ""}
		maps.Copy(body, more)
		return asJSON(t, body)
	}
	const path = "/api/collections/clients/records"
	if answer := c.ask(c.manager, "POST", path, wish(nil)); answer.status != 200 || answer.body["revision"] != 1.0 {
		t.Errorf("empty machine fields: got %d %s", answer.status, answer.raw)
	}
	if answer := c.ask(c.manager, "POST", path, wish(map[string]any{"no_shows": 4})); answer.code("no_shows") != "read_only" {
		t.Errorf("a counter: got %d %s", answer.status, answer.raw)
	}
}

// TestModifiersAndFilesGoOntoTheRowAsItIs changes the row between the moment in which PocketBase loads it and the save.
func TestModifiersAndFilesGoOntoTheRowAsItIs(t *testing.T) {
	t.Parallel()
	var meanwhile func()
	c := newGuardedClinic(t, func(app core.App) {
		app.OnRecordUpdateRequest("messages").BindFunc(func(e *core.RecordRequestEvent) error {
			meanwhile()
			return e.Next()
		})
	})
	second := c.made("patients", "second", map[string]any{"client": c.ids["client"], "name": "Max"})
	meanwhile = func() {
		row := c.row("messages", "queued_message")
		row.Set("patients+", second.Id)
		row.Set("attempts+", 1)
		if err := c.app.Save(row); err != nil {
			t.Error(err)
		}
	}
	var form bytes.Buffer
	writer := multipart.NewWriter(&form)
	if err := writer.WriteField("patients-", c.ids["patient"]); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"one.txt", "two.txt"} {
		file, err := writer.CreateFormFile("attachments+", name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.Write([]byte(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	answer := c.askForm(c.superuser, "PATCH", c.path("messages", "queued_message"), writer.FormDataContentType(), form.Bytes())
	if answer.status != 200 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	row := c.row("messages", "queued_message")
	if got := row.GetStringSlice("patients"); !slices.Equal(got, []string{second.Id}) {
		t.Errorf("patients are %v, want the one added meanwhile without the one taken away", got)
	}
	if row.GetInt("attempts") != 1 {
		t.Errorf("the machine's attempt was undone")
	}
	if got := row.GetStringSlice("attachments"); len(got) != 2 {
		t.Errorf("attachments are %v", got)
	}
}

// TestARowThatMovedAwayIsOutOfReach asks the update rule of the row as it is, not as it was when PocketBase loaded it.
func TestARowThatMovedAwayIsOutOfReach(t *testing.T) {
	t.Parallel()
	var move func()
	c := newGuardedClinic(t, func(app core.App) {
		app.OnRecordUpdateRequest("bookings").BindFunc(func(e *core.RecordRequestEvent) error {
			move()
			return e.Next()
		})
	})
	local := c.row("staff", "local")
	move = func() {}
	if answer := c.ask(local, "PATCH", c.path("bookings", "booking"), `{"note":"first"}`); answer.status != 200 {
		t.Fatalf("got %d %s", answer.status, answer.raw)
	}
	move = func() {
		row := c.row("bookings", "booking")
		row.Set("location", c.ids["empty_location"])
		if err := c.app.Save(row); err != nil {
			t.Error(err)
		}
	}
	if answer := c.ask(local, "PATCH", c.path("bookings", "booking"), `{"note":"second"}`); answer.status != 404 {
		t.Errorf("got %d %s", answer.status, answer.raw)
	}
	if got := c.row("bookings", "booking").GetString("note"); got != "first" {
		t.Errorf("the note is %q", got)
	}
}

// raceRounds is how often the machine and a person meet on one row in the race test (law 7).
const raceRounds = 1000

// TestNobodyUndoesTheMachine lets a machine writer and people meet on one client for 1,000 rounds. Half of the rounds they run side by
// side, in the other half the machine writes in the worst moment: after PocketBase loaded the row for the person's request. After
// each round every write of the machine stands, every partial change stands, and no stale form came through.
func TestNobodyUndoesTheMachine(t *testing.T) {
	t.Parallel()
	var worst func()
	c := newGuardedClinic(t, func(app core.App) {
		app.OnRecordUpdateRequest("clients").BindFunc(func(e *core.RecordRequestEvent) error {
			if worst != nil {
				worst()
			}
			return e.Next()
		})
	})
	id, path := c.ids["client"], c.path("clients", "client")
	bySave := func() error {
		return c.app.RunInTransaction(func(tx core.App) error {
			row, err := tx.FindRecordById("clients", id)
			if err != nil {
				return err
			}
			row.Set("no_shows", row.GetInt("no_shows")+1)
			return tx.Save(row)
		})
	}
	byStatement := func() error {
		return c.app.RunInTransaction(func(tx core.App) error {
			_, err := tx.NonconcurrentDB().NewQuery("UPDATE clients SET no_shows = no_shows + 1, revision = revision + 1 WHERE id = {:id}").
				Bind(dbx.Params{"id": id}).Execute()
			return err
		})
	}
	type state struct {
		NoShows  int    `db:"no_shows"`
		Revision int    `db:"revision"`
		City     string `db:"city"`
		Note     string `db:"note"`
	}
	read := func() (s state) {
		if err := c.app.DB().Select("no_shows", "revision", "city", "note").From("clients").Where(dbx.HashExp{"id": id}).One(&s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	whole := c.ask(c.superuser, "GET", path, "").body
	was := read()
	for round := range raceRounds {
		machine := bySave
		if round%2 == 1 {
			machine = byStatement
		}
		var machineErr error
		var together sync.WaitGroup
		if round%4 < 2 {
			worst = func() { machineErr = machine() }
		} else {
			worst = nil
			together.Go(func() { machineErr = machine() })
		}

		want := was
		want.NoShows++
		want.Revision++
		switch round % 3 {
		case 0: // one field: it lands, and lands beside the machine's
			want.City, want.Revision = fmt.Sprintf("Town %d", round), want.Revision+1
			if a := c.ask(c.superuser, "PATCH", path, `{"city":"`+want.City+`"}`); a.status != 200 {
				t.Fatalf("round %d: a partial change was answered %d %s", round, a.status, a.raw)
			}
		case 1: // a form that was opened long ago, with its revision
			whole["city"], whole["revision"] = "Nowhere", was.Revision-1
			if a := c.ask(c.superuser, "PATCH", path, asJSON(t, whole)); a.status != 400 || a.code("revision") != "changed_meanwhile" {
				t.Fatalf("round %d: a stale form was answered %d %s", round, a.status, a.raw)
			}
		case 2: // everything without a revision, the machine's field as it was before this round
			whole["no_shows"], whole["note"] = was.NoShows, fmt.Sprintf("Note %d", round)
			blind := maps.Clone(whole)
			delete(blind, "revision")
			blind["city"] = was.City
			switch a := c.ask(c.superuser, "PATCH", path, asJSON(t, blind)); {
			case a.status == 200: // the person came first
				want.Note, want.Revision = whole["note"].(string), want.Revision+1
			case a.code("no_shows") != "read_only":
				t.Fatalf("round %d: a blind form was answered %d %s", round, a.status, a.raw)
			}
		}
		together.Wait()
		if machineErr != nil {
			t.Fatalf("round %d: the machine could not write: %v", round, machineErr)
		}
		if got := read(); got != want {
			t.Fatalf("round %d: the row is %+v, want %+v", round, got, want)
		}
		was = want
	}
}

func asJSON(t *testing.T, value any) string {
	t.Helper()
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}
