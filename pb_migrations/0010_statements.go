package pb_migrations

import (
	"fmt"

	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// statementsQuery counts the text messages of each company and quarter, from what was written on them when they were sent. The id is
// that of the oldest message of the group, as a view has to have one.
const statementsQuery = `SELECT
	MIN(messages.id) AS id,
	messages.legal_id AS legal_id,
	messages.billed_period AS period,
	messages.currency AS currency,
	CAST(COUNT(*) AS INTEGER) AS messages,
	CAST(SUM(messages.parts) AS INTEGER) AS parts,
	CAST(ROUND(SUM(messages.cost), 2) AS REAL) AS cost
FROM messages
WHERE messages.channel = 'sms' AND messages.billed_period != ''
GROUP BY messages.legal_id, messages.billed_period, messages.currency`

func init() {
	m.Register(func(app core.App) error {
		view := core.NewViewCollection("statements")
		view.ViewQuery = statementsQuery
		access{read: staff(manager, "("+everywhere+" || @request.auth.locations.legal_id ?= legal_id)")}.apply(view)
		if err := app.Save(view); err != nil {
			return fmt.Errorf("create statements: %w", err)
		}
		return nil
	}, func(app core.App) error {
		return drop(app, "statements")
	})
}
