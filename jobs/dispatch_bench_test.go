package jobs

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
	"pawbell/internal/links"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// tuesday is when the queue of the benchmarks is due: ten in the morning in Copenhagen.
var tuesday = time.Date(2027, 3, 2, 9, 0, 0, 0, time.UTC)

// fullQueue fills the queue of a fresh clinic with so many due reminders on a channel, of a thousand visits by a thousand owners.
func fullQueue(b *testing.B, rows int, channel string) core.App {
	b.Helper()
	app := clinictest.New(b, nil)
	location := clinictest.Location(b, app)
	practitioner := clinictest.Practitioner(b, app, location)
	reason := clinictest.Reason(b, app)
	for _, statement := range []string{
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
		 INSERT INTO clients (id, first_name, last_name, location, revision) SELECT printf('client%09d', i), 'Kari', 'Holm', {:location}, 1 FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 999)
		 INSERT INTO bookings (id, reference, location, practitioner, reason, client, starts_at, ends_at, status, source, revision)
		 SELECT printf('visit%010d', i), printf('R%05d', i), {:location}, {:practitioner}, {:reason}, printf('client%09d', i),
		        '2027-03-04 08:15:00.000Z', '2027-03-04 08:45:00.000Z', 'booked', 'staff', 1 FROM n`,
		`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {:rows} - 1)
		 INSERT INTO messages (id, location, client, booking, purpose, channel, "to", subject, text, locale, priority, planned_at, send_at, expires_at, state, "key", parts, created, updated, revision)
		 SELECT printf('message%08d', i), {:location}, printf('client%09d', i % 1000), printf('visit%010d', i % 1000), 'visit_reminder', {:channel},
		        CASE {:channel} WHEN 'sms' THEN printf('+45%08d', 20000000 + i * 7919 % 1000003) ELSE printf('kari%d@owner.example', i * 7919 % 1000003) END,
		        'Your visit on Thursday 4 March', {:text}, 'en', 2, '2027-03-02 08:00:00.000Z', '2027-03-02 08:00:00.000Z', '2027-03-04 08:15:00.000Z', 'queued',
		        printf('visit_reminder:%d', i), 1, '2027-03-01 08:00:00.000Z', '2027-03-01 08:00:00.000Z', 1 FROM n`,
	} {
		text := "Hello Kari, see you on Thursday 4 March at 09:15 with Bella at Harbour Vets. Questions? +4533112233"
		if channel == "email" {
			text = "Hello Kari,\n\nsee you on **Thursday 4 March at 09:15** with Bella at Harbour Vets, Havnegade 1.\n\n[Change or cancel](https://harbour.example/manage/abcdefghijklmnopqrstuvwxyz)\n\nQuestions? Call us: +4533112233\n"
		}
		values := dbx.Params{"location": location.Id, "practitioner": practitioner.Id, "reason": reason.Id, "rows": rows, "channel": channel, "text": text}
		for name := range values {
			if !strings.Contains(statement, "{:"+name+"}") {
				delete(values, name)
			}
		}
		if _, err := app.NonconcurrentDB().NewQuery(statement).Bind(values).Execute(); err != nil {
			b.Fatal(err)
		}
	}
	return app
}

// sizes are how long the queue is: BENCH_ROWS, or ten thousand.
func sizes(b *testing.B) (list []int) {
	b.Helper()
	given := os.Getenv("BENCH_ROWS")
	if given == "" {
		given = "10000"
	}
	for word := range strings.SplitSeq(given, ",") {
		n, err := strconv.Atoi(word)
		if err != nil {
			b.Fatal("BENCH_ROWS is a list of numbers")
		}
		list = append(list, n)
	}
	return list
}

// resident is the memory that the process holds, in MB, and the most it ever held.
func resident(b *testing.B) (now, most float64) {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, 0
	}
	for line := range strings.Lines(string(status)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		kilobytes, err := strconv.ParseFloat(fields[1], 64)
		if err != nil {
			continue
		}
		switch fields[0] {
		case "VmRSS:":
			now = kilobytes / 1024
		case "VmHWM:":
			most = kilobytes / 1024
		}
	}
	return now, most
}

// processor is the processor's time that the process has used, the sinks in it included: what is left of the rate on a machine that is busy with
// other things.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		b.Fatal(err)
	}
	return time.Duration(used.Utime.Nano() + used.Stime.Nano())
}

// forget has the system count the most memory from here on, so that what filled the queue is not in it.
func forget(b *testing.B) {
	b.Helper()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
		b.Log("the most memory includes filling the queue:", err)
	}
}

// BenchmarkDispatch empties a queue into a local mail server or a local Twilio, beside the bare exchange with the same server.
func BenchmarkDispatch(b *testing.B) {
	for _, channel := range []string{"email", "sms"} {
		var taken atomic.Int64
		env, bare := sinks(b, channel, &taken)
		for _, rows := range sizes(b) {
			b.Run(fmt.Sprintf("%s/floor=%d", channel, rows), func(b *testing.B) {
				for b.Loop() {
					together(rows, bare)
				}
				b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "msgs/s")
			})
			b.Run(fmt.Sprintf("%s/rows=%d", channel, rows), func(b *testing.B) {
				var spent time.Duration
				var now, most float64
				for n := 0; n < b.N; n++ {
					b.StopTimer()
					app := fullQueue(b, rows, channel)
					gateways, err := gateway.FromEnv(func(name string) string { return env[name] }, gateway.Options{
						DataDir: app.DataDir(), Now: time.Now, ClinicNow: func() time.Time { return tuesday }, PublicURL: func() string { return "" },
						SMTP: func() (gateway.SMTPSettings, bool) {
							host, port, _ := net.SplitHostPort(env["mail"])
							number, err := strconv.Atoi(port)
							return gateway.SMTPSettings{Host: host, Port: number, SenderAddress: "hello@harbour.example"}, err == nil
						},
					})
					if err != nil {
						b.Fatal(err)
					}
					desk := store.NewDesk(app)
					desk.Links = links.Key("0123456789abcdef0123456789abcdef")
					j := newHouse(app, desk, gateways, func() time.Time { return tuesday })
					j.start(context.WithCancel(context.Background()))
					taken.Store(0)
					forget(b)
					began := processor(b)
					b.StartTimer()
					if err := j.Dispatch(context.Background(), tuesday); err != nil {
						b.Fatal(err)
					}
					b.StopTimer()
					spent += processor(b) - began
					now, most = resident(b)
					sent, err := app.CountRecords(store.Messages, dbx.HashExp{"state": "sent"})
					if err != nil || int(sent) != rows || int(taken.Load()) != rows {
						b.Fatalf("%d of %d sent, the server took %d: %v", sent, rows, taken.Load(), err)
					}
					if err := gateways.Close(); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "msgs/s")
				b.ReportMetric(float64(spent.Microseconds())/float64(rows*b.N), "cpu-µs/msg")
				b.ReportMetric(now, "MB-resident")
				b.ReportMetric(most, "MB-most")
			})
		}
	}
}

// BenchmarkHealth asks how a long queue is doing.
func BenchmarkHealth(b *testing.B) {
	for _, rows := range sizes(b) {
		b.Run(fmt.Sprintf("queued=%d", rows), func(b *testing.B) {
			app := fullQueue(b, rows, "email")
			for b.Loop() {
				if h, err := queue.Health(app, tuesday); err != nil || h.Due != rows {
					b.Fatal(h, err)
				}
			}
		})
	}
}

// together does n things, as many at once as the dispatcher does.
func together(n int, one func()) {
	var left atomic.Int64
	left.Store(int64(n))
	var working sync.WaitGroup
	for range atOnce {
		working.Go(func() {
			for left.Add(-1) >= 0 {
				one()
			}
		})
	}
	working.Wait()
}

// sinks starts the server of a channel and answers the environment that leads to it and one bare exchange.
func sinks(b *testing.B, channel string, taken *atomic.Int64) (env map[string]string, bare func()) {
	b.Helper()
	if channel == "sms" {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusCreated)
			fmt.Fprintf(w, `{"sid":"SM%032d","status":"queued","num_segments":"1"}`, taken.Add(1))
		}))
		b.Cleanup(server.Close)
		client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: atOnce}}
		form := url.Values{"To": {"+4520000000"}, "From": {"Harbour"}, "Body": {strings.Repeat("Hello Kari. ", 9)}}.Encode()
		return map[string]string{
				"PAWBELL_SMS_GATEWAY": "twilio", "PAWBELL_TWILIO_ACCOUNT_SID": "AC0", "PAWBELL_TWILIO_AUTH_TOKEN": "token", "PAWBELL_TWILIO_FROM": "+15005550006",
				"PAWBELL_TWILIO_BASE_URL": server.URL,
			}, func() {
				answer, err := client.Post(server.URL, "application/x-www-form-urlencoded", strings.NewReader(form))
				if err != nil {
					panic(err)
				}
				io.Copy(io.Discard, answer.Body)
				answer.Body.Close()
			}
	}
	listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go mailSink(conn, taken)
		}
	}()
	letter := "From: a@b.example\r\nTo: c@d.example\r\nSubject: Your visit\r\n\r\n" + strings.Repeat("Hello Kari, see you on Thursday.\r\n", 60) + ".\r\n"
	pool := make(chan *bufio.ReadWriter, 8)
	for range cap(pool) {
		conn, err := (&net.Dialer{}).DialContext(context.Background(), "tcp", listener.Addr().String())
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { conn.Close() })
		rw := bufio.NewReadWriter(bufio.NewReader(conn), bufio.NewWriter(conn))
		say(rw, "", 1)
		say(rw, "EHLO localhost\r\n", 3)
		pool <- rw
	}
	return map[string]string{"PAWBELL_EMAIL_GATEWAY": "smtp", "mail": listener.Addr().String()}, func() {
		rw := <-pool
		say(rw, "MAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n", 3)
		say(rw, letter, 1)
		pool <- rw
	}
}

// say sends words and waits for the lines of the answer.
func say(rw *bufio.ReadWriter, words string, lines int) {
	rw.WriteString(words)
	rw.Flush()
	for range lines {
		if _, err := rw.ReadSlice('\n'); err != nil {
			panic(err)
		}
	}
}

// mailSink is the least that a mail server can be.
func mailSink(conn net.Conn, taken *atomic.Int64) {
	defer conn.Close()
	r, w := bufio.NewReaderSize(conn, 16<<10), bufio.NewWriter(conn)
	io.WriteString(w, "220 sink\r\n")
	inLetter := false
	for {
		if r.Buffered() == 0 {
			w.Flush()
		}
		line, err := r.ReadSlice('\n')
		switch {
		case err != nil:
			return
		case inLetter:
			if bytes.Equal(line, []byte(".\r\n")) {
				inLetter = false
				taken.Add(1)
				io.WriteString(w, "250 taken\r\n")
			}
		case bytes.HasPrefix(line, []byte("EHLO")):
			io.WriteString(w, "250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
		case bytes.HasPrefix(line, []byte("DATA")):
			inLetter = true
			io.WriteString(w, "354 go on\r\n")
		case bytes.HasPrefix(line, []byte("QUIT")):
			io.WriteString(w, "221 bye\r\n")
			w.Flush()
			return
		default:
			io.WriteString(w, "250 fine\r\n")
		}
	}
}
