package hooks_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

func TestTheOwnersPageShowsTheVisit(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.patch(c.superuser, c.reason, fields{"translations": fields{"da": fields{"name": "Tjek"}}})
	visit, door := c.booked(thursday)
	want := map[string]any{
		"reference": visit.GetString("reference"), "status": "booked",
		"location": map[string]any{"name": "Harbour Vets", "phone": "+4533112233", "address": "Havnegade 1, 1058 København"},
		"reason":   "Check-up", "pet_name": "Bella", "first_name": "Kari", "starts_at": thursday, "local": "2027-03-04 09:15", "timezone": "Europe/Copenhagen",
		"can_cancel": true, "can_move": true, "can_confirm": true, "cutoff_at": "2027-03-03T08:15:00Z",
	}
	before := asJSON(t, c.reload(visit).PublicExport())
	c.unchanged(func() {
		if diff := cmp.Diff(want, c.get(door).JSON); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got := c.get(door + "?locale=da").text("reason"); got != "Tjek" {
			t.Errorf("in Danish it is for %q", got)
		}
		// Mail scanners and chat previews open every link.
		for _, path := range []string{"", "/confirm", "/cancel", "/move", "/calendar.ics"} {
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions} {
				answer := c.as("", method, door+path, nil)
				if shown := path == "" || path == "/calendar.ics"; answer.Status >= 500 || answer.Status < 300 && method != http.MethodOptions && !(shown && (method == http.MethodGet || method == http.MethodHead)) {
					t.Errorf("%s %s: %d %s", method, path, answer.Status, answer.Body)
				}
			}
		}
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			if page := c.as("", method, strings.TrimPrefix(door, "/api/booking"), nil); page.Status != http.StatusOK {
				t.Errorf("%s: %d", method, page.Status)
			}
		}
	})
	if got := asJSON(t, c.reload(visit).PublicExport()); got != before {
		t.Errorf("looking changed the visit:\n%s\n%s", before, got)
	}
}

// what the owner did, when and why is kept; the owner hears of it at once and the time is free again.
func TestAnOwnerCallsTheVisitOff(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}, "visit_channels": []string{"email"}})
	visit, door := c.booked(thursday)
	c.sent(visit)
	c.now = c.now.Add(time.Hour)
	note := "Bella is well again 🐕"
	answer := c.as("", http.MethodPost, door+"/cancel", fields{"note": " " + note + " "})
	if answer.Status != http.StatusOK || answer.text("status") != "cancelled" || answer.JSON["can_cancel"] != false || answer.JSON["can_confirm"] != false || answer.JSON["can_move"] != false {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	now := c.reload(visit)
	if now.GetString("cancelled_by") != "owner" || now.GetString("cancel_note") != note || !now.GetDateTime("cancelled_at").Time().Equal(c.now) || now.GetInt("sequence") != 1 {
		t.Errorf("kept: %v", now.PublicExport())
	}
	c.queued(visit, "booking_confirmation email kari@owner.example: sent 03-01 07:10", "booking_cancellation email kari@owner.example: queued 03-01 08:10",
		"visit_reminder email kari@owner.example: cancelled booking_cancelled 03-02 09:00")
	if got := c.free("2027-03-04"); len(got) != 31 {
		t.Errorf("%d starts are free", len(got))
	}
	c.unchanged(func() {
		for range 2 {
			if again := c.as("", http.MethodPost, door+"/cancel", fields{"note": "again"}); again.Status != http.StatusOK || again.text("status") != "cancelled" {
				t.Errorf("again: %d %s", again.Status, again.Body)
			}
		}
		if late := c.as("", http.MethodPost, door+"/confirm", nil); late.Status != http.StatusBadRequest {
			t.Errorf("confirming what is off: %d %s", late.Status, late.Body)
		}
	})
	if got := c.reload(visit); got.GetString("cancel_note") != note || got.GetInt("revision") != now.GetInt("revision") {
		t.Errorf("saying it twice changed it: %v", got.PublicExport())
	}
}

