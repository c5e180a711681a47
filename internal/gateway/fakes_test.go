package gateway

import (
	"bytes"
	"context"
	"io"
	"mime"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pawbell/internal/outbox"
)

// behaviour is what a local provider does with the next message.
type behaviour string

const (
	accepts         behaviour = "accepts"
	refusesForever  behaviour = "refuses for good"
	refusesForNow   behaviour = "refuses for now"
	hangsBefore     behaviour = "hangs before accepting"
	hangsAfter      behaviour = "hangs after accepting"
	resetsBefore    behaviour = "resets before accepting"
	resetsAfter     behaviour = "resets after accepting"
	failsBefore     behaviour = "fails before accepting"
	failsAfter      behaviour = "fails after accepting"
	cutsItsAnswer   behaviour = "accepts and cuts its answer"
	wrongPassword   behaviour = "does not know the password"
	refusesAddress  behaviour = "does not know the address"
	redirects       behaviour = "redirects"
	answersNonsense behaviour = "accepts and answers nonsense"
)

// accepted is one message that a local provider took.
type accepted struct {
	recipients []string
	raw        string     // e-mail: headers and body
	form       url.Values // twilio: what was posted
	header     http.Header
	body       string
	at         time.Time
}

// fake is a local provider on 127.0.0.1.
type fake struct {
	behaviour atomic.Value
	release   chan struct{} // closed at the end: what hangs, ends
	released  sync.Once
	listener  *countingListener

	mu       sync.Mutex
	messages []accepted
	calls    int
}

func newFake() *fake {
	f := &fake{release: make(chan struct{})}
	f.behaviour.Store(accepts)
	return f
}

func (f *fake) end()             { f.released.Do(func() { close(f.release) }) }
func (f *fake) now() behaviour   { return f.behaviour.Load().(behaviour) }
func (f *fake) be(b behaviour)   { f.behaviour.Store(b) }
func (f *fake) take(a accepted)  { f.mu.Lock(); f.messages = append(f.messages, a); f.mu.Unlock() }
func (f *fake) taken() (n int)   { f.mu.Lock(); defer f.mu.Unlock(); return len(f.messages) }
func (f *fake) called() (n int)  { f.mu.Lock(); defer f.mu.Unlock(); return f.calls }
func (f *fake) all() []accepted  { f.mu.Lock(); defer f.mu.Unlock(); return slices.Clone(f.messages) }
func (f *fake) last() accepted   { all := f.all(); return all[len(all)-1] }
func (f *fake) count()           { f.mu.Lock(); f.calls++; f.mu.Unlock() }
func (f *fake) openNow() int64   { return f.listener.open.Load() }
func (f *fake) openedAll() int64 { return f.listener.opened.Load() }

// countingListener counts the connections to a local provider.
type countingListener struct {
	net.Listener
	opened, open atomic.Int64
}

type countedConn struct {
	net.Conn
	once sync.Once
	open *atomic.Int64
}

func (l *countingListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.opened.Add(1)
	l.open.Add(1)
	return &countedConn{Conn: conn, open: &l.open}, nil
}

func (c *countedConn) Close() error {
	c.once.Do(func() { c.open.Add(-1) })
	return c.Conn.Close()
}

// reset hangs up as a crashed machine would.
func reset(conn net.Conn) {
	if counted, ok := conn.(*countedConn); ok {
		if tcp, ok := counted.Conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
	}
	conn.Close()
}

func listen(tb testing.TB) *countingListener {
	tb.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tb.Fatal(err)
	}
	return &countingListener{Listener: listener}
}

// dialect is how one HTTP provider speaks.
type dialect struct {
	read    func(*http.Request) (accepted, error)
	ok      func(http.ResponseWriter, *fake)
	refuse  func(http.ResponseWriter, behaviour)
	answers func(http.ResponseWriter, *http.Request, *fake) bool // anything but a send
}

func newHTTPFake(tb testing.TB, d dialect) (*fake, string) {
	tb.Helper()
	f := newFake()
	f.listener = listen(tb)
	server := &httptest.Server{Listener: f.listener, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.serve(w, r, d)
	})}}
	server.Start()
	tb.Cleanup(func() { f.end(); server.CloseClientConnections(); server.Close() })
	return f, server.URL
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request, d dialect) {
	f.count()
	if d.answers != nil && d.answers(w, r, f) {
		return
	}
	message, err := d.read(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusTeapot)
		return
	}
	message.at = time.Now()
	hijacked := func() net.Conn {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		return conn
	}
	switch b := f.now(); b {
	case accepts:
		f.take(message)
		d.ok(w, f)
	case hangsBefore:
		<-f.release
	case hangsAfter:
		f.take(message)
		<-f.release
	case resetsBefore:
		reset(hijacked())
	case resetsAfter:
		f.take(message)
		reset(hijacked())
	case failsBefore:
		http.Error(w, "<html>bad gateway</html>", http.StatusBadGateway)
	case failsAfter:
		f.take(message)
		http.Error(w, "<html>internal error</html>", http.StatusInternalServerError)
	case cutsItsAnswer:
		f.take(message)
		conn := hijacked()
		io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"id\":\"<")
		conn.Close()
	case answersNonsense:
		f.take(message)
		io.WriteString(w, "<html>thank you</html>")
	case redirects:
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(http.StatusTemporaryRedirect)
	case refusesForNow:
		w.Header().Set("Retry-After", "7")
		d.refuse(w, b)
	default:
		d.refuse(w, b)
	}
}

