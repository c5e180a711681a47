package pb_public_test

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"pawbell/internal/browsertest"
)

func TestMain(m *testing.M) { os.Exit(browsertest.Run(m)) }

// pick chooses an answer to the question on the screen and goes on.
func pick(tab *browsertest.Tab, question, answer string) {
	tab.WaitForText("#asked", question)
	tab.ClickText("#options label", answer)
	tab.Click("#question button")
}

// toTimes answers everything about the visit, in a clinic with one location.
func toTimes(tab *browsertest.Tab) {
	pick(tab, "animal", "Cat")
	pick(tab, "about", "Check-ups")
	pick(tab, "need", "Vaccination")
	tab.WaitFor("#times button")
}

func toForm(tab *browsertest.Tab) {
	toTimes(tab)
	tab.ClickText("#times button", "10:15")
	tab.Click("#choose")
	tab.WaitFor("#request")
}

func fillIn(tab *browsertest.Tab) {
	tab.Fill("#first_name", "Kari")
	tab.Fill("#last_name", "Nordmann")
	tab.Fill("#email", "kari@example.com")
	tab.Fill("#phone", "+47 912 34 678")
	tab.Fill("#pet_name", "Bella")
	tab.Fill("#note", "She is afraid of dogs.")
}

func confirm(tab *browsertest.Tab) { tab.Click("#request button.main") }

// PB-06 … PB-12, PB-15 … PB-19, PB-21: the whole way, in the order of the requirements, without barriers at any step.
func TestAnOwnerBooksAVisitInAChainOfClinics(t *testing.T) {
	t.Parallel()
	clinic := open(t, threeClinics())
	tab := browsertest.Open(t, browsertest.Zone("America/Los_Angeles"))
	tab.Go(clinic.URL)

	tab.WaitForText("#asked", "Which clinic?")
	if got := tab.Text("#info"); !strings.Contains(got, "call us at once") {
		t.Errorf("PB-06: the information text below the title is %q", got)
	}
	tab.EveryLook("1 clinic")
	pick(tab, "clinic", "Bergen")
	tab.WaitForText("#asked", "animal")
	if got := tab.Text("#clinic"); !strings.Contains(got, "Fjord Vet Bergen") || !strings.Contains(got, "+47 55 11 22 33") {
		t.Errorf("the head of the page shows %q", got)
	}
	tab.EveryLook("2 species")
	pick(tab, "animal", "Dog")
	tab.WaitForText("#asked", "about")
	tab.EveryLook("3 group")
	pick(tab, "about", "Check-ups")
	tab.WaitForText("#asked", "need")
	if strings.Contains(tab.Text("#options"), "vaccination card") {
		t.Error("the instructions of a reason that is not chosen are in the way")
	}
	tab.WaitForText("#options label", "NOK")
	tab.ClickText("#options label", "Vaccination")
	tab.WaitForText("#options .instructions", "vaccination card")
	tab.EveryLook("4 reason")
	tab.Click("#question button")

	tab.WaitFor("#times button")
	tab.ClickText("#times button", "10:15")
	tab.WaitForText("#choose", "10:15")
	tab.EveryLook("5 time")
	tab.Click("#choose")
	tab.WaitFor("#request")
	for _, shown := range []string{"Fjord Vet Bergen", "Dog", "Vaccination", "10:15", "30 minutes", "Anna Berg"} {
		if got := tab.Text("#summary"); !strings.Contains(got, shown) {
			t.Errorf("PB-16: the summary lacks %q: %s", shown, got)
		}
	}
	tab.EveryLook("6 you")
	confirm(tab)
	tab.WaitForText("#errors", "Please look at this again")
	tab.EveryLook("7 errors")
	fillIn(tab)
	confirm(tab)
	tab.WaitForText("#done", "K7QM4")
	for _, shown := range []string{"Your visit is booked", "10:15", "Vaccination", "k•••@example.com and +47 ••• •• 678", "vaccination card"} {
		if got := tab.Text("#done"); !strings.Contains(got, shown) {
			t.Errorf("the last page lacks %q: %s", shown, got)
		}
	}
	tab.EveryLook("8 done")
	if got := browsertest.Eval[string](tab, "document.querySelector('#file').getAttribute('href')"); got != "/api/booking/manage/token1/calendar.ics" {
		t.Errorf("the calendar file is at %s", got)
	}

	sent := clinic.posted[0]
	for field, want := range (object{
		"location": "bergen", "species": "dog", "reason": "vaccination", "practitioner": "anna", "first_name": "Kari", "last_name": "Nordmann",
		"email": "kari@example.com", "phone": "+47 912 34 678", "pet_name": "Bella", "note": "She is afraid of dogs.", "locale": "en", "website": "",
	}) {
		if sent[field] != want {
			t.Errorf("%s was sent as %v, want %v", field, sent[field], want)
		}
	}
	if _, ticked := sent["no_offers"]; ticked {
		t.Error("R-26: no_offers was sent although nobody ticked it")
	}
	start, _ := sent["starts_at"].(string)
	if got := local(start); !strings.HasSuffix(got, " 10:15") {
		t.Errorf("the visit was booked for %s in the clinic's zone", got)
	}
}

