package runs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// Copied is the next piece of the run that fills in numbers for texts: a client's number for texts becomes that for calls
// where it is empty and the other can be a mobile one. Numbers that are there already stay.
type Copied struct {
	place copyPlace
	total int
	done  int
	ids   []string // clients who get one
	more  bool
}

// copyPlace is how far the run has come in the order of ids, and what it found.
type copyPlace struct {
	ID        string `json:"id"`
	Copied    int    `json:"copied"`
	Filled    int    `json:"filled"`
	None      int    `json:"none"`
	NotMobile int    `json:"not_mobile"`
}

// PrepareCopy reads the next clients, at most so many, and judges their numbers. It writes nothing and wants no transaction.
func PrepareCopy(app core.App, clinic *store.Clinic, run *Run, limit int) (*Copied, error) {
	c := &Copied{}
	if run.Cursor != "" {
		if err := json.Unmarshal([]byte(run.Cursor), &c.place); err != nil {
			return nil, fmt.Errorf("read how far the run has come: %w", err)
		}
	} else if err := app.DB().Select("count(*)").From(store.Clients).Where(dbx.HashExp{"merge_into": ""}).Row(&c.total); err != nil {
		return nil, fmt.Errorf("count clients: %w", err)
	}
	var rows []struct {
		ID       string `db:"id"`
		Phone    string `db:"phone"`
		SMSPhone string `db:"sms_phone"`
		Country  string `db:"country"`
		Location string `db:"location"`
	}
	err := app.DB().Select("id", "phone", "sms_phone", "country", "location").From(store.Clients).Where(dbx.HashExp{"merge_into": ""}).
		AndWhere(dbx.NewExp("id > {:id}", dbx.Params{"id": c.place.ID})).OrderBy("id").Limit(int64(limit)).All(&rows)
	if err != nil {
		return nil, fmt.Errorf("read clients: %w", err)
	}
	for _, r := range rows {
		_, mobile, _ := booking.Phone(r.Phone, store.CountryOf(clinic, r.Country, r.Location))
		switch {
		case r.SMSPhone != "":
			c.place.Filled++
		case r.Phone == "":
			c.place.None++
		case !mobile:
			c.place.NotMobile++
		default:
			c.ids = append(c.ids, r.ID)
		}
		c.place.ID = r.ID
	}
	c.done, c.more = len(rows), len(rows) == limit
	return c, nil
}

// Write fills in the numbers, in the transaction that stores the run, and moves the run on. Clients are saved as everywhere else, so their coming
// visits follow. One who got a number since is left alone; one who cannot be saved is counted.
func (c *Copied) Write(ctx context.Context, tx core.App, run *Run) (more bool, err error) {
	if c.total > 0 {
		run.Total = c.total
	}
	copied := len(c.ids)
	if !run.Dry {
		if copied, err = c.write(ctx, tx, run); err != nil {
			return false, err
		}
	}
	c.place.Copied += copied
	run.Done += c.done
	run.Total = max(run.Total, run.Done)
	cursor, err := json.Marshal(c.place)
	if err != nil {
		return false, fmt.Errorf("write how far the run has come: %w", err)
	}
	run.Cursor, run.Note = string(cursor), c.place.words(run)
	return c.more, nil
}

func (c *Copied) write(ctx context.Context, tx core.App, run *Run) (copied int, err error) {
	records, err := tx.FindRecordsByIds(store.Clients, c.ids)
	if err != nil {
		return 0, fmt.Errorf("read clients: %w", err)
	}
	for _, r := range records {
		if record.Text(r, "sms_phone") != "" || record.Text(r, "merge_into") != "" {
			continue
		}
		record.Set(r, "sms_phone", record.Text(r, "phone"))
		err := record.Savepoint(tx, func() error { return tx.SaveWithContext(store.WithActor(ctx, store.ByMachine), r) })
		switch {
		case errors.Is(err, record.ErrSavepoint):
			return 0, err
		case err != nil:
			run.Failed++
			tx.Logger().Error("a number could not be copied", slog.String("run", run.ID), slog.String("client", r.Id), slog.String("error", err.Error()))
		default:
			copied++
		}
	}
	return copied, nil
}

// words say what was found.
func (p copyPlace) words(run *Run) string {
	did := fmt.Sprintf("%d numbers were copied.", p.Copied)
	if run.Dry {
		did = fmt.Sprintf("%d numbers would be copied; nothing was changed.", p.Copied)
	}
	note := fmt.Sprintf("%s %d clients have a number for texts already, %d have no number at all, and %d have one that cannot be a mobile number.", did, p.Filled, p.None, p.NotMobile)
	if run.Failed > 0 {
		note += fmt.Sprintf(" %d could not be saved; the log says why.", run.Failed)
	}
	return note
}
