package hooks

import (
	"net/http"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

type previewProblem struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

type previewAnswer struct {
	Subject  string           `json:"subject"`
	Text     string           `json:"text"`
	HTML     string           `json:"html"`
	Encoding string           `json:"encoding"`
	Parts    int              `json:"parts"`
	Cost     float64          `json:"cost"`
	Currency string           `json:"currency"`
	Problems []previewProblem `json:"problems"`
}

// previewMessage answers how a text would read, merged with a record or with sample data, and what it would cost (PC-16, X-18, X-25).
func (h House) previewMessage(e *core.RequestEvent) error {
	if !store.StillEmployed(e.Auth) {
		return e.ForbiddenError("This account is switched off.", nil)
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	body, err := readObject(e)
	if err != nil {
		return err
	}
	draft, problems := readDraft(body)
	if len(problems) > 0 {
		return e.BadRequestError("The preview could not be made.", problems)
	}
	preview, err := queue.PreviewOf(e.App, clinic, h.Desk.Links, draft, e.Auth)
	if refusal, ok := store.AsRefusal(err); ok {
		return e.BadRequestError("The preview could not be made.", fieldError(refusal))
	}
	if err != nil {
		return err
	}
	answer := previewAnswer{
		Subject: preview.Subject, Text: preview.Text, HTML: preview.HTML, Encoding: preview.Size.Encoding, Parts: preview.Size.Parts,
		Cost: preview.Cost, Currency: preview.Currency, Problems: []previewProblem{},
	}
	for _, p := range preview.Problems {
		answer.Problems = append(answer.Problems, previewProblem{p.Field, p.Code, p.Message})
	}
	return e.JSON(http.StatusOK, answer)
}

// readDraft reads what is to be shown: a text or a template, and at most one record.
func readDraft(body map[string]any) (queue.Draft, validation.Errors) {
	form := bookingForm{body: body, problems: validation.Errors{}}
	d := queue.Draft{
		Channel:  outbox.Channel(form.text("channel", nameLength)),
		Location: form.id("location", false), Booking: form.id("booking", false), Client: form.id("client", false), Reminder: form.id("reminder", false),
	}
	d.Template, d.Locale = form.id("template", false), form.text("locale", nameLength)
	d.Subject, d.Text = form.text("subject", addressLength), form.text("text", messageLength)
	named := 0
	for _, field := range []string{"booking", "client", "reminder"} {
		if filled(body[field]) {
			named++
		}
		if named > 1 && filled(body[field]) {
			form.problem(field, "too_many", "Name one record: a booking, a client or a reminder.")
		}
	}
	switch d.Channel {
	case outbox.Email, outbox.SMS, outbox.Post, outbox.External:
	case "":
		form.problem("channel", "required", "Choose how it is sent.")
	default:
		form.problem("channel", "unknown", "There is no such channel.")
	}
	if d.Template == "" && d.Text == "" && form.problems["template"] == nil && form.problems["text"] == nil {
		form.problem("text", "required", "Write something, or choose a text.")
	}
	return d, form.problems
}

// messageLength is the longest text of a message, as the schema has it.
const messageLength = 20000
