package gateway

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wneessen/go-mail/smtp"
)

// quickCheck is how long a kept connection is trusted without asking the server whether it is still there.
const quickCheck = 2 * time.Second

// smtpConnection is one conversation with a mail server. One goroutine uses it at a time.
type smtpConnection struct {
	options   SMTPOptions
	settings  SMTPSettings
	client    *smtp.Client
	pipelines bool // the server takes several lines at once
	eightBit  bool // and letters with more than ASCII in them
	conn      net.Conn
	sent      int  // messages handed over so far
	inMessage bool // the server waits for the rest of a message
	broken    bool
	refused   bool // a transaction was left half-way: RSET before the next
	idle      *time.Timer
	stale     bool // idle for longer than quickCheck
	checked   *time.Timer
}

func (c *smtpConnection) fresh() bool { return c.sent == 0 && c.idle == nil }

// during runs a step that ends when the time is up or ctx ends, whichever is first, by closing the connection under it.
func (c *smtpConnection) during(ctx context.Context, limit time.Duration, step func() error) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if err := ctx.Err(); err != nil {
		c.refused = true
		return err
	}
	stop := context.AfterFunc(ctx, func() { c.conn.Close() })
	err := step()
	if !stop() {
		c.broken = true
		if err != nil && !answered(err) {
			return ctx.Err()
		}
		return err
	}
	switch {
	case err == nil:
	case answered(err):
		c.refused = true
		c.broken = c.broken || closing(err)
	default:
		c.broken = true
	}
	return err
}

func (c *smtpConnection) command(ctx context.Context, step func() error) error {
	return c.during(ctx, c.options.CommandTimeout, step)
}

// leave says goodbye where the server still listens.
func (c *smtpConnection) leave() {
	if c.broken || c.inMessage {
		c.client.Close()
		return
	}
	if c.during(context.Background(), time.Second, c.client.Quit) != nil {
		c.client.Close()
	}
}

// smtpPool keeps the connections to one mail server. When the settings change, those of the old settings end.
type smtpPool struct {
	options SMTPOptions
	places  chan struct{} // one for each connection that is in use

	mu     sync.Mutex
	kept   []*smtpConnection // the last one used is the last
	closed bool
}

func newSMTPPool(options SMTPOptions) *smtpPool {
	return &smtpPool{options: options, places: make(chan struct{}, options.MaxConnections)}
}

// take answers a connection for one message; give returns it. It waits while all are in use.
func (p *smtpPool) take(ctx context.Context, settings SMTPSettings) (*smtpConnection, error) {
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	for {
		c := p.pop(settings)
		if c == nil {
			break
		}
		// What is left of a message that was given up half-way is dropped now, and not when it was given up: its Send had no time left.
		// A second of silence is no reason to ask the server whether it is still there; a minute is, for servers hang up.
		ask := c.client.Noop
		if c.refused {
			ask = c.client.Reset
		}
		if (c.refused || c.stale) && c.command(ctx, ask) != nil {
			c.leave()
			continue
		}
		c.refused = false
		return c, nil
	}
	c, err := p.open(ctx, settings)
	if err != nil {
		<-p.places
		return nil, err
	}
	return c, nil
}

// renew answers a new connection in place of one that has died.
func (p *smtpPool) renew(ctx context.Context, dead *smtpConnection) (*smtpConnection, error) {
	dead.broken = true
	dead.leave()
	c, err := p.open(ctx, dead.settings)
	if err != nil {
		<-p.places
	}
	return c, err
}

func (p *smtpPool) pop(settings SMTPSettings) *smtpConnection {
	p.mu.Lock()
	defer p.mu.Unlock()
	for len(p.kept) > 0 {
		c := p.kept[len(p.kept)-1]
		p.kept = p.kept[:len(p.kept)-1]
		c.idle.Stop()
		c.checked.Stop()
		if c.settings == settings {
			return c
		}
		go c.leave()
	}
	return nil
}

