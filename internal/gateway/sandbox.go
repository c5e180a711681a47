package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	stdmail "net/mail"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"pawbell/internal/outbox"
)

// Sandbox delivers e-mails and texts into a folder, so that a fresh checkout never reaches a stranger.
//
// Files are put in place by renaming, so whoever looks sees whole files only and a repeated message is the same file again. They are not
// forced to the disk one by one: that would cost a hundredfold, and what a power cut may take here is no message to anybody.
type Sandbox struct {
	dir    string
	sender func() stdmail.Address
	now    func() time.Time
}

// NewSandbox makes the sandbox on a folder, which is made when the first message comes. sender is the e-mail sender where a message names
// none, nil = pawbell@localhost; now is the real clock, for the Date header.
func NewSandbox(dir string, sender func() stdmail.Address, now func() time.Time) *Sandbox {
	return &Sandbox{dir: dir, sender: sender, now: now}
}

// Name is "sandbox".
func (s *Sandbox) Name() string { return "sandbox" }

// Carries reports whether the channel is e-mail or SMS.
func (s *Sandbox) Carries(channel outbox.Channel) bool {
	return channel == outbox.Email || channel == outbox.SMS
}

// Send writes `<id>.eml`, the e-mail as it would go out after one X-Envelope-To line for each recipient, hidden copies included, or
// `<id>.txt`, the text after its To and From and an empty line. A full or missing disk is [Temporary].
func (s *Sandbox) Send(ctx context.Context, m Message) Result {
	if ctx.Err() != nil {
		return Result{Outcome: Temporary, Detail: "not reached: " + cause(ctx.Err())}
	}
	if !messageID.MatchString(m.ID) {
		return Result{Outcome: Permanent, Reason: outbox.ReasonRefused, Detail: "the message has no usable id"}
	}
	var content []byte
	switch m.Channel {
	case outbox.Email:
		l, refusal := write(m, s.defaultSender(), s.now())
		if refusal != nil {
			return refusal.result()
		}
		content = l.enveloped()
	case outbox.SMS:
		if strings.TrimSpace(m.To) == "" {
			return Result{Outcome: Permanent, Reason: outbox.ReasonBadAddress, Detail: "recipient: no number"}
		}
		content = fmt.Appendf(nil, "To: %s\nFrom: %s\n\n%s", oneLine(m.To), oneLine(first(m.From, "Pawbell")), m.Text)
	default:
		return Result{Outcome: Permanent, Reason: outbox.ReasonRefused, Detail: "the sandbox carries e-mail and SMS only"}
	}
	if err := s.put(s.file(m), content); err != nil {
		return Result{Outcome: Temporary, Detail: "not written: " + diskCause(err)}
	}
	return Result{Outcome: Accepted, GatewayID: m.ID}
}

// Find reports whether the message's file is there.
func (s *Sandbox) Find(_ context.Context, l Lookup) (*Found, error) {
	if !messageID.MatchString(l.Message.ID) {
		return nil, nil
	}
	info, err := os.Stat(s.file(l.Message))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("look into the sandbox: %s", diskCause(err))
	}
	return &Found{GatewayID: l.Message.ID, CreatedAt: info.ModTime().UTC(), State: outbox.Sent}, nil
}

// Events refuses every request: nobody reports from the sandbox.
func (s *Sandbox) Events(*http.Request, []byte, string, time.Time) (Reports, error) {
	return Reports{}, &WebhookError{Status: http.StatusNotFound, Message: "the sandbox has no webhook"}
}

func (s *Sandbox) loopback() bool { return true }

func (s *Sandbox) defaultSender() stdmail.Address {
	if s.sender != nil {
		if sender := s.sender(); sender.Address != "" {
			return sender
		}
	}
	return stdmail.Address{Name: "Pawbell", Address: "pawbell@localhost"}
}

func (s *Sandbox) file(m Message) string {
	if m.Channel == outbox.Email {
		return filepath.Join(s.dir, m.ID+".eml")
	}
	return filepath.Join(s.dir, m.ID+".txt")
}

func (l letter) enveloped() []byte {
	var b bytes.Buffer
	b.Grow(len(l.raw) + 64*len(l.to))
	for _, address := range l.to {
		b.WriteString("X-Envelope-To: " + address + "\r\n")
	}
	b.Write(l.raw)
	return b.Bytes()
}

// put writes a file in one step. Two that write the same one at once both leave it whole.
func (s *Sandbox) put(name string, content []byte) error {
	file, err := os.CreateTemp(s.dir, ".writing-*")
	if errors.Is(err, os.ErrNotExist) {
		if err := os.MkdirAll(s.dir, 0o700); err != nil {
			return err
		}
		file, err = os.CreateTemp(s.dir, ".writing-*")
	}
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(file.Name()))
	}
	return nil
}

// diskCause names what a disk refused, without the path.
func diskCause(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "the disk is full"
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return "no permission to write"
	default:
		return "the disk did not take it"
	}
}
