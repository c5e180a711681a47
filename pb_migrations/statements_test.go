package pb_migrations_test

import (
	"testing"

	"pawbell/internal/clinictest"
)

// one row per company, quarter and currency, of text messages that went out.
func TestStatementsCountWhatWasSent(t *testing.T) {
	t.Parallel()
	app := clinictest.New(t, nil)
	location := clinictest.Location(t, app)
	for _, sent := range []clinictest.Fields{
		{"channel": "sms", "parts": 1, "cost": 0.99, "billed_period": "2027Q1", "legal_id": "12345678"},
		{"channel": "sms", "parts": 2, "cost": 1.98, "billed_period": "2027Q1", "legal_id": "12345678"},
		{"channel": "sms", "parts": 1, "cost": 0.99, "billed_period": "2027Q2", "legal_id": "12345678"},
		{"channel": "sms", "parts": 1, "cost": 0.99, "billed_period": "2027Q1", "legal_id": "87654321"},
		{"channel": "sms", "parts": 1, "state": "queued"},
		{"channel": "email", "billed_period": "2027Q1", "legal_id": "12345678"},
	} {
		clinictest.Make(t, app, "messages", clinictest.Fields{"location": location.Id, "state": "sent", "currency": "DKK"}, sent)
	}
	rows := all(t, app, "statements")
	if len(rows) != 3 {
		t.Fatalf("%d rows, want 3", len(rows))
	}
	for _, row := range rows {
		if row.GetString("legal_id") == "12345678" && row.GetString("period") == "2027Q1" {
			if row.GetInt("messages") != 2 || row.GetInt("parts") != 3 || row.GetFloat("cost") != 2.97 {
				t.Errorf("%d messages, %d parts, %v", row.GetInt("messages"), row.GetInt("parts"), row.GetFloat("cost"))
			}
		}
	}
}
