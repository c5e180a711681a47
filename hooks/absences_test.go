package hooks_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
)

const absencesPath = "/api/collections/absences/records"

// sick reports the clinic's practitioner sick for Monday, and demands that it works.
func (c *clinic) sick(token, visits string, changes ...fields) *core.Record {
	c.t.Helper()
	form := fields{"practitioner": c.practitioner.Id, "starts_at": "2027-03-01 00:00:00.000Z", "ends_at": "2027-03-02 00:00:00.000Z", "kind": "sick", "visits": visits}
	for _, change := range changes {
		for field, value := range change {
			form[field] = value
		}
	}
	answer := c.as(token, http.MethodPost, absencesPath, form)
	if answer.Status != http.StatusOK {
		c.t.Fatalf("absence: %d %s", answer.Status, answer.Body)
	}
	return c.mustFind(store.Absences, answer.text("id"))
}

// dayNotices lists the day notices of a visit as [clinic.queue] does.
func (c *clinic) dayNotices(visit *core.Record) []string {
	c.t.Helper()
	return slices.DeleteFunc(c.queue(visit), func(line string) bool { return !strings.HasPrefix(line, "day_notice") })
}

func (c *clinic) notice(visit *core.Record) *core.Record {
	c.t.Helper()
	rows, err := c.app.FindAllRecords(store.Messages, dbx.HashExp{"booking": visit.Id, "purpose": "day_notice"})
	if err != nil || len(rows) != 1 {
		c.t.Fatalf("%d day notices, %v", len(rows), err)
	}
	return rows[0]
}

// calls lists the open tasks to phone somebody.
func (c *clinic) calls() []string {
	c.t.Helper()
	tasks, err := c.app.FindAllRecords(store.Tasks, dbx.HashExp{"kind": "call_owner", "done": false})
	if err != nil {
		c.t.Fatal(err)
	}
	titles := []string{}
	for _, task := range tasks {
		titles = append(titles, task.GetString("title"))
	}
	slices.Sort(titles)
	return titles
}

func (c *clinic) same(what string, want, got []string) {
	c.t.Helper()
	if diff := cmp.Diff(append([]string{}, want...), append([]string{}, got...)); diff != "" {
		c.t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// owned is a visit on Monday of an owner of its own, made by staff.
func (c *clinic) owned(startsAt string, owner fields, visit ...fields) *core.Record {
	c.t.Helper()
	client := clinictest.Client(c.t, c.app, owner)
	pet := clinictest.Patient(c.t, c.app, client)
	return clinictest.Visit(c.t, c.app, c.location, c.practitioner, c.reason, client, startsAt, append([]fields{{"patient": pet.Id}}, visit...)...)
}

// a vet who rings in sick at 07:10, before anybody may be disturbed, still reaches the owner of the visit at 08:00; the owner
// of an afternoon visit is texted when the day begins. E-mails wait for nobody.
func TestAVetWhoRingsInSickReachesTheFirstOwnerInTime(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	early := c.owned("2027-03-01 07:00:00.000Z", fields{"email": "", "sms_phone": "+4520000001"})
	late := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "", "sms_phone": "+4520000002"})
	mailed := c.owned("2027-03-01 14:00:00.000Z", fields{"email": "mail@owner.example", "sms_phone": "+4520000003"})
	tomorrow := c.owned("2027-03-02 08:00:00.000Z", fields{"sms_phone": "+4520000004"})
	over := c.owned("2027-03-01 06:00:00.000Z", fields{"sms_phone": "+4520000005"})
	rung := c.rung.Load()
	c.sick(c.superuser, "cancel")
	c.same("the visit at 08:00", []string{"day_notice sms +4520000001: queued 03-01 07:10"}, c.dayNotices(early))
	c.same("the visit at 14:00", []string{"day_notice sms +4520000002: queued 03-01 08:00"}, c.dayNotices(late))
	c.same("one who is mailed", []string{"day_notice email mail@owner.example: queued 03-01 07:10"}, c.dayNotices(mailed))
	for name, visit := range map[string]*core.Record{"tomorrow's": tomorrow, "one that has begun": over} {
		if now := c.reload(visit); now.GetString("status") != "booked" || len(c.dayNotices(visit)) > 0 {
			t.Errorf("%s is %s, with %v", name, now.GetString("status"), c.dayNotices(visit))
		}
	}
	now := c.reload(early)
	if got := now.GetString("status") + " by " + now.GetString("cancelled_by"); got != "cancelled by absence" {
		t.Error(got)
	}
	if c.rung.Load() == rung {
		t.Error("the dispatcher was not told")
	}
	c.same("tasks", nil, c.calls())
	if text := c.notice(early).GetString("text"); text != "Hi Maja, sorry: the visit on 1 March 2027 at 08:00 cannot go ahead as planned. Please call +4533112233. Harbour Vets" {
		t.Error(text)
	}
}

