package hooks

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	validation "github.com/pocketbase/ozzo-validation/v4"
	"github.com/pocketbase/pocketbase/core"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"

	"pawbell/internal/calendar"
	"pawbell/internal/notify"
	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

//go:embed print
var printed embed.FS

var letterPage = template.Must(template.ParseFS(printed, "print/letters.html"))

// mostLetters is how many letters one page holds, so that its address stays one that browsers take.
const mostLetters = 200

// letterView is a letter as its page shows it.
type letterView struct {
	Locale, Clinic, Return, Date, Subject string
	Sender, Address                       []string
	Tight                                 string // how much smaller than usual the address is set: "", "tight" or "tightest"
	Text                                  template.HTML
}

// lettersShown answers letters as one page to print, a sheet each. It changes nothing: what was printed is said by [House.lettersPrinted].
//
// The caller shows who they are as everywhere, or, for a browser's tab, by a file token in the address, as PocketBase does it for protected
// files: such a token lives for minutes and opens nothing but reading.
func (h House) lettersShown(e *core.RequestEvent) error {
	account := e.Auth
	if token := e.Request.URL.Query().Get("token"); account == nil && token != "" {
		account = fileTokenAccount(e, token)
	}
	var ids []string
	for id := range strings.SplitSeq(e.Request.URL.Query().Get("ids"), ",") {
		ids = append(ids, strings.TrimSpace(id))
	}
	clinic, letters, err := h.letters(e, e.App, account, ids)
	if err != nil {
		return err
	}
	if err := printable(e, letters); err != nil {
		return err
	}
	views := make([]letterView, len(letters))
	for i, l := range letters {
		views[i] = h.letterView(clinic, l)
	}
	var page bytes.Buffer
	if err := letterPage.Execute(&page, views); err != nil {
		return fmt.Errorf("write letters: %w", err)
	}
	header := e.Response.Header()
	header.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'")
	header.Set("Cache-Control", "no-store")
	header.Set("Referrer-Policy", "no-referrer")
	return e.HTML(http.StatusOK, page.String())
}

// letterStyle answers the letters' style sheet, which holds nobody's data.
func letterStyle(e *core.RequestEvent) error {
	e.Response.Header().Set("Cache-Control", "no-cache")
	return e.FileFS(printed, "print/letters.css")
}

// lettersPrinted marks letters as printed, and with that as sent. Saying it twice is saying it.
func (h House) lettersPrinted(e *core.RequestEvent) error {
	if e.Auth == nil {
		return e.UnauthorizedError("Letters are for staff.", nil)
	}
	var body struct {
		IDs []string `json:"ids"`
	}
	if err := e.BindBody(&body); err != nil {
		return e.BadRequestError("Send the letters as {\"ids\": [\"…\"]}.", fieldProblem("ids", "required", "Name the letters."))
	}
	sent := []string{}
	err := e.App.RunInTransaction(func(tx core.App) error {
		clinic, letters, err := h.letters(e, tx, e.Auth, body.IDs)
		if err != nil {
			return err
		}
		if wrong := those(letters, func(l queue.Letter) bool { return !onPaper(l) }); len(wrong) > 0 {
			return e.BadRequestError("Some of these were withdrawn and are not to be posted.",
				idsProblem("wrong_transition", "These letters were withdrawn. Please do not post them.", wrong))
		}
		now, err := queue.LettersPrinted(tx, clinic, letters, store.AccountName(e.Auth), h.Now())
		if len(now) > 0 {
			sent = now
		}
		return err
	})
	if err != nil {
		return err
	}
	return e.JSON(http.StatusOK, map[string]any{"printed": sent})
}

// letters finds the letters that an account asks for. What is no letter is named; what belongs to another location is, to this account, not
// there.
func (h House) letters(e *core.RequestEvent, app core.App, account *core.Record, ids []string) (*store.Clinic, []queue.Letter, error) {
	if account == nil {
		return nil, nil, e.UnauthorizedError("Letters are for staff.", nil)
	}
	if len(ids) > mostLetters {
		return nil, nil, e.BadRequestError("These are too many letters for one page.", fieldProblem("ids", "too_many", "Print at most 200 letters at once."))
	}
	ids = once(ids)
	switch malformed := slices.DeleteFunc(slices.Clone(ids), store.ValidID); {
	case len(ids) == 0:
		return nil, nil, e.BadRequestError("Say which letters.", fieldProblem("ids", "required", "Name the letters, separated by commas."))
	case len(malformed) > 0:
		return nil, nil, e.BadRequestError("Some of these are no ids.", idsProblem("invalid_id", "These are no ids.", malformed))
	}
	clinic, err := h.Desk.Clinic()
	if err != nil {
		return nil, nil, err
	}
	letters, err := queue.Letters(app, clinic, ids)
	if err != nil {
		return nil, nil, err
	}
	theirs := map[string]bool{}
	for _, l := range letters {
		theirs[l.ID] = store.WorksAt(account, l.Location)
	}
	if unknown := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return theirs[id] }); len(unknown) > 0 {
		return nil, nil, e.NotFoundError("Some of these letters are not there.", idsProblem("unknown", "There are no such letters here.", unknown))
	}
	if others := those(letters, func(l queue.Letter) bool { return l.Channel != outbox.Post }); len(others) > 0 {
		return nil, nil, e.BadRequestError("Some of these are not letters.", idsProblem("not_a_letter", "These go another way than by post.", others))
	}
	return clinic, letters, nil
}

