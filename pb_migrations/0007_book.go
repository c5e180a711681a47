package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		return create(app, shifts(), absences(), bookings(), bookingRequests())
	}, func(app core.App) error {
		return drop(app, "booking_requests", "bookings", "absences", "shifts")
	})
}

func shifts() table {
	return table{
		name: "shifts",
		fields: []core.Field{
			one("practitioner", "practitioners", "Who works.", required, shown),
			one("location", "locations", "Where.", required, shown),
			choices("weekdays", weekdays, "On which days.", required, shown),
			clock("starts", "When the shift begins, in the location's time, for example 08:30.", required, shown),
			clock("ends", "When it ends. 24:00 is midnight at the end of the day.", required),
			day("valid_from_on", "First day, as 2027-03-01. Empty means that it has always been so. Needed where the shift is not every week."),
			day("valid_until_on", "Last day, that day included. Empty means until further notice."),
			whole("every_weeks", 52, "2 means every other week, counted from the week of the first day. 0 and 1 mean every week."),
			yes("offline", "Not offered to owners; staff book it."),
			many("reasons", "reasons", "Only visits with these reasons. Empty means all."),
		},
		indexes: []index{
			{name: "location", columns: "location"},
			{name: "practitioner", columns: "practitioner"},
		},
		access: ofLocationByManagers(),
	}
}

func absences() table {
	return table{
		name: "absences",
		fields: []core.Field{
			one("practitioner", "practitioners", "Who is away. Empty where the whole location is closed.", shown),
			one("location", "locations", "Which location is closed. Empty where one person is away, wherever they work.", shown),
			instant("starts_at", "From when on. Nobody can be booked in that time.", required, shown),
			instant("ends_at", "Until when.", required),
			choice("kind", []string{"sick", "holiday", "closed", "other"}, "Why. Owners are not told.", required, shown),
			choice("visits", []string{"keep", "tell", "cancel"}, "What happens to visits in that time. keep: nothing. tell: owners are told and the visits stand. cancel: owners are told and the visits are called off. Empty means keep."),
			choices("channels", ways, "How owners are told. Empty means as the location tells of changes."),
			choice("channel_mode", channelModes, "first: one message, on the first channel chosen that reaches the owner. every: one on each. Empty means first."),
			one("template", "templates", "What owners read. Empty uses day_notice."),
			text("note", noteLength, "For staff only; owners never see it."),
		},
		indexes: []index{
			{name: "practitioner", columns: "practitioner, ends_at"},
			{name: "location", columns: "location, ends_at"},
		},
		access: absenceAccess(),
	}
}

// absenceAccess lets staff mark away whom they work with: a person away is away everywhere, so one common place is enough.
func absenceAccess() access {
	colleague := func(prefix string) string {
		return "(" + prefix + "practitioner.locations:length = 0 || " + at(prefix+"practitioner.locations.id") + ")"
	}
	own := "((location != '' && " + at("location") + ") || (location = '' && practitioner != '' && " + colleague("") + "))"
	return access{
		read:   staff(own),
		create: staff(own, "(location = '' || practitioner = '' || "+colleague("")+")"),
		update: staff(own,
			"(@request.body.location:changed = false || @request.body.location = '' || "+at("@request.body.location")+")",
			"(@request.body.practitioner:changed = false || @request.body.practitioner = '' || "+colleague("@request.body.")+")"),
		delete: staff(own),
	}
}

