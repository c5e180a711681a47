package gateway

import (
	"context"
	"fmt"
	"net"
	"net/http"
	stdmail "net/mail"
	"time"

	"pawbell/internal/outbox"
)

// SMTPSettings are where e-mail is handed over, as the clinic's mail settings have them.
type SMTPSettings struct {
	Host string
	Port int
	// Username is empty for a server that asks for no sign-in. The password only ever travels encrypted, or to this machine itself.
	Username, Password string
	// AuthMethod is "PLAIN" (also for "") or "LOGIN".
	AuthMethod string
	// TLS says that the connection is encrypted from its first byte; else STARTTLS is used where the server offers it.
	TLS bool
	// LocalName is how we introduce ourselves, "" = localhost.
	LocalName string
	// SenderAddress and SenderName are used where a message names no sender.
	SenderAddress, SenderName string
}

// SMTPOptions is what the SMTP gateway is made of.
type SMTPOptions struct {
	// Settings answers the settings of this moment, and whether they are complete. It is asked for every message, so a change counts at
	// once and needs no restart.
	Settings func() (SMTPSettings, bool)
	// Now is the real clock, for the Date header.
	Now func() time.Time
	// OpenTimeout bounds connecting, TLS and sign-in together (0 = 10 s), CommandTimeout one command (0 = 15 s), DataTimeout the message and
	// the answer to it (0 = 60 s; RFC 5321, 4.5.3.2.6 would wait ten minutes, but a lease does not).
	OpenTimeout, CommandTimeout, DataTimeout time.Duration
	// IdleFor is how long an unused connection is kept; 0 = 30 s, which most servers allow.
	IdleFor time.Duration
	// MaxConnections may be open at once; 0 = 8.
	MaxConnections int
	// MaxPerConnection messages go over one connection before it is renewed, for servers count; 0 = 100.
	MaxPerConnection int
}

// SMTP hands e-mail to a mail server over connections that are kept and used again. go-mail's own client holds one connection behind one
// lock and does not say how far a message got, so only its smtp subpackage is used, with a pool of our own.
type SMTP struct {
	options SMTPOptions
	pool    *smtpPool
}

// NewSMTP makes the gateway. It connects when the first message comes.
func NewSMTP(options SMTPOptions) *SMTP {
	set := func(value *time.Duration, otherwise time.Duration) {
		if *value == 0 {
			*value = otherwise
		}
	}
	set(&options.OpenTimeout, 10*time.Second)
	set(&options.CommandTimeout, 15*time.Second)
	set(&options.DataTimeout, 60*time.Second)
	set(&options.IdleFor, 30*time.Second)
	if options.MaxConnections == 0 {
		options.MaxConnections = 8
	}
	if options.MaxPerConnection == 0 {
		options.MaxPerConnection = 100
	}
	return &SMTP{options: options, pool: newSMTPPool(options)}
}

// Name is "smtp".
func (s *SMTP) Name() string { return "smtp" }

// Carries reports whether the channel is e-mail.
func (s *SMTP) Carries(channel outbox.Channel) bool { return channel == outbox.Email }

// Send hands one e-mail over. Until the final dot leaves, nothing is sent (RFC 5321, 4.1.1.4), so whatever breaks before it is
// [Temporary]; what breaks after it is [Uncertain]. Hidden copies are recipients of the envelope only; one that the server refuses
// does not hold the owner's e-mail back.
func (s *SMTP) Send(ctx context.Context, m Message) Result {
	result, _ := s.attempt(ctx, m)
	return result
}

// Find answers ErrNoLookup: a mail server cannot be asked.
func (s *SMTP) Find(context.Context, Lookup) (*Found, error) { return nil, ErrNoLookup }

// Events refuses every request: a mail server reports by e-mail only.
func (s *SMTP) Events(*http.Request, []byte, string, time.Time) (Reports, error) {
	return Reports{}, &WebhookError{Status: http.StatusNotFound, Message: "the mail server has no webhook"}
}

// Close takes leave of the mail server.
func (s *SMTP) Close() error {
	s.pool.close()
	return nil
}

func (s *SMTP) loopback() bool {
	settings, complete := s.options.Settings()
	return complete && loopbackHost(settings.Host)
}

func (s *SMTP) attempt(ctx context.Context, m Message) (Result, health) {
	settings, complete := s.options.Settings()
	if !complete || settings.Host == "" || settings.Port == 0 {
		return Result{Outcome: Stopped, Detail: "the mail settings are incomplete"}, well
	}
	if m.From == "" && settings.SenderAddress == "" {
		return Result{Outcome: Stopped, Detail: "the mail settings name no sender"}, well
	}
	sender := stdmail.Address{Name: settings.SenderName, Address: settings.SenderAddress}
	l, refusal := write(m, sender, s.options.Now())
	if refusal != nil {
		return refusal.result(), well
	}

	connection, err := s.pool.take(ctx, settings)
	if err != nil {
		return smtpJudged(stageOpen, err)
	}
	leftOut, at, err := connection.envelope(ctx, l)
	if err != nil && at == stageMail && !connection.fresh() && (!answered(err) || closing(err)) {
		// A kept connection that the server has closed meanwhile says nothing about the message, of which nothing has left yet.
		if connection, err = s.pool.renew(ctx, connection); err != nil {
			return smtpJudged(stageOpen, err)
		}
		leftOut, at, err = connection.envelope(ctx, l)
	}
	defer s.pool.give(connection)
	if err != nil {
		return smtpJudged(at, err)
	}
	return connection.deliver(ctx, l, l.leftOut+leftOut)
}

// deliver hands the letter over, on a connection whose server waits for it.
func (c *smtpConnection) deliver(ctx context.Context, l letter, leftOut int) (Result, health) {
	left, err := c.letter(ctx, l.raw)
	switch {
	case err != nil && !left:
		return smtpJudged(stageData, err)
	case err != nil && !answered(err):
		return Result{Outcome: Uncertain, GatewayID: l.id, Detail: "no answer to the message: " + cause(err)}, silent
	}
	c.inMessage = false
	if err != nil {
		return smtpJudged(stageEnd, err)
	}
	c.sent++
	result := Result{Outcome: Accepted, GatewayID: l.id}
	if leftOut > 0 {
		result.Detail = fmt.Sprintf("accepted; hidden copies left out: %d", leftOut)
	}
	return result, well
}

// loopbackHost reports whether a host, with or without port, is this machine.
func loopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
