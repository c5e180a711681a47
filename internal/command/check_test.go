package command

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

func inspected(t *testing.T, app core.App, environment map[string]string, now time.Time) report {
	t.Helper()
	r, err := inspect(t.Context(), app, env(environment), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// has reports whether there is a finding of a grade about a subject with some words.
func (r report) has(g grade, subject, words string) bool {
	return slices.ContainsFunc(r, func(f finding) bool {
		return f.grade == g && strings.Contains(f.subject, subject) && strings.Contains(f.words, words)
	})
}

func (r report) String() string {
	var out bytes.Buffer
	for _, f := range r {
		fmt.Fprintf(&out, "%s %s: %s\n", f.grade, f.subject, f.words)
	}
	return out.String()
}

// lacksNothing wants the check to be content with the demo.
func lacksNothing(t *testing.T, app core.App, now time.Time) {
	t.Helper()
	r := inspected(t, app, nil, now)
	var out bytes.Buffer
	if err := r.write(&out); err != nil {
		t.Errorf("%v:\n%s", err, &out)
	}
	for _, place := range demoPlaces {
		name := place.location["name"].(string)
		for _, words := range []string{"practitioners", "reasons", "accepted", "costs"} {
			if !r.has(good, name, words) {
				t.Errorf("nothing said about %s at %s:\n%s", words, name, r)
			}
		}
	}
	if !r.has(good, "texts in en", "complete") {
		t.Errorf("some clients read English, and nobody looked for its texts:\n%s", r)
	}
}

var aDay = time.Date(2026, 11, 18, 9, 20, 0, 0, time.UTC)

// sound is a small clinic with which the check is content.
func sound(t *testing.T) core.App {
	t.Helper()
	app := clinictest.New(t, nil)
	location := clinictest.Location(t, app, clinictest.Fields{"locale": "da"})
	clinictest.Shift(t, app, location, clinictest.Practitioner(t, app, location))
	clinictest.Make(t, app, store.NotificationAddresses, clinictest.Fields{
		"location": location.Id, "email": "desk@harbour.example", "kinds": []string{"booking"},
	})
	clinictest.Superuser(t, app)
	app.Settings().Backups.Cron = "0 3 * * *"
	if err := app.Save(app.Settings()); err != nil {
		t.Fatal(err)
	}
	if r := inspected(t, app, nil, aDay); r.write(&bytes.Buffer{}) != nil {
		t.Fatalf("the check is not content:\n%s", r)
	}
	return app
}

func TestTheCheckSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name            string
		env             map[string]string
		spoil           func(*testing.T, core.App)
		grade           grade
		subject, wanted string
	}{
		{"the terms of text messages", nil, func(t *testing.T, app core.App) {
			set(t, app, store.MessageSettings, fields{"sms_terms_accepted_at": ""})
		}, missing, "Harbour Vets", "accepted their terms"},
		{"the price of text messages", nil, func(t *testing.T, app core.App) {
			set(t, app, store.MessageSettings, fields{"sms_price": 0})
		}, missing, "Harbour Vets", "costs are not counted"},
		{"shifts", nil, func(t *testing.T, app core.App) { none(t, app, store.Shifts) }, missing, "Harbour Vets", "nobody works here"},
		{"shifts where nobody books online", nil, func(t *testing.T, app core.App) {
			none(t, app, store.Shifts)
			set(t, app, store.BookingSettings, fields{"enabled": false})
		}, note, "Harbour Vets", "nobody works here"},
		{"addresses of its own people", nil, func(t *testing.T, app core.App) { none(t, app, store.NotificationAddresses) }, note, "Harbour Vets", "nobody of yours"},
		{"a text", nil, func(t *testing.T, app core.App) {
			everyText(t, app, "visit_reminder", func(r *core.Record) bool { return true })
		}, missing, "texts in da", "visit_reminder by email and visit_reminder by sms"},
		{"a text in the place's own language", nil, func(t *testing.T, app core.App) {
			everyText(t, app, "visit_reminder", func(r *core.Record) bool { return r.GetString("locale") == "da" })
		}, note, "texts in da", "another language"},
		{"a login", nil, func(t *testing.T, app core.App) {
			set(t, app, core.CollectionNameSuperusers, fields{"email": core.DefaultInstallerEmail})
		}, missing, "Dashboard", "nobody can log in"},
		{"backups", nil, func(t *testing.T, app core.App) {
			app.Settings().Backups.Cron = ""
			if err := app.Save(app.Settings()); err != nil {
				t.Fatal(err)
			}
		}, missing, "Backups", "none are made"},
		{"the mail settings", map[string]string{"PAWBELL_EMAIL_GATEWAY": "smtp"}, func(*testing.T, core.App) {}, missing, "E-mail gateway", "mail settings"},
		{"a link key worth the name", map[string]string{"PAWBELL_LINK_KEY": "short"}, func(*testing.T, core.App) {}, missing, "Link key", "fewer than 16"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			app := sound(t)
			c.spoil(t, app)
			r := inspected(t, app, c.env, aDay)
			if !r.has(c.grade, c.subject, c.wanted) {
				t.Errorf("not said:\n%s", r)
			}
			if err := r.write(&bytes.Buffer{}); errors.Is(err, errMissing) != (c.grade == missing) {
				t.Errorf("ended with %v:\n%s", err, r)
			}
		})
	}
}

