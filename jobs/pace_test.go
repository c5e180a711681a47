package jobs

import (
	"testing"
	"time"
)

// pieces are as large as keep the write lock for about half of 50 ms, of at most 500 rows.
func TestThePaceOfLongWork(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		limit int
		held  time.Duration
		want  int
	}{
		{"far below", 100, 5 * time.Millisecond, 200},
		{"below", 100, 20 * time.Millisecond, 125},
		{"as it should be", 100, 40 * time.Millisecond, 100},
		{"too long", 100, 51 * time.Millisecond, 50},
		{"never more than 500", 400, time.Millisecond, 500},
		{"never fewer than ten", 12, time.Second, 10},
	} {
		if got := nextLimit(c.limit, c.held); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}
