package hooks

import (
	"errors"
	"fmt"
	"time"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
	"pawbell/internal/store/recalls"
)

// messageByHand lets a person make the few moves of a message that are a person's, and refuses to rewrite what has left the queue.
// The row is the one that [ontoTheRowAsItIs] loaded in this transaction.
func messageByHand(now func() time.Time) func(e *core.RecordRequestEvent) error {
	return func(e *core.RecordRequestEvent) error {
		was := e.Record.Original()
		from, to := queue.StateOf(was), queue.StateOf(e.Record)
		if !outbox.Allowed(from, to, outbox.Person) {
			return e.BadRequestError("This message cannot go there by hand.", validation.Errors{"state": wrongTransition(string(from), string(to))})
		}
		if words := closedWords(from, to); words != "" {
			if err := keptAsTheyWere(store.ClosedFields[store.Messages], was, e.Record, words); err != nil {
				return e.BadRequestError("A message that has left the queue cannot be rewritten.", err)
			}
		}
		if from == outbox.Queued && to == outbox.Cancelled {
			queue.WithdrawnByPerson(e.Record)
		}
		answered := from == outbox.Unknown && to != outbox.Unknown
		if answered {
			if err := queue.Resolved(e.App, e.Record, now()); err != nil {
				return err
			}
		}
		if err := e.Next(); err != nil || !answered {
			return err
		}
		return queue.NoteResolved(e.App, e.Record, now())
	}
}

// closedWords says why a message cannot be rewritten by a change that takes it from one state to another, "" where it can: what nobody reads and
// measures any more must not be written into it either, or putting it back would send that.
func closedWords(from, to outbox.State) string {
	switch {
	case from != outbox.Queued:
		return "This message has left the queue. What was sent stays as it was sent; put it back to send a new one."
	case to != outbox.Queued:
		return "This change takes the message out of the queue. Change nothing else about it; to send something else, write another message."
	}
	return ""
}

// reminderByHand lets a person end a reminder and nothing else about its state.
func reminderByHand(e *core.RecordRequestEvent) error {
	from, to := recalls.StateOf(e.Record.Original()), recalls.StateOf(e.Record)
	if !reminder.Allowed(from, to) {
		return e.BadRequestError("This reminder cannot go there by hand.", validation.Errors{"state": wrongTransition(string(from), string(to))})
	}
	return e.Next()
}

// bookingMoves refuses a status that cannot follow the row's present one, whoever saves.
func bookingMoves(now func() time.Time) func(e *core.RecordEvent) error {
	return func(e *core.RecordEvent) error {
		if e.Record.IsNew() {
			return e.Next()
		}
		was, err := before(e)
		if err != nil {
			return err
		}
		is := store.Visit(e.Record)
		if refusal := booking.Transition(store.Visit(was).Status, is.Status, is.StartsAt, now()); refusal != nil {
			return fieldError(refusal)
		}
		return e.Next()
	}
}

func wrongTransition(from, to string) error {
	words := fmt.Sprintf("From %s it cannot go to %s.", from, to)
	if from == "" {
		words = fmt.Sprintf("A new record cannot begin as %s.", to)
	}
	return problemWith("wrong_transition", words, map[string]any{"from": from, "to": to})
}

// writtenByMachine refuses every request to create, change or delete a record that only the program writes.
func writtenByMachine(e *core.RecordRequestEvent) error {
	return e.BadRequestError("This is written by the program alone.", validation.Errors{
		core.FieldNameId: validation.NewError("read_only", "This is kept as it happened. Nobody adds to it, changes it or deletes it by hand."),
	})
}

// keptWithMessages refuses to delete what messages tell about: the log would speak of nobody. It also holds when the record
// would go along with another one.
func keptWithMessages(e *core.RecordEvent) error {
	found, err := store.MessagesTell(e.App, e.Record)
	if err != nil {
		return err
	}
	if found {
		return inUse("There are messages about this. Cancel it, erase the client or merge it instead.")
	}
	return e.Next()
}

