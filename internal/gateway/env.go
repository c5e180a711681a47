package gateway

import (
	"errors"
	"fmt"
	"io"
	stdmail "net/mail"
	"path/filepath"
	"strings"
	"time"

	"pawbell/internal/outbox"
)

// Options is what gateways need of the program around them.
type Options struct {
	// DataDir is PocketBase's; the sandbox delivers into its folder "outbox".
	DataDir string
	// SMTP answers the mail settings of this moment and whether they are complete. Their sender is the sandbox's default one, too.
	SMTP func() (SMTPSettings, bool)
	// PublicURL answers the Application URL of this moment.
	PublicURL func() string
	// Now is the real clock: signatures, mail dates, rates and pauses go by it.
	Now func() time.Time
	// ClinicNow is the clinic's clock, which PAWBELL_NOW moves; nil = Now. A text's validity goes by it.
	ClinicNow func() time.Time
}

// Rates at which providers are called at most, a second. They start high and are halved whenever a provider asks for fewer; what a
// provider allows depends on the sender and the country, and it queues the rest itself.
const (
	emailPerSecond    = 20_000
	smsPerSecond      = 10_000
	externalPerSecond = 2_000
)

// Set is the gateways of this clinic. The zero Set carries nothing.
type Set struct {
	email, sms, external Gateway
}

// NewSet makes a set of gateways of one's own; nil = none.
func NewSet(email, sms, external Gateway) Set { return Set{email: email, sms: sms, external: external} }

// FromEnv makes the gateways that the environment names: PAWBELL_EMAIL_GATEWAY (sandbox by default, smtp, mailgun), PAWBELL_SMS_GATEWAY
// (sandbox by default, twilio), and the external one if PAWBELL_EXTERNAL_URL and PAWBELL_EXTERNAL_SECRET are set. The error names
// every variable that is missing or wrong, never a value. Providers that are reached over a network are [Guarded].
func FromEnv(getenv func(string) string, options Options) (Set, error) {
	if options.Now == nil {
		return Set{}, errors.New("gateways: no clock")
	}
	if options.ClinicNow == nil {
		options.ClinicNow = options.Now
	}
	if options.SMTP == nil {
		options.SMTP = func() (SMTPSettings, bool) { return SMTPSettings{}, false }
	}
	env := environment{get: func(name string) string { return strings.TrimSpace(getenv(name)) }}
	sandbox := NewSandbox(filepath.Join(options.DataDir, "outbox"), options.sender, options.Now)
	set := Set{email: sandbox, sms: sandbox}

	switch name := env.get("PAWBELL_EMAIL_GATEWAY"); name {
	case "", "sandbox":
	case "smtp":
		set.email = guarded(NewSMTP(SMTPOptions{Settings: options.SMTP, Now: options.Now}), emailPerSecond, options)
	case "mailgun":
		set.email = env.mailgun(options)
	default:
		env.wrong("PAWBELL_EMAIL_GATEWAY", "sandbox, smtp or mailgun")
	}
	switch name := env.get("PAWBELL_SMS_GATEWAY"); name {
	case "", "sandbox":
	case "twilio":
		set.sms = env.twilio(options)
	default:
		env.wrong("PAWBELL_SMS_GATEWAY", "sandbox or twilio")
	}
	if env.get("PAWBELL_EXTERNAL_URL") != "" || env.get("PAWBELL_EXTERNAL_SECRET") != "" {
		set.external = env.external(options)
	}
	if err := env.problem(); err != nil {
		return Set{}, err
	}
	return set, nil
}

func guarded(g Gateway, perSecond float64, options Options) Gateway {
	return Guarded(g, GuardOptions{PerSecond: perSecond, Now: options.Now})
}

func (o Options) sender() stdmail.Address {
	settings, _ := o.SMTP()
	return stdmail.Address{Name: settings.SenderName, Address: settings.SenderAddress}
}

// environment collects what is wrong with the variables, so that a person is told once and of everything.
type environment struct {
	get      func(string) string
	missing  []string
	problems []error
}

func (e *environment) need(name string) string {
	value := e.get(name)
	if value == "" {
		e.missing = append(e.missing, name)
	}
	return value
}

func (e *environment) wrong(name, expected string) {
	e.problems = append(e.problems, fmt.Errorf("%s must be %s", name, expected))
}

