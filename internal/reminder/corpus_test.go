package reminder_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pawbell/internal/golden"
	"pawbell/internal/reminder"
)

// TestRulesOfTheCorpus reads every history of testdata/rules: the rules, the patient and what was made before, "----", and what becomes of it
// (R-42, R-45, R-56, PN-18). The words are explained in testdata/rules/README.md.
func TestRulesOfTheCorpus(t *testing.T) {
	t.Parallel()
	golden.Corpus(t, "testdata/rules/*.txt", 25, func(t *testing.T, given string) string {
		h := readHistory(t, given)
		return h.judge(t)
	})
}

// told is a history as a file tells it.
type told struct {
	now     time.Time
	rules   []reminder.Rule
	patient reminder.History
	made    []reminder.Made
	places  map[string]reminder.Place
}

func readHistory(t *testing.T, given string) *told {
	t.Helper()
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	h := &told{places: map[string]reminder.Place{"clinic": {Zone: zone, At: 9 * 60}}, patient: reminder.History{Patient: "pet", Client: "owner", Home: "clinic"}}
	for i, line := range strings.Split(given, "\n")[1:] {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "":
		case "now":
			h.now = moment(t, rest, zone)
		case "rule":
			h.rules = append(h.rules, readRule(t, rest))
		case "patient":
			h.readPatient(t, rest)
		case "visit":
			words := strings.Fields(rest)
			start := moment(t, words[0]+" "+words[1], zone)
			h.patient.Visits = append(h.patient.Visits, reminder.Visit{ID: "visit of " + words[0], Reason: words[2], Location: "clinic", Start: start,
				EndOfLife: strings.Contains(rest, "end of life")})
		case "made":
			h.readMade(t, rest)
		default:
			t.Fatalf("line %d: %q means nothing", i+2, line)
		}
	}
	return h
}

