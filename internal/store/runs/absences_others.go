package runs

import (
	"fmt"
	"slices"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/calendar"
	"pawbell/internal/links"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/record"
)

// WaitingWord is an absence's word to an owner that has not left yet, and what it did with the visits of which it speaks.
type WaitingWord struct {
	absence string
	fate    notify.Fate
}

// WaitingWords lists the words that a change of a visit may take back: they are sent about it, and speak of the owner's other visits on its day as well.
func WaitingWords(app core.App, was, is *core.Record) ([]WaitingWord, error) {
	if record.Number(was, "sequence") == record.Number(is, "sequence") {
		return nil, nil
	}
	return waitingWords(app, was.Id)
}

func waitingWords(app core.App, visit string) ([]WaitingWord, error) {
	var keys []string
	err := app.DB().Select("key").From(store.Messages).
		Where(dbx.HashExp{"booking": visit, "purpose": string(outbox.DayNotice), "state": string(outbox.Queued), "broadcast": ""}).Column(&keys)
	if err != nil {
		return nil, fmt.Errorf("look for words about visit %s: %w", visit, err)
	}
	var words []WaitingWord
	for _, key := range keys {
		if absence, fate, ok := notify.AbsenceOf(key); ok && !slices.Contains(words, WaitingWord{absence, fate}) {
			words = append(words, WaitingWord{absence, fate})
		}
	}
	return words, nil
}

// TellOthers tells the owner of a visit of their other visits on its day, where a word that spoke of them all was taken back with that visit, in the
// transaction that changed it. was is the visit before; words are those that waited then.
func TellOthers(app core.App, clinic *store.Clinic, key links.Key, was *core.Record, words []WaitingWord, now time.Time) error {
	if len(words) == 0 {
		return nil
	}
	waiting, err := waitingWords(app, was.Id)
	if err != nil {
		return err
	}
	for _, word := range words {
		if slices.Contains(waiting, word) {
			continue
		}
		r, err := record.Find(app, store.Absences, word.absence)
		if err != nil {
			return err
		}
		gone := r == nil
		if gone {
			// What it called off stays so, and is told of in the location's own way.
			collection, err := app.FindCachedCollectionByNameOrId(store.Absences)
			if err != nil {
				return fmt.Errorf("absences: %w", err)
			}
			r = core.NewRecord(collection)
			r.Id = word.absence
		}
		a := readAbsence(r)
		a.fate = word.fate
		others, err := sameDay(app, clinic, was, now)
		if err != nil {
			return err
		}
		others = slices.DeleteFunc(others, func(visit *core.Record) bool {
			if a.fate == notify.FateCancel {
				return record.Text(visit, "cancelled_by") != string(store.ByAbsence) || !gone && !a.covers(visit)
			}
			return gone || !a.concerns(visit, now)
		})
		if len(others) == 0 {
			continue
		}
		if err := tellOwner(app, clinic, key, r, a, others, now); err != nil {
			return fmt.Errorf("absence %s: %w", a.id, err)
		}
	}
	return nil
}

// sameDay are the other visits of a visit's owner that are still ahead on its day. Those for the end of a life are never written about: their calls are
// on the list.
func sameDay(app core.App, clinic *store.Clinic, visit *core.Record, now time.Time) ([]*core.Record, error) {
	at := clinic.Locations[record.Text(visit, "location")]
	if at == nil {
		return nil, nil
	}
	day := calendar.On(record.Time(visit, "starts_at"), at.Place.Zone)
	var visits []*core.Record
	err := app.RecordQuery(store.Bookings).AndWhere(dbx.NewExp(`client = {:client} AND id != {:id} AND starts_at >= {:from} AND starts_at < {:until} AND starts_at > {:now}`, dbx.Params{
		"client": record.Text(visit, "client"), "id": visit.Id, "from": record.Instant(day.Start(at.Place.Zone)), "until": record.Instant(day.Add(1).Start(at.Place.Zone)), "now": record.Instant(now),
	})).OrderBy("starts_at", "id").All(&visits)
	if err != nil {
		return nil, fmt.Errorf("other visits of an owner: %w", err)
	}
	return slices.DeleteFunc(visits, func(r *core.Record) bool {
		reason := clinic.Reasons[record.Text(r, "reason")]
		return reason == nil || reason.Notify.EndOfLife
	}), nil
}
