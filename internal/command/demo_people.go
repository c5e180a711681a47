package command

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/pocketbase/pocketbase/core"

	"pawbell/internal/calendar"
	"pawbell/internal/store"
)

// demoPeople is what invented owners of one country are put together from. Any likeness is chance: both lists are names that thousands have.
type demoPeople struct {
	first, last []string
	streets     []string
	towns       [][2]string // postcode and name
	mobile      string      // of which the last four digits are counted up
}

var (
	norwegians = demoPeople{
		first:   strings.Fields("Ingrid Kari Nora Silje Anne Marte Hilde Tone Lars Ole Jonas Henrik Sindre Eirik Knut Trond"),
		last:    strings.Fields("Berg Haugen Hagen Lund Moen Bakken Strand Solheim Eide Nygård Fjeld Sæther Myhre Aas"),
		streets: strings.Fields("Prøveveien Granstien Bjørkealleen Bekkefaret Eksempelgata"),
		towns:   [][2]string{{"0001", "Oslo"}, {"0150", "Oslo"}, {"0450", "Oslo"}, {"1300", "Sandvika"}},
		mobile:  "+4740000000",
	}
	danes = demoPeople{
		first:   strings.Fields("Maja Freja Sofie Ida Signe Louise Camilla Birgit Rasmus Mikkel Søren Jesper Kasper Emil Magnus Torben"),
		last:    strings.Fields("Holm Lund Møller Kjær Bech Dam Lindholm Krogh Skov Nygaard Østergaard Winther Bruun Toft"),
		streets: strings.Fields("Prøvegade Bøgevej Åstien Mosevænget Eksempelvej"),
		towns:   [][2]string{{"1050", "København K"}, {"2200", "København N"}, {"2300", "København S"}, {"2000", "Frederiksberg"}},
		mobile:  "+4560900000",
	}
	romanians = demoPeople{
		first:   strings.Fields("Ioana Andreea Cristina Raluca Diana Roxana Oana Alina Mihai Radu Vlad Bogdan Paul Sorin Tudor Adrian"),
		last:    strings.Fields("Dumitru Stan Munteanu Lazăr Rusu Toma Barbu Dobre Moldovan Crișan Câmpean Pop Mureșan Șerban"),
		streets: []string{"Strada Exemplului", "Strada Teiului", "Strada Morii", "Aleea Salcâmilor", "Strada Livezii"},
		towns:   [][2]string{{"400001", "Cluj-Napoca"}, {"400100", "Cluj-Napoca"}, {"407280", "Florești"}},
		mobile:  "+40720000000",
	}
)

// demoKinds are the animals of the demo; one that is named more often comes more often.
var demoKinds = []struct {
	species string
	often   int
	breeds  []string
}{
	{"Dog", 48, []string{"Labrador Retriever", "Cocker Spaniel", "Border Collie", "Dachshund", "Golden Retriever", "Norwegian Elkhound", "mixed breed"}},
	{"Cat", 38, []string{"European Shorthair", "Norwegian Forest Cat", "Maine Coon", "Ragdoll", "domestic cat"}},
	{"Rabbit", 6, []string{"Dwarf Lop", "Rex"}},
	{"Guinea pig", 4, nil},
	{"Hamster", 2, nil},
	{"Bird", 2, []string{"Budgerigar"}},
}

var (
	petNames = strings.Fields("Bella Max Luna Balto Nala Simba Milo Molly Charlie Tassen Pus Felix Zorro Rex Tina Bamse Mons Lotte Sofus Kira Pelle Rocky Misu Azor Fetița Negruța Pufi Sushi Kiwi Pepper")
	sexes    = []string{"female", "male", "female_neutered", "male_neutered", ""}
	notes    = []string{"Nervous in the waiting room: let them straight in.", "Prefers calls in the afternoon.", "Bites when nails are cut.", "Pays by invoice."}
)

const demoClients = 300

// owner is a client of the demo with the animals that may visit.
type owner struct {
	record *core.Record
	pets   []*core.Record
}

