package bench

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

// lift lets the load through: one address may not ask this often, and nothing else is relaxed.
func lift(b testing.TB, c big) {
	b.Helper()
	app := clinictest.Open(b, c.dir)
	settings := app.Settings()
	settings.RateLimits.ExcludedIPs = []string{"127.0.0.1"}
	if err := app.Save(settings); err != nil {
		b.Fatal(err)
	}
	// The floor: one small record a request, with PocketBase's own API and nothing of ours bound to it.
	if _, err := app.FindCollectionByNameOrId("floor"); err != nil {
		floor := core.NewBaseCollection("floor")
		floor.Fields.Add(&core.TextField{Name: "one"}, &core.TextField{Name: "two"}, &core.NumberField{Name: "three"})
		everyone := ""
		floor.CreateRule = &everyone
		if err := app.Save(floor); err != nil {
			b.Fatal(err)
		}
	}
	clinictest.Close(b, app)
}

// histories are the clinic with eleven years behind it, and the same one on its first day.
func histories(b *testing.B, run func(b *testing.B, c big, s server)) {
	for _, history := range []int{past, 0} {
		b.Run(fmt.Sprintf("history=%d", history), func(b *testing.B) {
			c := build(b, history).copied(b)
			lift(b, c)
			run(b, c, start(b, c.dir))
		})
	}
}

// BenchmarkAvailability asks for days and times, beside PocketBase's smallest answer.
func BenchmarkAvailability(b *testing.B) {
	histories(b, func(b *testing.B, c big, s server) {
		about := "location=" + c.location + "&reason=" + c.reason + "&species=" + c.species
		b.Run("floor=health", func(b *testing.B) {
			load(b, s, 200, func(int) string { return get("/api/health") })
		})
		b.Run("month", func(b *testing.B) {
			load(b, s, 200, func(n int) string {
				first := today.AddDate(0, n%2, 0)
				return get("/api/booking/days?" + about + "&from=" + first.Format(time.DateOnly) + "&until=" + first.AddDate(0, 1, -1).Format(time.DateOnly))
			})
		})
		b.Run("day", func(b *testing.B) {
			load(b, s, 200, func(n int) string {
				return get("/api/booking/times?" + about + "&date=" + today.AddDate(0, 0, 1+n%80).Format(time.DateOnly))
			})
		})
	})
}

// BenchmarkBooking makes bookings as owners do, each a new owner with a new pet, beside PocketBase's smallest create.
func BenchmarkBooking(b *testing.B) {
	histories(b, func(b *testing.B, c big, s server) {
		b.Run("floor=create", func(b *testing.B) {
			load(b, s, 200, func(n int) string {
				return post("/api/collections/floor/records", fmt.Sprintf(`{"one":"first","two":"second","three":%d}`, n))
			})
		})
		slots := freeSlots(b, s, c)
		run := int(time.Now().Unix()) * 10_000 // so that no owner of an earlier run comes back
		b.Run("booking", func(b *testing.B) {
			load(b, s, 200, func(int) string {
				n := int(booked.Add(1))
				if n >= len(slots) {
					b.Fatalf("all %d free times are taken: ask for fewer bookings (BENCHTIME=3000x)", len(slots))
				}
				body := fmt.Sprintf(`{"location":%q,"reason":%q,"species":%q,"starts_at":%q,"first_name":"Kari","last_name":"Nordmann %d","email":"kari%d@bench.example","phone":"+479%07d","pet_name":"Bella","idempotency_key":"bench-%d-%d"}`,
					c.location, c.reason, c.species, slots[n], run+n, run+n, (run+n)%10_000_000, run+n, time.Now().UnixNano())
				return post("/api/collections/booking_requests/records", body)
			})
		})
	})
}

// booked counts over the runs of one test binary: no time is asked for twice.
var booked atomic.Int64
