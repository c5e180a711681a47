package notify

import (
	"slices"
	"sync"
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
)

// Mailing is one text for many owners: made once, then asked about each of them, by several at a time.
type Mailing struct {
	Purpose   outbox.Purpose
	Location  Location
	Broadcast string
	// Template is the id of the text, "" for none. Own are words in its place; what they leave empty is the template's.
	Template  string
	Own       Template
	Templates Templates
	Channels  []outbox.Channel // none = e-mail, then SMS
	Every     bool             // one message on each channel; false = one, on the first that reaches the owner
	Planned   time.Time

	mutex sync.RWMutex
	texts map[wording]*compiled
}

type wording struct {
	locale  string
	channel outbox.Channel
}

// Reached is what a mailing is for one owner: the messages that would go, or why none does.
type Reached struct {
	Messages []outbox.Planned
	Reason   outbox.Reason
	Detail   string // the code that has nothing to say, where that is the reason
	// Address and Channel are where the message would go that does not, as far as there is an address.
	Address string
	Channel outbox.Channel
}

// Many reports whether a message goes to so many people that a manager has to send it.
func Many(people int) bool { return people > 50 }

// SureOf reports whether whoever sends a message to so many people knows how many they are: to many, they have given that very number.
func SureOf(people, given int) bool { return !Many(people) || given == people }

// ways are the channels of a mailing in their order.
func (m *Mailing) ways() []outbox.Channel {
	if len(m.Channels) == 0 {
		return []outbox.Channel{outbox.Email, outbox.SMS}
	}
	return m.Channels
}

// To answers what the mailing is for one owner. Nothing about an end-of-life visit is written.
func (m *Mailing) To(f *Facts) Reached { return m.reach(f, false) }

// Measured is To for whoever counts: the same answer, but for the words of e-mails, which nobody pays by length.
func (m *Mailing) Measured(f *Facts) Reached { return m.reach(f, true) }

func (m *Mailing) reach(f *Facts, measured bool) Reached {
	none := Reached{}
	if f.Reason.EndOfLife {
		return Reached{Reason: outbox.ReasonEndOfLife}
	}
	p := planner{Facts: f}
	for i, channel := range m.ways() {
		if slices.Contains(m.ways()[:i], channel) {
			continue
		}
		message, reason, detail := m.message(&p, channel, measured)
		if reason != "" {
			// That there is no way says less than that somebody does not want it, or that the words do not fit.
			if none.Reason == "" || noWay(none.Reason) && !noWay(reason) {
				none = Reached{Messages: none.Messages, Reason: reason, Detail: detail, Address: f.OwnerAddress(channel), Channel: channel}
			}
			continue
		}
		none.Messages = append(none.Messages, message)
		if !m.Every {
			break
		}
	}
	if len(none.Messages) > 0 {
		return Reached{Messages: none.Messages}
	}
	return none
}

func noWay(r outbox.Reason) bool { return r == outbox.ReasonNoAddress || r == outbox.ReasonChannelOff }

// message plans one message, or says why there is none.
func (m *Mailing) message(p *planner, channel outbox.Channel, measured bool) (message outbox.Planned, reason outbox.Reason, detail string) {
	if reason := p.Hindrance(m.Purpose, channel); reason != "" {
		return message, reason, ""
	}
	message = p.draft(m.Purpose, channel, "", m.Planned)
	message.To, message.Broadcast = p.OwnerAddress(channel), m.Broadcast
	message.Key = m.Key(message.To, channel)
	if m.Purpose.Rules().BCC && channel == outbox.Email {
		message.BCC = p.blindCopies(message.To)
	}
	if m.wordless() {
		return message, "", ""
	}
	text := m.text(p.OwnerLocale(), channel)
	if measured && channel == outbox.Email && text != nil && text.sayable(p.valuesIn(text.Locale)) {
		return message, "", ""
	}
	if p.render(&message, text, false); message.State != outbox.Queued {
		return message, message.Reason, message.Detail
	}
	return message, "", ""
}

// sayable reports whether an e-mail's text is sound and every code of it has something to say.
func (c *compiled) sayable(v *values) bool {
	for _, part := range []*merger{&c.subject, &c.email} {
		if len(part.problems) > 0 {
			return false
		}
		for _, code := range part.codes {
			if v.said[slots[code]] == "" {
				return false
			}
		}
	}
	return true
}

// wordless is a draft that nobody has written yet: whom it would reach can be counted all the same.
func (m *Mailing) wordless() bool {
	return m.Template == "" && m.Own.Subject+m.Own.Email+m.Own.SMS == ""
}

// Worded reports whether the mailing says anything on at least one of its channels, in the location's language.
func (m *Mailing) Worded() bool {
	return slices.ContainsFunc(m.ways(), func(c outbox.Channel) bool { return m.text(m.Location.Locale, c) != nil })
}

