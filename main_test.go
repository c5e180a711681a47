package main_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"pawbell/internal/browsertest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Run(m)) }

// demo runs the program's demo in an empty folder, and answers the folder and the lines it printed.
func demo(t *testing.T) (folder string, lines map[string]string) {
	t.Helper()
	folder = t.TempDir()
	program := filepath.Join(folder, "pawbell")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	run := exec.CommandContext(ctx, program, "demo", "--http", address)
	run.Dir = folder
	run.Cancel = func() error { return run.Process.Signal(syscall.SIGTERM) }
	run.WaitDelay = 10 * time.Second
	output, err := run.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := run.Wait(); err != nil && run.ProcessState.ExitCode() != 0 {
			t.Errorf("the demo ended with %v", err)
		}
	})
	lines = map[string]string{}
	printed := bufio.NewScanner(output)
	for len(lines) < 3 && printed.Scan() {
		name, value, _ := strings.Cut(printed.Text(), ": ")
		lines[name] = value
	}
	return folder, lines
}

// delivered waits for a file of the sandbox that holds the words, and answers it; what takes longer than two seconds is late.
func delivered(t *testing.T, folder, ending, words string) string {
	t.Helper()
	deadline := time.Now().Add(2 * time.Second)
	for {
		files, err := filepath.Glob(filepath.Join(folder, "demo_data", "outbox", "*"+ending))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err == nil && strings.Contains(string(content), words) {
				return string(content)
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no %s with %q within two seconds, among %d files", ending, words, len(files))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// PB-01, PB-21: the first whole road, with nothing in between faked. An owner books in a real browser, the confirmation lies in the sandbox within
// two seconds, and its link opens the page on which the visit is confirmed.
func TestAnOwnerBooksAndTheMessagesArrive(t *testing.T) {
	folder, lines := demo(t)
	tab := browsertest.Open(t)
	tab.Size(390, 844)
	tab.Go(lines["Booking page"])

	pick := func(question, answer string) {
		t.Helper()
		tab.WaitForText("#asked", question)
		tab.ClickText("#options label", answer)
		tab.Click("#question button")
	}
	pick("clinic", "Oslo")
	pick("animal", "Dog")
	pick("about", "Keeping healthy")
	pick("need", "Health check")
	tab.WaitFor("#times button")
	tab.EveryLook("1 times")
	tab.Click("#times button")
	tab.Click("#choose")
	tab.WaitFor("#request")
	for field, value := range map[string]string{
		"#first_name": "Kari", "#last_name": "Nordmann", "#email": "kari.nordmann@owner.example", "#phone": "412 34 567", "#pet_name": "Bella",
	} {
		tab.Fill(field, value)
	}
	tab.EveryLook("2 form")
	tab.Click("#request button.main")
	tab.WaitForText("body", "A confirmation is on its way")
	mail := delivered(t, folder, ".eml", "X-Envelope-To: kari.nordmann@owner.example")
	delivered(t, folder, ".txt", "+4741234567")
	tab.EveryLook("3 done")
	for _, part := range []string{"X-Envelope-To: kari.nordmann@owner.example", "Auto-Submitted: auto-generated", "X-Pawbell-Message: ", "multipart/alternative"} {
		if !strings.Contains(mail, part) {
			t.Errorf("the confirmation lacks %q:\n%s", part, mail)
		}
	}

	link := browsertest.Eval[string](tab, `document.querySelector('a[href*="/manage/"]').href`)
	tab.Go(link)
	tab.WaitForText("body", "Bella")
	tab.EveryLook("4 manage")
	tab.ClickText("button", "coming")
	tab.WaitForText("body", "we look forward to seeing you")
	tab.EveryLook("5 confirmed")
}
