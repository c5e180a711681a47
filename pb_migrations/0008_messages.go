package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		return create(app, reminderRules(), reminders(), broadcasts(), messages(), messageEvents(), inboundMessages(), stoppedAddresses())
	}, func(app core.App) error {
		return drop(app, "stopped_addresses", "inbound_messages", "message_events", "messages", "broadcasts", "reminders", "reminder_rules")
	})
}

func reminderRules() table {
	return table{
		name: "reminder_rules",
		fields: []core.Field{
			text("name", nameLength, "What the rule is for, for example Yearly vaccination.", required, shown),
			choice("trigger", []string{"visit_completed", "age_reached"}, "visit_completed: when a visit with one of the reasons below is over. age_reached: when a patient gets that old.", required),
			many("reasons", "reasons", "Visits with these reasons. Empty means those of the groups below."),
			many("groups", "reason_groups", "Visits with any reason of these groups. Empty means the reasons above only."),
			many("species", "species", "For which kinds of animal. Empty means all."),
			whole("age_number", 1000, "The age, where the rule goes by age. 0 means at birth."),
			choice("age_unit", units, "Unit of the age. Empty means year."),
			whole("due_number", 1000, "How long after the visit, or after that age, the reminder is due. 0 means the same day."),
			choice("due_unit", units, "Unit of that time. Empty means year."),
			object("steps", 1000, "On which days around the due date the owner is written to, for example [-30, 7]: a month before and a week after. At most four. Empty means on the due date."),
			choices("methods", channels, "How. post prints a letter, external leaves it to another service. Empty means e-mail."),
			one("template", "templates", "What owners read. Empty uses reminder."),
			text("reminder_group", nameLength, "What it keeps up to date, for example vaccination. A newer service of the same group closes older reminders, and a coming visit holds them back."),
			yes("always_send", "Send it even though a visit of that group is in the book already."),
			yes("inactive", "Makes no new reminders. Those already made stay."),
		},
		access: ofChain(),
	}
}

func reminders() table {
	return table{
		name: "reminders",
		fields: []core.Field{
			one("client", "clients", "Who is reminded.", required, shown),
			many("patients", "patients", "About which animals. Empty if it is about none in particular."),
			one("location", "locations", "From which place it comes.", required),
			choices("methods", channels, "How. E-mail and SMS need an address that the client allows. post prints a letter, external leaves it to another service. Empty means e-mail."),
			one("template", "templates", "The text to use. Empty uses reminder, unless you write your own."),
			yes("own_text", "Use the words below instead of a template."),
			text("subject", addressLength, "Subject of the e-mail. Filled in from the template, and yours to change."),
			text("email_text", textLength, "The e-mail, in Markdown. Filled in from the template, and yours to change."),
			text("sms_text", smsLength, "The text message. Filled in from the template, and yours to change."),
			text("to_email", 254, "The address for this reminder. Empty means the client's."),
			text("to_phone", 40, "The number for this reminder. Empty means the client's."),
			day("due_on", "When the service is due, as 2027-03-01.", required, shown),
			whole("send_before_days", 3650, "How many days before the due date it is sent. 0 means on that day."),
			whole("repeat_number", 1000, "How much time lies between repetitions. 0 means that it is not repeated."),
			choice("repeat_unit", units, "Unit of that time. Empty means month."),
			whole("repeat_count", 100, "How often it is sent in all. 0 and 1 mean once."),
			whole("sent_count", 1000, "Machine: how often it was sent so far. 0 means not yet."),
			text("reminder_group", nameLength, "What it keeps up to date, for example vaccination. A newer service of the same group closes it. Empty if none."),
			choice("state", []string{"scheduled", "held", "sent", "done", "cancelled", "stale"}, "held: a visit is in the book already. sent: everything went out, the service is still open. By hand it can be set to done or cancelled. Empty means scheduled.", shown),
			text("reason", 50, "Machine: why it is where it is, as a code. Empty if nothing is in its way."),
			instant("next_send_at", "Machine: when it is sent next. Empty means not again."),
			one("rule", "reminder_rules", "The rule that made it. Empty if somebody made it by hand."),
			one("booking", "bookings", "The visit that it came from. Empty if none."),
			yes("send_now", "Tick and save to send it now. It unticks itself."),
			yes("requeue", "Tick and save to send it once more, as a new message. It unticks itself."),
			revision(),
		},
		indexes: []index{
			{name: "state", columns: "state, next_send_at"},
			{name: "client", columns: "client, state"},
			{name: "location", columns: "location, due_on"},
			{name: "due_on", columns: "due_on"},
			{name: "rule", columns: "rule"},
			{name: "booking", columns: "booking"},
			{name: "template", columns: "template"},
		},
		access: ofLocation(),
	}
}

