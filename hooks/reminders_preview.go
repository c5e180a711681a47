package hooks

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/notify"
	"pawbell/internal/store"
	"pawbell/internal/store/recalls"
)

type comingDate struct {
	DueOn   string `json:"due_on"`
	SendsAt string `json:"sends_at"`
}

// previewReminder answers when a new reminder would be sent, or what keeps it from being saved, and saves nothing (PR-13 to PR-15). The body is that
// of a create. It runs the very save that it previews, as the command preview does, so the two cannot differ.
func (h House) previewReminder(e *core.RequestEvent) error {
	if !store.StillEmployed(e.Auth) {
		return e.ForbiddenError("This account is switched off.", nil)
	}
	body, err := readObject(e)
	if err != nil {
		return err
	}
	collection, err := e.App.FindCachedCollectionByNameOrId(store.Reminders)
	if err != nil {
		return err
	}
	record := core.NewRecord(collection)
	problems := validation.Errors{}
	for name, value := range body {
		field := fieldOfKey(collection, name)
		if field == nil || slices.Contains(store.MachineFields[store.Reminders], field.GetName()) {
			continue
		}
		if p := misread(collection.Name, field, value); p.code != "" {
			problems[field.GetName()] = p.asError()
			continue
		}
		record.Set(name, value)
	}
	recalls.WishPreview(record)
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	if err := recalls.Place(e.App, clinic, record, e.Auth); err != nil {
		refusal, ok := store.AsRefusal(err)
		if !ok {
			return err
		}
		problems[refusal.Field] = problemWith(refusal.Code, refusal.Message, refusal.Params)
	}
	if len(problems) == 0 {
		if err := e.App.SaveWithContext(e.Request.Context(), record); !errors.As(err, &problems) {
			return err
		}
	}
	dates := []comingDate{}
	if found, is := record.GetRaw(coming).([]notify.RecallDate); is {
		for _, date := range found {
			dates = append(dates, comingDate{date.DueOn.String(), date.SendsAt.UTC().Format(time.RFC3339)})
		}
	}
	return e.JSON(http.StatusOK, map[string]any{"dates": dates, "problems": previewProblems(problems)})
}

// previewProblems are field errors as a list, by field; the answer of the preview itself is none.
func previewProblems(problems validation.Errors) []previewProblem {
	list := []previewProblem{}
	for _, field := range slices.Sorted(maps.Keys(problems)) {
		if field == fieldPreview {
			continue
		}
		p := previewProblem{Field: field, Code: "invalid", Message: problems[field].Error()}
		var coded validation.Error
		if errors.As(problems[field], &coded) {
			p.Code = coded.Code()
		}
		list = append(list, p)
	}
	return list
}
