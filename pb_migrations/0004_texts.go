package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

func init() {
	m.Register(func(app core.App) error {
		return create(app, templates())
	}, func(app core.App) error {
		return drop(app, "templates")
	})
}

func templates() table {
	return table{
		name: "templates",
		fields: []core.Field{
			shaped("code", `^[A-Za-z0-9_-]+$`, 50, "Short name of the text, the same in every language, for example visit_reminder. The texts that come with Pawbell are found by it.", required, shown),
			text("description", addressLength, "When this text is used, in your own words."),
			text("name", nameLength, "How the text is called in lists.", required, shown),
			choice("purpose", purposes, "What kind of message the text is for. Opt-outs and sending hours follow from it.", required),
			locale("locale", "The language of this text, for example nb.", required, shown),
			one("location", "locations", "Only for messages from this place. Empty means everywhere."),
			text("subject", addressLength, "Subject of the e-mail. Merge codes such as {{ client.first_name }} may be used. Empty where the text is for text messages only."),
			text("email_text", textLength, "The e-mail, in Markdown, with merge codes. Empty means that this text sends no e-mail."),
			text("sms_text", smsLength, "The text message, with merge codes. Longest names included it has to fit the parts that the location allows. Empty means that this text sends none."),
			yes("replace_edited", "Tick and save: messages and reminders that somebody rewrote by hand get this wording too. It unticks itself."),
			yes("inactive", "Not offered any more. Messages already written stay."),
		},
		indexes: []index{{name: "once", unique: true, columns: "code, locale, location"}},
		access:  ofChain(),
	}
}
