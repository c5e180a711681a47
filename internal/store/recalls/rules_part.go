package recalls

import (
	"database/sql"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/calendar"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// look answers what the part changes, as things stand for app. Whole: what the rule has made for the same clients counts as part of it. Planning
// one reminder of a client plans them all, and what it says of the others would hide what became of them.
func (p RulePart) look(app core.App, clinic *store.Clinic, whole bool, now time.Time) (ruleChanges, error) {
	changes := ruleChanges{}
	rule := clinic.Rule(p.rule)
	var made []madeReminder
	patients := slices.Clone(p.patients)
	if len(p.made) > 0 {
		ids, err := record.IDSet(p.made)
		if err != nil {
			return changes, err
		}
		which := `WHERE r.id IN (SELECT value FROM json_each({:ids}))`
		if whole {
			which = `WHERE r.client IN (SELECT m.client FROM json_each({:ids}) j CROSS JOIN reminders m ON m.id = j.value) AND r.origin > {:first} AND r.origin < {:end}`
		}
		first, end := originRange(p.rule)
		made, err = readMade(app.DB().NewQuery(madeColumns + which + ` ORDER BY r.id`).Bind(dbx.Params{"ids": ids, "first": first, "end": end}))
		if err != nil {
			return changes, err
		}
		for _, m := range made {
			patients = append(patients, m.patient)
		}
		slices.Sort(patients)
		patients = slices.Compact(patients)
	}
	// What the rule lacks comes of visits that are not long past, and only later ones renew them. What it has made may come of any.
	since := calendar.Date{}
	if len(p.made) == 0 {
		since = rule.BasisFrom(calendar.On(now, time.UTC))
	}
	known, err := histories(app.DB(), clinic, patients, since)
	if err != nil {
		return changes, err
	}
	wanted := map[string]reminder.Wanted{}
	for _, h := range known {
		for _, w := range reminder.Wants(rule, clinic.Rules, h, places(clinic), now) {
			wanted[w.Origin] = w
		}
	}
	changes.follow(clinic, made, wanted, now)
	missing, err := p.missing(app, wanted)
	changes.adds(missing)
	return changes, err
}

// missing are those of what is wanted that the part is about and that are still not made.
func (p RulePart) missing(app core.App, wanted map[string]reminder.Wanted) (map[string]reminder.Wanted, error) {
	missing := map[string]reminder.Wanted{}
	origins := make([]string, 0, len(p.occasions))
	for _, occasion := range p.occasions {
		origin := reminder.OriginOf(p.rule, occasion)
		if w, is := wanted[origin]; is {
			missing[origin] = w
			origins = append(origins, origin)
		}
	}
	set, err := record.IDSet(origins)
	if err != nil {
		return nil, err
	}
	var made []string
	err = app.DB().NewQuery(`SELECT r.origin FROM json_each({:origins}) j CROSS JOIN reminders r ON r.origin = j.value AND r.origin != ''`).
		Bind(dbx.Params{"origins": set}).Column(&made)
	if err != nil {
		return nil, fmt.Errorf("look for what is made already: %w", err)
	}
	for _, origin := range made {
		delete(missing, origin)
	}
	return missing, nil
}

// Follow brings the part in line with the rule as it is now, with the messages of everybody whom it concerns, in the transaction that app is, and
// answers what it did. Failed are owners whose reminders could not be planned: they are tried again later, and keep nobody else waiting.
// ErrRuleChanged says that the clinic given is older than the rule: whoever follows it reads the clinic anew.
func (p RulePart) Follow(app core.App, clinic *store.Clinic, now time.Time) (counts RuleCounts, failed []error, err error) {
	if err := ruleStands(app, clinic, p.rule); err != nil {
		return counts, nil, err
	}
	changes, err := p.look(app, clinic, true, now)
	if err != nil {
		return counts, nil, err
	}
	clients, err := changes.write(app, now)
	if err != nil {
		return counts, nil, err
	}
	// What a rule says to its reminders, such as its steps, is read when they are planned: they are planned even where nothing else changes.
	whose, err := clientsOf(app.DB(), p.made)
	if err != nil {
		return counts, nil, err
	}
	clients = slices.Concat(clients, whose, p.clients)
	slices.Sort(clients)
	clients = slices.Compact(clients)
	err = record.Savepoint(app, func() error { return PlanMany(app, clinic, clients, now) })
	if errors.Is(err, record.ErrSavepoint) {
		return counts, nil, err
	}
	if err != nil {
		// One of them is in the way: each for itself.
		failed, err = planEach(app, clinic, clients, now)
	}
	return changes.counts(), failed, err
}

// planEach plans clients one by one. Those that cannot be planned have another turn later.
func planEach(app core.App, clinic *store.Clinic, clients []string, now time.Time) (failed []error, err error) {
	for _, client := range clients {
		err := record.Savepoint(app, func() error { return Plan(app, clinic, client, now) })
		if errors.Is(err, record.ErrSavepoint) {
			return failed, err
		}
		if err != nil {
			failed = append(failed, err)
			if err := planLater(app, client, now.Add(tryAgain)); err != nil {
				return failed, err
			}
		}
	}
	return failed, nil
}

// ErrRuleChanged says that a rule was changed after it was read.
var ErrRuleChanged = errors.New("the rule was changed meanwhile")

// ruleStands makes sure that a rule is still what the clinic says it is.
func ruleStands(app core.App, clinic *store.Clinic, id string) error {
	now := reminder.Rule{ID: id, Inactive: true}
	r, err := app.FindRecordById(store.ReminderRules, id)
	if err == nil {
		now, err = store.RuleOf(r, clinic.Reasons)
	}
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return fmt.Errorf("read the rule: %w", err)
	}
	if !reflect.DeepEqual(now, clinic.Rule(id)) {
		return ErrRuleChanged
	}
	return nil
}

