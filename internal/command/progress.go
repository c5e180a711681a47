package command

import (
	"fmt"
	"io"
	"os"
	"strings"
)

// progress shows how far a long work is: a bar that fills on a terminal, and one line for each kind of work elsewhere, so that a log stays
// readable. What cannot be written is no reason to stop the work.
type progress struct {
	out         io.Writer
	terminal    bool
	what        string
	done, total int
	shown       int // tenths of a per cent that the bar showed last, so that it is not drawn for nothing
}

func newProgress(out io.Writer) *progress {
	p := progress{out: out}
	if file, is := out.(*os.File); is {
		if info, err := file.Stat(); err == nil {
			p.terminal = info.Mode()&os.ModeCharDevice != 0
		}
	}
	return &p
}

// barWidth is how many characters a full bar has.
const barWidth = 30

// begin starts another kind of work of a known size.
func (p *progress) begin(what string, total int) {
	p.what, p.done, p.total, p.shown = what, 0, total, -1
	p.draw()
}

// step says that one more is done.
func (p *progress) step() {
	p.done++
	p.draw()
}

func (p *progress) draw() {
	part := 1000
	if p.total > 0 {
		part = 1000 * p.done / p.total
	}
	finished := p.done >= p.total
	if part == p.shown {
		return
	}
	p.shown = part
	switch {
	case p.terminal:
		full := barWidth * part / 1000
		p.write(fmt.Sprintf("\r%-36s [%s%s] %d/%d", p.what, strings.Repeat("=", full), strings.Repeat(" ", barWidth-full), p.done, p.total))
		if finished {
			p.write("\n")
		}
	case finished && p.total > 1:
		p.write(fmt.Sprintf("%s: %d\n", p.what, p.total))
	case finished:
		p.write(p.what + "\n")
	}
}

func (p *progress) write(s string) {
	if _, err := io.WriteString(p.out, s); err != nil {
		p.out = io.Discard
	}
}
