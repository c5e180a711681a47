package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		return create(app, locations(), bookingSettings(), messageSettings(), notificationAddresses(), resources())
	}, func(app core.App) error {
		return drop(app, "resources", "notification_addresses", "message_settings", "booking_settings", "locations")
	})
}

func locations() table {
	return table{
		name: "locations",
		fields: []core.Field{
			text("name", nameLength, "What owners call this place. It is in every message.", required, shown),
			text("legal_name", nameLength, "The company behind it, as on an invoice."),
			text("legal_id", 30, "The company's registration number (CVR, organisasjonsnummer, CUI …). Text messages are counted by it, each quarter."),
			text("address", addressLength, "Street and number, as owners read it."),
			text("postcode", 20, "Postcode."),
			text("city", nameLength, "Town."),
			shaped("country", `^[A-Z]{2}$`, 2, "Two letters, for example DK. Phone numbers without a country code are read as numbers of this country.", required),
			text("phone", 40, "The number that owners are asked to call."),
			email("email", "The address that owners may write to."),
			link("website", "The clinic's own website."),
			text("timezone", 64, "Where the clocks are, for example Europe/Copenhagen. Days, opening hours and reminders follow it.", required),
			locale("locale", "The language of this place, for example da. Owners and notices without a language of their own use it.", required),
			shaped("currency", `^[A-Z]{3}$`, 3, "Three letters, for example DKK. Empty where no prices are kept."),
			yes("inactive", "No longer in use: it cannot be booked and is not shown to owners. Its history stays."),
		},
		indexes: []index{{name: "name", columns: "name"}},
		access: access{
			read:   staff(),
			create: staff(manager, everywhere),
			update: staff(manager, at("id")),
		},
	}
}

// settingsAccess is for what is made and deleted with its location and changed by its managers.
func settingsAccess() access {
	return access{read: staff(at("location")), update: staff(manager, at("location"), staysIn("location"))}
}

func bookingSettings() table {
	return table{
		name: "booking_settings",
		fields: []core.Field{
			partOf("location", "locations", "The place that these settings are for. They are made with it and deleted with it.", shown),
			yes("enabled", "Owners can book this place online. Off: the page gives the phone number instead."),
			choice("mode", []string{"instant", "request"}, "instant: the visit is booked at once. request: the time is held until staff approve or decline.", required),
			text("info", longLength, "Shown below the title of the booking page, for example where to park. Empty shows nothing."),
			translations("info"),
			choice("offer", []string{"every_slot", "half_hours", "full_hours"}, "Which starts owners are offered: every slot of the grid, :00 and :30, or full hours only.", required),
			whole("grid_minutes", 60, "Length of a slot in minutes, counted from midnight. 0 means 15."),
			lead("lead", "How long before its start a visit can still be booked, for example 2h. none: until the start. Empty means 2h."),
			whole("horizon_days", 730, "How many days ahead owners can book. 0 means today only."),
			yes("hide_species", "Do not ask owners which kind of animal is coming."),
			yes("hide_duration", "Do not tell owners how long the visit takes."),
			yes("hide_practitioner", "Do not tell owners who will see them, and let nobody choose."),
			choices("required", []string{
				"first_name", "last_name", "contact", "email", "phone", "address", "postcode", "city",
				"pet_name", "pet_breed", "pet_born_on", "note",
			}, "What an owner has to fill in. contact means an e-mail address or a phone number, whichever they like. Empty means that nothing is required."),
			whole("cancel_cutoff_minutes", 525_600, "Until how many minutes before the start owners may cancel or move the visit themselves. 0 means until the start; 1440 is a day."),
			whole("max_open", 100, "How many coming online visits one e-mail address or phone number may have. 0 means no limit."),
			whole("auto_complete_hours", 8760, "How many hours after its day a visit that nobody closed counts as completed. 0 means never."),
			link("privacy_url", "Your privacy notice. The booking page links to it. Empty shows no link."),
			text("embed_origins", 1000, "Websites that may show the booking page inside their own, separated by spaces, for example https://clinic.example. Empty means none."),
			&core.FileField{
				Name: "logo", MaxSelect: 1, MaxSize: 1 << 20, MimeTypes: []string{"image/png", "image/jpeg", "image/webp", "image/svg+xml"},
				Help: "Shown on top of the booking page; up to 1 MB. Empty shows the name alone.",
			},
			shaped("accent", `^#[0-9a-fA-F]{6}$`, 7, "Your colour on the booking page, for example #0f6b5c. It has to be readable on white. Empty uses Pawbell's green."),
		},
		indexes: []index{{name: "location", unique: true, columns: "location"}},
		access:  settingsAccess(),
	}
}

