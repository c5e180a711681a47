package hooks

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/router"
)

// publicBody is how much a stranger may send.
const publicBody = 64 << 10

var errTooMuch = router.NewApiError(http.StatusRequestEntityTooLarge, "This is more than is needed here: at most 64 KB.", nil)

// smallBody ends a request that goes on for too long, whatever its header promised. PocketBase reads bodies several times, so it can be read
// anew like the body it wraps; net/http's own limit cannot.
type smallBody struct {
	io.ReadCloser
	read    int
	tooMuch bool // stays set, however often the body is read anew
}

func (b *smallBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.read += n; b.read > publicBody {
		b.tooMuch = true
		return n, errTooMuch
	}
	return n, err
}

// Reread starts over, as PocketBase asks of a body.
func (b *smallBody) Reread() {
	b.read = 0
	if again, ok := b.ReadCloser.(router.Rereader); ok {
		again.Reread()
	}
}

// readObject reads a request's body as one JSON object; an empty body is an empty one.
func readObject(e *core.RequestEvent) (map[string]any, error) {
	raw, err := io.ReadAll(e.Request.Body)
	if errors.Is(err, errTooMuch) {
		return nil, errTooMuch
	}
	if err != nil {
		return nil, e.BadRequestError("The request was cut short.", nil)
	}
	object := map[string]any{}
	if len(raw) == 0 {
		return object, nil
	}
	if err := json.Unmarshal(raw, &object); err != nil || object == nil {
		return nil, e.BadRequestError("Send a JSON object.", fieldProblem("body", "invalid_json", "Send a JSON object."))
	}
	return object, nil
}

// discarded is how much of an unread body net/http reads off the connection before it answers.
const discarded = 256 << 10

// closeAfterLongBody ends the connection after a request whose body may be left half read. net/http does so by itself, but not for a body that
// is wrapped, as PocketBase's is: the rest would then be taken for the next request, which behind a proxy is somebody else's.
func closeAfterLongBody(e *core.RequestEvent) {
	if length := e.Request.ContentLength; length < 0 || length > discarded {
		e.Response.Header().Set("Connection", "close")
	}
}
