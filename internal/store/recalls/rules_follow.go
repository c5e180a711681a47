package recalls

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/calendar"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// RuleCounts say what following a rule does to the reminders: how many are added, moved to another day, and called off.
type RuleCounts struct {
	Adds    int `json:"adds"`
	Moves   int `json:"moves"`
	Cancels int `json:"cancels"`
}

// Add adds other counts to these.
func (c *RuleCounts) Add(other RuleCounts) {
	c.Adds, c.Moves, c.Cancels = c.Adds+other.Adds, c.Moves+other.Moves, c.Cancels+other.Cancels
}

// ruleChanges are what has to be written so that reminders are what rules want.
type ruleChanges struct {
	add    []reminder.Wanted
	change []reminder.Change
	// was is how a changed reminder stood until now.
	was map[string]reminder.Made
}

func (c *ruleChanges) counts() RuleCounts {
	n := RuleCounts{Adds: len(c.add)}
	for _, change := range c.change {
		switch change.Effect {
		case reminder.Adds:
			n.Adds++
		case reminder.Moves:
			n.Moves++
		case reminder.Cancels:
			n.Cancels++
		}
	}
	return n
}

// follow looks at reminders that rules have made, given what is wanted by origin.
func (c *ruleChanges) follow(clinic *store.Clinic, made []madeReminder, wanted map[string]reminder.Wanted, now time.Time) {
	places := places(clinic)
	for _, m := range made {
		var want *reminder.Wanted
		if w, known := wanted[m.Origin]; known {
			want = &w
		}
		change, changes := reminder.Follow(m.Made, want, places, now)
		if !changes && change.Effect == reminder.None {
			continue
		}
		c.change = append(c.change, change)
		if c.was == nil {
			c.was = map[string]reminder.Made{}
		}
		c.was[m.ID] = m.Made
	}
}

// write stores the changes and answers whose reminders are to be planned anew, in a fixed order. Raw statements are used: a rule may concern
// thousands of patients, and what hangs on a reminder is its planning. They raise the revision as every write must.
func (c *ruleChanges) write(app core.App, now time.Time) (clients []string, err error) {
	for _, w := range c.add {
		if err := makeReminder(app, w, now); err != nil {
			return nil, err
		}
		clients = append(clients, w.Client)
	}
	for _, change := range c.change {
		was := c.was[change.ID]
		if was.Client != change.Client {
			if err := passOn(app, &change, was.Client, now); err != nil {
				return nil, err
			}
		}
		if err := rewriteReminder(app, was, change, now); err != nil {
			return nil, err
		}
		clients = append(clients, change.Client, was.Client)
	}
	slices.Sort(clients)
	return slices.Compact(clients), nil
}

func makeReminder(app core.App, w reminder.Wanted, now time.Time) error {
	gives := w.Gives()
	values, err := givenColumns(gives, gives)
	if err != nil {
		return err
	}
	values["id"], values["origin"], values["rule"], values["booking"] = core.GenerateDefaultRandomId(), w.Origin, w.Rule.ID, w.Booking
	values["client"], values["patients"], values["state"] = w.Client, record.IDList([]string{w.Patient}), string(reminder.Scheduled)
	values["made_at"], values["created"], values["updated"], values["revision"] = record.Instant(now), record.Instant(now), record.Instant(now), 1
	if _, err := app.NonconcurrentDB().Insert(store.Reminders, values).Execute(); err != nil {
		return fmt.Errorf("make the reminder %s: %w", w.Origin, err)
	}
	return nil
}

func rewriteReminder(app core.App, was reminder.Made, change reminder.Change, now time.Time) error {
	values, err := givenColumns(change.Is, change.Given)
	if err != nil {
		return err
	}
	values["unwanted"], values["client"] = change.Unwanted, change.Client
	if change.Patient != "" && (change.Patient != was.Patient || change.Client != was.Client) {
		values["patients"] = record.IDList([]string{change.Patient})
	}
	if change.Client != was.Client {
		// Typed for the former owner, these would bring what is the new one's to the wrong door.
		values["to_email"], values["to_phone"] = "", ""
	}
	values["updated"], values["revision"] = record.Instant(now), dbx.NewExp("[[revision]] + 1")
	if _, err := app.NonconcurrentDB().Update(store.Reminders, values, dbx.HashExp{"id": change.ID}).Execute(); err != nil {
		return fmt.Errorf("follow the reminder %s: %w", change.Origin, err)
	}
	return nil
}

// passOn gives what a reminder has in the queue to the new owner of its pet, without what was written by hand for the former one. What was hurried and has left already cannot be said once more: then
// the reminder stays with who heard of it, and ends there.
func passOn(app core.App, change *reminder.Change, from string, now time.Time) error {
	// All its messages have keys that begin with its own.
	of := dbx.NewExp("key > {:first} AND key < {:end} AND key != ''", dbx.Params{"first": "reminder:" + change.ID + ":", "end": "reminder:" + change.ID + ";"})
	hurried, err := record.Exists(app.DB(), store.Messages, of, dbx.NewExp("own_time AND (attempts > 0 OR state NOT IN ('queued', 'cancelled', 'skipped'))"))
	if err != nil {
		return err
	}
	if hurried {
		change.Client, change.Unwanted = from, true
		return nil
	}
	values := dbx.Params{
		"client": change.Client, "own_address": false, "edited": false, "updated": record.Instant(now), "revision": dbx.NewExp("[[revision]] + 1"),
	}
	_, err = app.NonconcurrentDB().Update(store.Messages, values,
		dbx.And(of, dbx.NewExp("attempts = 0 AND state IN ('queued', 'cancelled', 'skipped')"))).Execute()
	if err != nil {
		return fmt.Errorf("pass on the messages of the reminder %s: %w", change.Origin, err)
	}
	return nil
}