// PB-07, PB-08, PB-09, PN-08: what has one answer is not asked.
func TestAStepWithOneChoiceIsSkipped(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(object{"ask_species": false, "groups": []object{{"id": "all", "name": "All", "reasons": []object{
		reason("only", "Consultation", object{"instructions": "Bring the card."}),
	}}}}))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	tab.WaitFor("#times button")
	tab.WaitForText("#prepare", "Bring the card.")
	if got := browsertest.Eval[string](tab, "location.hash"); got != "#time" {
		t.Errorf("the first step is %s", got)
	}
}

func TestALocationInTheAddressIsChosenAlready(t *testing.T) {
	t.Parallel()
	clinic := open(t, threeClinics())
	tab := browsertest.Open(t)
	tab.Go(clinic.URL + "/?location=drammen")
	tab.WaitForText("#asked", "animal")
	tab.WaitForText("#chosen", "Fjord Vet Drammen")
	tab.ClickText("#chosen a", "Change")
	pick(tab, "clinic", "Oslo")
	tab.WaitForText("#clinic", "Fjord Vet Oslo")
}

// PB-08: a reason that is not for this animal is not offered.
func TestReasonsFollowTheSpecies(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	pick(tab, "animal", "Rabbit")
	tab.WaitForText("#asked", "about")
	if got := tab.Text("#options"); strings.Contains(got, "Teeth") {
		t.Errorf("a rabbit is offered %q", got)
	}
}

func TestReasonsForNewClientsAreBehindAQuestion(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(object{"ask_species": false, "groups": []object{{"id": "all", "name": "All", "reasons": []object{
		reason("first", "First visit", object{"clients": "new"}), reason("again", "Control", object{"clients": "existing"}), reason("any", "Vaccination", nil),
	}}}}))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	pick(tab, "been here before", "first time")
	tab.WaitForText("#asked", "need")
	if got := tab.Text("#options"); strings.Contains(got, "Control") || !strings.Contains(got, "First visit") || !strings.Contains(got, "Vaccination") {
		t.Errorf("a new client is offered %q", got)
	}
}

// PB-11: a free day says so by weight and in words too, and months without any are skipped.
func TestTheCalendarOpensAtTheFirstFreeDay(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	clinic.firstDay = 70
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	toTimes(tab)
	free := browsertest.Eval[[]string](tab, `(() => {
		const day = document.querySelector('#calendar td button');
		const none = [...document.querySelectorAll('#calendar td')].find((td) => td.innerText.trim() && !td.querySelector('button'));
		const style = (e) => [getComputedStyle(e).fontWeight, getComputedStyle(e).backgroundColor];
		return [day.dataset.date, day.innerText, ...style(day), ...style(none), document.querySelector('#calendar table').rows.length + ' rows'];
	})()`)
	if !strings.Contains(free[1], "free times: 12") || free[2] == free[4] || free[3] == free[5] || free[6] != "7 rows" {
		t.Errorf("a free day and a full day differ by %q", free)
	}
	first, err := time.Parse(time.DateOnly, free[0])
	if err != nil || first.Before(time.Now().AddDate(0, 0, 68)) {
		t.Errorf("the first free day is %v, %v", first, err)
	}
	month := tab.Text("#month")
	tab.Click("#later")
	tab.Wait("document.querySelector('#month').innerText !== '" + month + "' || document.querySelector('#later').ariaDisabled === 'true'")
}

