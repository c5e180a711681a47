package command

import (
	"cmp"
	"context"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"
)

// patience is how long a server may take to answer the door.
const patience = 5 * time.Second

// carriers says through whom messages leave, and whether their doors open. Nothing is sent, and no secret leaves this machine.
func (r *report) carriers(ctx context.Context, app core.App, getenv func(string) string) {
	get := func(name string) string { return strings.TrimSpace(getenv(name)) }
	settings, complete := MailSettings(app)()
	smtp := net.JoinHostPort(settings.Host, strconv.Itoa(settings.Port))

	switch named := cmp.Or(get("PAWBELL_EMAIL_GATEWAY"), "sandbox"); named {
	case "sandbox":
		r.add(note, "E-mail gateway", "the sandbox: e-mails are kept in %s/outbox and reach nobody.", app.DataDir())
	case "smtp":
		if !complete {
			r.add(missing, "E-mail gateway", "smtp, but the mail settings lack the server, its port or the sender, or are switched off. E-mails wait until they are filled in, in the dashboard under Settings, Mail settings.")
			break
		}
		r.reach(ctx, "E-mail gateway", "smtp at "+smtp, smtp)
	case "mailgun":
		r.visit(ctx, "E-mail gateway", named, cmp.Or(get("PAWBELL_MAILGUN_BASE_URL"), "https://api.eu.mailgun.net"))
	}
	switch named := cmp.Or(get("PAWBELL_SMS_GATEWAY"), "sandbox"); named {
	case "sandbox":
		r.add(note, "SMS gateway", "the sandbox: texts are kept in %s/outbox and reach nobody.", app.DataDir())
	case "twilio":
		r.visit(ctx, "SMS gateway", named, cmp.Or(get("PAWBELL_TWILIO_BASE_URL"), "https://api.twilio.com"))
		if get("PAWBELL_TWILIO_AUTH_TOKEN_PREVIOUS") != "" {
			r.add(note, "SMS gateway", "reports are taken with the token before this one, too. Unset PAWBELL_TWILIO_AUTH_TOKEN_PREVIOUS once Twilio's new token is its primary one.")
		}
	}
	if external := get("PAWBELL_EXTERNAL_URL"); external != "" {
		r.visit(ctx, "External gateway", "named", external)
	} else {
		r.add(note, "External gateway", "none. Reminders by external wait until somebody fetches them.")
	}
}

// visit knocks at the host of a web address.
func (r *report) visit(ctx context.Context, subject, name, address string) {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		r.add(missing, subject, "%s, but its address is no web address.", name)
		return
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80"}[u.Scheme]
	}
	host := net.JoinHostPort(u.Hostname(), cmp.Or(port, "443"))
	r.reach(ctx, subject, name+" at "+host, host)
}

func (r *report) reach(ctx context.Context, subject, name, host string) {
	dialer := net.Dialer{Timeout: patience}
	connection, err := dialer.DialContext(ctx, "tcp", host)
	if err == nil {
		err = connection.Close()
	}
	r.either(err == nil, subject, name+" answers.", missing, name+" does not answer within 5 seconds. Look at the name, the port and the firewall.")
}