func broadcasts() table {
	sender := ofLocation()
	sender.delete = staff(at("location"), "state = 'draft'")
	return table{
		name: "broadcasts",
		fields: []core.Field{
			choice("kind", []string{"day", "group"}, "day: everybody with a visit in a stretch of time. group: everybody that a search finds.", required, shown),
			one("location", "locations", "From which place it comes. A day's visits are those of this place.", required, shown),
			one("practitioner", "practitioners", "Only visits with this person. Empty means everybody's."),
			instant("from_at", "Visits that start from here on. Only for a day."),
			instant("until_at", "Visits that start before this. Only for a day."),
			text("filter", noteLength, "The search that finds the clients, for example city = 'Odense'. Only for a group; an empty one is refused."),
			text("asked_by", nameLength, "Machine: who asked for it. The search finds what that person may see."),
			one("template", "templates", "The text to use. Empty if you write your own.", shown),
			yes("own_text", "Use the words below instead of a template."),
			text("subject", addressLength, "Subject of the e-mail. Empty uses the template's."),
			text("email_text", textLength, "The e-mail, in Markdown. Empty uses the template's."),
			text("sms_text", smsLength, "The text message. Empty uses the template's."),
			choices("channels", ways, "How, in this order. Empty means e-mail, then SMS."),
			choice("channel_mode", channelModes, "first: one message, on the first channel chosen that reaches the owner. every: one on each. Empty means first."),
			choice("state", []string{"draft", "sending", "sent", "stopped"}, "Machine: a draft sends nothing until it is told to. Empty means draft.", shown),
			whole("recipients", 10_000_000, "Machine: how many people it goes to. 0 before it was counted."),
			object("skipped", smallJSON, "Machine: how many were left out, by reason."),
			whole("parts", 10_000_000, "Machine: how many parts of text messages. 0 if none."),
			decimal("cost", 1e9, "Machine: what the text messages cost. 0 if nothing."),
			whole("confirm_count", 10_000_000, "Above 50 people: the number that the preview showed, so that nobody writes to more than they meant. 0 below that."),
			yes("send", "Tick and save to send it. It unticks itself."),
			yes("stop", "Tick and save to stop what has not left yet. It unticks itself."),
			revision(),
		},
		indexes: []index{
			{name: "location", columns: "location, created"},
			{name: "state", columns: "state"},
		},
		access: sender,
	}
}

// attached are the kinds of file that owners can open and mail servers let through. Archives and programs are not among them.
var attached = []string{
	"application/pdf", "image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "text/plain", "text/csv", "text/calendar",
	"application/msword", "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.ms-excel", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
}

