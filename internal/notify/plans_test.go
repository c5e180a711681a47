package notify

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/golden"
	"pawbell/internal/outbox"
)

// TestPlans reads testdata/plans: above the dashes what differs from an ordinary booking, below them every message that it has. Each
// file names the rules that it is about.
func TestPlans(t *testing.T) {
	t.Parallel()
	golden.Corpus(t, "testdata/plans/*.txt", 30, func(t *testing.T, given string) string {
		f, err := readFacts(given)
		if err != nil {
			t.Fatal(err)
		}
		planned, tasks := Plan(f)
		got := writePlan(planned, tasks, f.Location.Zone)
		if again, _ := Plan(f); writePlan(again, tasks, f.Location.Zone) != got {
			t.Error("planning twice gives two answers (R-14)")
		}
		return got
	})
}

var trailing = regexp.MustCompile(` +\n`)

const wallTime = "2006-01-02 15:04"

// readFacts reads "name: value" lines over ordinaryFacts. The zone comes first, as all times are the clinic's.
func readFacts(text string) (Facts, error) {
	f := ordinaryFacts()
	scheduled := false
	changed := false
	for line := range strings.SplitSeq(text, "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		var err error
		at := func(s string) time.Time {
			local, e := time.ParseInLocation(wallTime, s, f.Location.Zone)
			if e != nil {
				err = e
			}
			return local.UTC()
		}
		b, l, words := &f.Booking, &f.Location, strings.Fields(value)
		switch name {
		case "zone":
			l.Zone = zone(value)
			l.Window.Zone = l.Zone
		case "window":
			from, until, _ := strings.Cut(value, "-")
			if l.Window.From, err = calendar.ParseClock(from); err == nil {
				l.Window.Until, err = calendar.ParseClock(until)
			}
		case "language":
			l.Locale = value
		case "clinic":
			l.Name = value
		case "sms":
			l.SMSEnabled = value == "on"
		case "e-mail":
			l.EmailEnabled = value == "on"
		case "confirm by":
			l.ConfirmationChannels = channels(words)
		case "remind by":
			l.VisitChannels = channels(words)
		case "lead":
			l.VisitLead, err = calendar.ParseLead(value)
		case "reason's lead":
			lead, e := calendar.ParseLead(value)
			f.Reason.VisitLead, err = &lead, e
		case "early reminder":
			l.NoEarlyReminder = value == "off"
		case "notice of cancellation":
			l.CancellationNoticeHours, err = strconv.Atoi(value)
		case "minimal notices":
			l.MinimalNotices = value == "on"
		case "visit":
			start, minutes, _ := strings.Cut(value, " for ")
			b.StartsAt = at(start)
			length, e := time.ParseDuration(minutes)
			if b.EndsAt = b.StartsAt.Add(length); e != nil {
				err = e
			}
		case "status":
			b.Status = booking.Status(value)
		case "source":
			if b.Source = value; !changed {
				b.ChangedBy = map[string]string{"online": "owner"}[value]
				if b.ChangedBy == "" {
					b.ChangedBy = "staff"
				}
			}
		case "made":
			b.ScheduledAt, scheduled = at(value), true
			if !changed {
				b.ChangedAt = b.ScheduledAt
			}
		case "changed":
			when, who, _ := strings.Cut(value, " by ")
			b.ChangedAt, b.ChangedBy, changed = at(when), who, true
			if !scheduled {
				b.ScheduledAt = b.ChangedAt
			}
		case "cancelled by":
			b.CancelledBy = value
		case "why":
			b.CancelNote = value
		case "sequence":
			b.Sequence, err = strconv.Atoi(value)
		case "declined for this visit":
			b.NoSMS, b.NoEmail = slices.Contains(words, "sms"), slices.Contains(words, "email")
		case "owner wants no":
			f.Client.NoSMS, f.Client.NoEmail = slices.Contains(words, "sms"), slices.Contains(words, "email")
		case "owner refuses":
			f.Client.Refused = words
		case "owner":
			f.Client.FirstName, f.Client.LastName, _ = strings.Cut(value, " ")
		case "owner's language":
			f.Client.Locale = value
		case "owner's e-mail":
			f.Client.Email = value
		case "owner's number":
			f.Client.SMSPhone = value
		case "owner erased":
			f.Client.Gone = true
		case "typed":
			f.Contact.Email, f.Contact.Phone, _ = strings.Cut(value, " ")
		case "page's language":
			f.Contact.Locale = value
		case "pet":
			f.Patient.Name = value
		case "pet is":
			f.Patient.Deceased, f.Patient.Inactive = value == "dead", value == "inactive"
		case "reason":
			f.Reason.Name = value
		case "end of life":
			f.Reason.EndOfLife = true
		case "instructions":
			f.Reason.Instructions = value
		case "vet":
			f.Practitioner = value
		case "stopped":
			stopped := words
			f.Stopped = func(_ outbox.Channel, to string, _ outbox.Purpose) bool { return slices.Contains(stopped, to) }
		case "address":
			f.Addresses = append(f.Addresses, Address{Email: words[0], Kinds: words[1:]})
		case "note":
			b.Note = value
		case "owner's note":
			b.OwnerNote = strings.ReplaceAll(value, " / ", "\n")
		case "price":
			b.Price, err = strconv.ParseFloat(value, 64)
			b.Payment = "unpaid"
		case "payment":
			b.Payment = value
		case "to be paid by":
			b.PaymentDueAt = at(value)
		case "message":
			err = f.addRow(words)
		case "text":
			code, body, _ := strings.Cut(value, " = ")
			texts := append(ordinaryTexts(), Template{ID: "own", Code: code, Locale: "en", Location: "l1", Subject: "Own", Email: body, SMS: body})
			f.Templates = NewTemplates(texts)
		case "reason's confirmation":
			f.Templates = NewTemplates(append(ordinaryTexts(), Template{ID: "special", Code: "special", Locale: "en", Subject: "Special", Email: value}))
			f.Reason.ConfirmationTemplate = "special"
		default:
			err = fmt.Errorf("nobody knows this name")
		}
		if err != nil {
			return f, fmt.Errorf("%s: %w", line, err)
		}
	}
	return f, nil
}

