package jobs

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	stdmail "net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"pawbell/internal/gateway"
)

// mailbox lets a trial send through the sandbox, and reads what arrived there.
func (tr *trial) mailbox() string {
	folder := filepath.Join(tr.app.DataDir(), "outbox")
	sandbox := gateway.NewSandbox(folder, nil, func() time.Time { return tr.clock })
	tr.gateways = gateway.NewSet(sandbox, sandbox, nil)
	return folder
}

// part is a leaf of an e-mail, decoded.
type part struct {
	kind, method, name string
	content            string
}

// parts reads an e-mail apart as mail programs do.
func parts(t testing.TB, raw []byte) (stdmail.Header, []part) {
	t.Helper()
	m, err := stdmail.ReadMessage(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var leaves []part
	var walk func(contentType, encoding, disposition string, body io.Reader)
	walk = func(contentType, encoding, disposition string, body io.Reader) {
		kind, parameters, err := mime.ParseMediaType(contentType)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(kind, "multipart/") {
			reader := multipart.NewReader(body, parameters["boundary"])
			for {
				next, err := reader.NextRawPart()
				if err == io.EOF {
					return
				}
				if err != nil {
					t.Fatal(err)
				}
				walk(next.Header.Get("Content-Type"), next.Header.Get("Content-Transfer-Encoding"), next.Header.Get("Content-Disposition"), next)
			}
		}
		switch strings.ToLower(encoding) {
		case "base64":
			body = base64.NewDecoder(base64.StdEncoding, body)
		case "quoted-printable":
			body = quotedprintable.NewReader(body)
		}
		content, err := io.ReadAll(body)
		if err != nil {
			t.Fatal(err)
		}
		name := ""
		if _, said, err := mime.ParseMediaType(disposition); err == nil {
			name = said["filename"]
		}
		leaves = append(leaves, part{kind, parameters["method"], name, string(content)})
	}
	walk(m.Header.Get("Content-Type"), m.Header.Get("Content-Transfer-Encoding"), "", m.Body)
	return m.Header, leaves
}

func file(t testing.TB, folder, name string) []byte {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func kinds(leaves []part) []string {
	var kinds []string
	for _, p := range leaves {
		kinds = append(kinds, p.kind)
	}
	return kinds
}

// mailServer is an SMTP server on this machine that keeps what it is given.
type mailServer struct {
	mutex   sync.Mutex
	refuses int // so many messages are refused for now, after they were read
	got     []delivered
}

type delivered struct {
	to  []string
	raw string
}

type mailSession struct {
	server *mailServer
	to     []string
}

func (s *mailServer) NewSession(*smtp.Conn) (smtp.Session, error) {
	return &mailSession{server: s}, nil
}
func (s *mailSession) Reset()                               { s.to = nil }
func (s *mailSession) Logout() error                        { return nil }
func (s *mailSession) Mail(string, *smtp.MailOptions) error { return nil }
func (s *mailSession) Rcpt(address string, _ *smtp.RcptOptions) error {
	s.to = append(s.to, address)
	return nil
}

func (s *mailSession) Data(body io.Reader) error {
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	s.server.mutex.Lock()
	defer s.server.mutex.Unlock()
	s.server.got = append(s.server.got, delivered{slices.Clone(s.to), string(raw)})
	if s.server.refuses > 0 {
		s.server.refuses--
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "come back later"}
	}
	return nil
}

// throughMailServer lets a trial send its e-mail over real SMTP. The settings may be changed while it runs.
func (tr *trial) throughMailServer() (*mailServer, *gateway.SMTPSettings) {
	tr.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		tr.t.Fatal(err)
	}
	kept := &mailServer{}
	server := smtp.NewServer(kept)
	server.Domain = "localhost"
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	settings := &gateway.SMTPSettings{Host: "127.0.0.1", SenderAddress: "post@clinic.example", SenderName: "The clinic"}
	if _, err := fmt.Sscan(listener.Addr().(*net.TCPAddr).AddrPort().String()[len("127.0.0.1:"):], &settings.Port); err != nil {
		tr.t.Fatal(err)
	}
	mail := gateway.NewSMTP(gateway.SMTPOptions{
		Settings: func() (gateway.SMTPSettings, bool) { return *settings, settings.SenderAddress != "" },
		Now:      func() time.Time { return tr.clock },
	})
	tr.gateways = gateway.NewSet(mail, tr.provider, nil)
	tr.t.Cleanup(func() {
		if err := mail.Close(); err != nil {
			tr.t.Error(err)
		}
		if err := server.Close(); err != nil {
			tr.t.Error(err)
		}
		<-served
	})
	return kept, settings
}