func TestAnOwnerConfirms(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	visit, door := c.booked(thursday)
	queue := c.queue(visit)
	c.clock("03-04 09:14") // long past the cut-off
	for _, body := range []any{nil, "{}", fields{"note": 1}} {
		answer := c.as("", http.MethodPost, door+"/confirm", body)
		if answer.Status != http.StatusOK || answer.text("status") != "confirmed" || answer.JSON["can_confirm"] != false {
			t.Errorf("%d %s", answer.Status, answer.Body)
		}
	}
	if got := c.reload(visit); got.GetString("status") != "confirmed" || got.GetInt("sequence") != 0 {
		t.Errorf("%v", got.PublicExport())
	}
	if diff := cmp.Diff(queue, c.queue(visit)); diff != "" {
		t.Errorf("nothing is to be said about it: %s", diff)
	}
}

// past the cut-off only the phone helps; a cut-off of nothing is the start.
func TestPastTheCutOffTheOwnerIsAskedToCall(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	_, door := c.booked(thursday)
	move := fields{"starts_at": "2027-03-05T08:15:00Z"}
	refused := func(when string) {
		t.Helper()
		c.unchanged(func() {
			for verb, body := range map[string]any{"/cancel": nil, "/move": move} {
				answer := c.as("", http.MethodPost, door+verb, body)
				if answer.Status != http.StatusBadRequest || answer.code("starts_at") != "too_late" || !strings.Contains(answer.Body, "+4533112233") {
					t.Errorf("%s, %s: %d %s", when, verb, answer.Status, answer.Body)
				}
			}
		})
		if shown := c.get(door).JSON; shown["can_cancel"] != false || shown["can_move"] != false {
			t.Errorf("%s: %v", when, shown)
		}
	}
	c.clock("03-03 09:15")
	refused("at the cut-off")
	clinictest.BookingSettings(t, c.app, c.location, fields{"cancel_cutoff_minutes": 0})
	c.clock("03-04 09:15")
	refused("at the start")
	c.now = c.now.Add(-time.Second)
	if answer := c.as("", http.MethodPost, door+"/cancel", nil); answer.Status != http.StatusOK {
		t.Errorf("a second before the start: %d %s", answer.Status, answer.Body)
	}
}

// an owner moves the visit to what the public may book, with the same person if they are free.
func TestAnOwnerMovesTheVisit(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}, "visit_channels": []string{"email"}})
	visit, door := c.booked(thursday)
	c.sent(visit)
	c.patch(c.superuser, visit, fields{"ends_at": "2027-03-04 09:00:00Z"})
	blocker, _ := c.booked("2027-03-05T08:15:00Z", fields{"email": "other@owner.example", "phone": nil})
	move := func(startsAt any) reply {
		return c.as("", http.MethodPost, door+"/move", fields{"starts_at": startsAt})
	}
	c.unchanged(func() {
		for startsAt, code := range map[any]string{
			"2027-03-05T08:00:00Z": "slot_taken", "2027-03-05T08:20:00Z": "off_grid", "2027-03-05T20:00:00Z": "outside_shift", "2027-03-01T07:00:00Z": "too_soon",
			"2027-06-05T08:00:00Z": "too_far", "later": "invalid_date", "": "required", nil: "required", 7: "invalid_text", true: "invalid_text",
		} {
			answer := move(startsAt)
			if answer.Status != http.StatusBadRequest || answer.code("starts_at") != code {
				t.Errorf("to %v: %d %s, want %s", startsAt, answer.Status, answer.Body, code)
			}
			if code == "slot_taken" && len(answer.params("starts_at")["alternatives"].([]any)) != 3 {
				t.Errorf("to %v: %s", startsAt, answer.Body)
			}
		}
		for _, body := range []string{"", "[]", "x", "null", `"x"`} {
			if answer := c.as("", http.MethodPost, door+"/move", body); answer.Status != http.StatusBadRequest {
				t.Errorf("%q: %d %s", body, answer.Status, answer.Body)
			}
		}
	})
	// A quarter of an hour later overlaps itself alone.
	answer := move("2027-03-04T08:30:00Z")
	if answer.Status != http.StatusOK || answer.text("local") != "2027-03-04 09:30" || answer.text("starts_at") != "2027-03-04T08:30:00Z" {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	now := c.reload(visit)
	if now.GetString("ends_at") != "2027-03-04 09:15:00.000Z" || now.GetInt("sequence") != 1 || now.GetString("practitioner") != c.practitioner.Id {
		t.Errorf("%v", now.PublicExport())
	}
	c.queued(visit, "booking_confirmation email kari@owner.example: sent 03-01 07:10", "booking_change email kari@owner.example: queued 03-01 07:10",
		"visit_reminder email kari@owner.example: cancelled not_wanted 03-02 09:00", "visit_reminder email kari@owner.example: queued 03-02 09:00")
	colleague := clinictest.Practitioner(t, c.app, c.location)
	clinictest.Shift(t, c.app, c.location, colleague)
	if answer := move("2027-03-05T08:15:00Z"); answer.Status != http.StatusOK {
		t.Fatalf("to a colleague's time: %d %s", answer.Status, answer.Body)
	}
	if got := c.reload(visit).GetString("practitioner"); got != colleague.Id || c.reload(blocker).GetString("practitioner") != c.practitioner.Id {
		t.Errorf("the visit is with %s", got)
	}
	before := c.reload(visit).GetInt("revision")
	if answer := move("2027-03-05T08:15:00Z"); answer.Status != http.StatusOK || c.reload(visit).GetInt("revision") != before {
		t.Errorf("to where it is: %d %s", answer.Status, answer.Body)
	}
	c.apart()
}

