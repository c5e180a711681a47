package gateway

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"pawbell/internal/outbox"
)

// script is a mail server that answers as a test wrote it.
type script struct {
	offers   string            // a line of its greeting, "" for nothing special
	says     map[string]string // by the beginning of a command; what is fitting otherwise
	together bool              // it answers nothing until DATA is there, as only somebody can make it who sends several lines at once

	mutex       sync.Mutex
	connections int
	heard       []string // commands
	letters     []string
	impatient   []string // commands that came with others although they must not
}

// serve listens and answers the settings that lead to it.
func (s *script) serve(t *testing.T) SMTPSettings {
	t.Helper()
	listener := listen(t)
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			s.mutex.Lock()
			s.connections++
			s.mutex.Unlock()
			go s.talk(conn)
		}
	}()
	address := listener.Addr().(*net.TCPAddr)
	return SMTPSettings{Host: address.IP.String(), Port: address.Port, SenderAddress: "post@clinic.example"}
}

func (s *script) answer(command, otherwise string) string {
	for begin, words := range s.says {
		if strings.HasPrefix(command, begin) {
			return words + "\r\n"
		}
	}
	return otherwise + "\r\n"
}

func (s *script) talk(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	fmt.Fprint(conn, "220 script\r\n")
	held := ""
	for {
		command, err := r.ReadString('\n')
		if err != nil {
			return
		}
		command = strings.TrimRight(command, "\r\n")
		s.mutex.Lock()
		s.heard = append(s.heard, command)
		if r.Buffered() > 0 && !strings.Contains(s.offers, "PIPELINING") {
			s.impatient = append(s.impatient, command)
		}
		s.mutex.Unlock()
		answer := s.answer(command, "250 fine")
		switch {
		case strings.HasPrefix(command, "EHLO"):
			answer = "250-script\r\n250 " + s.offers + "\r\n"
		case command == "DATA":
			answer = s.answer(command, "354 go on")
		case command == "QUIT":
			answer = "221 bye\r\n"
		case s.together && (strings.HasPrefix(command, "MAIL") || strings.HasPrefix(command, "RCPT")):
			held += answer
			continue
		}
		io.WriteString(conn, held+answer)
		held = ""
		if strings.HasPrefix(answer, "421") {
			return
		}
		if command == "DATA" && strings.HasPrefix(answer, "354") {
			var letter strings.Builder
			for {
				text, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if text == ".\r\n" {
					break
				}
				letter.WriteString(strings.TrimPrefix(text, "."))
			}
			s.mutex.Lock()
			s.letters = append(s.letters, letter.String())
			s.mutex.Unlock()
			io.WriteString(conn, s.answer(".", "250 taken"))
		}
	}
}

