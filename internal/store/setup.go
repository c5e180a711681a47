package store

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/notify"
	"pawbell/internal/store/record"
)

// SetUp lists the collections that [LoadClinic] reads.
func SetUp() []string {
	return []string{Locations, BookingSettings, MessageSettings, NotificationAddresses, Species, ReasonGroups, Resources, Practitioners, Reasons, Templates, ReminderRules}
}

// MakeSettings gives a new location its settings, with the defaults of the trade.
func MakeSettings(app core.App, location *core.Record) error {
	for name, defaults := range map[string]map[string]any{
		BookingSettings: {
			"mode": "instant", "offer": string(booking.EverySlot), "grid_minutes": 15, "lead": "2h", "horizon_days": 90,
			"required": []string{"first_name", "last_name", "pet_name", "contact"}, "cancel_cutoff_minutes": 24 * 60, "max_open": 3, "auto_complete_hours": 24,
		},
		MessageSettings: {
			"email_enabled": true, "email_from_name": record.Text(location, "name"), "reply_to": record.Text(location, "email"),
			"visit_channels": []string{"email", "sms"}, "confirmation_channels": []string{"email", "sms"},
			"sms_max_parts": 1, "sms_price": smsPrice(record.Text(location, "country")), "cancellation_notice_hours": 24, "payment_notice_hours": 48,
		},
	} {
		collection, err := app.FindCachedCollectionByNameOrId(name)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		r := core.NewRecord(collection)
		record.Set(r, "location", location.Id)
		for field, value := range defaults {
			record.Set(r, field, value)
		}
		if err := app.Save(r); err != nil {
			return fmt.Errorf("save %s: %w", name, err)
		}
	}
	return nil
}

// CompleteLocation gives a new location the currency of the price that its texts have at first, where it names none.
func CompleteLocation(r *core.Record) {
	if record.Text(r, "currency") == "" && smsPrice(record.Text(r, "country")) > 0 {
		record.Set(r, "currency", "DKK")
	}
}

// smsPrice is what a text costs at first: known in Denmark, and elsewhere for the clinic to fill in.
func smsPrice(country string) float64 {
	if country == "DK" {
		return 0.99
	}
	return 0
}

// CompleteSettings writes what an empty field stands for, so that everybody sees and filters by the value that holds.
func CompleteSettings(r *core.Record) {
	defaults := map[string]string{"lead": "2h", "offer": string(booking.EverySlot), "mode": "instant"}
	if r.Collection().Name == MessageSettings {
		defaults = map[string]string{"window_from": "08:00", "window_until": "21:00", "reminder_time": "09:00", "visit_lead": "2d 09:00", "sms_charset": "gsm7"}
	}
	for field, value := range defaults {
		if record.Text(r, field) == "" {
			record.Set(r, field, value)
		}
	}
}

// Wrong refuses what stands in a field, in words for whoever has to mend it.
func Wrong(field, code, message string) *booking.Refusal {
	return &booking.Refusal{Field: field, Code: code, Message: message}
}

// CheckTranslations refuses translations of another shape than locale, then field, then text: one such record would keep the whole set-up from
// being read.
func CheckTranslations(r *core.Record) error {
	if _, err := translations(r); err != nil {
		return Wrong("translations", "invalid_translations", `Write the translations as in {"da": {"name": "Vaccination"}}.`)
	}
	return nil
}

// CheckLocation refuses a zone that no clock follows: every day and window hangs on it.
func CheckLocation(r *core.Record) error {
	zone := record.Text(r, "timezone")
	if _, err := time.LoadLocation(zone); err != nil || zone == "Local" || zone == "" {
		return Wrong("timezone", "invalid_timezone", "Write the zone as in Europe/Copenhagen.")
	}
	return nil
}

// CheckBookingSettings refuses a grid that does not fit the hour, a colour that nobody could read, and origins that are none.
func CheckBookingSettings(r *core.Record) error {
	if grid := record.Number(r, "grid_minutes"); grid != 0 && (grid < 5 || grid > 60) {
		return Wrong("grid_minutes", "invalid_grid", "A slot is 5 to 60 minutes long.")
	}
	if accent := record.Text(r, "accent"); accent != "" {
		if ratio, ok := contrastOnWhite(accent); !ok {
			return Wrong("accent", "invalid_color", "Write the colour as in #0f6b5c.")
		} else if ratio < readable {
			return Wrong("accent", "low_contrast", fmt.Sprintf("This colour is too pale to be read on white (%.1f to 1, at least 4.5 is needed). Choose a darker one.", ratio))
		}
	}
	for _, origin := range strings.Fields(record.Text(r, "embed_origins")) {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || strings.ContainsAny(origin, ";,'\"*") ||
			u.Scheme+"://"+u.Host != strings.TrimSuffix(origin, "/") {
			return Wrong("embed_origins", "invalid_origin", "Write each website as in https://clinic.example, separated by spaces.")
		}
	}
	return nil
}

