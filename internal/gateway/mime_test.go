package gateway

import (
	"bytes"
	"encoding/base64"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	stdmail "net/mail"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"pawbell/internal/golden"
	"pawbell/internal/outbox"
)

func TestLettersAreAsTheyHaveAlwaysBeen(t *testing.T) {
	t.Parallel()
	plain := testMail()
	plain.HTML = ""
	both := testMail()
	withAll := testMail()
	withAll.ReplyTo, withAll.UnsubscribeURL = "svar@clinic.example", "https://pawbell.example/unsubscribe/abc-DEF_123"
	withAll.Calendar = []byte("BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nEND:VCALENDAR\r\n")
	withAll.CalendarMethod = "PUBLISH"
	withAll.Attachments = []Attachment{{Name: "Kostråd før operasjon.pdf", Type: "application/pdf", Data: []byte("%PDF-1.4 not really\n")}}
	withAll.Subject = "Påminnelse om årlig vaksine for Bølla, Bamse og Båtsmann hos Dyreklinikken Ås"
	for name, m := range map[string]Message{"plain": plain, "both": both, "all": withAll} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l, refusal := write(m, stdmail.Address{}, testDate)
			if refusal != nil {
				t.Fatal(refusal.detail)
			}
			golden.File(t, filepath.Join("testdata", "letter_"+name+".eml"), string(l.raw))
		})
	}
}

