package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pawbell/internal/outbox"
)

// A text with an unknown code or broken syntax cannot be saved, and the refusal names the code that was meant (R-18).
func TestCheckTextNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, code, name, nearest string }{
		{"Hi {{ client.firstname }}", UnknownCode, "client.firstname", "client.first_name"},
		{"Hi {{first_name}}", UnknownCode, "first_name", "client.first_name"},
		{"Hi {{ Client.First_Name }}", UnknownCode, "Client.First_Name", "client.first_name"},
		{"On {{booking.dat}}", UnknownCode, "booking.dat", "booking.date"},
		{"On {{ date }}", UnknownCode, "date", "booking.date"},
		{"{{ clinic.name }}", UnknownCode, "clinic.name", "location.name"},
		{"Hi <KliEfternavn>", UnknownCode, "KliEfternavn", ""},
		{"{{ client }}", UnknownCode, "client", ""},
		{"{{ . }}", UnknownCode, ".", ""},
		{"Hi {{ client.first_name", BadSyntax, "", ""},
		{"Hi {{ client.first_name }", BadSyntax, "", ""},
		{"Hi client.first_name }}", BadSyntax, "", ""},
		{"Hi { client.first_name }", BadSyntax, "client.first_name", "client.first_name"},
		{"Hi {{}}", BadSyntax, "", ""},
		{"Hi {{{ client.first_name }}}", BadSyntax, "", ""},
		{"Hi {{& client.first_name }}", BadSyntax, "& client.first_name", ""},
		{"{{# client.first_name }}x{{/ client.first_name }}", BadSyntax, "# client.first_name", ""},
		{"{{^ client.first_name }}", BadSyntax, "^ client.first_name", ""},
		{"{{> header }}", BadSyntax, "> header", ""},
		{"{{! note }}", BadSyntax, "! note", ""},
		{"{{=<% %>=}}", BadSyntax, "=<% %>=", ""},
		{"{{ client.\nfirst_name }}", BadSyntax, "", ""},
		{"[here]({{ client.first_name }})", CodeInLink, "client.first_name", ""},
		{"[here](https://x.example/a(b/{{ patient.name }})", CodeInLink, "patient.name", ""},
		{"<https://x.example/{{ patient.name }}>", CodeInLink, "patient.name", ""},
	} {
		problems := CheckText(c.text)
		if len(problems) == 0 {
			t.Errorf("%q passed", c.text)
			continue
		}
		p := problems[0]
		if p.Code != c.code || c.name != "" && p.Name != c.name || c.nearest != "" && p.Nearest != c.nearest || p.Message == "" {
			t.Errorf("%q: %+v", c.text, p)
		}
		if p.Code == UnknownCode && !strings.Contains(p.Message, p.Nearest) {
			t.Errorf("%q: the message %q does not say what was meant", c.text, p.Message)
		}
	}
}

func TestEveryListedCodePasses(t *testing.T) {
	t.Parallel()
	if len(Codes()) != 23 {
		t.Errorf("%d codes: R-18 lists 23", len(Codes()))
	}
	for _, c := range Codes() {
		if c.Description == "" {
			t.Errorf("%s has no description", c.Name)
		}
		pasted := "{{\u00a0" + c.Name + "\u2003}}"
		f := LongFacts(ordinaryFacts().Location, "https://book.example", "en")
		if _, text, problems := Compose(Template{SMS: pasted}, f, outbox.SMS, "en"); text == "" || len(problems) > 0 {
			t.Errorf("%q says %q, %v", pasted, text, problems)
		}
		for _, text := range []string{pasted, "{{" + c.Name + "}}", "a {{  " + c.Name + "  }} b } { <3"} {
			if problems := CheckText(text); len(problems) > 0 {
				t.Errorf("%q: %v", text, problems)
			}
		}
	}
	for _, text := range []string{"", "5 > 3", "[us]({{ location.booking_url }})", "[call](tel:{{ location.phone }})",
		"[one](https://a.example) {{ client.first_name }}"} {
		if problems := CheckText(text); len(problems) > 0 {
			t.Errorf("%q: %v", text, problems)
		}
	}
}

// Codes of older systems are understood on input and stored as ours (X-19, R-18).
func TestNormaliseKnowsOlderCodes(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Hej <KliFornavn>, <AftDato> <AftTid> <BehNavn> <FirmaNavn>": "Hej {{ client.first_name }}, {{ booking.date }} {{ booking.time }} {{ practitioner.name }} {{ location.name }}",
		"<klifornavn> < FIRMANAVN >":                                 "{{ client.first_name }} {{ location.name }}",
		"<KliEfternavn> <b> <3 {{ client.last_name }}":               "<KliEfternavn> <b> <3 {{ client.last_name }}",
	} {
		if got := Normalise(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
		if again := Normalise(Normalise(in)); again != Normalise(in) {
			t.Errorf("%q changes again", in)
		}
	}
}