func TestTheCheckOfANewClinicAsksForALocation(t *testing.T) {
	t.Parallel()
	app := clinictest.New(t, nil)
	r := inspected(t, app, nil, aDay)
	if !r.has(missing, "Locations", "none yet") || !r.has(missing, "Dashboard", "nobody can log in") {
		t.Errorf("said:\n%s", r)
	}
}

func TestTheCheckKnocksAtTheMailServer(t *testing.T) {
	t.Parallel()
	open, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := open.Close(); err != nil {
			t.Error(err)
		}
	})
	shut := freeAddress(t)
	for address, want := range map[string]grade{open.Addr().String(): good, shut: missing} {
		app := sound(t)
		mail, err := net.ResolveTCPAddr("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		settings := app.Settings()
		settings.SMTP.Enabled, settings.SMTP.Host, settings.SMTP.Port = true, mail.IP.String(), mail.Port
		settings.SMTP.Username, settings.SMTP.Password = "clinic", "verysecret"
		settings.Meta.SenderAddress = "clinic@pawbell.example"
		if err := app.Save(settings); err != nil {
			t.Fatal(err)
		}
		r := inspected(t, app, map[string]string{"PAWBELL_EMAIL_GATEWAY": "smtp"}, aDay)
		if !r.has(want, "E-mail gateway", mail.String()) {
			t.Errorf("%s at %s:\n%s", want, address, r)
		}
		if strings.Contains(r.String(), "verysecret") {
			t.Errorf("the check told a secret:\n%s", r)
		}
	}
}

// Two tokens are meant for the hour in which one follows the other; whoever forgets the old one is reminded of it.
func TestTheCheckRemindsOfATokenThatIsChanging(t *testing.T) {
	t.Parallel()
	app := sound(t)
	for previous, want := range map[string]bool{"": false, "verysecret": true} {
		r := inspected(t, app, map[string]string{
			"PAWBELL_SMS_GATEWAY": "twilio", "PAWBELL_TWILIO_BASE_URL": "http://" + freeAddress(t), "PAWBELL_TWILIO_AUTH_TOKEN_PREVIOUS": previous,
		}, aDay)
		if r.has(note, "SMS gateway", "Unset PAWBELL_TWILIO_AUTH_TOKEN_PREVIOUS") != want || strings.Contains(r.String(), "verysecret") {
			t.Errorf("with the token %q before this one:\n%s", previous, r)
		}
	}
}

func TestTheApplicationURLIsJudgedByWhoFollowsIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		address  string
		loopback bool
		want     grade
	}{
		{"https://clinic.example", false, good},
		{"http://clinic.example", false, note},
		{"http://127.0.0.1:8090", true, note},
		{"http://127.0.0.1:8090", false, missing},
		{"clinic.example", true, missing},
		{"", true, missing},
	} {
		var r report
		r.address(c.address, c.loopback)
		if len(r) != 1 || r[0].grade != c.want {
			t.Errorf("%q, loopback %v: %v, want %s", c.address, c.loopback, r, c.want)
		}
	}
}

// set changes every record of a kind.
func set(t *testing.T, app core.App, collection string, values fields) {
	t.Helper()
	all, err := app.FindAllRecords(collection)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if err := change(app, r, values); err != nil {
			t.Fatal(err)
		}
	}
}

// none deletes every record of a kind.
func none(t *testing.T, app core.App, collection string) {
	t.Helper()
	all, err := app.FindAllRecords(collection)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if err := app.Delete(r); err != nil {
			t.Fatal(err)
		}
	}
}

// everyText deletes the texts of a code that fit.
func everyText(t *testing.T, app core.App, code string, fits func(*core.Record) bool) {
	t.Helper()
	all, err := app.FindAllRecords(store.Templates)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range all {
		if r.GetString("code") == code && fits(r) {
			if err := app.Delete(r); err != nil {
				t.Fatal(err)
			}
		}
	}
}
