package notify

import (
	"maps"
	"strings"

	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
)

// values are what the merge codes say in one language, by the slots where the engine finds them.
type values struct {
	locale string
	said   map[string]string // as they are; instructions as Markdown
	plain  map[string]string // for SMS and subjects
	marked map[string]string // escaped, for Markdown
	// problems are those of the reason's own instructions, which may hold codes themselves (PN-09).
	problems []Problem
}

// valuesOf answers what every code says about f in a language. An address, a name, a note is one line without control characters and
// without braces, whatever was typed.
func valuesOf(f *Facts, locale string) *values {
	v := &values{locale: Locale(locale), said: make(map[string]string, len(slots))}
	set := func(code, value string) { v.said[slots[code]] = cleanValue(value) }
	set("client.first_name", unlinked(f.Client.FirstName))
	set("client.last_name", unlinked(f.Client.LastName))
	set("client.full_name", unlinked(f.Client.FirstName+" "+f.Client.LastName))
	set("patient.name", unlinked(f.patientNames(locale)))
	set("patient.species", inLanguage(f.Patient.SpeciesNames, locale, f.Patient.Species))
	set("reason.name", inLanguage(f.Reason.Names, locale, f.Reason.Name))
	set("practitioner.name", f.Practitioner)
	if b := f.Booking; !b.StartsAt.IsZero() && f.Location.Zone != nil {
		day := calendar.On(b.StartsAt, f.Location.Zone)
		set("booking.date", Date(day, locale))
		set("booking.time", Time(b.StartsAt, f.Location.Zone, locale))
		set("booking.weekday", Weekday(day, locale))
		set("booking.duration", Duration(b.EndsAt.Sub(b.StartsAt), locale))
	}
	set("booking.reference", f.Booking.Reference)
	set("booking.manage_url", f.Links.Manage)
	set("location.name", f.Location.Name)
	set("location.phone", f.Location.Phone)
	set("location.address", strings.ReplaceAll(strings.TrimSpace(f.Location.Address), "\n", ", "))
	set("location.email", f.Location.Email)
	set("location.booking_url", f.Links.bookingPage())
	set("unsubscribe_url", f.Links.Unsubscribe)
	if !f.DueOn.IsZero() {
		set("reminder.due_date", Date(f.DueOn, locale))
	}
	switch {
	case f.Booking.Price > 0:
		set("payment.amount", Money(f.Booking.Price, f.Location.Currency, locale))
	case f.Booking.Payment == "unpaid":
		// Who keeps the bill elsewhere still wants it paid in time.
		set("payment.amount", languageOf(locale).amount)
	}
	if due := f.Booking.PaymentDueAt; !due.IsZero() && f.Location.Zone != nil {
		set("payment.deadline", Date(calendar.On(due, f.Location.Zone), locale)+" "+Time(due, f.Location.Zone, locale))
	}
	return v
}

// instruct fills in the reason's instructions once everything that they may mention is there.
func (v *values) instruct(r *Reason) {
	text := inLanguage(r.InstructionsByLocale, v.locale, r.Instructions)
	if strings.TrimSpace(text) == "" {
		return
	}
	if !strings.Contains(text, "{{") && !strings.Contains(text, "<") {
		v.said[slotInstructions] = strings.TrimSpace(noBraces(cleanText(text)))
		return
	}
	m := newMerger(text)
	for _, code := range m.codes {
		if code == codeInstructions {
			v.problems = []Problem{{Code: BadSyntax, Name: code, Message: "Instructions cannot hold themselves."}}
			return
		}
	}
	merged, problems := m.merge(v.forMarkdown())
	v.problems = problems
	v.said[slotInstructions] = strings.TrimSpace(noBraces(settle(merged)))
	v.marked = nil
}

// forMarkdown are the values escaped so that none of them can be markup.
func (v *values) forMarkdown() map[string]string {
	if v.marked != nil {
		return v.marked
	}
	v.marked = make(map[string]string, len(v.said))
	for code, slot := range slots {
		value := v.said[slot]
		switch {
		case value == "" || slot == slotInstructions:
		case isLink[code]:
			value = linkOpen + value + linkClose
		case isContact[code]:
			value = contactOpen + value + contactClose
		default:
			value = escape(value)
		}
		v.marked[slot] = value
	}
	return v.marked
}