func refusal(w http.ResponseWriter, status int, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, body)
}

// rig is one gateway together with a local provider that speaks its protocol.
type rig struct {
	gateway  Gateway
	provider *fake
	message  Message
	// unwritten is what an attempt is that breaks off before the provider took it; HTTP cannot know.
	unwritten Outcome
	lookup    bool
}

const testSecret = "whsec_cGF3YmVsbC10ZXN0LXNlY3JldC1rZXk="

var testDate = time.Date(2027, 3, 1, 8, 15, 0, 0, time.UTC)

func testMail() Message {
	return Message{
		ID: "msg000000000001", Channel: outbox.Email, Purpose: outbox.BookingConfirmation, To: "kari@owner.example",
		BCC: []string{"hidden@clinic.example", "HIDDEN@clinic.example", "second@clinic.example"}, From: "post@clinic.example", FromName: "Dyreklinikken Ås",
		Subject: "Time til Bølla", Text: "Hei Kari!\n\nBølla har time mandag kl. 09:15.\n", HTML: "<p>Hei Kari!</p><p>Bølla har time mandag kl. 09:15.</p>", Locale: "nb",
	}
}

func testSMS() Message {
	return Message{ID: "msg000000000002", Channel: outbox.SMS, Purpose: outbox.VisitReminder, To: "+4740012345", Text: "Hei Kari! Bølla har time i morgen 09:15."}
}

// rigs makes every gateway that talks to a network.
func rigs(tb testing.TB, timeout time.Duration) map[string]func(testing.TB) rig {
	tb.Helper()
	return map[string]func(testing.TB) rig{
		"smtp": func(tb testing.TB) rig {
			provider, settings := newMailServer(tb)
			g := NewSMTP(SMTPOptions{Settings: func() (SMTPSettings, bool) { return settings, true }, Now: func() time.Time { return testDate },
				OpenTimeout: time.Second, CommandTimeout: timeout, DataTimeout: timeout})
			tb.Cleanup(func() { g.Close() })
			return rig{gateway: g, provider: provider, message: testMail(), unwritten: Temporary}
		},
		"mailgun": func(tb testing.TB) rig {
			provider, address := newHTTPFake(tb, mailgunDialect)
			g, err := NewMailgun(MailgunOptions{Domain: "clinic.example", APIKey: "key-123", SigningKey: "signing", BaseURL: address,
				Now: func() time.Time { return testDate }, Timeout: timeout})
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() { g.Close() })
			return rig{gateway: g, provider: provider, message: testMail(), unwritten: Uncertain, lookup: true}
		},
		"twilio": func(tb testing.TB) rig {
			provider, address := newHTTPFake(tb, twilioDialect)
			g, err := NewTwilio(TwilioOptions{AccountSID: "AC_test", AuthToken: "tok-en", From: "+4759440000", BaseURL: address,
				PublicURL: func() string { return "https://pawbell.example/" }, Now: func() time.Time { return testDate }, Timeout: timeout})
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() { g.Close() })
			return rig{gateway: g, provider: provider, message: testSMS(), unwritten: Uncertain, lookup: true}
		},
		"external": func(tb testing.TB) rig {
			provider, address := newHTTPFake(tb, externalDialect)
			g, err := NewExternal(ExternalOptions{URL: address + "/hook", Secret: testSecret, Now: func() time.Time { return testDate }, Timeout: timeout})
			if err != nil {
				tb.Fatal(err)
			}
			tb.Cleanup(func() { g.Close() })
			m := testSMS()
			m.Channel, m.Subject = outbox.External, "Vaksine"
			m.Due = &Due{ClientID: "cli1", ClientFirstName: "Kari", Patients: []NamedID{{"pat1", "Bølla"}}, DueOn: "2027-03-20"}
			return rig{gateway: g, provider: provider, message: m, unwritten: Uncertain}
		},
	}
}

func within(tb testing.TB, limit time.Duration) context.Context {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	tb.Cleanup(cancel)
	return ctx
}

// decodedWords reads a header's encoded words.
func decodedWords(tb testing.TB, header string) string {
	tb.Helper()
	decoded, err := new(mime.WordDecoder).DecodeHeader(header)
	if err != nil {
		tb.Fatal(err)
	}
	return decoded
}

func lines(raw string) []string {
	return strings.Split(string(bytes.TrimSuffix([]byte(raw), []byte("\r\n"))), "\r\n")
}