// Nothing is found in a set of texts but what belongs there: by language first, and within it the location's own (R-23, PC-25).
func TestFindPrefersLanguageThenPlace(t *testing.T) {
	t.Parallel()
	text := func(id, locale, location string) Template {
		return Template{ID: id, Code: "visit_reminder", Locale: locale, Location: location, SMS: id}
	}
	all := []Template{text("da here", "da-DK", "l1"), text("da", "da", ""), text("nb here", "nb", "l1"), text("nb", "no", ""),
		text("en here", "en", "l1"), text("en", "en", "")}
	place := Location{ID: "l1", Locale: "nb-NO"}
	for i, want := range all {
		got, ok := NewTemplates(all[i:]).Find("visit_reminder", "da", place, outbox.SMS)
		if !ok || got.ID != want.ID {
			t.Errorf("without the first %d: got %q, want %q", i, got.ID, want.ID)
		}
	}
	if _, ok := NewTemplates(all).Find("visit_reminder", "da", place, outbox.Email); ok {
		t.Error("found an e-mail where there are only texts for SMS")
	}
	if got, _ := NewTemplates(all).Find("visit_reminder", "da", Location{ID: "l2"}, outbox.SMS); got.ID != "da" {
		t.Errorf("another location got %q", got.ID)
	}
}

// R-23: whoever chooses a text by name gets it in the language that is wanted, and that very text where there is no other.
func TestANamedTextIsTakenInTheLanguageWanted(t *testing.T) {
	t.Parallel()
	texts := NewTemplates([]Template{
		{ID: "en", Code: "normal", Locale: "en", SMS: "Hi", Email: "Hi"}, {ID: "da", Code: "normal", Locale: "da", SMS: "Hej"},
		{ID: "fi", Code: "only", Locale: "fi", Email: "Hei"},
		{ID: "passport", Code: "passport", Locale: "en", Email: "Bring it"}, {ID: "passport here", Code: "passport", Locale: "en", Location: "l1", Email: "Bring it here"},
	})
	for _, c := range []struct {
		id, locale string
		channel    outbox.Channel
		want       string
	}{
		{"en", "en", outbox.SMS, "en"}, {"en", "da-DK", outbox.SMS, "da"}, {"da", "en", outbox.SMS, "en"}, {"da", "ro", outbox.SMS, "en"},
		{"da", "da", outbox.Email, "en"}, {"fi", "en", outbox.Email, "fi"}, {"fi", "en", outbox.SMS, ""}, {"none", "en", outbox.SMS, ""},
	} {
		got, ok := texts.Named(c.id, c.locale, Location{Locale: "en"}, c.channel)
		if got.ID != c.want || ok != (c.want != "") {
			t.Errorf("%s in %s by %s is %q, %v; want %q", c.id, c.locale, c.channel, got.ID, ok, c.want)
		}
	}
	// X-31, PC-25: a reason of the chain names the chain's text, and a location's own version of it is said there.
	for at, want := range map[string]string{"l1": "passport here", "l2": "passport", "": "passport"} {
		for _, named := range []string{"passport", "passport here"} {
			if got, _ := texts.Named(named, "en", Location{ID: at, Locale: "en"}, outbox.Email); got.ID != want {
				t.Errorf("%s at %q is %q, want %q", named, at, got.ID, want)
			}
		}
	}
	if got, ok := texts.ByID("da"); !ok || got.SMS != "Hej" {
		t.Errorf("by id: %v, %v", got, ok)
	}
	if _, ok := texts.ByID("none"); ok {
		t.Error("there is no such text")
	}
}

func TestComposeNamesEmptyCodes(t *testing.T) {
	t.Parallel()
	f := ordinaryFacts()
	f.Practitioner = " "
	_, _, problems := Compose(Template{SMS: "With {{ practitioner.name }} on {{ payment.deadline }}"}, f, outbox.SMS, "en")
	var names []string
	for _, p := range problems {
		if p.Code != EmptyCode {
			t.Errorf("got %+v", p)
		}
		names = append(names, p.Name)
	}
	if !slices.Equal(names, []string{"practitioner.name", "payment.deadline"}) {
		t.Errorf("named %v (R-19)", names)
	}
	if _, _, problems := Compose(Template{Email: "x"}, f, outbox.SMS, "en"); len(problems) != 1 || problems[0].Code != NoText {
		t.Errorf("got %v", problems)
	}
}

