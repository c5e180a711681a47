package command

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/clinictest"
)

func env(values map[string]string) func(string) string {
	return func(name string) string { return values[name] }
}

func TestTheClinicsClock(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 11, 22, 3, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, value string
		moved       bool
		want        time.Time // a minute and a half after the start
		refused     bool
	}{
		{"is the real one where nobody moved it", "", false, begin.Add(90 * time.Second), false},
		{"starts where it was put and runs on", "2027-03-01T07:10:00Z", true, time.Date(2027, 3, 1, 7, 11, 30, 0, time.UTC), false},
		{"understands another zone", "2027-03-01T09:10:00+02:00", true, time.Date(2027, 3, 1, 7, 11, 30, 0, time.UTC), false},
		{"refuses a day without a time", "2027-03-01", false, time.Time{}, true},
		{"refuses a time without a zone", "2027-03-01T07:10:00", false, time.Time{}, true},
		{"refuses a word", "tomorrow", false, time.Time{}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			real := begin
			clock, err := Clock(env(map[string]string{ClockVariable: c.value}), func() time.Time { return real })
			if (err != nil) != c.refused {
				t.Fatalf("error %v", err)
			}
			if c.refused {
				return
			}
			real = begin.Add(90 * time.Second)
			if clock.Moved != c.moved || !clock.Now().Equal(c.want) {
				t.Errorf("moved %v, reads %s, want %v and %s", clock.Moved, clock.Now(), c.moved, c.want)
			}
		})
	}
}

func TestAServedAddressIsReachedUnder(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"127.0.0.1:8090":     "http://127.0.0.1:8090",
		"localhost:8090":     "http://localhost:8090",
		"0.0.0.0:8090":       "http://127.0.0.1:8090",
		":8090":              "http://127.0.0.1:8090",
		"[::]:8090":          "http://127.0.0.1:8090",
		"[::1]:8090":         "http://[::1]:8090",
		"clinic.example:80":  "http://clinic.example",
		"clinic.example:443": "https://clinic.example",
		"clinic.example":     "http://clinic.example",
	} {
		if got := Served(address); got != want {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
}

func TestTheApplicationURLFollowsTheAddress(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, before, want string }{
		{"where it is PocketBase's own", "http://localhost:8090", "http://127.0.0.1:8123"},
		{"where it is this machine on another port", "http://127.0.0.1:9999", "http://127.0.0.1:8123"},
		{"but stays where somebody set it for the world", "https://clinic.example", "https://clinic.example"},
		{"but stays where somebody set it for the house", "http://192.168.1.20:8090", "http://192.168.1.20:8090"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			app := clinictest.New(t, nil)
			app.Settings().Meta.AppURL = c.before
			if err := app.Save(app.Settings()); err != nil {
				t.Fatal(err)
			}
			if err := followAddress(app, "127.0.0.1:8123"); err != nil {
				t.Fatal(err)
			}
			if got := app.Settings().Meta.AppURL; got != c.want {
				t.Errorf("%s, want %s", got, c.want)
			}
		})
	}
}

func TestTheDemoHasAFolderOfItsOwn(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	for _, command := range []string{"demo", "serve", "check"} {
		got[command] = Config([]string{"pawbell", command}).DefaultDataDir
	}
	want := map[string]string{"demo": "./demo_data", "serve": "./pb_data", "check": "./pb_data"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Whatever the program is started for, its commits are on the disk before anybody hears of them.
func TestTheProgramWaitsForTheDisk(t *testing.T) {
	t.Parallel()
	for _, command := range []string{"serve", "demo"} {
		db, err := Config([]string{"pawbell", command}).DBConnect(filepath.Join(t.TempDir(), "data.db"))
		if err != nil {
			t.Fatal(err)
		}
		var waits int
		if err := errors.Join(db.NewQuery("PRAGMA synchronous").Row(&waits), db.Close()); err != nil || waits != 2 {
			t.Errorf("%s opens with synchronous %d: %v", command, waits, err)
		}
	}
}