func (e *environment) problem() error {
	if len(e.missing) > 0 {
		return errors.Join(append([]error{fmt.Errorf("missing in the environment: %s", strings.Join(e.missing, ", "))}, e.problems...)...)
	}
	return errors.Join(e.problems...)
}

func (e *environment) mailgun(options Options) Gateway {
	g, err := NewMailgun(MailgunOptions{
		Domain:     e.need("PAWBELL_MAILGUN_DOMAIN"),
		APIKey:     e.need("PAWBELL_MAILGUN_API_KEY"),
		SigningKey: e.need("PAWBELL_MAILGUN_SIGNING_KEY"),
		BaseURL:    e.get("PAWBELL_MAILGUN_BASE_URL"),
		Now:        options.Now,
	})
	if err != nil {
		e.wrong("PAWBELL_MAILGUN_BASE_URL", "a web address")
		return nil
	}
	return guarded(g, emailPerSecond, options)
}

func (e *environment) twilio(options Options) Gateway {
	from, service := e.get("PAWBELL_TWILIO_FROM"), e.get("PAWBELL_TWILIO_MESSAGING_SERVICE_SID")
	g, err := NewTwilio(TwilioOptions{
		AccountSID:          e.need("PAWBELL_TWILIO_ACCOUNT_SID"),
		AuthToken:           e.need("PAWBELL_TWILIO_AUTH_TOKEN"),
		PreviousAuthToken:   e.get("PAWBELL_TWILIO_AUTH_TOKEN_PREVIOUS"),
		From:                from,
		MessagingServiceSID: service,
		BaseURL:             e.get("PAWBELL_TWILIO_BASE_URL"),
		PublicURL:           options.PublicURL,
		Now:                 options.ClinicNow,
		RealNow:             options.Now,
	})
	if from == "" && service == "" {
		e.missing = append(e.missing, "PAWBELL_TWILIO_FROM or PAWBELL_TWILIO_MESSAGING_SERVICE_SID")
	}
	if err != nil {
		e.wrong("PAWBELL_TWILIO_BASE_URL", "a web address")
		return nil
	}
	return guarded(g, smsPerSecond, options)
}

func (e *environment) external(options Options) Gateway {
	address, secret := e.need("PAWBELL_EXTERNAL_URL"), e.need("PAWBELL_EXTERNAL_SECRET")
	if address == "" || secret == "" {
		return nil
	}
	g, err := NewExternal(ExternalOptions{URL: address, Secret: secret, Now: options.Now})
	if err != nil {
		e.problems = append(e.problems, fmt.Errorf("PAWBELL_EXTERNAL_%w", err))
		return nil
	}
	return guarded(g, externalPerSecond, options)
}

// For answers the gateway that carries a channel; letters have none.
func (s Set) For(channel outbox.Channel) (Gateway, bool) {
	var g Gateway
	switch channel {
	case outbox.Email:
		g = s.email
	case outbox.SMS:
		g = s.sms
	case outbox.External:
		g = s.external
	}
	return g, g != nil
}

// Named answers a gateway by its name, for webhooks and for rows that left through it.
func (s Set) Named(name string) (Gateway, bool) {
	for _, g := range []Gateway{s.email, s.sms, s.external} {
		if g != nil && g.Name() == name {
			return g, true
		}
	}
	return nil, false
}

// Loopback reports whether nothing can leave this machine: every gateway is the sandbox or has a loopback address. Only then may the
// clinic's clock be moved.
func (s Set) Loopback() bool {
	for _, g := range []Gateway{s.email, s.sms, s.external} {
		if inner, ok := g.(*guard); ok {
			g = inner.Gateway
		}
		if g == nil {
			continue
		}
		if local, ok := g.(interface{ loopback() bool }); !ok || !local.loopback() {
			return false
		}
	}
	return true
}

// Close ends the connections that gateways keep.
func (s Set) Close() error {
	var problems []error
	for _, g := range []Gateway{s.email, s.sms, s.external} {
		if inner, ok := g.(*guard); ok {
			g = inner.Gateway
		}
		if closer, ok := g.(io.Closer); ok {
			problems = append(problems, closer.Close())
		}
	}
	return errors.Join(problems...)
}
