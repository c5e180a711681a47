package hooks

import (
	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// runAsked refuses a run that nobody can ask for, and one that waits already.
func runAsked(e *core.RecordRequestEvent) error {
	if err := runs.CheckByHand(e.App, e.Record); err != nil {
		if refusal, ok := store.AsRefusal(err); ok {
			return e.BadRequestError("This run cannot be started.", fieldError(refusal))
		}
		return err
	}
	return e.Next()
}

func runCompleted(e *core.RecordEvent) error {
	runs.Complete(e.Record)
	return e.Next()
}

// whatItDoes are the fields that make a run this run: whoever wants another one asks for it.
var whatItDoes = []string{"kind", "scope", "dry"}

// runByHand lets a person stop a run that waits or is under way, and change nothing else about it. The row is the one that
// [ontoTheRowAsItIs] loaded in this transaction.
func runByHand(e *core.RecordRequestEvent) error {
	was := e.Record.Original()
	if err := keptAsTheyWere(whatItDoes, was, e.Record, "A run does what it was asked for. Stop it and start another one."); err != nil {
		return e.BadRequestError("A run cannot be changed into another one.", err)
	}
	from, to := runs.State(was.GetString("state")), runs.State(e.Record.GetString("state"))
	open := from == runs.Queued || from == runs.Running
	if from != to && (to != runs.Stopped || !open) {
		return e.BadRequestError("This run cannot go there by hand.", validation.Errors{"state": wrongTransition(string(from), string(to))})
	}
	return e.Next()
}

// runSettled wakes the jobs after the commit of a run that waits.
func (h House) runSettled(e *core.RecordEvent) error {
	if runs.State(e.Record.GetString("state")) == runs.Queued {
		h.Ring()
	}
	return e.Next()
}
