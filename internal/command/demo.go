package command

import (
	"fmt"
	"time"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/apis"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"
)

// The demo's login. It is no secret: the demo serves this machine alone unless somebody says otherwise.
const (
	demoEmail    = "demo@pawbell.example"
	demoPassword = "pawbell-demo"
)

func demo(app *pocketbase.PocketBase, now func() time.Time) *cobra.Command {
	var address string
	c := &cobra.Command{
		Use:          "demo",
		Short:        "Makes a demo clinic in ./demo_data and serves it",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := app.RunAllMigrations(); err != nil {
				return fmt.Errorf("prepare the data: %w", err)
			}
			app.OnServe().BindFunc(func(e *core.ServeEvent) error {
				e.InstallerFunc = nil
				if err := e.Next(); err != nil {
					return err
				}
				// The listener is open from here on, so whoever reads these lines can follow them at once.
				base := Served(address)
				fmt.Fprintf(c.OutOrStdout(), "Booking page: %s/\nDashboard: %s/_/\nLogin: %s %s\n", base, base, demoEmail, demoPassword)
				return nil
			})
			return apis.Serve(app, apis.ServeConfig{HttpAddr: address})
		},
	}
	c.Flags().StringVar(&address, "http", "127.0.0.1:8090", "address to serve on")
	return c
}
