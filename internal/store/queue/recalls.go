package queue

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// lookAtRecallsOf has the reminders of messages planned anew soon, since something became of them. Whoever moves many messages at once calls it
// instead of planning each client on the spot; [recalls.Due] then finds them.
func lookAtRecallsOf(app core.App, messages []string, now time.Time) error {
	if len(messages) == 0 {
		return nil
	}
	set, err := record.IDSet(messages)
	if err != nil {
		return err
	}
	return lookAtRecalls(app.NonconcurrentDB(), set, now)
}

// lookAtRecalls is the same for ids that are written as [record.IDSet] writes them; messages that carry no reminders are passed over.
func lookAtRecalls(db dbx.Builder, messages string, now time.Time) error {
	_, err := db.NewQuery(`UPDATE reminders SET look_at = {:now} WHERE id IN (
			SELECT j.value FROM messages m, json_each(m.reminders) j WHERE m.id IN (SELECT value FROM json_each({:ids})) AND +m.purpose = 'reminder')
		AND (look_at = '' OR look_at > {:now})`).Bind(dbx.Params{"now": record.Instant(now), "ids": messages}).Execute()
	if err != nil {
		return fmt.Errorf("have reminders looked at: %w", err)
	}
	return nil
}

// dueOf is the due date that a recall is about, which its text names: of a repetition its own, told by the key of the message or of the one that it
// repeats.
func dueOf(stored string) (string, error) {
	var of struct {
		DueOn string  `json:"due_on"`
		Every float64 `json:"every"`
		Unit  string  `json:"unit"`
		Key   string  `json:"key"`
	}
	if err := json.Unmarshal([]byte(stored), &of); err != nil {
		return "", fmt.Errorf("read the due date of a recall: %w", err)
	}
	first, err := calendar.ParseDate(of.DueOn)
	parts := strings.Split(of.Key, ":")
	if err != nil || len(parts) < 3 || parts[0] != string(outbox.Reminder) {
		return of.DueOn, nil
	}
	n, err := strconv.Atoi(parts[2])
	if err != nil {
		return of.DueOn, nil
	}
	return reminder.Series{DueOn: first, Every: reminder.Span{Number: int(of.Every), Unit: store.RepeatUnit(of.Unit)}}.Due(max(1, n)).String(), nil
}
