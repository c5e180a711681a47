// Pawbell is one program that a veterinary clinic runs to be in touch with pet owners: online booking, visit reminders, recalls, messages
// by SMS, e-mail and letter, and notices to the clinic itself. It extends PocketBase; this file is the whole of it on one screen.
package main

import (
	"log"
	"os"
	"time"

	"github.com/pocketbase/pocketbase"
	"github.com/pocketbase/pocketbase/plugins/migratecmd"

	"pawbell/hooks"
	"pawbell/internal/command"
	"pawbell/internal/gateway"
	"pawbell/internal/store"
	"pawbell/jobs"
	_ "pawbell/pb_migrations" // the schema
)

func main() {
	log.SetFlags(0)
	app := pocketbase.NewWithConfig(command.Config(os.Args))
	clock, err := command.Clock(os.Getenv, time.Now)
	if err != nil {
		log.Fatal(err)
	}
	gateways, err := gateway.FromEnv(os.Getenv, gateway.Options{
		DataDir: app.DataDir(), SMTP: command.MailSettings(app), PublicURL: command.PublicURL(app), Now: time.Now, ClinicNow: clock.Now,
	})
	if err != nil {
		log.Fatal(err)
	}
	desk := store.NewDesk(app)
	app.OnBootstrap().BindFunc(command.KeepWritable)
	app.OnBootstrap().BindFunc(command.OpenLinks(desk))
	app.OnBootstrap().BindFunc(command.KeepAtHome(clock, gateways))
	ring := jobs.Register(app, desk, gateways, clock.Now)
	hooks.Bind(app, hooks.House{Desk: desk, Now: clock.Now, RealNow: time.Now, Gateways: gateways, Ring: ring})

	migratecmd.MustRegister(app, app.RootCmd, migratecmd.Config{Dir: "pb_migrations"})
	command.Register(app, clock.Now)
	if err := app.Start(); err != nil {
		log.Fatal(err)
	}
}
