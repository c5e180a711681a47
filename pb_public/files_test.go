package pb_public_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pawbell/pb_public"
)

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := fs.ReadFile(pb_public.FS, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// The form is the request: a field that the page spells otherwise than the contract would be dropped without a word.
func TestTheFormsNamesAreTheFieldsOfABookingRequest(t *testing.T) {
	t.Parallel()
	page := read(t, "index.html")
	form, _, _ := strings.Cut(page[strings.Index(page, `<form id="request"`):], "</form>")
	var names []string
	for _, match := range regexp.MustCompile(`<(?:input|textarea|select)[^>]* name="([^"]+)"`).FindAllStringSubmatch(form, -1) {
		names = append(names, match[1])
	}
	slices.Sort(names)
	want := []string{
		"location", "reason", "species", "practitioner", "starts_at", "first_name", "last_name", "email", "phone", "address", "postcode",
		"city", "pet_name", "pet_breed", "pet_born_on", "note", "no_offers", "locale", "idempotency_key", "website",
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, names); diff != "" {
		t.Errorf("fields of the contract (-) and names in the form (+):\n%s", diff)
	}
}

// A worried owner may be on a slow line: all files together stay under 60 KB as they travel, compressed, and what one reader needs
// to begin stays under half of that.
func TestThePagesStaySmall(t *testing.T) {
	t.Parallel()
	all, one := 0, 0
	err := fs.WalkDir(pb_public.FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		var packed bytes.Buffer
		w := gzip.NewWriter(&packed)
		if _, err := w.Write([]byte(read(t, name))); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		all += packed.Len()
		if !strings.HasPrefix(name, "texts/") && !strings.HasPrefix(name, "manage.") && !strings.HasPrefix(name, "unsubscribe.") {
			one += packed.Len()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if all >= 60_000 || one >= 30_000 {
		t.Errorf("all files weigh %d bytes compressed, the booking page %d", all, one)
	}
}

// PB-20, R-26: nothing is ticked for the owner.
func TestNoBoxIsTickedFromTheStart(t *testing.T) {
	t.Parallel()
	if found := regexp.MustCompile(`<input[^>]*type="checkbox"[^>]*checked`).FindString(read(t, "index.html")); found != "" {
		t.Errorf("ticked: %s", found)
	}
}

func keys(html string) []string {
	var all []string
	for _, match := range regexp.MustCompile(`data-text="([^"]+)"`).FindAllStringSubmatch(html, -1) {
		all = append(all, match[1])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// A text may be missing in another language, but none may be left over, and each keeps the {names} that are filled in.
func TestTextsInOtherLanguagesFollowThePages(t *testing.T) {
	t.Parallel()
	pages := read(t, "index.html") + read(t, "manage.html") + read(t, "unsubscribe.html")
	known := keys(pages)
	english := map[string]string{}
	for _, match := range regexp.MustCompile(`data-text="([^"]+)"[^>]*>([^<]+)<`).FindAllStringSubmatch(pages, -1) {
		english[match[1]] = match[2]
	}
	names := regexp.MustCompile(`\{\w+\}`)
	for _, match := range regexp.MustCompile(`<option value="(\w+)"`).FindAllStringSubmatch(read(t, "index.html"), -1) {
		if match[1] == "en" {
			continue
		}
		texts := map[string]string{}
		if err := json.Unmarshal([]byte(read(t, "texts/"+match[1]+".json")), &texts); err != nil {
			t.Fatalf("%s: %v", match[1], err)
		}
		for key, text := range texts {
			if !slices.Contains(known, key) {
				t.Errorf("%s: %s is in no page", match[1], key)
			}
			want, got := names.FindAllString(english[key], -1), names.FindAllString(text, -1)
			slices.Sort(want)
			slices.Sort(got)
			if !slices.Equal(want, got) {
				t.Errorf("%s: %s fills in %v, the page %v", match[1], key, got, want)
			}
		}
		for _, key := range known {
			if texts[key] == "" {
				t.Errorf("%s: %s is not translated", match[1], key)
			}
		}
	}
}

// Every text that a script asks for is in the page that loads the script.
func TestEveryTextIsInThePage(t *testing.T) {
	t.Parallel()
	literal := regexp.MustCompile(`text\('([a-z_.]+)'|name: '([a-z_.]+)'`)
	for page, scripts := range map[string][]string{"index.html": {"booking.js", "request.js", "time.js"}, "manage.html": {"manage.js"}} {
		known := keys(read(t, page))
		for _, script := range scripts {
			for _, match := range literal.FindAllStringSubmatch(read(t, script), -1) {
				if key := match[1] + match[2]; !slices.Contains(known, key) {
					t.Errorf("%s asks %s for %q", script, page, key)
				}
			}
		}
	}
}

func TestThePagesNeverBuildMarkupFromText(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"api.js", "booking.js", "manage.js", "memory.js", "page.js", "request.js", "texts.js", "time.js", "unsubscribe.js"} {
		script := read(t, name)
		if !strings.HasPrefix(script, "// @ts-check\n") {
			t.Errorf("%s is not checked for types", name)
		}
		for _, danger := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("} {
			if strings.Contains(script, danger) {
				t.Errorf("%s uses %s", name, danger)
			}
		}
	}
}
