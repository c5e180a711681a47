package recalls

import (
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

// RuleWalk is how far somebody has gone over everything that a change of a rule concerns: first what the rule has made, then what it lacks, then
// the reminders of others about the same groups. The zero RuleWalk is the beginning.
type RuleWalk struct {
	Phase  int    `json:"phase"`
	Reason int    `json:"reason,omitempty"` // which of the rule's reasons
	After  string `json:"after,omitempty"`  // what was the last one looked at
	Row    int64  `json:"row,omitempty"`    // its row, where several share that
}

// WhatRulesLack is the beginning of a walk over what a rule lacks alone.
func WhatRulesLack() RuleWalk { return RuleWalk{Phase: walkMissing} }

// The phases of a walk.
const (
	walkMade = iota
	walkMissing
	walkNeighbours
	walkEnd
)

// Over reports whether the walk has come to its end.
func (w RuleWalk) Over() bool { return w.Phase >= walkEnd }

// RulePart is the next part of a walk: what is to be looked at, by id alone. What it finds holds for no longer than the moment, so
// [RulePart.Follow] reads everything again.
type RulePart struct {
	// Next is where the walk goes on after this part.
	Next RuleWalk

	rule      string
	made      []string // reminders that it has made
	patients  []string // patients for whom one may be missing
	occasions []string // the visits or birthdays that may lack one
	clients   []string // whose reminders other rules' visits hold back or close
}

// Size is how many things are in the part.
func (p RulePart) Size() int { return len(p.made) + len(p.occasions) + len(p.clients) }

// NextOfRule reads the next part of a walk, of at most so many things; it takes no lock. Rule is the rule as it is or would be, in the clinic too;
// one that is gone is the zero Rule with its id, switched off. Groups are those whose reminders other visits may hold back or close now.
func NextOfRule(app core.App, clinic *store.Clinic, rule reminder.Rule, groups []string, at RuleWalk, limit int, now time.Time) (RulePart, error) {
	for rows := limit; ; rows = min(2*rows, passed) {
		part, err := RulePart{}, error(nil)
		switch at.Phase {
		case walkMade:
			part, err = madePart(app.DB(), rule, at, limit, now)
		case walkMissing:
			part, err = missingPart(app.DB(), rule, at, limit, rows, now)
		case walkNeighbours:
			part, err = neighbourPart(app.DB(), groups, at, limit, now)
		}
		if err != nil {
			return part, err
		}
		part.rule = rule.ID
		if part.Size() > 0 || part.Next.Over() {
			return part, nil
		}
		at = part.Next
	}
}

func madePart(db dbx.Builder, rule reminder.Rule, at RuleWalk, limit int, now time.Time) (RulePart, error) {
	var rows []struct {
		ID     string `db:"id"`
		Origin string `db:"origin"`
	}
	after, end := originRange(rule.ID)
	if at.After != "" {
		after = at.After
	}
	err := db.NewQuery(`SELECT r.id, r.origin ` + madeByRule + ` ORDER BY r.origin LIMIT {:limit}`).
		Bind(dbx.Params{"after": after, "end": end, "since": sinceDue(rule, now), "basis": rule.BasisFrom(calendar.On(now, time.UTC)).String(), "limit": limit}).All(&rows)
	if err != nil {
		return RulePart{}, fmt.Errorf("find what a rule has made: %w", err)
	}
	part := RulePart{Next: RuleWalk{Phase: walkMissing}}
	for _, r := range rows {
		part.made = append(part.made, r.ID)
	}
	if len(rows) == limit {
		part.Next = RuleWalk{Phase: walkMade, After: rows[limit-1].Origin}
	}
	return part, nil
}

// madeByRule finds what a rule has made. What ended long ago is left out: nothing of it would be ahead, whatever the rule says now.
const madeByRule = `FROM reminders r WHERE r.origin != '' AND r.origin > {:after} AND r.origin < {:end} AND (
	r.state IN ('scheduled', 'held') OR r.due_on >= {:since} OR r.state IN ('stale', 'cancelled') AND ifnull(
		(SELECT b.starts_at FROM bookings b WHERE b.id = r.booking), ifnull((SELECT p.born_on FROM patients p WHERE p.id = substr(r.origin, -15)), '')) >= {:basis})`

// visitLacks and patientLacks hold where a rule has made nothing of a visit or of a patient's age, and might.
const (
	visitLacks   = `+status = 'completed' AND patient != '' AND NOT EXISTS (SELECT 1 FROM reminders r WHERE r.origin = {:origins} || bookings.id AND r.origin != '')`
	patientLacks = `deceased_on = '' AND NOT inactive AND NOT EXISTS (SELECT 1 FROM reminders r WHERE r.origin = {:origins} || patients.id AND r.origin != '')`
)

// originRange encloses the origins of all that a rule has made: they begin with the same signs, the last of which is a colon, and lie below the
// same with that raised by one.
func originRange(rule string) (after, end string) {
	after = reminder.OriginsOf(rule)
	return after, after[:len(after)-1] + ";"
}

// missingPart finds occasions for which the rule would make a reminder and has made none.
func missingPart(db dbx.Builder, rule reminder.Rule, at RuleWalk, limit, passes int, now time.Time) (RulePart, error) {
	switch {
	case rule.Inactive:
		return RulePart{Next: RuleWalk{Phase: walkNeighbours}}, nil
	case rule.Trigger == reminder.AgeReached:
		return missingOfAge(db, rule, at, limit, passes, now)
	case at.Reason >= len(rule.Reasons):
		return RulePart{Next: RuleWalk{Phase: walkNeighbours}}, nil
	}
	from := at.After
	if from == "" {
		from = record.Instant(rule.BasisFrom(calendar.On(now, time.UTC)).Start(time.UTC))
	}
	// All visits with the reason are passed, whether they lack their reminder or not, so that a reading ends even where hardly any does.
	rows, err := walkRows(db.NewQuery(`SELECT id, patient, starts_at at, rowid row, ` + visitLacks + ` lacks
		FROM bookings WHERE reason = {:reason} AND (starts_at, rowid) > ({:after}, {:row}) ORDER BY starts_at, rowid LIMIT {:limit}`).
		Bind(dbx.Params{"origins": reminder.OriginsOf(rule.ID), "reason": rule.Reasons[at.Reason], "after": from, "row": at.Row, "limit": passes}))
	if err != nil {
		return RulePart{}, fmt.Errorf("find visits without their reminder: %w", err)
	}
	part := takeMissing(rows, limit, passes, RuleWalk{Phase: walkMissing, Reason: at.Reason})
	if part.Next == (RuleWalk{}) {
		part.Next = RuleWalk{Phase: walkMissing, Reason: at.Reason + 1}
	}
	return part, nil
}

// passed is how many rows one reading of a walk passes at most: where hardly any lacks something, ever more are passed at once.
const passed = 5000

func missingOfAge(db dbx.Builder, rule reminder.Rule, at RuleWalk, limit, passes int, now time.Time) (RulePart, error) {
	today := calendar.On(now, time.UTC)
	from := at.After
	if from == "" {
		from = rule.BasisFrom(today).Add(-1).String()
	}
	rows, err := walkRows(db.NewQuery(`SELECT id, id patient, born_on at, rowid row, ` + patientLacks + ` lacks
		FROM patients WHERE born_on != '' AND (born_on, rowid) > ({:after}, {:row}) AND born_on <= {:last} ORDER BY born_on, rowid LIMIT {:limit}`).
		Bind(dbx.Params{"origins": reminder.OriginsOf(rule.ID), "after": from, "row": at.Row, "last": rule.BornUntil(today).String(), "limit": passes}))
	if err != nil {
		return RulePart{}, fmt.Errorf("find patients without their reminder: %w", err)
	}
	part := takeMissing(rows, limit, passes, RuleWalk{Phase: walkMissing})
	if part.Next == (RuleWalk{}) {
		part.Next = RuleWalk{Phase: walkNeighbours}
	}
	return part, nil
}

type walkRow struct {
	ID      string `db:"id"`
	Patient string `db:"patient"`
	At      string `db:"at"`
	Row     int64  `db:"row"`
	Lacks   bool   `db:"lacks"`
}

func walkRows(query *dbx.Query) ([]walkRow, error) {
	var rows []walkRow
	return rows, query.All(&rows)
}

// takeMissing takes what lacks something, up to the limit, and says where to go on; where there is nothing left, Next stays zero.
func takeMissing(rows []walkRow, limit, passes int, next RuleWalk) RulePart {
	var part RulePart
	for i, r := range rows {
		if r.Lacks {
			part.occasions = append(part.occasions, r.ID)
			part.patients = append(part.patients, r.Patient)
		}
		if len(part.occasions) == limit || i == passes-1 {
			next.After, next.Row = r.At, r.Row
			part.Next = next
			break
		}
	}
	slices.Sort(part.patients)
	part.patients = slices.Compact(part.patients)
	return part
}

// recent is for how many days after its due date a reminder that a newer service closed may open again.
const recent = 60

func neighbourPart(db dbx.Builder, groups []string, at RuleWalk, limit int, now time.Time) (RulePart, error) {
	part := RulePart{Next: RuleWalk{Phase: walkEnd}}
	if len(groups) == 0 {
		return part, nil
	}
	err := db.Select("client").Distinct(true).From(store.Reminders).Where(ofGroups(groups, at.After, now)).OrderBy("client").Limit(int64(limit)).Column(&part.clients)
	if err != nil {
		return part, fmt.Errorf("find reminders of the same group: %w", err)
	}
	if len(part.clients) == limit {
		part.Next = RuleWalk{Phase: walkNeighbours, After: part.clients[limit-1]}
	}
	return part, nil
}

// ofGroups are the reminders of groups that other visits may hold back, close or open again, of clients after one.
func ofGroups(groups []string, after string, now time.Time) dbx.Expression {
	return dbx.And(record.In("reminder_group", groups), dbx.NewExp("client > {:after} AND (+state IN ('scheduled', 'held') OR +state = 'done' AND +due_on >= {:recent})",
		dbx.Params{"after": after, "recent": calendar.On(now, time.UTC).Add(-recent).String()}))
}

// SizeOfWalk counts what a walk goes over, as things stand at its beginning.
func SizeOfWalk(db dbx.Builder, rule reminder.Rule, groups []string, now time.Time) (int, error) {
	today := calendar.On(now, time.UTC)
	first, end := originRange(rule.ID)
	params := dbx.Params{
		"after": first, "end": end, "since": sinceDue(rule, now), "basis": rule.BasisFrom(today).String(),
		"origins": reminder.OriginsOf(rule.ID), "last": rule.BornUntil(today).String(), "from": record.Instant(rule.BasisFrom(today).Start(time.UTC)),
	}
	counts := []string{`SELECT count(*) ` + madeByRule}
	switch {
	case rule.Inactive:
	case rule.Trigger == reminder.AgeReached:
		counts = append(counts, `SELECT count(*) FROM patients WHERE born_on != '' AND born_on >= {:basis} AND born_on <= {:last} AND `+patientLacks)
	default:
		reasons, err := record.IDSet(append([]string{}, rule.Reasons...))
		if err != nil {
			return 0, err
		}
		params["reasons"] = reasons
		counts = append(counts, `SELECT count(*) FROM json_each({:reasons}) j CROSS JOIN bookings ON bookings.reason = j.value WHERE starts_at > {:from} AND `+visitLacks)
	}
	total := 0
	for _, count := range counts {
		var n int
		if err := db.NewQuery(count).Bind(params).Row(&n); err != nil {
			return 0, fmt.Errorf("count what a rule concerns: %w", err)
		}
		total += n
	}
	if len(groups) > 0 {
		var n int
		if err := db.Select("count(DISTINCT client)").From(store.Reminders).Where(ofGroups(groups, "", now)).Row(&n); err != nil {
			return 0, fmt.Errorf("count reminders of the same group: %w", err)
		}
		total += n
	}
	return total, nil
}

// sinceDue is the due date from on which a message of the rule may still be ahead, generously.
func sinceDue(rule reminder.Rule, now time.Time) string {
	days := rule.Days()
	return calendar.On(now, time.UTC).Add(-days[len(days)-1] - recent).String()
}
