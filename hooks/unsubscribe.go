package hooks

import (
	"bytes"
	"html"
	"net/http"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/pb_public"
)

// unsubscribePath is where the link lives that ends mail to many; a token follows.
const unsubscribePath = "/unsubscribe/"

// The one field of a one-click request, and its value (RFC 8058 3.1). The page's own form sends the same.
const (
	oneClickField = "List-Unsubscribe"
	oneClickValue = "One-Click"
)

// unsubscribeShow asks whether the owner means it. It only asks: mail programs and scanners open every link.
func (h House) unsubscribeShow(e *core.RequestEvent) error {
	email, ok := store.OpenUnsubscribe(h.Desk.Links, e.Request.PathValue("token"))
	if !ok {
		return h.unsubscribePage(e, http.StatusNotFound, "dead", "")
	}
	return h.unsubscribePage(e, http.StatusOK, "ask", email)
}

// unsubscribeAct ends mail to many at once, without a login or cookies, whether a person pressed the button or their mail program did.
// It answers a page and never a redirect, which RFC 8058 forbids.
func (h House) unsubscribeAct(e *core.RequestEvent) error {
	email, ok := store.OpenUnsubscribe(h.Desk.Links, e.Request.PathValue("token"))
	if !ok {
		return h.unsubscribePage(e, http.StatusNotFound, "dead", "")
	}
	// Mail programs send the field as a form of either kind.
	if e.Request.FormValue(oneClickField) != oneClickValue {
		return h.unsubscribePage(e, http.StatusBadRequest, "ask", email)
	}
	if err := store.Unsubscribe(e.App, email); err != nil {
		return err
	}
	return h.unsubscribePage(e, http.StatusOK, "done", email)
}

// unsubscribePage answers the page in one of its states.
func (h House) unsubscribePage(e *core.RequestEvent, status int, state, email string) error {
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return err
	}
	page, err := h.written("unsubscribe.html", clinic)
	if err != nil {
		return err
	}
	page = bytes.Replace(page, []byte(pb_public.State), []byte(`data-state="`+state+`"`), 1)
	page = bytes.ReplaceAll(page, []byte(pb_public.Receiver), []byte(html.EscapeString(outbox.Masked(outbox.Email, email))))
	h.pageHeaders(e, clinic)
	return e.HTML(status, string(page))
}
