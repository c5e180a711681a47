package hooks

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/hook"

	"pawbell/internal/store"
	"pawbell/pb_public"
)

// routes adds what the clinic's owners ask for to PocketBase's own routes.
func (h House) routes(e *core.ServeEvent) error {
	e.Router.Bind(&hook.Handler[*core.RequestEvent]{Id: "pawbellHeaders", Priority: apis.DefaultBodyLimitMiddlewarePriority - 1, Func: h.headers})

	e.Router.BindFunc(diskTrouble)

	quiet := apis.SkipSuccessActivityLog()
	api := e.Router.Group("/api/booking")
	api.Bind(quiet)
	api.GET("/menu", h.menu)
	api.GET("/days", h.days)
	api.GET("/times", h.times)
	api.GET("/manage/{token}", h.manageShow)
	api.GET("/manage/{token}/calendar.ics", h.manageCalendar)
	api.POST("/manage/{token}/confirm", h.manageConfirm)
	api.POST("/manage/{token}/cancel", h.manageCancel)
	api.POST("/manage/{token}/move", h.manageMove)

	e.Router.GET("/api/health/outbox", h.outboxHealth).Bind(apis.RequireAuth(core.CollectionNameSuperusers, store.Staff), quiet)

	e.Router.POST("/api/webhooks/{gateway}", h.hear).Bind(quiet)

	e.Router.GET("/api/statements.csv", h.statementsFile)
	e.Router.POST("/api/external/reports", h.externalReport)
	e.Router.GET("/print/letters", h.lettersShown).Bind(quiet)
	e.Router.POST("/print/letters", h.lettersPrinted)
	e.Router.GET("/print/letters.css", letterStyle).Bind(quiet)

	e.Router.GET("/manage/{token}", h.page("manage.html")).Bind(quiet)
	e.Router.GET("/{$}", h.page("index.html")).Bind(quiet)
	e.Router.GET(unsubscribePath+"{token}", h.unsubscribeShow).Bind(quiet)
	e.Router.POST(unsubscribePath+"{token}", h.unsubscribeAct).Bind(quiet)
	e.Router.GET("/{path...}", h.asset).Bind(quiet)
	e.Router.POST("/api/reminder_rules/preview", h.previewRule).Bind(apis.RequireAuth(store.Staff, core.CollectionNameSuperusers))
	e.Router.POST("/api/messages/preview", h.previewMessage).Bind(apis.RequireAuth(store.Staff, core.CollectionNameSuperusers))
	e.Router.POST("/api/reminders/preview", h.previewReminder).Bind(apis.RequireAuth(store.Staff, core.CollectionNameSuperusers))
	e.Router.POST("/api/broadcasts/{id}/preview", h.previewBroadcast).Bind(apis.RequireAuth(store.Staff, core.CollectionNameSuperusers))
	return e.Next()
}

// headers go with every answer of ours, and large bodies from strangers are cut off before they are read. The dashboard has its own.
func (h House) headers(e *core.RequestEvent) error {
	at := e.Request.URL.Path
	closeAfterLongBody(e)
	if strings.HasPrefix(at, "/_/") {
		if strings.HasPrefix(at, "/_/extensions") {
			e.Response.Header().Set("Cache-Control", "no-cache")
		}
		return e.Next()
	}
	header := e.Response.Header()
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "strict-origin-when-cross-origin")
	// Data and refusals; the pages and their files set their own.
	header.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	if strings.HasPrefix(at, "/api/") {
		if strings.HasPrefix(at, "/api/booking/") {
			header.Set("Cache-Control", "no-store")
		}
		if strings.HasPrefix(at, "/api/booking/") || e.Request.Method == http.MethodPost && at == "/api/collections/"+store.BookingRequests+"/records" {
			if e.Request.ContentLength > publicBody {
				return errTooMuch
			}
			body := &smallBody{ReadCloser: e.Request.Body}
			e.Request.Body = body
			err := e.Next()
			if err != nil && body.tooMuch {
				// Whoever read it took it for a body that was cut off.
				return errTooMuch
			}
			return err
		}
		return e.Next()
	}
	// A link's token must not travel to other sites, nor a page about one person stay in a shared cache.
	if strings.HasPrefix(at, managePath) || strings.HasPrefix(at, unsubscribePath) {
		header.Set("Referrer-Policy", "no-referrer")
		header.Set("Cache-Control", "no-store")
	}
	if strings.HasPrefix(at, unsubscribePath) && e.Request.ContentLength > publicBody {
		return errTooMuch
	}
	return e.Next()
}

