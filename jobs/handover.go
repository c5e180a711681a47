package jobs

import (
	"pawbell/internal/gateway"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// handOver makes of a queued row what its gateway is given. The row is complete (design: the dispatcher knows no templates); only the HTML of an e-mail
// is made here, because it hangs on nothing but the stored text and the clinic's name.
func handOver(clinic *store.Clinic, m store.Outgoing) gateway.Message {
	out := gateway.Message{
		ID: m.ID, Channel: m.Channel, Purpose: m.Purpose, Attempt: m.Attempts, To: m.To, Subject: m.Subject, Text: m.Text, Locale: m.Locale, ExpiresAt: m.ExpiresAt,
	}
	at := clinic.Locations[m.Location]
	if at == nil {
		return out
	}
	if m.Channel != outbox.Email {
		out.From = at.Notify.SMSSender
		return out
	}
	out.BCC = m.BCC
	out.From, out.FromName, out.ReplyTo = at.Notify.EmailFrom, at.Notify.EmailFromName, at.Notify.ReplyTo
	if out.FromName == "" {
		out.FromName = at.Name
	}
	out.Text, out.HTML = notify.Mail(m.Subject, m.Text, m.Locale, at.Notify)
	return out
}