// visits says what happens: nothing, a word and the visit stands, or a word and it is off. Its time is free then.
func TestAnAbsenceKeepsTellsOrCancels(t *testing.T) {
	t.Parallel()
	for fate, want := range map[string]struct {
		status string
		lines  []string
	}{
		"":       {"booked", nil},
		"keep":   {"booked", nil},
		"tell":   {"booked", []string{"day_notice email anna@owner.example: queued 03-01 07:10"}},
		"cancel": {"cancelled", []string{"day_notice email anna@owner.example: queued 03-01 07:10"}},
	} {
		t.Run(fate, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			visit := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "anna@owner.example"})
			c.sick(c.superuser, fate)
			c.same("messages", want.lines, c.dayNotices(visit))
			if got := c.reload(visit).GetString("status"); got != want.status {
				t.Errorf("the visit is %s", got)
			}
			if got := c.free("2027-03-01"); len(got) != 0 {
				t.Errorf("free while away: %v", got)
			}
		})
	}
}

// saving an absence again, its note or its texts, tells nobody twice and calls off nothing that staff put back or booked knowingly. A longer
// absence falls upon what is new, a shorter one restores nothing, and an absence that goes frees the time.
func TestAnAbsenceIsFollowedWhenItChanges(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	vet := clinictest.Token(t, clinictest.Account(t, c.app, "reception", c.location))
	first := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "first@owner.example"})
	second := c.owned("2027-03-02 13:00:00.000Z", fields{"email": "second@owner.example"})
	absence := c.sick(vet, "keep")
	c.same("kept", nil, c.dayNotices(first))
	c.patch(vet, absence, fields{"visits": "cancel"})
	told := []string{"day_notice email first@owner.example: queued 03-01 07:10"}
	c.same("called off", told, c.dayNotices(first))

	c.clock("03-01 07:12")
	c.patch(vet, absence, fields{"note": "The flu", "channels": []string{"sms"}})
	c.same("a note", told, c.dayNotices(first))
	c.patch(vet, first, fields{"status": "booked", "practitioner": clinictest.Practitioner(t, c.app, c.location).Id})
	withdrawn := []string{"day_notice email first@owner.example: cancelled not_wanted 03-01 07:10"}
	c.same("put back with somebody else before the notice left", withdrawn, c.dayNotices(first))
	knowingly := c.owned("2027-03-01 14:00:00.000Z", fields{"email": "third@owner.example"})

	c.patch(vet, absence, fields{"ends_at": "2027-03-03 00:00:00.000Z"})
	c.same("longer", []string{"day_notice sms " + c.mustFind(store.Clients, second.GetString("client")).GetString("sms_phone") + ": queued 03-01 08:00"}, c.dayNotices(second))
	for name, visit := range map[string]*core.Record{"put back": first, "booked knowingly": knowingly} {
		if got := c.reload(visit).GetString("status"); got != "booked" {
			t.Errorf("%s: %s", name, got)
		}
	}
	c.patch(vet, absence, fields{"ends_at": "2027-03-02 00:00:00.000Z"})
	if got := c.reload(second).GetString("status"); got != "cancelled" {
		t.Errorf("shorter, and the visit is %s again", got)
	}
	if answer := c.as(vet, http.MethodDelete, absencesPath+"/"+absence.Id, nil); answer.Status != http.StatusNoContent {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	if got := c.reload(second).GetString("status"); got != "cancelled" {
		t.Errorf("the absence is gone, and the visit is %s again", got)
	}
	c.same("told all the same", []string{"day_notice sms " + c.mustFind(store.Clients, second.GetString("client")).GetString("sms_phone") + ": queued 03-01 08:00"}, c.dayNotices(second))
	if !slices.Contains(c.free("2027-03-02"), "14:00") {
		t.Errorf("the time is not free: %v", c.free("2027-03-02"))
	}
}

