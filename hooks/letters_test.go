package hooks_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"
	"github.com/pocketbase/pocketbase/tools/subscriptions"

	"pawbell/internal/clinictest"
)

// maja has an address that the post can read.
func (c *clinic) maja(fields ...clinictest.Fields) *core.Record {
	c.t.Helper()
	return clinictest.Client(c.t, c.app, append([]clinictest.Fields{{
		"first_name": "Maja", "last_name": "Lund", "address": "Strandvej 3", "postcode": "2900", "city": "Hellerup", "country": "DK",
	}}, fields...)...)
}

// waiting is a message that is due now, as planning makes them.
func (c *clinic) waiting(client *core.Record, fields ...clinictest.Fields) *core.Record {
	c.t.Helper()
	return clinictest.Make(c.t, c.app, "messages", append([]clinictest.Fields{{
		"location": c.location.Id, "client": client.Id, "purpose": "reminder", "channel": "post", "state": "queued", "priority": 3, "locale": "en",
		"subject": "Bella is due", "text": "Dear Maja,\n\nBella's **vaccination** is due. See [our page](https://harbour.example/book).",
		"planned_at": c.now, "send_at": c.now, "expires_at": c.now.Add(24 * time.Hour),
	}}, fields...)...)
}

func (c *clinic) staff(role string, locations ...*core.Record) string {
	return clinictest.Token(c.t, clinictest.Account(c.t, c.app, role, locations...))
}

// PR-05, R-41: letters are a page to print, each on its own sheet with the address where the envelope's window is, and nothing is sent by looking.
func TestLettersAreShownOnePerSheet(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	here := c.waiting(c.maja())
	abroad := c.waiting(c.maja(clinictest.Fields{"first_name": "Åse", "last_name": "<b>Berg</b>", "address": "Storgata 1\nOppgang B", "postcode": "0184", "city": "Oslo", "country": "NO"}),
		clinictest.Fields{"locale": "nb", "subject": ""})
	answer := c.as(c.staff("reception", c.location), http.MethodGet, "/print/letters?ids="+here.Id+","+abroad.Id, nil)
	if answer.Status != http.StatusOK || !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	flat := strings.Join(strings.Fields(answer.Body), " ")
	for _, want := range []string{
		"<address> Maja Lund<br> Strandvej 3<br> 2900 Hellerup </address>",
		"<address> Åse &lt;b&gt;Berg&lt;/b&gt;<br> Storgata 1<br> Oppgang B<br> 0184 Oslo<br> NORWAY </address>",
		`<p class="return">Harbour Vets, Havnegade 1, 1058 København</p>`, "<h1>Bella is due</h1>", "1 March 2027", "1. mars 2027",
		"<strong>vaccination</strong> is due. See our page (https://harbour.example/book).", `lang="nb"`,
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("%q is missing in\n%s", want, flat)
		}
	}
	if n := strings.Count(answer.Body, `class="letter"`); n != 2 {
		t.Errorf("%d sheets", n)
	}
	if csp := answer.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'; style-src 'self'") || strings.Contains(answer.Body, "<script") || strings.Contains(answer.Body, " style=") {
		t.Errorf("the page does not live with its policy: %s", csp)
	}
	if answer.Header.Get("Cache-Control") != "no-store" || answer.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("%v", answer.Header)
	}
	style := c.get("/print/letters.css")
	if style.Status != http.StatusOK || !strings.HasPrefix(style.Header.Get("Content-Type"), "text/css") || !strings.Contains(style.Body, "break-after: page") {
		t.Errorf("%d %v", style.Status, style.Header)
	}
	if r := clinictest.Reload(t, c.app, here); r.GetString("state") != "queued" {
		t.Errorf("looking made it %s", r.GetString("state"))
	}
}

// every line of the address is wanted by the post, so a long one is set smaller instead of falling out of the window.
func TestALongAddressIsSetSmaller(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	for _, try := range []struct {
		name, want string
		client     clinictest.Fields
	}{
		{"as most are", `class="window"`, nil},
		{"with a house of several entrances, abroad", `class="window tight"`, clinictest.Fields{
			"first_name": "Maria Antonella", "last_name": "Popescu", "address": "Strada Independenței nr. 124\nbloc A12, scara B\netajul 3, apartamentul 47", "postcode": "400000",
			"city": "Cluj-Napoca", "country": "RO"}},
		{"as long as a record holds", `class="window tightest"`, clinictest.Fields{
			"first_name": strings.Repeat("Anne ", 18), "last_name": strings.Repeat("Berg ", 18), "address": strings.Repeat("Lang Gade ", 19), "city": strings.Repeat("by ", 30), "country": "NO"}},
	} {
		var with []clinictest.Fields
		if try.client != nil {
			with = append(with, try.client)
		}
		letter := c.waiting(c.maja(with...))
		if page := c.as(c.superuser, http.MethodGet, "/print/letters?ids="+letter.Id, nil); !strings.Contains(page.Body, try.want) {
			t.Errorf("%s: %s", try.name, page.Body)
		}
	}
}

