package pb_public_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"pawbell/pb_public"
)

// object is JSON as the contract draws it.
type object = map[string]any

// standIn is a clinic that answers the HTTP contract from memory, and can be made to misbehave.
type standIn struct {
	URL string

	mu       sync.Mutex
	menu     object
	firstDay int                                  // free days begin so many days after the first one asked for
	slow     map[string]time.Duration             // by path prefix
	refuse   map[string]func() (int, object)      // by path prefix; nil answers normally
	cut      map[string]int                       // by path prefix: so many connections are cut before an answer
	posted   []object                             // bodies of booking requests
	stored   map[string]object                    // answers by idempotency key
	contents map[string]string                    // and what was asked with that key
	visits   map[string]object                    // by token
	taken    map[string]bool                      // by starts_at
	asked    []string                             // paths with their queries
	days     func(date time.Time) (free []string) // local times free on a date; nil = the usual ones
}

func reason(id, name string, more object) object {
	r := object{"id": id, "name": name, "instructions": "", "duration_minutes": 30, "species": []string{}, "clients": "all"}
	maps.Copy(r, more)
	return r
}

func location(id, name string, more object) object {
	l := object{
		"id": id, "name": name, "address": "Storgata 12, 0184 Oslo", "phone": "+47 22 33 44 55", "timezone": "Europe/Oslo", "locale": "nb",
		"info":        "Is your pet very ill or hurt? Do not book: call us at once.",
		"ask_species": true, "show_duration": true, "show_practitioner": true,
		"required": []string{"first_name", "last_name", "pet_name", "contact"}, "currency": "NOK", "accent": "#1f6b57", "logo": "/icon.svg", "privacy_url": "https://example.com/privacy",
		"species": []object{{"id": "dog", "name": "Dog"}, {"id": "cat", "name": "Cat"}, {"id": "rabbit", "name": "Rabbit"}},
		"groups": []object{
			{"id": "health", "name": "Check-ups and vaccination", "reasons": []object{
				reason("vaccination", "Vaccination", object{"instructions": "Please bring the vaccination card.\nYour pet should be well on the day."}),
				reason("yearly", "Yearly check-up", object{"duration_minutes": 45, "price": 890}),
			}},
			{"id": "ill", "name": "My pet is not well", "reasons": []object{
				reason("consultation", "Consultation", object{"instructions": "Note when it began and what your pet has eaten."}),
				reason("skin", "Skin and ears", nil),
			}},
			{"id": "teeth", "name": "Teeth", "reasons": []object{
				reason("dental", "Dental check", object{"species": []string{"dog", "cat"}, "instructions": "No food after eight the evening before."}),
			}},
		},
	}
	maps.Copy(l, more)
	return l
}

func threeClinics() object {
	return object{"locations": []object{
		location("oslo", "Fjord Vet Oslo", nil),
		location("bergen", "Fjord Vet Bergen", object{"address": "Kong Oscars gate 3, 5017 Bergen", "phone": "+47 55 11 22 33", "accent": "#7a2e5d"}),
		location("drammen", "Fjord Vet Drammen", object{"address": "Bragernes torg 8, 3017 Drammen"}),
	}}
}

func oneClinic(more object) object {
	return object{"locations": []object{location("oslo", "Fjord Vet Oslo", more)}}
}

func open(t *testing.T, menu object) *standIn {
	t.Helper()
	s := &standIn{
		menu: menu, firstDay: 1, slow: map[string]time.Duration{}, refuse: map[string]func() (int, object){}, cut: map[string]int{},
		stored: map[string]object{}, contents: map[string]string{}, visits: map[string]object{}, taken: map[string]bool{},
	}
	server := httptest.NewServer(s)
	t.Cleanup(server.Close)
	s.URL = server.URL
	return s
}

// set changes the stand-in while a page is open on it.
func (s *standIn) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

