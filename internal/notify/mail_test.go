package notify

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"pawbell/internal/golden"
	"pawbell/internal/outbox"
)

// TestMails reads testdata/mails: what an e-mail's Markdown becomes in plain text (.txt) and HTML (.html).
func TestMails(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/mails/*.md")
	if err != nil || len(files) == 0 {
		t.Fatalf("found %d mails, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".md"), func(t *testing.T) {
			t.Parallel()
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			f := ordinaryFacts()
			f.Client.FirstName, f.Patient.Name = "Anna_Lise *Bo*", "1. Bella & <i>Max</i>"
			f.Reason.Instructions = "- No food\n- Bring the [passport](https://clinic.example/passport)"
			subject, text, problems := Compose(Template{Code: "visit_reminder", Subject: "{{ patient.name }}\r\nBcc: x", Email: string(raw)}, f,
				outbox.Email, "da")
			if len(problems) > 0 {
				t.Fatal(problems)
			}
			plain, page := Mail(subject, text, "da-DK", f.Location)
			for ending, got := range map[string]string{".txt": plain, ".html": page} {
				golden.File(t, strings.TrimSuffix(file, ".md")+ending, got)
			}
		})
	}
}

func TestOnlyHarmlessLinksAreLinks(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"[a](https://x.example/?a=1&b=2)":          `<a href="https://x.example/?a=1&amp;b=2">a</a>`,
		"[a](HTTP://x.example)":                    `<a href="HTTP://x.example">a</a>`,
		"[a](mailto:post@x.example)":               `<a href="mailto:post@x.example">a</a>`,
		"[a](tel:+4533123456)":                     `<a href="tel:+4533123456">a</a>`,
		"<https://x.example/_a_>":                  `<a href="https://x.example/_a_">https://x.example/_a_</a>`,
		"<post@x.example>":                         `<a href="mailto:post@x.example">post@x.example</a>`,
		"[a](javascript:alert(1))":                 "a",
		"[a](data:text/html,x)":                    "a",
		"[a](//x.example)":                         "a",
		"[a](/relative)":                           "a",
		"[a](&#106;avascript:alert(1))":            "a",
		"[a](https:x)":                             "a",
		"<javascript:alert(1)>":                    "javascript:alert(1)",
		"![cat](https://x.example/cat.png)":        "cat",
		"<script>alert(1)</script>":                "&lt;script&gt;alert(1)&lt;/script&gt;",
		"[a]: https://x.example\n\n[a]":            "[a]: https://x.example",
		"&lt;b&gt; &amp; &copy; &nothing; \\*x\\*": "&lt;b&gt; &amp; © &amp;nothing; *x*",
	} {
		_, page := Mail("s", text, "en", Location{})
		if !strings.Contains(page, ">"+want+"</p>") {
			t.Errorf("%q became %s", text, page[strings.Index(page, "<p"):])
		}
	}
}

func TestSubjectIsOneLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Bella\r\nBcc: all@x.example": "Bella Bcc: all@x.example",
		"  a\t\x00b\u2028c\u202ed ":   "a b cd",
		strings.Repeat("å", 300):      strings.Repeat("å", 199) + "…",
		"":                            "",
	} {
		if got := Subject(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}

var href = regexp.MustCompile(`(?i)href="([^"]*)"`)

// FuzzCompose merges any text with any names. Nothing panics, no raw code leaves (R-19), and the only links are those of the template
// and of the clinic: a name cannot add one.
func FuzzCompose(f *testing.F) {
	for _, text := range ordinaryTexts() {
		f.Add(text.Subject, text.Email, text.SMS, "Anna", "Bella")
	}
	for _, name := range []string{"[a](http://evil.example)", "<http://evil.example>", "](mailto:evil@x.example)", "(javascript:x)", "# x", "1. x",
		"{{ client.last_name }}", "www.evil.example", "evil@evil.example", "a\nb\r\n\r\n- c", "&#91;x](http://evil.example)", `\`, "mailto:evil",
		"!", "[", "`", "<b>", "\x01(", "\x02http://evil.example\x03", ": http://evil.example", "---", "~~~", "http:/", "httphttp://://evil"} {
		f.Add("{{ patient.name }}", "[x]{{ client.first_name }} {{ patient.name }}{{client.first_name}}\n{{ patient.name }}\n<{{ booking.manage_url }}>",
			"{{ client.first_name }}", name, name)
		f.Add("s", "[x]({{ booking.manage_url }}) {{ patient.name }}](http://a.example) ![{{ client.first_name }}", "x", name, name+"(")
	}
	facts := ordinaryFacts()
	f.Fuzz(func(t *testing.T, subject, email, sms, first, pet string) {
		merge := func(first, pet string) (plain, page, text string, problems []Problem) {
			facts := facts
			facts.Client.FirstName, facts.Patient.Name = first, pet
			template := Template{Subject: subject, Email: email, SMS: sms}
			subject, body, problems := Compose(template, facts, outbox.Email, "en")
			_, text, more := Compose(template, facts, outbox.SMS, "en")
			plain, page = Mail(subject, body, "en", facts.Location)
			return subject + plain, page, text, append(problems, more...)
		}
		plain, page, text, problems := merge(first, pet)
		if len(problems) > 0 {
			return
		}
		for _, out := range []string{plain, page, text} {
			for _, code := range codeInBraces.FindAllStringSubmatch(out, -1) {
				if slots[code[1]] != "" && !strings.ContainsAny(email, `&\`) {
					t.Errorf("a raw code leaves: %q", out)
				}
			}
		}
		if strings.Contains(strings.ToLower(page), "<script") {
			t.Errorf("markup leaves: %s", page)
		}
		_, ordinary, _, _ := merge("Anna", "Bella")
		was, is := href.FindAllString(ordinary, -1), href.FindAllString(page, -1)
		if len(is) > len(was) {
			t.Errorf("a name added a link: %q, was %q", is, was)
		}
		for i, link := range is {
			if len(is) == len(was) && link != was[i] {
				t.Errorf("a name changed a link: %q, was %q", link, was[i])
			}
		}
	})
}

func ExampleMail() {
	plain, _ := Mail("Bella on 1 March", "Dear Anna,\n\n**Bella** is expected. [Change or cancel](https://book.example/manage/x)", "en",
		Location{Name: "Havnens Dyreklinik", Address: "Havnegade 1", Phone: "+45 33 12 34 56"})
	fmt.Print(strings.ReplaceAll(plain, "-- \n", "--\n"))
	// Output:
	// Dear Anna,
	//
	// Bella is expected. Change or cancel: https://book.example/manage/x
	//
	// --
	// Havnens Dyreklinik
	// Havnegade 1
	// +45 33 12 34 56
}

func ExamplePlan() {
	planned, _ := Plan(ordinaryFacts())
	for _, m := range planned {
		fmt.Println(m.SendAt.Format(time.RFC3339), m.Channel, m.Purpose, "to", m.To)
	}
	// Output:
	// 2027-02-15T11:00:00Z email booking_confirmation to anna@example.com
	// 2027-03-02T08:00:00Z sms visit_reminder to +4520304050
}

// What planning one booking costs, texts compiled before: two state messages, two reminders, two notices.
func BenchmarkPlan(b *testing.B) {
	f := ordinaryFacts()
	f.Location.ConfirmationChannels = []outbox.Channel{outbox.Email, outbox.SMS}
	f.Location.VisitChannels = []outbox.Channel{outbox.Email, outbox.SMS}
	f.Reason.Instructions = "No food from {{ booking.time }} on."
	f.Addresses = []Address{{"a@x.example", []string{"booking", "bcc"}}, {"b@x.example", []string{"booking"}}}
	b.ReportAllocs()
	for b.Loop() {
		if planned, _ := Plan(f); len(planned) != 6 {
			b.Fatal(len(planned))
		}
	}
}

func BenchmarkMail(b *testing.B) {
	f := ordinaryFacts()
	b.ReportAllocs()
	for b.Loop() {
		Mail("Bella", "Dear Anna,\n\n**Bella** is expected.\n\n- one\n- two\n\n[Change](https://book.example/x)", "da", f.Location)
	}
}