// A browser's tab has no Authorization header: it comes with a file token, which opens the page and nothing else.
func TestATabComesWithAFileToken(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	letter := c.waiting(c.maja())
	other := clinictest.Location(t, c.app)
	for _, try := range []struct {
		name string
		who  *core.Record
		want int
	}{
		{"staff of the location", clinictest.Account(t, c.app, "reception", c.location), http.StatusOK},
		{"a superuser", clinictest.Superuser(t, c.app), http.StatusOK},
		{"staff of another location", clinictest.Account(t, c.app, "manager", other), http.StatusNotFound},
	} {
		token := c.as(clinictest.Token(t, try.who), http.MethodPost, "/api/files/token", nil).text("token")
		if got := c.get("/print/letters?ids=" + letter.Id + "&token=" + token); got.Status != try.want {
			t.Errorf("%s: %d %s", try.name, got.Status, got.Body)
		}
		if got := c.as("", http.MethodPost, "/print/letters?token="+token, fields{"ids": []string{letter.Id}}); got.Status != http.StatusUnauthorized {
			t.Errorf("%s marks letters by a token that is for reading: %d", try.name, got.Status)
		}
		if got := c.get("/print/letters?ids=" + letter.Id + "&token=" + clinictest.Token(t, try.who)); got.Status != http.StatusUnauthorized {
			t.Errorf("%s: an account's own token was taken from the address: %d", try.name, got.Status)
		}
	}
	c.app.Settings().SuperuserIPs = []string{"203.0.113.0/24"}
	token, err := clinictest.Superuser(t, c.app).NewFileToken()
	if err != nil {
		t.Fatal(err)
	}
	if got := c.get("/print/letters?ids=" + letter.Id + "&token=" + token); got.Status != http.StatusUnauthorized {
		t.Errorf("a superuser came from where none may come: %d", got.Status)
	}
}

// many are as many ids.
func many(n int) string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("%015d", i)
	}
	return strings.Join(ids, ",")
}

func TestOnlyLettersThatCanBePostedArePrinted(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	other := clinictest.Location(t, c.app)
	good := c.waiting(c.maja())
	elsewhere := c.waiting(c.maja(), clinictest.Fields{"location": other.Id})
	sms := c.waiting(c.maja(), clinictest.Fields{"channel": "sms", "to": "+4520123456"})
	nowhere := c.waiting(clinictest.Client(t, c.app))
	withdrawn := c.waiting(c.maja(), clinictest.Fields{"state": "cancelled", "reason": "by_person"})
	refused := c.waiting(c.maja(clinictest.Fields{"refused": []string{"reminder"}}))
	staff := c.staff("reception", c.location)
	for _, try := range []struct {
		name, token, ids string
		status           int
		code             string
		named            []string
	}{
		{"nobody", "", good.Id, http.StatusUnauthorized, "", nil},
		{"no ids", staff, "", http.StatusBadRequest, "required", nil},
		{"no id", staff, good.Id + ",nonsense", http.StatusBadRequest, "invalid_id", []string{"nonsense"}},
		{"too many", staff, many(201), http.StatusBadRequest, "too_many", nil},
		{"an unknown one", staff, good.Id + ",aaaaaaaaaaaaaaa", http.StatusNotFound, "unknown", []string{"aaaaaaaaaaaaaaa"}},
		{"one of another location", staff, good.Id + "," + elsewhere.Id, http.StatusNotFound, "unknown", []string{elsewhere.Id}},
		{"no letter", staff, good.Id + "," + sms.Id, http.StatusBadRequest, "not_a_letter", []string{sms.Id}},
		{"no address", staff, good.Id + "," + nowhere.Id, http.StatusBadRequest, "no_address", []string{nowhere.Id}},
		{"a withdrawn one", staff, good.Id + "," + withdrawn.Id, http.StatusBadRequest, "wrong_transition", []string{withdrawn.Id}},
		{"one that its owner no longer wants", staff, good.Id + "," + refused.Id, http.StatusBadRequest, "opted_out", []string{refused.Id}},
		{"spaces and the same again", staff, good.Id + ", " + good.Id, http.StatusOK, "", nil},
		{"everywhere", c.superuser, good.Id + "," + elsewhere.Id, http.StatusOK, "", nil},
	} {
		got := c.as(try.token, http.MethodGet, "/print/letters?ids="+strings.ReplaceAll(try.ids, " ", "%20"), nil)
		if got.Status != try.status || got.code("ids") != try.code {
			t.Errorf("%s: %d %s", try.name, got.Status, got.Body)
		}
		if try.named != nil {
			if diff := cmp.Diff(fmt.Sprint(try.named), fmt.Sprint(got.params("ids")["ids"])); diff != "" {
				t.Errorf("%s: %s", try.name, diff)
			}
		}
	}
}

