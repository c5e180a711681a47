package hooks

import (
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// followed is a key under which a saved record carries what follows from it. It is no field and never stored; the answer shows it.
const followed = "follow"

// followCounted counts, ahead of any transaction, what a person's change of the set-up is about to be followed by, for the answer.
func (h House) followCounted(e *core.RecordRequestEvent) error {
	was := e.Record.Original()
	if e.Record.IsNew() {
		was = nil
	}
	scopes := runs.FollowScopes(was, e.Record)
	if len(scopes) == 0 && !runs.WishesReplacing(e.Record) {
		return e.Next()
	}
	follow, err := h.followedBy(e, was, scopes)
	if err != nil {
		return err
	}
	e.Record.SetRaw(followed, follow)
	e.Record.WithCustomData(true)
	return e.Next()
}

// followedBy counts what goes over scopes. What is worded like a template is counted where it is reworded, but for the many reminders that have no words to
// be reworded.
func (h House) followedBy(e *core.RecordRequestEvent, was *core.Record, scopes []string) (follow *runs.Followed, err error) {
	follow = &runs.Followed{}
	switch {
	case e.Collection.Name != store.Templates || was == nil:
		follow.Followed, follow.Kept, err = runs.CountFollowed(e.App, scopes, h.Now())
	case !store.SwitchedOff(e.Record):
		clinic, loadErr := h.Desk.Clinic()
		if loadErr != nil {
			return nil, loadErr
		}
		follow.Followed, err = runs.CountWordless(e.App, clinic, was)
	}
	return follow, err
}

// setupFollowed starts the run that brings what is planned in line with a change of the set-up, in the transaction of the change.
func (h House) setupFollowed(e *core.RecordEvent) error {
	if e.Record.Collection().Name == store.Templates {
		return h.templateFollowed(e)
	}
	was, err := h.wasStored(e)
	if err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	return h.startFollowing(e, runs.FollowScopes(was, e.Record))
}

// setupRemoved does the same where a record is deleted.
func (h House) setupRemoved(e *core.RecordEvent) error {
	was, err := before(e)
	if err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	return h.startFollowing(e, runs.FollowScopes(was, nil))
}

// templateFollowed also lets open reminders and, with the command, what somebody rewrote carry the new words (R-22, PR-08). The command is
// stored as false, so that no form repeats it.
func (h House) templateFollowed(e *core.RecordEvent) error {
	was, err := h.wasStored(e)
	if err != nil {
		return err
	}
	replace := runs.TakeReplacing(e.Record)
	if err := e.Next(); err != nil {
		return err
	}
	scopes := runs.FollowScopes(was, e.Record)
	if was != nil && (len(scopes) > 0 || replace) && !store.SwitchedOff(e.Record) {
		clinic, err := store.LoadClinic(e.App)
		if err != nil {
			return err
		}
		reworded, err := runs.RewordPlanned(e.App, clinic, was, e.Record, replace, h.Now())
		if err != nil {
			return err
		}
		if err := runs.RewordWords(e.App, clinic, h.Desk.Links, e.Record, h.Now()); err != nil {
			return err
		}
		if follow, is := e.Record.GetRaw(followed).(*runs.Followed); is {
			follow.Followed += reworded.Followed
			follow.Kept = reworded.Kept
		}
		if len(scopes) == 0 {
			scopes = runs.ScopesOf(e.Record)
		}
	}
	return h.startFollowing(e, scopes)
}

// wasStored is the row before a change, nil for a new one.
func (h House) wasStored(e *core.RecordEvent) (*core.Record, error) {
	if e.Record.IsNew() {
		return nil, nil
	}
	return before(e)
}

func (h House) startFollowing(e *core.RecordEvent, scopes []string) error {
	run, err := runs.StartFollowing(e.App, scopes)
	if follow, is := e.Record.GetRaw(followed).(*runs.Followed); is {
		follow.Run = run
	}
	return err
}

// applicationURLFollowed starts the run over everything when the address changes that every link in a message begins with.
func (h House) applicationURLFollowed(e *core.ModelEvent) error {
	settings, is := e.Model.(*core.Settings)
	if _, err := e.App.FindCachedCollectionByNameOrId(store.Runs); !is || err != nil {
		// Before the first start is through, there is nothing to follow.
		return e.Next()
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	if strings.TrimRight(settings.Meta.AppURL, "/") == clinic.Base {
		return e.Next()
	}
	outer := e.App
	defer func() { e.App = outer }()
	return outer.RunInTransaction(func(tx core.App) error {
		e.App = tx
		if err := e.Next(); err != nil {
			return err
		}
		_, err := runs.StartFollowing(tx, []string{""})
		return err
	})
}
