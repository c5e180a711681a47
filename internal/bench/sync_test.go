package bench

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"pawbell/internal/clinictest"
)

// size is a number from the environment, for those who have the time to measure a large clinic.
func size(b testing.TB, name string, otherwise int) int {
	b.Helper()
	given := os.Getenv(name)
	if given == "" {
		return otherwise
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		b.Fatalf("%s: %v", name, err)
	}
	return n
}

// BenchmarkSynchroniseAll brings the messages of every coming visit in line while owners go on booking: first where no visit has any yet,
// then where all are in line, then after every reminder's text has changed. BENCH_COMING and BENCH_PAST say how many visits are ahead and behind.
func BenchmarkSynchroniseAll(b *testing.B) {
	ahead, behind := size(b, "BENCH_COMING", 2000), size(b, "BENCH_PAST", 10_000)
	c := buildWith(b, filepath.Join(dataRoot(), fmt.Sprintf("sync-%d-%d", ahead, behind)), behind, ahead).copied(b)
	lift(b, c)
	app := clinictest.Open(b, c.dir)
	superuser := clinictest.Superuser(b, app)
	text, err := app.FindFirstRecordByFilter("templates", "code = 'visit_reminder' && locale = 'en'")
	if err != nil {
		b.Fatal(err)
	}
	clinictest.Close(b, app)
	s := start(b, c.dir)
	token := ask(b, s, "", http.MethodPost, "/api/collections/_superusers/auth-with-password", map[string]any{"identity": superuser.Email(), "password": "correct horse"})["token"].(string)
	slots := freeSlots(b, s, c)
	everything := map[string]any{"kind": "sync_messages"}
	b.Run("first", func(b *testing.B) {
		synchronise(b, s, c, slots, token, func() string {
			return ask(b, s, token, http.MethodPost, "/api/collections/runs/records", everything)["id"].(string)
		})
	})
	b.Run("in-line", func(b *testing.B) {
		synchronise(b, s, c, slots, token, func() string {
			return ask(b, s, token, http.MethodPost, "/api/collections/runs/records", everything)["id"].(string)
		})
	})
	b.Run("reworded", func(b *testing.B) {
		synchronise(b, s, c, slots, token, func() string {
			words := fmt.Sprintf("Version %d: {{ patient.name }}, {{ booking.date }} {{ booking.time }}", time.Now().UnixNano())
			saved := ask(b, s, token, http.MethodPatch, "/api/collections/templates/records/"+text.Id, map[string]any{"email_text": words, "sms_text": words})
			return saved["follow"].(map[string]any)["run"].(string)
		})
	})
}

// synchronise waits for the run that begin starts, with bookings all the while, and reports how long it took and they waited.
func synchronise(b *testing.B, s server, c big, slots []string, token string, begin func() string) {
	b.ResetTimer()
	for range b.N {
		done := make(chan struct{})
		var waits []time.Duration
		var booking sync.WaitGroup
		var most float64
		booking.Go(func() {
			pace := time.NewTicker(50 * time.Millisecond)
			defer pace.Stop()
			for {
				select {
				case <-done:
					return
				case <-pace.C:
				}
				n := int(booked.Add(1))
				began := time.Now()
				ask(b, s, "", http.MethodPost, "/api/collections/booking_requests/records", map[string]any{
					"location": c.location, "reason": c.reason, "species": c.species, "starts_at": slots[n], "first_name": "Kari", "last_name": fmt.Sprintf("Nordmann %d", n),
					"email": fmt.Sprintf("kari%d@bench.example", n), "phone": fmt.Sprintf("+479%07d", n), "pet_name": "Bella", "idempotency_key": fmt.Sprintf("bench-%d-%d", n, began.UnixNano()),
				})
				waits = append(waits, time.Since(began))
				most = max(most, s.resident(b))
			}
		})
		began := time.Now()
		id := begin()
		answered := time.Since(began)
		var run map[string]any
		for {
			if run = ask(b, s, token, http.MethodGet, "/api/collections/runs/records/"+id, nil); run["state"] != "queued" && run["state"] != "running" {
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		took := time.Since(began)
		close(done)
		booking.Wait()
		if run["state"] != "done" || run["failed"] != 0.0 {
			b.Fatalf("the run is %v", run)
		}
		b.Logf("%s", run["note"])
		slices.Sort(waits)
		b.ReportMetric(took.Seconds(), "s")
		b.ReportMetric(run["done"].(float64)/took.Seconds(), "visits/s")
		b.ReportMetric(float64(answered.Microseconds())/1000, "answer-ms")
		b.ReportMetric(float64(len(waits)), "bookings")
		b.ReportMetric(float64(waits[len(waits)/2].Microseconds())/1000, "p50-ms")
		b.ReportMetric(float64(waits[len(waits)*99/100].Microseconds())/1000, "p99-ms")
		b.ReportMetric(most, "RSS-MB")
	}
}

// ask makes one request and reads what it is answered; anything but 200 ends the measuring.
func ask(b testing.TB, s server, token, method, target string, body any) map[string]any {
	b.Helper()
	var sent bytes.Buffer
	if body != nil {
		if err := json.NewEncoder(&sent).Encode(body); err != nil {
			b.Fatal(err)
		}
	}
	request, err := http.NewRequestWithContext(b.Context(), method, "http://"+s.address+target, &sent)
	if err != nil {
		b.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if token != "" {
		request.Header.Set("Authorization", token)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		b.Fatal(err)
	}
	defer answer.Body.Close()
	var read map[string]any
	if err := json.NewDecoder(answer.Body).Decode(&read); err != nil || answer.StatusCode != http.StatusOK {
		b.Fatalf("%s %s: %d %v (%v)", method, target, answer.StatusCode, read, err)
	}
	return read
}