// a word that has not left yet is taken back with an absence that goes, or leaves visits as they are after all.
func TestAWordThatHasNotLeftGoesWithItsAbsence(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	for _, take := range []func(*core.Record){
		func(absence *core.Record) { c.patch(c.superuser, absence, fields{"visits": "keep"}) },
		func(absence *core.Record) {
			if answer := c.as(c.superuser, http.MethodDelete, absencesPath+"/"+absence.Id, nil); answer.Status != http.StatusNoContent {
				t.Fatalf("%d %s", answer.Status, answer.Body)
			}
		},
	} {
		visit := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "anna@owner.example"}, fields{"overbook": true})
		take(c.sick(c.superuser, "tell"))
		c.same("messages", []string{"day_notice email anna@owner.example: cancelled not_wanted 03-01 07:10"}, c.dayNotices(visit))
	}
}

// every owner gets one notice, however many visits; whom nothing reaches is a task with name, number and time.
func TestWhoGetsNoNoticeIsPhoned(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	last := clinictest.Reason(t, c.app, fields{"name": "A quiet goodbye", "end_of_life": true})
	named := func(first string, more ...fields) fields {
		owner := fields{"first_name": first, "last_name": "Berg", "email": "", "phone": "+4533000000", "sms_phone": ""}
		for _, change := range more {
			for field, value := range change {
				owner[field] = value
			}
		}
		return owner
	}
	c.owned("2027-03-01 09:00:00.000Z", named("Nobody"))
	c.owned("2027-03-01 09:30:00.000Z", named("Unwilling", fields{"email": "no@owner.example", "refused": []string{"visit"}}))
	farewell := c.owned("2027-03-01 10:00:00.000Z", named("Farewell", fields{"email": "farewell@owner.example"}), fields{"reason": last.Id})
	clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "email", "address": "stop@owner.example", "cause": "bounce"})
	c.owned("2027-03-01 10:30:00.000Z", named("Stopped", fields{"email": "stop@owner.example"}))
	twice := c.owned("2027-03-01 11:00:00.000Z", named("Twice", fields{"email": "twice@owner.example"}))
	owner := c.mustFind(store.Clients, twice.GetString("client"))
	max := clinictest.Patient(t, c.app, owner, fields{"name": "Max"})
	again := clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, owner, "2027-03-01 11:30:00.000Z", fields{"patient": max.Id})
	c.sick(c.superuser, "cancel")

	c.same("the first of two visits", []string{"day_notice email twice@owner.example: queued 03-01 07:10"}, c.dayNotices(twice))
	c.same("the second", nil, c.dayNotices(again))
	c.same("an end-of-life visit", nil, c.dayNotices(farewell))
	if text := c.notice(twice).GetString("text"); !strings.Contains(text, "Bella and Max's visit") {
		t.Error(text)
	}
	c.same("tasks", []string{
		"Call Farewell Berg, +4533000000: the visit is cancelled (Bella, Monday 1 March 2027 11:00)",
		"Call Nobody Berg, +4533000000: the visit is cancelled (Bella, Monday 1 March 2027 10:00)",
		"Call Stopped Berg, +4533000000: the visit is cancelled (Bella, Monday 1 March 2027 11:30)",
		"Call Unwilling Berg, +4533000000: the visit is cancelled (Bella, Monday 1 March 2027 10:30)",
	}, c.calls())
	if got := c.reload(again).GetString("status"); got != "cancelled" {
		t.Errorf("the second visit is %s", got)
	}
}