func givenColumns(is, given reminder.Given) (dbx.Params, error) {
	b, err := json.Marshal(given)
	if err != nil {
		return nil, fmt.Errorf("encode what a rule gives: %w", err)
	}
	return dbx.Params{
		"due_on": is.DueOn, "methods": record.IDList(is.Methods), "template": is.Template, "reminder_group": is.Group, "location": is.Location, "given": string(b),
	}, nil
}

// FollowRules brings the reminders that rules make of patients, and of single visits, in line with the records as they are now.
// It is to be called in the transaction that changed a visit or a patient. It answers whose reminders changed: the caller plans those clients
// anew with [Plan].
func FollowRules(app core.App, clinic *store.Clinic, patients, visits []string, now time.Time) (clients []string, err error) {
	if len(clinic.Rules) == 0 {
		return nil, nil
	}
	patients = slices.DeleteFunc(slices.Clone(patients), func(id string) bool { return id == "" })
	known, err := histories(app.DB(), clinic, patients, calendar.Date{})
	if err != nil {
		return nil, err
	}
	wanted := map[string]reminder.Wanted{}
	for _, rule := range clinic.Rules {
		for _, h := range known {
			for _, w := range reminder.Wants(rule, clinic.Rules, h, places(clinic), now) {
				wanted[w.Origin] = w
			}
		}
	}
	made, err := madeOf(app.DB(), clinic.Rules, patients, visits)
	if err != nil {
		return nil, err
	}
	changes := ruleChanges{}
	changes.follow(clinic, made, wanted, now)
	for _, m := range made {
		delete(wanted, m.Origin)
	}
	changes.adds(wanted)
	return changes.write(app, now)
}

// FollowRulesOf does what [FollowRules] does for every patient of some clients.
func FollowRulesOf(app core.App, clinic *store.Clinic, clients []string, now time.Time) ([]string, error) {
	set, err := record.IDSet(append([]string{}, clients...))
	if err != nil {
		return nil, err
	}
	var patients []string
	err = app.DB().NewQuery(`SELECT p.id FROM json_each({:ids}) j CROSS JOIN patients p ON p.client = j.value`).Bind(dbx.Params{"ids": set}).Column(&patients)
	if err != nil {
		return nil, fmt.Errorf("find the patients of clients: %w", err)
	}
	return FollowRules(app, clinic, patients, nil, now)
}

// adds takes what is new of what is wanted, in a fixed order.
func (c *ruleChanges) adds(wanted map[string]reminder.Wanted) {
	for _, w := range wanted {
		if w.New {
			c.add = append(c.add, w)
		}
	}
	slices.SortFunc(c.add, func(a, b reminder.Wanted) int {
		if a.Origin < b.Origin {
			return -1
		}
		return 1
	})
}

// madeOf reads what rules have made of patients and of visits.
func madeOf(db dbx.Builder, rules []reminder.Rule, patients, visits []string) ([]madeReminder, error) {
	var origins []string
	for _, r := range rules {
		// A visit that was deleted is known by the origin alone.
		for _, occasion := range slices.Concat(patients, visits) {
			origins = append(origins, reminder.OriginOf(r.ID, occasion))
		}
	}
	ids := dbx.Params{}
	for name, list := range map[string][]string{"patients": patients, "visits": visits, "origins": origins} {
		set, err := record.IDSet(append([]string{}, list...))
		if err != nil {
			return nil, err
		}
		ids[name] = set
	}
	return readMade(db.NewQuery(madeColumns + `WHERE r.id IN (
		SELECT m.id FROM json_each({:patients}) j CROSS JOIN bookings v ON v.patient = j.value CROSS JOIN reminders m ON m.booking = v.id WHERE m.origin != ''
		UNION SELECT m.id FROM json_each({:visits}) j CROSS JOIN reminders m ON m.booking = j.value WHERE m.origin != ''
		UNION SELECT m.id FROM json_each({:origins}) j CROSS JOIN reminders m ON m.origin = j.value AND m.origin != '')
		ORDER BY r.id`).Bind(ids))
}

// RulesOfVisit answers which patients, and which visit, rules have to look at because of a change: the visit is completed or was, and something
// that its reminders go by is no longer what it was. was is nil for a new visit, is for one that is deleted.
func RulesOfVisit(was, is *core.Record) (patients, visits []string) {
	goesBy := []string{"status", "reason", "location", "client", "patient", "starts_at"}
	completed := func(r *core.Record) bool { return r != nil && record.Text(r, "status") == "completed" }
	if !completed(was) && !completed(is) || was != nil && is != nil && !record.Differ(was, is, goesBy) {
		return nil, nil
	}
	for _, r := range []*core.Record{was, is} {
		if r == nil {
			continue
		}
		visits = []string{r.Id}
		if p := record.Text(r, "patient"); p != "" && !slices.Contains(patients, p) {
			patients = append(patients, p)
		}
	}
	return patients, visits
}

// RulesOfClient answers whether rules have to look at a client's patients because of a change: reminders of an age come from the client's place.
func RulesOfClient(was, is *core.Record) bool {
	return record.Differ(was, is, []string{"location", "merge_into"})
}

// RulesOfPatient answers whether rules have to look at a patient because of a change; was is nil for a new one.
func RulesOfPatient(was, is *core.Record) bool {
	if was == nil {
		return record.Text(is, "born_on") != ""
	}
	return record.Differ(was, is, []string{"client", "species", "born_on", "deceased_on", "inactive"})
}