// forText are the values as they are.
func (v *values) forText() map[string]string {
	if v.plain != nil {
		return v.plain
	}
	v.plain = v.said
	if instructions := v.said[slotInstructions]; instructions != "" {
		v.plain = maps.Clone(v.said)
		v.plain[slotInstructions] = plainText(instructions)
	}
	return v.plain
}

// merged is a text with its subject, ready to be stored.
type merged struct {
	subject, text string
	problems      []Problem
}

// compose merges one compiled template for a channel. With instructions true, the reason's instructions follow the text of an e-mail
// that does not place them itself (PN-09).
func (c *compiled) compose(v *values, l *Location, channel outbox.Channel, instructions bool) merged {
	if channel == outbox.SMS {
		text, problems := c.sms.merge(v.forText())
		return merged{text: prepareSMS(text, l), problems: append(problems, c.sms.instructed(v)...)}
	}
	text, problems := c.email.merge(v.forMarkdown())
	text = settle(text)
	placed := c.email.mentions(codeInstructions)
	if instructions && !placed && v.said[slotInstructions] != "" {
		text = strings.TrimRight(text, "\n") + "\n\n" + v.said[slotInstructions]
	}
	if placed || instructions {
		problems = append(problems, v.problems...)
	}
	subject, more := c.subject.merge(v.forText())
	if subject = Subject(subject); subject == "" && len(more) == 0 {
		subject = Subject(l.Name)
	}
	return merged{subject, strings.TrimSpace(text), append(problems, more...)}
}

func (m *merger) mentions(code string) bool {
	for _, c := range m.codes {
		if c == code {
			return true
		}
	}
	return false
}

func (m *merger) instructed(v *values) []Problem {
	if m.mentions(codeInstructions) {
		return v.problems
	}
	return nil
}

// Compose merges a text for one channel in one language: what a preview shows and what a message written by hand says. The text is
// Markdown for e-mail and ready to send for SMS. Where there are problems, subject and text are of no use: a person's message is
// refused with them.
func Compose(t Template, f Facts, channel outbox.Channel, locale string) (subject, text string, problems []Problem) {
	c := compile(t)
	if c.on(channel).text == "" {
		return "", "", []Problem{{Code: NoText, Message: "There is no text for this channel."}}
	}
	v := valuesOf(&f, locale)
	v.instruct(&f.Reason)
	m := c.compose(v, &f.Location, channel, t.instructs())
	return m.subject, m.text, m.problems
}

// instructs reports whether the reason's instructions are added to a template's e-mail (PN-09). The few words of the neutral one stay few.
func (t Template) instructs() bool {
	if t.Purpose == "" {
		return carriesInstructions(outbox.Purpose(t.Code))
	}
	return carriesInstructions(t.Purpose) && t.Code != codeNeutral
}

// patientNames joins the pets of the message, in the order given. A visit that staff wrote down before they knew which animal is coming is
// still a visit to be confirmed: it says "your pet". A pet whose record has no name stays without one.
func (f *Facts) patientNames(locale string) string {
	if len(f.Others) == 0 {
		if f.Patient.ID == "" && f.Patient.Name == "" && f.Booking.ID != "" {
			return languageOf(locale).pet
		}
		return f.Patient.Name
	}
	names := make([]string, 0, 1+len(f.Others))
	names = append(names, f.Patient.Name)
	for _, p := range f.Others {
		names = append(names, p.Name)
	}
	return Names(names, locale)
}

func (l Links) bookingPage() string {
	if l.BookingPage == "" && l.Base != "" {
		return l.Base + "/"
	}
	return l.BookingPage
}

// inLanguage takes the translation into a language, else what is written without one.
func inLanguage(translations map[string]string, locale, otherwise string) string {
	if s := translations[Locale(locale)]; s != "" {
		return s
	}
	found := ""
	for tag, s := range translations {
		// Of two spellings of one language the first by name is taken, so that the answer is always the same.
		if s != "" && Locale(tag) == Locale(locale) && (found == "" || tag < found) {
			found = tag
		}
	}
	if found != "" {
		return translations[found]
	}
	return otherwise
}
