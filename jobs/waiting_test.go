package jobs

import (
	"testing"
	"time"

	"pawbell/internal/clinictest"
	"pawbell/internal/gateway"
)

// PR-05, R-41: a letter is a task for a person, once. It waits for hands as long as it takes, and only what happened since ends it.
func TestALetterIsATaskForAPerson(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	clinictest.Change(t, tr.app, tr.client, clinictest.Fields{"first_name": "Maja", "last_name": "Lund", "address": "Strandvej 3", "postcode": "2900", "city": "Hellerup"})
	tr.clock = monday.Add(2 * time.Hour)
	letter := tr.message(clinictest.Fields{"purpose": "reminder", "priority": 3, "channel": "post", "to": ""})
	tr.message(clinictest.Fields{"purpose": "reminder", "priority": 3, "channel": "post", "to": "", "send_at": tr.clock.Add(48 * time.Hour)})
	nowhere := clinictest.Client(t, tr.app, clinictest.Fields{"first_name": "Bo", "last_name": "Krag"})
	tr.message(clinictest.Fields{"purpose": "reminder", "priority": 3, "channel": "post", "to": "", "client": nowhere.Id})
	at := tr.clock
	for minutes := range 5 {
		tr.dispatch(at.Add(time.Duration(minutes) * time.Minute))
	}
	if tr.provider.count() != 0 {
		t.Fatal("a letter was sent")
	}
	titles := map[string]string{}
	for _, task := range tr.tasks("letter_to_print") {
		titles[task.GetString("title")] = task.GetString("message")
		if task.GetString("location") != tr.location.Id || task.GetString("client") == "" {
			t.Errorf("nobody knows whose task it is: %v", task)
		}
	}
	if len(titles) != 2 || titles["Print the letter to Maja Lund"] != letter.Id || titles["Find out the postal address and print the letter to Bo Krag"] == "" {
		t.Fatalf("%v", titles)
	}

	tr.dispatch(at.Add(72 * time.Hour))
	expect(t, tr, log{"reminder post queued": 3})
	if len(tr.tasks("letter_to_print")) != 3 {
		t.Fatal("the later letter raised no task of its own")
	}
	// One that somebody writes now is on the list with the next bell, and does not wait for the minute.
	tr.clock = at.Add(72*time.Hour + time.Second)
	tr.message(clinictest.Fields{"channel": "post", "to": ""})
	tr.dispatch(tr.clock)
	if len(tr.tasks("letter_to_print")) != 4 {
		t.Fatal("a letter that is due has no task")
	}
	clinictest.Change(t, tr.app, letter, clinictest.Fields{"state": "cancelled"})
	tr.dispatch(at.Add(73 * time.Hour))
	for _, task := range tr.tasks("letter_to_print") {
		if withdrawn := task.GetString("message") == letter.Id; task.GetBool("done") != withdrawn {
			t.Errorf("%s: done is %v", task.GetString("title"), task.GetBool("done"))
		}
	}
}

// whose owner refused meanwhile gets no letter, and nobody is asked to print one.
func TestALetterThatIsNotWantedAnyMoreRaisesNoTask(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	tr.message(clinictest.Fields{"purpose": "reminder", "priority": 3, "channel": "post", "to": ""})
	if _, err := tr.app.NonconcurrentDB().NewQuery(`UPDATE clients SET refused = '["reminder"]'`).Execute(); err != nil {
		t.Fatal(err)
	}
	tr.dispatch(tr.clock)
	expect(t, tr, log{"reminder post skipped opted_out": 1})
	if n := len(tr.tasks("letter_to_print")); n != 0 {
		t.Errorf("%d tasks", n)
	}
}

// PR-06, R-41, R-05: without a gateway for it, an external message is never sent. It waits to be fetched, for a day.
func TestWhatAnExternalServiceFetchesWaitsForADay(t *testing.T) {
	t.Parallel()
	tr := newTrial(t)
	tr.clock = monday.Add(2 * time.Hour)
	tr.message(clinictest.Fields{"purpose": "reminder", "priority": 3, "channel": "external"})
	at := tr.clock
	tr.dispatch(at.Add(24 * time.Hour))
	expect(t, tr, log{"reminder external queued": 1})
	tr.dispatch(at.Add(24*time.Hour + time.Minute))
	expect(t, tr, log{"reminder external stale stale": 1})
	if tr.provider.count() != 0 || tr.events(gateway.EventAttempt) != 0 {
		t.Error("it was sent")
	}
}
