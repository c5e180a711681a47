package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"

	"pawbell/internal/links"
	"pawbell/internal/store"
)

// errMissing is why a check ends with an exit code.
var errMissing = errors.New("something that the clinic needs is missing")

func check(app *pocketbase.PocketBase, now func() time.Time) *cobra.Command {
	return &cobra.Command{
		Use:          "check",
		Short:        "Says what is configured, reachable and missing",
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE: func(c *cobra.Command, _ []string) error {
			ctx := c.Context()
			if ctx == nil {
				ctx = context.Background()
			}
			r, err := inspect(ctx, app, os.Getenv, now)
			if err != nil {
				return err
			}
			return r.write(c.OutOrStdout())
		},
	}
}

// grade is how a finding weighs.
type grade string

const (
	good    grade = "ok"
	note    grade = "note"    // it runs without
	missing grade = "missing" // somebody has to see to it
)

// finding is one line of the answer. Words never hold a secret.
type finding struct {
	grade   grade
	subject string
	words   string
}

// report is what was found, in the order in which it was looked at.
type report []finding

func (r *report) add(g grade, subject, format string, values ...any) {
	*r = append(*r, finding{g, subject, fmt.Sprintf(format, values...)})
}

// either adds a finding that is good or not.
func (r *report) either(is bool, subject, yes string, otherwise grade, no string) {
	if is {
		r.add(good, subject, "%s", yes)
		return
	}
	r.add(otherwise, subject, "%s", no)
}

// write prints the findings, and answers [errMissing] if somebody has to see to one.
func (r report) write(out io.Writer) error {
	var lacking int
	for _, f := range r {
		if f.grade == missing {
			lacking++
		}
		if _, err := fmt.Fprintf(out, "%-8s %s: %s\n", f.grade, f.subject, f.words); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
	}
	if lacking == 0 {
		return nil
	}
	return fmt.Errorf("%w (%d)", errMissing, lacking)
}

// inspect looks at everything that a clinic needs to run.
func inspect(ctx context.Context, app core.App, getenv func(string) string, now func() time.Time) (report, error) {
	var r report
	r.folder(app.DataDir())
	r.linkKey(getenv, app.DataDir())
	if _, err := app.FindCachedCollectionByNameOrId(store.Locations); err != nil {
		r.add(missing, "Data", "the tables are not there yet. They are made by the first start: run serve, or migrate up.")
		return r, nil
	}
	gateways, err := namedGateways(app, now)
	if err != nil {
		r.add(missing, "Gateways", "%s", err)
	}
	r.address(app.Settings().Meta.AppURL, err != nil || gateways.Loopback())
	if err := r.login(app); err != nil {
		return nil, err
	}
	r.carriers(ctx, app, getenv)
	clinic, err := store.LoadClinic(app)
	if err != nil {
		// A set-up that cannot be read is said with the record at fault, which holds no names of owners.
		r.add(missing, "Set-up", "it cannot be read: %s", err)
		return r, nil
	}
	if err := r.places(app, clinic); err != nil {
		return nil, err
	}
	r.either(app.Settings().Backups.Cron != "", "Backups", "made by themselves ("+app.Settings().Backups.Cron+", UTC).",
		missing, "none are made. Switch them on in the dashboard under Settings, Backups.")
	return r, nil
}

func (r *report) folder(dir string) {
	probe, err := os.CreateTemp(dir, ".check-*")
	if err == nil {
		err = errors.Join(probe.Close(), os.Remove(probe.Name()))
	}
	r.either(err == nil, "Data folder", dir+" can be written to.", missing, dir+" cannot be written to. Give it to the account that runs Pawbell, and see whether the disk is full.")
}

func (r *report) linkKey(getenv func(string) string, dir string) {
	_, err := links.LoadKey(getenv, dir)
	where := "in " + dir + "/link.key. Keep a copy: without it, links that were sent are dead."
	if getenv(links.KeyVariable) != "" {
		where = "taken from " + links.KeyVariable + "."
	}
	if err != nil {
		r.add(missing, "Link key", "%s", err)
		return
	}
	r.add(good, "Link key", "%s", where)
}

// address judges the Application URL, with which every link in a message begins.
func (r *report) address(raw string, loopback bool) {
	const subject = "Application URL"
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		r.add(missing, subject, "it is no web address, so no link in a message works. Set it in the dashboard under Settings, Application.")
	case local(u.Hostname()) && !loopback:
		r.add(missing, subject, "%s is this machine alone, but messages go to owners, whose links would lead nowhere. Set it in the dashboard under Settings, Application.", raw)
	case local(u.Hostname()):
		r.add(note, subject, "%s is this machine alone. Set the address that owners use before anything goes out.", raw)
	case u.Scheme == "http":
		r.add(note, subject, "%s is not encrypted. Use https.", raw)
	default:
		r.add(good, subject, "%s", raw)
	}
}

func (r *report) login(app core.App) error {
	n, err := app.CountRecords(core.CollectionNameSuperusers, dbx.Not(dbx.HashExp{"email": core.DefaultInstallerEmail}))
	if err != nil {
		return fmt.Errorf("count superusers: %w", err)
	}
	r.either(n > 0, "Dashboard", fmt.Sprintf("%d can log in.", n), missing, "nobody can log in. Run: superuser upsert EMAIL PASSWORD")
	return nil
}

// list joins names as people write them.
func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}
