package queue

import (
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// PrintGateway is who carried a letter: a person with a printer.
const PrintGateway = "print"

const letterTask = "letter_to_print"

// Letter is a message on paper, with the address that its envelope shows.
type Letter struct {
	Outgoing
	// Hindrance is why a letter that still waits shall not be printed any more, "" where nothing stands in its way.
	Hindrance outbox.Reason
	end       ending
	// The addressee, as the client's record has them now.
	Name, Street, Postcode, City, Country string
	// Own is the address that somebody wrote for this letter, line by line; it stands in for the client's.
	Own []string
}

// Addressed reports whether the post could bring it. What a person wrote is taken for an address as it stands.
func (l Letter) Addressed() bool {
	return len(l.Own) > 0 || l.Name != "" && l.Street != "" && (l.Postcode != "" || l.City != "")
}

// addressLines are the lines of an address that somebody wrote, in several lines or in one with commas.
func addressLines(typed string) []string {
	between := ","
	if strings.Contains(strings.TrimSpace(typed), "\n") {
		between = "\n"
	}
	var lines []string
	for line := range strings.SplitSeq(typed, between) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

// Letters reads letters by their ids, in the order asked for. Ids that are no messages are left out; other messages are not, as their channel
// tells.
func Letters(app core.App, clinic *store.Clinic, ids []string) ([]Letter, error) {
	set, err := record.IDSet(ids)
	if err != nil {
		return nil, err
	}
	return letters(app, clinic, ` WHERE m.id IN (SELECT value FROM json_each({:ids}))`, dbx.Params{"ids": set}, ids)
}

func letters(app core.App, clinic *store.Clinic, condition string, params dbx.Params, order []string) ([]Letter, error) {
	db := app.NonconcurrentDB()
	rows, err := readRows(db.NewQuery(rowColumns + condition).Bind(params))
	if err != nil {
		return nil, fmt.Errorf("read letters: %w", err)
	}
	if order == nil {
		for _, r := range rows {
			order = append(order, r.ID)
		}
	}
	set, err := record.IDSet(order)
	if err != nil {
		return nil, err
	}
	var people []struct {
		ID       string `db:"id"`
		State    string `db:"state"`
		Own      bool   `db:"own_address"`
		First    string `db:"first_name"`
		Last     string `db:"last_name"`
		Address  string `db:"address"`
		Postcode string `db:"postcode"`
		City     string `db:"city"`
		Country  string `db:"country"`
	}
	err = db.NewQuery(`SELECT m.id, m.state, m.own_address, ifnull(c.first_name, '') AS first_name, ifnull(c.last_name, '') AS last_name, ifnull(c.address, '') AS address,
		ifnull(c.postcode, '') AS postcode, ifnull(c.city, '') AS city, ifnull(c.country, '') AS country
		FROM messages m LEFT JOIN clients c ON c.id = m.client WHERE m.id IN (SELECT value FROM json_each({:ids}))`).Bind(dbx.Params{"ids": set}).All(&people)
	if err != nil {
		return nil, fmt.Errorf("read addresses of letters: %w", err)
	}
	byID := make(map[string]Letter, len(rows))
	for _, r := range rows {
		byID[r.ID] = Letter{Outgoing: r.Outgoing}
	}
	for _, p := range people {
		l := byID[p.ID]
		l.State = outbox.State(p.State)
		l.Name = strings.TrimSpace(strings.TrimSpace(p.First) + " " + strings.TrimSpace(p.Last))
		l.Street, l.Postcode, l.City, l.Country = strings.TrimSpace(p.Address), strings.TrimSpace(p.Postcode), strings.TrimSpace(p.City), p.Country
		if p.Own {
			if l.Own = addressLines(l.To); len(l.Own) > 0 {
				l.Name = l.Own[0]
			}
		}
		byID[p.ID] = l
	}
	for _, r := range rows {
		if l := byID[r.ID]; l.State == outbox.Queued {
			if state, reason := outbox.LastCheck(r.Purpose, r.Channel, r.standing(clinic)); state != outbox.Queued {
				l.Hindrance, l.end = reason, ending{state: state, reason: reason}
				byID[r.ID] = l
			}
		}
	}
	var found []Letter
	for _, id := range order {
		if l, ok := byID[id]; ok {
			found = append(found, l)
		}
	}
	return found, nil
}

// letterGone is true of a task whose letter waits no more; letterDue of a letter that nobody was asked to print yet.
const letterGone = `message != '' AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = tasks.message AND m.state = 'queued')`

var letterDue = `m.state = 'queued' AND ` + anyPriority("m.priority") + ` AND m.channel = 'post' AND m.send_at <= {:now}
	AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.message = m.id AND t.kind = '` + letterTask + `')`

// RaiseLetters gives a person one task for each letter that is due, and marks the tasks of letters that no longer wait as done. What the last check
// ends is answered by id. A letter does not grow stale by itself: it waits for hands, and a clinic may be closed for days.
func RaiseLetters(app core.App, clinic *store.Clinic, now time.Time, limit int) (ended []string, err error) {
	// Nearly always there is nothing to do, and then nobody has to wait for the write lock.
	var something bool
	err = app.DB().NewQuery(`SELECT EXISTS (SELECT 1 FROM tasks WHERE done = 0 AND kind = '` + letterTask + `' AND ` + letterGone + `)
		OR EXISTS (SELECT 1 FROM messages m WHERE ` + letterDue + `)`).Bind(dbx.Params{"now": record.Instant(now)}).Row(&something)
	if err != nil {
		return nil, fmt.Errorf("look for letters: %w", err)
	}
	if !something {
		return nil, nil
	}
	err = app.RunInTransaction(func(tx core.App) error {
		ended = nil
		over, err := store.OpenTasks(tx, letterTask, dbx.NewExp(letterGone))
		if err != nil {
			return err
		}
		if err := store.DoneTasks(tx, over, string(store.ByMachine)); err != nil {
			return err
		}
		due, err := letters(tx, clinic, ` WHERE `+letterDue+` ORDER BY +m.send_at LIMIT {:limit}`, dbx.Params{"now": record.Instant(now), "limit": limit}, nil)
		if err != nil {
			return err
		}
		for _, l := range due {
			if l.Hindrance != "" {
				if err := endRows(tx.NonconcurrentDB(), []string{l.ID}, l.end, now); err != nil {
					return err
				}
				ended = append(ended, l.ID)
				continue
			}
			title := "Print the letter to " + l.Name
			if !l.Addressed() {
				title = "Find out the postal address and print the letter to " + l.Name
			}
			if err := store.MakeTask(tx, store.Task{Kind: letterTask, Title: store.Clipped(title, store.LongestTitle), Location: l.Location, Client: l.Client, Booking: l.Booking, Message: l.ID}); err != nil {
				return err
			}
		}
		return nil
	})
	return ended, err
}

// LettersPrinted writes down that letters were printed: those that still wait become sent, with everything that is written when a message is
// sent, and their tasks are done by the person named. It answers the ids of those that were sent now. It is to be called in a transaction.
func LettersPrinted(app core.App, clinic *store.Clinic, printed []Letter, by string, now time.Time) ([]string, error) {
	var waiting []Outgoing
	for _, l := range printed {
		if l.State == outbox.Queued {
			waiting = append(waiting, l.Outgoing)
		}
	}
	ids, err := HandedOver(app, clinic, waiting, PrintGateway, now)
	if err != nil {
		return nil, err
	}
	clinic.TellLater(app, store.Messages, ids)
	set, err := record.IDSet(ids)
	if err != nil {
		return nil, err
	}
	tasks, err := store.OpenTasks(app, letterTask, dbx.NewExp("message IN (SELECT value FROM json_each({:ids}))", dbx.Params{"ids": set}))
	if err != nil {
		return nil, err
	}
	return ids, store.DoneTasks(app, tasks, by)
}

// PrintedByTask does the same for the letter of a task that somebody has done, if the task is one to print a letter of a place where they work.
func PrintedByTask(app core.App, clinic *store.Clinic, task, by *core.Record, now time.Time) error {
	if record.Text(task, "kind") != letterTask {
		return nil
	}
	letters, err := Letters(app, clinic, []string{record.Text(task, "message")})
	if err != nil || len(letters) == 0 || letters[0].Channel != outbox.Post || !store.WorksAt(by, letters[0].Location) {
		return err
	}
	_, err = LettersPrinted(app, clinic, letters, store.AccountName(by), now)
	return err
}

// HandedOver writes down that queued rows left by another way than our own calls: printed, or fetched by an external service. It is to be called
// in the transaction that read them as queued, and answers their ids.
func HandedOver(app core.App, clinic *store.Clinic, rows []Outgoing, by string, now time.Time) ([]string, error) {
	if len(rows) == 0 {
		return nil, nil
	}
	err := take(app.NonconcurrentDB(), rows, now, LeaseOptions{For: time.Minute, Gateway: func(outbox.Channel) string { return by }})
	if err != nil {
		return nil, fmt.Errorf("hand over: %w", err)
	}
	ended := make([]Ended, len(rows))
	for i, m := range rows {
		ended[i] = Ended{Settlement: outbox.Settlement{State: outbox.Sent}, Message: m, Gateway: by, Event: "accepted"}
	}
	ids, err := SaveOutcomes(app, clinic, ended, now)
	if err != nil {
		return nil, fmt.Errorf("hand over: %w", err)
	}
	return ids, nil
}

// EndUnfetched ends those messages for an external service which nobody fetched in time or which are no longer wanted. It answers
// their ids.
func EndUnfetched(app core.App, clinic *store.Clinic, now time.Time, limit int) (ids []string, err error) {
	err = app.RunInTransaction(func(tx core.App) error {
		ids = nil
		due, err := readRows(tx.NonconcurrentDB().NewQuery(rowColumns + ` WHERE m.state = 'queued' AND ` + anyPriority("m.priority") + ` AND m.channel = 'external' AND m.send_at <= {:now}
			ORDER BY +m.expires_at LIMIT {:limit}`).Bind(dbx.Params{"now": record.Instant(now), "limit": limit}))
		if err != nil {
			return fmt.Errorf("read what waits to be fetched: %w", err)
		}
		if err := heedStops(tx.NonconcurrentDB(), due); err != nil {
			return err
		}
		for _, r := range due {
			end, _ := r.judged(clinic, now)
			if end.state == outbox.Queued {
				continue
			}
			if err := endRows(tx.NonconcurrentDB(), []string{r.ID}, end, now); err != nil {
				return err
			}
			ids = append(ids, r.ID)
		}
		return nil
	})
	return ids, err
}

// MessageRow is a message as those see it who report on it.
type MessageRow struct {
	Location string
	Channel  outbox.Channel
	State    outbox.State
}

// FindMessage reads a message by id; nil without an error means that there is none.
func FindMessage(app core.App, id string) (*MessageRow, error) {
	var row struct {
		Location string `db:"location"`
		Channel  string `db:"channel"`
		State    string `db:"state"`
	}
	err := app.DB().Select("location", "channel", "state").From(store.Messages).Where(dbx.HashExp{"id": id}).One(&row)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("find message: %w", err)
	}
	return &MessageRow{row.Location, outbox.Channel(row.Channel), outbox.State(row.State)}, nil
}
