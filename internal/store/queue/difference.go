package queue

import (
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
)

// Difference is what brings the rows of one subject in line with its plan.
type Difference struct {
	rows     map[string]outbox.Row // by id, of those that are updated
	insert   []outbox.Planned
	update   []outbox.Update
	Withdraw []outbox.Withdrawal
}

// Diff finds what brings rows in line with what is wanted. Those that are not wanted any more are withdrawn for the reason given.
func Diff(have []outbox.Row, want []outbox.Planned, withdrawn outbox.Reason) Difference {
	var d Difference
	d.insert, d.update, d.Withdraw = outbox.Diff(have, want, withdrawn)
	if len(d.update) > 0 {
		d.rows = make(map[string]outbox.Row, len(have))
		for _, row := range have {
			d.rows[row.ID] = row
		}
	}
	return d
}

// None reports whether the rows are in line already.
func (d *Difference) None() bool { return len(d.insert)+len(d.update)+len(d.Withdraw) == 0 }

// How rows are rewritten: as a whole, or in what their plan may have changed, which is all where their subject itself stayed as it was.
const (
	WholeRows   = false
	ChangedOnly = true
)

// Write brings the rows of some subjects in line, in the transaction that app is. With [ChangedOnly] new words and new times are written without the
// rest of their row.
func Write(app core.App, differences []Difference, changed bool, now time.Time) error {
	db := app.NonconcurrentDB()
	var insert []outbox.Planned
	var reworded, retimed []outbox.Update
	var unwanted []outbox.Withdrawal
	for _, d := range differences {
		insert = append(insert, d.insert...)
		unwanted = append(unwanted, d.Withdraw...)
		for _, u := range d.update {
			text, times := u.Simple(d.rows[u.ID])
			text, times = text && changed, times && changed
			if text {
				reworded = append(reworded, u)
			}
			if times {
				retimed = append(retimed, u)
			}
			if text || times {
				continue
			}
			if err := rewriteWhole(db, u, now); err != nil {
				return err
			}
		}
	}
	if err := Add(app, insert, now); err != nil {
		return err
	}
	if err := rewriteSome(db, reworded, []string{"subject", "text", "locale", "template", "encoding", "parts", "over_limit"}, "", now); err != nil {
		return fmt.Errorf("reword messages: %w", err)
	}
	const retried = `next_try_at = CASE WHEN send_at = {:send_at} THEN next_try_at ELSE '' END, own_time = FALSE, `
	if err := rewriteSome(db, retimed, []string{"planned_at", "send_at", "expires_at"}, retried, now); err != nil {
		return fmt.Errorf("retime messages: %w", err)
	}
	return withdraw(app, unwanted, now)
}

// rewriteSome gives queued rows new values in some columns. Columns that do not change stay out of it: SQLite then leaves their indexes alone,
// which is most of the cost of a row.
func rewriteSome(db dbx.Builder, updates []outbox.Update, columns []string, also string, now time.Time) error {
	var assign strings.Builder
	for _, column := range columns {
		assign.WriteString(column + " = {:" + column + "}, ")
	}
	sql := "UPDATE messages SET " + assign.String() + also + "updated = {:updated}, revision = revision + 1 WHERE id = {:id} AND +state = 'queued'"
	return repeat(db, sql, len(updates), func(i int) dbx.Params {
		all := messageColumns(updates[i].To)
		params := dbx.Params{"id": updates[i].ID, "updated": record.Instant(now)}
		for _, column := range columns {
			params[column] = all[column]
		}
		return params
	})
}

// rewriteWhole writes all that the plan says of a row.
func rewriteWhole(db dbx.Builder, u outbox.Update, now time.Time) error {
	values := messageColumns(u.To)
	// A running Retry-After outlasts a new text, but not a new time.
	values["next_try_at"] = dbx.NewExp("CASE WHEN state = 'queued' AND send_at = {:same} THEN next_try_at ELSE '' END", dbx.Params{"same": values["send_at"]})
	if u.KeepText {
		for _, own := range []string{"subject", "text", "locale", "template", "encoding", "parts", "over_limit"} {
			delete(values, own)
		}
	}
	if u.KeepAddress {
		delete(values, "to")
		delete(values, "bcc")
	}
	if u.KeepTime {
		for _, own := range []string{"planned_at", "send_at", "expires_at", "next_try_at"} {
			delete(values, own)
		}
	} else {
		values["own_time"] = false
	}
	if err := Rewrite(db, u.ID, values, now); err != nil {
		return fmt.Errorf("requeue %s: %w", u.To.Key, err)
	}
	return nil
}
