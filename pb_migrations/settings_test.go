package pb_migrations_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"
)

// R-38, by name, number and audience.
func TestPublicLimitsAreOn(t *testing.T) {
	t.Parallel()
	limits := fresh(t).Settings().RateLimits
	if !limits.Enabled || len(limits.ExcludedIPs) > 0 {
		t.Errorf("enabled %v, excluded %v", limits.Enabled, limits.ExcludedIPs)
	}
	want := []core.RateLimitRule{
		{Label: "booking_requests:create", Audience: "@guest", MaxRequests: 20, Duration: 60},
		{Label: "/api/booking/", Audience: "@guest", MaxRequests: 300, Duration: 10},
		{Label: "*:auth", MaxRequests: 5, Duration: 10},
	}
	if diff := cmp.Diff(want, limits.Rules); diff != "" {
		t.Error(diff)
	}
}

func TestFirstStartIsSetUpForTheClinic(t *testing.T) {
	t.Parallel()
	app := fresh(t)
	settings := app.Settings()
	if settings.Meta.AppName != "Pawbell" || settings.Logs.MinLevel != 4 || !settings.Batch.Enabled || settings.Batch.MaxRequests != 50 {
		t.Errorf("name %q, log level %d, batch %+v", settings.Meta.AppName, settings.Logs.MinLevel, settings.Batch)
	}
}

// Nobody signs up: accounts are made by superusers.
func TestNobodyCanRegister(t *testing.T) {
	t.Parallel()
	app := fresh(t)
	accounts, err := app.FindAllCollections(core.CollectionTypeAuth)
	if err != nil {
		t.Fatal(err)
	}
	for _, collection := range accounts {
		if collection.CreateRule != nil || collection.OAuth2.Enabled || collection.OTP.Enabled {
			t.Errorf("%s is open", collection.Name)
		}
	}
}
