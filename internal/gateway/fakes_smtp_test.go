package gateway

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// mailServer is a local SMTP server.
type mailServer struct{ *fake }

type mailSession struct {
	*fake
	conn net.Conn
	to   []string
}

func newMailServer(tb testing.TB) (*fake, SMTPSettings) {
	tb.Helper()
	return newMailServerWith(tb, nil, false)
}

// newMailServerWith makes one that offers STARTTLS, or is encrypted from the start.
func newMailServerWith(tb testing.TB, secured *tls.Config, fromTheStart bool) (*fake, SMTPSettings) {
	tb.Helper()
	f := newFake()
	f.listener = listen(tb)
	server := smtp.NewServer(mailServer{f})
	server.Domain = "localhost"
	server.AllowInsecureAuth = true
	server.ErrorLog = silentLog{}
	served := make(chan struct{})
	listener := net.Listener(f.listener)
	if fromTheStart {
		listener = tls.NewListener(listener, secured)
	} else {
		server.TLSConfig = secured
	}
	go func() { defer close(served); server.Serve(listener) }()
	// A server that was closed before it began to serve leaves its listener open.
	tb.Cleanup(func() { f.end(); server.Close(); f.listener.Close(); <-served })
	host, port, err := net.SplitHostPort(f.listener.Addr().String())
	if err != nil {
		tb.Fatal(err)
	}
	settings := SMTPSettings{Host: host, Username: "clinic", Password: "secret", SenderAddress: "post@clinic.example", SenderName: "Dyreklinikken"}
	if _, err := fmt.Sscan(port, &settings.Port); err != nil {
		tb.Fatal(err)
	}
	return f, settings
}

type silentLog struct{}

func (silentLog) Printf(string, ...any) {}
func (silentLog) Println(...any)        {}

func (s mailServer) NewSession(c *smtp.Conn) (smtp.Session, error) {
	return &mailSession{fake: s.fake, conn: c.Conn()}, nil
}

func (s *mailSession) Reset()                   { s.to = nil }
func (s *mailSession) Logout() error            { return nil }
func (s *mailSession) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *mailSession) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, username, password string) error {
		if s.now() == wrongPassword || username != "clinic" || password != "secret" {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (s *mailSession) Mail(string, *smtp.MailOptions) error {
	s.count()
	switch s.now() {
	case hangsBefore:
		<-s.release
	case resetsBefore:
		reset(s.conn)
	}
	return nil
}

func (s *mailSession) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case s.now() == refusesAddress, strings.HasPrefix(to, "nobody@"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "<" + to + "> unknown"}
	case s.now() == refusesForever:
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "spam from " + to}
	case s.now() == refusesForNow:
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 2, 0}, Message: "greylisted"}
	}
	s.to = append(s.to, to)
	return nil
}

func (s *mailSession) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	message := accepted{recipients: slices.Clone(s.to), raw: string(raw), at: time.Now()}
	switch s.now() {
	case failsBefore, failsAfter:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "out of order"}
	case hangsAfter:
		s.take(message)
		<-s.release
	case resetsAfter:
		s.take(message)
		reset(s.conn)
	case cutsItsAnswer, answersNonsense:
		s.take(message)
		io.WriteString(s.conn, "25")
		s.conn.Close()
	default:
		s.take(message)
	}
	return nil
}
