package notify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/golden"
	"pawbell/internal/outbox"
	"pawbell/internal/reminder"
)

// TestRecalls reads testdata/recalls: above the dashes an owner's reminders and what differs from an ordinary clinic, below them every message that
// follows and where each reminder stands. Each file names the rules that it is about.
func TestRecalls(t *testing.T) {
	t.Parallel()
	golden.Corpus(t, "testdata/recalls/*.txt", 25, func(t *testing.T, given string) string {
		f, err := readRecalls(given)
		if err != nil {
			t.Fatal(err)
		}
		plan := PlanRecalls(f)
		got := writeRecalls(f, plan)
		f.Rows = queueRecalls(t, f.Rows, plan)
		if again := PlanRecalls(f); writeStates(f, again) != writeStates(f, plan) {
			t.Errorf("planning twice gives two answers (R-13):\n%s", cmp.Diff(writeStates(f, plan), writeStates(f, again)))
		} else if insert, update, withdraw := outbox.Diff(f.Rows, again.Planned, ""); len(insert)+len(update)+len(withdraw) > 0 {
			t.Errorf("planning twice changes the queue (R-13): %v %v %v", insert, update, withdraw)
		}
		return got
	})
}

// queueRecalls brings rows in line with a plan, as store does.
func queueRecalls(t interface{ Fatalf(string, ...any) }, rows []outbox.Row, plan RecallPlan) []outbox.Row {
	rows = slices.Clone(rows)
	insert, update, withdraw := outbox.Diff(rows, plan.Planned, "")
	write := func(r *outbox.Row, m outbox.Planned) {
		r.Key, r.Purpose, r.Channel, r.To, r.BCC, r.Subject, r.Text = m.Key, m.Purpose, m.Channel, m.To, m.BCC, m.Subject, m.Text
		r.Locale, r.Template, r.State, r.Reason, r.Patients, r.Reminders, r.Covers = m.Locale, m.Template, m.State, m.Reason, m.Patients, m.Reminders, m.Covers
		r.PlannedAt, r.SendAt, r.ExpiresAt = m.PlannedAt, m.SendAt, m.ExpiresAt
	}
	for _, m := range insert {
		r := outbox.Row{ID: "m" + strconv.Itoa(len(rows)+1)}
		write(&r, m)
		rows = append(rows, r)
	}
	for i := range rows {
		for _, u := range update {
			if u.ID == rows[i].ID {
				if u.KeepTime {
					u.To.PlannedAt, u.To.SendAt, u.To.ExpiresAt = rows[i].PlannedAt, rows[i].SendAt, rows[i].ExpiresAt
				}
				rows[i].OwnTime = u.KeepTime
				write(&rows[i], u.To)
			}
		}
		for _, w := range withdraw {
			if w.ID == rows[i].ID {
				rows[i].State, rows[i].Reason = outbox.Cancelled, outbox.ReasonNotWanted
				if why, known := plan.Why[rows[i].Key]; known {
					rows[i].Reason = why
				}
			}
		}
	}
	return rows
}

// ordinaryRecalls is a client with three pets at an ordinary clinic, and nothing to remind of yet.
func ordinaryRecalls() RecallFacts {
	f := ordinaryFacts()
	text := func(locale, subject, mail, sms string) Template {
		return Template{ID: "reminder-" + locale, Code: "reminder", Locale: locale, Subject: subject, Email: mail, SMS: sms}
	}
	second := f.Location
	second.ID, second.Name, second.Locale, second.Zone = "l2", "Clinica Nord", "en", zone("Europe/Bucharest")
	second.Window.Zone = second.Zone
	f.Client.Postal = "Anna Berg, Havnegade 2, 1058 København K"
	return RecallFacts{
		Now: time.Date(2027, 1, 10, 11, 0, 0, 0, time.UTC), Client: f.Client, Locations: map[string]Location{"l1": f.Location, "l2": second},
		Patients: map[string]Patient{"bella": {ID: "bella", Name: "Bella"}, "max": {ID: "max", Name: "Max"}, "luna": {ID: "luna", Name: "Luna"}},
		Serves:   func(group, reason string) bool { return group == reason },
		Templates: NewTemplates([]Template{
			text("en", "Time for {{ patient.name }}", "Dear {{ client.first_name }}, {{ patient.name }} is due on {{ reminder.due_date }}.",
				"{{ patient.name }} is due on {{ reminder.due_date }}. {{ location.name }}"),
			text("da", "Tid for {{ patient.name }}", "Kære {{ client.first_name }}, {{ patient.name }} skal ses {{ reminder.due_date }}.",
				"{{ patient.name }} skal ses {{ reminder.due_date }}. {{ location.name }}"),
			{ID: "texts", Code: "texts", Locale: "en", SMS: "Come with {{ patient.name }}."},
			{ID: "teeth", Code: "teeth", Locale: "en", Subject: "Teeth of {{ patient.name }}", Email: "Teeth, {{ patient.name }}!", SMS: "Teeth, {{ patient.name }}!"},
		}),
		Links: Links{Base: "https://book.example"},
	}
}