// the parts are what mail programs look for.
func TestALetterReadsBack(t *testing.T) {
	t.Parallel()
	m := testMail()
	m.UnsubscribeURL = "https://pawbell.example/unsubscribe/t"
	m.Calendar, m.CalendarMethod = []byte("BEGIN:VCALENDAR\r\n"), "CANCEL"
	l, refusal := write(m, stdmail.Address{}, testDate)
	if refusal != nil {
		t.Fatal(refusal.detail)
	}
	read, err := stdmail.ReadMessage(bytes.NewReader(l.raw))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"To": "<kari@owner.example>", "Message-Id": "<msg000000000001@clinic.example>", "X-Pawbell-Message": "msg000000000001",
		"Auto-Submitted": "auto-generated", "Content-Language": "nb", "Date": "Mon, 01 Mar 2027 08:15:00 +0000",
		"List-Unsubscribe": "<https://pawbell.example/unsubscribe/t>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
		"User-Agent": "", "X-Mailer": "", "Bcc": "", "Cc": "",
	} {
		if got := read.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if got := decodedWords(t, read.Header.Get("Subject")); got != m.Subject {
		t.Errorf("subject %q", got)
	}
	// As long as the links are that this program signs.
	m.UnsubscribeURL = "https://pawbell.example/unsubscribe/" + strings.Repeat("t", 90)
	if long, refusal := write(m, stdmail.Address{}, testDate); refusal != nil || !bytes.Contains(long.raw, []byte("\r\nList-Unsubscribe: <"+m.UnsubscribeURL+">\r\n")) {
		t.Errorf("a simple mail program does not find the link: %v", refusal)
	}
	m.Purpose = outbox.Personal
	if byHand, refusal := write(m, stdmail.Address{}, testDate); refusal != nil || bytes.Contains(byHand.raw, []byte("Auto-Submitted")) {
		t.Errorf("what somebody wrote says that a machine did (RFC 3834): %v", refusal)
	}
	var kinds []string
	walk(t, read.Header.Get("Content-Type"), read.Body, &kinds)
	want := []string{"text/plain", "text/html", "text/calendar; charset=utf-8; method=CANCEL; name=visit.ics"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
}

func walk(t *testing.T, contentType string, body io.Reader, kinds *[]string) {
	t.Helper()
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(kind, "multipart/") {
		if kind == "text/calendar" {
			kind = contentType
		}
		*kinds = append(*kinds, kind)
		return
	}
	reader := multipart.NewReader(body, parameters["boundary"])
	for {
		part, err := reader.NextPart()
		if err == io.EOF {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		walk(t, part.Header.Get("Content-Type"), part, kinds)
	}
}

// whatever people type, no value starts a header of its own, no line is too long, every line ends in CRLF.
func TestNothingThatPeopleTypeBecomesAHeader(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[a-zA-Z =?]{0,900}`), rapid.Just(strings.Repeat("a", 3000)), rapid.Just("x\r\nBcc: evil@bad.example\r\n\r\nbody"),
			rapid.Just("\xff\x80\x80"+strings.Repeat("\x80", 60)), rapid.Just("=?utf-8?q?Bcc=3A?="),
			rapid.Just("\\Å\r\r\n--=_2_msg000000000001--\r\n\r\n.\r\n"))
		m := testMail()
		m.FromName, m.Subject, m.Text, m.HTML = text.Draw(t, "name"), text.Draw(t, "subject"), text.Draw(t, "text"), text.Draw(t, "html")
		m.Locale = text.Draw(t, "locale")
		m.Attachments = []Attachment{{Name: text.Draw(t, "file"), Type: text.Draw(t, "type"), Data: []byte(text.Draw(t, "data"))}}
		l, refusal := write(m, stdmail.Address{}, testDate)
		if refusal != nil {
			t.Fatalf("refused: %s", refusal.detail)
		}
		read, err := stdmail.ReadMessage(bytes.NewReader(l.raw))
		if err != nil {
			t.Fatalf("unreadable: %v", err)
		}
		known := "Auto-Submitted Content-Language Content-Type Content-Transfer-Encoding Date From Message-Id Mime-Version Subject To X-Pawbell-Message"
		for header := range read.Header {
			if !strings.Contains(known, header) {
				t.Fatalf("a header %q came in", header)
			}
		}
		for _, line := range lines(string(l.raw)) {
			if len(line) > 998 || strings.ContainsAny(line, "\r\n") {
				t.Fatalf("a line of %d octets: %.60q", len(line), line)
			}
		}
		if got, want := decodedSubject(read), oneLine(strings.ToValidUTF8(m.Subject, "")); got != want {
			t.Fatalf("subject %q, want %q", got, want)
		}
		if _, err := read.Header.AddressList("From"); err != nil {
			t.Fatalf("From %q: %v", read.Header.Get("From"), err)
		}
		bodies := bodies(t, read.Header, read.Body)
		want := []string{oneEnd(m.Text), oneEnd(m.HTML), string(m.Attachments[0].Data)}
		if m.HTML == "" {
			want = slices.Delete(want, 1, 2)
		}
		if len(bodies) == len(want) {
			bodies[0] = oneEnd(bodies[0])
			bodies[len(bodies)-2] = oneEnd(bodies[len(bodies)-2])
		}
		if diff := cmp.Diff(want, bodies); diff != "" {
			t.Fatal(diff)
		}
	})
}

// oneEnd has one kind of line end, as mail has.
func oneEnd(text string) string {
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// bodies are the parts of a letter, decoded as the standard library reads them.
func bodies(t *rapid.T, header interface{ Get(string) string }, body io.Reader) (read []string) {
	kind, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.HasPrefix(kind, "multipart/") {
		reader := multipart.NewReader(body, parameters["boundary"])
		for {
			part, err := reader.NextRawPart()
			if err == io.EOF {
				return read
			}
			if err != nil {
				t.Fatal(err)
			}
			read = append(read, bodies(t, part.Header, part)...)
		}
	}
	switch encoding := header.Get("Content-Transfer-Encoding"); encoding {
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	default:
		t.Fatalf("encoded as %q", encoding)
	}
	decoded, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return []string{string(decoded)}
}

func decodedSubject(m *stdmail.Message) string {
	decoded, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil {
		return err.Error()
	}
	return decoded
}

func TestAddressesThatMailServersDoNotTakeAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, to, want string }{
		{"an ordinary one", "Kari.Nordmann@Owner.Example", "Kari.Nordmann@owner.example"},
		{"a domain with letters of its own", "kari@blåbær.example", "kari@xn--blbr-roah.example"},
		{"two lines", "kari@owner.example\r\nBcc: x@y.example", ""},
		{"a name before it", "Kari <kari@owner.example>", ""},
		{"two in one", "kari@owner.example, ola@owner.example", ""},
		{"quotes", `"kari nordmann"@owner.example`, ""},
		{"a local part with letters of its own", "kåre@owner.example", ""},
		{"no domain", "kari@", ""},
		{"nothing", "", ""},
		{"a local part of 65", strings.Repeat("k", 65) + "@owner.example", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := testMail()
			m.To = c.to
			l, refusal := write(m, stdmail.Address{}, testDate)
			switch {
			case c.want == "" && (refusal == nil || refusal.reason != outbox.ReasonBadAddress):
				t.Errorf("%q was taken", c.to)
			case c.want != "" && (refusal != nil || l.to[0] != c.want):
				t.Errorf("got %v, %v", l.to, refusal)
			}
		})
	}
}

func TestAHiddenCopyWithoutAnAddressDoesNotHoldTheLetterBack(t *testing.T) {
	t.Parallel()
	m := testMail()
	m.BCC = []string{"not an address", "ok@clinic.example", m.To}
	l, refusal := write(m, stdmail.Address{}, testDate)
	if refusal != nil || l.leftOut != 1 || strings.Join(l.to, " ") != "kari@owner.example ok@clinic.example" {
		t.Errorf("got %v, %d left out, %v", l.to, l.leftOut, refusal)
	}
}