func messages() table {
	own := staff(at("location"))
	return table{
		name: "messages",
		fields: []core.Field{
			one("client", "clients", "Whom it is for. Empty for notices to your own people."),
			choice("purpose", purposes, "Why it is sent. Opt-outs and sending hours follow from it. Empty means personal.", shown),
			choice("channel", channels, "How it is sent.", required, shown),
			text("to", addressLength*16, "Address or number. Up to 10, separated by commas, become one message each. Empty means the client's.", shown),
			choice("state", []string{"queued", "sending", "sent", "delivered", "failed", "unknown", "stale", "cancelled", "skipped"}, "sent is handed over, delivered is received. stale: outdated, it could not leave in time. unknown: perhaps sent; please find out and set it to sent or failed. A queued one can be set to cancelled. Empty means queued.", shown),
			text("reason", 50, "Machine: why it was not sent, as a code. Empty if nothing is in its way."),
			instant("send_at", "Machine: when it leaves, within the sending hours."),
			text("subject", addressLength, "Subject of the e-mail."),
			text("text", textLength, "What the owner reads: Markdown for an e-mail, the text itself for a text message. It can be corrected until the message leaves."),
			one("location", "locations", "From which place it comes.", required),
			many("patients", "patients", "About which animals. Empty if none."),
			one("booking", "bookings", "About which visit. Empty if none."),
			many("reminders", "reminders", "Which reminders it carries. Empty if none."),
			one("broadcast", "broadcasts", "Which group message it is part of. Empty if none."),
			one("resend_of", "messages", "The earlier message that this one repeats. Empty if none."),
			one("sibling_of", "messages", "The message it was written together with, for several addresses. Empty if none."),
			text("bcc", noteLength, "Hidden copies, separated by commas. Empty means none."),
			&core.FileField{
				Name: "attachments", MaxSelect: 10, MaxSize: 10 << 20, Protected: true, MimeTypes: attached,
				Help: "Files that go with an e-mail: PDF, pictures, plain text and office documents, up to 10 of them and 15 MB in all. Empty means none.",
			},
			locale("locale", "The language it is written in. Empty means the client's."),
			one("template", "templates", "The text it was made from. Empty if it was written by hand."),
			yes("edited", "Somebody rewrote it by hand; changes of the template leave it alone."),
			yes("own_address", "Somebody changed the address by hand; changes of the client leave it alone."),
			yes("own_time", "Somebody chose the moment by hand, or hurried it; planning leaves its times alone."),
			whole("priority", 1000, "Machine: smaller leaves first. 0 is the most urgent."),
			instant("planned_at", "The wished moment. Empty means now."),
			instant("expires_at", "Machine: from when on it is of no use and is not sent any more."),
			text("detail", 500, "Machine: the code or words behind the reason."),
			text("key", addressLength, "Machine: makes sure that nothing is said twice.", hidden),
			whole("sequence", 1<<31, "Machine: which version of the visit it tells about. 0 is the first."),
			whole("attempts", 1000, "Machine: how often it was handed over. 0 means not yet."),
			instant("next_try_at", "Machine: when it is tried again. Empty means no wait."),
			instant("leased_until", "Machine: until when it is in the hands of the sender.", hidden),
			text("gateway", 50, "Machine: who carried it."),
			text("gateway_id", 255, "Machine: its number there."),
			choice("encoding", []string{"gsm7", "ucs2"}, "Machine: how the text message is written; ucs2 has room for less."),
			whole("parts", 100, "Machine: parts of the text message, each one paid. 0 for other channels."),
			yes("over_limit", "Machine: long names made it longer than the location allows; it was sent whole."),
			decimal("cost", 1_000_000, "Machine: what it cost when it was sent. 0 if nothing."),
			text("currency", 3, "Machine: currency of the cost."),
			text("billed_period", 10, "Machine: the quarter it is billed in, for example 2027Q1."),
			text("legal_id", 30, "Machine: the company it is billed to."),
			instant("sent_at", "Machine: when it was handed over. Empty means not yet."),
			instant("delivered_at", "Machine: when it was received. Empty means that nobody reported it."),
			yes("send_now", "Tick and save to send a queued message now. It unticks itself."),
			yes("requeue", "Tick and save to send it once more, as a new message. It unticks itself."),
			revision(),
		},
		indexes: []index{
			{name: "key", unique: true, columns: "`key`", where: "`key` != ''"},
			// The state leads the partial ones too, or else SQLite would take the index of all states and sort.
			{name: "due", columns: "state, priority, send_at, next_try_at, channel", where: "state = 'queued'"},
			{name: "expiring", columns: "state, expires_at", where: "state = 'queued'"},
			{name: "leased", columns: "state, leased_until", where: "state = 'sending'"},
			{name: "state", columns: "state, created"},
			{name: "client", columns: "client, created"},
			{name: "booking", columns: "booking"},
			{name: "broadcast", columns: "broadcast, state", where: "broadcast != ''"},
			{name: "template", columns: "template", where: "state = 'queued'"},
			{name: "location", columns: "location, created"},
			{name: "to", columns: "`to`, sent_at"},
			{name: "gateway_id", columns: "gateway_id, gateway", where: "gateway_id != ''"},
			{name: "resend_of", columns: "resend_of", where: "resend_of != ''"},
			{name: "sibling_of", columns: "sibling_of", where: "sibling_of != ''"},
			{name: "billed", columns: "legal_id, billed_period", where: "channel = 'sms'"},
		},
		// Who leaves the place out gets the client's, or their own only one; hooks see to it that it is one of the account's.
		access: access{read: own, create: staff(atOrNone("location")), update: staff(at("location"), staysIn("location"))},
	}
}