func moment(t *testing.T, s string, zone *time.Location) time.Time {
	t.Helper()
	at, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func readRule(t *testing.T, s string) reminder.Rule {
	t.Helper()
	name, rest, _ := strings.Cut(s, ": ")
	r := reminder.Rule{ID: name, Name: name, Methods: []string{"email"}}
	for _, part := range strings.Split(rest, "; ") {
		word, value, _ := strings.Cut(part, " ")
		switch word {
		case "after":
			r.Trigger, r.Reasons = reminder.VisitCompleted, strings.Split(value, ", ")
		case "at":
			r.Trigger, r.Age = reminder.AgeReached, span(t, value)
		case "named":
			r.Reasons = strings.Split(value, ", ")
		case "due":
			r.Due = span(t, value)
		case "steps":
			steps, ok := reminder.ParseSteps([]byte("[" + strings.ReplaceAll(value, " ", ",") + "]"))
			if !ok {
				t.Fatalf("%q are no steps", value)
			}
			r.Steps = steps
		case "group":
			r.Group = value
		case "for":
			r.Species = strings.Split(value, ", ")
		case "by":
			r.Methods = strings.Split(value, ", ")
		case "text":
			r.Template = value
		case "off":
			r.Inactive = true
		default:
			t.Fatalf("rule: %q means nothing", part)
		}
	}
	return r
}

func span(t *testing.T, s string) reminder.Span {
	t.Helper()
	number, unit, _ := strings.Cut(s, " ")
	n, err := strconv.Atoi(number)
	if err != nil {
		t.Fatal(err)
	}
	return reminder.Span{Number: n, Unit: reminder.Unit(strings.TrimSuffix(unit, "s"))}
}

func (h *told) readPatient(t *testing.T, s string) {
	t.Helper()
	words := strings.Fields(s)
	h.patient.Species = words[0]
	for i, word := range words[1:] {
		switch word {
		case "born":
			h.patient.BornOn = day(t, words[i+2])
		case "dead", "inactive":
			h.patient.Away = true
		}
	}
}

// readMade reads "Yearly, visit of 2027-03-01: due 2028-03-01; scheduled", with what a person changed after "by hand".
func (h *told) readMade(t *testing.T, s string) {
	t.Helper()
	name, rest, _ := strings.Cut(s, ": ")
	rule, occasion, _ := strings.Cut(name, ", ")
	if occasion == "age" {
		occasion = "pet"
	}
	m := reminder.Made{ID: name, Rule: rule, Origin: reminder.OriginOf(rule, occasion), Client: "owner", Patient: "pet"}
	m.Given = reminder.Given{Methods: []string{"email"}, Location: "clinic"}
	for _, r := range h.rules {
		if r.ID == rule {
			m.Given.Group = r.Group
		}
	}
	own := map[string]string{}
	for _, part := range strings.Split(rest, "; ") {
		word, value, _ := strings.Cut(part, " ")
		switch word {
		case "due":
			m.Given.DueOn = value
		case "by":
			_, change, _ := strings.Cut(value, " ")
			what, to, _ := strings.Cut(change, " ")
			own[what] = to
		case "unwanted":
			m.Unwanted = true
		case "spent":
			m.Spent = true
		case "text":
			m.Given.Template = value
		default:
			m.State = reminder.State(word)
			m.Reason = strings.ReplaceAll(value, " ", "_")
		}
	}
	m.Is = m.Given
	if due, changed := own["due"]; changed {
		m.Is.DueOn = due
	}
	if way, changed := own["way"]; changed {
		m.Is.Methods = []string{way}
	}
	h.made = append(h.made, m)
}

// judge writes what becomes of every reminder, and which are added, in the order of the rules.
func (h *told) judge(t *testing.T) string {
	t.Helper()
	var lines []string
	wanted := map[string]*reminder.Wanted{}
	for _, r := range h.rules {
		for _, w := range reminder.Wants(r, h.rules, h.patient, h.places, h.now) {
			wanted[w.Origin] = &w
			if !slices.ContainsFunc(h.made, func(m reminder.Made) bool { return m.Origin == w.Origin }) {
				verdict := "not worth it"
				if w.New {
					verdict = "added"
				}
				lines = append(lines, fmt.Sprintf("%s: due %v, %s", nameOf(w.Origin), w.DueOn, verdict))
			}
		}
	}
	for _, m := range h.made {
		c, _ := reminder.Follow(m, wanted[m.Origin], h.places, h.now)
		verdict := map[reminder.Effect]string{reminder.None: "stays", reminder.Moves: "moved", reminder.Cancels: "cancelled", reminder.Adds: "comes back"}[c.Effect]
		line := fmt.Sprintf("%s: due %s, %s", nameOf(m.Origin), c.Is.DueOn, verdict)
		if c.Is.Methods[0] != m.Is.Methods[0] {
			line += ", now by " + strings.Join(c.Is.Methods, " and ")
		}
		if c.Is.Template != m.Is.Template {
			line += ", now with the text " + c.Is.Template
		}
		if c.Is.Group != m.Is.Group {
			line += ", now about " + c.Is.Group
		}
		lines = append(lines, line)
		// Whoever looks twice changes nothing more.
		again := c.Made
		if c.Effect == reminder.Cancels && c.Unwanted {
			again.State, again.Reason = reminder.Cancelled, reminder.NotWanted
		} else if c.Effect == reminder.Adds {
			again.State, again.Reason = reminder.Scheduled, ""
		}
		if twice, changes := reminder.Follow(again, wanted[m.Origin], h.places, h.now); changes || twice.Effect != reminder.None {
			t.Errorf("%s is followed twice: %+v", m.ID, twice)
		}
	}
	if len(lines) == 0 {
		return "nothing\n"
	}
	return strings.Join(lines, "\n") + "\n"
}

func nameOf(origin string) string {
	parts := strings.SplitN(origin, ":", 3)
	if parts[2] == "pet" {
		return parts[1] + ", age"
	}
	return parts[1] + ", " + parts[2]
}
