package reminder_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/calendar"
	"pawbell/internal/reminder"
)

func day(t testing.TB, s string) calendar.Date {
	t.Helper()
	d, err := calendar.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// a rule's steps are days from the due date, four at most.
func TestStepsAreAListOfAtMostFourDifferentDays(t *testing.T) {
	t.Parallel()
	for stored, want := range map[string][]int{
		"":               nil,
		`""`:             nil,
		"null":           nil,
		"[]":             nil,
		"[0]":            {0},
		"[-30, 7]":       {-30, 7},
		"[30,7,-7,-30]":  {-30, -7, 7, 30},
		"[-3650, 3650]":  {-3650, 3650},
		"[7.0]":          {7},
		" [ 1 , 2 , 3 ]": {1, 2, 3},
	} {
		got, ok := reminder.ParseSteps([]byte(stored))
		if !ok || !cmp.Equal(want, got) {
			t.Errorf("%s was read as %v, %v", stored, got, ok)
		}
	}
	for _, stored := range []string{"[1,2,3,4,5]", "[7,7]", "[0.5]", "[3651]", "[-3651]", `["7"]`, `"7"`, "7", "{}", `{"a":7}`, "[[7]]", "[null]x", "-30, 7", "[1e9]", "true"} {
		if got, ok := reminder.ParseSteps([]byte(stored)); ok {
			t.Errorf("%s was read as %v", stored, got)
		}
	}
}

func FuzzParseSteps(f *testing.F) {
	for _, s := range []string{"", "[]", "[-30,7]", "null", "[1e3]", "[0,-0]"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		steps, ok := reminder.ParseSteps([]byte(s))
		if !ok {
			return
		}
		if len(steps) > reminder.MostSteps {
			t.Errorf("%q has %d steps", s, len(steps))
		}
		for i, step := range steps {
			if step > reminder.FarthestStep || step < -reminder.FarthestStep || i > 0 && steps[i-1] >= step {
				t.Errorf("%q was read as %v", s, steps)
			}
		}
	})
}