func TestALinkThatLeadsNowhere(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	visit, door := c.booked(thursday)
	token := door[strings.LastIndex(door, "/")+1:]
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		t.Fatal(err)
	}
	dead := func(name, token string) {
		t.Helper()
		for path, method := range map[string]string{"": http.MethodGet, "/confirm": http.MethodPost, "/cancel": http.MethodPost, "/move": http.MethodPost, "/calendar.ics": http.MethodGet} {
			answer := c.as("", method, "/api/booking/manage/"+token+path, fields{"starts_at": "2027-03-05T08:15:00Z"})
			if answer.Status != http.StatusNotFound || token != "" && answer.code("token") != "unknown_link" {
				t.Errorf("%s%s: %d %s", name, path, answer.Status, answer.Body)
			}
		}
	}
	c.unchanged(func() {
		for i := range raw {
			if i%3 != 0 && i < len(raw)-3 {
				continue
			}
			forged := append([]byte{}, raw...)
			forged[i] ^= 1
			dead(fmt.Sprintf("with byte %d turned", i), base64.RawURLEncoding.EncodeToString(forged))
		}
		dead("cut short", token[:len(token)-1])
		dead("made longer", token+"A")
		dead("doubled", token+token)
		dead("nothing", "%00")
		dead("long", strings.Repeat("A", 5000))
		dead("other letters", strings.ToUpper(token))
	})
	if _, err := c.app.NonconcurrentDB().Update(store.Bookings, dbx.Params{"link_version": 2}, dbx.HashExp{"id": visit.Id}).Execute(); err != nil {
		t.Fatal(err)
	}
	dead("after its version was raised", token)
}

