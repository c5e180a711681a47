package runs

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/recalls"
	"pawbell/internal/store/record"
)

// syncRecall is a client whose reminders are not in line, and how many of those just read are theirs.
type syncRecall struct {
	client    string
	reminders int
}

// reminders prepares the next open reminders and answers how many there were. All reminders of a client are planned together, for they are
// joined and held back by each other, so each client is looked at once.
func (s *Synced) reminders(app core.App, run *Run, limit int, now time.Time) (int, error) {
	what, id := run.Part()
	var rows []struct {
		ID     string `db:"id"`
		Client string `db:"client"`
		At     string `db:"next_send_at"`
	}
	err := app.DB().NewQuery(`SELECT r.id, r.client, r.next_send_at FROM reminders r
		WHERE r.state = {:state} AND r.next_send_at >= {:at} AND (r.next_send_at > {:at} OR r.id > {:after}) AND ` + remindersIn[what] + `
		ORDER BY r.next_send_at, r.id LIMIT {:limit}`).
		Bind(dbx.Params{"state": s.place.Part, "at": s.place.At, "after": s.place.ID, "id": id, "limit": limit}).All(&rows)
	if err != nil {
		return 0, fmt.Errorf("read open reminders: %w", err)
	}
	var clients []syncRecall
	for _, row := range rows {
		if i := slices.IndexFunc(clients, func(c syncRecall) bool { return c.client == row.Client }); i >= 0 {
			clients[i].reminders++
			continue
		}
		clients = append(clients, syncRecall{row.Client, 1})
	}
	s.compareRecalls(app, clients, now)
	if len(rows) > 0 {
		last := rows[len(rows)-1]
		s.place.At, s.place.ID = last.At, last.ID
	}
	return len(rows), nil
}

// compareRecalls finds the clients whose reminders are not in line; one that cannot be planned is counted as failed.
func (s *Synced) compareRecalls(app core.App, clients []syncRecall, now time.Time) {
	facts, records, err := recalls.ManyFacts(app, s.clinic, remindedOf(clients), now)
	for i, c := range clients {
		inLine, alone := false, err
		if err != nil {
			// One of them is in the way: each for itself.
			inLine, alone = recallsInLine(app, s.clinic, c.client, now)
		} else {
			w := recalls.Work{Records: records[i]}
			w.WorkOut(facts[i])
			inLine, alone = w.InLine()
		}
		switch {
		case alone != nil:
			s.failed = append(s.failed, alone)
		case !inLine:
			s.recall = append(s.recall, c)
		}
	}
}

// recallsInLine reports whether planning a client's reminders would change nothing. It needs no transaction.
func recallsInLine(app core.App, clinic *store.Clinic, client string, now time.Time) (bool, error) {
	w, err := recalls.WorkOutOf(app, clinic, client, now)
	if err != nil {
		return false, err
	}
	return w.InLine()
}

func remindedOf(recalls []syncRecall) []string {
	ids := make([]string, len(recalls))
	for i, c := range recalls {
		ids[i] = c.client
	}
	return ids
}

// writeRecalls plans the clients whose reminders are not in line, from what they are now.
func (s *Synced) writeRecalls(tx core.App, now time.Time) error {
	if len(s.recall) == 0 {
		return nil
	}
	together := func() error { return recalls.PlanMany(tx, s.clinic, remindedOf(s.recall), now) }
	if err := record.Savepoint(tx, together); err == nil || errors.Is(err, record.ErrSavepoint) {
		return err
	}
	for _, c := range s.recall {
		plan := func() error { return recalls.Plan(tx, s.clinic, c.client, now) }
		if err := s.alone(tx, "client "+c.client, plan); err != nil {
			return err
		}
	}
	return nil
}
