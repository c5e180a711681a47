package outbox

import (
	"testing"

	"pgregory.net/rapid"
)

// Every pair of states, by whom it may be moved: m the machine, p a person, b both, . nobody. Rows are where it comes from.
const moves = `
           queued sending sent delivered failed unknown stale cancelled skipped
queued     b      m       m    .         .      .       m     b         m
sending    m      b       m    .         m      m       m     .         .
sent       .      .       b    m         m      .       .     .         .
delivered  .      .       .    b         .      .       .     .         .
failed     m      .       .    .         b      .       .     .         .
unknown    .      .       b    m         b      b       .     .         .
stale      .      .       .    .         .      .       b     .         .
cancelled  m      .       .    .         .      .       .     b         .
skipped    m      .       .    .         .      .       .     .         b
`

func TestEveryMove(t *testing.T) {
	t.Parallel()
	seen := 0
	for from, row := range table(t, moves) {
		for to, cell := range row {
			seen++
			machine, person := cell == "m" || cell == "b", cell == "p" || cell == "b"
			if got := Allowed(State(from), State(to), Machine); got != machine {
				t.Errorf("machine: %s → %s: %v", from, to, got)
			}
			if got := Allowed(State(from), State(to), Person); got != person {
				t.Errorf("person: %s → %s: %v", from, to, got)
			}
		}
	}
	if want := len(States()) * len(States()); seen != want {
		t.Errorf("the table has %d pairs, want %d", seen, want)
	}
}

// sent is not delivered, and a late report never moves a state back.
const reports = `
           sent      delivered failed
queued     sent      delivered failed
sending    sent      delivered failed
sent       sent      delivered failed
delivered  delivered delivered delivered
failed     failed    failed    failed
unknown    sent      delivered failed
stale      stale     stale     stale
cancelled  cancelled cancelled cancelled
skipped    skipped   skipped   skipped
`

func TestEveryReport(t *testing.T) {
	t.Parallel()
	for from, row := range table(t, reports) {
		for reported, want := range row {
			if got := After(State(from), State(reported)); got != State(want) {
				t.Errorf("%s, reported %s: %s, want %s", from, reported, got, want)
			}
		}
	}
	for _, s := range States() {
		for _, reported := range []State{Queued, Sending, Unknown, Stale, Cancelled, Skipped, ""} {
			if got := After(s, reported); got != s {
				t.Errorf("%s moved to %s by a report of %q", s, got, reported)
			}
		}
	}
}

func TestReportsInAnyOrderEndAlike(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		state := rapid.SampledFrom([]State{Sending, Sent, Unknown}).Draw(t, "state")
		last := rapid.SampledFrom([]State{Delivered, Failed}).Draw(t, "last")
		all := rapid.Permutation([]State{Sent, Sent, last, last}).Draw(t, "reports")
		for _, r := range all {
			state = After(state, r)
		}
		if state != last {
			t.Fatalf("ended as %s, want %s", state, last)
		}
	})
}

//
func TestWhatIsOverAndWhatMayBePutBack(t *testing.T) {
	t.Parallel()
	want := map[State][2]bool{
		Queued: {false, false}, Sending: {false, false}, Sent: {false, true}, Unknown: {false, true}, Delivered: {true, true},
		Failed: {true, true}, Stale: {true, true}, Cancelled: {true, true}, Skipped: {true, true},
	}
	for _, s := range States() {
		if got := [2]bool{s.Final(), s.PutBack()}; got != want[s] {
			t.Errorf("%s: %v, want %v", s, got, want[s])
		}
	}
}