//
func TestTheVisitAsACalendarFile(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.patch(c.superuser, c.reason, fields{"name": "Castration"})
	visit, door := c.booked(thursday)
	lines := func() (reply, map[string]string) {
		t.Helper()
		answer := c.get(door + "/calendar.ics")
		if strings.Contains(strings.ReplaceAll(answer.Body, "\r\n", ""), "\n") || !strings.HasSuffix(answer.Body, "END:VCALENDAR\r\n") {
			t.Errorf("not every line ends with CRLF:\n%q", answer.Body)
		}
		if strings.Contains(answer.Body, "Castration") || strings.Contains(answer.Body, "Bella") {
			t.Errorf("it says too much: %s", answer.Body)
		}
		found := map[string]string{}
		for line := range strings.SplitSeq(strings.ReplaceAll(answer.Body, "\r\n ", ""), "\r\n") {
			name, value, _ := strings.Cut(line, ":")
			if len(line) > 0 {
				found[name] = value
			}
		}
		return answer, found
	}
	answer, first := lines()
	if got := answer.Header.Get("Content-Type"); got != "text/calendar; charset=utf-8; method=PUBLISH" {
		t.Errorf("it is %s", got)
	}
	if got := answer.Header.Get("Content-Disposition"); !strings.Contains(got, "attachment") || !strings.Contains(got, ".ics") {
		t.Errorf("it is shown as %s", got)
	}
	for name, want := range map[string]string{"METHOD": "PUBLISH", "STATUS": "CONFIRMED", "SEQUENCE": "0", "DTSTART": "20270304T081500Z", "DTEND": "20270304T084500Z", "SUMMARY": "Visit to Harbour Vets"} {
		if first[name] != want {
			t.Errorf("%s is %q, want %q", name, first[name], want)
		}
	}
	if !strings.HasPrefix(first["UID"], visit.Id+"@") {
		t.Errorf("the UID is %s", first["UID"])
	}
	c.patch(c.superuser, visit, fields{"starts_at": "2027-03-05 08:15:00Z"})
	if _, moved := lines(); moved["UID"] != first["UID"] || moved["SEQUENCE"] != "1" || moved["DTSTART"] != "20270305T081500Z" || moved["METHOD"] != "PUBLISH" {
		t.Errorf("moved: %v", moved)
	}
	c.patch(c.superuser, visit, fields{"note": "x"})
	if _, noted := lines(); noted["SEQUENCE"] != "1" {
		t.Errorf("annotated: %v", noted)
	}
	if _, err := c.app.NonconcurrentDB().Update(store.Bookings, dbx.Params{"status": "requested"}, dbx.HashExp{"id": visit.Id}).Execute(); err != nil {
		t.Fatal(err)
	}
	if _, asked := lines(); asked["METHOD"] != "PUBLISH" || asked["STATUS"] != "TENTATIVE" {
		t.Errorf("not agreed to yet: %v", asked)
	}
	c.as("", http.MethodPost, door+"/cancel", nil)
	answer, off := lines()
	if off["UID"] != first["UID"] || off["SEQUENCE"] != "2" || off["METHOD"] != "CANCEL" || off["STATUS"] != "CANCELLED" || !strings.HasSuffix(answer.Header.Get("Content-Type"), "method=CANCEL") {
		t.Errorf("cancelled: %v", off)
	}
	c.patch(c.superuser, visit, fields{"status": "booked"})
	if _, back := lines(); back["SEQUENCE"] != "3" || back["METHOD"] != "PUBLISH" {
		t.Errorf("restored: %v", back)
	}
}

