package torture

import (
	"bufio"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/textproto"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	mailgunDomain  = "mg.harbour.example"
	mailgunKey     = "torture-key"
	mailgunSigning = "torture-signing"
)

var mailgunOdds = odds{hangsAfter: 2, resetsAfter: 30, resetsBefore: 20, failsBefore: 20, failsAfter: 30, asksForFewer: 10, slow: 60, cutsBody: 30, reportsFirst: 60, reportsTwice: 60}

// mailgun is a hostile provider of e-mail that speaks Mailgun's API.
type mailgun struct {
	*ledger
	*serving
	reporter reporter
}

func newMailgun(t testing.TB, l *ledger, r reporter) *mailgun {
	p := &mailgun{ledger: l, reporter: r}
	server := &http.Server{Handler: p}
	p.serving = open(t, func(l net.Listener) error { return server.Serve(l) })
	t.Cleanup(func() { server.Close() })
	return p
}

// heads are the headers of an e-mail.
func heads(raw string) textproto.MIMEHeader {
	header, err := textproto.NewReader(bufio.NewReader(strings.NewReader(raw))).ReadMIMEHeader()
	if err != nil && len(header) == 0 {
		return textproto.MIMEHeader{}
	}
	return header
}

func (p *mailgun) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if user, password, _ := r.BasicAuth(); user != "api" || password != mailgunKey {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.Method == http.MethodGet {
		p.events(w, r)
		return
	}
	if err := r.ParseMultipartForm(1 << 20); err != nil || r.URL.Path != "/v3/"+mailgunDomain+"/messages.mime" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	file, _, err := r.FormFile("message")
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	raw, err := io.ReadAll(file)
	header := heads(string(raw))
	id := r.FormValue("v:message_id")
	if err != nil || id == "" || header.Get("X-Pawbell-Message") != id {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	p.enter(id, "mailgun")
	defer p.leave(id)
	drawn := p.draw("mailgun", mailgunOdds)
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
		return
	case slow:
		time.Sleep(time.Duration(20+p.number(400)) * time.Millisecond)
	}
	if r.Context().Err() != nil {
		return
	}
	a := acceptance{provider: "mailgun", id: id, gatewayID: strings.Trim(header.Get("Message-Id"), "<>"), to: r.FormValue("to"), text: string(raw)}
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
		sever(w, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 200\r\n\r\n{\"id\":\"<")
		return
	case reportsFirst:
		p.report(a, "accepted")
		p.report(a, "delivered")
	case reportsTwice:
		defer func() {
			go func() {
				for _, event := range []string{"delivered", "accepted", "delivered"} {
					p.report(a, event)
				}
			}()
		}()
	}
	w.Header().Set("Content-Type", "application/json")
	fmt.Fprintf(w, `{"id":"<%s>","message":"Queued. Thank you."}`, a.gatewayID)
}

func (p *mailgun) report(a acceptance, event string) {
	now := time.Now()
	timestamp, token := fmt.Sprint(now.Unix()), fmt.Sprintf("%s-%s-%d", a.id, event, now.UnixNano())
	mac := hmac.New(sha256.New, []byte(mailgunSigning))
	mac.Write([]byte(timestamp + token))
	body, err := json.Marshal(map[string]any{
		"signature": map[string]any{"timestamp": timestamp, "token": token, "signature": hex.EncodeToString(mac.Sum(nil))},
		"event-data": map[string]any{
			"event": event, "id": a.id + "-" + event, "timestamp": float64(now.UnixMilli()) / 1000, "recipient": a.to,
			"message":        map[string]any{"headers": map[string]any{"message-id": a.gatewayID}},
			"user-variables": map[string]any{"message_id": a.id},
		},
	})
	if err != nil {
		return
	}
	p.reporter("/api/webhooks/mailgun", "application/json", string(body))
}

func (p *mailgun) events(w http.ResponseWriter, r *http.Request) {
	p.lookups.Add(1)
	if p.draw("mailgun", odds{looksUpBadly: 50}) == looksUpBadly {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	asked := r.URL.Query()
	items := []map[string]any{}
	p.mutex.Lock()
	for _, all := range p.accepted {
		for _, a := range all {
			if a.provider == "mailgun" && (asked.Has("message-id") && a.gatewayID == asked.Get("message-id") || asked.Has("recipient") && a.to == asked.Get("recipient")) {
				items = append(items, map[string]any{
					"event": "accepted", "id": a.id + "-accepted", "timestamp": float64(a.at.UnixMilli()) / 1000,
					"message": map[string]any{"headers": map[string]any{"message-id": a.gatewayID}}, "user-variables": map[string]any{"message_id": a.id},
				})
			}
		}
	}
	p.mutex.Unlock()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"items": items})
}

var smtpOdds = odds{hangsAfter: 2, resetsAfter: 25, resetsBefore: 30, refusesForNow: 30, slow: 60}

// mailServer is a hostile mail server, which nobody can ask afterwards.
type mailServer struct {
	*ledger
	*serving
}

func newMailServer(t testing.TB, l *ledger) *mailServer {
	p := &mailServer{ledger: l}
	server := smtp.NewServer(p)
	server.Domain, server.AllowInsecureAuth, server.ErrorLog = "localhost", true, quiet{}
	p.serving = open(t, func(l net.Listener) error { return server.Serve(l) })
	t.Cleanup(func() { server.Close() })
	return p
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// NewSession begins a conversation.
func (p *mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &mailSession{p, c.Conn(), none, ""}, nil
}

type mailSession struct {
	*mailServer
	conn  net.Conn
	drawn fault
	to    string
}

func (s *mailSession) Reset()        {}
func (s *mailSession) Logout() error { return nil }

func (s *mailSession) Mail(string, *smtp.MailOptions) error {
	s.drawn = s.draw("smtp", smtpOdds)
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	if s.drawn == refusesForNow && s.number(2) == 0 {
		s.drawn = none
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "greylisted"}
	}
	return nil
}

func (s *mailSession) reset() {
	if tcp, ok := s.conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	s.conn.Close()
}

// Data takes a message, or pretends to.
func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	header := heads(string(raw))
	id := header.Get("X-Pawbell-Message")
	s.enter(id, "smtp")
	defer s.leave(id)
	s.meet(id, s.drawn)
	switch s.drawn {
	case refusesForNow:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "out of order"}
	case resetsBefore:
		s.reset()
		return io.ErrUnexpectedEOF
	case slow:
		time.Sleep(time.Duration(20+s.number(400)) * time.Millisecond)
	}
	s.accept(acceptance{provider: "smtp", id: id, gatewayID: strings.Trim(header.Get("Message-Id"), "<>"), to: s.to, text: string(raw)})
	switch s.drawn {
	case resetsAfter:
		s.reset()
		return io.ErrUnexpectedEOF
	case hangsAfter:
		for !s.kind.Load() {
			time.Sleep(50 * time.Millisecond)
			if _, err := s.conn.Write(nil); err != nil {
				return err
			}
		}
		s.conn.Close()
	}
	return nil
}