// readRecalls reads one fact a line over ordinaryRecalls. The zone and the window come first, as all times are the clinic's.
func readRecalls(given string) (RecallFacts, error) {
	f := ordinaryRecalls()
	for line := range strings.SplitSeq(given, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(line, ": ")
		l := f.Locations["l1"]
		var err error
		switch name {
		case "now":
			f.Now, err = localTime(value, l.Zone)
		case "reminders leave at":
			l.ReminderClock, err = calendar.ParseClock(value)
		case "window":
			from, until, _ := strings.Cut(value, "-")
			if l.Window.From, err = calendar.ParseClock(from); err == nil {
				l.Window.Until, err = calendar.ParseClock(until)
			}
		case "zone":
			l.Zone = zone(value)
			l.Window.Zone = l.Zone
		case "sms", "e-mail":
			if on := value == "on"; name == "sms" {
				l.SMSEnabled = on
			} else {
				l.EmailEnabled = on
			}
		case "owner":
			f.Client.FirstName, f.Client.LastName, _ = strings.Cut(value, " ")
		case "owner's language":
			f.Client.Locale = value
		case "owner's e-mail":
			f.Client.Email = strings.Trim(value, "-")
		case "owner's number":
			f.Client.SMSPhone = strings.Trim(value, "-")
		case "owner wants no":
			f.Client.NoSMS, f.Client.NoEmail = strings.Contains(value, "sms"), strings.Contains(value, "email")
		case "owner refuses":
			f.Client.Refused = strings.Fields(value)
		case "owner erased":
			f.Client.Gone = true
		case "stopped":
			address := value
			f.Stopped = func(_ outbox.Channel, to string, _ outbox.Purpose) bool { return to == address }
		case "pet":
			err = f.readPet(value)
		case "visit":
			err = f.readVisit(value, l.Zone)
		case "message":
			err = f.readRow(value, l.Zone)
		default:
			id, is := strings.CutPrefix(name, "reminder ")
			if !is {
				err = fmt.Errorf("nobody knows this name")
				break
			}
			err = f.readRecall(id, value, l.Zone)
		}
		f.Locations["l1"] = l
		if err != nil {
			return f, fmt.Errorf("%s: %w", line, err)
		}
	}
	return f, nil
}

func localTime(s string, zone *time.Location) (time.Time, error) {
	t, err := time.ParseInLocation(wallTime, s, zone)
	return t.UTC(), err
}

// readPet reads "Bella is dead", "Max is inactive" or "Bella is called Bellatrix".
func (f *RecallFacts) readPet(value string) error {
	name, state, _ := strings.Cut(value, " is ")
	id := strings.ToLower(name)
	p, known := f.Patients[id]
	if !known {
		return fmt.Errorf("there is no such pet")
	}
	if called, is := strings.CutPrefix(state, "called "); is {
		p.Name = called
	}
	p.Deceased, p.Inactive = state == "dead", state == "inactive"
	f.Patients[id] = p
	return nil
}