func bookings() table {
	return table{
		name: "bookings",
		fields: []core.Field{
			text("reference", 20, "Short code that owners can read out on the phone. Given by the machine.", shown),
			text("local_start", 30, "Machine: the start on the clinic's own clock.", shown),
			choice("status", []string{"requested", "booked", "confirmed", "arrived", "completed", "cancelled", "no_show"}, "Where the visit stands. requested waits for staff and holds its time. Cancelling and moving tells the owner by itself.", required),
			one("location", "locations", "Where.", required),
			one("reason", "reasons", "What the visit is for.", required),
			one("practitioner", "practitioners", "Whom the visit is with. Empty when saving takes whoever is free and has the least to do that day.", required),
			many("resources", "resources", "Rooms and equipment taken. Empty when saving takes free ones of the kinds that the reason needs."),
			one("client", "clients", "The owner.", required),
			one("patient", "patients", "The animal. Empty if it is not known yet."),
			instant("starts_at", "When the visit begins.", required),
			instant("ends_at", "When it ends, 5 minutes to 24 hours later. Empty takes the reason's length; moving the start alone keeps the length."),
			instant("busy_from", "Machine: the start with the time kept free before it."),
			instant("busy_until", "Machine: the end with the time kept free after it."),
			choice("source", []string{"online", "staff", "api"}, "Who made it: an owner on the page, staff, or another program. Empty means staff."),
			yes("overbook", "Book although somebody or something is taken already."),
			text("owner_note", noteLength, "What the owner wrote."),
			text("note", longLength, "For staff only; owners never see it."),
			yes("no_sms", "No text messages about this visit."),
			yes("no_email", "No e-mails about this visit."),
			decimal("price", 1_000_000, "Price, taxes included, in the location's currency. 0 means none."),
			choice("payment", []string{"none", "unpaid", "paid", "waived"}, "unpaid: has to be paid before the deadline, and is reminded of. Empty means none."),
			instant("payment_due_at", "Until when it has to be paid. Empty means no deadline."),
			instant("paid_at", "When it was paid. Empty while it is not."),
			instant("cancelled_at", "Machine: when it was cancelled."),
			choice("cancelled_by", actors, "Machine: who cancelled it."),
			text("cancel_cause", nameLength, "Why it was cancelled, in a word or two, for your own counting. Empty if nobody said."),
			text("cancel_note", noteLength, "More about the cancellation, for staff. Empty if there is nothing to say."),
			instant("scheduled_at", "Machine: when the present start was set."),
			instant("changed_at", "Machine: when something that the owner is told about last changed."),
			choice("changed_by", actors, "Machine: who changed it."),
			whole("sequence", 1<<31, "Machine: raised with every change that the owner is told about; calendars go by it. 0 is the first version."),
			whole("link_version", 1<<31, "Machine: raised to make the links in older messages void. 0 is the first version.", hidden),
			revision(),
		},
		indexes: []index{
			{name: "reference", unique: true, columns: "reference"},
			{name: "practitioner", columns: "practitioner, busy_from"},
			// A location's day is read for every question about free times, so the index holds all that the question needs.
			{name: "location", columns: "location, busy_from, busy_until, status, practitioner, reason, starts_at, resources, id"},
			{name: "starts_at", columns: "starts_at"},
			{name: "client", columns: "client, starts_at"},
			{name: "patient", columns: "patient, starts_at"},
			{name: "reason", columns: "reason, starts_at"},
			{name: "status", columns: "status, starts_at"},
			{name: "unpaid", columns: "payment_due_at", where: "payment = 'unpaid'"},
		},
		access: ofLocation(),
	}
}

func bookingRequests() table {
	return table{
		name: "booking_requests",
		fields: []core.Field{
			one("location", "locations", "The place that was chosen.", shown),
			one("reason", "reasons", "What the visit is for.", shown),
			one("species", "species", "Kind of animal. Empty where the page does not ask."),
			one("practitioner", "practitioners", "Whom the owner asked for. Empty means whoever is free."),
			instant("starts_at", "The time that was chosen.", shown),
			text("first_name", nameLength, "First name, as typed."),
			text("last_name", nameLength, "Last name, as typed."),
			text("email", 254, "E-mail address, as typed."),
			text("phone", 40, "Phone number, as typed."),
			text("address", addressLength, "Street and number, as typed."),
			text("postcode", 20, "Postcode, as typed."),
			text("city", nameLength, "Town, as typed."),
			text("pet_name", nameLength, "The animal's name, as typed."),
			text("pet_breed", nameLength, "Breed, as typed."),
			day("pet_born_on", "Date of birth, as 2027-03-01."),
			text("note", noteLength, "What the owner wants you to know."),
			yes("no_offers", "The owner wants no offers."),
			locale("locale", "The language of the page that the owner used."),
			shaped("idempotency_key", `^[A-Za-z0-9_-]{16,64}$`, 64, "Made by the page, so that a request that is sent twice is one visit. Empty only where staff typed it in."),
			text("website", nameLength, "A trap that people do not see. Whatever fills it in is a machine, and nothing is stored."),
			one("booking", "bookings", "Machine: the visit that came of it."),
			one("client", "clients", "Machine: the client it was matched with or made for."),
			one("patient", "patients", "Machine: the patient it was matched with or made for."),
			choice("match", []string{"matched", "new", "ambiguous"}, "Machine: whether this owner was known. ambiguous: two or more clients fit, so a new one was made; please look."),
			text("content_hash", 64, "Machine: tells whether the same key brought the same request.", hidden),
			text("first_answer", 500, "Machine: what the visit was when it was booked, for whoever sends the same request again.", hidden),
		},
		indexes: []index{
			{name: "idempotency_key", unique: true, columns: "idempotency_key", where: "idempotency_key != ''"},
			{name: "location", columns: "location, created"},
			{name: "booking", columns: "booking"},
			{name: "client", columns: "client"},
			{name: "email", columns: "lower(email)"},
			{name: "phone", columns: "phone"},
			{name: "created", columns: "created"},
		},
		access: access{read: staff(at("location")), create: anyone},
	}
}
