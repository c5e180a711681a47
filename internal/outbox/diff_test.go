package outbox

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func planned(t testing.TB, step string) Planned {
	return Planned{
		Key: "visit_reminder:b1:20270302T0900Z:" + step + ":sms", Purpose: VisitReminder, Channel: SMS, To: "+4791234678", Text: "Hei Kari",
		Locale: "nb", Template: "t1", Sequence: 1, PlannedAt: march(t, "01 09:00"), SendAt: march(t, "01 09:00"),
		ExpiresAt: march(t, "02 10:00"), State: Queued,
	}
}

func rowOf(id string, p Planned) Row {
	return Row{
		ID: id, Key: p.Key, Purpose: p.Purpose, Channel: p.Channel, To: p.To, BCC: p.BCC, Subject: p.Subject, Text: p.Text, Locale: p.Locale,
		Template: p.Template, Sequence: p.Sequence, State: p.State, Reason: p.Reason, PlannedAt: p.PlannedAt, SendAt: p.SendAt,
		ExpiresAt: p.ExpiresAt,
	}
}

// one row, and what the plan wants under its key.
func TestDiffOfOneRow(t *testing.T) {
	t.Parallel()
	keep := func(*Row) {}
	same := func(*Planned) {}
	text := func(p *Planned) { p.Text = "Hei Kari og Bella" }
	in := func(s State, why Reason) func(*Row) { return func(r *Row) { r.State, r.Reason = s, why } }
	skipped := func(why Reason) func(*Planned) { return func(p *Planned) { p.State, p.Reason = Skipped, why } }
	for _, c := range []struct {
		name string
		row  func(*Row)
		plan func(*Planned)
		want State // of the update, "" for none
		keep bool
	}{
		{"queued and equal", keep, same, "", false},
		{"a first reminder that would only have repeated the last", in(Skipped, ReasonDuplicate), same, "", false},
		{"queued, equal to the millisecond", keep, func(p *Planned) { p.SendAt = p.SendAt.Add(time.Microsecond) }, "", false},
		{"queued, in another zone", keep, func(p *Planned) { p.SendAt = p.SendAt.UTC() }, "", false},
		{"queued, new text", keep, text, Queued, false},
		{"queued, new address", keep, func(p *Planned) { p.To = "+4798765432" }, Queued, false},
		{"queued, new time", keep, func(p *Planned) { p.SendAt = p.SendAt.Add(time.Minute) }, Queued, false},
		{"queued, new copies", keep, func(p *Planned) { p.BCC = []string{"a@example.com"} }, Queued, false},
		{"queued, new sequence", keep, func(p *Planned) { p.Sequence++ }, Queued, false},
		{"queued after a failed attempt, new text", func(r *Row) { r.Attempts = 2 }, text, Queued, false},
		{"rewritten by hand, new text", func(r *Row) { r.Edited, r.Text = true, "Kjære Kari" }, text, "", false},
		{"rewritten by hand, new time", func(r *Row) { r.Edited, r.Text = true, "Kjære Kari" }, func(p *Planned) { p.SendAt = p.SendAt.Add(time.Minute) }, Queued, true},
		{"rewritten by hand, the template's text fails", func(r *Row) { r.Edited, r.Text = true, "Kjære Kari" }, func(p *Planned) { p.State, p.Reason = Failed, ReasonEmptyCode }, "", false},
		{"readdressed by hand, new address", func(r *Row) { r.OwnAddress, r.To = true, "+4790000000" }, func(p *Planned) { p.To = "+4798765432" }, "", false},
		{"readdressed by hand, the owner's own address is gone", func(r *Row) { r.OwnAddress = true }, skipped(ReasonNoAddress), "", false},
		{"readdressed by hand, the owner's own address is stopped", func(r *Row) { r.OwnAddress = true }, skipped(ReasonStoppedAddress), "", false},
		{"readdressed by hand, the owner opted out", func(r *Row) { r.OwnAddress = true }, skipped(ReasonOptedOut), Skipped, false},
		{"readdressed by hand, new text", func(r *Row) { r.OwnAddress = true }, text, Queued, false},
		{"hurried by hand, new time", func(r *Row) { r.OwnTime = true }, func(p *Planned) { p.SendAt = p.SendAt.Add(time.Minute) }, "", false},
		{"hurried by hand, new text", func(r *Row) { r.OwnTime = true }, text, Queued, false},
		{"hurried by hand, the owner opted out", func(r *Row) { r.OwnTime = true }, skipped(ReasonOptedOut), Skipped, false},
		{"queued, the template's text fails", keep, func(p *Planned) { p.State, p.Reason = Failed, ReasonEmptyCode }, Skipped, false},
		{"queued, the owner opted out", keep, skipped(ReasonOptedOut), Skipped, false},
		{"queued, planned too late now", keep, skipped(ReasonBookedInsideLead), "", false},
		{"cancelled by the machine, wanted again", in(Cancelled, ReasonBookingCancelled), same, Queued, false},
		{"skipped by the machine, wanted again", in(Skipped, ReasonBookedInsideLead), same, Queued, false},
		{"skipped by the machine, skipped still", in(Skipped, ReasonOptedOut), skipped(ReasonNoAddress), "", false},
		{"cancelled by a person, wanted again", in(Cancelled, ReasonByPerson), same, "", false},
		{"cancelled by the machine after an attempt", func(r *Row) { r.State, r.Attempts = Cancelled, 1 }, same, "", false},
		{"sending", in(Sending, ""), text, "", false},
		{"sent", in(Sent, ""), text, "", false},
		{"delivered", in(Delivered, ""), text, "", false},
		{"failed", in(Failed, ReasonBadAddress), text, "", false},
		{"could not be written, and now can", in(Failed, ReasonEmptyCode), same, Queued, false},
		{"had no text, and now has", in(Failed, ReasonBadTemplate), same, Queued, false},
		{"could not be written, and still cannot", in(Failed, ReasonEmptyCode), func(p *Planned) { p.State, p.Reason = Failed, ReasonEmptyCode }, "", false},
		{"could not be written, and is not wanted any more", in(Failed, ReasonEmptyCode), skipped(ReasonOptedOut), "", false},
		{"tried and refused for its text", func(r *Row) { r.State, r.Reason, r.Attempts = Failed, ReasonBadTemplate, 1 }, same, "", false},
		{"unknown", in(Unknown, ReasonNotKnown), text, "", false},
		{"stale", in(Stale, ReasonStale), text, "", false},
	} {
		p := planned(t, "lead")
		r := rowOf("m1", p)
		c.row(&r)
		c.plan(&p)
		insert, update, withdraw := Diff([]Row{r}, []Planned{p}, "")
		if len(insert)+len(withdraw) != 0 {
			t.Errorf("%s: inserts %v, withdraws %v", c.name, insert, withdraw)
		}
		switch {
		case c.want == "" && len(update) != 0:
			t.Errorf("%s: update %+v", c.name, update)
		case c.want != "" && (len(update) != 1 || update[0].ID != "m1" || update[0].To.State != c.want || update[0].KeepText != c.keep):
			t.Errorf("%s: update %+v, want %s", c.name, update, c.want)
		}
	}
}

