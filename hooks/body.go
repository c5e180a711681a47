package hooks

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/pocketbase/pocketbase/core"
)

// readObject reads a request's body as one JSON object; an empty body is an empty one.
func readObject(e *core.RequestEvent, into map[string]any) error {
	raw, err := io.ReadAll(e.Request.Body)
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return e.Error(http.StatusRequestEntityTooLarge, "This is more than is needed here: at most 64 KB.", nil)
	}
	if err != nil {
		return e.BadRequestError("The request was cut short.", nil)
	}
	if len(raw) == 0 {
		return nil
	}
	if err := json.Unmarshal(raw, &into); err != nil || into == nil {
		return e.BadRequestError("Send a JSON object.", fieldProblem("body", "invalid_json", "Send a JSON object."))
	}
	return nil
}