// Key is that of the message to an address: to many, an address is written to once, whoever shares it, and in whatever case they write it.
func (m *Mailing) Key(address string, channel outbox.Channel) string {
	if channel == outbox.Email {
		address = booking.EmailKey(address)
	}
	return string(m.Purpose) + ":" + m.Broadcast + ":" + address + "::" + string(channel)
}

// Skip is the row that tells in the log why an owner gets nothing after all, although they were counted.
func (m *Mailing) Skip(f *Facts, r Reached) outbox.Planned {
	p := planner{Facts: f}
	channel := r.Channel
	if channel == "" {
		channel = m.ways()[0]
	}
	message := p.draft(m.Purpose, channel, m.Key(f.Client.ID, channel), m.Planned)
	message.To, message.Broadcast, message.Locale = r.Address, m.Broadcast, p.OwnerLocale()
	message.State, message.Reason, message.Detail = outbox.Skipped, r.Reason, r.Detail
	return message
}

// text is the mailing's text in a language, compiled once; nil where there is none.
func (m *Mailing) text(locale string, channel outbox.Channel) *compiled {
	which := wording{Locale(locale), channel}
	m.mutex.RLock()
	c, known := m.texts[which]
	m.mutex.RUnlock()
	if known {
		return c
	}
	c = m.compile(which.locale, channel)
	m.mutex.Lock()
	defer m.mutex.Unlock()
	if m.texts == nil {
		m.texts = map[wording]*compiled{}
	}
	m.texts[which] = c
	return c
}

// compile puts own words over the template's. E-mail to many ends with the way out of it, unless the text shows it itself.
func (m *Mailing) compile(locale string, channel outbox.Channel) *compiled {
	said := Template{}
	if c := m.Templates.choose(m.Template, "", locale, m.Location, channel); c != nil {
		said = c.Template
	}
	if own := m.Own; own.Subject+own.Email+own.SMS != "" {
		if on := own.Email; channel == outbox.Email && on != "" || channel == outbox.SMS && own.SMS != "" {
			// Whose words they are decides in which language dates are written; a template's subject follows them.
			said.ID, said.Locale = "", locale
		}
		said.Subject, said.Email, said.SMS = firstOf(own.Subject, said.Subject), firstOf(own.Email, said.Email), firstOf(own.SMS, said.SMS)
	}
	if channel == outbox.Email && said.Email == "" || channel == outbox.SMS && said.SMS == "" {
		return nil
	}
	c := compile(said)
	if m.Purpose == outbox.Group && channel == outbox.Email && !c.email.mentions(codeUnsubscribe) {
		said.Email += "\n\n[" + languageOf(said.Locale).noNews + "]({{ " + codeUnsubscribe + " }})"
		c = compile(said)
	}
	return c
}

// codeUnsubscribe is the link that ends mail to many.
const codeUnsubscribe = "unsubscribe_url"

// Problem names what keeps the mailing's words from being sent, "" for nothing: codes that do not exist, broken syntax, codes that have nothing
// to say in such a message, and an SMS over the location's limit on long names. Field is where it was written: template,
// subject, email_text or sms_text. Base is what links begin with.
func (m *Mailing) Problem(base string) (field string, problem Problem) {
	for _, own := range []struct{ field, text string }{{"subject", m.Own.Subject}, {"email_text", m.Own.Email}, {"sms_text", m.Own.SMS}} {
		if problems := CheckText(own.text); len(problems) > 0 {
			return own.field, problems[0]
		}
	}
	locale := firstOf(Locale(m.Location.Locale), English)
	f := LongFacts(m.Location, base, locale)
	f.DueOn, f.Booking.PaymentDueAt, f.Booking.Price = calendar.Date{}, time.Time{}, 0
	if m.Purpose == outbox.Group {
		f.Booking, f.Reason, f.Practitioner, f.Links.Manage = Booking{}, Reason{}, "", ""
	} else {
		f.Links.Unsubscribe = ""
	}
	v := valuesOf(&f, locale)
	v.instruct(&f.Reason)
	for _, channel := range m.ways() {
		c := m.compile(locale, channel)
		if c == nil {
			continue
		}
		said := func(field, own string) string {
			if own == "" {
				return "template"
			}
			return field
		}
		if channel == outbox.SMS {
			if _, problems := Judge(c.SMS, f, locale); len(problems) > 0 {
				return said("sms_text", m.Own.SMS), problems[0]
			}
			continue
		}
		if _, problems := c.email.merge(v.forMarkdown()); len(problems) > 0 {
			return said("email_text", m.Own.Email), problems[0]
		}
		if _, problems := c.subject.merge(v.forText()); len(problems) > 0 {
			return said("subject", m.Own.Subject), problems[0]
		}
	}
	return "", Problem{}
}
