package gateway

import (
	"bytes"
	"context"
)

// line is one command to a mail server, and the code that its answer shall have (its beginning is enough).
type line struct {
	words string
	wants int
	stage stage
}

// ask says lines to the server and reads its answers, nil for the code wanted. Where the server takes several at once (RFC 2920) they are one
// packet, and all are answered. Otherwise they are said one after the other, and nothing after one of the first needed lines that was refused.
// The error is why the conversation ended before all was said; fewer answers than lines tell where.
func (c *smtpConnection) ask(ctx context.Context, needed int, lines ...line) (answers []error, err error) {
	answers = make([]error, 0, len(lines))
	together := 1
	if c.pipelines {
		together = len(lines)
	}
	for len(answers) < len(lines) {
		some := lines[len(answers):min(len(answers)+together, len(lines))]
		err := c.command(ctx, func() error {
			for _, l := range some {
				if _, err := c.client.Text.W.WriteString(l.words + "\r\n"); err != nil {
					return err
				}
			}
			if err := c.client.Text.W.Flush(); err != nil {
				return err
			}
			for _, l := range some {
				_, _, err := c.client.Text.ReadResponse(l.wants)
				if err != nil && (!answered(err) || closing(err)) {
					return err
				}
				answers = append(answers, err)
			}
			return nil
		})
		if err != nil {
			return answers, err
		}
		if last := answers[len(answers)-1]; last != nil && together == 1 && len(answers) <= needed {
			break
		}
	}
	for _, no := range answers {
		c.refused = c.refused || no != nil
	}
	return answers, nil
}

// envelope names sender and recipients, and has the server wait for the letter. A hidden copy that it refuses is left out, anything else ends the
// attempt: where, and why. With one recipient all of it is one packet; with hidden copies the letter is only announced when it is known that
// the owner is among those who get it.
func (c *smtpConnection) envelope(ctx context.Context, l letter) (leftOut int, at stage, err error) {
	from := "MAIL FROM:<" + l.from + ">"
	if c.eightBit {
		from += " BODY=8BITMIME"
	}
	lines := []line{{from, 250, stageMail}}
	for _, address := range l.to {
		lines = append(lines, line{"RCPT TO:<" + address + ">", 25, stageRcpt})
	}
	announced := line{"DATA", 354, stageData}
	if c.pipelines && len(l.to) == 1 {
		lines = append(lines, announced)
	}
	const needed = 2 // the sender and the owner
	answers, err := c.ask(ctx, needed, lines...)
	if err != nil {
		return 0, lines[len(answers)].stage, err
	}
	waits := len(lines) > len(l.to)+1 && answers[len(lines)-1] == nil
	for i, no := range answers {
		switch {
		case no == nil:
		case i < needed || lines[i].stage == stageData:
			// A server that waits for a letter to nobody is left without it.
			c.broken = c.broken || waits
			return 0, lines[i].stage, no
		default:
			leftOut++
		}
	}
	if !waits {
		if answers, err = c.ask(ctx, 1, announced); err == nil {
			err = answers[0]
		}
		if err != nil {
			return 0, stageData, err
		}
	}
	c.refused, c.inMessage = false, true
	return leftOut, stageData, nil
}

// letter says the letter itself and waits for the answer to it. Until its last line, the dot, has left, nothing is sent (RFC 5321, 4.1.1.4): left
// reports whether it may have. What breaks off while it is written leaves that line behind, for it is the last thing written.
func (c *smtpConnection) letter(ctx context.Context, raw []byte) (left bool, err error) {
	text := stuffed(raw)
	err = c.during(ctx, c.options.DataTimeout, func() error {
		if _, err := c.client.Text.W.Write(text); err != nil {
			return err
		}
		if err := c.client.Text.W.Flush(); err != nil {
			return err
		}
		left = true
		_, _, err := c.client.Text.ReadResponse(250)
		return err
	})
	return left, err
}

// stuffed is a letter as SMTP carries it: every line ends with CRLF, one that begins with a dot gets another one, and a lone dot ends it (RFC 5321,
// 4.5.2). It is one piece, so that it leaves in one.
func stuffed(raw []byte) []byte {
	out := make([]byte, 0, len(raw)+len(raw)/64+16)
	for len(raw) > 0 {
		text := raw
		if end := bytes.IndexByte(raw, '\n'); end >= 0 {
			text, raw = raw[:end], raw[end+1:]
		} else {
			raw = nil
		}
		text = bytes.TrimSuffix(text, []byte("\r"))
		if len(text) > 0 && text[0] == '.' {
			out = append(out, '.')
		}
		out = append(append(out, text...), "\r\n"...)
	}
	return append(out, ".\r\n"...)
}
