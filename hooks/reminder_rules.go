package hooks

import (
	"errors"
	"net/http"
	"slices"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/store"
	"pawbell/internal/store/recalls"
	"pawbell/internal/store/runs"
)

// ruleAsked answers what saving a rule would do where that is all somebody wants to know. It comes before any transaction: counting takes a
// moment in a large clinic, and nobody who books should wait for it.
func (h House) ruleAsked(e *core.RecordRequestEvent) error {
	var was *core.Record
	if !e.Record.IsNew() {
		was = e.Record.Original()
	}
	kept := was
	if kept == nil {
		kept = core.NewRecord(e.Collection)
	}
	if err := machineFieldsKept(e.Collection, kept, e.Record); err != nil {
		return e.BadRequestError("Some fields are written by the program alone.", err)
	}
	if !recalls.WishesPreview(e.Record) {
		return e.Next()
	}
	if err := valuesRefused(e); err != nil {
		return err
	}
	counts, err := recalls.CountRule(e.App, e.Record, was, h.Now())
	if err != nil {
		return previewFailed(e.RequestEvent, err)
	}
	return e.BadRequestError("Nothing was changed.", validation.Errors{
		"preview": problemWith("preview", counts.Words(), map[string]any{"adds": counts.Adds, "moves": counts.Moves, "cancels": counts.Cancels}),
	})
}

// previewFailed answers what is wrong with a rule that was to be counted.
func previewFailed(e *core.RequestEvent, err error) error {
	if refusal, ok := store.AsRefusal(err); ok {
		return e.BadRequestError("The preview could not be made.", fieldError(refusal))
	}
	var problems validation.Errors
	if errors.As(err, &problems) {
		return e.BadRequestError("The preview could not be made.", problems)
	}
	return err
}

// previewRule answers the same for a rule that is in nobody's form yet.
func (h House) previewRule(e *core.RequestEvent) error {
	if !store.Manages(e.Auth) {
		return e.ForbiddenError("Rules are for managers.", nil)
	}
	body, err := readObject(e)
	if err != nil {
		return err
	}
	id, isText := body["id"].(string)
	if body["id"] != nil && !isText {
		return e.BadRequestError("The preview could not be made.", fieldProblem("id", "invalid_id", "Give the id of a rule, or leave it out."))
	}
	rule, err := recalls.RuleInBody(e.App, id, body)
	if err != nil {
		return previewFailed(e, err)
	}
	refused := validation.Errors{}
	for key, value := range body {
		field := rule.Collection().Fields.GetByName(key)
		if field == nil || field.GetHidden() || key == "id" {
			continue
		}
		if p := misread(store.ReminderRules, field, value); p.code != "" {
			refused[key] = p.asError()
		}
	}
	if len(refused) > 0 {
		return e.BadRequestError("The preview could not be made.", refused)
	}
	var was *core.Record
	if !rule.IsNew() {
		was = rule.Original()
	}
	counts, err := recalls.CountRule(e.App, rule, was, h.Now())
	if err != nil {
		return previewFailed(e, err)
	}
	return e.JSON(http.StatusOK, counts)
}

// ruleSound refuses a reminder rule that would never fire, or that would tell owners twice what another tells them already.
func ruleSound(e *core.RecordEvent) error {
	if err := e.Next(); err != nil {
		return err
	}
	// Read through e.App: a rule made a moment ago in the same batch counts too.
	clinic, err := store.LoadClinic(e.App)
	if err != nil {
		return err
	}
	return refused(recalls.CheckRule(clinic, e.Record))
}

// ruleMade completes a new rule and asks for the run that makes what it lacks.
func (h House) ruleMade(e *core.RecordEvent) error {
	recalls.CompleteRule(e.Record, nil, h.Now())
	if err := e.Next(); err != nil {
		return err
	}
	return followedByRun(e, nil, e.Record)
}

// ruleChanged asks for the run that brings what the rule has made in line with it.
func (h House) ruleChanged(e *core.RecordEvent) error {
	was, err := before(e)
	if err != nil {
		return err
	}
	recalls.CompleteRule(e.Record, was, h.Now())
	if err := e.Next(); err != nil {
		return err
	}
	return followedByRun(e, was, e.Record)
}

// ruleRemoved calls off what the rule has made: like one that is switched off, and for good.
func (h House) ruleRemoved(e *core.RecordEvent) error {
	was, err := before(e)
	if err != nil {
		return err
	}
	if err := recalls.ReleaseRule(e.App, was.Id, h.Now()); err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	return followedByRun(e, was, nil)
}

// followedByRun asks for a rule's run and tells whoever saved the rule.
func followedByRun(e *core.RecordEvent, was, is *core.Record) error {
	follow, err := runs.StartRule(e.App, was, is)
	if err != nil || follow.Run == "" {
		return err
	}
	e.Record.WithCustomData(true)
	e.Record.SetRaw(followed, follow)
	return nil
}

// visitFollowed makes what rules want after a visit was completed and takes back what they no longer want, in the transaction of the change (R-42,
// was is nil for a new visit, is for one that is deleted. The reminders of the owners before and after are the caller's to plan.
func (h House) visitFollowed(app core.App, clinic *store.Clinic, was, is *core.Record) error {
	patients, visits := recalls.RulesOfVisit(was, is)
	if len(visits) == 0 {
		return nil
	}
	return h.rulesFollowed(app, clinic, patients, visits, was, is)
}

// patientFollowed does the same after a patient was changed.
func (h House) patientFollowed(app core.App, clinic *store.Clinic, was, is *core.Record) error {
	if !recalls.RulesOfPatient(was, is) {
		return nil
	}
	return h.rulesFollowed(app, clinic, []string{is.Id}, nil, was, is)
}

// rulesFollowed brings what rules make of patients and visits in line with the records, and plans the owners whom that concerns, but for those of
// the record before and after, which the caller plans; nil for none.
func (h House) rulesFollowed(app core.App, clinic *store.Clinic, patients, visits []string, was, is *core.Record) error {
	clients, err := recalls.FollowRules(app, clinic, patients, visits, h.Now())
	if err != nil {
		return err
	}
	for _, r := range []*core.Record{was, is} {
		if r != nil {
			clients = slices.DeleteFunc(clients, func(client string) bool { return client == store.ClientOf(r) })
		}
	}
	return h.recallsFollow(app, clinic, clients...)
}

// reasonRegrouped lets rules follow a reason that is in another group now, and reminders one that is for the end of a life now, or is not any more.
func (h House) reasonRegrouped(e *core.RecordEvent) error {
	was, err := before(e)
	if err != nil {
		return err
	}
	if err := e.Next(); err != nil {
		return err
	}
	if err := recalls.FollowFarewells(e.App, was, e.Record, h.Now()); err != nil {
		return err
	}
	return runs.StartRegrouping(e.App, was, e.Record)
}
