package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		return create(app, species(), reasonGroups(), reasons())
	}, func(app core.App) error {
		return drop(app, "reasons", "reason_groups", "species")
	})
}

func species() table {
	return table{
		name: "species",
		fields: []core.Field{
			text("name", nameLength, "Kind of animal, as owners read it.", required, shown),
			translations("name"),
			whole("sort", 10_000, "Place in the list, smallest first; equal ones by name. 0 comes first."),
			yes("inactive", "Not offered any more. Patients of this kind stay."),
		},
		indexes: []index{{name: "name", unique: true, columns: "name"}},
		access:  ofChain(),
	}
}

func reasonGroups() table {
	return table{
		name: "reason_groups",
		fields: []core.Field{
			text("name", nameLength, "Heading under which owners find the reasons. With one group only, the step is skipped.", required, shown),
			translations("name"),
			whole("sort", 10_000, "Place in the list, smallest first; equal ones by name. 0 comes first."),
			yes("inactive", "Not offered any more, with all its reasons."),
		},
		indexes: []index{{name: "name", unique: true, columns: "name"}},
		access:  ofChain(),
	}
}

func reasons() table {
	return table{
		name: "reasons",
		fields: []core.Field{
			one("group", "reason_groups", "The heading it is listed under.", required),
			text("name", nameLength, "What the visit is for, as owners and staff read it.", required, shown),
			text("instructions", longLength, "How to prepare, for example to bring the vaccination card. Owners read it when they choose and in their e-mails. Empty shows nothing."),
			translations("name and instructions"),
			whole("duration_minutes", 1440, "How long the visit takes, in minutes: 5 to 1440.", required),
			whole("buffer_before", 720, "Minutes kept free before the visit, inside the shift. Owners do not see them. 0 means none."),
			whole("buffer_after", 720, "Minutes kept free after the visit; they may run past the shift. Owners do not see them. 0 means none."),
			many("species", "species", "For which kinds of animal. Empty means all."),
			many("locations", "locations", "Where it is done. Empty means everywhere."),
			many("practitioners", "practitioners", "Who does it. Empty means everybody."),
			many("resources", "resources", "What it needs: name one of each kind, and a free one of that kind is taken. Empty means nothing."),
			yes("offline", "Cannot be booked online; staff book it."),
			choice("clients", []string{"all", "new", "existing"}, "Whom it is meant for. The page asks, and staff see the answer; nobody is turned away by it. Empty means all."),
			lead("lead", "How long before its start it can still be booked, for example 24h. none: until the start. Empty means as the location has it."),
			whole("max_per_day", 1000, "How many a day and location owners can book; every visit with this reason counts. 0 means no limit."),
			decimal("price", 1_000_000, "Price, taxes included, in the location's currency. 0 means that none is shown."),
			lead("payment_due", "The visit has to be paid this long before its start, for example 3d 12:00. Empty or none: nothing is paid ahead."),
			one("confirmation_template", "templates", "The text that confirms it. Empty uses booking_confirmation."),
			one("reminder_template", "templates", "The text that reminds of it. Empty uses visit_reminder."),
			lead("visit_lead", "How long before the visit its owner is reminded: 12h, 2d 09:00, or none. Empty means as the location has it."),
			yes("end_of_life", "A last goodbye: no reminders, no cheerful texts, and where the owner has to be told something, a task to call."),
			whole("sort", 10_000, "Place within its group, smallest first; equal ones by name. 0 comes first."),
			yes("inactive", "Not offered any more. Visits already in the book stay."),
		},
		indexes: []index{{name: "group", columns: "`group`, sort"}},
		access:  ofChain(),
	}
}