func TestDiffInsertsWhatIsMissing(t *testing.T) {
	t.Parallel()
	lead, early := planned(t, "lead"), planned(t, "early")
	broken := planned(t, "broken")
	broken.State, broken.Reason = Failed, ReasonBadTemplate
	insert, update, withdraw := Diff([]Row{rowOf("m1", lead)}, []Planned{lead, early, early, broken}, "")
	if diff := cmp.Diff([]Planned{early, broken}, insert); diff != "" || len(update)+len(withdraw) != 0 {
		t.Errorf("%s, updates %v, withdraws %v", diff, update, withdraw)
	}
}

func TestDiffWithdrawsWhatThePlanLacks(t *testing.T) {
	t.Parallel()
	for _, s := range States() {
		r := rowOf("m1", planned(t, "lead"))
		r.State = s
		_, _, withdraw := Diff([]Row{r}, nil, ReasonBookingCancelled)
		var want []Withdrawal
		if s == Queued {
			want = []Withdrawal{{"m1", ReasonBookingCancelled}}
		}
		if diff := cmp.Diff(want, withdraw); diff != "" {
			t.Errorf("%s: %s", s, diff)
		}
	}
	tried := rowOf("m1", planned(t, "lead"))
	tried.Attempts = 3
	if _, _, withdraw := Diff([]Row{tried}, nil, ""); !slices.Equal(withdraw, []Withdrawal{{"m1", ReasonNotWanted}}) {
		t.Errorf("queued after failed attempts: %v", withdraw)
	}
}

