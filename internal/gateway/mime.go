package gateway

import (
	"fmt"
	"mime"
	stdmail "net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/net/idna"

	"pawbell/internal/outbox"
)

const (
	longestLocalPart = 64  // RFC 5321, 4.5.3.1.1
	longestAddress   = 254 // RFC 5321, 4.5.3.1.3, less the angle brackets
	longestName      = 120 // of a person; a quoted name cannot be folded
	longestFileName  = 60  // letters, each up to twelve octets in a header (RFC 2231)
	longestMediaType = 900
	longestLink      = 900 // keeps List-Unsubscribe inside the 998 of RFC 5322, 2.1.1
	// longestWord is how long a word of a subject may be: behind "Subject:" it still ends before column 76.
	longestWord = 60
)

var (
	languageTag    = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	calendarMethod = regexp.MustCompile(`^[A-Z]{3,20}$`)
	messageID      = regexp.MustCompile(`^[A-Za-z0-9_-]{1,64}$`)
)

// letter is an e-mail as it goes out.
type letter struct {
	raw     []byte   // headers and body, CRLF
	id      string   // the Message-ID without angle brackets
	from    string   // envelope sender
	to      []string // envelope: the recipient, then the hidden copies, each once
	leftOut int      // hidden copies whose address is none
}

// refused is why no letter can be made of a message.
type refused struct {
	reason outbox.Reason
	detail string
}

func (r *refused) result() Result {
	return Result{Outcome: Permanent, Reason: r.reason, Detail: r.detail}
}