// keptWithBookings refuses to delete a location that visits or messages belong to. What is there alone closes with it.
func keptWithBookings(e *core.RecordEvent) error {
	used, err := store.LocationUsed(e.App, e.Record.Id)
	if err != nil {
		return err
	}
	if used {
		return inUse("Visits and messages belong to this location. Mark it as inactive instead.")
	}
	if err := store.CloseWith(e.App, e.Record.Id); err != nil {
		return err
	}
	return e.Next()
}

// keptWhileNamed refuses to delete what is the only one in a list whose emptiness means another thing: a reminder rule for cats would be one for all
// animals, a visit that one vet does would be everybody's.
func keptWhileNamed(e *core.RecordEvent) error {
	named, err := store.NamedAlone(e.App, e.Record)
	if err != nil {
		return err
	}
	if named != "" {
		return validation.Errors{core.FieldNameId: problemWith("in_use", "There are "+named+" that name only this. Change them first, or mark this as inactive.", map[string]any{"collection": named})}
	}
	return e.Next()
}

// goesWithLocation refuses to delete a location's settings while the location stands. PocketBase removes a deleted record before what
// depends on it, so settings that go along with their location find it gone.
func goesWithLocation(e *core.RecordEvent) error {
	found, err := store.LocationStands(e.App, e.Record)
	if err != nil {
		return err
	}
	if found {
		return inUse("The location needs its settings. They go when the location goes.")
	}
	return e.Next()
}

func inUse(words string) error {
	return validation.Errors{core.FieldNameId: validation.NewError("in_use", words)}
}

// aroundTheRules shuts the doors of PocketBase's API that lead past every hook of this program: the SQL console and the emptying of a
// whole collection. Whoever is no superuser is left to PocketBase, which refuses them first.
func aroundTheRules(e *core.RequestEvent) error {
	if !e.HasSuperuserAuth() {
		return e.Next()
	}
	switch e.Request.Pattern {
	case "POST /api/sql":
		return e.ForbiddenError("The SQL console is switched off, since it would go past every rule, notice and trace of the clinic. Use the records, or a copy of the database.", nil)
	case "DELETE /api/collections/{collection}/truncate":
		collection, err := e.App.FindCachedCollectionByNameOrId(e.Request.PathValue("collection"))
		if err != nil {
			return e.NotFoundError("", err)
		}
		if !collection.System {
			return e.BadRequestError("A collection of the clinic cannot be emptied at once. Delete its records, as far as they may go.", nil)
		}
	}
	return e.Next()
}

// collectionsStay refuses to delete a collection over the API, or to import others in its place: the schema comes with the program.
func collectionsStay(e *core.CollectionRequestEvent) error {
	if e.Collection.System {
		return e.Next()
	}
	return e.BadRequestError("The collections come with the program and cannot be deleted.", nil)
}

func collectionsNotImported(e *core.CollectionsImportRequestEvent) error {
	return e.BadRequestError("The collections come with the program and cannot be imported.", nil)
}

// fieldsStay refuses a change of a collection that would drop or rename a field, and with it what was stored there. Rules and sign-in
// options may be changed.
func fieldsStay(e *core.CollectionRequestEvent) error {
	stored, err := e.App.FindCollectionByNameOrId(e.Collection.Id)
	if err != nil {
		return fmt.Errorf("load the collection as it is: %w", err)
	}
	var gone []error
	for _, field := range stored.Fields {
		now := e.Collection.Fields.GetById(field.GetId())
		if now == nil || now.GetName() != field.GetName() || now.Type() != field.Type() {
			gone = append(gone, errors.New(field.GetName()))
		}
	}
	if len(gone) > 0 || stored.Name != e.Collection.Name {
		return e.BadRequestError("The collections come with the program: their names and fields cannot be removed or renamed.", errors.Join(gone...))
	}
	return e.Next()
}

// guardRoutes puts the two middlewares of this package in front of PocketBase's own routes.
func guardRoutes(e *core.ServeEvent) error {
	e.Router.BindFunc(aroundTheRules, bodiesAreObjects)
	return e.Next()
}
