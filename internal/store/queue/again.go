package queue

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/filesystem"

	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// PutBack makes of a message that has come to an end, or of which nobody knows, a new one that says the same and points to it (R-17,
// PC-24). It passes the last check as if it left now; what stands in its way is a refusal of the command. The caller saves it.
// Where somebody asks for a reminder as a whole once more (wanted), what the reminder itself wanted does not count.
func PutBack(app core.App, clinic *store.Clinic, was *core.Record, wanted bool, now time.Time) (*core.Record, error) {
	refuse := func(reason outbox.Reason) error { return store.Wrong("requeue", string(reason), reason.Words()) }
	if state := outbox.State(record.Text(was, "state")); !state.PutBack() {
		refusal := store.Wrong("requeue", "wrong_transition", "This message is still on its way; it cannot be put back.")
		refusal.Params = map[string]any{"from": string(state), "to": string(outbox.Queued)}
		return nil, refusal
	}
	if record.Text(was, "text") == "" {
		reason := outbox.Reason(record.Text(was, "reason"))
		if reason == "" {
			reason = outbox.ReasonBadTemplate
		}
		return nil, store.Wrong("requeue", string(reason), "There is no text to send again. "+reason.Words()+" Write a new message.")
	}
	var waiting int
	err := app.DB().Select("count(*)").From(store.Messages).Where(dbx.NewExp(
		"resend_of = {:id} AND resend_of != '' AND state IN ('queued', 'sending')", dbx.Params{"id": was.Id})).Row(&waiting)
	if err != nil {
		return nil, fmt.Errorf("look for one on its way: %w", err)
	}
	if waiting > 0 {
		return nil, refuse(outbox.ReasonDuplicate)
	}
	reason, visit, to, err := lastCheck(app, clinic, was, wanted)
	switch {
	case err != nil:
		return nil, err
	case reason != "":
		return nil, refuse(reason)
	case to == "":
		return nil, refuse(outbox.ReasonNoAddress)
	}
	again := copyOf(was)
	purpose, channel := outbox.Purpose(record.Text(was, "purpose")), outbox.Channel(record.Text(was, "channel"))
	window := outbox.Window{}
	if at := clinic.Locations[record.Text(was, "location")]; at != nil {
		window = at.Notify.Window
	}
	send, expires := outbox.Schedule(purpose, channel, now, visit, window)
	if !expires.After(now) {
		return nil, refuse(outbox.ReasonStale)
	}
	if send.Before(now) {
		send = now
	}
	setTimes(again, now, send, expires)
	record.Set(again, "key", "resend:"+again.Id)
	record.Set(again, "resend_of", was.Id)
	record.Set(again, "to", to)
	record.Set(again, "state", string(outbox.Queued))
	record.Set(again, "priority", purpose.Rules().Priority)
	return again, copyFiles(app, was, again)
}

// copyFiles gives a new message the files of another.
func copyFiles(app core.App, from, to *core.Record) error {
	names := record.List(from, "attachments")
	if len(names) == 0 {
		return nil
	}
	files, err := app.NewFilesystem()
	if err != nil {
		return fmt.Errorf("open the files: %w", err)
	}
	copies := make([]*filesystem.File, len(names))
	for i, name := range names {
		if copies[i], err = copyFile(files, from.BaseFilesPath()+"/"+name); err != nil {
			return errors.Join(fmt.Errorf("copy a file of the message: %w", err), files.Close())
		}
	}
	record.Set(to, "attachments", copies)
	return files.Close()
}

// copyFile reads a stored file into memory: it is at most 10 MB, and the one it is read from is closed before the new one is written.
func copyFile(files *filesystem.System, path string) (*filesystem.File, error) {
	known, err := files.Attributes(path)
	if err != nil {
		return nil, err
	}
	stored, err := files.GetReader(path)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(stored)
	if err := errors.Join(err, stored.Close()); err != nil {
		return nil, err
	}
	name := known.Metadata["original-filename"]
	if name == "" {
		name = filepath.Base(path)
	}
	return filesystem.NewFileFromBytes(data, name)
}

// lastCheck asks R-11 of a message that may have ended long ago, and answers when its visit starts and where it goes now.
func lastCheck(app core.App, clinic *store.Clinic, r *core.Record, wanted bool) (reason outbox.Reason, visit time.Time, to string, err error) {
	rows, err := readRows(app.NonconcurrentDB().NewQuery(rowColumns + ` WHERE m.id = {:id}`).Bind(dbx.Params{"id": r.Id}))
	if err != nil || len(rows) != 1 {
		return "", visit, "", fmt.Errorf("read the message for its last check (%d rows): %w", len(rows), err)
	}
	if err := heedStops(app.NonconcurrentDB(), rows); err != nil {
		return "", visit, "", err
	}
	row := rows[0]
	if wanted {
		row.check.Reminder = ""
	}
	if to, err = addressNow(app, clinic, r, row); err != nil {
		return "", visit, "", err
	}
	if to != row.To {
		refusal, err := stoppedOne(app, []string{to}, row.Channel, row.Purpose)
		if err != nil {
			return "", visit, "", err
		}
		row.check.StoppedAddress = refusal != nil
	}
	if state, reason := outbox.LastCheck(row.Purpose, row.Channel, row.standing(clinic)); state != outbox.Queued {
		return reason, row.Visit, "", nil
	}
	return "", row.Visit, to, nil
}

// addressNow is where a message goes that is put back. What the plan addressed goes where its client is reached by now: the old number may be
// somebody else's. What a person addressed goes there again, unless it never had an address.
func addressNow(app core.App, clinic *store.Clinic, r *core.Record, row Due) (string, error) {
	byHand := row.Purpose == outbox.Personal || row.Purpose == outbox.Test || record.Truth(r, "own_address")
	if row.Client == "" || !row.Purpose.Rules().Owner || byHand && row.To != "" {
		return row.To, nil
	}
	var f notify.Facts
	if err := store.ReadPeople(app.DB(), clinic, &f, row.Client, "", row.Booking); err != nil {
		return "", fmt.Errorf("client: %w", err)
	}
	if row.Booking == "" {
		f.Contact = notify.Contact{}
	}
	if ids := record.List(r, "reminders"); len(ids) > 0 {
		of, err := record.Find(app, "reminders", ids[0])
		if err != nil {
			return "", err
		}
		if of != nil {
			f.Contact = notify.Contact{Email: record.Text(of, "to_email"), Phone: store.Dialable(record.Text(of, "to_phone"))}
		}
	}
	return usualReceiver(app, &f, row.Channel)
}
