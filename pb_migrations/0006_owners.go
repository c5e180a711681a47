package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		return create(app, clients(), patients())
	}, func(app core.App) error {
		return drop(app, "patients", "clients")
	})
}

// register is for clients and patients: all staff read them, reception and managers write them.
func register() access {
	return access{read: staff(), create: staff(reception), update: staff(reception), delete: staff(reception)}
}

func clients() table {
	return table{
		name: "clients",
		fields: []core.Field{
			text("first_name", nameLength, "First name.", shown),
			text("last_name", nameLength, "Last name.", shown),
			email("email", "Where e-mails go. Empty means none are sent."),
			text("phone", 40, "The number to call. What is a number is stored with its country code; anything else stays as typed and is never dialled."),
			text("sms_phone", 40, "The number for text messages. Empty means none are sent. The run copy_mobile_numbers fills it from the phone number where it is empty."),
			text("address", addressLength, "Street and number."),
			text("postcode", 20, "Postcode."),
			text("city", nameLength, "Town."),
			shaped("country", `^[A-Z]{2}$`, 2, "Two letters, for example NO. Empty means the location's."),
			locale("locale", "The language this client is written to in, for example sv. Empty means the location's."),
			one("location", "locations", "The place this client belongs to; messages that are not about a visit come from there. Empty if there is none."),
			yes("no_email", "Wants no e-mail at all."),
			yes("no_sms", "Wants no text messages at all."),
			choices("refused", subjects, "What this client does not want to hear about, on any channel. Empty means nothing was refused."),
			text("note", longLength, "For staff only; owners never see it."),
			choice("review", []string{"none", "duplicate"}, "duplicate: probably the same person as one listed below. Look, then merge, or set it to none. Empty means none."),
			many("possible_duplicates", "clients", "Who this client may be as well. Empty if nobody."),
			one("merge_into", "clients", "Choose the client who stays and save: visits, patients and messages move over, and this one is kept as a pointer only."),
			yes("erase", "Tick and save to remove name, addresses, notes and message texts for good. Counts and costs stay. It cannot be undone."),
			whole("no_shows", 1_000_000, "How often this client did not come. Counted by the machine; 0 means never."),
			revision(),
			text("match_name", 2*nameLength+1, "Machine: both names as they are compared. Empty never matches.", hidden),
			text("match_phone", 40, "Machine: the phone number as it is compared. Empty never matches.", hidden),
			text("match_sms_phone", 40, "Machine: the number for texts as it is compared. Empty never matches.", hidden),
			text("match_email", 254, "Machine: the e-mail address as it is compared. Empty never matches.", hidden),
			text("match_address", addressLength+21, "Machine: street and postcode as they are compared. Empty never matches.", hidden),
		},
		indexes: []index{
			{name: "last_name", columns: "last_name, first_name"},
			{name: "location", columns: "location"},
			{name: "merge_into", columns: "merge_into"},
			{name: "match_name", columns: "match_name"},
			{name: "match_phone", columns: "match_phone"},
			{name: "match_sms_phone", columns: "match_sms_phone"},
			{name: "match_email", columns: "match_email"},
			{name: "match_address", columns: "match_address"},
		},
		access: register(),
	}
}

func patients() table {
	return table{
		name: "patients",
		fields: []core.Field{
			one("client", "clients", "The owner.", required),
			text("name", nameLength, "The animal's name.", shown),
			one("species", "species", "Kind of animal. Empty if it is not known."),
			text("breed", nameLength, "Breed. Empty if it is not known."),
			choice("sex", []string{"female", "male", "female_neutered", "male_neutered"}, "Empty if it is not known."),
			day("born_on", "Date of birth, as 2027-03-01. Empty if it is not known; rules that go by age then leave this patient alone."),
			day("deceased_on", "Date of death, as 2027-03-01. From then on nothing is sent about this patient. Empty while it lives."),
			yes("inactive", "No longer comes here. Nothing is sent about this patient."),
			text("note", longLength, "For staff only; owners never see it."),
		},
		indexes: []index{
			{name: "client", columns: "client"},
			{name: "name", columns: "name"},
			{name: "born_on", columns: "born_on"},
		},
		access: register(),
	}
}
