package command

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func work(p *progress) {
	p.begin("Clients", 4)
	for range 4 {
		p.step()
	}
	p.begin("Set-up", 1)
	p.step()
}

func TestProgressInALogIsOneLineForEachKindOfWork(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	work(newProgress(&out))
	if got, want := out.String(), "Clients: 4\nSet-up\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestProgressOnATerminalIsABarThatFills(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := newProgress(&out)
	p.terminal = true
	work(p)
	frames := strings.Split(strings.Split(out.String(), "\n")[0], "\r")[1:]
	var filled []int
	for _, frame := range frames {
		filled = append(filled, strings.Count(frame, "="))
	}
	if len(filled) != 5 || filled[0] != 0 || filled[2] != barWidth/2 || filled[4] != barWidth {
		t.Errorf("the bar was filled %v of %d:\n%q", filled, barWidth, out.String())
	}
	if lines := strings.Count(out.String(), "\n"); lines != 2 {
		t.Errorf("%d lines for two kinds of work", lines)
	}
}

type shut struct{}

func (shut) Write([]byte) (int, error) { return 0, errors.New("nobody reads") }

func TestWorkGoesOnWhereNobodyReadsItsProgress(t *testing.T) {
	t.Parallel()
	p := newProgress(shut{})
	work(p)
	if p.done != 1 {
		t.Errorf("%d done", p.done)
	}
}