// write makes the one letter that SMTP, Mailgun and the sandbox send. sender is used where the message names none; date is the real
// time. Hidden copies are in the envelope only. All text is encoded, so no line is longer than 998 octets and no value can start a
// header of its own (RFC 5322, 2.1.1).
func write(m Message, sender stdmail.Address, date time.Time) (letter, *refused) {
	if !messageID.MatchString(m.ID) {
		return letter{}, &refused{outbox.ReasonRefused, "the message has no usable id"}
	}
	from, err := bareAddress(first(m.From, sender.Address))
	if err != nil {
		return letter{}, &refused{outbox.ReasonRefused, "sender: " + err.Error()}
	}
	to, err := bareAddress(m.To)
	if err != nil {
		return letter{}, &refused{outbox.ReasonBadAddress, "recipient: " + err.Error()}
	}
	_, domain, _ := strings.Cut(from, "@")
	l := letter{id: m.ID + "@" + domain, from: from, to: []string{to}}
	for _, copied := range m.BCC {
		address, err := bareAddress(copied)
		if err != nil {
			l.leftOut++
			continue
		}
		if !slices.Contains(l.to, address) {
			l.to = append(l.to, address)
		}
	}

	replyTo := ""
	if m.ReplyTo != "" {
		if replyTo, err = bareAddress(m.ReplyTo); err != nil {
			return letter{}, &refused{outbox.ReasonRefused, "reply address: " + err.Error()}
		}
	}
	link := ""
	if m.UnsubscribeURL != "" {
		if link, err = headerLink(m.UnsubscribeURL); err != nil {
			return letter{}, &refused{outbox.ReasonRefused, "unsubscribe link: " + err.Error()}
		}
	}
	var out sheet
	out.Grow(roomFor(m))
	if m.Purpose != outbox.Personal {
		// RFC 3834: nobody's holiday notice shall answer this. It shall answer what somebody wrote.
		out.header("Auto-Submitted", "auto-generated")
	}
	if languageTag.MatchString(m.Locale) {
		out.header("Content-Language", m.Locale)
	}
	out.header("Date", date.UTC().Format(time.RFC1123Z))
	if link != "" {
		out.header("List-Unsubscribe", "<"+link+">")
		out.header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	out.header("MIME-Version", "1.0")
	out.header("Message-ID", "<"+l.id+">")
	out.header("Subject", subject(m.Subject))
	out.header("X-Pawbell-Message", m.ID)
	out.header("From", mailbox(displayName(first(m.FromName, sender.Name)), from))
	out.header("To", "<"+to+">")
	if replyTo != "" {
		out.header("Reply-To", "<"+replyTo+">")
	}
	if out.body(m) != nil {
		return letter{}, &refused{outbox.ReasonRefused, "the e-mail could not be written"}
	}
	l.raw = out.Bytes()
	return l, nil
}

// roomFor is about how much room a letter takes, so that it is not copied while it grows: base64 makes three octets four, and HTML has many letters
// that are encoded.
func roomFor(m Message) int {
	room := 2048 + len(m.Text)*5/4 + len(m.HTML)*5/4 + len(m.Calendar)*3/2
	for _, a := range m.Attachments {
		room += len(a.Data)*7/5 + 512
	}
	return room
}

// mediaType writes a content type anew, so that nothing but a content type can come out of it.
func mediaType(contentType, name string) string {
	kind, parameters, err := mime.ParseMediaType(contentType)
	if err == nil && strings.Contains(kind, "/") {
		parameters["name"] = name
		if written := mime.FormatMediaType(kind, parameters); written != "" && len(written) <= longestMediaType {
			return written
		}
	}
	return mime.FormatMediaType("application/octet-stream", map[string]string{"name": name})
}

// bareAddress checks an address and writes its domain as the mail system knows it: ASCII, lower case. Local parts stay as they are, and
// must be ASCII, for a server without SMTPUTF8 could not take them.
func bareAddress(address string) (string, error) {
	address = strings.TrimSpace(address)
	at := strings.LastIndexByte(address, '@')
	if at < 1 || at == len(address)-1 {
		return "", fmt.Errorf("not an e-mail address")
	}
	local := address[:at]
	domain, err := idna.Lookup.ToASCII(address[at+1:])
	if err != nil {
		return "", fmt.Errorf("not a domain name")
	}
	domain = strings.ToLower(domain)
	for _, r := range local {
		if r >= utf8.RuneSelf {
			return "", fmt.Errorf("letters before the @ that mail servers do not take")
		}
	}
	whole := local + "@" + domain
	parsed, err := stdmail.ParseAddress(whole)
	if err != nil || parsed.Name != "" || parsed.Address != whole || strings.ContainsAny(local, " \"\t\r\n<>") ||
		len(local) > longestLocalPart || len(whole) > longestAddress {
		return "", fmt.Errorf("not an e-mail address")
	}
	return whole, nil
}

// subject makes a subject that fits its line. The library would leave long ASCII words whole, let through what already looks encoded, and
// write encoded words so long that the first one does not fit behind "Subject:".
func subject(text string) string {
	text = oneLine(strings.ToValidUTF8(text, ""))
	plain := !strings.Contains(text, "=?")
	for _, r := range text {
		plain = plain && r < utf8.RuneSelf
	}
	for _, word := range strings.Fields(text) {
		plain = plain && len(word) <= longestWord
	}
	if plain {
		return text
	}
	const frame = len("=?UTF-8?q?" + "?=")
	var encoded []string
	var word strings.Builder
	for _, r := range text {
		letter := qEncoded(r)
		if frame+word.Len()+len(letter) > longestWord {
			encoded = append(encoded, "=?UTF-8?q?"+word.String()+"?=")
			word.Reset()
		}
		word.WriteString(letter)
	}
	return strings.Join(append(encoded, "=?UTF-8?q?"+word.String()+"?="), " ")
}

// qEncoded writes one letter as RFC 2047, 4.2 wants it. No letter is ever cut.
func qEncoded(r rune) string {
	switch {
	case r == ' ':
		return "_"
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("!*+-/.,:", r):
		return string(r)
	}
	var encoded strings.Builder
	for _, b := range []byte(string(r)) {
		fmt.Fprintf(&encoded, "=%02X", b)
	}
	return encoded.String()
}

// mailbox writes an address behind its name. The standard library leaves a backslash as it is in an encoded word, which makes the name unreadable.
func mailbox(name, address string) string {
	if encoded := mime.BEncoding.Encode("utf-8", name); encoded != name && strings.Contains(name, `\`) {
		return encoded + " <" + address + ">"
	}
	return (&stdmail.Address{Name: name, Address: address}).String()
}

func displayName(name string) string { return shortened(oneLine(name), longestName) }

func fileName(name string) string {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`"/\:<>|?*`, r) {
			return '_'
		}
		return r
	}, oneLine(name))
	return first(shortened(name, longestFileName), "attachment")
}

func shortened(text string, limit int) string {
	text = strings.ToValidUTF8(text, "")
	if utf8.RuneCountInString(text) > limit {
		return string([]rune(text)[:limit])
	}
	return text
}

// headerLink checks a web address that is put into a header between angle brackets (RFC 2369).
func headerLink(link string) (string, error) {
	parsed, err := url.Parse(link)
	if err != nil || parsed.Host == "" || parsed.Scheme != "https" && parsed.Scheme != "http" {
		return "", fmt.Errorf("not a web address")
	}
	written := parsed.String()
	if len(written) > longestLink || strings.ContainsFunc(written, func(r rune) bool { return r <= ' ' || r > '~' || r == '<' || r == '>' }) {
		return "", fmt.Errorf("not fit for a header")
	}
	return written, nil
}

// first answers the first text that says something.
func first(texts ...string) string {
	for _, text := range texts {
		if strings.TrimSpace(text) != "" {
			return text
		}
	}
	return ""
}