// give takes a connection back, and keeps it if it may carry another message.
func (p *smtpPool) give(c *smtpConnection) {
	keep := !c.broken && !c.inMessage && c.sent < p.options.MaxPerConnection
	p.mu.Lock()
	keep = keep && !p.closed
	if keep {
		c.stale = false
		p.kept = append(p.kept, c)
		if c.idle == nil {
			c.idle = time.AfterFunc(p.options.IdleFor, func() { p.expire(c) })
			c.checked = time.AfterFunc(quickCheck, func() { p.age(c) })
		} else {
			c.idle.Reset(p.options.IdleFor)
			c.checked.Reset(quickCheck)
		}
	}
	p.mu.Unlock()
	<-p.places
	if !keep {
		go c.leave()
	}
}

func (p *smtpPool) age(c *smtpConnection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if slices.Contains(p.kept, c) {
		c.stale = true
	}
}

// expire ends a connection that nobody has used for a while.
func (p *smtpPool) expire(c *smtpConnection) {
	p.mu.Lock()
	at := slices.Index(p.kept, c)
	if at >= 0 {
		p.kept = slices.Delete(p.kept, at, at+1)
		c.checked.Stop()
	}
	p.mu.Unlock()
	if at >= 0 {
		c.leave()
	}
}

func (p *smtpPool) close() {
	p.mu.Lock()
	kept := p.kept
	p.kept, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range kept {
		c.idle.Stop()
		c.checked.Stop()
		c.leave()
	}
}

// open connects, encrypts and signs in.
func (p *smtpPool) open(ctx context.Context, settings SMTPSettings) (*smtpConnection, error) {
	ctx, cancel := context.WithTimeout(ctx, p.options.OpenTimeout)
	defer cancel()
	var dialer net.Dialer
	raw, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(settings.Host, strconv.Itoa(settings.Port)))
	if err != nil {
		return nil, err
	}
	secured := &tls.Config{ServerName: settings.Host, MinVersion: tls.VersionTLS12}
	conn := raw
	if settings.TLS {
		conn = tls.Client(raw, secured)
	}
	c := &smtpConnection{options: p.options, settings: settings, conn: raw}
	err = c.during(ctx, p.options.OpenTimeout, func() error {
		if c.client, err = smtp.NewClient(conn, settings.Host); err != nil {
			return err
		}
		local := settings.LocalName
		if local == "" {
			local = "localhost"
		}
		if err := c.client.Hello(local); err != nil {
			return err
		}
		if offered, _ := c.client.Extension("STARTTLS"); offered && !settings.TLS {
			if err := c.client.StartTLS(secured); err != nil {
				return err
			}
		}
		c.pipelines, _ = c.client.Extension("PIPELINING")
		c.eightBit, _ = c.client.Extension("8BITMIME")
		return c.signIn()
	})
	if err != nil {
		raw.Close()
		return nil, err
	}
	return c, nil
}

// errSignIn is why we cannot sign in, where no answer of the server says it.
type errSignIn struct{ error }

func (c *smtpConnection) signIn() error {
	s := c.settings
	if s.Username == "" {
		return nil
	}
	offered, mechanisms := c.client.Extension("AUTH")
	if !offered {
		return errSignIn{errors.New("the server offers no sign-in")}
	}
	names := strings.Fields(strings.ToUpper(mechanisms))
	auth := smtp.PlainAuth("", s.Username, s.Password, s.Host, false)
	if strings.EqualFold(s.AuthMethod, "LOGIN") || !slices.Contains(names, "PLAIN") && slices.Contains(names, "LOGIN") {
		auth = smtp.LoginAuth(s.Username, s.Password, s.Host, false)
	}
	err := c.client.Auth(auth)
	if errors.Is(err, smtp.ErrUnencrypted) {
		return errSignIn{errors.New("the connection is not encrypted")}
	}
	if protocol := smtpAnswer(err); protocol != nil && protocol.Code >= 500 {
		return errSignIn{err}
	}
	return err
}
