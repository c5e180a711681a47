package torture

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pocketbase/pocketbase/core"
)

// many texts that are alike to the letter, to one number, with kills among them: the provider knows them by number and words only, and still
// the owner gets each exactly once, and no two of the log's rows share one of the provider's.
func TestManyTextsThatAreAlikeToOneNumber(t *testing.T) {
	t.Parallel()
	s := sizeOf(t, 80, 4)
	// Twilio's list is looked through for so many texts to one number at most.
	s.messages, s.kills = min(s.messages, 800), min(s.kills, 40)
	t.Logf("seed %d, %d messages, %d kills", s.seed, s.messages, s.kills)
	tr := begin(t, s, "mailgun", 1)
	clock := tr.write(time.Date(2027, 3, 1, 9, 0, 0, 0, time.UTC), s.messages, "Bella is ready. You can fetch her at any time until 18:00.")
	tr.calm(tr.live(clock, s.kills))
	tr.account()
	if n := tr.total(); n != s.messages {
		t.Errorf("the provider took %d texts of %d", n, s.messages)
	}
	tr.reopen(t, func(app core.App) {
		var different int
		if err := app.DB().NewQuery(`SELECT count(DISTINCT gateway_id) FROM messages WHERE state IN ('sent', 'delivered')`).Row(&different); err != nil || different != s.messages {
			t.Errorf("%d messages have a text of their own at the provider, want %d: %v", different, s.messages, err)
		}
	})
}

// write writes so many personal texts to the first client, all with the same words, and answers the clinic's time after it.
func (tr *trial) write(clock time.Time, n int, words string) time.Time {
	const inBatch = 40
	tr.start(tr.t, clock)
	for i := 0; i < n; i += inBatch {
		var batch []map[string]any
		for m := i; m < min(i+inBatch, n); m++ {
			batch = append(batch, map[string]any{"method": "POST", "url": "/api/collections/messages/records", "body": map[string]any{
				"id": fmt.Sprintf("alike%010d", m), "client": tr.clients[0], "channel": "sms", "text": words,
			}})
		}
		if status, said := tr.ask(http.MethodPost, "/api/batch", map[string]any{"requests": batch}); status != http.StatusOK {
			tr.t.Fatalf("%d %s", status, strings.TrimSpace(string(said)))
		}
	}
	return tr.die(0)
}
