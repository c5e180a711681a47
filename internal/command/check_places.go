package command

import (
	"fmt"
	"slices"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
)

// places looks at what each location needs, and at the texts that its owners read.
func (r *report) places(app core.App, clinic *store.Clinic) error {
	if len(clinic.Order) == 0 {
		r.add(missing, "Locations", "there is none yet. Make one in the dashboard; its settings come with it.")
		return nil
	}
	for _, at := range clinic.Order {
		settings := map[string]*core.Record{}
		for _, collection := range []string{store.BookingSettings, store.MessageSettings} {
			found, err := app.FindAllRecords(collection, dbx.HashExp{"location": at.ID})
			if err != nil {
				return fmt.Errorf("read %s: %w", collection, err)
			}
			if len(found) == 1 {
				settings[collection] = found[0]
			}
		}
		if len(settings) < 2 {
			r.add(missing, at.Name, "its settings are gone. Restore them from a backup.")
			continue
		}
		r.add(good, at.Name, "in the zone %s, writes in %q.", at.Timezone, at.Locale)
		if notify.Locale(at.Locale) == "" {
			r.add(missing, at.Name, "Pawbell has no texts and dates in %q.", at.Locale)
		}
		if err := r.book(app, clinic, at); err != nil {
			return err
		}
		r.channels(clinic, at, settings[store.MessageSettings])
	}
	return r.texts(app, clinic)
}

// book asks whether owners could find a time.
func (r *report) book(app core.App, clinic *store.Clinic, at *store.Location) error {
	shifts, err := app.CountRecords(store.Shifts, dbx.HashExp{"location": at.ID})
	if err != nil {
		return fmt.Errorf("count shifts: %w", err)
	}
	practitioners := 0
	for _, p := range clinic.Practitioners {
		if len(p.Locations) == 0 || slices.Contains(p.Locations, at.ID) {
			practitioners++
		}
	}
	reasons := 0
	for _, reason := range clinic.Reasons {
		if !reason.Rules.Offline && (len(reason.Rules.Locations) == 0 || slices.Contains(reason.Rules.Locations, at.ID)) {
			reasons++
		}
	}
	lacking := missing
	if !at.Place.Enabled {
		lacking = note
		r.add(note, at.Name, "online booking is switched off: the page gives the phone number.")
	}
	r.either(practitioners > 0 && shifts > 0, at.Name, fmt.Sprintf("%d practitioners, %d shifts.", practitioners, shifts),
		lacking, "nobody works here: it needs practitioners and their shifts before there is time for a visit.")
	r.either(reasons > 0, at.Name, fmt.Sprintf("%d reasons can be booked online.", reasons), lacking, "no reason can be booked online here.")
	r.either(at.Phone != "", at.Name, "owners are given "+at.Phone+".", missing, "it has no phone number, which owners are given where booking online does not work.")
	return nil
}

// channels asks whether messages of a location can leave.
func (r *report) channels(clinic *store.Clinic, at *store.Location, settings *core.Record) {
	n := at.Notify
	r.either(n.EmailEnabled, at.Name, "e-mail is on.", note, "e-mail is off: none is sent from here.")
	switch {
	case !settings.GetBool("sms_enabled"):
		r.add(note, at.Name, "text messages are off: none is sent from here.")
	case settings.GetString("sms_terms_accepted_at") == "":
		r.add(missing, at.Name, "text messages are on, but nobody has accepted their terms, so none is sent. Enter in the message settings when they were accepted.")
	default:
		r.add(good, at.Name, "text messages are on, and their terms accepted.")
		r.either(at.SMSPrice > 0, at.Name, fmt.Sprintf("a part of a text message costs %.2f %s.", at.SMSPrice, at.Currency),
			missing, "the price of a text message is 0, so costs are not counted. Enter it in the message settings.")
		r.either(at.LegalID != "", at.Name, "text messages are counted by "+at.LegalID+".", note, "it has no registration number, by which text messages are counted.")
	}
	told := slices.ContainsFunc(clinic.Addresses[at.ID], func(a notify.Address) bool { return slices.Contains(a.Kinds, "booking") })
	r.either(told, at.Name, "your own people hear of new visits.", note, "no notification address of the kind booking: nobody of yours is told of new visits by e-mail.")
}

// unwritten are purposes whose words are written each time, or that come without any.
var unwritten = []outbox.Purpose{outbox.Personal, outbox.Group, outbox.Test, outbox.WaitlistOffer}

// texts asks for a text of every purpose in every language in use: those of the locations, and those that clients asked for.
func (r *report) texts(app core.App, clinic *store.Clinic) error {
	var wanted []string
	if err := app.DB().Select("locale").Distinct(true).From(store.Clients).Where(dbx.NewExp("locale != ''")).Column(&wanted); err != nil {
		return fmt.Errorf("read the clients' languages: %w", err)
	}
	for _, at := range clinic.Order {
		languages := append([]string{at.Locale}, wanted...)
		for i, language := range languages {
			if language = notify.Locale(language); language == "" || slices.Contains(languages[:i], language) {
				continue
			}
			none, foreign := lackingTexts(clinic, at, language)
			switch subject := at.Name + ", texts in " + language; {
			case len(none) > 0:
				r.add(missing, subject, "there is none for %s.", list(none))
			case len(foreign) > 0:
				r.add(note, subject, "%s are written in another language.", list(foreign))
			default:
				r.add(good, subject, "complete.")
			}
		}
	}
	return nil
}

// lackingTexts lists the purposes and channels that have no text for a language, and those that have one in another language only.
func lackingTexts(clinic *store.Clinic, at *store.Location, language string) (none, foreign []string) {
	for _, purpose := range outbox.Purposes() {
		if slices.Contains(unwritten, purpose) {
			continue
		}
		for channel, enabled := range map[outbox.Channel]bool{outbox.Email: at.Notify.EmailEnabled, outbox.SMS: at.Notify.SMSEnabled && purpose.Rules().Owner} {
			if !enabled {
				continue
			}
			text, found := clinic.Templates.Find(string(purpose), language, at.Notify, channel)
			switch name := string(purpose) + " by " + string(channel); {
			case !found:
				none = append(none, name)
			case text.Locale != language:
				foreign = append(foreign, name)
			}
		}
	}
	slices.Sort(none)
	slices.Sort(foreign)
	return none, foreign
}
