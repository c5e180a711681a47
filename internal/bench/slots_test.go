package bench

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"
)

// freeSlots lists free starts, each as often as there are practitioners free at it, in the order in which a crowd would take them.
func freeSlots(b testing.TB, s server, c big) []string {
	b.Helper()
	booked.Store(0)
	var slots []string
	for _, practitioner := range c.people {
		for day := 1; day <= 89; day++ {
			slots = append(slots, afternoon(b, s, c, practitioner, today.AddDate(0, 0, day).Format(time.DateOnly))...)
		}
	}
	rand.Shuffle(len(slots), func(i, j int) { slots[i], slots[j] = slots[j], slots[i] })
	return slots
}

// afternoon lists one practitioner's free starts after the visits that the clinic was made with, on the hour and the half hour, so that no two of
// them touch.
func afternoon(b testing.TB, s server, c big, practitioner, date string) (starts []string) {
	b.Helper()
	answer, err := http.Get("http://" + s.address + "/api/booking/times?location=" + c.location + "&reason=" + c.reason + "&species=" + c.species +
		"&practitioner=" + practitioner + "&date=" + date)
	if err != nil {
		b.Fatal(err)
	}
	var times struct {
		Times []struct {
			StartsAt string `json:"starts_at"`
			Local    string `json:"local"`
		} `json:"times"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&times); err != nil {
		b.Fatal(err)
	}
	if err := answer.Body.Close(); err != nil {
		b.Fatal(err)
	}
	for _, t := range times.Times {
		if t.Local >= "13:30" && (t.Local[3:] == "00" || t.Local[3:] == "30") {
			starts = append(starts, t.StartsAt)
		}
	}
	return starts
}