// due after days, weeks, months or years, of a visit or of an age.
func TestDueDates(t *testing.T) {
	t.Parallel()
	visit := func(n int, u reminder.Unit) reminder.Rule {
		return reminder.Rule{Trigger: reminder.VisitCompleted, Due: reminder.Span{Number: n, Unit: u}}
	}
	age := func(n int, u reminder.Unit, due int, dueUnit reminder.Unit) reminder.Rule {
		return reminder.Rule{Trigger: reminder.AgeReached, Age: reminder.Span{Number: n, Unit: u}, Due: reminder.Span{Number: due, Unit: dueUnit}}
	}
	for _, c := range []struct {
		name, basis, want string
		rule              reminder.Rule
	}{
		{"ten days after the visit", "2027-03-01", "2027-03-11", visit(10, reminder.Day)},
		{"three weeks after the visit", "2027-03-01", "2027-03-22", visit(3, reminder.Week)},
		{"six months after the last of August is the last of February", "2027-08-31", "2028-02-29", visit(6, reminder.Month)},
		{"a year after the visit", "2027-03-01", "2028-03-01", visit(1, reminder.Year)},
		{"a year without a unit", "2027-03-01", "2028-03-01", visit(1, "")},
		{"three years after a leap day", "2028-02-29", "2031-02-28", visit(3, reminder.Year)},
		{"on the day itself", "2027-03-01", "2027-03-01", visit(0, reminder.Day)},
		{"twelve weeks old", "2027-01-01", "2027-03-26", age(12, reminder.Week, 0, reminder.Day)},
		{"a month after six months old", "2027-01-31", "2027-08-31", age(6, reminder.Month, 1, reminder.Month)},
		{"the age is reached on a day of its own, and the rest is counted from there", "2027-01-31", "2027-03-28", age(1, reminder.Month, 1, reminder.Month)},
		{"seven years old, born on a leap day", "2028-02-29", "2035-02-28", age(7, reminder.Year, 0, reminder.Day)},
		{"at birth", "2027-03-01", "2027-03-01", age(0, reminder.Year, 0, reminder.Year)},
	} {
		if got := c.rule.DueOn(day(t, c.basis)); got != day(t, c.want) {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

// R-42, PN-19: two rules that would both fire for the same patient, group and due month.
func TestRulesThatTellTheSameTwiceOverlap(t *testing.T) {
	t.Parallel()
	visit := reminder.Rule{
		ID: "a", Name: "Yearly vaccination", Trigger: reminder.VisitCompleted, Reasons: []string{"vaccination", "puppy"}, Species: []string{"dog", "cat"},
		Due: reminder.Span{Number: 1, Unit: reminder.Year}, Group: "vaccination",
	}
	age := reminder.Rule{ID: "a", Trigger: reminder.AgeReached, Age: reminder.Span{Number: 1, Unit: reminder.Year}, Group: "vaccination"}
	change := func(r reminder.Rule, changes ...func(*reminder.Rule)) reminder.Rule {
		r.ID = "b"
		for _, c := range changes {
			c(&r)
		}
		return r
	}
	due := func(n int, u reminder.Unit) func(*reminder.Rule) {
		return func(r *reminder.Rule) { r.Due = reminder.Span{Number: n, Unit: u} }
	}
	aged := func(n int, u reminder.Unit) func(*reminder.Rule) {
		return func(r *reminder.Rule) { r.Age = reminder.Span{Number: n, Unit: u} }
	}
	reasons := func(ids ...string) func(*reminder.Rule) { return func(r *reminder.Rule) { r.Reasons = ids } }
	species := func(ids ...string) func(*reminder.Rule) { return func(r *reminder.Rule) { r.Species = ids } }
	group := func(name string) func(*reminder.Rule) { return func(r *reminder.Rule) { r.Group = name } }
	template := func(id string) func(*reminder.Rule) { return func(r *reminder.Rule) { r.Template = id } }
	off := func(r *reminder.Rule) { r.Inactive = true }
	ungrouped := change(visit, group(""))
	ungrouped.ID = "a"
	for _, c := range []struct {
		name string
		a, b reminder.Rule
		want bool
	}{
		{"the same rule twice", visit, change(visit), true},
		{"a rule and itself, as when it is saved again", visit, visit, false},
		{"one of them off", visit, change(visit, off), false},
		{"one reason in common", visit, change(visit, reasons("puppy", "teeth")), true},
		{"no reason in common: the newer visit closes the older reminder", visit, change(visit, reasons("teeth")), false},
		{"one kind of animal in common", visit, change(visit, species("cat", "rabbit")), true},
		{"other kinds of animal", visit, change(visit, species("rabbit")), false},
		{"all kinds of animal", visit, change(visit, species()), true},
		{"another group", visit, change(visit, group("teeth")), false},
		{"two weeks later, sometimes in the same month", visit, change(visit, due(54, reminder.Week)), true},
		{"a month later is never the same month", visit, change(visit, due(13, reminder.Month)), false},
		{"thirty days later is the same month from the first of one with 31", visit, change(visit, due(395, reminder.Day)), true},
		{"thirty-one days later: no month is that long", visit, change(visit, due(397, reminder.Day)), false},
		{"other texts about the same group", visit, change(visit, template("other")), true},
		{"no group, but the same text", ungrouped, change(ungrouped), true},
		{"no group and another text: about something else", ungrouped, change(ungrouped, template("other")), false},
		{"the same age", age, change(age), true},
		{"a year old is twelve months old", age, change(age, aged(12, reminder.Month)), true},
		{"another age", age, change(age, aged(2, reminder.Year)), false},
		{"an age and a visit are held apart when they are sent (R-44)", visit, change(age), false},
	} {
		if got := reminder.Overlap(c.a, c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
		if got := reminder.Overlap(c.b, c.a); got != c.want {
			t.Errorf("%s, the other way round: %v", c.name, got)
		}
	}
}

func TestARuleForVisitsNamesSome(t *testing.T) {
	t.Parallel()
	if p := (reminder.Rule{Trigger: reminder.VisitCompleted}).Check(); p == nil || p.Field != "reasons" || p.Code != "required" {
		t.Errorf("a rule for no visit at all: %v", p)
	}
	for _, r := range []reminder.Rule{{Trigger: reminder.VisitCompleted, Reasons: []string{"a"}}, {Trigger: reminder.AgeReached}} {
		if p := r.Check(); p != nil {
			t.Errorf("%s: %v", r.Trigger, p)
		}
	}
}

// which visits keep a group up to date.
func TestAServiceIsWhatAnActiveRuleOfTheGroupNames(t *testing.T) {
	t.Parallel()
	rules := []reminder.Rule{
		{Group: "vaccination", Reasons: []string{"vaccination"}},
		{Group: "vaccination", Reasons: []string{"puppy"}, Trigger: reminder.AgeReached},
		{Group: "vaccination", Reasons: []string{"rabies"}, Inactive: true},
		{Group: "", Reasons: []string{"surgery"}},
	}
	for _, c := range []struct {
		group, reason string
		want          bool
	}{
		{"vaccination", "vaccination", true},
		{"vaccination", "puppy", true},
		{"vaccination", "rabies", false},
		{"teeth", "vaccination", false},
		{"", "surgery", false},
		{"", "vaccination", false},
	} {
		if got := reminder.Serves(rules, c.group, c.reason); got != c.want {
			t.Errorf("%q serves %q: %v", c.reason, c.group, got)
		}
	}
}

func BenchmarkOverlap(b *testing.B) {
	rule := reminder.Rule{ID: "a", Trigger: reminder.VisitCompleted, Reasons: []string{"x"}, Due: reminder.Span{Number: 1, Unit: reminder.Year}, Group: "g", ActiveSince: time.Unix(0, 0)}
	other := rule
	other.ID, other.Due.Number = "b", 2
	for b.Loop() {
		reminder.Overlap(rule, other)
	}
}
