package booking

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// Typed is what somebody wrote about themselves. Phone is E.164 as [Phone] answers it.
type Typed struct {
	FirstName, LastName string
	Email, Phone        string
	Address, Postcode   string // street line and postcode, only ever compared together
}

// Candidate is a client who might be the one who typed, as the record has it.
type Candidate struct {
	ID                     string
	FirstName, LastName    string
	Email, Phone, SMSPhone string
	Address, Postcode      string
	Gone                   bool     // erased or merged away: never matches
	Review                 bool     // made by the machine because it could not decide, and nobody has looked yet
	PossibleDuplicates     []string // of such a copy: the clients between whom it could not decide
}

// MatchKind is how a comparison ended, as stored on the request.
type MatchKind string

// The ends of a comparison.
const (
	Matched   MatchKind = "matched"
	New       MatchKind = "new"
	Ambiguous MatchKind = "ambiguous"
)

// Matching says who it is. With Matched, Client is the record to use; with New there is none. With Ambiguous, Candidates are all that
// fit, sorted by id, and Client is empty (a new record is due, marked for review) or the copy that an earlier booking already made.
type Matching struct {
	Client     string
	Kind       MatchKind
	Candidates []string
}

// Match compares what was typed with the clients that might be meant. Both names must be exactly equal, and a phone number, the
// e-mail or the address too: owners share phones and houses, so neither alone ever joins two people. Two or more that fit decide
// nothing, except that the machine's own unreviewed copy for the very same doubt is used again, lest every visit make one more.
func Match(typed Typed, candidates []Candidate) Matching {
	var fits []Candidate
	for _, candidate := range candidates {
		if !candidate.Gone && fitsClient(typed, candidate) {
			fits = append(fits, candidate)
		}
	}
	switch len(fits) {
	case 0:
		return Matching{Kind: New}
	case 1:
		return Matching{Kind: Matched, Client: fits[0].ID}
	}
	result := Matching{Kind: Ambiguous}
	copies := 0
	for _, candidate := range fits {
		result.Candidates = append(result.Candidates, candidate.ID)
		if candidate.Review && sameDoubt(candidate, fits) {
			copies++
			result.Client = candidate.ID
		}
	}
	if copies != 1 {
		result.Client = ""
	}
	slices.Sort(result.Candidates)
	return result
}

// sameDoubt reports whether a copy was made for the doubt at hand: it lists everybody else who fits. Somebody new among them is
// another doubt; somebody erased since then changes nothing.
func sameDoubt(made Candidate, fits []Candidate) bool {
	for _, other := range fits {
		if other.ID != made.ID && !slices.Contains(made.PossibleDuplicates, other.ID) {
			return false
		}
	}
	return true
}

func fitsClient(typed Typed, client Candidate) bool {
	if !equal(exact(typed.FirstName), exact(client.FirstName)) || !equal(exact(typed.LastName), exact(client.LastName)) {
		return false
	}
	phone := PhoneKey(typed.Phone)
	return equal(phone, PhoneKey(client.Phone)) || equal(phone, PhoneKey(client.SMSPhone)) ||
		equal(EmailKey(typed.Email), EmailKey(client.Email)) ||
		equal(AddressKey(typed.Address, typed.Postcode), AddressKey(client.Address, client.Postcode))
}

// PatientCandidate is one of the matched client's animals.
type PatientCandidate struct {
	ID, Name, Species string
	Deceased          bool // never matches; one that is merely inactive does
}

// PatientMatching says which animal it is. Only with Matched is there a Patient; with Ambiguous, Candidates are all that fit, sorted by
// id, and a new record and a task are due.
type PatientMatching struct {
	Patient    string
	Kind       MatchKind
	Candidates []string
}

// MatchPatient finds the animal among those of the matched client: name and species exactly equal, not deceased. A location that
// does not ask for the species leaves it empty on both sides, which is equal.
func MatchPatient(name, species string, patients []PatientCandidate) PatientMatching {
	var fits []string
	for _, patient := range patients {
		if !patient.Deceased && equal(exact(name), exact(patient.Name)) && species == patient.Species {
			fits = append(fits, patient.ID)
		}
	}
	switch len(fits) {
	case 0:
		return PatientMatching{Kind: New}
	case 1:
		return PatientMatching{Kind: Matched, Patient: fits[0]}
	}
	slices.Sort(fits)
	return PatientMatching{Kind: Ambiguous, Candidates: fits}
}

// NameKey is the form under which first and last name are looked up together; empty if either is. Case counts.
func NameKey(first, last string) string { return both(exact(first), exact(last)) }

// PhoneKey is the form under which a number is looked up: itself in E.164, else empty, as what is no number matches nothing.
func PhoneKey(phone string) string {
	phone = strings.TrimSpace(phone)
	if len(phone) < 3 || len(phone) > 16 || phone[0] != '+' || phone[1] == '0' {
		return ""
	}
	for _, digit := range []byte(phone[1:]) {
		if digit < '0' || digit > '9' {
			return ""
		}
	}
	return phone
}

// EmailKey is the form under which an address is looked up, and under which a stop of it is kept: trimmed and lower-cased, the domain
// in its ASCII form.
func EmailKey(email string) string {
	if bare, ok := Email(email); ok {
		email = bare
	}
	return lower(strings.TrimSpace(email))
}

// AddressKey is the form under which street line and postcode are looked up together; empty if either is.
func AddressKey(street, postcode string) string { return both(folded(street), folded(postcode)) }

// exact is a name as it is compared: one way of writing each accent, no space around it.
func exact(s string) string { return strings.TrimSpace(norm.NFC.String(s)) }

// folded is a line as it is compared: every run of white space one space, case ignored.
func folded(s string) string { return strings.Join(strings.Fields(lower(s)), " ") }

func lower(s string) string { return norm.NFC.String(strings.ToLower(norm.NFC.String(s))) }

// equal compares two keys; empty never equals.
func equal(a, b string) bool { return a != "" && a == b }

func both(a, b string) string {
	if a == "" || b == "" {
		return ""
	}
	return a + "\n" + b
}
