package booking_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"pawbell/internal/booking"
)

// R-29, PB-22 to PB-26: who is the same client.
func TestMatch(t *testing.T) {
	t.Parallel()
	kari := booking.Candidate{
		ID: "kari", FirstName: "Kari", LastName: "Nordmann", Email: "Kari@Example.org", Phone: "+4791234567", SMSPhone: "+4798765432",
		Address: "Storgata 1", Postcode: "0155",
	}
	twin := kari
	twin.ID = "twin"
	gone := kari
	gone.ID, gone.Gone = "gone", true
	made := kari
	made.ID, made.Review, made.PossibleDuplicates = "made", true, []string{"kari", "twin"}
	reviewed := made
	reviewed.Review = false
	third := kari
	third.ID = "third"
	second := made
	second.ID, second.PossibleDuplicates = "second", []string{"kari", "made", "third", "twin"}
	bare := booking.Candidate{ID: "bare", FirstName: "Kari", LastName: "Nordmann"}

	typed := func(change func(*booking.Typed)) booking.Typed {
		full := booking.Typed{FirstName: "Kari", LastName: "Nordmann", Phone: "+4791234567"}
		if change != nil {
			change(&full)
		}
		return full
	}
	without := func(change func(*booking.Typed)) booking.Typed {
		return typed(func(p *booking.Typed) { p.Phone = ""; change(p) })
	}
	type list = []booking.Candidate
	matched := func(id string) booking.Matching { return booking.Matching{Client: id, Kind: booking.Matched} }
	unknown := booking.Matching{Kind: booking.New}

	for _, c := range []struct {
		name       string
		typed      booking.Typed
		candidates list
		want       booking.Matching
	}{
		{"same names and phone", typed(nil), list{kari}, matched("kari")},
		{"PB-24: another e-mail does not matter", typed(func(p *booking.Typed) { p.Email = "other@example.org" }), list{kari}, matched("kari")},
		{"the number for texts counts as well", typed(func(p *booking.Typed) { p.Phone = "+4798765432" }), list{kari}, matched("kari")},
		{"e-mail in other case and with space around", without(func(p *booking.Typed) { p.Email = " kari@EXAMPLE.org " }), list{kari}, matched("kari")},
		{"address in other case and spacing", without(func(p *booking.Typed) { p.Address, p.Postcode = " STORGATA   1", "0155 " }), list{kari}, matched("kari")},
		{"street without postcode is no address", without(func(p *booking.Typed) { p.Address = "Storgata 1" }), list{kari}, unknown},
		{"another postcode is another address", without(func(p *booking.Typed) { p.Address, p.Postcode = "Storgata 1", "0156" }), list{kari}, unknown},
		{"names alone are not enough", without(func(*booking.Typed) {}), list{kari}, unknown},
		{"the phone alone is not enough", typed(func(p *booking.Typed) { p.FirstName = "Ola" }), list{kari}, unknown},
		{"case of a name counts", typed(func(p *booking.Typed) { p.FirstName = "kari" }), list{kari}, unknown},
		{"space around a name does not", typed(func(p *booking.Typed) { p.LastName = "  Nordmann\u00a0" }), list{kari}, matched("kari")},
		{"a second first name is another name", typed(func(p *booking.Typed) { p.FirstName = "Kari Anne" }), list{kari}, unknown},
		{"accents match however they are encoded", booking.Typed{FirstName: "A\u030asa", LastName: "Öberg", Email: "a@example.org"},
			list{{ID: "asa", FirstName: "Åsa", LastName: "O\u0308berg", Email: "a@example.org"}}, matched("asa")},
		{"empty never equals", without(func(*booking.Typed) {}), list{bare}, unknown},
		{"empty names never equal", booking.Typed{Phone: "+4791234567"}, list{{ID: "x", Phone: "+4791234567"}}, unknown},
		{"what is no number matches nothing", typed(func(p *booking.Typed) { p.Phone = "ring jobben" }),
			list{{ID: "x", FirstName: "Kari", LastName: "Nordmann", Phone: "ring jobben"}}, unknown},
		{"nobody", typed(nil), nil, unknown},
		{"erased or merged away", typed(nil), list{gone}, unknown},
		{"one stands beside one that is gone", typed(nil), list{gone, kari}, matched("kari")},
		{"PB-26: two decide nothing", typed(nil), list{twin, kari}, booking.Matching{Kind: booking.Ambiguous, Candidates: []string{"kari", "twin"}}},
		{"the machine's own copy for this doubt is used again", typed(nil), list{twin, made, kari},
			booking.Matching{Client: "made", Kind: booking.Ambiguous, Candidates: []string{"kari", "made", "twin"}}},
		{"also when one of the others was erased since", typed(nil), list{made, kari, gone},
			booking.Matching{Client: "made", Kind: booking.Ambiguous, Candidates: []string{"kari", "made"}}},
		{"not once somebody has reviewed it", typed(nil), list{twin, reviewed, kari},
			booking.Matching{Kind: booking.Ambiguous, Candidates: []string{"kari", "made", "twin"}}},
		{"not when a third has come, which is another doubt", typed(nil), list{twin, made, kari, third},
			booking.Matching{Kind: booking.Ambiguous, Candidates: []string{"kari", "made", "third", "twin"}}},
		{"of two copies the one for this doubt", typed(nil), list{twin, made, kari, third, second},
			booking.Matching{Client: "second", Kind: booking.Ambiguous, Candidates: []string{"kari", "made", "second", "third", "twin"}}},
		{"a copy left alone is a client", typed(nil), list{made}, matched("made")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, booking.Match(c.typed, c.candidates)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// R-29, PB-27: which of the client's animals it is.
func TestMatchPatient(t *testing.T) {
	t.Parallel()
	type list = []booking.PatientCandidate
	bella := booking.PatientCandidate{ID: "bella", Name: "Bella", Species: "dog"}
	for _, c := range []struct {
		name, pet, species string
		patients           list
		want               booking.PatientMatching
	}{
		{"name and species equal", " Bella", "dog", list{bella}, booking.PatientMatching{Patient: "bella", Kind: booking.Matched}},
		{"another species", "Bella", "cat", list{bella}, booking.PatientMatching{Kind: booking.New}},
		{"the species not asked for, then or now", "Bella", "", list{{ID: "b", Name: "Bella"}}, booking.PatientMatching{Patient: "b", Kind: booking.Matched}},
		{"the species not asked for now", "Bella", "", list{bella}, booking.PatientMatching{Kind: booking.New}},
		{"case counts", "bella", "dog", list{bella}, booking.PatientMatching{Kind: booking.New}},
		{"deceased", "Bella", "dog", list{{ID: "b", Name: "Bella", Species: "dog", Deceased: true}}, booking.PatientMatching{Kind: booking.New}},
		{"a namesake after one that died", "Bella", "dog", list{bella, {ID: "b", Name: "Bella", Species: "dog", Deceased: true}},
			booking.PatientMatching{Patient: "bella", Kind: booking.Matched}},
		{"two equal ones", "Bella", "dog", list{{ID: "b", Name: "Bella", Species: "dog"}, {ID: "a", Name: "Bella", Species: "dog"}},
			booking.PatientMatching{Kind: booking.Ambiguous, Candidates: []string{"a", "b"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(c.want, booking.MatchPatient(c.pet, c.species, c.patients)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// R-29: the indexed columns hold the same forms as the comparison, and nothing where there is nothing to compare.
func TestKeys(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, got, want string }{
		{"names", booking.NameKey(" A\u030asa ", "Öberg"), "Åsa\nÖberg"},
		{"a first name alone", booking.NameKey("Åsa", " "), ""},
		{"a number", booking.PhoneKey(" +4791234567 "), "+4791234567"},
		{"a number that is not in E.164", booking.PhoneKey("912 34 567"), ""},
		{"a plus alone", booking.PhoneKey("+"), ""},
		{"an address", booking.EmailKey(" Kari.Nordmann@Example.ORG"), "kari.nordmann@example.org"},
		{"an address with a domain in other letters", booking.EmailKey("kari@Blåbær.no"), "kari@xn--blbr-roah.no"},
		{"what is no address", booking.EmailKey(" Ingen "), "ingen"},
		{"a street with its postcode", booking.AddressKey("Storgata\t 1 B", " 0155 "), "storgata 1 b\n0155"},
		{"a street alone", booking.AddressKey("Storgata 1", ""), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// R-25: what people type into a field for a telephone number.
func TestPhone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		input, country, want string
		mobile               bool
	}{
		{"912 34 567", "NO", "+4791234567", true},
		{"91234567", "no", "+4791234567", true},
		{"22 33 44 55", "NO", "+4722334455", false},
		{"+47 912 34 567", "DK", "+4791234567", true},
		{"0047 912 34 567", "NO", "+4791234567", true},
		{"4791234567", "NO", "+4791234567", true},
		{"+47 (0) 912 34 567", "NO", "+4791234567", true},
		{"+46 (0)70 123 45 67", "NO", "+46701234567", true},
		{"070-123 45 67", "SE", "+46701234567", true},
		{"08-123 456 78", "SE", "+46812345678", false},
		{"20 12 34 56", "DK", "+4520123456", true},
		{"040 123 4567", "FI", "+358401234567", true},
		{"0722 123 456", "RO", "+40722123456", true},
		{"0722/123.456", "RO", "+40722123456", true},
		{"021/310.12.34", "RO", "+40213101234", false},
		{"07400 123456", "GB", "+447400123456", true},
		{"(020) 7946 0018", "GB", "+442079460018", false},
		{"(+47) 912 34 567", "", "+4791234567", true},
		{"912 34 567 (Kari)", "NO", "+4791234567", true},
		{"(jobb) 22 33 44 55", "NO", "+4722334455", false},
		{"tlf.: 912 34 567", "NO", "+4791234567", true},
		{"912 34 567 mobil", "NO", "+4791234567", true},
		{"912 34 567 (Kari 2)", "NO", "+4791234567", true},
		{"９１２　３４　５６７", "NO", "+4791234567", true},
		{"912\u00a034\u00a0567", "NO", "+4791234567", true},
		{"\u202a+47 912 34 567\u202c", "SE", "+4791234567", true},
		{"912–34–567", "NO", "+4791234567", true},

		{"", "NO", "", false},
		{"   ", "NO", "", false},
		{"ring jobben", "NO", "", false},
		{"112", "NO", "", false},
		{"02800", "NO", "", false},
		{"123", "NO", "", false},
		{"912 34 567", "", "", false},
		{"912 34 567", "XX", "", false},
		{"912 34 567 / 987 65 432", "NO", "", false},
		{"912 34 567, 987 65 432", "NO", "", false},
		{"912 34 567; 987 65 432", "NO", "", false},
		{"912 34 567 eller 987 65 432", "NO", "", false},
		{"91234567 98765432", "NO", "", false},
		{"+4791234567 +4798765432", "NO", "", false},
		{"912 34 567\n987 65 432", "NO", "", false},
		{"040 123456/7", "FI", "", false},
		{"040 123456 Kari 7", "FI", "", false},
		{"22 33 44 55 ext 12", "NO", "", false},
		{"22334455#12", "NO", "", false},
		{"+1 800 FLOWERS", "US", "", false},
		{"91234567" + strings.Repeat(" ", 200) + "0", "NO", "", false},
		{strings.Repeat("9", 1000), "NO", "", false},
	} {
		got, mobile, ok := booking.Phone(c.input, c.country)
		if got != c.want || mobile != c.mobile || ok != (c.want != "") {
			t.Errorf("%q in %q: %q, mobile %v, ok %v", c.input, c.country, got, mobile, ok)
		}
	}
}

// What people type into a field for an e-mail address.
func TestEmail(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 64)
	label := strings.Repeat("b", 62) + "."
	for input, want := range map[string]string{
		"kari@example.org":             "kari@example.org",
		"  kari@example.org\u00a0":     "kari@example.org",
		"Kari.Nordmann+Vet@Example.OR": "Kari.Nordmann+Vet@example.or",
		"kari@blåbær.no":               "kari@xn--blbr-roah.no",
		"kari@mail.co.uk":              "kari@mail.co.uk",
		"kari@xn--blbr-roah.no":        "kari@xn--blbr-roah.no",
		long + "@example.org":          long + "@example.org",
		"a@" + label + label + label + strings.Repeat("c", 60) + ".no": "a@" + label + label + label + strings.Repeat("c", 60) + ".no",

		"":                               "",
		"kari":                           "",
		"kari@":                          "",
		"@example.org":                   "",
		"kari@example":                   "",
		"kari@@example.org":              "",
		"kari@example@org.no":            "",
		"kari@-x.org":                    "",
		"kari@x-.org":                    "",
		"kari@exa_mple.org":              "",
		"kari@[127.0.0.1]":               "",
		"kari@127.0.0.1":                 "",
		"kari@example..org":              "",
		"kari@example.org.":              "",
		"kari@.example.org":              "",
		".kari@example.org":              "",
		"kari.@example.org":              "",
		"ka..ri@example.org":             "",
		"ka ri@example.org":              "",
		"\"kari\"@example.org":           "",
		"kåre@example.org":               "",
		"Kari <kari@example.org>":        "",
		"<kari@example.org>":             "",
		"kari@example.org,ola@x.org":     "",
		"kari@example.org (Kari)":        "",
		"kari@example.org\r\nBcc: x@y.z": "",
		"ka\nri@example.org":             "",
		"kari@exam\r\nple.org":           "",
		"kari\x00@example.org":           "",
		"kari@\x80.no":                   "",
		"a" + long + "@example.org":      "",
		"a@" + label + label + label + label + "no": "",
		"a@" + strings.Repeat("b", 64) + ".no":      "",
		strings.Repeat("a", 5000) + "@example.org":  "",
	} {
		if got, ok := booking.Email(input); got != want && ok || ok != (want != "") {
			t.Errorf("%q: %q, %v", input, got, ok)
		}
	}
}

var e164 = regexp.MustCompile(`^\+[1-9]\d{3,14}$`)

func FuzzPhone(f *testing.F) {
	for _, s := range []string{"912 34 567", "+47 (0) 912 34 567 (Kari)", "tlf 22334455 / 66", "00 47 912", "９１２", "(+", "()", "+", "0/0", "x1x"} {
		f.Add(s, "NO")
		f.Add(s, "")
	}
	f.Fuzz(func(t *testing.T, input, country string) {
		got, mobile, ok := booking.Phone(input, country)
		if !ok {
			if got != "" || mobile {
				t.Fatalf("%q is no number and yet %q", input, got)
			}
			return
		}
		if !e164.MatchString(got) {
			t.Fatalf("%q became %q", input, got)
		}
		again, mobileAgain, okAgain := booking.Phone(got, "")
		if again != got || mobileAgain != mobile || !okAgain {
			t.Fatalf("%q became %q, and that %q, %v, %v", input, got, again, mobileAgain, okAgain)
		}
	})
}

func FuzzEmail(f *testing.F) {
	for _, s := range []string{"kari@example.org", " K@Blåbær.NO ", "a@b", "a@b.c\r\nX: y", "\"a\"@b.c", "a@1.2.3.4", "a@xn--a.no"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, input string) {
		got, ok := booking.Email(input)
		if !ok {
			return
		}
		if len(got) > 254 || strings.Count(got, "@") != 1 || strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("%q became %q", input, got)
		}
		if again, okAgain := booking.Email(got); again != got || !okAgain {
			t.Fatalf("%q became %q, and that %q, %v", input, got, again, okAgain)
		}
	})
}

func ExampleMatch() {
	typed := booking.Typed{FirstName: "Kari", LastName: "Nordmann", Phone: "+4791234567", Email: "new@example.org"}
	kari := booking.Candidate{ID: "c1", FirstName: "Kari", LastName: "Nordmann", Phone: "+4791234567", Email: "old@example.org"}
	fmt.Println(booking.Match(typed, []booking.Candidate{kari}))

	twin := kari
	twin.ID = "c2"
	fmt.Println(booking.Match(typed, []booking.Candidate{kari, twin}))

	typed.FirstName = "kari"
	fmt.Println(booking.Match(typed, []booking.Candidate{kari}))
	// Output:
	// {c1 matched []}
	// { ambiguous [c1 c2]}
	// { new []}
}

func ExamplePhone() {
	fmt.Println(booking.Phone("912 34 567 (Kari)", "NO"))
	fmt.Println(booking.Phone("912 34 567 / 987 65 432", "NO"))
	// Output:
	// +4791234567 true true
	//  false false
}
