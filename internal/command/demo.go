package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"

	"pawbell/internal/store"
)

// The demo's login, and the password of its staff accounts. It is no secret: the demo serves this machine alone unless somebody says otherwise.
const (
	demoEmail    = "demo@pawbell.example"
	demoPassword = "pawbell-demo"
)

// errReachesPeople keeps messages to invented people, whose numbers may be somebody's, on this machine.
var errReachesPeople = errors.New("the demo writes to people who do not exist, so it sends through the sandbox or to local addresses only: unset PAWBELL_EMAIL_GATEWAY, PAWBELL_SMS_GATEWAY and PAWBELL_EXTERNAL_URL")

func demo(app *pocketbase.PocketBase, now func() time.Time) *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:          "demo",
		Short:        "Makes a demo clinic in ./demo_data and serves it",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) error {
			gateways, err := namedGateways(app, now)
			if err != nil {
				return err
			}
			if !gateways.Loopback() {
				return errReachesPeople
			}
			if err := app.RunAllMigrations(); err != nil {
				return fmt.Errorf("prepare the data: %w", err)
			}
			// Links in the first messages lead to where the demo is about to be served.
			if err := followAddress(app, address); err != nil {
				return err
			}
			// Not cobra's error stream: PocketBase turns that one into coloured lines on the standard output.
			if err := makeDemo(c.Context(), app, now(), newProgress(os.Stderr)); err != nil {
				return err
			}
			app.OnServe().BindFunc(func(e *core.ServeEvent) error {
				e.InstallerFunc = nil
				if err := e.Next(); err != nil {
					return err
				}
				// The listener is open from here on, so whoever reads these lines can follow them at once.
				base := Served(address)
				if _, err := fmt.Fprintf(c.OutOrStdout(), "Booking page: %s/\nDashboard: %s/_/\nLogin: %s %s\n", base, base, demoEmail, demoPassword); err != nil {
					return fmt.Errorf("say where the demo is: %w", err)
				}
				return nil
			})
			return apis.Serve(app, apis.ServeConfig{HttpAddr: address})
		},
	}
	c.Flags().StringVar(&address, "http", "127.0.0.1:8090", "address to serve on")
	return c
}

// errNotTheDemo keeps invented people out of a real clinic's register.
var errNotTheDemo = errors.New("this folder holds a clinic that is not the demo: serve it with the command serve, or name another folder with --dir")

// makeDemo makes the demo clinic where there is none. It is made in two transactions, each whole or absent, so that a start that was killed
// is taken up by the next one; what is there is never made again, and what people changed since is kept.
//
// The set-up comes first and is committed before anybody visits: visits are judged by the set-up that is kept in memory, which would be
// read anew for every one of them otherwise.
func makeDemo(ctx context.Context, app core.App, now time.Time, p *progress) error {
	if ctx == nil {
		ctx = context.Background()
	}
	begun, err := demoBegun(app)
	if err != nil {
		return err
	}
	if !begun {
		p.begin("Making the demo clinic", 1)
		if err := app.RunInTransaction(func(tx core.App) error { return makeDemoPlaces(tx, now) }); err != nil {
			return fmt.Errorf("make the demo clinic: %w", err)
		}
		p.step()
	}
	clients, err := app.CountRecords(store.Clients)
	if err != nil {
		return fmt.Errorf("count clients: %w", err)
	}
	if clients > 0 {
		return nil
	}
	if err := app.RunInTransaction(func(tx core.App) error { return makeDemoLife(ctx, tx, now, p) }); err != nil {
		return fmt.Errorf("make the demo's clients and visits: %w", err)
	}
	return nil
}

// demoBegun reports whether the demo's set-up is there. The demo's login is made together with it.
func demoBegun(app core.App) (bool, error) {
	own, err := app.CountRecords(core.CollectionNameSuperusers, dbx.HashExp{"email": demoEmail})
	if err != nil {
		return false, fmt.Errorf("look for the demo's login: %w", err)
	}
	if own > 0 {
		return true, nil
	}
	for collection, where := range map[string]dbx.Expression{
		core.CollectionNameSuperusers: dbx.Not(dbx.HashExp{"email": core.DefaultInstallerEmail}),
		store.Locations:               dbx.NewExp("1 = 1"),
		store.Clients:                 dbx.NewExp("1 = 1"),
	} {
		others, err := app.CountRecords(collection, where)
		if err != nil {
			return false, fmt.Errorf("look whose folder this is: %w", err)
		}
		if others > 0 {
			return false, errNotTheDemo
		}
	}
	return false, nil
}

// fields are values of a record by name.
type fields = map[string]any

// add saves a new record. A field that the collection does not have is refused: PocketBase would drop it without a word.
func add(app core.App, collection string, values fields) (*core.Record, error) {
	c, err := app.FindCachedCollectionByNameOrId(collection)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", collection, err)
	}
	r := core.NewRecord(c)
	return r, change(app, r, values)
}

// change saves other values on a record.
func change(app core.App, r *core.Record, values fields) error {
	for name, value := range values {
		if r.Collection().Fields.GetByName(name) == nil {
			return fmt.Errorf("%s has no field %s", r.Collection().Name, name)
		}
		r.Set(name, value)
	}
	if err := app.Save(r); err != nil {
		return fmt.Errorf("save %s: %w", r.Collection().Name, err)
	}
	return nil
}

// named finds the record of a name that the first start or the demo gave.
func named(app core.App, collection, name string) (*core.Record, error) {
	r, err := app.FindFirstRecordByData(collection, "name", name)
	if err != nil {
		return nil, fmt.Errorf("find %s in %s: %w", name, collection, err)
	}
	return r, nil
}
