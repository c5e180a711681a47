package jobs

import (
	"sync"

	"pawbell/internal/outbox"
	"pawbell/internal/store"
	"pawbell/internal/store/queue"
)

// tally counts what one run of the dispatcher did, for one line in the log. It holds numbers only, nothing about people.
type tally struct {
	mutex                            sync.Mutex
	found, sent, failed, again, held int
	inDoubt                          int
	ended                            map[string]int // by reason
}

func (t *tally) leased(l queue.Leased) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.found += len(l.Going) + len(l.Ended)
	if t.ended == nil {
		t.ended = map[string]int{}
	}
	for reason, n := range l.Why {
		t.ended[string(reason)] += n
	}
}

func (t *tally) noted(answers []answer) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for _, a := range answers {
		switch {
		case a.State == outbox.Sent || a.State == outbox.Delivered:
			t.sent++
		case a.State == outbox.Failed:
			t.failed++
		case a.State == outbox.Sending:
			t.inDoubt++
		case a.State == outbox.Queued && a.Uncounted:
			t.held++
		case a.State == outbox.Queued:
			t.again++
		default:
			t.ended[string(a.Reason)]++
		}
	}
}

// told is what the run did, in numbers, and begins anew. A run that found nothing says nothing: nil.
func (t *tally) told() map[string]any {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var numbers map[string]any
	if t.found > 0 {
		numbers = map[string]any{
			"found": t.found, "sent": t.sent, "failed": t.failed, "again": t.again, "held": t.held, "in_doubt": t.inDoubt, "skipped": t.ended,
		}
	}
	t.found, t.sent, t.failed, t.again, t.held, t.inDoubt, t.ended = 0, 0, 0, 0, 0, 0, nil
	return numbers
}

// tell writes the report of a run into the log.
func (j *house) tell() {
	numbers := j.tally.told()
	if numbers == nil {
		return
	}
	if err := store.ReportRun(j.app, "dispatched", numbers); err != nil {
		j.app.Logger().Error("a run could not be reported", "error", err.Error())
	}
}
