package pb_migrations_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tests"

	"pawbell/internal/clinictest"
)

// fresh is an app of its own, all migrations run.
func fresh(t *testing.T) *tests.TestApp {
	t.Helper()
	return clinictest.New(t, nil)
}

// made are the clinic's own collections, without PocketBase's.
func made(t *testing.T, app core.App) []*core.Collection {
	t.Helper()
	all, err := app.FindAllCollections()
	if err != nil {
		t.Fatal(err)
	}
	var own []*core.Collection
	for _, collection := range all {
		if !collection.System {
			own = append(own, collection)
		}
	}
	return own
}

func TestEverythingGoesUpDownAndUpAgain(t *testing.T) {
	t.Parallel()
	app := fresh(t)
	before := len(made(t, app))
	runner := core.NewMigrationsRunner(app, core.AppMigrations)
	count := len(core.AppMigrations.Items())
	down, err := runner.Down(count)
	if err != nil {
		t.Fatal(err)
	}
	if len(down) != count {
		t.Fatalf("went down %d of %d: %v", len(down), count, down)
	}
	if left := made(t, app); len(left) != 0 {
		t.Fatalf("%d collections left, such as %s", len(left), left[0].Name)
	}
	if _, err := runner.Up(); err != nil {
		t.Fatal(err)
	}
	if after := len(made(t, app)); after != before {
		t.Fatalf("%d collections, were %d", after, before)
	}
}

// The whole of design's table, so that a name that is lost or misspelt shows.
func TestEveryCollectionIsThere(t *testing.T) {
	t.Parallel()
	var names []string
	for _, collection := range made(t, fresh(t)) {
		names = append(names, collection.Name)
	}
	slices.Sort(names)
	want := []string{
		"absences", "audit", "booking_requests", "booking_settings", "bookings", "broadcasts", "clients", "inbound_messages", "locations",
		"message_events", "message_settings", "messages", "notification_addresses", "patients", "practitioners", "reason_groups",
		"reasons", "reminder_rules", "reminders", "resources", "runs", "shifts", "species", "staff", "statements", "stopped_addresses",
		"tasks", "templates",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

// Staff work in the dashboard: a field without help is a question to somebody else.
func TestEveryFieldSaysWhatItIsFor(t *testing.T) {
	t.Parallel()
	for _, collection := range made(t, fresh(t)) {
		if collection.IsView() {
			continue
		}
		for _, field := range collection.Fields {
			help, can := helpOf(t, field)
			if !can || field.GetName() == "id" || field.GetName() == "tokenKey" {
				continue
			}
			name := collection.Name + "." + field.GetName()
			if help == "" {
				t.Errorf("%s has no help", name)
			}
			if !strings.HasSuffix(help, ".") {
				t.Errorf("%s: the help is no sentence: %q", name, help)
			}
			if number, is := field.(*core.NumberField); is && !number.Required && field.GetName() != "revision" &&
				!regexp.MustCompile(`\b0\b`).MatchString(help) {
				t.Errorf("%s does not say what 0 means: %q", name, help)
			}
		}
	}
}

func helpOf(t *testing.T, field core.Field) (help string, can bool) {
	t.Helper()
	raw, err := json.Marshal(field)
	if err != nil {
		t.Fatal(err)
	}
	var known struct{ Help *string }
	if err := json.Unmarshal(raw, &known); err != nil {
		t.Fatal(err)
	}
	if known.Help == nil {
		return "", false
	}
	return *known.Help, true
}

// Relations show a name, never an id.
func TestEveryRecordCanBeRecognised(t *testing.T) {
	t.Parallel()
	for _, collection := range made(t, fresh(t)) {
		if collection.IsView() {
			continue
		}
		shown := slices.ContainsFunc(collection.Fields, func(field core.Field) bool {
			var known struct{ Presentable bool }
			raw, err := json.Marshal(field)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(raw, &known); err != nil {
				t.Fatal(err)
			}
			return known.Presentable && !field.GetHidden()
		})
		if !shown {
			t.Errorf("%s shows nothing but its id", collection.Name)
		}
	}
}

func TestEveryRecordKnowsWhenItWasMadeAndChanged(t *testing.T) {
	t.Parallel()
	for _, collection := range made(t, fresh(t)) {
		if collection.IsView() {
			continue
		}
		created, _ := collection.Fields.GetByName("created").(*core.AutodateField)
		updated, _ := collection.Fields.GetByName("updated").(*core.AutodateField)
		if created == nil || !created.OnCreate || created.OnUpdate || updated == nil || !updated.OnCreate || !updated.OnUpdate {
			t.Errorf("%s: created and updated are not kept", collection.Name)
		}
	}
}

// Nobody can fill the disk with one record.
func TestEveryTextHasAnEnd(t *testing.T) {
	t.Parallel()
	for _, collection := range made(t, fresh(t)) {
		for _, field := range collection.Fields {
			name := collection.Name + "." + field.GetName()
			switch f := field.(type) {
			case *core.TextField:
				if f.Max == 0 && !f.System && !collection.IsView() {
					t.Errorf("%s has no end", name)
				}
			case *core.JSONField:
				if f.MaxSize == 0 && !collection.IsView() {
					t.Errorf("%s has no end", name)
				}
			case *core.FileField:
				if f.MaxSize == 0 {
					t.Errorf("%s has no end", name)
				}
			case *core.NumberField:
				if f.Max == nil && !collection.IsView() {
					t.Errorf("%s has no end", name)
				}
			}
		}
	}
}

// Only settings go with their location. Everything else that points to a record would be lost with it.
func TestNothingIsDeletedAlong(t *testing.T) {
	t.Parallel()
	for _, collection := range made(t, fresh(t)) {
		for _, field := range collection.Fields {
			relation, is := field.(*core.RelationField)
			settings := strings.HasSuffix(collection.Name, "_settings")
			if is && relation.CascadeDelete != settings {
				t.Errorf("%s.%s: deleted along is %v", collection.Name, relation.Name, relation.CascadeDelete)
			}
		}
	}
}

func TestWhatMayExistOnceExistsOnce(t *testing.T) {
	t.Parallel()
	app := fresh(t)
	want := map[string]string{
		"bookings":          "reference",
		"booking_requests":  "idempotency_key|idempotency_key != ''",
		"booking_settings":  "location",
		"message_settings":  "location",
		"templates":         "code, locale, location",
		"messages":          "`key`|`key` != ''",
		"message_events":    "gateway, gateway_event|gateway_event != ''",
		"inbound_messages":  "gateway_id|gateway_id != ''",
		"stopped_addresses": "channel, address, purpose",
	}
	for name, once := range want {
		collection, err := app.FindCollectionByNameOrId(name)
		if err != nil {
			t.Fatal(err)
		}
		columns, where, _ := strings.Cut(once, "|")
		found := slices.ContainsFunc(collection.Indexes, func(index string) bool {
			end := "(" + columns + ")"
			if where != "" {
				end += " WHERE " + where
			}
			return strings.HasPrefix(index, "CREATE UNIQUE INDEX") && plain(strings.Split(index, "ON ")[1]) == plain(name+" "+end)
		})
		if !found {
			t.Errorf("%s: no unique index on %s in\n%s", name, once, strings.Join(collection.Indexes, "\n"))
		}
	}
}

// plain is a piece of SQL without what PocketBase lays out anew.
func plain(sql string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("`", "", "(", " ( ", ")", " ) ", ",", " , ").Replace(sql)), " ")
}