// readVisit reads "of Bella for vaccination on 2027-03-10 09:00, booked".
func (f *RecallFacts) readVisit(value string, zone *time.Location) error {
	value, status, _ := strings.Cut(value, ", ")
	value, at, _ := strings.Cut(value, " on ")
	pet, reason, _ := strings.Cut(strings.TrimPrefix(value, "of "), " for ")
	start, err := localTime(at, zone)
	f.Visits = append(f.Visits, RecallVisit{Patient: strings.ToLower(pet), Reason: reason, EndOfLife: reason == "goodbye", Status: booking.Status(status),
		StartsAt: start})
	return err
}

// readRow reads "sent r1:1::email on 2027-01-24 09:00 about Bella Max for r1 r2, with r2:1::email": an earlier message by its state and key.
func (f *RecallFacts) readRow(value string, zone *time.Location) error {
	value, covers, _ := strings.Cut(value, ", with ")
	value, reminders, _ := strings.Cut(value, " for ")
	value, pets, _ := strings.Cut(value, " about ")
	value, at, _ := strings.Cut(value, " on ")
	words := strings.Fields(value)
	moment, err := localTime(at, zone)
	if err != nil || len(words) < 2 {
		return fmt.Errorf("write state, key, moment, pets and reminders: %w", err)
	}
	r := outbox.Row{ID: "m" + strconv.Itoa(len(f.Rows)+1), State: outbox.State(words[0]), Key: "reminder:" + words[1], Purpose: outbox.Reminder,
		PlannedAt: moment, SendAt: moment, ExpiresAt: moment.Add(24 * time.Hour), Reminders: strings.Fields(reminders)}
	r.Channel = outbox.Channel(words[1][strings.LastIndex(words[1], ":")+1:])
	for _, pet := range strings.Fields(pets) {
		r.Patients = append(r.Patients, strings.ToLower(pet))
	}
	for _, key := range strings.Fields(covers) {
		r.Covers = append(r.Covers, "reminder:"+key)
	}
	if len(words) > 2 {
		r.Reason = outbox.Reason(words[2])
	}
	if r.State == outbox.Sent {
		r.Attempts, r.SentAt = 1, moment
	}
	f.Rows = append(f.Rows, r)
	return nil
}

// readRecall reads "of Bella Max, due 2027-03-01, 7 days before, every 1 month 3 times, by email sms, …".
func (f *RecallFacts) readRecall(id, value string, zone *time.Location) error {
	r := Recall{ID: id, Location: "l1", Template: "reminder-en", Methods: []outbox.Channel{outbox.Email}, MadeAt: f.Now, Since: f.Now}
	var err error
	for part := range strings.SplitSeq(value, ", ") {
		what, said, _ := strings.Cut(part, " ")
		words := strings.Fields(said)
		switch what {
		case "of":
			for _, pet := range words {
				r.Patients = append(r.Patients, strings.ToLower(pet))
			}
		case "due":
			r.Series.DueOn, err = calendar.ParseDate(said)
		case "every":
			r.Series.Every = reminder.Span{Number: number(words[0]), Unit: reminder.Unit(words[1])}
			r.Series.Times = number(words[2])
		case "by":
			r.Methods = channels(words)
		case "steps":
			for _, step := range words {
				r.Series.Steps = append(r.Series.Steps, number(step))
			}
		case "group":
			r.Group = said
		case "at":
			r.Location = said
		case "template":
			r.Template = said
		case "always":
			r.AlwaysSend = true
		case "unwanted":
			r.Unwanted = true
		case "ended":
			r.Ended = reminder.State(said)
		case "made":
			r.MadeAt, err = localTime(said, zone)
			r.Since = r.MadeAt
		case "since":
			r.Since, err = localTime(said, zone)
		case "to":
			r.ToEmail = said
		case "own":
			r.OwnText, r.Words = true, Words{Subject: "Own", Email: said, SMS: said}
		case "says":
			r.Words.SMS = said
		case "shows":
			r.Words = Words{Subject: "Time for {{ patient.name }}", Email: "Dear {{ client.first_name }}, {{ patient.name }} is due on {{ reminder.due_date }}.",
				SMS: "{{ patient.name }} is due on {{ reminder.due_date }}. {{ location.name }}"}
		default:
			if said != "days before" && said != "day before" {
				return fmt.Errorf("nobody knows %q", part)
			}
			r.Series.Before = number(what)
		}
		if err != nil {
			return err
		}
	}
	f.Recalls = append(f.Recalls, r)
	return nil
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		panic(err)
	}
	return n
}

