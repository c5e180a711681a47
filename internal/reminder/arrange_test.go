package reminder_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/reminder"
)

// wish reads "r1 Bella,Max 2027-03-01" with the words that it shares with others behind it: a send at nine on the day on which it is due.
func wish(t *testing.T, line string) reminder.Wish {
	t.Helper()
	words := strings.Fields(line)
	due := on(t, words[2])
	w := reminder.Wish{Key: words[0], Reminder: strings.Split(words[0], ":")[0], Due: due, On: due, Near: due, Together: words[3],
		At: time.Date(due.Year, due.Month, due.Day, 9, 0, 0, 0, time.UTC)}
	if words[1] != "-" {
		w.Patients = strings.Split(words[1], ",")
	}
	if w.Together == "alone" {
		w.Together = ""
	}
	return w
}

// what is said together, and what is said too often.
func TestArrange(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		wishes []string
		told   []string // day, patient and the reminder by which
		want   []string
	}{
		{"two pets 30 days apart", []string{"a Bella 2027-03-01 same", "b Max 2027-03-31 same"}, nil, []string{"a: Bella,Max +b"}},
		{"two pets 31 days apart", []string{"a Bella 2027-03-01 same", "b Max 2027-04-01 same"}, nil, []string{"a: Bella", "b: Max"}},
		{"other words", []string{"a Bella 2027-03-01 same", "b Max 2027-03-02 other"}, nil, []string{"a: Bella", "b: Max"}},
		{"words of one's own", []string{"a Bella 2027-03-01 alone", "b Max 2027-03-01 alone"}, nil, []string{"a: Bella", "b: Max"}},
		{"three pets, counted from the first", []string{"a Bella 2027-03-01 same", "b Max 2027-03-25 same", "c Luna 2027-04-10 same"}, nil, []string{"a: Bella,Max +b", "c: Luna"}},
		{"the same pet again is too often", []string{"a Bella 2027-03-01 same", "b Bella 2027-03-30 same"}, nil, []string{"a: Bella", "b: duplicate"}},
		{"30 days later it is not", []string{"a Bella 2027-03-01 same", "b Bella 2027-03-31 same"}, nil, []string{"a: Bella", "b: Bella"}},
		{"a reminder that shares one pet brings the other along", []string{"a Bella,Max 2027-03-01 same", "b Max,Luna 2027-03-10 same"}, nil, []string{"a: Bella,Max,Luna +b"}},
		{"repetitions do not count against each other", []string{"a:1 Bella 2027-03-01 same", "a:2 Bella 2027-03-08 same"}, nil, []string{"a:1: Bella", "a:2: Bella"}},
		{"repetitions pair up in order", []string{"a:1 Bella 2027-03-01 same", "a:2 Bella 2027-03-08 same", "b:1 Max 2027-03-02 same", "b:2 Max 2027-03-09 same"}, nil,
			[]string{"a:1: Bella,Max +b:1", "a:2: Bella,Max +b:2"}},
		{"what was told counts", []string{"a Bella 2027-03-20 same"}, []string{"2027-03-01 Bella z"}, []string{"a: duplicate"}},
		{"unless by the same reminder", []string{"a:2 Bella 2027-03-20 same"}, []string{"2027-03-01 Bella a"}, []string{"a:2: Bella"}},
		{"the pet that was told of is left out", []string{"a Bella,Max 2027-03-20 same"}, []string{"2027-03-01 Bella z"}, []string{"a: Max"}},
		{"a pet that was told of joins nobody", []string{"a Bella 2027-03-20 same", "b Max 2027-03-21 same"}, []string{"2027-03-01 Max z"}, []string{"a: Bella", "b: duplicate"}},
		{"told of on its own day is one thing, on the day of the first another", []string{"a Bella 2027-03-20 same", "b Max 2027-04-10 same"}, []string{"2027-03-01 Max z"}, []string{"a: Bella", "b: Max"}},
		{"about no patient in particular", []string{"a - 2027-03-01 same", "b - 2027-03-01 same"}, nil, []string{"a:", "b:"}},
		{"of one moment, the one due first", []string{"b Bella 2027-03-01 same", "a Bella 2027-03-01 same"}, nil, []string{"a: Bella", "b: duplicate"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var wishes []reminder.Wish
			for _, line := range c.wishes {
				wishes = append(wishes, wish(t, line))
			}
			var told []reminder.Told
			for _, line := range c.told {
				words := strings.Fields(line)
				told = append(told, reminder.Told{On: on(t, words[0]), Patients: map[string][]string{words[1]: {words[2]}}})
			}
			for range 2 {
				var got []string
				for _, m := range reminder.Arrange(wishes, told) {
					line := strings.TrimSpace(fmt.Sprintf("%s: %s", m.Key, strings.Join(m.Patients, ",")))
					for _, joined := range m.Joined {
						line += " +" + joined.Key
					}
					if m.Duplicate {
						line = m.Key + ": duplicate"
					}
					got = append(got, line)
				}
				if diff := cmp.Diff(c.want, got); diff != "" {
					t.Error(diff)
				}
				slices.Reverse(wishes) // the order in which they come decides nothing
			}
		})
	}
}

