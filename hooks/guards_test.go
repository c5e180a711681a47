package hooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tests"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

// guardedAt is when the tests of the guards happen.
var guardedAt = time.Date(2027, 3, 1, 8, 0, 0, 0, time.UTC)

// guardedClinic is a clinic that has the schema and the guards and nothing else of the program.
type guardedClinic struct {
	t         *testing.T
	app       *tests.TestApp
	mux       http.Handler
	superuser *core.Record
	manager   *core.Record
	ids       map[string]string
}

// furnished is a clinic with a record of each kind that the tests need, as the files of its database, and the ids of those records. It
// is made once; each test opens a copy.
var furnished = sync.OnceValues(func() (made guardedTemplate, err error) {
	empty, err := os.MkdirTemp("", "guarded")
	if err != nil {
		return made, err
	}
	app, err := tests.NewTestAppWithConfig(core.BaseAppConfig{DataDir: empty})
	if err != nil {
		return made, fmt.Errorf("open app: %w", err)
	}
	defer app.Cleanup()
	guard(app, func() time.Time { return guardedAt })
	made = guardedTemplate{files: map[string][]byte{}, ids: map[string]string{}}
	if err := made.furnish(app); err != nil {
		return made, err
	}
	for _, db := range []dbx.Builder{app.NonconcurrentDB(), app.AuxNonconcurrentDB()} {
		if _, err := db.NewQuery("PRAGMA wal_checkpoint(TRUNCATE)").Execute(); err != nil {
			return made, fmt.Errorf("fold in the log: %w", err)
		}
	}
	for _, name := range []string{"data.db", "auxiliary.db"} {
		if made.files[name], err = os.ReadFile(filepath.Join(app.DataDir(), name)); err != nil {
			return made, err
		}
	}
	return made, os.Remove(empty)
})

type guardedTemplate struct {
	files map[string][]byte
	ids   map[string]string
}

// newGuardedClinic opens a clinic of its own for a test. Early hooks are bound ahead of the guards.
func newGuardedClinic(t *testing.T, early ...func(app core.App)) *guardedClinic {
	t.Helper()
	template, err := furnished()
	if err != nil {
		t.Fatalf("furnish: %v", err)
	}
	folder := t.TempDir()
	for name, content := range template.files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	app, err := tests.NewTestAppWithConfig(core.BaseAppConfig{DataDir: folder})
	if err != nil {
		t.Fatalf("open app: %v", err)
	}
	t.Cleanup(app.Cleanup)
	for _, bind := range early {
		bind(app)
	}
	guard(app, func() time.Time { return guardedAt })

	c := &guardedClinic{t: t, app: app, mux: clinictest.Handler(t, app), ids: maps.Clone(template.ids)}
	c.superuser, c.manager = c.row("_superusers", "superuser"), c.row("staff", "manager")
	return c
}

func (template guardedTemplate) furnish(app core.App) error {
	ids, failed := template.ids, error(nil)
	made := func(collection, name string, fields map[string]any) {
		record, err := saveGuarded(app, collection, fields)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("make %s: %w", name, err))
			return
		}
		ids[name] = record.Id
	}
	made("_superusers", "superuser", map[string]any{"email": "owner@clinic.example", "password": "correct-horse"})
	made("staff", "manager", map[string]any{
		"email": "manager@clinic.example", "password": "correct-horse", "name": "Mona", "role": "manager",
	})
	place := map[string]any{"name": "Harbour", "country": "DK", "timezone": "Europe/Copenhagen", "locale": "da"}
	made("locations", "location", place)
	made("locations", "empty_location", place)
	made("staff", "local", map[string]any{
		"email": "local@clinic.example", "password": "correct-horse", "name": "Lis", "role": "reception", "locations": []string{ids["location"]},
	})
	for _, where := range []string{"location", "empty_location"} {
		prefix := strings.TrimSuffix(where, "location")
		made("booking_settings", prefix+"booking_settings", map[string]any{"location": ids[where], "mode": "instant", "offer": "every_slot"})
		made("message_settings", prefix+"message_settings", map[string]any{"location": ids[where]})
	}
	made("reason_groups", "group", map[string]any{"name": "Care"})
	made("reasons", "reason", map[string]any{"group": ids["group"], "name": "Vaccination", "duration_minutes": 30})
	made("practitioners", "practitioner", map[string]any{"name": "Anna Holm"})
	made("clients", "client", map[string]any{"first_name": "Ida", "last_name": "Lund", "city": "Aarhus"})
	made("patients", "patient", map[string]any{"client": ids["client"], "name": "Bella"})
	made("clients", "stranger", map[string]any{"first_name": "Bo", "last_name": "Krag"})
	booking := map[string]any{
		"location": ids["location"], "reason": ids["reason"], "practitioner": ids["practitioner"], "client": ids["client"],
		"patient": ids["patient"], "starts_at": "2027-03-02 09:00:00.000Z", "ends_at": "2027-03-02 09:30:00.000Z",
		"status": "booked", "reference": "AB12",
	}
	made("bookings", "booking", booking)
	booking["reference"], booking["status"] = "AB13", "completed"
	made("bookings", "completed_booking", booking)
	message := map[string]any{
		"location": ids["location"], "client": ids["client"], "patients": []string{ids["patient"]}, "booking": ids["booking"],
		"purpose": "visit_reminder", "channel": "sms", "to": "+4520123456", "text": "Hej Ida", "planned_at": "2027-03-01 09:00:00.000Z",
	}
	for _, state := range []string{"queued", "sending", "sent", "unknown", "stale"} {
		message["state"] = state
		made("messages", state+"_message", message)
	}
	made("message_events", "event", map[string]any{"message": ids["sent_message"], "kind": "attempt", "at": "2027-03-01 09:00:00.000Z"})
	made("audit", "trace", map[string]any{"collection": "clients", "record": ids["client"], "action": "update"})
	made("reminders", "reminder", map[string]any{
		"client": ids["client"], "location": ids["location"], "due_on": "2027-06-01", "state": "scheduled",
	})
	made("broadcasts", "broadcast", map[string]any{"kind": "day", "location": ids["location"], "state": "draft"})
	made("runs", "run", map[string]any{"kind": "sync_messages", "state": "queued"})
	return failed
}

