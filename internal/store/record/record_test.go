package record

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// What the fast reader of instants reads is what the slow one would.
func TestAnInstantIsReadAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		at := time.UnixMilli(rapid.Int64Range(-2_000_000_000_000, 7_000_000_000_000).Draw(t, "at")).UTC()
		if got := ParseInstant(Instant(at)); !got.Equal(at) {
			t.Fatalf("%v came back as %v", at, got)
		}
	})
	if !ParseInstant("").IsZero() || Instant(time.Time{}) != "" {
		t.Fatal("no instant is the empty text")
	}
	if got := ParseInstant("2027-03-01 08:15:00Z"); !got.IsZero() && !got.Equal(time.Date(2027, 3, 1, 8, 15, 0, 0, time.UTC)) {
		t.Fatalf("a shorter form was read as %v", got)
	}
}
