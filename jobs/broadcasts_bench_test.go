package jobs

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/hooks"
	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// BenchmarkBroadcast answers how long a message to many takes to be counted and to be queued, and for how long whoever writes meanwhile waits at
// most: one message each, and one on each of two channels. BENCH_PEOPLE says to how many, as in 12500,25000,50000.
func BenchmarkBroadcast(b *testing.B) {
	given := os.Getenv("BENCH_PEOPLE")
	if given == "" {
		given = "2500"
	}
	for word := range strings.SplitSeq(given, ",") {
		people, err := strconv.Atoi(word)
		if err != nil {
			b.Fatalf("BENCH_PEOPLE is %q", given)
		}
		for mode, rows := range map[string]int{"first": people, "every": 2 * people} {
			b.Run(fmt.Sprintf("people=%d/%s", people, mode), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					broadcastOnce(b, people, mode, rows)
					b.StartTimer()
				}
			})
		}
	}
}

func broadcastOnce(b *testing.B, people int, mode string, wanted int) {
	begun := time.Now()
	now := func() time.Time { return tuesday.Add(time.Since(begun)) }
	var j *house
	app := clinictest.New(b, func(app core.App) {
		desk := store.NewDesk(app)
		desk.Links = links.Key("0123456789abcdef0123456789abcdef")
		hooks.Bind(app, hooks.House{Desk: desk, Now: now, Ring: func() {}})
		provider := &provider{answers: map[string][]gateway.Result{}, has: map[string]bool{}}
		j = newHouse(app, desk, gateway.NewSet(provider, provider, nil), now)
	})
	location := clinictest.Location(b, app)
	superuser := clinictest.Superuser(b, app)
	crowd(b, app, people)
	group, err := app.FindFirstRecordByFilter(store.Templates, "code = 'group' && locale = 'en'")
	if err != nil {
		b.Fatal(err)
	}
	draft := clinictest.Make(b, app, store.Broadcasts, clinictest.Fields{
		"kind": "group", "location": location.Id, "filter": "city = 'Odense' && patients_via_client.name ?= 'Bella'", "asked_by": superuser.Id,
		"template": group.Id, "channels": []string{"email", "sms"}, "channel_mode": mode,
	})
	clinic, err := j.desk.Clinic()
	if err != nil {
		b.Fatal(err)
	}
	from := time.Now()
	count, err := runs.CountBroadcast(app, clinic, j.desk.Links, draft, superuser, now())
	if err != nil || count.Recipients != people {
		b.Fatalf("%d of %d people, %v", count.Recipients, people, err)
	}
	b.ReportMetric(time.Since(from).Seconds(), "preview-s")

	from = time.Now()
	clinictest.Change(b, app, draft, clinictest.Fields{"send": true, "confirm_count": people})
	b.ReportMetric(time.Since(from).Seconds(), "send-s")

	// Somebody writes all the while, as whoever books does.
	done := make(chan struct{})
	var waited time.Duration
	var writing sync.WaitGroup
	writing.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
			from := time.Now()
			if _, err := app.NonconcurrentDB().Update(store.Locations, dbx.Params{"phone": "+4533112233"}, dbx.HashExp{"id": location.Id}).Execute(); err != nil {
				b.Error(err)
			}
			waited = max(waited, time.Since(from))
		}
	})
	from = time.Now()
	if err := j.Sync(b.Context(), now()); err != nil {
		b.Fatal(err)
	}
	took := time.Since(from)
	close(done)
	writing.Wait()
	b.ReportMetric(took.Seconds(), "queue-s")
	b.ReportMetric(float64(waited)/float64(time.Millisecond), "longest-wait-ms")
	var rows int
	if err := app.DB().Select("count(*)").From(store.Messages).Row(&rows); err != nil || rows != wanted {
		b.Fatalf("%d rows for %d people, %v", rows, people, err)
	}
}
