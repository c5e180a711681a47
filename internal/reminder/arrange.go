package reminder

import (
	"cmp"
	"slices"
	"time"

	"pawbell/internal/calendar"
)

// apart is for how many days a patient hears nothing of another reminder, and how far apart what is due may be to be said together.
const apart = 30

// Wish is a send of one reminder on one channel that is still to be said.
type Wish struct {
	Key      string // of its message
	Reminder string
	Step     string
	Due, On  calendar.Date
	At       time.Time // the wished moment
	MadeAt   time.Time // of the reminder, which decides between two wishes of one moment
	Patients []string  // those that it still concerns; none = no patient in particular
	// Near is the day on which it would be said if nobody had asked for another: what is said together stays together when it is hurried.
	Near calendar.Date
	// Asked: a person asked for this very moment. What was told before does not bar it, and it waits for no other.
	Asked bool
	// Together is what messages must have in common to be one: place, words, channel, receiver. "" = always said alone.
	Together string
}

// Told is what was said about patients on a day: for each of them, by which reminders.
type Told struct {
	On       calendar.Date
	Patients map[string][]string
}

// Message is what becomes of a wish.
type Message struct {
	Wish
	Patients []string // whom it names, in the order of the wishes that it carries
	Joined   []Wish   // the others that it speaks for; these get no message of their own
	// Duplicate: each of its patients had another recall within the 30 days. It is not sent.
	Duplicate bool
}

// Arrange makes messages of wishes. Several patients due within 30 days, with the same words on the same channel, are named in one
// message, at the moment of the earliest. A patient hears of at most one reminder in 30 days: the later ones are duplicates; repetitions
// and steps of one reminder do not count against each other. What was told already counts.
//
// The answer depends on nothing but the wishes and what was told, whatever order they come in.
func Arrange(wishes []Wish, told []Told) []Message {
	wishes = slices.Clone(wishes)
	slices.SortFunc(wishes, func(a, b Wish) int {
		return cmp.Or(a.At.Compare(b.At), a.Due.Days(b.Due), a.MadeAt.Compare(b.MadeAt), cmp.Compare(a.Reminder, b.Reminder), cmp.Compare(a.Key, b.Key))
	})
	told = slices.Clone(told)
	messages := make([]Message, 0, len(wishes))
	carried := make([]bool, len(wishes))
	for i, w := range wishes {
		if carried[i] {
			continue
		}
		m := Message{Wish: w, Patients: w.free(told, w.On)}
		if len(w.Patients) > 0 && len(m.Patients) == 0 {
			m.Duplicate = true
			messages = append(messages, m)
			continue
		}
		about := map[string][]string{}
		for _, p := range m.Patients {
			about[p] = []string{w.Reminder}
		}
		reminders := []string{w.Reminder}
		for j := i + 1; j < len(wishes) && w.Together != ""; j++ {
			other := wishes[j]
			if carried[j] || other.Asked || !w.near(other) || slices.Contains(reminders, other.Reminder) {
				continue
			}
			free := other.free(told, w.On)
			if !slices.ContainsFunc(free, func(p string) bool { return about[p] == nil }) {
				continue
			}
			carried[j] = true
			reminders = append(reminders, other.Reminder)
			m.Joined = append(m.Joined, other)
			for _, p := range free {
				if about[p] == nil {
					m.Patients = append(m.Patients, p)
				}
				about[p] = append(about[p], other.Reminder)
			}
		}
		told = append(told, Told{On: w.On, Patients: about})
		messages = append(messages, m)
	}
	return messages
}

// near reports whether two wishes are to be said together.
func (w Wish) near(other Wish) bool {
	return w.Together == other.Together && w.Step == other.Step && within(w.Due, other.Due, apart) && within(w.Near, other.Near, apart)
}

func within(a, b calendar.Date, days int) bool {
	d := a.Days(b)
	return -days <= d && d <= days
}

// free are the patients that no other reminder spoke of within the 30 days around the day on which this one would be said.
func (w Wish) free(told []Told, on calendar.Date) []string {
	if w.Asked {
		return w.Patients
	}
	return slices.DeleteFunc(slices.Clone(w.Patients), func(patient string) bool {
		for _, t := range told {
			by, named := t.Patients[patient]
			if named && within(t.On, on, apart-1) && !slices.Contains(by, w.Reminder) {
				return true
			}
		}
		return false
	})
}