// tryAgain is when an owner has another turn whose reminders could not be planned.
const tryAgain = time.Hour

// planLater has a client's open reminders planned at a later moment.
func planLater(app core.App, client string, at time.Time) error {
	_, err := app.NonconcurrentDB().Update(store.Reminders, dbx.Params{"look_at": record.Instant(at)},
		dbx.NewExp("client = {:client} AND state IN ('scheduled', 'held')", dbx.Params{"client": client})).Execute()
	if err != nil {
		return fmt.Errorf("put off the reminders of a client: %w", err)
	}
	return nil
}

// clientsOf are whose the reminders are that something may still come of.
func clientsOf(db dbx.Builder, reminders []string) (clients []string, err error) {
	ids, err := record.IDSet(append([]string{}, reminders...))
	if err != nil {
		return nil, err
	}
	err = db.NewQuery(`SELECT DISTINCT client FROM reminders WHERE id IN (SELECT value FROM json_each({:ids})) AND reason != {:by_person}`).
		Bind(dbx.Params{"ids": ids, "by_person": reminder.ByPerson}).Column(&clients)
	if err != nil {
		return nil, fmt.Errorf("find the owners of reminders: %w", err)
	}
	return clients, nil
}

// PreviewRule answers what saving a rule as it stands in the record would do to the reminders; nothing is changed. It counts with the very code
// that follows a rule, and takes no lock.
func PreviewRule(app core.App, r *core.Record, now time.Time) (RuleCounts, error) {
	clinic, err := store.LoadClinic(app)
	if err != nil {
		return RuleCounts{}, err
	}
	rule, err := store.RuleOf(r, clinic.Reasons)
	if err != nil {
		return RuleCounts{}, err
	}
	clinic.Rules = append(slices.DeleteFunc(clinic.Rules, func(other reminder.Rule) bool { return other.ID == rule.ID }), rule)
	var counts RuleCounts
	for at := (RuleWalk{}); !at.Over(); {
		part, err := NextOfRule(app, clinic, rule, nil, at, previewedAtOnce, now)
		if err != nil {
			return counts, err
		}
		changes, err := part.look(app, clinic, false, now)
		if err != nil {
			return counts, err
		}
		counts.Add(changes.counts())
		at = part.Next
	}
	return counts, nil
}

// previewedAtOnce is how many things are looked at by one reading where nothing is written.
const previewedAtOnce = 2000

// FollowOrCount does what [RulePart.Follow] does, or where that is only tried counts what it would do.
func (p RulePart) FollowOrCount(tx core.App, clinic *store.Clinic, dry bool, now time.Time) (RuleCounts, []error, error) {
	if !dry {
		return p.Follow(tx, clinic, now)
	}
	changes, err := p.look(tx, clinic, false, now)
	return changes.counts(), nil, err
}

// Told says what was done, or would be, to the person who reads the run or asked for a preview.
func (c RuleCounts) Told(dry bool) string {
	if dry {
		return c.Words()
	}
	return fmt.Sprintf("%s added, %d moved, %d cancelled.", reminders(c.Adds), c.Moves, c.Cancels)
}

// Words say what saving a rule would do.
func (c RuleCounts) Words() string {
	return fmt.Sprintf("This adds %s, moves %d and cancels %d.", reminders(c.Adds), c.Moves, c.Cancels)
}

func reminders(n int) string {
	if n == 1 {
		return "1 reminder"
	}
	return fmt.Sprintf("%d reminders", n)
}

// ReleaseRule takes a rule out of its reminders before it is deleted, in the same transaction: PocketBase would do so too, by saving them one by
// one. That they came of a rule is still known by their origin.
func ReleaseRule(tx core.App, rule string, now time.Time) error {
	_, err := tx.NonconcurrentDB().Update(store.Reminders, dbx.Params{"rule": "", "updated": record.Instant(now), "revision": dbx.NewExp("[[revision]] + 1")},
		dbx.HashExp{"rule": rule}).Execute()
	if err != nil {
		return fmt.Errorf("release the reminders of a rule: %w", err)
	}
	return nil
}