func TestDiffLeavesWhatPeopleMade(t *testing.T) {
	t.Parallel()
	for _, r := range []Row{
		{ID: "m1", Key: "personal:m1", Purpose: Personal, State: Queued},
		{ID: "m2", Key: "group:x:+4791234678::sms", Purpose: Group, State: Queued},
		{ID: "m3", Key: "resend:m0", Purpose: VisitReminder, State: Queued},
		{ID: "m4", Purpose: Test, State: Queued},
	} {
		if insert, update, withdraw := Diff([]Row{r}, nil, ReasonBookingCancelled); len(insert)+len(update)+len(withdraw) != 0 {
			t.Errorf("%s: %v %v %v", r.Key, insert, update, withdraw)
		}
	}
}

// apply does to rows what store does to records.
func apply(have []Row, insert []Planned, update []Update, withdraw []Withdrawal) []Row {
	after := slices.Clone(have)
	at := func(id string) *Row {
		return &after[slices.IndexFunc(after, func(r Row) bool { return r.ID == id })]
	}
	for _, u := range update {
		r := at(u.ID)
		was := *r
		*r = rowOf(u.ID, u.To)
		r.Attempts, r.Edited = was.Attempts, was.Edited
		if u.KeepText {
			r.Subject, r.Text, r.Locale, r.Template = was.Subject, was.Text, was.Locale, was.Template
		}
	}
	for _, w := range withdraw {
		at(w.ID).State, at(w.ID).Reason = Cancelled, w.Reason
	}
	for i, p := range insert {
		after = append(after, rowOf(fmt.Sprint("new", i), p))
	}
	return after
}

// planning twice changes nothing, every move is an allowed one, and what has left or was withdrawn by a person stays.
func TestDiffTwiceIsDiffOnce(t *testing.T) {
	t.Parallel()
	base := planned(t, "")
	rapid.Check(t, func(t *rapid.T) {
		draw := func(step string) Planned {
			p := base
			p.Key += step
			p.Text = rapid.SampledFrom([]string{"a", "b"}).Draw(t, "text")
			p.SendAt = p.SendAt.Add(time.Duration(rapid.IntRange(0, 2).Draw(t, "minutes")) * time.Minute)
			p.State = rapid.SampledFrom([]State{Queued, Queued, Skipped, Failed}).Draw(t, "wanted state")
			if p.State != Queued {
				p.Reason = rapid.SampledFrom([]Reason{ReasonOptedOut, ReasonBookedInsideLead, ReasonEmptyCode}).Draw(t, "reason")
			}
			return p
		}
		var have []Row
		var want []Planned
		for i := range 6 {
			step := fmt.Sprint(i)
			if rapid.Bool().Draw(t, "is there") {
				r := rowOf("m"+step, draw(step))
				r.State = rapid.SampledFrom(States()).Draw(t, "state")
				r.Attempts = rapid.IntRange(0, 1).Draw(t, "attempts")
				r.Edited = rapid.Bool().Draw(t, "edited")
				r.Reason = rapid.SampledFrom([]Reason{"", ReasonByPerson, ReasonOptedOut, ReasonEmptyCode}).Draw(t, "why")
				have = append(have, r)
			}
			if rapid.Bool().Draw(t, "is wanted") {
				want = append(want, draw(step))
			}
		}
		insert, update, withdraw := Diff(have, want, "")
		after := apply(have, insert, update, withdraw)
		for i, was := range have {
			is := after[i]
			if !Allowed(was.State, is.State, Machine) {
				t.Fatalf("%s → %s", was.State, is.State)
			}
			untouchable := was.State != Queued && (was.Left() || was.Reason == ReasonByPerson || was.State.Final() && was.State != Cancelled && was.State != Skipped && !was.unwritten())
			if untouchable && !cmp.Equal(was, is) {
				t.Fatalf("touched %+v", was)
			}
			if was.Edited && was.Text != is.Text {
				t.Fatalf("lost the text of %+v", was)
			}
			if was.State == Queued && is.State == Skipped && is.Reason == ReasonBookedInsideLead {
				t.Fatalf("skipped a queued row as booked too late")
			}
		}
		insert, update, withdraw = Diff(after, want, "")
		if len(insert)+len(update)+len(withdraw) != 0 {
			t.Fatalf("the second time: inserts %v, updates %+v, withdraws %v", insert, update, withdraw)
		}
	})
}
