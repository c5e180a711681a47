package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		if err := dropSignUps(app); err != nil {
			return err
		}
		return create(app, accounts(), practitioners())
	}, func(app core.App) error {
		return drop(app, "practitioners", "staff")
	})
}

// dropSignUps removes the collection in which PocketBase lets anybody register. It is not made again on the way down.
func dropSignUps(app core.App) error {
	all, err := app.FindAllCollections(core.CollectionTypeAuth)
	if err != nil {
		return err
	}
	for _, collection := range all {
		if collection.Name == "users" {
			return app.Delete(collection)
		}
	}
	return nil
}

func accounts() table {
	return table{
		name: "staff",
		auth: true,
		fields: []core.Field{
			text("name", nameLength, "Who uses this account.", required, shown),
			choice("role", []string{"reception", "vet", "manager"}, "vet: the book, messages and tasks. reception: clients and patients too. manager: settings, shifts, texts and rules as well.", required),
			many("locations", "locations", "Where this account works; it sees and changes nothing of other places. Empty means everywhere."),
			yes("inactive", "Cannot log in any more, and what it was logged in to stops answering."),
		},
		access: access{read: staff()},
		settle: func(collection *core.Collection) {
			collection.AuthRule = rule("inactive = false").pointer()
			// The alert would be a mail of PocketBase's own, outside the queue, to addresses that may not exist yet.
			collection.AuthAlert.Enabled = false
			for name, help := range map[string]string{
				core.FieldNameEmail:           "Logs in with this address.",
				core.FieldNamePassword:        "At least 8 characters.",
				core.FieldNameEmailVisibility: "Colleagues may see the address.",
				core.FieldNameVerified:        "The address was checked.",
			} {
				setHelp(collection.Fields.GetByName(name), help)
			}
		},
	}
}

func setHelp(field core.Field, help string) {
	switch f := field.(type) {
	case *core.EmailField:
		f.Help = help
	case *core.PasswordField:
		f.Help = help
	case *core.BoolField:
		f.Help = help
	}
}

func practitioners() table {
	return table{
		name: "practitioners",
		fields: []core.Field{
			text("name", nameLength, "The name that owners read, for example Anna Holm.", required, shown),
			text("initials", 10, "How the book abbreviates the name."),
			text("title", nameLength, "For example veterinary surgeon. Empty shows none."),
			many("locations", "locations", "Where this person can be booked. Empty means everywhere."),
			one("account", "staff", "The account this person logs in with. Empty if there is none."),
			yes("inactive", "Can no longer be booked. Visits already in the book stay."),
		},
		indexes: []index{{name: "account", columns: "account"}},
		access:  ofChain(),
	}
}