// PB-14
func TestTimesAreFilteredByPartOfTheDay(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	toTimes(tab)
	for _, heading := range []string{"Morning", "Afternoon", "Evening"} {
		tab.WaitForText("#times h4", heading)
	}
	tab.ClickText(".parts label", "Evening")
	if got := strings.Fields(tab.Text("#times")); !slices.Equal(got, []string{"Evening", "17:00", "Anna", "Berg", "17:30", "Jonas", "Lie"}) {
		t.Errorf("the evening holds %q", got)
	}
	tab.Click("#choose")
	tab.WaitForText("#time-error", "Please choose a time.")
}

// R-34, PB-12: the loser gets other times and loses nothing else.
func TestASlotLostWhileTypingLosesNothingElse(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	toForm(tab)
	fillIn(tab)
	start := tab.Value("[name=starts_at]")
	clinic.set(func() { clinic.taken[start] = true })
	confirm(tab)
	tab.WaitForText("#errors", "Somebody just took this time")
	if got := browsertest.Eval[string](tab, "document.activeElement.id"); got != "errors" {
		t.Errorf("focus is on %q, not on the errors", got)
	}
	tab.WaitForText("#summary", "Please choose a time.")
	tab.Accessible("a slot lost")
	tab.ClickText("#errors a", "See all times")
	tab.WaitFor("#times button")
	if strings.Contains(tab.Text("#times"), "10:15") {
		t.Error("the lost time is offered again")
	}
	tab.Back()
	tab.WaitFor("#times button") // without a time there is no way back into the form
	tab.ClickText("#times button", "11:00")
	tab.Click("#choose")
	tab.WaitFor("#request")
	if got := tab.Value("#note"); got != "She is afraid of dogs." {
		t.Errorf("the note is now %q", got)
	}

	start = tab.Value("[name=starts_at]")
	clinic.set(func() { clinic.taken[start] = true })
	confirm(tab)
	tab.ClickText("#errors button", "11:15")
	tab.WaitForText("#summary", "11:15")
	confirm(tab)
	tab.WaitForText("#done", "11:15")
	if first, last := clinic.posted[0]["idempotency_key"], clinic.posted[len(clinic.posted)-1]["idempotency_key"]; first != last {
		t.Errorf("the key changed from %v to %v although nothing was stored", first, last)
	}
}

// Every refusal of the contract is said in words beside its field, or on top where it has none.
func TestEveryRefusalIsShown(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	toForm(tab)
	fillIn(tab)
	code := func(name string) object { return object{"code": name, "message": "In the server's words."} }
	for _, c := range []struct{ field, code, want string }{
		{"first_name", "required", "Please fill in: First name."},
		{"email", "invalid_email", "e-mail address does not look right"},
		{"phone", "invalid_phone", "phone number does not look right"},
		{"pet_born_on", "invalid_date", "not a date that we can read"},
		{"note", "too_long", "too long: Is there anything"},
		{"email", "too_many_open", "already several open visits"},
		{"phone", "too_many_open", "already several open visits"},
		{"city", "something_new", "In the server's words."},
		{"starts_at", "too_soon", "too close"},
		{"starts_at", "too_far", "too far ahead"},
		{"starts_at", "off_grid", "can no longer be booked"},
		{"starts_at", "outside_shift", "can no longer be booked"},
		{"starts_at", "day_full", "This day is full"},
		{"species", "wrong_species", "not for this kind of animal"},
		{"reason", "wrong_reason", "can no longer be booked here"},
		{"location", "unknown", "no longer be booked"},
		{"practitioner", "invalid_id", "no longer be booked"},
		{"idempotency_key", "reused", "first attempt got through"},
	} {
		clinic.set(func() {
			clinic.refuse["/api/collections/"] = refusal(http.StatusBadRequest, object{c.field: code(c.code)})
		})
		confirm(tab)
		tab.WaitForText("#errors", c.want)
		if slices.Contains([]string{"first_name", "email", "phone", "pet_born_on", "note", "city"}, c.field) {
			tab.WaitForText("#"+c.field+"-error", c.want)
			tab.Click("#errors a")
			tab.Wait("document.activeElement.id === '" + c.field + "' && document.activeElement.getAttribute('aria-invalid') === 'true' && document.activeElement.getAttribute('aria-describedby').includes('" + c.field + "-error')")
		}
	}
}

