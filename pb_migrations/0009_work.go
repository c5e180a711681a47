package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		return create(app, tasks(), runs(), auditTrail())
	}, func(app core.App) error {
		return drop(app, "audit", "runs", "tasks")
	})
}

func tasks() table {
	return table{
		name: "tasks",
		fields: []core.Field{
			choice("kind", []string{
				"call_owner", "message_failed", "message_unknown", "unclear_reply", "shared_stop", "bounced_address", "start_request",
				"possible_duplicate", "letter_to_print", "request_waiting", "no_show_warning", "gateway_stopped",
			}, "What has to be done by a person.", required),
			text("title", addressLength, "The task in one line, with the name, number and time that it needs.", required, shown),
			one("location", "locations", "The place whose people should do it. Empty means any."),
			one("client", "clients", "Whom it is about. Empty if nobody."),
			one("booking", "bookings", "Which visit it is about. Empty if none."),
			one("message", "messages", "Which message it is about. Empty if none."),
			yes("done", "Done. It leaves the list and stays in the history."),
			text("done_by", nameLength, "Machine: who did it. Empty while it is open."),
		},
		indexes: []index{
			{name: "open", columns: "done, created"},
			{name: "location", columns: "location, done"},
			{name: "client", columns: "client"},
			{name: "booking", columns: "booking"},
			{name: "message", columns: "message"},
		},
		access: access{
			read:   staff(atOrNone("location")),
			create: staff(atOrNone("location")),
			update: staff(atOrNone("location"), "(@request.body.location = '' || "+staysIn("location")+")"),
			delete: staff(manager, atOrNone("location")),
		},
	}
}

func runs() table {
	return table{
		name: "runs",
		fields: []core.Field{
			choice("kind", []string{"sync_messages", "copy_mobile_numbers", "broadcast", "absence", "import"}, "sync_messages brings every planned message in line with the settings. copy_mobile_numbers fills in missing numbers for texts. The others are made by the machine.", required, shown),
			text("scope", nameLength, "What it goes over, for example one location or one template. Empty means everything.", shown),
			yes("dry", "Count only, and change nothing."),
			choice("state", []string{"queued", "running", "done", "failed", "stopped"}, "Machine: where it stands. Empty means queued.", shown),
			whole("total", 100_000_000, "Machine: how many there are to do. 0 before they were counted."),
			whole("done", 100_000_000, "Machine: how many are done. 0 at the start."),
			whole("failed", 100_000_000, "Machine: how many could not be done. 0 if all went well."),
			text("note", longLength, "Machine: what happened, in words."),
			revision(),
		},
		indexes: []index{{name: "state", columns: "state, kind, scope"}},
		access: access{
			read:   staff(manager),
			create: staff(manager, "(kind = 'sync_messages' || kind = 'copy_mobile_numbers' || kind = 'import')"),
		},
	}
}

func auditTrail() table {
	return table{
		name: "audit",
		fields: []core.Field{
			text("collection", nameLength, "Which kind of record was changed.", required, shown),
			text("record", idLength, "The id of the record that was changed.", required, shown),
			text("action", 40, "What was done, for example create, update, delete, erase or merge.", required, shown),
			text("by", nameLength, "Who did it: an account's id, or the machine."),
			object("before", largeJSON, "What it said before. Empty for something new."),
			object("after", largeJSON, "What it says since. Empty for something deleted."),
		},
		indexes: []index{
			{name: "record", columns: "collection, record, created"},
			{name: "created", columns: "created"},
		},
		// It tells of every place, so it is for managers whom no place limits.
		access: access{read: staff(manager, everywhere)},
	}
}
