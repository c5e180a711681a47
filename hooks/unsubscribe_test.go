package hooks_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pocketbase/dbx"

	"pawbell/internal/clinictest"
	"pawbell/internal/links"
	"pawbell/internal/store"
)

// browse makes a request as a browser or a mail program does.
func (c *clinic) browse(method, target, contentType, body string, headers ...string) *httptest.ResponseRecorder {
	c.t.Helper()
	request := httptest.NewRequestWithContext(c.t.Context(), method, target, strings.NewReader(body))
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		request.Header.Set(headers[i], headers[i+1])
	}
	recorded := httptest.NewRecorder()
	c.handler.ServeHTTP(recorded, request)
	return recorded
}

// unsubscribeDoor is the path of the link in group mail to an address.
func (c *clinic) unsubscribeDoor(email string) string {
	c.t.Helper()
	set, err := c.desk.Clinic()
	if err != nil {
		c.t.Fatal(err)
	}
	return strings.TrimPrefix(store.UnsubscribeURL(set, c.desk.Links, email), set.Base)
}

const (
	urlForm  = "application/x-www-form-urlencoded"
	oneClick = "List-Unsubscribe=One-Click"
)

// R-27, RFC 8058: one click ends mail to many for the address, at once and for good, and nothing else. A look changes nothing.
func TestOneClickEndsGroupMail(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	for i, click := range []struct{ name, contentType, body string }{
		{"a form", urlForm, oneClick},
		{"a form in parts", "multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"},
	} {
		email := []string{"Kari@Owner.example", "ola@owner.example"}[i]
		door := c.unsubscribeDoor(email)
		c.unchanged(func() {
			page := c.browse(http.MethodGet, door, "", "")
			if page.Code != http.StatusOK || !strings.Contains(page.Body.String(), `data-state="ask"`) || strings.Contains(strings.ToLower(page.Body.String()), strings.ToLower(email)) ||
				!strings.Contains(page.Body.String(), "…@owner.example") || page.Header().Get("Cache-Control") != "no-store" || page.Header().Get("Referrer-Policy") != "no-referrer" {
				t.Errorf("the page: %d %v %s", page.Code, page.Header(), page.Body)
			}
			for _, body := range []string{"", "List-Unsubscribe=", "a=One-Click"} {
				if answer := c.browse(http.MethodPost, door, urlForm, body); answer.Code != http.StatusBadRequest {
					t.Errorf("a POST of %q: %d", body, answer.Code)
				}
			}
			if answer := c.browse(http.MethodGet, door+"?"+oneClick, "", ""); !strings.Contains(answer.Body.String(), `data-state="ask"`) {
				t.Error("a GET acted")
			}
		})
		for range 2 {
			answer := c.browse(http.MethodPost, door, click.contentType, click.body)
			if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `data-state="done"`) || answer.Header().Get("Set-Cookie") != "" {
				t.Fatalf("%s: %d %s", click.name, answer.Code, answer.Body)
			}
		}
		stops, err := c.app.FindAllRecords(store.StoppedAddresses, dbx.HashExp{"address": strings.ToLower(email)})
		if err != nil || len(stops) != 1 {
			t.Fatalf("%s: %d stops, %v", click.name, len(stops), err)
		}
		if s := stops[0]; s.GetString("channel") != "email" || s.GetString("purpose") != "group" || s.GetString("cause") != "unsubscribed" {
			t.Errorf("%s: %s", click.name, asJSON(t, s.PublicExport()))
		}
	}
	// Visits are still written about, to this very address.
	visit, _ := c.booked(thursday)
	for _, line := range c.queue(visit) {
		if strings.Contains(line, " email ") && !strings.Contains(line, "queued") {
			t.Errorf("the owner hears nothing of the visit: %s", line)
		}
	}
}