// Whatever a mail server takes at once and whatever it says to each line, a letter leaves only when its owner is among those who get it, and the
// connection goes on where that is safe.
func TestAConversationWithAMailServer(t *testing.T) {
	t.Parallel()
	const several, single = "PIPELINING", "HELP"
	hidden := []string{"copy@clinic.example"}
	for _, c := range []struct {
		name        string
		script      *script
		bcc         []string
		outcome     Outcome
		reason      outbox.Reason
		letters     int    // that the server has in the end
		connections int    // that it saw, the next message included
		unsaid      string // a command that must not be said
	}{
		{"several lines at once", &script{offers: several, together: true}, nil, Accepted, "", 1, 1, ""},
		{"one line at a time", &script{offers: single}, nil, Accepted, "", 1, 1, ""},
		{"one line at a time, with a hidden copy", &script{offers: single}, hidden, Accepted, "", 1, 1, ""},
		{"a hidden copy that is refused", &script{offers: several, says: map[string]string{"RCPT TO:<copy": "550 5.1.1 nobody"}}, hidden, Accepted, "", 1, 1, ""},
		{"an owner who is refused, at once", &script{offers: several, says: map[string]string{"RCPT": "550 5.1.1 nobody", "DATA": "503 nobody to send it to"}},
			nil, Permanent, outbox.ReasonBadAddress, 0, 1, ""},
		{"an owner who is refused, one line at a time", &script{offers: single, says: map[string]string{"RCPT": "550 5.1.1 nobody"}},
			nil, Permanent, outbox.ReasonBadAddress, 0, 1, "DATA"},
		{"a server that waits for a letter to nobody", &script{offers: several, says: map[string]string{"RCPT": "550 5.1.1 nobody"}},
			nil, Permanent, outbox.ReasonBadAddress, 0, 2, ""},
		{"an owner who is refused, with a hidden copy that is not", &script{offers: several, says: map[string]string{"RCPT TO:<kari": "550 5.1.1 nobody"}},
			hidden, Permanent, outbox.ReasonBadAddress, 0, 1, "DATA"},
		{"a sender who is refused for now", &script{offers: several, says: map[string]string{"MAIL": "451 later", "RCPT": "503 no sender", "DATA": "503 no sender"}},
			nil, Temporary, "", 0, 1, ""},
		{"a letter that is refused before it is said", &script{offers: several, says: map[string]string{"DATA": "554 5.7.1 no"}}, nil, Permanent, outbox.ReasonRefused, 0, 1, ""},
		{"a letter that is refused after it is said", &script{offers: several, says: map[string]string{".": "554 5.7.1 spam"}}, nil, Permanent, outbox.ReasonRefused, 1, 1, ""},
		{"a server that leaves in the middle", &script{offers: several, says: map[string]string{"RCPT": "421 good night"}}, nil, Temporary, "", 0, 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			settings := c.script.serve(t)
			g := NewSMTP(SMTPOptions{Settings: func() (SMTPSettings, bool) { return settings, true }, Now: fixed, CommandTimeout: unhurried, DataTimeout: unhurried})
			t.Cleanup(func() { g.Close() })
			m := testMail()
			m.BCC = c.bcc
			if result := g.Send(within(t, unhurried), m); result.Outcome != c.outcome || result.Reason != c.reason {
				t.Errorf("%+v, want %s %s", result, c.outcome, c.reason)
			}
			c.script.mutex.Lock()
			if len(c.script.letters) != c.letters || len(c.script.impatient) > 0 {
				t.Errorf("%d letters, want %d; came too early: %v", len(c.script.letters), c.letters, c.script.impatient)
			}
			if c.unsaid != "" && slices.Contains(c.script.heard, c.unsaid) {
				t.Errorf("%s was said: %v", c.unsaid, c.script.heard)
			}
			c.script.says = nil
			c.script.mutex.Unlock()
			if result := g.Send(within(t, unhurried), m); result.Outcome != Accepted {
				t.Errorf("the next message: %+v", result)
			}
			c.script.mutex.Lock()
			defer c.script.mutex.Unlock()
			if c.script.connections != c.connections {
				t.Errorf("%d connections, want %d: %v", c.script.connections, c.connections, c.script.heard)
			}
		})
	}
}

// RFC 5321, 4.5.2: no line of a letter can end it, and all end alike.
func TestALetterIsStuffed(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"":                          ".\r\n",
		"a\r\nb\r\n":                "a\r\nb\r\n.\r\n",
		"a":                         "a\r\n.\r\n",
		".\r\n":                     "..\r\n.\r\n",
		"a\r\n.\r\nMAIL FROM:<x>":   "a\r\n..\r\nMAIL FROM:<x>\r\n.\r\n",
		"a\n.\nb":                   "a\r\n..\r\nb\r\n.\r\n",
		"..a\r\n\r\n.b":             "...a\r\n\r\n..b\r\n.\r\n",
		strings.Repeat("x\r\n", 99): strings.Repeat("x\r\n", 99) + ".\r\n",
	} {
		if got := string(stuffed([]byte(written))); got != want {
			t.Errorf("%q becomes %q, want %q", written, got, want)
		}
	}
}
