package hooks

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"pawbell/internal/gateway"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// webhookBody is more than any report or text needs.
const webhookBody = 256 << 10

// hear takes what a provider reports or somebody texted. It answers 200 once that is stored, or was before; 503 while it cannot be, for the
// provider to come back later; and to a forged request what its gateway says. The signature goes by the real clock and by the address
// that the provider was given, whatever proxies made of the request.
func (h House) hear(e *core.RequestEvent) error {
	from, known := h.Gateways.Named(e.Request.PathValue("gateway"))
	if !known {
		return e.NotFoundError("There is no such gateway.", nil)
	}
	body, err := io.ReadAll(io.LimitReader(e.Request.Body, webhookBody+1))
	if err != nil {
		return e.BadRequestError("The request was cut short.", nil)
	}
	if len(body) > webhookBody {
		return router.NewApiError(http.StatusRequestEntityTooLarge, "This is more than a report needs: at most 256 KB.", nil)
	}
	clock := h.Now
	if h.RealNow != nil {
		clock = h.RealNow
	}
	came := clock()
	reports, err := from.Events(e.Request, body, e.App.Settings().Meta.AppURL, came)
	var refused *gateway.WebhookError
	if errors.As(err, &refused) {
		return router.NewApiError(refused.Status, refused.Message, nil)
	}
	if err != nil {
		return fmt.Errorf("read webhook of %s: %w", from.Name(), err)
	}
	if err := h.heard(e, from, reports, came); err != nil {
		store.LetGo(e.App, err)
		e.App.Logger().Error("webhook not stored", "gateway", from.Name(), "error", err.Error())
		return router.NewApiError(http.StatusServiceUnavailable, "This cannot be stored just now. Please send it again.", nil)
	}
	if reports.ContentType == "" {
		e.Response.WriteHeader(http.StatusOK)
		return nil
	}
	return e.Blob(http.StatusOK, reports.ContentType, []byte(reports.Body))
}

// heard stores what came. Providers' clocks are the real one; what is stored goes by the clinic's, which is the same unless it was moved.
func (h House) heard(e *core.RequestEvent, from gateway.Gateway, reports gateway.Reports, came time.Time) error {
	if len(reports.Events) == 0 && len(reports.Inbound) == 0 {
		return nil
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	now := h.Now()
	moved := now.Sub(came).Round(time.Second)
	told := make([]queue.Report, len(reports.Events))
	for i, event := range reports.Events {
		told[i] = reportOf(event)
		told[i].At = event.At.Add(moved)
	}
	changed, err := queue.SaveReports(e.App, clinic, from, told, now)
	if err != nil {
		return err
	}
	if err := queue.Announce(e.Request.Context(), e.App, changed); err != nil {
		e.App.Logger().Error("announce failed", "error", err.Error())
	}
	// A provider that hangs up has said all the same what it said.
	listening := context.WithoutCancel(e.Request.Context())
	for _, text := range reports.Inbound {
		heard := store.Heard{GatewayID: text.GatewayID, From: text.From, To: text.To, Text: text.Text, At: text.At.Add(moved), Stopped: text.Stopped, Started: text.Started}
		if err := store.HearText(listening, e.App, clinic, heard, now); err != nil {
			return err
		}
	}
	return nil
}

// reportOf says what a provider's event means for the message. A failure that the provider itself mends, or a complaint about a message that arrived,
// moves nothing.
func reportOf(event gateway.Event) queue.Report {
	report := queue.Report{
		ID: event.ID, Kind: string(event.Kind), Message: event.MessageID, GatewayID: event.GatewayID, Reason: event.Reason,
		Complaint: event.Kind == gateway.EventComplained, Detail: event.Detail, Recipient: event.Recipient,
	}
	switch event.Kind {
	case gateway.EventAccepted:
		report.State = outbox.Sent
	case gateway.EventDelivered:
		report.State = outbox.Delivered
	case gateway.EventBounced:
		report.State = outbox.Failed
	case gateway.EventFailed, gateway.EventComplained:
		if event.Permanent {
			report.State = outbox.Failed
		}
	}
	return report
}
