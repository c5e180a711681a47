package command

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// soon bounds a run of the program, on a machine that may be busy with other packages.
const soon = 60 * time.Second

// program is the real binary, started in a folder of its own with an environment of its own.
type program struct{ path string }

func (p program) command(ctx context.Context, folder string, env []string, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, p.path, args...)
	c.Dir = folder
	// Whatever is set where the tests run, the program sees only what the test says.
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "PAWBELL_") })
	c.Env = append(c.Env, env...)
	return c
}

// run waits for the program's end.
func (p program) run(t *testing.T, folder string, env []string, args ...string) (code int, said, complained string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	c := p.command(ctx, folder, env, args...)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil && c.ProcessState == nil {
		t.Fatal(err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

func TestTheProgram(t *testing.T) {
	t.Parallel()
	p := program{filepath.Join(t.TempDir(), "pawbell")}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", p.path, "pawbell").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}

	t.Run("makes and serves a demo in an empty folder and stops when it is told to", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		address := freeAddress(t)
		for _, start := range []string{"first", "second"} {
			p.demo(t, start, folder, address)
		}
	})
	t.Run("refuses to move the clock while it could reach people", func(t *testing.T) {
		t.Parallel()
		env := []string{
			ClockVariable + "=2027-03-01T07:10:00Z", "PAWBELL_SMS_GATEWAY=twilio", "PAWBELL_TWILIO_ACCOUNT_SID=AC0", "PAWBELL_TWILIO_AUTH_TOKEN=verysecret",
			"PAWBELL_TWILIO_FROM=+15005550006",
		}
		p.refuses(t, t.TempDir(), env, []string{"serve", "--http", freeAddress(t)}, ClockVariable)
	})
	t.Run("refuses a clock that it cannot read", func(t *testing.T) {
		t.Parallel()
		p.refuses(t, t.TempDir(), []string{ClockVariable + "=noon"}, []string{"serve", "--http", freeAddress(t)}, ClockVariable)
	})
	t.Run("refuses a gateway that is named and not configured, and names what is missing", func(t *testing.T) {
		t.Parallel()
		p.refuses(t, t.TempDir(), []string{"PAWBELL_EMAIL_GATEWAY=mailgun", "PAWBELL_MAILGUN_DOMAIN=mg.pawbell.example"}, []string{"serve", "--http", freeAddress(t)},
			"PAWBELL_MAILGUN_API_KEY", "PAWBELL_MAILGUN_SIGNING_KEY")
		p.refuses(t, t.TempDir(), []string{"PAWBELL_SMS_GATEWAY=twilio"}, []string{"serve", "--http", freeAddress(t)},
			"PAWBELL_TWILIO_ACCOUNT_SID", "PAWBELL_TWILIO_AUTH_TOKEN", "PAWBELL_TWILIO_FROM")
	})
	t.Run("makes no demo while it could reach people", func(t *testing.T) {
		t.Parallel()
		env := []string{"PAWBELL_SMS_GATEWAY=twilio", "PAWBELL_TWILIO_ACCOUNT_SID=AC0", "PAWBELL_TWILIO_AUTH_TOKEN=verysecret", "PAWBELL_TWILIO_FROM=+15005550006"}
		p.refuses(t, t.TempDir(), env, []string{"demo", "--http", freeAddress(t)}, "PAWBELL_SMS_GATEWAY")
	})
	t.Run("says that an address is taken", func(t *testing.T) {
		t.Parallel()
		taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := taken.Close(); err != nil {
				t.Error(err)
			}
		}()
		p.refuses(t, t.TempDir(), nil, []string{"serve", "--http", taken.Addr().String()}, "address already in use")
	})
	t.Run("refuses data that it cannot write, and starts once it can", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		data := filepath.Join(folder, "pb_data")
		if code, _, complained := p.run(t, folder, nil, "superuser", "create", "you@clinic.example", "a-long-password"); code != 0 {
			t.Fatal(complained)
		}
		for _, readOnly := range []string{data, filepath.Join(data, "data.db")} {
			writableAgain := mountReadOnly(t, readOnly)
			p.refuses(t, folder, nil, []string{"serve", "--http", freeAddress(t)}, "cannot be written", "read-only file system", "pb_data")
			writableAgain()
			if code, _, complained := p.run(t, folder, nil, "superuser", "update", "you@clinic.example", "a-longer-password"); code != 0 {
				t.Errorf("after %s could be written again: %s", readOnly, complained)
			}
		}
		if left, err := filepath.Glob(filepath.Join(data, ".writable*")); err != nil || len(left) != 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
	t.Run("checks a folder that nothing was started in", func(t *testing.T) {
		t.Parallel()
		code, said, _ := p.run(t, t.TempDir(), nil, "check")
		if code != 1 || !strings.Contains(said, "missing  Data:") {
			t.Errorf("code %d, said:\n%s", code, said)
		}
	})
	t.Run("explains itself without leaving a folder behind", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		code, said, _ := p.run(t, folder, nil, "--help")
		if left, err := os.ReadDir(folder); err != nil || code != 0 || len(left) != 0 || !strings.Contains(said, "demo") || !strings.Contains(said, "check") {
			t.Errorf("code %d, left %v, error %v, said:\n%s", code, left, err, said)
		}
	})
}

// mountReadOnly makes a folder or a file read-only for everybody, root included, until what it answers is called.
func mountReadOnly(t *testing.T, path string) func() {
	t.Helper()
	for _, args := range [][]string{{"--bind", path, path}, {"-o", "remount,ro,bind", path}} {
		if out, err := exec.CommandContext(t.Context(), "mount", args...).CombinedOutput(); err != nil {
			t.Skipf("only root may mount: %s", out)
		}
	}
	unmount := sync.OnceFunc(func() {
		if out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "umount", path).CombinedOutput(); err != nil {
			t.Errorf("unmount: %s", out)
		}
	})
	t.Cleanup(unmount)
	return unmount
}

