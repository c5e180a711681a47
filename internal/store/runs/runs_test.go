package runs_test

import (
	"testing"

	"pawbell/internal/store/runs"
)

// a person stops a run while there is work to do, and moves it nowhere else.
func TestAPersonOnlyStopsARun(t *testing.T) {
	t.Parallel()
	all := []runs.State{runs.Queued, runs.Running, runs.Done, runs.Failed, runs.Stopped}
	for _, from := range all {
		for _, to := range all {
			want := from == to || to == runs.Stopped && (from == runs.Queued || from == runs.Running)
			if got := from.ByHand(to); got != want {
				t.Errorf("from %s to %s: %v, want %v", from, to, got, want)
			}
		}
	}
}
