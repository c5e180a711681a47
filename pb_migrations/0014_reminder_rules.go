package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// ruleHelp is what staff read beside the fields of a rule now that rules act, by field.
var ruleHelp = map[string]string{
	"reasons":  "Visits with these reasons. Empty means those of the groups below. Where the rule goes by age, these visits hold its reminders back.",
	"inactive": "Off means off at once: what it made and what has not left yet is called off, and comes back if you switch it on again in time.",
}

func init() {
	m.Register(func(app core.App) error {
		rules, err := app.FindCollectionByNameOrId("reminder_rules")
		if err != nil {
			return fmt.Errorf("find reminder_rules: %w", err)
		}
		for _, field := range rules.Fields {
			switch f := field.(type) {
			case *core.RelationField:
				if help, has := ruleHelp[f.Name]; has {
					f.Help = help
				}
			case *core.BoolField:
				if help, has := ruleHelp[f.Name]; has {
					f.Help = help
				}
			}
		}
		rules.Fields.AddAt(len(rules.Fields)-2, // before created and updated
			yes("preview", "Tick and save: nothing is changed, and you are told how many reminders would be added, moved and cancelled. It unticks itself."),
			instant("active_since", "Machine: since when it is switched on. Empty while it is off."),
		)
		if err := app.Save(rules); err != nil {
			return fmt.Errorf("change reminder_rules: %w", err)
		}
		reminders, err := app.FindCollectionByNameOrId("reminders")
		if err != nil {
			return fmt.Errorf("find reminders: %w", err)
		}
		reminders.Fields.AddAt(len(reminders.Fields)-2,
			yes("unwanted", "Machine: the rule that made it does not ask for it any more.", hidden),
			object("given", smallJSON, "Machine: what its rule gave it, so that what somebody changed by hand stays.", hidden),
		)
		if err := app.Save(reminders); err != nil {
			return fmt.Errorf("change reminders: %w", err)
		}
		patients, err := app.FindCollectionByNameOrId("patients")
		if err != nil {
			return fmt.Errorf("find patients: %w", err)
		}
		patients.AddIndex("idx_patients_born_on", false, "born_on", "born_on != ''")
		if err := app.Save(patients); err != nil {
			return fmt.Errorf("change patients: %w", err)
		}
		return nil
	}, func(app core.App) error {
		for name, fields := range map[string][]string{"reminders": {"unwanted", "given"}, "reminder_rules": {"preview", "active_since"}} {
			collection, err := app.FindCollectionByNameOrId(name)
			if err != nil {
				return fmt.Errorf("find %s: %w", name, err)
			}
			for _, field := range fields {
				collection.Fields.RemoveByName(field)
			}
			if err := app.Save(collection); err != nil {
				return fmt.Errorf("change %s back: %w", name, err)
			}
		}
		patients, err := app.FindCollectionByNameOrId("patients")
		if err != nil {
			return fmt.Errorf("find patients: %w", err)
		}
		patients.RemoveIndex("idx_patients_born_on")
		return app.Save(patients)
	})
}
