package hooks

import (
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// externalService is who carries messages of the channel external, whichever way it speaks to us.
type externalService struct{}

func (externalService) Name() string                  { return "external" }
func (externalService) Carries(c outbox.Channel) bool { return c == outbox.External }

// externalReport is how an external service that fetches its messages says what became of them: it lists the queued ones of the channel
// external over the records API, and reports here in the very form of the webhook's reports, with a staff account instead of a signature. The answer
// is the state that the message is in now, so a service that reports late sees what stands. Reporting twice changes nothing.
func (h House) externalReport(e *core.RequestEvent) error {
	if e.Auth == nil {
		return e.UnauthorizedError("Reports come from staff accounts.", nil)
	}
	report, err := h.reportSent(e)
	if err != nil {
		return err
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	var state outbox.State
	var moved []string
	err = e.App.RunInTransaction(func(tx core.App) error {
		m, err := queue.FindMessage(tx, report.Message)
		if err != nil {
			return err
		}
		if m == nil || m.Channel != outbox.External || !store.WorksAt(e.Auth, m.Location) {
			return e.NotFoundError("There is no such message.", fieldProblem("id", "unknown", "There is no such message for an external service."))
		}
		// The state says what a report twice told adds: nothing, so its repetition needs no line in the history.
		if state = outbox.After(m.State, report.State); state == m.State {
			return nil
		}
		moved, err = queue.SaveReports(tx, clinic, externalService{}, []queue.Report{report}, h.Now())
		return err
	})
	if err != nil {
		return err
	}
	if err := queue.Announce(e.Request.Context(), e.App, moved); err != nil {
		e.App.Logger().Error("announce failed", "error", err.Error())
	}
	return e.JSON(http.StatusOK, map[string]string{"id": report.Message, "state": string(state)})
}

// reportSent reads a report. What is no report is refused, beside the field that is at fault.
func (h House) reportSent(e *core.RequestEvent) (report queue.Report, err error) {
	var body struct {
		Type string `json:"type"`
		Data struct {
			ID     string `json:"id"`
			At     string `json:"at"`
			Detail string `json:"detail"`
		} `json:"data"`
	}
	if err := e.BindBody(&body); err != nil {
		return report, e.BadRequestError("This is not a report.", fieldProblem("type", "required", "Say what happened."))
	}
	report = queue.Report{Message: body.Data.ID, At: h.Now(), Detail: gateway.Detail(body.Data.Detail)}
	switch body.Type {
	case "message.accepted":
		report.Kind, report.State = "accepted", outbox.Sent
	case "message.delivered":
		report.Kind, report.State = "delivered", outbox.Delivered
	case "message.failed":
		report.Kind, report.State, report.Reason = "failed", outbox.Failed, outbox.ReasonRefused
	case "":
		return report, e.BadRequestError("This is not a report.", fieldProblem("type", "required", "Say what happened."))
	default:
		return report, e.BadRequestError("Nothing is known of such reports.", fieldProblem("type", "unknown", "Report message.accepted, message.delivered or message.failed."))
	}
	if body.Data.At != "" {
		at, err := time.Parse(time.RFC3339, body.Data.At)
		if err != nil {
			return report, e.BadRequestError("This is not a report.", fieldProblem("at", "invalid_date", "Write the moment as in 2027-03-01T08:15:00Z."))
		}
		report.At = at
	}
	if utf8.RuneCountInString(body.Data.Detail) > noteLength {
		return report, e.BadRequestError("This is not a report.", fieldProblem("detail", "too_long", "Say it in at most 2000 characters."))
	}
	if !store.ValidID(report.Message) {
		return report, e.BadRequestError("This is not a report.", fieldProblem("id", "invalid_id", "This is not a message's id."))
	}
	return report, nil
}