func refusal(status int, fields object) func() (int, object) {
	return func() (int, object) { return status, object{"status": status, "message": "Refused.", "data": fields} }
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked = append(s.asked, r.URL.String())
	var wait time.Duration
	for prefix, delay := range s.slow {
		if strings.HasPrefix(r.URL.Path, prefix) {
			wait = delay
		}
	}
	var misbehave func() (int, object)
	for prefix, how := range s.refuse {
		if strings.HasPrefix(r.URL.Path, prefix) {
			misbehave = how
		}
	}
	cut := false
	for prefix, left := range s.cut {
		if strings.HasPrefix(r.URL.Path, prefix) && left > 0 {
			s.cut[prefix]--
			cut = true
		}
	}
	s.mu.Unlock()
	time.Sleep(wait)

	w.Header().Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "no-store")
	if !strings.HasPrefix(r.URL.Path, "/api/") {
		s.page(w, r)
		return
	}
	status, answer := 0, object(nil)
	if misbehave != nil {
		status, answer = misbehave()
	}
	if status == 0 {
		status, answer = s.answer(r)
	}
	w.Header().Set("Content-Type", "application/json")
	if cut {
		// The browser asks again by itself when nothing at all came back, so some of the answer does.
		w.Header().Set("Content-Length", "1000")
		if _, err := w.Write([]byte("{")); err != nil {
			panic(err)
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			panic(err)
		}
		panic(http.ErrAbortHandler)
	}
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

func (s *standIn) page(w http.ResponseWriter, r *http.Request) {
	name := strings.TrimPrefix(r.URL.Path, "/")
	if name == "" {
		name = "index.html"
	}
	if strings.HasPrefix(name, "manage/") {
		name = "manage.html"
	}
	state := ""
	if token, found := strings.CutPrefix(name, "unsubscribe/"); found {
		name, state = "unsubscribe.html", "ask"
		if token == "cut-short" {
			state = "dead"
		} else if r.Method == http.MethodPost {
			if state = "done"; r.FormValue("List-Unsubscribe") != "One-Click" {
				state = "ask"
			}
		}
	}
	content, err := fs.ReadFile(pb_public.FS, name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	content = bytes.ReplaceAll(content, []byte(pb_public.Contacts), []byte("<p>Fjord Vet Oslo: <a href=\"tel:+4722334455\">+47 22 33 44 55</a></p>"))
	content = bytes.Replace(content, []byte(pb_public.State), []byte(`data-state="`+state+`"`), 1)
	content = bytes.ReplaceAll(content, []byte(pb_public.Receiver), []byte("k…@example.com"))
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

func (s *standIn) answer(r *http.Request) (int, object) {
	s.mu.Lock()
	defer s.mu.Unlock()
	query := r.URL.Query()
	switch {
	case r.URL.Path == "/api/booking/menu":
		return http.StatusOK, s.menu
	case r.URL.Path == "/api/booking/days":
		return http.StatusOK, s.freeDays(query.Get("from"), query.Get("until"))
	case r.URL.Path == "/api/booking/times":
		return http.StatusOK, s.freeTimes(query.Get("date"))
	case r.URL.Path == "/api/collections/booking_requests/records" && r.Method == http.MethodPost:
		return s.book(r)
	case strings.HasPrefix(r.URL.Path, "/api/booking/manage/"):
		return s.manage(r)
	}
	return http.StatusNotFound, object{"status": 404, "message": "Not here.", "data": object{}}
}

// usual are the times of a working day: half hours from nine to six, with lunch between and every seventh day off.
func usual(date time.Time) []string {
	if date.Weekday() == time.Sunday || date.Weekday() == time.Saturday {
		return nil
	}
	return []string{"09:00", "09:30", "10:15", "11:00", "11:30", "13:00", "13:30", "14:15", "15:00", "16:30", "17:00", "17:30"}
}

func (s *standIn) timesOn(date time.Time) []string {
	if s.days != nil {
		return s.days(date)
	}
	return usual(date)
}

func (s *standIn) freeDays(from, until string) object {
	first, err := time.Parse(time.DateOnly, from)
	if err != nil {
		panic(err)
	}
	last, err := time.Parse(time.DateOnly, until)
	if err != nil {
		panic(err)
	}
	if last.Sub(first) > 92*24*time.Hour {
		return object{"days": nil}
	}
	days := []object{}
	if today := time.Now().UTC(); first.Sub(today) < 48*time.Hour {
		for date := first.AddDate(0, 0, s.firstDay); !date.After(last); date = date.AddDate(0, 0, 1) {
			if free := s.timesOn(date); len(free) > 0 {
				days = append(days, object{"date": date.Format(time.DateOnly), "free": len(free)})
			}
		}
	}
	return object{"days": days}
}

func (s *standIn) freeTimes(date string) object {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		panic(err)
	}
	times := []object{}
	for i, local := range s.timesOn(day) {
		start := at(date, local)
		if s.taken[start] {
			continue
		}
		part := "morning"
		if local >= "12:00" {
			part = "afternoon"
		}
		if local >= "17:00" {
			part = "evening"
		}
		who := []object{{"id": "anna", "name": "Anna Berg"}, {"id": "jonas", "name": "Jonas Lie"}}[i%2]
		times = append(times, object{"starts_at": start, "local": local, "part": part, "practitioner": who})
	}
	return object{"date": date, "timezone": "Europe/Oslo", "times": times}
}

// at turns a local time in Oslo into an instant.
func at(date, local string) string {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	start, err := time.ParseInLocation("2006-01-02 15:04", date+" "+local, oslo)
	if err != nil {
		panic(err)
	}
	return start.UTC().Format(time.RFC3339)
}

func local(start string) string {
	oslo, err := time.LoadLocation("Europe/Oslo")
	if err != nil {
		panic(err)
	}
	instant, err := time.Parse(time.RFC3339, start)
	if err != nil {
		panic(err)
	}
	return instant.In(oslo).Format("2006-01-02 15:04")
}

func (s *standIn) book(r *http.Request) (int, object) {
	body := object{}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return refusal(http.StatusBadRequest, object{})()
	}
	s.posted = append(s.posted, body)
	key, _ := body["idempotency_key"].(string)
	content := maps.Clone(body)
	delete(content, "idempotency_key")
	typed, err := json.Marshal(content)
	if err != nil {
		panic(err)
	}
	if earlier, known := s.stored[key]; known {
		if s.contents[key] != string(typed) {
			return refusal(http.StatusBadRequest, object{"idempotency_key": object{"code": "reused", "message": "Used before."}})()
		}
		return http.StatusOK, earlier
	}
	start, _ := body["starts_at"].(string)
	if s.taken[start] {
		instant, err := time.Parse(time.RFC3339, start)
		if err != nil {
			panic(err)
		}
		others := []object{}
		for _, minutes := range []int{15, 45, 60} {
			other := instant.Add(time.Duration(minutes) * time.Minute).Format(time.RFC3339)
			others = append(others, object{"starts_at": other, "local": local(other)})
		}
		return refusal(http.StatusBadRequest, object{"starts_at": object{"code": "slot_taken", "message": "Taken.", "params": object{"alternatives": others}}})()
	}
	s.taken[start] = true
	answer := object{
		"id": "request00000001", "collectionName": "booking_requests", "reference": "K7QM4", "status": "booked", "location": body["location"],
		"reason": body["reason"], "species": body["species"], "starts_at": start, "local": local(start), "timezone": "Europe/Oslo",
		"manage_url": s.URL + "/manage/token1",
		"messages":   []object{{"channel": "email", "to_masked": "k•••@example.com"}, {"channel": "sms", "to_masked": "+47 ••• •• 678"}},
	}
	s.stored[key], s.contents[key] = answer, string(typed)
	return http.StatusOK, answer
}