// The queue is found without reading the log, however long that gets.
func TestQuestionsAskedAllTheTimeHaveAnIndex(t *testing.T) {
	t.Parallel()
	app := fresh(t)
	for question, index := range map[string]string{
		"SELECT id FROM messages WHERE state = 'queued' AND send_at <= '2027' ORDER BY priority, send_at LIMIT 100":       "idx_messages_due",
		"SELECT id FROM messages WHERE state = 'sending' AND leased_until <= '2027'":                                      "idx_messages_leased",
		"SELECT id FROM messages WHERE `key` = 'a' AND `key` != ''":                                                       "idx_messages_key",
		"SELECT id FROM messages WHERE booking = 'a'":                                                                     "idx_messages_booking",
		"SELECT id FROM messages WHERE `to` = 'a'":                                                                        "idx_messages_to",
		"SELECT id FROM message_events WHERE message = 'a' ORDER BY at":                                                   "idx_message_events_message",
		"SELECT id FROM bookings WHERE practitioner = 'a' AND busy_from >= '2027' AND busy_from < '2028'":                 "idx_bookings_practitioner",
		"SELECT id FROM bookings WHERE location = 'a' AND busy_from >= '2027' AND busy_from < '2028'":                     "idx_bookings_location",
		"SELECT id FROM absences WHERE practitioner = 'a' AND ends_at > '2027'":                                           "idx_absences_practitioner",
		"SELECT id FROM patients WHERE born_on != '' AND born_on > '2020' AND born_on <= '2021' ORDER BY born_on LIMIT 9": "idx_patients_born_on",
		"SELECT id FROM reminders WHERE origin != '' AND origin > 'rule:a:' AND origin < 'rule:a;' ORDER BY origin":       "idx_reminders_origin",
		"SELECT id FROM clients WHERE match_name = 'a'":                                                                   "idx_clients_match_name",
		"SELECT id FROM booking_requests WHERE idempotency_key = 'a' AND idempotency_key != ''":                           "idx_booking_requests_idempotency_key",
	} {
		var plan []struct {
			Detail string `db:"detail"`
		}
		if err := app.DB().NewQuery("EXPLAIN QUERY PLAN " + question).All(&plan); err != nil {
			t.Fatal(err)
		}
		for _, step := range plan {
			if !strings.Contains(step.Detail, index+" ") && !strings.HasSuffix(step.Detail, index) {
				t.Errorf("%s\n%s, want %s", question, step.Detail, index)
			}
		}
	}
}
