// Package clinictest answers how a test gets a clinic: an app with the whole schema in a few milliseconds, and records in one line.
//
// Hooks are bound by the caller, who knows which ones matter to the test.
package clinictest

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tests"

	"pawbell/internal/store/disk"
	_ "pawbell/pb_migrations" // the schema
)

// databases are the files of an app that was just migrated, by name, read once per test binary.
var databases = sync.OnceValues(migrated)

// New is an app with the schema and the texts, species and reasons of a first start, on a folder of its own. Bind puts on what the
// test is about and may be nil. The app is cleaned up with the test.
func New(t testing.TB, bind func(core.App)) *tests.TestApp {
	t.Helper()
	folder, err := os.MkdirTemp("", "clinictest")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := removeAll(folder); err != nil {
			t.Errorf("tidy up: %v", err)
		}
	})
	Fill(t, folder)
	connect := disk.Connect
	if _, measured := t.(*testing.B); !measured {
		connect = careless
	}
	app, err := tests.NewTestAppWithConfig(core.BaseAppConfig{DataDir: folder, DBConnect: connect})
	if err != nil {
		t.Fatalf("start the app: %v", err)
	}
	t.Cleanup(app.Cleanup)
	for _, accounts := range []string{core.CollectionNameSuperusers, "staff"} {
		collection, err := app.FindCachedCollectionByNameOrId(accounts)
		if err != nil {
			t.Fatal(err)
		}
		// Hashing a password as slowly as it should be costs more than the rest of a test.
		if password, is := collection.Fields.GetByName(core.FieldNamePassword).(*core.PasswordField); is {
			password.Cost = cheapest
		}
	}
	if bind != nil {
		bind(app)
	}
	return app
}

// careless opens a test's database without waiting for the disk: nobody will miss it after a power cut.
func careless(path string) (*dbx.DB, error) { return disk.Open(path, "synchronous(OFF)") }

// cheapest is the least that bcrypt can be asked for.
const cheapest = 4

// Fill puts the data of a first start into a folder, for a program that is to be started on it. PocketBase tidies up behind a migration in the
// background; here that has happened, in another app.
func Fill(t testing.TB, folder string) {
	t.Helper()
	files, err := databases()
	if err != nil {
		t.Fatalf("migrate: %v", err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func migrated() (files map[string][]byte, err error) {
	folder, err := os.MkdirTemp("", "clinictest")
	if err != nil {
		return nil, err
	}
	defer func() {
		if gone := removeAll(folder); err == nil {
			err = gone
		}
	}()
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: folder, DBConnect: careless})
	if err := app.Bootstrap(); err != nil {
		return nil, err
	}
	if err := app.RunAllMigrations(); err != nil {
		return nil, err
	}
	// What is still in the write-ahead log would be missing from the copy.
	const checkpoint = "PRAGMA wal_checkpoint(TRUNCATE)"
	if _, err := app.NonconcurrentDB().NewQuery(checkpoint).Execute(); err != nil {
		return nil, err
	}
	if _, err := app.AuxNonconcurrentDB().NewQuery(checkpoint).Execute(); err != nil {
		return nil, err
	}
	if err := app.ResetBootstrapState(); err != nil {
		return nil, err
	}
	files = map[string][]byte{}
	for _, name := range []string{"data.db", "auxiliary.db"} {
		if files[name], err = os.ReadFile(filepath.Join(folder, name)); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// watcher is the id of the hook by which PocketBase watches for other processes on its folder. Its goroutine outlives the app and still looks at
// it, which the race detector rightly minds where such a process is.
const watcher = "__pbNotifyWatcherSystemHook__"

// Open is the app of a data folder that a running program has used or will use. Close it before the program starts.
func Open(t testing.TB, folder string) core.App {
	t.Helper()
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: folder, DBConnect: disk.Connect})
	app.OnBootstrap().Unbind(watcher)
	if err := app.Bootstrap(); err != nil {
		t.Fatalf("open %s: %v", folder, err)
	}
	return app
}

// Close closes what [Open] opened.
func Close(t testing.TB, app core.App) {
	t.Helper()
	if err := app.ResetBootstrapState(); err != nil {
		t.Fatalf("close the app: %v", err)
	}
}

// removeAll removes a folder in which an app that has just ended may still be putting down its last file.
func removeAll(folder string) error {
	for range 20 {
		if err := os.RemoveAll(folder); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return os.RemoveAll(folder)
}

// Handler is the app's whole HTTP side, with PocketBase's own routes. Build it once per app: a second one binds every route again.
func Handler(t testing.TB, app core.App) http.Handler {
	t.Helper()
	router, err := apis.NewRouter(app)
	if err != nil {
		t.Fatal(err)
	}
	var handler http.Handler
	err = app.OnServe().Trigger(&core.ServeEvent{App: app, Router: router}, func(e *core.ServeEvent) error {
		handler, err = e.Router.BuildMux()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

// Ask makes one request with a JSON body ("" for none) and a token ("" for a guest).
func Ask(t testing.TB, handler http.Handler, method, target, token, body string) *httptest.ResponseRecorder {
	t.Helper()
	request := httptest.NewRequestWithContext(t.Context(), method, target, strings.NewReader(body))
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", token)
	}
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, request)
	return answer
}