func messageSettings() table {
	return table{
		name: "message_settings",
		fields: []core.Field{
			partOf("location", "locations", "The place that these settings are for. They are made with it and deleted with it.", shown),
			yes("sms_enabled", "Send text messages from here. Nothing goes out before the terms are accepted as well."),
			instant("sms_terms_accepted_at", "When the terms of text messages were accepted. Empty means not yet, and then none is sent."),
			yes("email_enabled", "Send e-mail from here."),
			text("sms_sender", 15, "Sender of text messages: up to 11 letters and digits that owners cannot answer, or a number of yours with its country code. Empty uses the gateway's."),
			email("email_from", "Sender address of e-mails. Empty uses the one from PocketBase's mail settings."),
			text("email_from_name", nameLength, "Sender name of e-mails. Empty uses the location's name."),
			email("reply_to", "Where answers to e-mails go. Empty sends them to the sender address."),
			clock("window_from", "From when on messages may leave, in the clinic's time. Empty means 08:00."),
			clock("window_until", "Until when messages may leave, that minute included. Empty means 21:00."),
			clock("reminder_time", "The time of day at which reminders leave. Empty means 09:00."),
			lead("visit_lead", "How long before a visit its owner is reminded: 12h, 2d 09:00 (two days before at nine), or none. Empty means 2d 09:00."),
			yes("no_early_reminder", "Do without the extra reminder, a week before, of visits that were booked more than six weeks ahead."),
			choices("visit_channels", ways, "How visit reminders go out: each channel chosen gets one, where the owner allows it. Empty sends none."),
			choices("confirmation_channels", ways, "How confirmations, changes and cancellations go out. Empty sends none."),
			choice("sms_charset", []string{"gsm7", "keep"}, "gsm7 writes letters that would double the price in their plain form (ș as s) and leaves æ, ø and å alone. keep sends what was typed. Empty means gsm7."),
			whole("sms_max_parts", 10, "How many parts a text message may have; each one is paid. 0 means no limit."),
			decimal("sms_price", 1000, "What one part of a text message costs, taxes included. 0 means that costs are not counted."),
			whole("cancellation_notice_hours", 8760, "How many hours before the visit your own people hear of its cancellation; later cancellations are told at once. 0 means always at once."),
			whole("payment_notice_hours", 8760, "How many hours before a payment is due the owner and your own people are told. 0 means at the deadline."),
			yes("minimal_notices", "Notices to your own people carry the reference and the time only, no names."),
			whole("keep_months", 600, "After how many months the texts of old messages are removed; counts and costs stay. 0 keeps them for ever."),
		},
		indexes: []index{{name: "location", unique: true, columns: "location"}},
		access:  settingsAccess(),
	}
}

func notificationAddresses() table {
	return table{
		name: "notification_addresses",
		fields: []core.Field{
			one("location", "locations", "The place that this address hears about.", required, shown),
			email("email", "An address of your own people. Best one whose reader has no other way to see the bookings: a notice holds all the data of a visit.", required, shown),
			choices("kinds", []string{"booking", "bcc", "cancellation", "payment"}, "booking: every new visit. bcc: a hidden copy of the owner's booking e-mails. cancellation: visits called off. payment: deadlines coming near.", required),
			yes("inactive", "Send nothing to this address for now."),
		},
		indexes: []index{{name: "once", unique: true, columns: "location, email"}},
		access:  ofLocationByManagers(),
	}
}

func resources() table {
	return table{
		name: "resources",
		fields: []core.Field{
			one("location", "locations", "The place where it stands.", required),
			text("kind", nameLength, "What it is, for example operating room or ultrasound. A reason that names one of a kind takes whichever of that kind is free.", required),
			text("name", nameLength, "Which one it is, for example Room 2.", required, shown),
			yes("inactive", "Out of use: it is not booked any more."),
		},
		indexes: []index{{name: "location", columns: "location, kind"}},
		access:  ofLocation(),
	}
}