func TestTroubleIsSaidInWordsAndCanBeTriedAgain(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	clinic.refuse["/api/booking/menu"] = refusal(http.StatusInternalServerError, object{})
	tab.Go(clinic.URL)
	tab.WaitForText("#trouble", "Something went wrong on our side")
	tab.WaitForText("#trouble .contacts", "Fjord Vet Oslo: +47 22 33 44 55")
	if got := browsertest.Eval[string](tab, "document.querySelector('#trouble .contacts a').href"); got != "tel:+4722334455" {
		t.Errorf("the phone leads to %s", got)
	}
	tab.Accessible("no menu")
	clinic.set(func() { delete(clinic.refuse, "/api/booking/menu"); clinic.cut["/api/booking/days"] = 1 })
	tab.ClickText("#trouble button", "Try again")
	pick(tab, "animal", "Cat")
	pick(tab, "about", "Check-ups")
	pick(tab, "need", "Vaccination")
	tab.WaitForText("#trouble", "We cannot reach")
	clinic.set(func() { clinic.refuse["/api/booking/times"] = refusal(http.StatusTooManyRequests, object{}) })
	tab.ClickText("#trouble button", "Try again")
	tab.WaitForText("#day-trouble", "Very many requests")
	clinic.set(func() { delete(clinic.refuse, "/api/booking/times") })
	tab.ClickText("#day-trouble button", "Try again")
	tab.ClickText("#times button", "10:15")
	tab.Click("#choose")
	fillIn(tab)

	clinic.set(func() { clinic.refuse["/api/collections/"] = refusal(http.StatusTooManyRequests, object{}) })
	confirm(tab)
	tab.WaitForText("#errors", "Very many requests")
	tab.Accessible("429")
	clinic.set(func() { clinic.refuse["/api/collections/"] = refusal(http.StatusInternalServerError, object{}) })
	tab.ClickText("#errors button", "Try again")
	tab.WaitForText("#errors .contacts a", "+47 22 33 44 55")
	clinic.set(func() {
		clinic.refuse["/api/collections/"] = refusal(http.StatusForbidden, object{"location": object{"code": "booking_closed", "params": object{"phone": "+47 99 88 77 66"}}})
	})
	tab.ClickText("#errors button", "Try again")
	tab.WaitForText("#errors", "Online booking is closed at the moment. Please call us: +47 99 88 77 66")
	if tab.Value("#note") != "She is afraid of dogs." {
		t.Error("what was typed is gone")
	}
}

// An answer that got lost is fetched with the same key: one visit, not two.
func TestAnAnswerThatGotLostIsFetchedAgain(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	toForm(tab)
	fillIn(tab)
	clinic.set(func() { clinic.cut["/api/collections/"] = 1 })
	confirm(tab)
	tab.WaitForText("#errors", "We cannot reach")
	tab.Fill("#pet_name", "Bello")
	confirm(tab)
	tab.WaitForText("#errors", "Your first attempt got through")
	tab.ClickText("#errors button", "Show the visit")
	tab.WaitForText("#done", "K7QM4")
	if len(clinic.stored) != 1 {
		t.Errorf("%d visits were stored", len(clinic.stored))
	}
}

// After "reused", new content gets a new key; the same content keeps the old one.
func TestTheKeyIsRenewedOnceTheContentChanges(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	toForm(tab)
	fillIn(tab)
	clinic.set(func() {
		clinic.refuse["/api/collections/"] = refusal(http.StatusBadRequest, object{"idempotency_key": object{"code": "reused"}})
	})
	confirm(tab)
	tab.WaitForText("#errors", "first attempt")
	old := tab.Value("[name=idempotency_key]")
	clinic.set(func() { delete(clinic.refuse, "/api/collections/") })
	tab.Fill("#pet_name", "Bello")
	confirm(tab)
	tab.WaitForText("#done", "K7QM4")
	renewed, _ := clinic.posted[0]["idempotency_key"].(string)
	if renewed == old || len(renewed) < 16 || len(renewed) > 64 || strings.Trim(renewed, "0123456789abcdef") != "" {
		t.Errorf("the key was %q and is %q", old, renewed)
	}
}