// a location that closes tells everybody who comes there; one person's absence from one place leaves the others.
func TestAnAbsenceFallsUponItsOwnPlaceAndPerson(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	elsewhere := clinictest.Location(t, c.app)
	colleague := clinictest.Practitioner(t, c.app, c.location)
	mine := c.owned("2027-03-01 09:00:00.000Z", fields{})
	there := c.owned("2027-03-01 10:00:00.000Z", fields{}, fields{"location": elsewhere.Id})
	theirs := c.owned("2027-03-01 09:00:00.000Z", fields{}, fields{"practitioner": colleague.Id})
	status := func(want ...string) {
		t.Helper()
		var got []string
		for _, visit := range []*core.Record{mine, there, theirs} {
			got = append(got, c.reload(visit).GetString("status"))
		}
		c.same("mine, mine elsewhere, a colleague's", want, got)
	}
	c.sick(c.superuser, "cancel", fields{"location": elsewhere.Id})
	status("booked", "cancelled", "booked")
	c.sick(c.superuser, "cancel", fields{"practitioner": "", "location": c.location.Id, "kind": "closed", "ends_at": "2027-03-01 09:15:00.000Z"})
	status("cancelled", "cancelled", "cancelled")
}

// what an owner was told by an absence counts. A visit that was only spoken of and is then called off is still told; one that was
// called off and stands again is a change.
func TestWhatIsSaidAfterADayNotice(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"email"}, "visit_channels": []string{}})
	visit := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "anna@owner.example"})
	c.clock("03-01 07:20")
	c.sent(visit)
	absence := c.sick(c.superuser, "tell")
	c.sent(visit)
	const anna = " email anna@owner.example: "
	c.queued(visit, "booking_confirmation"+anna+"sent 03-01 07:15", "day_notice"+anna+"sent 03-01 07:20")
	c.patch(c.superuser, absence, fields{"visits": "cancel"})
	c.sent(visit)
	c.queued(visit, "booking_confirmation"+anna+"sent 03-01 07:15", "day_notice"+anna+"sent 03-01 07:20", "day_notice"+anna+"sent 03-01 07:20")
	c.patch(c.superuser, visit, fields{"status": "booked"})
	c.queued(visit, "booking_confirmation"+anna+"sent 03-01 07:15", "day_notice"+anna+"sent 03-01 07:20", "day_notice"+anna+"sent 03-01 07:20", "booking_change"+anna+"queued 03-01 07:25")

	told := c.owned("2027-03-02 13:00:00.000Z", fields{"email": "bo@owner.example"})
	const bo = " email bo@owner.example: "
	c.clock("03-01 07:30")
	c.sent(told)
	c.sick(c.superuser, "tell", fields{"starts_at": "2027-03-02 00:00:00.000Z", "ends_at": "2027-03-03 00:00:00.000Z"})
	c.sent(told)
	c.patch(c.superuser, told, fields{"status": "cancelled"})
	c.queued(told, "booking_confirmation"+bo+"sent 03-01 07:25", "day_notice"+bo+"sent 03-01 07:30", "booking_cancellation"+bo+"queued 03-01 07:30")
}

// channels and mode are the absence's where it says so.
func TestAnAbsenceMayTellOnEveryChannel(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	visit := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "anna@owner.example", "sms_phone": "+4520000001"})
	c.sick(c.superuser, "tell", fields{"channels": []string{"sms", "email"}, "channel_mode": "every"})
	c.same("messages", []string{"day_notice email anna@owner.example: queued 03-01 07:10", "day_notice sms +4520000001: queued 03-01 08:00"}, c.dayNotices(visit))
}