func TestPagesAndHeaders(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.Location(t, c.app, fields{"name": "Tom & Jerry <Vets>", "phone": "+45 33 00 00 00"})
	clinictest.Location(t, c.app, fields{"name": "Gone Vets", "inactive": true})
	_, door := c.booked(thursday)
	const page, json, asset = "default-src 'self'; base-uri 'none'; form-action 'self'; object-src 'none'; frame-ancestors 'self'", "default-src 'none'; frame-ancestors 'none'", "default-src 'self'"
	for _, r := range []struct {
		path           string
		status         int
		kind           string
		policy         string
		referrer       string
		cache          string
		text, textless string
	}{
		{"/", 200, "text/html", page, "strict-origin-when-cross-origin", "no-cache", "Tom &amp; Jerry &lt;Vets&gt;", "Gone Vets"},
		{strings.TrimPrefix(door, "/api/booking"), 200, "text/html", page, "no-referrer", "no-store", "Harbour Vets", "Kari"},
		{"/manage/x", 200, "text/html", page, "no-referrer", "no-store", "tel:&#43;4533112233", ""},
		{"/booking.css", 200, "text/css", asset, "strict-origin-when-cross-origin", "no-cache", "", ""},
		{"/booking.js", 200, "text/javascript", asset, "strict-origin-when-cross-origin", "no-cache", "", ""},
		{"/icon.svg", 200, "image/svg", asset, "strict-origin-when-cross-origin", "no-cache", "", ""},
		{"/texts/da.json", 200, "application/json", asset, "strict-origin-when-cross-origin", "no-cache", "", ""},
		{"/index.html", 404, "application/json", json, "strict-origin-when-cross-origin", "", "", ""},
		{"/embed.go", 404, "application/json", json, "strict-origin-when-cross-origin", "", "", ""},
		{"/texts", 404, "application/json", json, "strict-origin-when-cross-origin", "", "", ""},
		{"/texts/", 404, "application/json", json, "strict-origin-when-cross-origin", "", "", ""},
		{"/nothing/here", 404, "application/json", json, "strict-origin-when-cross-origin", "", "", ""},
		{"/manage", 404, "application/json", json, "strict-origin-when-cross-origin", "", "", ""},
		{"/%2e%2e/go.mod", 404, "application/json", json, "strict-origin-when-cross-origin", "", "", ""},
		{"/..%2fgo.mod", 404, "application/json", json, "strict-origin-when-cross-origin", "", "", ""},
		{"/api/booking/menu", 200, "application/json", json, "strict-origin-when-cross-origin", "no-store", "Harbour Vets", ""},
		{"/api/booking/days", 400, "application/json", json, "strict-origin-when-cross-origin", "no-store", "required", ""},
		{door, 200, "application/json", json, "", "no-store", "Kari", ""},
		{"/api/booking/manage/x", 404, "application/json", json, "", "no-store", "unknown_link", ""},
		{"/api/booking/nothing", 404, "application/json", json, "strict-origin-when-cross-origin", "no-store", "", ""},
		{"/api/collections/bookings/records/x", 404, "application/json", json, "strict-origin-when-cross-origin", "", "", ""},
	} {
		answer := c.get(r.path)
		h := answer.Header
		if answer.Status != r.status || !strings.HasPrefix(h.Get("Content-Type"), r.kind) {
			t.Errorf("%s: %d %s", r.path, answer.Status, h.Get("Content-Type"))
		}
		if h.Get("Content-Security-Policy") != r.policy {
			t.Errorf("%s: policy %q", r.path, h.Get("Content-Security-Policy"))
		}
		if h.Get("X-Content-Type-Options") != "nosniff" || r.referrer != "" && h.Get("Referrer-Policy") != r.referrer || r.cache != "" && h.Get("Cache-Control") != r.cache {
			t.Errorf("%s: %v", r.path, h)
		}
		if !strings.Contains(answer.Body, r.text) || r.textless != "" && strings.Contains(answer.Body, r.textless) {
			t.Errorf("%s reads %.2000s", r.path, answer.Body)
		}
		if strings.Contains(answer.Body, "<!--clinic-contacts-->") {
			t.Errorf("%s has nobody to call", r.path)
		}
	}
	noScript := regexp.MustCompile(`(?s)<noscript>.*?</noscript>`)
	if inside := noScript.FindString(c.get("/").Body); !strings.Contains(inside, "+4533112233") && !strings.Contains(inside, "&#43;4533112233") {
		t.Errorf("without scripts: %s", inside)
	}
	if post := c.as("", http.MethodPost, "/", "{}"); post.Status < 400 || post.Status >= 500 {
		t.Errorf("a POST to the page: %d", post.Status)
	}
}

func TestOnlyNamedWebsitesShowThePageInsideTheirs(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	if got := c.get("/").Header; got.Get("X-Frame-Options") != "SAMEORIGIN" {
		t.Errorf("nobody is named: %v", got)
	}
	clinictest.BookingSettings(t, c.app, c.location, fields{"embed_origins": "https://clinic.example/ http://localhost:3000"})
	second := clinictest.Location(t, c.app)
	clinictest.BookingSettings(t, c.app, second, fields{"embed_origins": "https://clinic.example https://other.example"})
	for _, path := range []string{"/", "/manage/x"} {
		header := c.get(path).Header
		policy := header.Get("Content-Security-Policy")
		_, ancestors, _ := strings.Cut(policy, "frame-ancestors ")
		for _, origin := range []string{"'self'", "https://clinic.example", "http://localhost:3000", "https://other.example"} {
			if strings.Count(" "+ancestors+" ", " "+origin+" ") != 1 {
				t.Errorf("%s: %s", path, policy)
			}
		}
		if header.Get("X-Frame-Options") != "" {
			t.Errorf("%s: the older header contradicts: %s", path, header.Get("X-Frame-Options"))
		}
	}
	if got := c.get("/api/booking/menu").Header.Get("Content-Security-Policy"); !strings.Contains(got, "frame-ancestors 'none'") {
		t.Errorf("data in a frame: %s", got)
	}
}