// printing is what sends a letter. Its task is done by whoever said so, and saying so twice says so.
func TestPrintedLettersAreSent(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	first, second := c.waiting(c.maja()), c.waiting(c.maja())
	task := clinictest.Make(t, c.app, "tasks", fields{"kind": "letter_to_print", "title": "Print", "message": first.Id, "location": c.location.Id})
	withdrawn := c.waiting(c.maja(), clinictest.Fields{"state": "cancelled"})
	staff := c.staff("reception", c.location)
	if got := c.as(staff, http.MethodPost, "/print/letters", fields{"ids": []string{first.Id, withdrawn.Id}}); got.code("ids") != "wrong_transition" {
		t.Fatalf("%d %s", got.Status, got.Body)
	}
	if r := clinictest.Reload(t, c.app, first); r.GetString("state") != "queued" {
		t.Fatal("half of a refused list was done")
	}
	for _, want := range [][]string{{first.Id, second.Id}, {}} {
		got := c.as(staff, http.MethodPost, "/print/letters", fields{"ids": []string{first.Id, second.Id}})
		if got.Status != http.StatusOK {
			t.Fatalf("%d %s", got.Status, got.Body)
		}
		printed := []string{}
		for _, id := range got.JSON["printed"].([]any) {
			printed = append(printed, id.(string))
		}
		slices.Sort(want)
		slices.Sort(printed)
		if diff := cmp.Diff(want, printed); diff != "" {
			t.Error(diff)
		}
	}
	r := clinictest.Reload(t, c.app, first)
	said := []any{r.GetString("state"), r.GetString("gateway"), r.GetDateTime("sent_at").Time(), r.GetString("legal_id"), r.GetString("billed_period"), r.GetFloat("cost"), r.GetInt("attempts"), r.GetDateTime("leased_until").IsZero()}
	if diff := cmp.Diff([]any{"sent", "print", c.now, "12345678", "2027Q1", 0.0, 1, true}, said); diff != "" {
		t.Error(diff)
	}
	if events, err := c.app.FindRecordsByFilter("message_events", "message = '"+first.Id+"' && kind = 'accepted' && gateway = 'print'", "", 10, 0); err != nil || len(events) != 1 {
		t.Errorf("%d events, %v", len(events), err)
	}
	if task = clinictest.Reload(t, c.app, task); !task.GetBool("done") || task.GetString("done_by") != "Sam reception" {
		t.Errorf("the task is done: %v, by %s", task.GetBool("done"), task.GetString("done_by"))
	}
	if got := c.as(staff, http.MethodGet, "/print/letters?ids="+first.Id, nil); got.Status != http.StatusOK {
		t.Errorf("a printer jammed, and the letter cannot be printed again: %d", got.Status)
	}
}

