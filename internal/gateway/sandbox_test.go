package gateway

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pawbell/internal/outbox"
)

func fixed() time.Time { return testDate }

// the sandbox shows every recipient before the message and no hidden one in it.
func TestTheSandboxWritesAnEmailAsItWouldGoOut(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	g := NewSandbox(dir, nil, fixed)
	if result := g.Send(context.Background(), testMail()); result.Outcome != Accepted {
		t.Fatalf("got %+v", result)
	}
	content, err := os.ReadFile(filepath.Join(dir, "msg000000000001.eml"))
	if err != nil {
		t.Fatal(err)
	}
	envelope := "X-Envelope-To: kari@owner.example\r\nX-Envelope-To: hidden@clinic.example\r\n" +
		"X-Envelope-To: HIDDEN@clinic.example\r\nX-Envelope-To: second@clinic.example\r\n"
	letter, found := strings.CutPrefix(string(content), envelope)
	if !found || strings.Contains(strings.ToLower(letter), "hidden") {
		t.Errorf("got\n%s", content)
	}
}

// the same message again is the same file, and the sandbox knows what it has.
func TestTheSandboxWritesATextOnceHoweverOftenItIsSent(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "outbox")
	g := NewSandbox(dir, nil, fixed)
	lookup := Lookup{Message: testSMS()}
	if found, err := g.Find(context.Background(), lookup); found != nil || err != nil {
		t.Errorf("before: %v, %v", found, err)
	}
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			if result := g.Send(context.Background(), testSMS()); result.Outcome != Accepted {
				t.Errorf("got %+v", result)
			}
		})
	}
	group.Wait()
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("%d files, %v", len(entries), err)
	}
	content, err := os.ReadFile(filepath.Join(dir, "msg000000000002.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "To: +4740012345\nFrom: Pawbell\n\n" + testSMS().Text; string(content) != want {
		t.Errorf("got %q", content)
	}
	if found, err := g.Find(context.Background(), lookup); err != nil || found == nil || found.State != outbox.Sent {
		t.Errorf("after: %+v, %v", found, err)
	}
}

func TestTheSandboxRefusesWhatItCannotWrite(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if result := NewSandbox(filepath.Join(file, "outbox"), nil, fixed).Send(context.Background(), testSMS()); result.Outcome != Temporary {
		t.Errorf("no folder: %+v", result)
	}
	g := NewSandbox(t.TempDir(), nil, fixed)
	outside := testSMS()
	outside.ID = "../outside"
	if result := g.Send(context.Background(), outside); result.Outcome != Permanent {
		t.Errorf("an id that leads outside: %+v", result)
	}
	if g.Carries(outbox.Post) || g.Carries(outbox.External) {
		t.Error("the sandbox carries letters")
	}
}

func TestAFullDiskIsTemporary(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer full.Close()
	_, err = full.WriteString("x")
	if got := diskCause(fmt.Errorf("write: %w", err)); got != "the disk is full" {
		t.Errorf("got %q", got)
	}
}

func BenchmarkSandboxText(b *testing.B) {
	g, m := NewSandbox(b.TempDir(), nil, fixed), testSMS()
	for i := 0; b.Loop(); i++ {
		m.ID = fmt.Sprintf("msg%012d", i)
		if g.Send(context.Background(), m).Outcome != Accepted {
			b.Fatal("not accepted")
		}
	}
}

func BenchmarkSandboxEmail(b *testing.B) {
	g, m := NewSandbox(b.TempDir(), nil, fixed), testMail()
	for i := 0; b.Loop(); i++ {
		m.ID = fmt.Sprintf("msg%012d", i)
		if g.Send(context.Background(), m).Outcome != Accepted {
			b.Fatal("not accepted")
		}
	}
}