// once lists what is named, in its order and without repetitions.
func once(ids []string) []string {
	var named []string
	for _, id := range ids {
		if id != "" && !slices.Contains(named, id) {
			named = append(named, id)
		}
	}
	return named
}

// printable refuses letters that shall not, or cannot, be posted. One that was printed may be printed again: printers jam.
func printable(e *core.RequestEvent, letters []queue.Letter) error {
	if wrong := those(letters, func(l queue.Letter) bool { return !onPaper(l) }); len(wrong) > 0 {
		return e.BadRequestError("Some of these were withdrawn.", idsProblem("wrong_transition", "These letters were withdrawn.", wrong))
	}
	for _, l := range letters {
		if l.Hindrance != "" {
			same := those(letters, func(other queue.Letter) bool { return other.Hindrance == l.Hindrance })
			return e.BadRequestError("Some of these shall not be posted any more.", idsProblem(string(l.Hindrance), l.Hindrance.Words(), same))
		}
	}
	if nowhere := those(letters, func(l queue.Letter) bool { return !l.Addressed() }); len(nowhere) > 0 {
		return e.BadRequestError("Some of these have no postal address.",
			idsProblem(string(outbox.ReasonNoAddress), "The client's record has no name, street or town. Fill it in, then print.", nowhere))
	}
	return nil
}

// onPaper reports whether a letter waits to be printed or was.
func onPaper(l queue.Letter) bool { return l.State == outbox.Queued || l.State == outbox.Sent }

func those(letters []queue.Letter, which func(queue.Letter) bool) []string {
	var ids []string
	for _, l := range letters {
		if which(l) {
			ids = append(ids, l.ID)
		}
	}
	return ids
}

func idsProblem(code, words string, ids []string) error {
	return validation.Errors{"ids": problemWith(code, words, map[string]any{"ids": ids})}
}

func (h House) letterView(clinic *store.Clinic, l queue.Letter) letterView {
	at := clinic.Locations[l.Location]
	v := letterView{Locale: l.Locale, Subject: l.Subject, Text: notify.Letter(l.Text), Address: l.Own}
	if len(l.Own) == 0 {
		v.Address = addressOnRecord(l, at)
	}
	if at == nil {
		return v
	}
	if v.Locale == "" {
		v.Locale = at.Locale
	}
	v.Tight = tightness(v.Address)
	v.Clinic = at.Name
	for _, line := range []string{at.Address, at.Phone, at.Notify.Email, at.Notify.Website} {
		if line != "" {
			v.Sender = append(v.Sender, line)
		}
	}
	v.Return = strings.Join(slices.DeleteFunc([]string{at.Name, at.Address}, func(s string) bool { return s == "" }), ", ")
	v.Date = notify.Date(calendar.On(h.Now(), at.Place.Zone), v.Locale)
	return v
}

// addressOnRecord are the lines of the client's address, with the country where it is another than the clinic's.
func addressOnRecord(l queue.Letter, at *store.Location) []string {
	lines := []string{l.Name}
	for line := range strings.Lines(l.Street) {
		lines = append(lines, strings.TrimSpace(line))
	}
	lines = append(lines, strings.TrimSpace(l.Postcode+" "+l.City))
	if at != nil && l.Country != "" && l.Country != at.Country {
		lines = append(lines, countryLine(l.Country))
	}
	return lines
}

// tightness is how much smaller than usual an address has to be set to stay within the window, all of whose lines are wanted by the post. The style
// sheet's sizes have room for so many letters in a line and so many lines, and some to spare for words that do not fit.
func tightness(address []string) string {
	for _, size := range []struct {
		class          string
		letters, lines int
	}{{"", 32, 5}, {"tight", 40, 7}} {
		lines := 0
		for _, line := range address {
			lines += max(1, (utf8.RuneCountInString(line)+size.letters-1)/size.letters)
		}
		if lines <= size.lines {
			return size.class
		}
	}
	return "tightest"
}

// countryLine is the last line of an address abroad: the country in capitals and in English, which every post office reads (UPU S42).
func countryLine(code string) string {
	region, err := language.ParseRegion(code)
	if err != nil {
		return code
	}
	return strings.ToUpper(display.English.Regions().Name(region))
}

// fileTokenAccount is whose file token it is, nil for nobody's. Superusers who may come from some addresses only come from those here, too.
func fileTokenAccount(e *core.RequestEvent, token string) *core.Record {
	account, err := e.App.FindAuthRecordByToken(token, core.TokenTypeFile)
	if err != nil {
		return nil
	}
	if allowed := e.App.Settings().SuperuserIPs; account.IsSuperuser() && len(allowed) > 0 && !inList(allowed, e.RealIP()) {
		return nil
	}
	return account
}

func inList(allowed []string, ip string) bool {
	from, err := netip.ParseAddr(ip)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(allowed, func(entry string) bool {
		if prefix, err := netip.ParsePrefix(entry); err == nil {
			return prefix.Contains(from)
		}
		one, err := netip.ParseAddr(entry)
		return err == nil && one == from
	})
}
