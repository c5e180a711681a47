package outbox

import (
	"os"
	"slices"
	"strings"
	"testing"
)

// R-01, line by line, as a file that clinic staff can read.
func TestEveryPurposeHasItsLineOfTheTable(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/purposes.txt")
	if err != nil {
		t.Fatal(err)
	}
	bindings := map[Binding]string{None: "no", MoveEarlier: "earlier", MoveLater: "later", UnlessSoon: "unless-soon"}
	endings := map[EndOfLifeRule]string{EndOfLifeSent: "sent", EndOfLifeNeutral: "neutral", EndOfLifeCall: "call", EndOfLifeNever: "never"}
	word := func(b bool) string {
		if b {
			return "yes"
		}
		return "no"
	}
	lines := table(t, string(raw))
	for _, p := range Purposes() {
		r := p.Rules()
		consent := r.Consent
		if consent == "" {
			consent = "-"
		}
		got := map[string]string{
			"sms": bindings[r.Binding(SMS)], "email": bindings[r.Binding(Email)], "consent": consent, "bcc": word(r.BCC),
			"end-of-life": endings[r.EndOfLife], "start": word(r.Visit), "owner": word(r.Owner), "at-once": word(r.AtOnce),
		}
		for column, want := range lines[string(p)] {
			if got[column] != want {
				t.Errorf("%s: %s is %s, want %s", p, column, got[column], want)
			}
		}
		if len(lines[string(p)]) != len(got) {
			t.Errorf("%s has no full line", p)
		}
	}
	if len(lines) != len(Purposes()) || len(rules) != len(Purposes()) {
		t.Errorf("%d lines, %d rules, %d purposes", len(lines), len(rules), len(Purposes()))
	}
}

func TestLettersKnowNoWindowAndThirdPartiesKnowThatOfTexts(t *testing.T) {
	t.Parallel()
	for _, p := range Purposes() {
		if r := p.Rules(); r.Binding(Post) != None || r.Binding(External) != r.Binding(SMS) {
			t.Errorf("%s: post %v, external %v", p, r.Binding(Post), r.Binding(External))
		}
	}
}

func TestVisitsLeaveBeforeRecallsAndRecallsBeforeCampaigns(t *testing.T) {
	t.Parallel()
	for _, p := range []Purpose{VisitReminder, BookingReceived, BookingConfirmation, BookingChange, BookingDeclined, BookingCancellation, DayNotice} {
		if p.Rules().Priority >= Reminder.Rules().Priority {
			t.Errorf("%s does not leave before recalls", p)
		}
	}
	if !slices.IsSorted(Priorities()) {
		t.Errorf("%v does not begin with the most urgent", Priorities())
	}
	for _, p := range Purposes() {
		switch got := p.Rules().Priority; {
		case !slices.Contains(Priorities(), got):
			t.Errorf("%s has a priority that nobody asks for: %d", p, got)
		case p != Group && got >= Group.Rules().Priority:
			t.Errorf("%s does not leave before campaigns", p)
		}
	}
}

// table reads a table of words: columns named in the first line, rows by their first word.
func table(t testing.TB, text string) map[string]map[string]string {
	t.Helper()
	rows := map[string]map[string]string{}
	var columns []string
	for line := range strings.Lines(text) {
		cells := strings.Fields(line)
		switch {
		case len(cells) == 0 || cells[0] == "#":
		case columns == nil:
			columns = cells
		default:
			if len(cells) != len(columns)+1 {
				t.Fatalf("%q has %d cells, want %d", line, len(cells), len(columns)+1)
			}
			row := map[string]string{}
			for i, c := range columns {
				row[c] = cells[i+1]
			}
			rows[cells[0]] = row
		}
	}
	return rows
}