// refuses wants an exit code other than 0, the words given, and no secret.
func (p program) refuses(t *testing.T, folder string, env, args []string, words ...string) {
	t.Helper()
	code, said, complained := p.run(t, folder, env, args...)
	if code == 0 || code == -1 {
		t.Errorf("%v ended with code %d", args, code)
	}
	for _, word := range words {
		if !strings.Contains(complained, word) {
			t.Errorf("%v did not say %q:\n%s", args, word, complained)
		}
	}
	if strings.Contains(said+complained, "verysecret") {
		t.Errorf("%v told a secret:\n%s%s", args, said, complained)
	}
}

// demo starts the demo, follows what it prints and stops it.
func (p program) demo(t *testing.T, start, folder, address string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	c := p.command(ctx, folder, nil, "demo", "--http", address)
	var progress bytes.Buffer
	c.Stderr = &progress
	pipe, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(pipe)
	var said []string
	for len(said) < 3 && lines.Scan() {
		said = append(said, lines.Text())
	}
	want := []string{"Booking page: http://" + address + "/", "Dashboard: http://" + address + "/_/", "Login: demo@pawbell.example pawbell-demo"}
	if !slices.Equal(said, want) {
		t.Fatalf("the %s start said %q, want %q\n%s", start, said, want, progress.String())
	}
	for _, line := range said[:2] {
		_, page, _ := strings.Cut(line, ": ")
		answered(ctx, t, http.MethodGet, page, "")
	}
	answered(ctx, t, http.MethodPost, "http://"+address+"/api/collections/_superusers/auth-with-password",
		fmt.Sprintf(`{"identity":%q,"password":%q}`, demoEmail, demoPassword))
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		said = append(said, lines.Text())
	}
	if err := c.Wait(); err != nil {
		t.Errorf("the %s start ended with %v\n%s", start, err, progress.String())
	}
	if len(said) != 3 {
		t.Errorf("the %s start said more than three lines: %q", start, said)
	}
	if first := strings.Contains(progress.String(), "Clients and patients: 300"); first != (start == "first") {
		t.Errorf("the %s start told of its progress:\n%s", start, progress.String())
	}
	if _, err := os.Stat(filepath.Join(folder, "demo_data", "data.db")); err != nil {
		t.Error(err)
	}
}

// answered wants a page to be there.
func answered(ctx context.Context, t *testing.T, method, address, body string) {
	t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(io.Discard, answer.Body)
	if closed := answer.Body.Close(); err != nil || closed != nil || answer.StatusCode != http.StatusOK {
		t.Errorf("%s %s: %s, %v, %v", method, address, answer.Status, err, closed)
	}
}

// freeAddress is an address of this machine that nobody serves at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return address
}