// a text that could not be sent is refused when the absence is saved, not when owners are waiting for it.
func TestAnAbsencesTextIsJudged(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	mailOnly := clinictest.Make(t, c.app, store.Templates, fields{"code": "mail_only", "name": "Mail only", "locale": "en", "purpose": "day_notice", "subject": "Sorry", "email_text": "Sorry"})
	for name, r := range map[string]struct {
		change fields
		code   string
	}{
		"a text about payment":           {fields{"visits": "tell", "template": c.template("payment_due").Id}, "empty_code"},
		"a text of e-mail alone, by SMS": {fields{"visits": "cancel", "template": mailOnly.Id, "channels": []string{"sms"}}, "no_text"},
		"visits are kept":                {fields{"visits": "keep", "template": c.template("payment_due").Id}, ""},
		"the text for it":                {fields{"visits": "cancel", "template": c.template("day_notice").Id}, ""},
		"a text of e-mail alone, by all": {fields{"visits": "cancel", "template": mailOnly.Id, "channels": []string{"email", "sms"}}, ""},
	} {
		form := fields{"practitioner": c.practitioner.Id, "starts_at": "2027-03-01 00:00:00.000Z", "ends_at": "2027-03-02 00:00:00.000Z", "kind": "sick"}
		maps.Copy(form, r.change)
		answer := c.as(c.superuser, http.MethodPost, absencesPath, form)
		if answer.code("template") != r.code || (r.code == "") != (answer.Status == http.StatusOK) {
			t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
		}
	}
}

// an owner whose word was taken back before it left is told after all when the absence tells again, with what is true then.
func TestAWordThatWasTakenBackComesBack(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	visit := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "anna@owner.example"})
	absence := c.sick(c.superuser, "tell")
	c.patch(c.superuser, absence, fields{"visits": "keep"})
	c.same("taken back", []string{"day_notice email anna@owner.example: cancelled not_wanted 03-01 07:10"}, c.dayNotices(visit))
	c.clock("03-01 07:20")
	c.patch(c.superuser, absence, fields{"visits": "tell"})
	c.same("told after all", []string{"day_notice email anna@owner.example: queued 03-01 07:20"}, c.dayNotices(visit))
	c.same("tasks", nil, c.calls())
}

// an absence that grows shorter takes back the words that have not left yet to owners whose visits it does not fall upon any more; one
// with another visit in its time hears of that alone. What has left stays said.
func TestAShorterAbsenceTakesWordsBack(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	text := func(number string) fields { return fields{"email": "", "sms_phone": number} }
	morning := c.owned("2027-03-01 10:00:00.000Z", text("+4520000001"))
	late := c.owned("2027-03-01 14:00:00.000Z", text("+4520000002"))
	both := c.owned("2027-03-01 11:00:00.000Z", text("+4520000003"))
	owner := c.mustFind(store.Clients, both.GetString("client"))
	max := clinictest.Patient(t, c.app, owner, fields{"name": "Max"})
	clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, owner, "2027-03-01 14:30:00.000Z", fields{"patient": max.Id})
	told := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "told@owner.example"})
	pets := clinictest.Make(t, c.app, store.Templates, fields{"code": "pets", "name": "Pets", "locale": "en", "purpose": "day_notice", "subject": "Sorry", "email_text": "Sorry", "sms_text": "Sorry, {{ patient.name }}"})

	absence := c.sick(c.superuser, "tell", fields{"template": pets.Id})
	c.sent(told)
	if text := c.notice(both).GetString("text"); text != "Sorry, Bella and Max" {
		t.Error(text)
	}
	c.patch(c.superuser, absence, fields{"ends_at": "2027-03-01 12:30:00.000Z"})
	c.same("still in its time", []string{"day_notice sms +4520000001: queued 03-01 08:00"}, c.dayNotices(morning))
	c.same("not any more", []string{"day_notice sms +4520000002: cancelled not_wanted 03-01 08:00"}, c.dayNotices(late))
	c.same("one of two", []string{"day_notice sms +4520000003: queued 03-01 08:00"}, c.dayNotices(both))
	if text := c.notice(both).GetString("text"); text != "Sorry, Bella" {
		t.Error(text)
	}
	c.same("said", []string{"day_notice email told@owner.example: sent 03-01 07:10"}, c.dayNotices(told))
	c.patch(c.superuser, absence, fields{"ends_at": "2027-03-02 00:00:00.000Z"})
	c.same("and again", []string{"day_notice sms +4520000002: queued 03-01 08:00"}, c.dayNotices(late))
	c.same("said already", []string{"day_notice email told@owner.example: sent 03-01 07:10"}, c.dayNotices(told))
	c.same("tasks", nil, c.calls())
}

