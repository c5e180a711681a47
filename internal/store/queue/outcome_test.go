package queue

import (
	"testing"
	"time"
)

// the quarter is the clinic's own, not that of Greenwich.
func TestTheQuarterIsLocal(t *testing.T) {
	t.Parallel()
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		t.Fatal(err)
	}
	for at, want := range map[string]string{
		"2026-12-31T22:59:59Z": "2026Q4", "2026-12-31T23:00:00Z": "2027Q1", "2027-03-31T21:59:59Z": "2027Q1", "2027-03-31T22:00:00Z": "2027Q2",
	} {
		instant, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := Quarter(instant.In(oslo)); got != want {
			t.Errorf("%s is in %s, want %s", at, got, want)
		}
	}
}
