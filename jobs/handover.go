package jobs

import (
	"errors"
	"io"
	"mime"
	"path"
	"strings"

	"github.com/pocketbase/pocketbase/tools/filesystem"

	"pawbell/internal/gateway"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// mostAttached is how much may go with one e-mail, in bytes. Mail servers commonly take 25 MB, and base64 adds a third.
const mostAttached = 18 << 20

// handOver makes of a queued row what its gateway is given. The row is complete (design: the dispatcher knows no templates); what hangs on nothing but
// the stored text and the records is made here: the HTML of an e-mail, the visit as a calendar entry, the links of its headers. Nothing in it
// changes from attempt to attempt.
func (j *house) handOver(clinic *store.Clinic, m queue.Outgoing) gateway.Message {
	out := gateway.Message{
		ID: m.ID, Channel: m.Channel, Purpose: m.Purpose, Attempt: m.Attempts, To: m.To, Subject: m.Subject, Text: m.Text, Locale: m.Locale, ExpiresAt: m.ExpiresAt,
	}
	if m.Channel == outbox.External {
		out.Due = dueData(m)
		return out
	}
	at := clinic.Locations[m.Location]
	if m.Channel != outbox.Email {
		if at != nil {
			out.From = at.Notify.SMSSender
		}
		return out
	}
	var from notify.Location
	if at != nil {
		from = at.Notify
	}
	out.BCC = m.BCC
	out.From, out.FromName, out.ReplyTo = from.EmailFrom, from.EmailFromName, from.ReplyTo
	if out.FromName == "" {
		out.FromName = from.Name
	}
	out.Text, out.HTML = notify.Mail(m.Subject, m.Text, m.Locale, from)
	if m.Purpose == outbox.Group {
		out.UnsubscribeURL = store.UnsubscribeURL(clinic, j.desk.Links, m.To)
	}
	if file, ok := j.visit(clinic, from, m); ok {
		out.Calendar, out.CalendarMethod = file.Data, file.Method
	}
	return out
}

// visit is the calendar entry that goes with a message. It tells of the visit as it is now, so a calendar never falls behind a later change.
func (j *house) visit(clinic *store.Clinic, from notify.Location, m queue.Outgoing) (notify.CalendarFile, bool) {
	if m.Visit.IsZero() || !notify.CarriesVisit(m.Purpose, m.VisitCancelled) {
		return notify.CalendarFile{}, false
	}
	return notify.Calendar(notify.Event{
		Email:     from.Organizer(),
		BookingID: m.Booking, Sequence: m.VisitSequence, StartsAt: m.Visit, EndsAt: m.VisitUntil, Cancelled: m.VisitCancelled, Requested: m.VisitRequested,
		Clinic: from.Name, Address: from.Address, Phone: from.Phone, ManageURL: store.ManageURL(clinic, j.desk.Links, m.Booking, m.LinkVersion),
		Stamp: m.SendAt,
	}), true
}

// dueData is what an external service is told: whom it is about by id and first name, and nothing else of them (design, HTTP contract).
func dueData(m queue.Outgoing) *gateway.Due {
	d := &gateway.Due{ClientID: m.Client, ClientFirstName: m.FirstName, DueOn: m.DueOn}
	for _, p := range m.Patients {
		d.Patients = append(d.Patients, gateway.NamedID(p))
	}
	return d
}

// attachments reads the files of a message from PocketBase's storage. A file that is gone or more than a mail server takes ends the message with
// the reason in words, a storage that does not answer is asked again.
func (j *house) attachments(m queue.Outgoing) ([]gateway.Attachment, *gateway.Result) {
	folder, err := store.MessageFiles(j.app, m.ID)
	if err != nil {
		return nil, &gateway.Result{Outcome: outbox.Temporary, Detail: "the stored files could not be reached"}
	}
	storage, err := j.app.NewFilesystem()
	if err != nil {
		return nil, &gateway.Result{Outcome: outbox.Temporary, Detail: "the stored files could not be reached"}
	}
	defer func() {
		if err := storage.Close(); err != nil {
			j.app.Logger().Error("file storage was not closed", "error", err.Error())
		}
	}()
	var files []gateway.Attachment
	left := int64(mostAttached)
	for _, name := range m.Attachments {
		shown, data, err := readFile(storage, path.Join(folder, name), left)
		switch {
		case errors.Is(err, filesystem.ErrNotFound):
			return nil, &gateway.Result{Outcome: outbox.Permanent, Reason: outbox.ReasonRefused, Detail: "an attached file is no longer there"}
		case errors.Is(err, errTooLarge):
			return nil, &gateway.Result{Outcome: outbox.Permanent, Reason: outbox.ReasonRefused, Detail: "the attached files are more than 18 MB together"}
		case err != nil:
			return nil, &gateway.Result{Outcome: outbox.Temporary, Detail: "an attached file could not be read"}
		}
		left -= int64(len(data))
		files = append(files, gateway.Attachment{Name: shown, Type: mime.TypeByExtension(path.Ext(name)), Data: data})
	}
	return files, nil
}

var errTooLarge = errors.New("too large")

// readFile reads a stored file and the name by which the person who attached it knows it.
func readFile(storage *filesystem.System, key string, most int64) (name string, data []byte, err error) {
	known, err := storage.Attributes(key)
	if err != nil {
		return "", nil, err
	}
	if name = known.Metadata["original-filename"]; name == "" {
		name = shownName(path.Base(key))
	} else if path.Ext(name) == "" {
		name += path.Ext(key)
	}
	reader, err := storage.GetReader(key)
	if err != nil {
		return "", nil, err
	}
	defer func() {
		if closeErr := reader.Close(); err == nil {
			err = closeErr
		}
	}()
	if data, err = io.ReadAll(io.LimitReader(reader, most+1)); err == nil && int64(len(data)) > most {
		return "", nil, errTooLarge
	}
	return name, data, err
}

// storedSuffix is the length of what PocketBase puts between a file's name and its ending so that no two are alike: "_" and ten letters.
const storedSuffix = 11

// shownName is a stored file's name without what the storage added, for one that does not remember how it was called.
func shownName(stored string) string {
	ending := path.Ext(stored)
	name := strings.TrimSuffix(stored, ending)
	if cut := len(name) - storedSuffix; cut > 0 && name[cut] == '_' {
		return name[:cut] + ending
	}
	return stored
}