// Instructions are the one code that may be empty: its line goes, and what is around it stays (PN-09, R-19).
func TestEmptyInstructionsTakeTheirLineWithThem(t *testing.T) {
	t.Parallel()
	f := ordinaryFacts()
	text := Template{Code: "visit_reminder", Subject: "s", Email: "Hello {{ client.first_name }}\n\nPlease note: {{ booking.instructions }}\n\nBye",
		SMS: "Hello\n{{booking.instructions}}\nBye"}
	for _, c := range []struct{ instructions, email, sms string }{
		{"", "Hello Anna\n\nBye", "Hello\nBye"},
		{"No **food**, {{ patient.name }}", "Hello Anna\n\nPlease note: No **food**, Bella\n\nBye", "Hello\nNo food, Bella\nBye"},
	} {
		f.Reason.Instructions = c.instructions
		if _, got, problems := Compose(text, f, outbox.Email, "en"); got != c.email || problems != nil {
			t.Errorf("e-mail: %q %v", got, problems)
		}
		if _, got, problems := Compose(text, f, outbox.SMS, "en"); got != c.sms || problems != nil {
			t.Errorf("SMS: %q %v", got, problems)
		}
	}
	f.Reason.Instructions = "Again {{ booking.instructions }}"
	if _, _, problems := Compose(text, f, outbox.Email, "en"); len(problems) == 0 {
		t.Error("instructions may hold themselves")
	}
}

// Several pets are joined, and reminders have their own codes (R-18, R-44).
func TestSeveralPetsAreJoined(t *testing.T) {
	t.Parallel()
	f := LongFacts(ordinaryFacts().Location, "https://book.example", "da")
	f.Patient.Name, f.Others = "Bella", []Patient{{Name: "Max"}}
	_, got, problems := Compose(Template{SMS: "{{ patient.name }}: {{ reminder.due_date }} {{ location.booking_url }}"}, f, outbox.SMS, "da")
	if want := "Bella og Max: " + Date(f.DueOn, "da") + " https://book.example/"; got != want || problems != nil {
		t.Errorf("got %q %v", got, problems)
	}
}

// X-17, X-18, R-21: a saved text is judged with long names, and the refusal says how long it is.
func TestJudgeCountsWithLongNames(t *testing.T) {
	t.Parallel()
	place := ordinaryFacts().Location
	text := "Hej {{ client.first_name }}, husk {{ patient.name }} {{ booking.date }} kl. {{ booking.time }} hos {{ practitioner.name }}. {{ location.name }}"
	f := LongFacts(place, "https://book.example", "da")
	size, problems := Judge(text, f, "da")
	if len(problems) > 0 || size.Parts != 1 {
		t.Errorf("%+v %v", size, problems)
	}
	size, problems = Judge(text+strings.Repeat(" Ring hvis noget er uklart.", 3), f, "da")
	if len(problems) != 1 || problems[0].Code != TooLong || size.Parts != 2 || !strings.Contains(problems[0].Message, fmt.Sprint(size.Units)) {
		t.Errorf("%+v %v", size, problems)
	}
	place.SMSMaxParts = 0
	if _, problems = Judge(strings.Repeat("long ", 200), LongFacts(place, "", "da"), "da"); len(problems) > 0 {
		t.Errorf("0 is no limit: %v", problems)
	}
	place.SMSMaxParts, place.KeepCharset = 1, true
	if _, problems = Judge(strings.Repeat("ș", 71), LongFacts(place, "", "ro"), "ro"); len(problems) != 1 || !strings.Contains(problems[0].Message, "ș") {
		t.Errorf("got %v", problems)
	}
	if _, problems = Judge("{{ nothing }}", f, "da"); len(problems) != 1 || problems[0].Code != UnknownCode {
		t.Errorf("got %v", problems)
	}
	for name, want := range map[string]int{f.Client.FirstName: 12, f.Patient.Name: 10, f.Practitioner: 18} {
		if len([]rune(name)) != want {
			t.Errorf("%q is not %d letters long", name, want)
		}
	}
}

func ExampleCheckText() {
	for _, p := range CheckText("Dear {{ client.firstname }}, see you on {{ booking.day }}.") {
		fmt.Println(p.Message)
	}
	// Output:
	// {{ client.firstname }} is not a merge code. Did you mean {{ client.first_name }}?
	// {{ booking.day }} is not a merge code. Did you mean {{ booking.date }}?
}

func ExampleNormalise() {
	fmt.Println(Normalise("Hej <KliFornavn>, husk din tid <AftDato> kl. <AftTid>."))
	// Output: Hej {{ client.first_name }}, husk din tid {{ booking.date }} kl. {{ booking.time }}.
}