func messageEvents() table {
	return table{
		name: "message_events",
		fields: []core.Field{
			one("message", "messages", "The message it is about. Empty where a carrier told of one that is not known here."),
			choice("kind", []string{"attempt", "accepted", "delivered", "failed", "bounced", "complained", "resolved"}, "attempt is written before the message is handed over, everything else is what we heard afterwards. resolved: a person said what became of it.", required, shown),
			instant("at", "When it happened.", required, shown),
			text("gateway", 50, "Who carried it."),
			text("gateway_event", 255, "The carrier's own number of this report, so that one told twice is counted once. Empty if there is none."),
			text("detail", noteLength, "The carrier's words, without anything personal. Empty if there are none."),
		},
		indexes: []index{
			{name: "message", columns: "message, at"},
			{name: "once", unique: true, columns: "gateway, gateway_event", where: "gateway_event != ''"},
		},
		access: access{read: staff(at("message.location"))},
	}
}

func inboundMessages() table {
	return table{
		name: "inbound_messages",
		fields: []core.Field{
			choice("channel", ways, "How it came.", required, shown),
			text("from", 254, "Who wrote: a number or an address.", required, shown),
			text("to", 254, "The number or address of yours that it was written to."),
			text("text", longLength, "What they wrote. Empty if nothing came along."),
			one("client", "clients", "Who that probably is. Empty if nobody or several have this number."),
			one("booking", "bookings", "The visit that it is about. Empty if that is not clear."),
			one("location", "locations", "The place that it concerns. Empty if that is not known: then all staff see it."),
			choice("meaning", []string{"stop", "start", "confirm", "cancel", "unclear"}, "How it was understood. unclear ones make a task."),
			instant("at", "When it came.", required, shown),
			text("gateway_id", 255, "The carrier's own number of it, so that one told twice is counted once. Empty if there is none."),
		},
		indexes: []index{
			{name: "gateway_id", unique: true, columns: "gateway_id", where: "gateway_id != ''"},
			{name: "from", columns: "`from`, at"},
			{name: "client", columns: "client"},
			{name: "location", columns: "location, at"},
		},
		access: access{
			read: staff(atOrNone("location")),
			update: staff(atOrNone("location"), "("+"@request.body.location = '' || "+staysIn("location")+")",
				fixed("channel", "from", "to", "text", "at", "gateway_id")),
		},
	}
}

func stoppedAddresses() table {
	return table{
		name: "stopped_addresses",
		fields: []core.Field{
			choice("channel", ways, "Which kind of message is stopped.", required, shown),
			text("address", 254, "The number, with its country code, or the address. The stop holds for everybody who shares it.", required, shown),
			choice("cause", []string{"stop", "bounce", "complaint", "unsubscribed"}, "stop: they wrote STOP or told you. bounce: nobody is there. complaint: they called it spam. unsubscribed: they used the link in a group e-mail.", required),
			choice("purpose", []string{"reminder", "group"}, "What is stopped: reminders, or group messages. Empty means everything."),
			text("note", noteLength, "Who asked to lift the stop, and how. Staff need it before they may delete this row."),
		},
		indexes: []index{{name: "once", unique: true, columns: "channel, address, purpose"}},
		access: access{
			read:   staff(),
			create: staff(),
			update: staff(fixed("channel", "address", "cause", "purpose")),
			delete: staff("note != ''"),
		},
	}
}
