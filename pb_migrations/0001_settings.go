package pb_migrations

import (
	"github.com/pocketbase/pocketbase/core"
	m "github.com/pocketbase/pocketbase/migrations"
)

// warnings is the log level from which requests and errors are kept. Keeping every request would cost three times the request itself.
const warnings = 4

func init() {
	m.Register(func(app core.App) error {
		settings := app.Settings()
		settings.Meta.AppName = "Pawbell"
		settings.Meta.SenderName = "Pawbell"
		settings.Logs.MinLevel = warnings
		settings.Logs.MaxDays = 14
		settings.Batch.Enabled = true
		settings.Batch.MaxRequests = 50
		// A batch holds the only writer, so it may not be long.
		settings.Batch.Timeout = 3
		settings.Batch.MaxBodySize = 5 << 20
		settings.RateLimits.Enabled = true
		settings.RateLimits.Rules = []core.RateLimitRule{
			{Label: "booking_requests:create", Audience: core.RateLimitRuleAudienceGuest, MaxRequests: 20, Duration: 60},
			{Label: "/api/booking/", Audience: core.RateLimitRuleAudienceGuest, MaxRequests: 300, Duration: 10},
			// For everybody: a token of one account must not open the way to guessing another's password.
			{Label: "*:auth", Audience: core.RateLimitRuleAudienceAll, MaxRequests: 5, Duration: 10},
		}
		return app.Save(settings)
	}, func(app core.App) error {
		settings := app.Settings()
		settings.Meta.AppName = "Acme"
		settings.Meta.SenderName = "Support"
		settings.Logs.MinLevel = 0
		settings.Logs.MaxDays = 5
		settings.Batch.Enabled = false
		settings.Batch.MaxBodySize = 0
		settings.RateLimits.Enabled = false
		return app.Save(settings)
	})
}
