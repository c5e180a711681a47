package notify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/cbroglie/mustache"

	"pawbell/internal/outbox"
)

// Templates holds a clinic's texts, compiled once and asked often. It is safe for concurrent use, and copies share what they hold.
// The zero Templates has no texts.
type Templates struct {
	texts map[variant]*compiled
	byID  map[string]*compiled
}

type variant struct{ code, locale, location string }

// compiled is a template ready to be merged.
type compiled struct {
	Template
	subject, email, sms merger
}

// NewTemplates compiles a clinic's texts. One that is broken is kept all the same and answers with its problems when it is asked
// for: a bad text must cost its own message only.
func NewTemplates(list []Template) Templates {
	t := Templates{texts: make(map[variant]*compiled, len(list)), byID: make(map[string]*compiled, len(list))}
	for _, text := range list {
		c := compile(text)
		t.texts[variant{c.Code, c.Locale, c.Location}] = c
		if c.ID != "" {
			t.byID[c.ID] = c
		}
	}
	return t
}

// Find answers which text a code has for a language at a location: the language asked for, then the location's, then English;
// within each, the location's own text before the chain's. A text that says nothing on the channel is passed over.
func (t Templates) Find(code, locale string, l Location, channel outbox.Channel) (Template, bool) {
	c := t.find(code, locale, l, channel)
	if c == nil {
		return Template{}, false
	}
	return c.Template, true
}

func (t Templates) find(code, locale string, l Location, channel outbox.Channel) *compiled {
	for _, tag := range [...]string{Locale(locale), Locale(l.Locale), English} {
		for _, place := range [...]string{l.ID, ""} {
			if c := t.texts[variant{code, tag, place}]; c != nil && c.on(channel).text != "" {
				return c
			}
		}
	}
	return nil
}

// Named answers the text of a template that somebody chose by its id, in a language, at a location and for a channel: that language's variant of it
// where there is one, the location's own before the chain's, else the very one. False where there is no such template, or none of its variants says
// anything on the channel.
func (t Templates) Named(id, locale string, l Location, channel outbox.Channel) (Template, bool) {
	if t.byID[id] == nil {
		return Template{}, false
	}
	c := t.choose(id, "", locale, l, channel)
	if c == nil {
		return Template{}, false
	}
	return c.Template, true
}

// ByID is the very template with this id.
func (t Templates) ByID(id string) (Template, bool) {
	if c := t.byID[id]; c != nil {
		return c.Template, true
	}
	return Template{}, false
}

// choose is find for somebody who names a template by its id: that template's code in the language wanted, else the very one named, and the default
// where it is gone. A reason of the whole chain names the chain's text; where a location has its own version of it, that is what is meant there
// (X-31, PC-25).
func (t Templates) choose(id, code, locale string, l Location, channel outbox.Channel) *compiled {
	if named := t.byID[id]; id != "" && named != nil {
		if c := t.find(named.Code, locale, l, channel); c != nil {
			return c
		}
		if named.on(channel).text != "" {
			return named
		}
	}
	return t.find(code, locale, l, channel)
}

func compile(t Template) *compiled {
	t.Locale = Locale(t.Locale)
	c := &compiled{Template: t}
	c.subject, c.email, c.sms = newMerger(t.Subject), newMerger(t.Email), newMerger(t.SMS)
	return c
}

func (c *compiled) on(channel outbox.Channel) *merger {
	if channel == outbox.SMS {
		return &c.sms
	}
	return &c.email
}

// merger is one text ready to be merged, or what is wrong with it.
type merger struct {
	text     string
	codes    []string
	problems []Problem
	full     *mustache.Template
	// bare is the text without the lines that hold instructions, for visits that have none; nil where no line does.
	bare *mustache.Template
}

func newMerger(text string) merger {
	text = Normalise(cleanText(text))
	m := merger{text: text, problems: CheckText(text)}
	if text == "" || len(m.problems) > 0 {
		return m
	}
	var err error
	// The value map carries the escaping, as it differs by code; the engine must add none of its own.
	if m.full, err = mustache.ParseStringRaw(slotted(text), true); err != nil {
		m.problems = []Problem{{Code: BadSyntax, Message: fmt.Sprintf("The text cannot be read: %v.", err)}}
		return m
	}
	for _, tag := range m.full.Tags() {
		// The engine leaves out what it does not find; whatever was not rewritten must not get that far.
		if strings.Contains(tag.Name(), ".") {
			m.problems = []Problem{unknownCode("{{ "+near(tag.Name())+" }}", tag.Name())}
			return m
		}
	}
	for _, tag := range codeInBraces.FindAllStringSubmatch(text, -1) {
		if !slices.Contains(m.codes, tag[1]) {
			m.codes = append(m.codes, tag[1])
		}
	}
	if !slices.Contains(m.codes, codeInstructions) {
		return m
	}
	if m.bare, err = mustache.ParseStringRaw(slotted(withoutInstructions(text)), true); err != nil {
		m.problems = []Problem{{Code: BadSyntax, Message: fmt.Sprintf("The text cannot be read without its line of instructions: %v.", err)}}
	}
	return m
}

var codeInBraces = regexp.MustCompile(`\{\{[\s\p{Z}]*([a-z._]+)[\s\p{Z}]*\}\}`)

// slotted writes the codes of a sound text as the engine finds them.
func slotted(text string) string {
	return codeInBraces.ReplaceAllStringFunc(text, func(tag string) string {
		return "{{" + slots[codeInBraces.FindStringSubmatch(tag)[1]] + "}}"
	})
}

// withoutInstructions drops the lines that hold the code, and the empty line that would be left double.
func withoutInstructions(text string) string {
	var kept []string
	for line := range strings.SplitSeq(text, "\n") {
		if holdsInstructions(line) {
			continue
		}
		if line == "" && len(kept) > 0 && kept[len(kept)-1] == "" {
			continue
		}
		kept = append(kept, line)
	}
	return strings.Join(kept, "\n")
}

func holdsInstructions(line string) bool {
	for _, tag := range codeInBraces.FindAllStringSubmatch(line, -1) {
		if tag[1] == codeInstructions {
			return true
		}
	}
	return false
}

// merge puts the values in. A code with nothing to say is a problem that names it, save for instructions.
func (m *merger) merge(values map[string]string) (string, []Problem) {
	if len(m.problems) > 0 {
		return "", m.problems
	}
	if m.full == nil {
		return "", nil
	}
	engine := m.full
	var problems []Problem
	for _, code := range m.codes {
		if values[slots[code]] != "" {
			continue
		}
		if code == codeInstructions {
			engine = m.bare
			continue
		}
		problems = append(problems, Problem{Code: EmptyCode, Name: code,
			Message: fmt.Sprintf("{{ %s }} has nothing to say here: the record does not have it.", code)})
	}
	if len(problems) > 0 {
		return "", problems
	}
	text, err := engine.Render(values)
	if err != nil {
		return "", []Problem{{Code: BadSyntax, Message: fmt.Sprintf("The text cannot be merged: %v.", err)}}
	}
	return text, nil
}