// readable is the least contrast of text that WCAG 2.2 (1.4.3) accepts.
const readable = 4.5

// contrastOnWhite is the contrast ratio of a colour on white after WCAG 2.2.
func contrastOnWhite(colour string) (float64, bool) {
	n, err := strconv.ParseUint(strings.TrimPrefix(colour, "#"), 16, 32)
	if err != nil || len(colour) != 7 || colour[0] != '#' {
		return 0, false
	}
	luminance := 0.2126*linear(byte(n>>16)) + 0.7152*linear(byte(n>>8)) + 0.0722*linear(byte(n))
	return 1.05 / (luminance + 0.05), true
}

// CheckMessageSettings refuses a window that never opens.
func CheckMessageSettings(r *core.Record) error {
	from, fromErr := calendar.ParseClock(record.Text(r, "window_from"))
	until, untilErr := calendar.ParseClock(record.Text(r, "window_until"))
	if fromErr != nil || untilErr != nil {
		return nil // said at the fields themselves
	}
	if from >= until {
		return Wrong("window_until", "invalid_window", "The window must close after it opens.")
	}
	return nil
}

// CheckShift refuses a shift that has no time in it, or whose alternate weeks start nowhere.
func CheckShift(r *core.Record) error {
	starts, startsErr := calendar.ParseClock(record.Text(r, "starts"))
	ends, endsErr := calendar.ParseClock(record.Text(r, "ends"))
	switch {
	case startsErr == nil && endsErr == nil && starts >= ends:
		return Wrong("ends", "ends_before_start", "A shift must end after it starts; one that passes midnight is two shifts.")
	case record.Number(r, "every_weeks") > 1 && record.Text(r, "valid_from_on") == "":
		return Wrong("valid_from_on", "required", "Say from which day on the weeks are counted.")
	case record.Text(r, "valid_until_on") != "" && record.Text(r, "valid_until_on") < record.Text(r, "valid_from_on"):
		return Wrong("valid_until_on", "ends_before_start", "The last day must not be before the first.")
	}
	return nil
}

// CheckAbsence refuses an absence of nobody, or of no time.
func CheckAbsence(r *core.Record) error {
	switch {
	case record.Text(r, "practitioner") == "" && record.Text(r, "location") == "":
		return Wrong("practitioner", "required", "Say who is away, or which location is closed.")
	case !record.Time(r, "ends_at").After(record.Time(r, "starts_at")):
		return Wrong("ends_at", "ends_before_start", "The absence must end after it starts.")
	}
	return nil
}

// CheckReason refuses a visit that R-55 could never hold.
func CheckReason(r *core.Record) error {
	length := time.Duration(record.Number(r, "duration_minutes")) * time.Minute
	if length < booking.ShortestVisit || length > booking.LongestVisit {
		return Wrong("duration_minutes", "invalid_length", "A visit lasts 5 minutes to 24 hours.")
	}
	const longestBuffer = 6 * time.Hour
	for _, field := range []string{"buffer_before", "buffer_after"} {
		if time.Duration(record.Number(r, field))*time.Minute > longestBuffer {
			return Wrong(field, "too_long", "A buffer is at most 6 hours long.")
		}
	}
	return nil
}

// NormaliseTemplate writes merge codes of older programs as ours.
func NormaliseTemplate(r *core.Record) {
	for _, field := range []string{"subject", "email_text", "sms_text"} {
		if own := record.Text(r, field); own != "" {
			record.Set(r, field, notify.Normalise(own))
		}
	}
}

// CheckTemplate refuses a text that could not be sent, naming the code or the count.
func CheckTemplate(clinic *Clinic, r *core.Record) error {
	for _, field := range []string{"subject", "email_text", "sms_text"} {
		for _, p := range notify.CheckText(record.Text(r, field)) {
			refusal := Wrong(field, p.Code, p.Message)
			refusal.Params = map[string]any{"name": p.Name, "nearest": p.Nearest}
			return refusal
		}
	}
	smsText := record.Text(r, "sms_text")
	if smsText == "" {
		return nil
	}
	for _, at := range clinic.Locations {
		if own := record.Text(r, "location"); own != "" && own != at.ID {
			continue
		}
		if _, problems := notify.Judge(smsText, notify.LongFacts(at.Notify, clinic.Base, record.Text(r, "locale")), record.Text(r, "locale")); len(problems) > 0 {
			return Wrong("sms_text", problems[0].Code, problems[0].Message)
		}
	}
	return nil
}
