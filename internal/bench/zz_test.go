package bench

import (
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"
	"pawbell/hooks"
	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/jobs"
)

func BenchmarkInProcess(b *testing.B) {
	c := build(b, past)
	lift(b, c)
	base := int(time.Now().UnixNano()/1e6%900) * 10000
	app := core.NewBaseApp(core.BaseAppConfig{DataDir: c.dir})
	if err := app.Bootstrap(); err != nil {
		b.Fatal(err)
	}
	desk := store.NewDesk(app)
	desk.Links = links.Key("0123456789abcdef0123456789abcdef")
	gws, err := gateway.FromEnv(func(string) string { return "" }, gateway.Options{DataDir: c.dir, Now: time.Now, PublicURL: func() string { return "http://x" }})
	if err != nil {
		b.Fatal(err)
	}
	ring := jobs.Register(app, desk, gws, func() time.Time { return today })
	if os.Getenv("NOJOBS") != "" {
		ring = func() {}
	}
	hooks.Bind(app, hooks.House{Desk: desk, Now: func() time.Time { return today }, Ring: ring})
	srv := httptest.NewServer(clinictest.Handler(b, app))
	s := server{strings.TrimPrefix(srv.URL, "http://"), os.Getpid()}
	slots := freeSlots(b, s, c)
	load(b, s, 200, func(int) string {
		n := int(booked.Add(1))
		body := fmt.Sprintf(`{"location":%q,"reason":%q,"species":%q,"starts_at":%q,"first_name":"Kari","last_name":"Nordmann %d","email":"kari%d@bench.example","phone":"+479%07d","pet_name":"Bella","idempotency_key":"bench-%d-%d"}`,
			c.location, c.reason, c.species, slots[n], n+base, n+base, n+base, os.Getpid(), time.Now().UnixNano())
		return post("/api/collections/booking_requests/records", body)
	})
}