func visit(more object) object {
	v := object{
		"reference": "K7QM4", "status": "booked", "location": object{"name": "Fjord Vet Oslo", "phone": "+47 22 33 44 55", "address": "Storgata 12, 0184 Oslo"},
		"reason": "Vaccination", "pet_name": "Bella", "first_name": "Kari", "starts_at": "2027-03-01T08:15:00Z", "local": "2027-03-01 09:15",
		"timezone": "Europe/Oslo", "can_cancel": true, "can_move": true, "can_confirm": true, "cutoff_at": "2027-02-28T08:15:00Z",
	}
	maps.Copy(v, more)
	return v
}

func (s *standIn) manage(r *http.Request) (int, object) {
	token, action, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/api/booking/manage/"), "/")
	v, known := s.visits[token]
	if !known {
		return refusal(http.StatusNotFound, object{"token": object{"code": "unknown_link", "message": "Unknown."}})()
	}
	if r.Method == http.MethodGet {
		return http.StatusOK, v
	}
	body := object{}
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		panic(err)
	}
	s.posted = append(s.posted, body)
	v["can_confirm"] = false
	switch action {
	case "confirm":
		v["status"] = "confirmed"
	case "cancel":
		if v["can_cancel"] == false {
			return refusal(http.StatusBadRequest, object{"token": object{"code": "too_late", "message": "Too late."}})()
		}
		v["status"], v["can_cancel"] = "cancelled", false
	}
	return http.StatusOK, v
}
