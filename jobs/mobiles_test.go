package jobs

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/runs"
)

// numbers are the clients' numbers for texts, by last name.
func (tr *trial) numbers() map[string]string {
	tr.t.Helper()
	rows, err := tr.app.FindAllRecords(store.Clients)
	if err != nil {
		tr.t.Fatal(err)
	}
	numbers := map[string]string{}
	for _, r := range rows {
		if r.Id != tr.client.Id {
			numbers[r.GetString("last_name")] = r.GetString("sms_phone")
		}
	}
	return numbers
}

// register is a clinic with clients whose numbers are of every kind, and what the job makes of them.
func register(t *testing.T) (*trial, map[string]string) {
	t.Helper()
	tr := newTrial(t)
	oslo := clinictest.Location(t, tr.app, clinictest.Fields{"country": "NO", "timezone": "Europe/Oslo"})
	want := map[string]string{}
	for name, c := range map[string]struct {
		phone, sms string
		more       clinictest.Fields
		want       string
	}{
		"mobile":            {"20 12 34 56", "", nil, "+4520123456"},
		"filled":            {"20123456", "+4520999999", nil, "+4520999999"},
		"none":              {"", "", nil, ""},
		"norwegian home":    {"912 34 567", "", clinictest.Fields{"country": "NO"}, "+4791234567"},
		"norwegian clinic":  {"912 34 568", "", clinictest.Fields{"location": oslo.Id}, "+4791234568"},
		"landline":          {"+4722123456", "", nil, ""},
		"two numbers":       {"20123456 / 20123457", "", nil, ""},
		"words":             {"ask the neighbour", "", nil, ""},
		"typed, kept as is": {"20123456", "call first", nil, "call first"},
		"merged away":       {"20123458", "", clinictest.Fields{"merge_into": tr.client.Id}, ""},
	} {
		clinictest.Client(t, tr.app, clinictest.Fields{"last_name": name, "phone": c.phone, "sms_phone": c.sms, "location": tr.location.Id}, c.more)
		want[name] = c.want
	}
	tr.rawly("DELETE FROM runs")
	return tr, want
}

const copied = "3 numbers were copied. 3 clients have a number for texts already, 1 have no number at all, and 3 have one that cannot be a mobile number."

// the job fills in what is empty and can be a mobile number, leaves every number that is there, says what it did, and
// finds nothing to do the second time.
func TestMobileNumbersAreCopied(t *testing.T) {
	t.Parallel()
	tr, want := register(t)
	first := clinictest.Make(t, tr.app, store.Runs, clinictest.Fields{"kind": "copy_mobile_numbers"})
	tr.sync()
	if diff := cmp.Diff(want, tr.numbers()); diff != "" {
		t.Error(diff)
	}
	if run := tr.runOf(first.Id); run.GetString("note") != copied || run.GetInt("done") != 10 || run.GetInt("total") != 10 || run.GetString("state") != "done" {
		t.Errorf("the run is %v", run.PublicExport())
	}
	second := clinictest.Make(t, tr.app, store.Runs, clinictest.Fields{"kind": "copy_mobile_numbers"})
	tr.sync()
	if note := tr.runOf(second.Id).GetString("note"); !strings.HasPrefix(note, "0 numbers were copied. 6 clients") {
		t.Errorf("the second run says %q", note)
	}
	if diff := cmp.Diff(want, tr.numbers()); diff != "" {
		t.Error(diff)
	}
}

// a dry run says what would be copied, and changes nothing.
func TestADryCopyChangesNothing(t *testing.T) {
	t.Parallel()
	tr, _ := register(t)
	run := clinictest.Make(t, tr.app, store.Runs, clinictest.Fields{"kind": "copy_mobile_numbers", "dry": true})
	before := tr.tables()
	tr.sync()
	if diff := cmp.Diff(before, tr.tables()); diff != "" {
		t.Error(diff)
	}
	want := strings.Replace(copied, "were copied.", "would be copied; nothing was changed.", 1)
	if note := tr.runOf(run.Id).GetString("note"); note != want {
		t.Errorf("it says %q", note)
	}
}

// killed in the middle it goes on where it was; somebody who got a number meanwhile keeps it; and a coming visit is now reminded of by text.
func TestACopyGoesOnAndIsFollowed(t *testing.T) {
	t.Parallel()
	tr, want := register(t)
	owner := clinictest.Client(t, tr.app, clinictest.Fields{"last_name": "with a visit", "phone": "20777777", "sms_phone": "", "location": tr.location.Id})
	want["with a visit"] = "+4520777777"
	visit := clinictest.Visit(t, tr.app, tr.location, tr.practitioner, tr.reason, owner, "2027-03-10 08:15:00.000Z")
	if got := tr.messageOf(visit, "visit_reminder", "sms"); got.GetString("reason") != "no_address" {
		t.Fatalf("before, the text is %s %s", got.GetString("state"), got.GetString("reason"))
	}
	clinictest.Make(t, tr.app, store.Runs, clinictest.Fields{"kind": "copy_mobile_numbers"})
	open, err := runs.Open(tr.app)
	if err != nil {
		t.Fatal(err)
	}
	write, err := tr.copyMobileNumbers(t.Context(), open[0], 100)
	if err != nil {
		t.Fatal(err)
	}
	named, err := tr.app.FindFirstRecordByData(store.Clients, "last_name", "mobile")
	if err != nil {
		t.Fatal(err)
	}
	clinictest.Change(t, tr.app, named, clinictest.Fields{"sms_phone": "+4520555555"})
	want["mobile"] = "+4520555555"
	run := *open[0]
	if err := tr.app.RunInTransaction(func(tx core.App) error { _, err := write(tx, &run); return err }); err != nil {
		t.Fatal(err)
	}
	for range 100 { // the same again from its first piece: what was kept of it is nothing
		if open, err = runs.Open(tr.app); err != nil {
			t.Fatal(err)
		}
		if len(open) == 0 {
			break
		}
		if _, err := tr.piece(t.Context(), open[0], 2); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, tr.numbers()); diff != "" {
		t.Error(diff)
	}
	if got := tr.messageOf(visit, "visit_reminder", "sms"); got.GetString("state") != "queued" || got.GetString("to") != "+4520777777" {
		t.Errorf("the text is %s to %s", got.GetString("state"), got.GetString("to"))
	}
}