// clients makes the owners and their animals, as many for each place.
func (l *demoLife) clients() error {
	l.progress.begin("Clients and patients", demoClients)
	for i, place := range demoPlaces {
		names := l.random.Perm(len(place.people.first) * len(place.people.last))
		for n := range demoClients / len(demoPlaces) {
			first := place.people.first[names[n]%len(place.people.first)]
			last := place.people.last[names[n]/len(place.people.first)]
			o, err := l.client(place, i, n, first, last)
			if err != nil {
				return err
			}
			l.owners[place.country] = append(l.owners[place.country], o)
			l.progress.step()
		}
	}
	return nil
}

// some says yes once in n.
func some(random *rand.Rand, n int) bool { return random.IntN(n) == 0 }

func pick[T any](random *rand.Rand, list []T) T { return list[random.IntN(len(list))] }

func (l *demoLife) client(place demoPlace, index, n int, first, last string) (*owner, error) {
	r, p := l.random, place.people
	town := pick(r, p.towns)
	number := n
	if n%20 == 19 { // couples share a phone
		number--
	}
	phone := p.mobile[:len(p.mobile)-4] + fmt.Sprintf("%04d", 1000*(index+1)+number)
	values := fields{
		"first_name": first, "last_name": last, "phone": phone, "sms_phone": phone, "country": place.country, "location": l.at[place.country].ID,
		"email":    fmt.Sprintf("%s.%s%d@example.%s", plain(first), plain(last), n+1, pick(r, []string{"com", "net", "org"})),
		"address":  fmt.Sprintf("%s %d", pick(r, p.streets), 1+r.IntN(90)),
		"postcode": town[0], "city": town[1],
	}
	switch r.IntN(24) {
	case 0:
		values["email"] = ""
	case 1:
		values["sms_phone"] = ""
	case 2:
		values["no_sms"] = true
	case 3:
		values["refused"] = []string{"group"}
	case 4, 5:
		values["locale"] = "en"
	case 6:
		values["note"] = pick(r, notes)
	}
	client, err := add(l.app, store.Clients, values)
	if err != nil {
		return nil, err
	}
	o := &owner{record: client}
	names := r.Perm(len(petNames))
	for i := range 1 + r.IntN(8)/5 + r.IntN(6)/5 {
		pet, err := l.patient(client.Id, petNames[names[i]], calendar.On(l.now, l.at[place.country].Place.Zone), i > 0)
		if err != nil {
			return nil, err
		}
		if pet.GetString("deceased_on") == "" && !pet.GetBool("inactive") {
			o.pets = append(o.pets, pet)
		}
	}
	return o, nil
}

// patient makes an animal. The first one of a client lives; others may have died or moved away.
func (l *demoLife) patient(client, name string, today calendar.Date, mayBeGone bool) (*core.Record, error) {
	r := l.random
	kind := l.kind()
	age := 30 + r.IntN(13*365)
	values := fields{
		"client": client, "name": name, "species": l.species[demoKinds[kind].species], "sex": pick(r, sexes), "born_on": today.Add(-age).String(),
	}
	if breeds := demoKinds[kind].breeds; len(breeds) > 0 {
		values["breed"] = pick(r, breeds)
	}
	if mayBeGone {
		switch r.IntN(10) {
		case 0:
			values["deceased_on"] = today.Add(-r.IntN(age)).String()
		case 1:
			values["inactive"] = true
		}
	}
	return add(l.app, store.Patients, values)
}

func (l *demoLife) kind() int {
	all := 0
	for _, k := range demoKinds {
		all += k.often
	}
	drawn := l.random.IntN(all)
	for i, k := range demoKinds {
		if drawn -= k.often; drawn < 0 {
			return i
		}
	}
	return 0
}

// inLatin writes the letters of the lists above as they stand in e-mail addresses.
var inLatin = strings.NewReplacer("ø", "o", "æ", "ae", "å", "aa", "ă", "a", "â", "a", "î", "i", "ș", "s", "ț", "t")

// plain is a name as people write it in an e-mail address.
func plain(name string) string { return inLatin.Replace(strings.ToLower(name)) }