func TestAReloadKeepsWhatWasChosenAndTyped(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	toForm(tab)
	fillIn(tab)
	tab.Click("[name=no_offers]")
	key := browsertest.Eval[string](tab, "JSON.parse(sessionStorage['booking.draft']).key")
	tab.Reload()
	tab.WaitFor("#request")
	tab.WaitForText("#summary", "10:15")
	if tab.Value("#first_name") != "Kari" || tab.Value("#note") != "She is afraid of dogs." || !browsertest.Eval[bool](tab, "document.querySelector('[name=no_offers]').checked") {
		t.Error("a reload lost what was typed")
	}
	confirm(tab)
	tab.WaitForText("#done", "K7QM4")
	if got := clinic.posted[0]["idempotency_key"]; got != key {
		t.Errorf("the reload changed the key from %s to %v", key, got)
	}
	if clinic.posted[0]["no_offers"] != true {
		t.Error("no_offers was ticked and not sent")
	}
	tab.Reload()
	tab.WaitForText("#done", "K7QM4")
}

func TestBackGoesStepByStep(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	toForm(tab)
	tab.Fill("#first_name", "Kari")
	for _, step := range []string{"#time", "#reason", "#group", "#species"} {
		tab.Back()
		tab.Wait("location.hash === '" + step + "'")
	}
	tab.WaitForText("#asked", "animal")
	if !browsertest.Eval[bool](tab, "document.querySelector('#options [value=cat]').checked") {
		t.Error("the answer given before is not marked")
	}
	browsertest.Eval[any](tab, "history.go(4)")
	tab.WaitFor("#request")
	if tab.Value("#first_name") != "Kari" {
		t.Error("going back and forth lost the name")
	}
	fillIn(tab)
	confirm(tab)
	tab.WaitForText("#done", "K7QM4")
	tab.Back()
	tab.WaitForText("#booked", "K7QM4")
	if tab.Visible("#request") {
		t.Error("Back after booking opens the sent form again")
	}
}

// PB-20: off unless ticked, on this device only, and forgotten when unticked.
func TestRememberMe(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	toForm(tab)
	if browsertest.Eval[bool](tab, "document.querySelector('#remember').checked || document.querySelector('[name=no_offers]').checked") {
		t.Error("a box is ticked from the start")
	}
	fillIn(tab)
	tab.Click("#remember")
	confirm(tab)
	tab.WaitForText("#done", "K7QM4")
	if _, sent := clinic.posted[0]["remember"]; sent {
		t.Error("the box was sent to the clinic")
	}
	tab.ClickText("#again", "Book another visit")
	toFormAt(tab, "11:00")
	if tab.Value("#last_name") != "Nordmann" || tab.Value("#note") != "" {
		t.Errorf("remembered are %q and the note %q", tab.Value("#last_name"), tab.Value("#note"))
	}
	tab.Click("#remember")
	if got := browsertest.Eval[string](tab, "localStorage['booking.me'] ?? 'nothing'"); got != "nothing" {
		t.Errorf("unticked, and still kept: %s", got)
	}
}

func toFormAt(tab *browsertest.Tab, start string) {
	toTimes(tab)
	tab.ClickText("#times button", start)
	tab.Click("#choose")
	tab.WaitFor("#request")
}

func TestAKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	tab.WaitForText("#asked", "animal")
	// tabTo presses Tab until an element has focus, and fails where a person would give up.
	tabTo := func(selector string) {
		t.Helper()
		for range 60 {
			if browsertest.Eval[bool](tab, "document.activeElement.matches('"+selector+"')") {
				return
			}
			tab.Press(kb.Tab)
		}
		t.Fatalf("Tab never reaches %s", selector)
	}
	for _, question := range []string{"animal", "about", "need"} {
		tab.WaitForText("#asked", question)
		tabTo("#options input")
		tab.Press(kb.ArrowDown)
		tab.Press(kb.ArrowUp)
		tab.Press(kb.Enter)
	}
	tab.WaitFor("#times button")
	tab.Wait("document.activeElement.matches('#time h2')")
	tabTo("#calendar td button")
	before := tab.Text("#date")
	tab.Press(kb.ArrowRight)
	tab.Press(kb.Enter)
	tab.Wait("document.querySelector('#date').innerText !== '" + before + "' && document.querySelector('#day').ariaBusy === 'false'")
	tabTo("[name=part]")
	tab.Press(kb.ArrowRight)
	tabTo("#times button")
	tab.Press(" ")
	tabTo("#choose")
	tab.Press(kb.Enter)
	tab.WaitFor("#request")
	for field, text := range map[string]string{"first_name": "Kari", "last_name": "Nordmann", "email": "kari@example.com", "pet_name": "Bella"} {
		tabTo("#" + field)
		tab.Press(text)
	}
	tab.Press(kb.Enter)
	tab.WaitForText("#done", "K7QM4")
	tab.Wait("document.activeElement.id === 'done-name'")
}