// writeRecalls writes the messages in the order in which they leave, what is withdrawn, and where each reminder stands.
func writeRecalls(f RecallFacts, plan RecallPlan) string {
	var out strings.Builder
	planned := slices.Clone(plan.Planned)
	slices.SortStableFunc(planned, func(a, b outbox.Planned) int { return a.SendAt.Compare(b.SendAt) })
	for _, m := range planned {
		local := func(t time.Time) string { return t.In(f.Locations[m.Location].Zone).Format("Mon " + wallTime) }
		fmt.Fprintf(&out, "%s %s to %s", m.State, m.Channel, m.To)
		if m.Reason != "" {
			fmt.Fprintf(&out, " because %s %s", m.Reason, m.Detail)
		}
		fmt.Fprintf(&out, "\n  key      %s\n", m.Key)
		if len(m.Covers) > 0 {
			fmt.Fprintf(&out, "  also for %s\n", strings.Join(m.Covers, ", "))
		}
		fmt.Fprintf(&out, "  planned  %s\n", local(m.PlannedAt))
		if !m.SendAt.Equal(m.PlannedAt) {
			fmt.Fprintf(&out, "  leaves   %s\n", local(m.SendAt))
		}
		if m.Parts > 1 || m.OverLimit {
			fmt.Fprintf(&out, "  parts    %d, over the limit: %v\n", m.Parts, m.OverLimit)
		}
		if m.Subject != "" {
			fmt.Fprintf(&out, "  subject  %s\n", m.Subject)
		}
		if m.Text != "" {
			out.WriteString("  | " + strings.ReplaceAll(m.Text, "\n", "\n  | ") + "\n")
		}
	}
	_, _, withdrawn := outbox.Diff(f.Rows, plan.Planned, "")
	for _, w := range withdrawn {
		at := slices.IndexFunc(f.Rows, func(r outbox.Row) bool { return r.ID == w.ID })
		why := w.Reason
		if known, is := plan.Why[f.Rows[at].Key]; is {
			why = known
		}
		fmt.Fprintf(&out, "withdrawn %s because %s\n", f.Rows[at].Key, why)
	}
	return trailing.ReplaceAllString(out.String()+writeStates(f, plan), "\n")
}

func writeStates(f RecallFacts, plan RecallPlan) string {
	var out strings.Builder
	for i, s := range plan.States {
		zone := f.Locations[f.Recalls[i].Location].Zone
		fmt.Fprintf(&out, "reminder %s is %s", s.ID, s.State)
		if s.Reason != "" {
			fmt.Fprintf(&out, " because %s", s.Reason)
		}
		fmt.Fprintf(&out, ", sent %d times", s.SentCount)
		for j, date := range s.Coming {
			fmt.Fprintf(&out, "%s %s", map[bool]string{true: ", coming on", false: " and"}[j == 0], date.SendsAt.In(zone).Format(wallTime))
		}
		out.WriteString("\n")
		if s.Words != f.Recalls[i].Words {
			fmt.Fprintf(&out, "  its words become %s\n", s.Words.Subject)
		}
	}
	return out.String()
}

// BenchmarkPlanRecalls plans a client with two pets, three reminders and a year of repetitions, which is more than most have.
func BenchmarkPlanRecalls(b *testing.B) {
	f, err := readRecalls("reminder r1: of Bella, due 2027-03-08, by email sms\nreminder r2: of Max, due 2027-03-10, by email\nreminder r3: of Bella, due 2027-06-01, every 1 month 12")
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if plan := PlanRecalls(f); len(plan.Planned) != 14 {
			b.Fatalf("%d messages", len(plan.Planned))
		}
	}
}
