// Package command answers how the program is started: what PocketBase is told, where the clock comes from, and the commands that Pawbell adds.
package command

import (
	"fmt"
	"net"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/core"
	"github.com/spf13/cobra"

	"pawbell/internal/gateway"
	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/internal/store/disk"
)

// ClockVariable is the environment variable that moves the clinic's clock, for rehearsing outages (design: it never moves signatures,
// look-ups or mail dates).
const ClockVariable = "PAWBELL_NOW"

// Config is what PocketBase is told. The demo has a folder of its own, and nothing prints SQL unless --dev asks for it.
func Config(args []string) pocketbase.Config {
	c := pocketbase.Config{DefaultDataDir: "./pb_data", DBConnect: disk.Connect}
	if len(args) > 1 && args[1] == "demo" {
		c.DefaultDataDir, c.HideStartBanner = "./demo_data", true
	}
	return c
}

// ClinicClock is the clinic's clock.
type ClinicClock struct {
	// Now tells the clinic's time.
	Now func() time.Time
	// Moved says that it is not the real one.
	Moved bool
}

// Clock starts the clinic's clock: the real one, or one that starts at PAWBELL_NOW and runs on from there.
func Clock(getenv func(string) string, now func() time.Time) (ClinicClock, error) {
	v := getenv(ClockVariable)
	if v == "" {
		return ClinicClock{Now: now}, nil
	}
	start, err := time.Parse(time.RFC3339, v)
	if err != nil {
		return ClinicClock{}, fmt.Errorf("%s is no instant as in 2027-03-01T07:10:00Z", ClockVariable)
	}
	begin := now()
	return ClinicClock{Now: func() time.Time { return start.Add(now().Sub(begin)).UTC() }, Moved: true}, nil
}

// MailSettings reads PocketBase's mail settings each time it is asked, so that a change in the dashboard holds at once. They are complete
// when a server is switched on and named and a sender is known.
func MailSettings(app core.App) func() (gateway.SMTPSettings, bool) {
	return func() (gateway.SMTPSettings, bool) {
		s := app.Settings()
		m := gateway.SMTPSettings{
			Host: s.SMTP.Host, Port: s.SMTP.Port, Username: s.SMTP.Username, Password: s.SMTP.Password, AuthMethod: s.SMTP.AuthMethod,
			TLS: s.SMTP.TLS, LocalName: s.SMTP.LocalName, SenderAddress: s.Meta.SenderAddress, SenderName: s.Meta.SenderName,
		}
		return m, s.SMTP.Enabled && m.Host != "" && m.Port != 0 && m.SenderAddress != ""
	}
}

// PublicURL reads the Application URL, without a trailing slash.
func PublicURL(app core.App) func() string {
	return func() string { return strings.TrimRight(app.Settings().Meta.AppURL, "/") }
}

// OpenLinks reads the key that signs links, or makes it, when the data folder is first used: asking for help must leave no folder behind.
func OpenLinks(desk *store.Desk) func(*core.BootstrapEvent) error {
	return func(e *core.BootstrapEvent) error {
		if err := e.Next(); err != nil {
			return err
		}
		key, err := links.LoadKey(os.Getenv, e.App.DataDir())
		if err != nil {
			return err
		}
		desk.Links = key
		return nil
	}
}

// KeepAtHome refuses to start with a moved clock while a gateway could reach real people. It is asked once the settings are loaded: they say
// where the mail server is.
func KeepAtHome(clock ClinicClock, gateways gateway.Set) func(*core.BootstrapEvent) error {
	return func(e *core.BootstrapEvent) error {
		if err := e.Next(); err != nil {
			return err
		}
		if clock.Moved && !gateways.Loopback() {
			return fmt.Errorf("%s is set, but a gateway could reach real people: it is for the sandbox and local addresses only", ClockVariable)
		}
		return nil
	}
}

// Register adds Pawbell's commands and lets the Application URL of a clinic that is only reached from this machine follow the address
// that is served.
func Register(app *pocketbase.PocketBase, now func() time.Time) {
	app.RootCmd.AddCommand(demo(app, now), check(app, now))
	answerFailure(app)
	app.OnServe().BindFunc(func(e *core.ServeEvent) error {
		if err := followAddress(e.App, e.Server.Addr); err != nil {
			return err
		}
		return e.Next()
	})
}

// answerFailure makes the program end with the error of the command that it ran, so that whoever started it hears of it: PocketBase prints
// the error and ends as if all were well.
func answerFailure(app *pocketbase.PocketBase) {
	var failed atomic.Pointer[error]
	app.RootCmd.PersistentPreRun = func(c *cobra.Command, _ []string) {
		run := c.RunE
		if run == nil {
			return
		}
		c.SilenceErrors = true
		c.RunE = func(c *cobra.Command, args []string) error {
			err := run(c, args)
			if err != nil {
				failed.Store(&err)
			}
			return err
		}
	}
	app.OnTerminate().BindFunc(func(e *core.TerminateEvent) error {
		if err := e.Next(); err != nil {
			return err
		}
		if err := failed.Load(); err != nil {
			return *err
		}
		return nil
	})
}

// namedGateways are the gateways that the environment names, for commands that ask about them and send nothing.
func namedGateways(app core.App, now func() time.Time) (gateway.Set, error) {
	return gateway.FromEnv(os.Getenv, gateway.Options{
		DataDir: app.DataDir(), SMTP: MailSettings(app), PublicURL: PublicURL(app), Now: now,
	})
}

// followAddress sets the Application URL from the served address while it still is PocketBase's default or an address of this machine alone:
// a link to an old port would lead nowhere. An address that somebody set for the world is left alone.
func followAddress(app core.App, addr string) error {
	settings := app.Settings()
	present, err := url.Parse(settings.Meta.AppURL)
	if err == nil && present.Hostname() != "" && !local(present.Hostname()) {
		return nil
	}
	served := Served(addr)
	if settings.Meta.AppURL == served {
		return nil
	}
	settings.Meta.AppURL = served
	if err := app.Save(settings); err != nil {
		return fmt.Errorf("set the Application URL: %w", err)
	}
	return nil
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Served is the URL under which a served address is reached from this machine.
func Served(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "http://" + addr
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	switch port {
	case "https", "443":
		return "https://" + host
	case "http", "80":
		return "http://" + host
	}
	return "http://" + net.JoinHostPort(host, port)
}