// Nothing jumps, and what takes longer than 200 ms shows itself.
func TestASlowNetworkShowsItselfAndNothingJumps(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t, browsertest.ReducedMotion)
	clinic.slow["/api/"] = 900 * time.Millisecond
	tab.Go(clinic.URL)
	browsertest.Eval[any](tab, `(() => { window.shift = 0; window.moved = []; new PerformanceObserver((list) => {
		for (const entry of list.getEntries()) if (!entry.hadRecentInput) {
			window.shift += entry.value;
			for (const { node, previousRect, currentRect } of entry.sources) window.moved.push([location.hash, node?.id || node?.className || node?.nodeName, previousRect.y, currentRect.y].join(' '));
		}
	}).observe({ type: 'layout-shift', buffered: true }) })()`)
	tab.Wait("getComputedStyle(document.querySelector('#wait')).visibility === 'visible'")
	pick(tab, "animal", "Cat")
	pick(tab, "about", "Check-ups")
	pick(tab, "need", "Vaccination")
	tab.WaitForText("#status", "One moment")
	tab.WaitFor("#times button")
	tab.Wait("document.querySelector('#day').ariaBusy === 'false'")
	tab.ClickText("#times button", "10:15")
	tab.Click("#choose")
	fillIn(tab)
	moved := browsertest.Eval[float64](tab, "window.shift")
	confirm(tab)
	tab.WaitForText("#status", "Sending")
	confirm(tab)
	tab.WaitForText("#done", "K7QM4")
	if len(clinic.posted) != 1 {
		t.Errorf("an impatient second press sent %d requests", len(clinic.posted))
	}
	if moved > 0.01 {
		t.Errorf("the page jumped: a cumulative layout shift of %.3f by %q", moved, browsertest.Eval[[]string](tab, "window.moved"))
	}
}

func TestTheNarrowestPhone(t *testing.T) {
	t.Parallel()
	clinic := open(t, threeClinics())
	tab := browsertest.Open(t)
	tab.Size(320, 568)
	tab.Go(clinic.URL)
	tab.WaitForText("#asked", "Which clinic?")
	tab.NoSideways("clinic")
	pick(tab, "clinic", "Drammen")
	toTimes(tab)
	tab.NoSideways("time")
	if small := browsertest.Eval[float64](tab, "Math.min(...[...document.querySelectorAll('#calendar td button, #times button, #choose')].map((b) => Math.min(b.offsetWidth, b.offsetHeight)))"); small < 34 {
		t.Errorf("the smallest thing to press is %.0f px", small)
	}
	tab.ClickText("#times button", "10:15")
	tab.Click("#choose")
	tab.NoSideways("you")
	confirm(tab)
	tab.NoSideways("errors")
	fillIn(tab)
	confirm(tab)
	tab.WaitForText("#done", "K7QM4")
	tab.NoSideways("done")
	tab.Print()
	if got := browsertest.Eval[string](tab, "getComputedStyle(document.querySelector('#manage'), '::after').content"); !strings.Contains(got, "/manage/token1") {
		t.Errorf("the paper does not say where the visit can be cancelled: %s", got)
	}
	if tab.Visible("#print") || tab.Visible("#steps") || !tab.Visible("#reference") {
		t.Error("the printed page holds buttons, or lacks the reference")
	}
}

func TestWithoutJavaScriptThePageGivesThePhone(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t, browsertest.NoScript)
	for _, path := range []string{"/", "/manage/token1"} {
		tab.Go(clinic.URL + path)
		if got := tab.Text("body"); !strings.Contains(got, "call us") || !strings.Contains(got, "+47 22 33 44 55") || strings.Contains(got, "Continue") {
			t.Errorf("%s shows %q", path, got)
		}
	}
}

