package torture

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const (
	twilioAccount = "AC0123456789abcdef0123456789abcdef"
	twilioToken   = "torture-token"
)

var twilioOdds = odds{hangsAfter: 2, resetsAfter: 30, resetsBefore: 20, failsBefore: 20, failsAfter: 30, asksForFewer: 10, slow: 60, cutsBody: 30, reportsFirst: 60, reportsTwice: 60}

// twilio is a hostile provider of texts that speaks Twilio's API.
type twilio struct {
	*ledger
	*serving
	reporter reporter
	sids     atomic.Int64
}

// reporter brings a provider's reports to the program, wherever it serves now.
type reporter func(path, contentType, body string)

func newTwilio(t testing.TB, l *ledger, r reporter) *twilio {
	p := &twilio{ledger: l, reporter: r}
	server := &http.Server{Handler: p}
	p.serving = open(t, func(l net.Listener) error { return server.Serve(l) })
	t.Cleanup(func() { server.Close() })
	return p
}

func (p *twilio) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); user != twilioAccount || password != twilioToken || r.URL.Path != "/2010-04-01/Accounts/"+twilioAccount+"/Messages.json" {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodGet {
		p.list(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	callback, err := url.Parse(r.PostForm.Get("StatusCallback"))
	id := ""
	if err == nil {
		id = callback.Query().Get("message")
	}
	if id == "" {
		http.Error(w, `{"code":21609,"message":"no callback","status":400}`, http.StatusBadRequest)
		return
	}
	p.enter(id, "twilio")
	defer p.leave(id)
	drawn := p.draw("twilio", twilioOdds)
	p.meet(id, drawn)
	switch drawn {
	case failsBefore:
		w.WriteHeader(http.StatusInternalServerError)
		return
	case resetsBefore:
		sever(w, "")
		return
	case asksForFewer:
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprint(w, `{"code":20429,"message":"Too Many Requests","status":429}`)
		return
	case slow:
		time.Sleep(time.Duration(20+p.number(400)) * time.Millisecond)
	}
	if r.Context().Err() != nil {
		// Whoever left before we took it was never promised anything.
		return
	}
	a := acceptance{provider: "twilio", id: id, gatewayID: fmt.Sprintf("SM%032d", p.sids.Add(1)), to: r.PostForm.Get("To"), text: r.PostForm.Get("Body")}
	p.accept(a)
	switch drawn {
	case hangsAfter:
		p.hold(r)
		return
	case resetsAfter:
		sever(w, "")
		return
	case failsAfter:
		w.WriteHeader(http.StatusBadGateway)
		return
	case cutsBody:
		sever(w, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{\"sid\":\"SM")
		return
	case reportsFirst:
		p.report(a, "sent")
		p.report(a, "delivered")
	case reportsTwice:
		defer func() {
			go func() {
				for _, status := range []string{"queued", "delivered", "sent", "delivered"} {
					p.report(a, status)
				}
			}()
		}()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	fmt.Fprintf(w, `{"sid":%q,"status":"queued","num_segments":"1","error_code":null}`, a.gatewayID)
}

// report tells the program what became of a text, signed as Twilio signs.
func (p *twilio) report(a acceptance, status string) {
	form := url.Values{"MessageSid": {a.gatewayID}, "MessageStatus": {status}, "To": {a.to}, "AccountSid": {twilioAccount}}
	path := "/api/webhooks/twilio?message=" + a.id
	p.reporter(path, "application/x-www-form-urlencoded", form.Encode())
}

// twilioSignature is over the address and the sorted parameters.
func twilioSignature(address string, form url.Values) string {
	signed := address
	for _, name := range slices.Sorted(maps.Keys(form)) {
		signed += name + form.Get(name)
	}
	mac := hmac.New(sha1.New, []byte(twilioToken))
	mac.Write([]byte(signed))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

func (p *twilio) list(w http.ResponseWriter, r *http.Request) {
	p.lookups.Add(1)
	if p.draw("twilio", odds{looksUpBadly: 50}) == looksUpBadly {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	to := r.URL.Query().Get("To")
	var page []map[string]any
	p.mutex.Lock()
	for _, all := range p.accepted {
		for _, a := range all {
			if a.provider == "twilio" && a.to == to {
				page = append(page, map[string]any{
					"sid": a.gatewayID, "to": a.to, "body": a.text, "direction": "outbound-api", "status": "sent", "date_created": a.at.UTC().Format(time.RFC1123Z),
				})
			}
		}
	}
	p.mutex.Unlock()
	slices.SortFunc(page, func(a, b map[string]any) int { return strings.Compare(b["sid"].(string), a["sid"].(string)) })
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"messages": page, "page": 0})
}