// The link holds for ever: not for another page or another clinic's key, but when the client was erased or has another address by now.
func TestAnUnsubscribeLinkLeadsOnlyWhereItShould(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	client, _ := c.owner()
	door := c.unsubscribeDoor("kari@owner.example")
	_, manage := c.booked(thursday)
	token := strings.TrimPrefix(door, "/unsubscribe/")
	c.unchanged(func() {
		for name, token := range map[string]string{
			"none of ours": "abc", "cut short": token[:len(token)-2], "changed": "A" + token[1:], "a visit's": strings.TrimPrefix(manage, "/api/booking/manage/"),
			"another clinic's": links.Key("another key of another clinic 00").Token(links.Unsubscribe, "kari@owner.example", 0),
			"another version":  c.desk.Links.Token(links.Unsubscribe, "kari@owner.example", 1),
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				if answer := c.browse(method, "/unsubscribe/"+token, urlForm, oneClick); answer.Code != http.StatusNotFound || !strings.Contains(answer.Body.String(), `data-state="dead"`) {
					t.Errorf("%s, %s: %d %.200s", method, name, answer.Code, answer.Body)
				}
			}
		}
		if answer := c.get("/api/booking/manage/" + token); answer.Status != http.StatusNotFound {
			t.Errorf("it opens a visit: %d", answer.Status)
		}
		if answer := c.browse(http.MethodPost, door, urlForm, oneClick+"&x="+strings.Repeat("x", 70<<10)); answer.Code != http.StatusRequestEntityTooLarge {
			t.Errorf("a large body: %d", answer.Code)
		}
	})
	c.patch(c.superuser, client, fields{"email": "new@owner.example"})
	longest := strings.Repeat("a", 64) + "@" + strings.Repeat(strings.Repeat("b", 62)+".", 3) + "example"
	for _, email := range []string{"kari@owner.example", longest[:254]} {
		if answer := c.browse(http.MethodPost, c.unsubscribeDoor(email), urlForm, oneClick); answer.Code != http.StatusOK {
			t.Errorf("%d letters: %d", len(email), answer.Code)
		}
		if _, err := c.app.FindFirstRecordByData(store.StoppedAddresses, "address", email); err != nil {
			t.Errorf("%s: %v", email, err)
		}
	}
	if preview := c.as(c.superuser, http.MethodPost, previewPath, fields{"template": c.template("group").Id, "channel": "email", "client": client.Id}); !strings.Contains(preview.text("text"),
		c.unsubscribeDoor("new@owner.example")) {
		t.Errorf("the link in a group mail: %s", preview.Body)
	}
}

// What a browser has already is not sent again, and travels compressed when it is; a page changes its tag with the clinic's phone.
func TestThePagesTravelLightAndOnce(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	token := strings.TrimPrefix(c.unsubscribeDoor("kari@owner.example"), "/unsubscribe/")
	tags := map[string]bool{}
	for _, path := range []string{"/", "/manage/" + token, "/booking.css", "/booking.js", "/texts/da.json", "/icon.svg"} {
		plain := c.browse(http.MethodGet, path, "", "")
		packed := c.browse(http.MethodGet, path, "", "", "Accept-Encoding", "br, gzip")
		if plain.Code != http.StatusOK || packed.Code != http.StatusOK || plain.Header().Get("Content-Encoding") != "" || packed.Header().Get("Content-Type") != plain.Header().Get("Content-Type") ||
			!strings.Contains(plain.Header().Get("Vary"), "Accept-Encoding") {
			t.Errorf("%s: %d %v, %d %v", path, plain.Code, plain.Header(), packed.Code, packed.Header())
		}
		content := packed.Body.Bytes()
		if packed.Header().Get("Content-Encoding") == "gzip" {
			if len(content) >= plain.Body.Len() {
				t.Errorf("%s grew to %d bytes", path, len(content))
			}
			reader, err := gzip.NewReader(bytes.NewReader(content))
			if err != nil {
				t.Fatal(err)
			}
			if content, err = io.ReadAll(reader); err != nil {
				t.Fatal(err)
			}
			if packed.Header().Get("ETag") == plain.Header().Get("ETag") {
				t.Errorf("%s: one strong tag for two forms", path)
			}
		} else if path != "/icon.svg" {
			t.Errorf("%s is not compressed", path)
		}
		if !bytes.Equal(content, plain.Body.Bytes()) {
			t.Errorf("%s is another file when compressed", path)
		}
		for _, answer := range []*httptest.ResponseRecorder{plain, packed} {
			tag := answer.Header().Get("ETag")
			if !strings.HasPrefix(tag, `"`) || len(tag) < 20 {
				t.Errorf("%s has the tag %s", path, tag)
			}
			tags[tag] = true
			again := c.browse(http.MethodGet, path, "", "", "If-None-Match", tag, "Accept-Encoding", map[bool]string{true: "gzip"}[answer == packed])
			if again.Code != http.StatusNotModified || again.Body.Len() != 0 || again.Header().Get("Content-Security-Policy") == "" {
				t.Errorf("%s asked for again: %d %v", path, again.Code, again.Header())
			}
		}
		if denied := c.browse(http.MethodGet, path, "", "", "Accept-Encoding", "gzip;q=0, identity"); denied.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed for who cannot read it", path)
		}
	}
	if len(tags) < 11 {
		t.Errorf("%d tags for six files in two forms", len(tags))
	}
	before := c.browse(http.MethodGet, "/", "", "")
	c.patch(c.superuser, c.location, fields{"phone": "+4533999999"})
	after := c.browse(http.MethodGet, "/", "", "", "If-None-Match", before.Header().Get("ETag"))
	if after.Code != http.StatusOK || after.Header().Get("ETag") == before.Header().Get("ETag") || !strings.Contains(after.Body.String(), "4533999999") {
		t.Errorf("after the phone changed: %d %v", after.Code, after.Header())
	}
	clinictest.Change(t, c.app, c.practitioner, fields{"title": "Vet"})
	c.browse(http.MethodGet, "/", "", "")
	if same := c.browse(http.MethodGet, "/", "", "", "If-None-Match", after.Header().Get("ETag")); same.Code != http.StatusNotModified {
		t.Errorf("after something else changed: %d", same.Code)
	}
}