// a visit that was called off, put back and is called off once more by the same absence is news: its owner is told, or phoned, again.
func TestAnOwnerIsToldOfEachTimeThatAVisitIsCalledOff(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	mailed := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "anna@owner.example"})
	phoned := c.owned("2027-03-01 14:00:00.000Z", fields{"first_name": "Nobody", "last_name": "Berg", "email": "", "phone": "+4533000000", "sms_phone": ""})
	absence := c.sick(c.superuser, "cancel")
	c.sent(mailed)
	task, err := c.app.FindFirstRecordByData(store.Tasks, "kind", "call_owner")
	if err != nil {
		t.Fatal(err)
	}
	c.patch(c.superuser, task, fields{"done": true})
	c.patch(c.superuser, absence, fields{"ends_at": "2027-03-01 10:00:00.000Z"})
	for _, visit := range []*core.Record{mailed, phoned} {
		c.patch(c.superuser, visit, fields{"status": "booked"})
	}
	c.clock("03-01 07:30")
	c.sent(mailed)
	c.patch(c.superuser, absence, fields{"ends_at": "2027-03-02 00:00:00.000Z"})
	if got := c.reload(mailed).GetString("status"); got != "cancelled" {
		t.Fatalf("the visit is %s", got)
	}
	c.same("told twice", []string{"day_notice email anna@owner.example: queued 03-01 07:30", "day_notice email anna@owner.example: sent 03-01 07:10"}, c.dayNotices(mailed))
	c.same("phoned twice", []string{"Call Nobody Berg, +4533000000: the visit is cancelled (Bella, Monday 1 March 2027 15:00)"}, c.calls())
}

// a text is judged where it will be read: by the ways in which the location tells of changes, and at places where the person works.
func TestAnAbsencesTextIsJudgedWhereItWillBeRead(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	clinictest.MessageSettings(t, c.app, c.location, fields{"confirmation_channels": []string{"sms"}})
	mailOnly := clinictest.Make(t, c.app, store.Templates, fields{"code": "mail_only", "name": "Mail only", "locale": "en", "purpose": "day_notice", "subject": "Sorry", "email_text": "Sorry"})
	form := fields{"practitioner": c.practitioner.Id, "starts_at": "2027-03-01 00:00:00.000Z", "ends_at": "2027-03-02 00:00:00.000Z", "kind": "sick", "visits": "tell", "template": mailOnly.Id}
	if answer := c.as(c.superuser, http.MethodPost, absencesPath, form); answer.code("template") != "no_text" {
		t.Errorf("a text of e-mail alone where everybody is texted: %d %s", answer.Status, answer.Body)
	}
	clinictest.Location(t, c.app, fields{"name": strings.Repeat("Long name of another place ", 3)})
	ours := clinictest.Make(t, c.app, store.Templates, fields{"code": "ours", "name": "Ours", "locale": "en", "purpose": "day_notice", "location": c.location.Id,
		"sms_text": "Sorry, we are short of people today and have to move your visit; please call us at once. {{ location.name }} {{ location.name }}"})
	form["template"] = ours.Id
	if answer := c.as(c.superuser, http.MethodPost, absencesPath, form); answer.Status != http.StatusOK {
		t.Errorf("a text too long for a place that it is not read at: %d %s", answer.Status, answer.Body)
	}
}

