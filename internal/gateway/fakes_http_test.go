package gateway

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

var mailgunDialect = dialect{
	read: func(r *http.Request) (accepted, error) {
		if r.URL.Path != "/v3/clinic.example/messages.mime" {
			return accepted{}, fmt.Errorf("called at %s", r.URL.Path)
		}
		if user, password, _ := r.BasicAuth(); user != "api" || password != "key-123" {
			return accepted{}, errors.New("not signed in")
		}
		if err := r.ParseMultipartForm(1 << 20); err != nil {
			return accepted{}, err
		}
		file, _, err := r.FormFile("message")
		if err != nil {
			return accepted{}, err
		}
		raw, err := io.ReadAll(file)
		return accepted{recipients: r.MultipartForm.Value["to"], raw: string(raw), form: r.MultipartForm.Value}, err
	},
	ok: func(w http.ResponseWriter, f *fake) {
		refusal(w, http.StatusOK, fmt.Sprintf(`{"id":%q,"message":"Queued. Thank you."}`, headerOf(f.last().raw, "Message-ID")))
	},
	refuse: func(w http.ResponseWriter, b behaviour) {
		switch b {
		case refusesForNow:
			refusal(w, http.StatusTooManyRequests, `{"message":"Too many requests"}`)
		case wrongPassword:
			refusal(w, http.StatusUnauthorized, `Forbidden`)
		case refusesAddress:
			refusal(w, http.StatusBadRequest, `{"message":"'to' parameter is not a valid address. please check documentation: kari@owner.example"}`)
		default:
			refusal(w, http.StatusBadRequest, `{"message":"message of kari@owner.example is too odd"}`)
		}
	},
	answers: func(w http.ResponseWriter, r *http.Request, f *fake) bool {
		if r.Method != http.MethodGet || r.URL.Path != "/v3/clinic.example/events" {
			return false
		}
		var items []map[string]any
		for _, m := range f.all() {
			id, asked := strings.Trim(headerOf(m.raw, "Message-ID"), "<>"), r.URL.Query()
			if asked.Has("message-id") && id != asked.Get("message-id") || asked.Has("recipient") && !slices.Contains(m.recipients, asked.Get("recipient")) {
				continue
			}
			items = append(items, map[string]any{"event": asked.Get("event"), "id": "ev1", "timestamp": 1803888900.5,
				"message":        map[string]any{"headers": map[string]any{"message-id": id}},
				"user-variables": map[string]any{"message_id": headerOf(m.raw, "X-Pawbell-Message")}})
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"items": items}); err != nil {
			panic(err)
		}
		return true
	},
}

func headerOf(raw, name string) string {
	for line := range strings.SplitSeq(raw, "\r\n") {
		if found, ok := strings.CutPrefix(line, name+": "); ok {
			return found
		}
	}
	return ""
}

var twilioDialect = dialect{
	read: func(r *http.Request) (accepted, error) {
		if r.URL.Path != "/2010-04-01/Accounts/AC_test/Messages.json" {
			return accepted{}, fmt.Errorf("called at %s", r.URL.Path)
		}
		if user, password, _ := r.BasicAuth(); user != "AC_test" || password != "tok-en" {
			return accepted{}, errors.New("not signed in")
		}
		err := r.ParseForm()
		return accepted{recipients: r.PostForm["To"], form: r.PostForm, raw: r.PostForm.Get("Body")}, err
	},
	ok: func(w http.ResponseWriter, f *fake) {
		refusal(w, http.StatusCreated, fmt.Sprintf(`{"sid":"SM%d","status":"queued","num_segments":"2","error_code":null}`, f.taken()-1))
	},
	refuse: func(w http.ResponseWriter, b behaviour) {
		switch b {
		case refusesForNow:
			refusal(w, http.StatusTooManyRequests, `{"code":20429,"message":"Too Many Requests","status":429}`)
		case wrongPassword:
			refusal(w, http.StatusUnauthorized, `{"code":20003,"message":"Authenticate","status":401}`)
		case refusesAddress:
			refusal(w, http.StatusBadRequest, `{"code":21211,"message":"The 'To' number +4740012345 is not a valid phone number.","status":400}`)
		default:
			refusal(w, http.StatusBadRequest, `{"code":21612,"message":"The 'To' phone number +4740012345 is not currently reachable","status":400}`)
		}
	},
	answers: func(w http.ResponseWriter, r *http.Request, f *fake) bool {
		if r.Method != http.MethodGet {
			return false
		}
		var page []map[string]any
		all := f.all()
		for i := len(all) - 1; i >= 0; i-- {
			if all[i].form.Get("To") == r.URL.Query().Get("To") {
				page = append(page, map[string]any{"sid": fmt.Sprintf("SM%d", i), "to": all[i].form.Get("To"), "body": all[i].raw,
					"direction": "outbound-api", "status": "sent", "date_created": all[i].at.UTC().Format(time.RFC1123Z)})
			}
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"messages": page, "page": 0}); err != nil {
			panic(err)
		}
		return true
	},
}

var externalDialect = dialect{
	read: func(r *http.Request) (accepted, error) {
		body, err := io.ReadAll(r.Body)
		return accepted{body: string(body), raw: string(body), header: r.Header}, err
	},
	ok: func(w http.ResponseWriter, _ *fake) { w.WriteHeader(http.StatusNoContent) },
	refuse: func(w http.ResponseWriter, b behaviour) {
		switch b {
		case refusesForNow:
			w.WriteHeader(http.StatusTooManyRequests)
		case wrongPassword:
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.WriteHeader(http.StatusUnprocessableEntity)
		}
	},
}