// R-23 from the page's side: the reader's wish, else the browser's languages, else the clinic's.
func TestThePageSpeaksTheReadersLanguage(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	for _, c := range []struct{ name, prefers, address, want string }{
		{"the address asks", "en-GB,en", "/?lang=sv", "sv"},
		{"the browser prefers", "de-DE,da,en", "/", "da"},
		{"Norwegian has two spellings", "no,en", "/", "nb"},
		{"only the clinic's is known", "de-DE,de", "/", "nb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			tab := browsertest.Open(t, browsertest.Languages(c.prefers))
			tab.Go(clinic.URL + c.address)
			tab.WaitFor("#question")
			if got := browsertest.Eval[string](tab, "document.documentElement.lang"); got != c.want {
				t.Errorf("the page speaks %s, want %s", got, c.want)
			}
			tab.Accessible(c.name)
		})
	}
	tab := browsertest.Open(t)
	tab.Go(clinic.URL)
	tab.WaitFor("#question")
	browsertest.Eval[any](tab, "(() => { const s = document.querySelector('#language'); s.value = 'ro'; s.dispatchEvent(new Event('change')); })()")
	tab.WaitForText("h1", "Programați o vizită")
	tab.Reload()
	tab.WaitForText("h1", "Programați o vizită")
}

// a link only shows; what changes the visit is pressed and posted.
func TestTheManagePage(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	clinic.visits["token1"] = visit(nil)
	clinic.visits["late"] = visit(object{"can_cancel": false, "can_confirm": false, "status": "confirmed"})
	tab := browsertest.Open(t, browsertest.Zone("America/Los_Angeles"))
	tab.Go(clinic.URL + "/manage/token1")
	for _, shown := range []string{"K7QM4", "Monday", "1 March 2027, 09:15", "Vaccination", "Bella", "Storgata 12"} {
		tab.WaitForText("#visit, #reference", shown)
	}
	tab.WaitForText("#cutoff", "Sunday 28 February at 09:15")
	tab.EveryLook("9 manage")
	if len(clinic.posted) != 0 {
		t.Fatal("opening the link changed something")
	}
	tab.ClickText("#confirm", "I am coming")
	tab.WaitForText("#state", "look forward to seeing you")
	tab.Click("#cancel")
	tab.WaitFor("#sure")
	tab.EveryLook("9 manage cancel")
	tab.Click("#keep")
	if tab.Visible("#sure") {
		t.Error("keeping the visit leaves the question open")
	}
	tab.Click("#cancel")
	tab.Fill("#note", "Bella is well again.")
	tab.ClickText("#sure button", "Yes, cancel")
	tab.WaitForText("#state", "cancelled")
	if got := clinic.posted[len(clinic.posted)-1]["note"]; got != "Bella is well again." {
		t.Errorf("the note was sent as %v", got)
	}
	tab.Accessible("a cancelled visit")

	tab.Go(clinic.URL + "/manage/late")
	tab.WaitForText("#late", "Please call us: +47 22 33 44 55")
	if href := browsertest.Eval[string](tab, "document.querySelector('#late a').href"); href != "tel:+4722334455" || tab.Visible("#cancel") {
		t.Errorf("past the cut-off the page offers %s", href)
	}
	tab.Accessible("past the cut-off")

	tab.Go(clinic.URL + "/manage/dead")
	tab.WaitForText("#trouble", "This link no longer works")
	tab.WaitForText("#trouble", "+47 22 33 44 55")
	tab.Accessible("a dead link")
}

// Long words are where a narrow screen breaks: every language fits, and is written in full.
func TestEveryLanguageFitsTheNarrowestPhone(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(object{"ask_species": false, "groups": []object{{"id": "all", "name": "All", "reasons": []object{reason("only", "Consultation", nil)}}}}))
	for _, language := range []string{"en", "nb", "sv", "da", "fi", "ro"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			tab := browsertest.Open(t)
			tab.Size(320, 640)
			tab.Go(clinic.URL + "/?lang=" + language)
			tab.WaitFor("#times button")
			tab.NoSideways("time")
			tab.ClickText("#times button", "15") // 10:15, which Finnish and Danish write 10.15
			tab.Click("#choose")
			tab.WaitFor("#request")
			confirm(tab)
			tab.WaitFor("#errors")
			tab.NoSideways("errors")
		})
	}
}