// a word that speaks of several visits goes when the first of them is put back or moved before it leaves; of the others the owner hears all the same.
func TestTheOtherVisitsOfAWordThatGoesAreToldOf(t *testing.T) {
	t.Parallel()
	for fate, status := range map[string]string{"cancel": "booked", "tell": "cancelled"} {
		t.Run(fate, func(t *testing.T) {
			t.Parallel()
			c := newClinic(t)
			colleague := clinictest.Practitioner(t, c.app, c.location)
			first := c.owned("2027-03-01 11:00:00.000Z", fields{"first_name": "Nora", "email": "", "sms_phone": "+4520000003"})
			owner := c.mustFind(store.Clients, first.GetString("client"))
			more := func(pet, startsAt string) *core.Record {
				max := clinictest.Patient(t, c.app, owner, fields{"name": pet})
				return clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, owner, startsAt, fields{"patient": max.Id})
			}
			second, third := more("Max", "2027-03-01 12:00:00.000Z"), more("Mis", "2027-03-01 13:00:00.000Z")
			tomorrow := more("Ida", "2027-03-02 12:00:00.000Z")
			c.sick(c.superuser, fate, fields{"ends_at": "2027-03-03 00:00:00.000Z"})
			calls := c.calls()
			c.same("one word", []string{"day_notice sms +4520000003: queued 03-01 08:00"}, c.dayNotices(first))
			c.patch(c.superuser, first, fields{"status": status, "practitioner": colleague.Id})
			if got := c.dayNotices(first); len(got) != 1 || !strings.Contains(got[0], ": cancelled ") {
				t.Errorf("the word that went: %v", got)
			}
			c.same("of the second", []string{"day_notice sms +4520000003: queued 03-01 08:00"}, c.dayNotices(second))
			if names := c.notice(second).GetStringSlice("patients"); len(names) != 2 {
				t.Errorf("it names %d pets", len(names))
			}
			c.patch(c.superuser, first, fields{"note": "Bites"})
			c.same("of the third", nil, c.dayNotices(third))
			c.same("of tomorrow's", nil, c.dayNotices(tomorrow))
			c.same("calls", calls, c.calls())
		})
	}
}

// another text for an absence, and new words in its text, reach the words that have not left yet, but for those that somebody rewrote,
// unless they are to be replaced as well. Nobody is told twice.
func TestWaitingWordsFollowTheirText(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	waiting := c.owned("2027-03-01 13:00:00.000Z", fields{"email": "", "sms_phone": "+4520000001"})
	mine := c.owned("2027-03-01 14:00:00.000Z", fields{"email": "", "sms_phone": "+4520000002"})
	told := c.owned("2027-03-01 15:00:00.000Z", fields{"email": "told@owner.example"})
	owner := c.mustFind(store.Clients, waiting.GetString("client"))
	max := clinictest.Patient(t, c.app, owner, fields{"name": "Max"})
	clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, owner, "2027-03-01 13:30:00.000Z", fields{"patient": max.Id})
	absence := c.sick(c.superuser, "cancel")
	c.sent(told)
	if answer := c.patchMessage(c.notice(mine), fields{"text": "My own words"}); answer.Status != http.StatusOK {
		t.Fatalf("%d %s", answer.Status, answer.Body)
	}
	read := func(want ...string) {
		t.Helper()
		c.same("texts", want, []string{c.notice(waiting).GetString("text"), c.notice(mine).GetString("text")})
	}
	pets := clinictest.Make(t, c.app, store.Templates, fields{"code": "pets", "name": "Pets", "locale": "en", "purpose": "day_notice", "subject": "Sorry", "email_text": "Sorry", "sms_text": "Sorry, {{ patient.name }}"})
	c.clock("03-01 07:20")
	c.patch(c.superuser, absence, fields{"template": pets.Id})
	read("Sorry, Bella and Max", "My own words")
	change := func(change fields) map[string]any {
		t.Helper()
		answer := c.as(c.superuser, http.MethodPatch, "/api/collections/templates/records/"+pets.Id, change)
		follow, _ := answer.JSON["follow"].(map[string]any)
		if answer.Status != http.StatusOK || follow == nil {
			t.Fatalf("%d %s", answer.Status, answer.Body)
		}
		return follow
	}
	if got := change(fields{"sms_text": "So sorry, {{ patient.name }}"}); got["followed"] != 1.0 || got["kept"] != 0.0 {
		t.Errorf("follow is %v", got)
	}
	read("So sorry, Bella and Max", "My own words")
	c.same("when it leaves", []string{"day_notice sms +4520000001: queued 03-01 08:00"}, c.dayNotices(waiting))
	c.same("what left", []string{"day_notice email told@owner.example: sent 03-01 07:10"}, c.dayNotices(told))
	if got := c.notice(told).GetString("text"); strings.HasPrefix(got, "S") {
		t.Errorf("what left says %q", got)
	}
}