// page answers one of the embedded pages, with the clinic's names and phones for readers without JavaScript. It is written anew when the
// clinic changed.
func (h House) page(name string) func(*core.RequestEvent) error {
	type ready struct {
		clinic *store.Clinic
		file   *packed
	}
	var last atomic.Pointer[ready]
	return func(e *core.RequestEvent) error {
		clinic, err := h.Desk.Clinic()
		if err != nil {
			return err
		}
		page := last.Load()
		if page == nil || page.clinic != clinic {
			content, err := h.written(name, clinic)
			if err != nil {
				return err
			}
			file, err := pack(name, content)
			if err != nil {
				return err
			}
			page = &ready{clinic, file}
			last.Store(page)
		}
		h.pageHeaders(e, clinic)
		return page.file.answer(e)
	}
}

// written is a page with the clinic's contacts in it.
func (h House) written(name string, clinic *store.Clinic) ([]byte, error) {
	raw, err := fs.ReadFile(pb_public.FS, name)
	if err != nil {
		return nil, fmt.Errorf("read page: %w", err)
	}
	contacts, err := contactLines(clinic)
	if err != nil {
		return nil, err
	}
	return bytes.ReplaceAll(raw, []byte(pb_public.Contacts), contacts), nil
}

// pageHeaders say what a page may load, and who may show it inside their own.
func (h House) pageHeaders(e *core.RequestEvent, clinic *store.Clinic) {
	framed := framers(clinic)
	header := e.Response.Header()
	header.Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors "+framed)
	if framed == "'self'" {
		header.Set("X-Frame-Options", "SAMEORIGIN")
	} else {
		// The older header knows no list; with it, the newer one would not be obeyed everywhere.
		header.Del("X-Frame-Options")
	}
	if header.Get("Cache-Control") == "" {
		header.Set("Cache-Control", "no-cache")
	}
}

// framers lists who may show the pages inside their own (embed_origins of every location).
func framers(clinic *store.Clinic) string {
	list := []string{"'self'"}
	for _, at := range clinic.Order {
		for _, origin := range at.EmbedOrigins {
			if origin = strings.TrimSuffix(origin, "/"); !slices.Contains(list, origin) {
				list = append(list, origin)
			}
		}
	}
	return strings.Join(list, " ")
}

var contactTemplate = template.Must(template.New("contacts").Parse(
	`{{range .}}<p>{{.Name}}{{if .Phone}}: <a href="tel:{{.Phone}}">{{.Phone}}</a>{{end}}</p>{{end}}`))

func contactLines(clinic *store.Clinic) ([]byte, error) {
	var b bytes.Buffer
	if err := contactTemplate.Execute(&b, clinic.Order); err != nil {
		return nil, fmt.Errorf("write contacts: %w", err)
	}
	return b.Bytes(), nil
}

// asset answers a file of the pages. What is no file is no page either: a mistyped address is a 404, not the booking page.
func (h House) asset(e *core.RequestEvent) error {
	all, err := assets()
	if err != nil {
		return fmt.Errorf("pack the pages' files: %w", err)
	}
	file := all[path.Clean(e.Request.PathValue("path"))]
	if file == nil {
		return e.NotFoundError("There is no page here.", nil)
	}
	e.Response.Header().Set("Cache-Control", "no-cache")
	e.Response.Header().Set("Content-Security-Policy", "default-src 'self'")
	return file.answer(e)
}