// PC-10, R-41: a letter goes where somebody addressed it, not where its client lives; so does a test, and one that is put back.
func TestALetterGoesWhereItIsAddressed(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client := c.maja()
	printed := func(letter *core.Record) string {
		t.Helper()
		page := c.as(c.superuser, http.MethodGet, "/print/letters?ids="+letter.Id, nil)
		if page.Status != http.StatusOK {
			t.Fatalf("%d %s", page.Status, page.Body)
		}
		_, address, _ := strings.Cut(page.Body, "<address>")
		address, _, _ = strings.Cut(address, "</address>")
		return strings.Join(strings.Fields(strings.ReplaceAll(address, "<br>", " | ")), " ")
	}
	write := func(more fields) *core.Record {
		t.Helper()
		message := fields{"client": client.Id, "channel": "post", "text": "Hello"}
		for field, value := range more {
			message[field] = value
		}
		return c.wrote(c.superuser, message)
	}
	const ola = "Ola Hansen | Gate 5 | 0184 Oslo"
	own := write(fields{"to": "Ola Hansen, Gate 5, 0184 Oslo"})
	corrected := write(nil)
	c.patch(c.superuser, corrected, fields{"to": "Ola Hansen\nGate 5, 2. th\n0184 Oslo"})
	known := write(fields{"to": "Maja Lund, Strandvej 3, 2900 Hellerup"})
	test := write(fields{"purpose": "test", "to": "Myself, Havnegade 1"})
	c.patch(c.superuser, client, fields{"address": "Nygade 8"})
	for _, try := range []struct {
		name   string
		letter *core.Record
		want   string
	}{
		{"an address of its own", own, ola},
		{"one that was corrected, in lines", corrected, "Ola Hansen | Gate 5, 2. th | 0184 Oslo"},
		{"the client's, typed", known, "Maja Lund | Nygade 8 | 2900 Hellerup"},
		{"a test", test, "Myself | Havnegade 1"},
	} {
		if got := printed(try.letter); got != try.want {
			t.Errorf("%s: %s, want %s", try.name, got, try.want)
		}
	}
	c.as(c.superuser, http.MethodPost, "/print/letters", fields{"ids": []string{own.Id}})
	c.patch(c.superuser, own, fields{"requeue": true})
	again, err := c.app.FindFirstRecordByData("messages", "resend_of", own.Id)
	if err != nil {
		t.Fatal(err)
	}
	if got := printed(again); got != ola {
		t.Errorf("put back: %s", got)
	}
}

// who ticks the task to print a letter has printed it; nobody is asked twice, so it would wait for ever. A task that is about something else
// sends nothing.
func TestATickedTaskIsAPrintedLetter(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	other := clinictest.Location(t, c.app)
	staff := c.staff("reception", c.location)
	for _, try := range []struct {
		name, kind string
		letter     *core.Record
		want       string
	}{
		{"a letter", "letter_to_print", c.waiting(c.maja()), "sent"},
		{"a call about a letter", "call_owner", c.waiting(c.maja()), "queued"},
		{"no letter", "letter_to_print", c.waiting(c.maja(), fields{"channel": "sms", "to": "+4520123456"}), "queued"},
		{"another location's letter", "letter_to_print", c.waiting(c.maja(), fields{"location": other.Id}), "queued"},
		{"a withdrawn one", "letter_to_print", c.waiting(c.maja(), fields{"state": "cancelled"}), "cancelled"},
	} {
		task := clinictest.Make(t, c.app, "tasks", fields{"kind": try.kind, "title": "Print", "message": try.letter.Id, "location": c.location.Id})
		answer := c.as(staff, http.MethodPatch, "/api/collections/tasks/records/"+task.Id, fields{"done": true})
		if answer.Status != http.StatusOK || answer.JSON["done"] != true {
			t.Errorf("%s: %d %s", try.name, answer.Status, answer.Body)
		}
		if r := c.reload(try.letter); r.GetString("state") != try.want || try.want == "sent" && (r.GetString("gateway") != "print" || !r.GetDateTime("sent_at").Time().Equal(c.now)) {
			t.Errorf("%s is %s by %s", try.name, r.GetString("state"), r.GetString("gateway"))
		}
	}
}

// Whoever watches the log sees that a letter was printed, whichever way it was said, once that is stored.
func TestSubscribersHearOfPrintedLetters(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	said, ticked := c.waiting(c.maja()), c.waiting(c.maja())
	task := clinictest.Make(t, c.app, "tasks", fields{"kind": "letter_to_print", "title": "Print", "message": ticked.Id, "location": c.location.Id})
	var told []string
	c.app.OnModelAfterUpdateSuccess("messages").BindFunc(func(e *core.ModelEvent) error {
		stored := c.reload(e.Model.(*core.Record))
		told = append(told, stored.Id+" "+stored.GetString("state"))
		return e.Next()
	})
	c.app.SubscriptionsBroker().Register(subscriptions.NewDefaultClient())
	c.as(c.superuser, http.MethodPost, "/print/letters", fields{"ids": []string{said.Id}})
	c.patch(c.superuser, task, fields{"done": true})
	if diff := cmp.Diff([]string{said.Id + " sent", ticked.Id + " sent"}, told); diff != "" {
		t.Error(diff)
	}
}
