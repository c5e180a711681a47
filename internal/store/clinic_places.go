package store

import (
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store/record"
)

func (l *loader) location(r *core.Record) error {
	zone, err := time.LoadLocation(record.Text(r, "timezone"))
	if err != nil {
		return err
	}
	address := strings.TrimSpace(record.Text(r, "address"))
	if town := strings.TrimSpace(record.Text(r, "postcode") + " " + record.Text(r, "city")); town != "" {
		address = strings.TrimPrefix(address+", "+town, ", ")
	}
	at := &Location{
		ID: r.Id, Name: record.Text(r, "name"), Phone: record.Text(r, "phone"), Address: address, Timezone: record.Text(r, "timezone"),
		Country: record.Text(r, "country"), Locale: record.Text(r, "locale"), Currency: record.Text(r, "currency"), LegalID: record.Text(r, "legal_id"), Inactive: record.Truth(r, "inactive"),
	}
	at.Place = booking.Place{ID: r.Id, Zone: zone}
	at.Notify = notify.Location{
		ID: r.Id, Name: at.Name, Address: address, Phone: at.Phone, Email: record.Text(r, "email"), Website: record.Text(r, "website"),
		Country: at.Country, Zone: zone, Locale: at.Locale, Currency: at.Currency,
	}
	l.clinic.Locations[r.Id] = at
	return nil
}

func (l *loader) bookingSettings(r *core.Record) error {
	at := l.clinic.Locations[record.Text(r, "location")]
	if at == nil {
		return nil
	}
	CompleteSettings(r)
	lead, err := lead(record.Text(r, "lead"))
	if err != nil {
		return err
	}
	translations, err := translations(r)
	if err != nil {
		return err
	}
	at.Place.Enabled = record.Truth(r, "enabled") && !at.Inactive
	at.Place.Offer = booking.Offer(record.Text(r, "offer"))
	at.Place.GridMinutes = record.Number(r, "grid_minutes")
	if lead != nil {
		at.Place.Lead = *lead
	}
	at.Place.HorizonDays = record.Number(r, "horizon_days")
	at.Place.AskSpecies = !record.Truth(r, "hide_species")
	at.RequestMode = record.Text(r, "mode") == "request"
	at.Info, at.Translations = record.Text(r, "info"), translations
	at.HideDuration, at.HidePractitioner = record.Truth(r, "hide_duration"), record.Truth(r, "hide_practitioner")
	at.Required = record.List(r, "required")
	at.CutoffMinutes, at.MaxOpen = record.Number(r, "cancel_cutoff_minutes"), record.Number(r, "max_open")
	at.CompleteAfter = time.Duration(record.Number(r, "auto_complete_hours")) * time.Hour
	at.PrivacyURL, at.Accent = record.Text(r, "privacy_url"), record.Text(r, "accent")
	if logo := record.Text(r, "logo"); logo != "" {
		at.Logo = "/api/files/" + r.BaseFilesPath() + "/" + logo
	}
	at.EmbedOrigins = strings.Fields(record.Text(r, "embed_origins"))
	at.Notify.RequestMode = at.RequestMode
	return nil
}

func (l *loader) messageSettings(r *core.Record) error {
	at := l.clinic.Locations[record.Text(r, "location")]
	if at == nil {
		return nil
	}
	CompleteSettings(r)
	n := &at.Notify
	n.SMSEnabled = record.Truth(r, "sms_enabled") && !record.Time(r, "sms_terms_accepted_at").IsZero()
	n.EmailEnabled = record.Truth(r, "email_enabled")
	n.SMSSender, n.EmailFrom = record.Text(r, "sms_sender"), record.Text(r, "email_from")
	n.EmailFromName, n.ReplyTo = record.Text(r, "email_from_name"), record.Text(r, "reply_to")
	from, err := calendar.ParseClock(record.Text(r, "window_from"))
	if err != nil {
		return err
	}
	until, err := calendar.ParseClock(record.Text(r, "window_until"))
	if err != nil {
		return err
	}
	n.Window = outbox.Window{From: from, Until: until, Zone: n.Zone}
	if n.ReminderClock, err = calendar.ParseClock(record.Text(r, "reminder_time")); err != nil {
		return err
	}
	visitLead, err := lead(record.Text(r, "visit_lead"))
	if err != nil {
		return err
	}
	if visitLead != nil {
		n.VisitLead = *visitLead
	}
	n.NoEarlyReminder = record.Truth(r, "no_early_reminder")
	n.VisitChannels = Channels(record.List(r, "visit_channels"))
	n.ConfirmationChannels = Channels(record.List(r, "confirmation_channels"))
	n.KeepCharset = record.Text(r, "sms_charset") == "keep"
	n.SMSMaxParts = record.Number(r, "sms_max_parts")
	n.CancellationNoticeHours = record.Number(r, "cancellation_notice_hours")
	n.PaymentNoticeHours = record.Number(r, "payment_notice_hours")
	n.MinimalNotices = record.Truth(r, "minimal_notices")
	at.SMSPrice = record.Amount(r, "sms_price")
	return nil
}

func (l *loader) address(r *core.Record) error {
	if record.Truth(r, "inactive") {
		return nil
	}
	at := record.Text(r, "location")
	l.clinic.Addresses[at] = append(l.clinic.Addresses[at], notify.Address{Email: record.Text(r, "email"), Kinds: record.List(r, "kinds")})
	return nil
}
