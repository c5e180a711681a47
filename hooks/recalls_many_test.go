package hooks_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/clinictest"
	"pawbell/internal/store"
	"pawbell/internal/store/recalls"
)

// many clients at once are planned like each by itself, whatever their reminders are like.
func TestManyArePlannedLikeEach(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	c.rule(fields{"steps": []int{-30, 7}, "methods": []string{"email", "sms"}})
	c.rule(fields{"name": "Senior", "trigger": "age_reached", "age_number": 7, "due_number": 0, "reminder_group": "senior"})
	var clients []string
	for i := range 8 {
		client, pet := c.petOwner(fields{"born_on": fmt.Sprintf("2020-04-%02d", i+1)})
		clients = append(clients, client.Id)
		second := clinictest.Patient(t, c.app, client, fields{"name": "Max", "species": c.dog.Id})
		c.visited(client, pet, fmt.Sprintf("2026-04-%02d 08:00:00.000Z", i+1))
		c.visited(client, second, fmt.Sprintf("2026-04-%02d 09:00:00.000Z", i+3))
		by := []string{"email", "post"}
		if i == 5 {
			by = []string{"email"}
		}
		c.patch(c.superuser, client, fields{"address": "Nygade 1", "city": "Odense", "postcode": "5000"})
		c.remind(fields{"client": client.Id, "patients": []string{second.Id}, "location": c.location.Id, "due_on": "2027-09-01", "methods": by, "own_text": true,
			"subject": "Look", "email_text": "Come and see us.", "repeat_number": 1, "repeat_unit": "month", "repeat_count": i%3 + 1})
		switch i {
		case 1:
			c.patch(c.superuser, client, fields{"no_sms": true})
		case 2:
			c.patch(c.superuser, client, fields{"refused": []string{"reminder"}})
		case 3:
			c.patch(c.superuser, second, fields{"deceased_on": "2027-02-28"})
		case 4:
			clinictest.Visit(t, c.app, c.location, c.practitioner, c.reason, client, "2027-03-20 08:00:00.000Z", fields{"patient": pet.Id})
		case 5:
			c.patch(c.superuser, client, fields{"email": "", "no_email": true})
		case 6:
			clinictest.Make(t, c.app, store.StoppedAddresses, fields{"channel": "email", "address": client.GetString("email"), "cause": "stop"})
		}
	}
	clients = append(clients, clinictest.Client(t, c.app).Id)
	clinic, err := store.LoadClinic(c.app)
	if err != nil {
		t.Fatal(err)
	}
	undone := errors.New("undone")
	// planned is what the tables say after a plan from nothing, which is taken back.
	planned := func(plan func(tx core.App) error) (lines []string) {
		t.Helper()
		err := c.app.RunInTransaction(func(tx core.App) error {
			for _, wipe := range []string{"DELETE FROM messages WHERE purpose = 'reminder'", "UPDATE reminders SET state = 'scheduled', reason = '', next_send_at = '', coming = '[]', look_at = ''"} {
				if _, err := tx.NonconcurrentDB().NewQuery(wipe).Execute(); err != nil {
					return err
				}
			}
			if err := plan(tx); err != nil {
				return err
			}
			for _, question := range []string{
				`SELECT key || ' ' || state || ' ' || reason || ' ' || "to" || ' ' || send_at || ' ' || subject || ' ' || text || ' ' || patients || reminders || covers FROM messages WHERE purpose = 'reminder'`,
				`SELECT id || ' ' || state || ' ' || reason || ' ' || next_send_at || ' ' || coming || ' ' || look_at || ' ' || sent_count FROM reminders`,
			} {
				var some []string
				if err := tx.DB().NewQuery(question).Column(&some); err != nil {
					return err
				}
				lines = append(lines, some...)
			}
			return undone
		})
		if !errors.Is(err, undone) {
			t.Fatal(err)
		}
		slices.Sort(lines)
		return lines
	}
	each := planned(func(tx core.App) error {
		for _, client := range clients {
			if err := recalls.Plan(tx, clinic, client, c.now); err != nil {
				return err
			}
		}
		return nil
	})
	many := planned(func(tx core.App) error { return recalls.PlanMany(tx, clinic, clients, c.now) })
	if diff := cmp.Diff(each, many); diff != "" {
		t.Errorf("(-each +many):\n%s", diff)
	}
	if len(each) < 60 {
		t.Errorf("only %d rows to compare", len(each))
	}
}