// A person who asks for a moment gets it, whatever was told before.
func TestWhatAPersonAskedForIsNoDuplicate(t *testing.T) {
	t.Parallel()
	w := wish(t, "a Bella 2027-03-10 same")
	w.Asked = true
	told := []reminder.Told{{On: on(t, "2027-03-01"), Patients: map[string][]string{"Bella": {"z"}}}}
	if got := reminder.Arrange([]reminder.Wish{w}, told); got[0].Duplicate || len(got[0].Patients) != 1 {
		t.Errorf("got %+v", got)
	}
}

// where a reminder stands.
func TestWhereAReminderStands(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		s    reminder.Standing
		want string
	}{
		{"nothing is the matter", reminder.Standing{Patients: 1}, " "},
		{"about no patient in particular", reminder.Standing{}, " "},
		{"a person ended it, whatever else", reminder.Standing{Ended: reminder.Cancelled, ClientGone: true}, "cancelled by_person"},
		{"a person says that it is done", reminder.Standing{Ended: reminder.Done, Patients: 1, Dead: 1}, "done by_person"},
		{"the owner is gone", reminder.Standing{ClientGone: true, Patients: 1, Dead: 1}, "cancelled gone"},
		{"the service was performed", reminder.Standing{Patients: 1, Served: 1, Unwanted: true}, "done already_done"},
		{"performed for one of two", reminder.Standing{Patients: 2, Served: 1}, " "},
		{"performed for one, and the other died", reminder.Standing{Patients: 2, Served: 1, Dead: 1}, "done already_done"},
		{"its rule is off", reminder.Standing{Patients: 1, Unwanted: true}, "cancelled not_wanted"},
		{"all died", reminder.Standing{Patients: 2, Dead: 2}, "cancelled deceased"},
		{"one of two died", reminder.Standing{Patients: 2, Dead: 1}, " "},
		{"one has an end-of-life visit", reminder.Standing{Patients: 1, Parting: 1}, "cancelled end_of_life"},
		{"one has died, the other has such a visit", reminder.Standing{Patients: 2, Dead: 1, Parting: 1}, "cancelled deceased"},
		{"one of two has such a visit", reminder.Standing{Patients: 2, Parting: 1}, " "},
		{"none comes here any more", reminder.Standing{Patients: 1, Away: 1}, "cancelled inactive"},
		{"the owner wants no reminders", reminder.Standing{Patients: 1, Refused: true}, "cancelled opted_out"},
	} {
		if state, cause := reminder.Close(c.s); string(state)+" "+cause != c.want {
			t.Errorf("%s: %s %s, want %s", c.name, state, cause, c.want)
		}
	}
	for _, c := range []struct {
		name string
		p    reminder.Progress
		want string
	}{
		{"something waits", reminder.Progress{Waiting: 1, Sent: 1}, "scheduled "},
		{"the next is held back", reminder.Progress{Held: 1, Waiting: 1}, "held visit_booked"},
		{"something is in its way", reminder.Progress{Barred: 1, Cause: "no_address"}, "scheduled no_address"},
		{"everything went out", reminder.Progress{Sent: 2, Lost: "failed"}, "sent "},
		{"nothing ever left", reminder.Progress{Lost: "bad_address"}, "stale bad_address"},
		{"there never was anything", reminder.Progress{}, "stale stale"},
	} {
		if state, cause := reminder.Judge(c.p); string(state)+" "+cause != c.want {
			t.Errorf("%s: %s %s, want %s", c.name, state, cause, c.want)
		}
	}
}
