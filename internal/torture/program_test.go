// Package torture answers whether anything is lost or doubled when the machine dies and the providers lie.
//
// It builds the real program, runs it against providers on this machine that misbehave at random, kills it at random moments, starts it
// again on the same data with a later clock, and in the end holds the program's log against what the providers took. The random numbers
// come from a printed seed.
package torture

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
)

// builtOnce is the program, built once for all tests of this package.
var builtOnce = sync.OnceValues(func() (string, error) {
	folder, err := os.MkdirTemp("", "torture")
	if err != nil {
		return "", err
	}
	path := filepath.Join(folder, "pawbell")
	if out, err := exec.Command("go", "build", "-o", path, "pawbell").CombinedOutput(); err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

func TestMain(m *testing.M) {
	code := m.Run()
	if path, err := builtOnce(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(code)
}

// clinic is a data folder with what bookings need, and a superuser's token.
type clinic struct {
	folder, token                  string
	location, practitioner, reason string
	clients                        []string
}

// newClinic makes one with so many clients, each with an e-mail address and a number of their own. Mail, if given, is the mail server.
func newClinic(t testing.TB, clients int, mail string) *clinic {
	t.Helper()
	c := &clinic{folder: t.TempDir()}
	clinictest.Fill(t, c.folder)
	app := clinictest.Open(t, c.folder)
	location := clinictest.Location(t, app)
	practitioner := clinictest.Practitioner(t, app, location)
	clinictest.Shift(t, app, location, practitioner)
	c.location, c.practitioner, c.reason = location.Id, practitioner.Id, clinictest.Reason(t, app).Id
	collection, err := app.FindCachedCollectionByNameOrId("clients")
	if err != nil {
		t.Fatal(err)
	}
	err = app.RunInTransaction(func(tx core.App) error {
		for i := range clients {
			r := core.NewRecord(collection)
			r.Load(map[string]any{
				"first_name": "Kari", "last_name": fmt.Sprintf("Holm %d", i), "email": fmt.Sprintf("kari%d@owner.example", i),
				"sms_phone": fmt.Sprintf("+45%08d", 20_000_000+i), "location": location.Id, "locale": "en", "revision": 1,
			})
			if err := tx.SaveNoValidate(r); err != nil {
				return err
			}
			c.clients = append(c.clients, r.Id)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	settings := app.Settings()
	settings.Meta.SenderAddress = "hello@harbour.example"
	if mail != "" {
		host, port, err := net.SplitHostPort(mail)
		if err != nil {
			t.Fatal(err)
		}
		settings.SMTP.Enabled, settings.SMTP.Host = true, host
		if _, err := fmt.Sscan(port, &settings.SMTP.Port); err != nil {
			t.Fatal(err)
		}
	}
	if err := app.Save(settings); err != nil {
		t.Fatal(err)
	}
	superuser := clinictest.Superuser(t, app)
	c.token = clinictest.Token(t, superuser)
	clinictest.Close(t, app)
	return c
}

// program is the real binary on a clinic's data, which may be dead at the moment.
type program struct {
	*clinic
	address string
	env     []string
	wrapper func(path string, args ...string) *exec.Cmd

	mutex   sync.Mutex
	running *exec.Cmd
	said    bytes.Buffer
	clock   time.Time // the clinic's time at the last start
	started time.Time
}

func newProgram(t testing.TB, c *clinic, env ...string) *program {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &program{clinic: c, address: l.Addr().String(), env: env}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if p.running != nil {
			p.kill(t)
		}
	})
	return p
}

// start runs the program with the clinic's clock at a moment and waits until it answers.
func (p *program) start(t testing.TB, at time.Time) {
	t.Helper()
	path, err := builtOnce()
	if err != nil {
		t.Fatal(err)
	}
	args := []string{"serve", "--http", p.address, "--dir", p.folder}
	c := exec.Command(path, args...)
	if p.wrapper != nil {
		c = p.wrapper(path, args...)
	}
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PAWBELL_") })
	c.Env = append(append(c.Env, p.env...), "PAWBELL_NOW="+at.UTC().Format(time.RFC3339))
	c.Stdout, c.Stderr = &p.said, &p.said
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	p.mutex.Lock()
	p.running, p.clock, p.started = c, at, time.Now()
	p.mutex.Unlock()
	for range 600 {
		if status, _ := p.ask(http.MethodGet, "/api/health", nil); status == http.StatusOK {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("the program does not answer:\n%s", p.said.String())
}

// kill ends the program as a power cut does.
func (p *program) kill(t testing.TB) {
	t.Helper()
	if err := p.running.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := p.running.Wait(); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	p.mutex.Lock()
	p.running = nil
	p.mutex.Unlock()
}

// now is the clinic's time.
func (p *program) now() time.Time {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.clock.Add(time.Since(p.started))
}

var web = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

// ask makes a request as superuser; status 0 means that nobody answered.
func (p *program) ask(method, path string, body any) (int, []byte) {
	var reader io.Reader
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return 0, nil
		}
		reader = bytes.NewReader(b)
	}
	request, err := http.NewRequest(method, "http://"+p.address+path, reader)
	if err != nil {
		return 0, nil
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Authorization", p.token)
	answer, err := web.Do(request)
	if err != nil {
		return 0, nil
	}
	defer answer.Body.Close()
	said, err := io.ReadAll(answer.Body)
	if err != nil {
		return 0, nil
	}
	return answer.StatusCode, said
}

// dispatch has the job run now; cron's own turn comes once a minute.
func (p *program) dispatch() { p.ask(http.MethodPost, "/api/crons/dispatch", nil) }

// count is how many messages a filter finds, -1 when nobody answers.
func (p *program) count(filter string) int {
	status, said := p.ask(http.MethodGet, "/api/collections/messages/records?perPage=1&fields=id&filter="+url.QueryEscape(filter), nil)
	var page struct {
		TotalItems int `json:"totalItems"`
	}
	if status != http.StatusOK || json.Unmarshal(said, &page) != nil {
		return -1
	}
	return page.TotalItems
}

// open counts what is due or on its way.
func (p *program) open() int {
	now := p.now().UTC().Format("2006-01-02 15:04:05.000Z")
	return p.count(fmt.Sprintf("state = 'sending' || (state = 'queued' && send_at <= '%s')", now))
}

// report passes a provider's report on. While the program is not there to hear it, it comes again a few times, as providers do: often after the
// next start, when the message has been asked about already.
func (p *program) report(l *ledger, path, contentType, body string) {
	if p.told(l, path, contentType, body) {
		return
	}
	go func() {
		for range 8 {
			time.Sleep(400 * time.Millisecond)
			if p.told(l, path, contentType, body) {
				return
			}
		}
	}()
}

func (p *program) told(l *ledger, path, contentType, body string) bool {
	address := "http://" + p.address + path
	request, err := http.NewRequest(http.MethodPost, address, strings.NewReader(body))
	if err != nil {
		return true
	}
	request.Header.Set("Content-Type", contentType)
	if form, err := url.ParseQuery(body); err == nil && contentType != "application/json" {
		request.Header.Set("X-Twilio-Signature", twilioSignature(address, form))
	}
	l.reports.Add(1)
	answer, err := web.Do(request)
	if err != nil {
		return false
	}
	io.Copy(io.Discard, answer.Body)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK && answer.StatusCode != http.StatusNoContent {
		l.refused.Add(1)
		return false
	}
	return true
}

// reopen reads the data of a program that was ended.
func (c *clinic) reopen(t testing.TB, read func(core.App)) {
	t.Helper()
	app := clinictest.Open(t, c.folder)
	read(app)
	clinictest.Close(t, app)
}

// first finds the id of a collection's first record.
func (p *program) first(collection string, id *string) (int, []byte) {
	status, said := p.ask(http.MethodGet, "/api/collections/"+collection+"/records?perPage=1&fields=id", nil)
	var page struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if status != http.StatusOK || json.Unmarshal(said, &page) != nil || len(page.Items) == 0 {
		return 0, said
	}
	*id = page.Items[0].ID
	return status, said
}
