package gateway

import (
	"bytes"
	"encoding/base64"
	"mime"
	"mime/quotedprintable"
	"slices"
	"strings"
)

const (
	// lineLength is where headers are folded and encoded bodies broken (RFC 5322, 2.1.1; RFC 2045, 6.7 and 6.8).
	lineLength = 76
	// lineOctets become one line of base64.
	lineOctets = lineLength / 4 * 3
)

// sheet is what a letter is written on. Every line ends with CRLF, and every body is encoded, so that no text can look like a header or an end of a
// part. It is the standard library's encodings in the order of RFC 2045 and 2046: a library's builder takes three times as long for each letter.
type sheet struct{ bytes.Buffer }

// header writes a header and folds it between words, never behind the colon: that is allowed, and yet not every mail program finds a link or an id
// there. The value is ASCII and holds no line of its own.
func (s *sheet) header(name, value string) {
	s.WriteString(name)
	s.WriteString(":")
	column := len(name) + 1
	for i, word := range strings.Split(value, " ") {
		if i > 0 && column+1+len(word) >= lineLength {
			s.WriteString("\r\n")
			column = 0
		}
		s.WriteString(" ")
		s.WriteString(word)
		column += 1 + len(word)
	}
	s.WriteString("\r\n")
}

// boundary is what divides the parts of a multipart. No encoded body can hold it: in quoted-printable and in base64 no "=" comes before "_".
func boundary(level, id string) string { return "=_" + level + "_" + id }

func (s *sheet) multipart(kind, boundary string) {
	s.WriteString("Content-Type: multipart/" + kind + ";\r\n boundary=\"" + boundary + "\"\r\n")
}

// next begins the next part, end ends the last one. The line end before them is theirs, or the empty line after the headers.
func (s *sheet) next(boundary string) { s.WriteString("\r\n--" + boundary + "\r\n") }
func (s *sheet) end(boundary string)  { s.WriteString("\r\n--" + boundary + "--\r\n") }

// text writes a text as a part of its own, or as all there is. The encoder loses a line end that comes after a lone CR.
func (s *sheet) text(kind, text string) error {
	if strings.Contains(text, "\r") {
		text = strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\r", "\n")
	}
	s.WriteString("Content-Transfer-Encoding: quoted-printable\r\nContent-Type: " + kind + "; charset=UTF-8\r\n\r\n")
	encoder := quotedprintable.NewWriter(&s.Buffer)
	if _, err := encoder.Write([]byte(text)); err != nil {
		return err
	}
	return encoder.Close()
}

// file writes an attachment.
func (s *sheet) file(name, contentType string, data []byte) {
	s.WriteString("Content-Disposition: " + mime.FormatMediaType("attachment", map[string]string{"filename": name}) + "\r\n" +
		"Content-Transfer-Encoding: base64\r\nContent-Type: " + mediaType(contentType, name) + "\r\n\r\n")
	for line := range slices.Chunk(data, lineOctets) {
		s.Write(base64.StdEncoding.AppendEncode(s.AvailableBuffer(), line))
		s.WriteString("\r\n")
	}
}

// body writes everything of a message below its headers: the text, the same as HTML if there is one, and the files.
func (s *sheet) body(m Message) error {
	files := m.Attachments
	if len(m.Calendar) > 0 {
		method := m.CalendarMethod
		if !calendarMethod.MatchString(method) {
			method = "PUBLISH"
		}
		files = append([]Attachment{{Name: "visit.ics", Type: "text/calendar; charset=utf-8; method=" + method, Data: m.Calendar}}, files...)
	}
	if len(files) == 0 {
		return s.texts(m)
	}
	mixed := boundary("1", m.ID)
	s.multipart("mixed", mixed)
	s.next(mixed)
	if err := s.texts(m); err != nil {
		return err
	}
	for _, f := range files {
		s.next(mixed)
		s.file(fileName(f.Name), f.Type, f.Data)
	}
	s.end(mixed)
	return nil
}

func (s *sheet) texts(m Message) error {
	if m.HTML == "" {
		return s.text("text/plain", m.Text)
	}
	alternative := boundary("2", m.ID)
	s.multipart("alternative", alternative)
	s.next(alternative)
	if err := s.text("text/plain", m.Text); err != nil {
		return err
	}
	s.next(alternative)
	if err := s.text("text/html", m.HTML); err != nil {
		return err
	}
	s.end(alternative)
	return nil
}