func saveGuarded(app core.App, collection string, fields map[string]any) (*core.Record, error) {
	found, err := app.FindCollectionByNameOrId(collection)
	if err != nil {
		return nil, err
	}
	record := core.NewRecord(found)
	record.Load(fields)
	return record, app.Save(record)
}

// made saves a record as the machine does and remembers its id under a name.
func (c *guardedClinic) made(collection, name string, fields map[string]any) *core.Record {
	c.t.Helper()
	record, err := saveGuarded(c.app, collection, fields)
	if err != nil {
		c.t.Fatalf("make %s: %v", name, err)
	}
	c.ids[name] = record.Id
	return record
}

// row is a record as the database has it.
func (c *guardedClinic) row(collection, name string) *core.Record {
	c.t.Helper()
	row, err := c.app.FindRecordById(collection, c.ids[name])
	if err != nil {
		c.t.Fatalf("load %s: %v", name, err)
	}
	return row
}

// guardAnswer is what came back over HTTP.
type guardAnswer struct {
	status int
	body   map[string]any
	raw    string
}

// code is the code of the error on a field, "" if there is none.
func (a guardAnswer) code(field string) string {
	data, _ := a.body["data"].(map[string]any)
	on, _ := data[field].(map[string]any)
	code, _ := on["code"].(string)
	return code
}

// ask sends JSON as the account given, or as nobody.
func (c *guardedClinic) ask(as *core.Record, method, path, body string) guardAnswer {
	c.t.Helper()
	return c.askForm(as, method, path, "application/json", []byte(body))
}

func (c *guardedClinic) askForm(as *core.Record, method, path, contentType string, body []byte) guardAnswer {
	c.t.Helper()
	request := httptest.NewRequest(method, path, bytes.NewReader(body))
	request.Header.Set("Content-Type", contentType)
	if as != nil {
		token, err := as.NewAuthToken()
		if err != nil {
			c.t.Fatalf("make token: %v", err)
		}
		request.Header.Set("Authorization", token)
	}
	recorder := httptest.NewRecorder()
	c.mux.ServeHTTP(recorder, request)
	answer := guardAnswer{status: recorder.Code, raw: recorder.Body.String()}
	if answer.raw != "" && recorder.Body.Bytes()[0] == '{' {
		if err := json.Unmarshal(recorder.Body.Bytes(), &answer.body); err != nil {
			c.t.Fatalf("read answer: %v", err)
		}
	}
	return answer
}

func (c *guardedClinic) path(collection, name string) string {
	return "/api/collections/" + collection + "/records/" + c.ids[name]
}

// TestGuardTablesNameRealFields keeps the tables of the guards and the schema in step: a misspelt name would guard nothing, and a field
// whose help says that the machine writes it is one that nobody else may change.
func TestGuardTablesNameRealFields(t *testing.T) {
	t.Parallel()
	c := newGuardedClinic(t)
	field := func(collection, name string) core.Field {
		found, err := c.app.FindCollectionByNameOrId(collection)
		if err != nil {
			t.Fatalf("no collection %s: %v", collection, err)
		}
		return found.Fields.GetByName(name)
	}
	for collection, names := range store.MachineFields {
		for _, name := range names {
			if field(collection, name) == nil {
				t.Errorf("MachineFields: %s has no field %s", collection, name)
			}
		}
	}
	for collection, names := range store.ClosedFields {
		for _, name := range names {
			if field(collection, name) == nil {
				t.Errorf("ClosedFields: %s has no field %s", collection, name)
			}
		}
	}
	for name := range clockFields {
		collection, column, _ := strings.Cut(name, ".")
		if field(collection, column) == nil {
			t.Errorf("clockFields: no %s", name)
		}
	}
	for name := range leadFields {
		collection, column, _ := strings.Cut(name, ".")
		if field(collection, column) == nil {
			t.Errorf("leadFields: no %s", name)
		}
	}
	for _, collection := range store.Revisioned() {
		if field(collection, store.Revision) == nil {
			t.Errorf("%s has no revision", collection)
		}
		found, err := c.app.FindCollectionByNameOrId(collection)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found.Fields {
			raw, err := json.Marshal(f)
			if err != nil {
				t.Fatal(err)
			}
			var with struct{ Help string }
			if err := json.Unmarshal(raw, &with); err != nil {
				t.Fatal(err)
			}
			listed := false
			for _, name := range store.MachineFields[collection] {
				listed = listed || name == f.GetName()
			}
			if strings.HasPrefix(with.Help, "Machine:") && !listed {
				t.Errorf("the help of %s.%s says that the machine writes it, and the guard lets people write it", collection, f.GetName())
			}
		}
	}
	for _, collection := range audited {
		if field(collection, "id") == nil {
			t.Errorf("audited: no collection %s", collection)
		}
	}
}