// addRow reads "sent booking_confirmation email 1": state, purpose, channel and sequence of an earlier message. A day notice ends with what it
// told: "sent day_notice email 2 cancel".
func (f *Facts) addRow(words []string) error {
	if len(words) != 4 && len(words) != 5 {
		return fmt.Errorf("write state, purpose, channel and sequence")
	}
	sequence, err := strconv.Atoi(words[3])
	r := outbox.Row{State: outbox.State(words[0]), Purpose: outbox.Purpose(words[1]), Channel: outbox.Channel(words[2]), Sequence: sequence}
	if r.State == outbox.Sent || r.State == outbox.Delivered {
		r.Attempts = 1
	}
	r.Key = string(r.Purpose) + ":b1:" + words[3] + "::" + words[2]
	if len(words) == 5 {
		r.Key = AbsenceKeys("a1") + "b1:" + words[4] + ":" + words[2]
	}
	f.Rows = append(f.Rows, r)
	return err
}

func channels(words []string) []outbox.Channel {
	list := make([]outbox.Channel, len(words))
	for i, w := range words {
		list[i] = outbox.Channel(w)
	}
	return list
}

// writePlan writes messages as the clinic's clocks show them.
func writePlan(planned []outbox.Planned, tasks []Task, zone *time.Location) string {
	var out strings.Builder
	local := func(t time.Time) string { return t.In(zone).Format("Mon " + wallTime) }
	for _, m := range planned {
		fmt.Fprintf(&out, "%s %s %s", m.State, m.Channel, m.Purpose)
		if m.Reason != "" {
			fmt.Fprintf(&out, " because %s %s", m.Reason, m.Detail)
		}
		fmt.Fprintf(&out, "\n  key      %s\n  to       %s\n", m.Key, m.To)
		if len(m.BCC) > 0 {
			fmt.Fprintf(&out, "  bcc      %s\n", strings.Join(m.BCC, ", "))
		}
		fmt.Fprintf(&out, "  planned  %s\n", local(m.PlannedAt))
		if !m.SendAt.Equal(m.PlannedAt) {
			fmt.Fprintf(&out, "  leaves   %s\n", local(m.SendAt))
		}
		fmt.Fprintf(&out, "  until    %s\n", local(m.ExpiresAt))
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
	for _, task := range tasks {
		fmt.Fprintf(&out, "task %s\n  key      %s\n  | %s\n", task.Kind, task.Key, task.Title)
	}
	if out.Len() == 0 {
		return "nothing\n"
	}
	return trailing.ReplaceAllString(out.String(), "\n")
}
