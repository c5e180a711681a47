package hooks

import (
	"errors"
	"net/http"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// outboxHealth answers a monitor, or staff who wonder, how the queue is doing. last_dispatch_at is when a message was last handed to a
// provider, null before the first; oldest_due_seconds is 0 while nothing is due.
func (h House) outboxHealth(e *core.RequestEvent) error {
	if !store.StillEmployed(e.Auth) {
		return e.ForbiddenError("This account is switched off.", nil)
	}
	now := h.Now()
	var fetched []outbox.Channel
	if _, handed := h.Gateways.For(outbox.External); !handed {
		// Nobody here hands these over: their service comes for them when it likes.
		fetched = append(fetched, outbox.External)
	}
	health, err := queue.Health(e.App, now, fetched...)
	if err != nil {
		return err
	}
	answer := map[string]any{
		"queued": health.Queued, "due": health.Due, "oldest_due_seconds": 0, "sending": health.Sending, "unknown": health.Unknown, "last_dispatch_at": nil,
	}
	if !health.OldestDue.IsZero() {
		answer["oldest_due_seconds"] = int(now.Sub(health.OldestDue) / time.Second)
	}
	if !health.LastDispatch.IsZero() {
		answer["last_dispatch_at"] = health.LastDispatch.UTC().Format(time.RFC3339)
	}
	return e.JSON(http.StatusOK, answer)
}

// diskTrouble says that the disk is at fault where PocketBase would blame the request: whoever asked may ask again later, and a provider
// repeats its report.
func diskTrouble(e *core.RequestEvent) error {
	err := e.Next()
	if err == nil {
		return nil
	}
	cause := err
	var answer *router.ApiError
	if errors.As(err, &answer) {
		raw, is := answer.RawData().(error)
		if !is {
			return err
		}
		cause = raw
	}
	if !store.NotWritable(cause) {
		return err
	}
	store.LetGo(e.App, cause)
	e.App.Logger().Error("the disk takes nothing", "error", cause.Error())
	return e.Error(http.StatusServiceUnavailable, "Nothing was saved: the disk of the clinic's computer is full or cannot be written. Try again when that is mended.", nil)
}
