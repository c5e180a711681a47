package notify

import (
	"strings"
	"time"
)

// English is the language that every text and word falls back to in the end.
const English = "en"

// Locale brings a language tag to the form by which texts are kept: the bare language in small letters, with both forms of
// Norwegian under nb. "nb-NO", "no" and "nn" are nb, "sv-SE" is sv. The empty tag stays empty.
func Locale(tag string) string {
	tag = strings.ToLower(strings.TrimSpace(tag))
	if i := strings.IndexAny(tag, "-_"); i >= 0 {
		tag = tag[:i]
	}
	if tag == "no" || tag == "nn" {
		return "nb"
	}
	return tag
}

// Languages are the languages whose dates, words and labels are known, the fallback first.
func Languages() []string { return []string{English, "nb", "sv", "da", "fi", "ro"} }

// language is how one language writes what merge codes say. The names of months and days are those of Unicode CLDR 45, in the
// form used inside a date.
type language struct {
	months    [12]string
	weekdays  [7]string // by time.Weekday
	dotted    bool      // "1. mars" instead of "1 March"
	clock     string    // layout of the time of day
	shortHour bool      // 9.15 instead of 09.15
	and       string
	pet       string    // an animal that a visit does not name yet
	amount    string    // what is to be paid, where nobody wrote down how much
	noNews    string    // the words of the link that ends mail to many
	hour      [2]string // one, several
	minute    [2]string
	decimal   string
	thousands string
	labels    map[label]string
}

// languageOf is the language of a tag, English where it is unknown.
func languageOf(tag string) *language {
	if l, ok := languages[Locale(tag)]; ok {
		return l
	}
	return languages[English]
}

func (l *language) weekday(day time.Weekday) string { return l.weekdays[day] }

var languages = map[string]*language{
	English: {
		months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
			"November", "December"},
		weekdays: [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
		clock:    "15:04", and: "and", pet: "your pet", amount: "the amount due", noNews: "I would rather not hear such news",
		hour: [2]string{"hour", "hours"}, minute: [2]string{"minute", "minutes"},
		decimal: ".", thousands: ",",
		labels: map[label]string{
			labelReference: "Reference", labelDate: "Date", labelTime: "Time", labelDuration: "Duration", labelPlace: "Place",
			labelReason: "Reason", labelPractitioner: "With", labelPatient: "Pet", labelSpecies: "Species", labelBreed: "Breed",
			labelOwner: "Owner", labelEmail: "E-mail", labelPhone: "Phone", labelOwnerNote: "From the owner", labelNote: "Note",
			labelSource: "Made by", labelStatus: "Status", labelCancelledBy: "Cancelled by", labelCancelNote: "Why",
			labelAmount: "Amount", labelDeadline: "To be paid by",
			"online": "the owner, online", "staff": "the clinic", "api": "another system", "owner": "the owner",
			"absence": "an absence", "machine": "the system",
			"requested": "asks for approval", "booked": "booked", "confirmed": "confirmed", "arrived": "arrived",
			"completed": "completed", "cancelled": "cancelled", "no_show": "did not come",
		},
	},
	"nb": {
		months: [12]string{"januar", "februar", "mars", "april", "mai", "juni", "juli", "august", "september", "oktober",
			"november", "desember"},
		weekdays: [7]string{"søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"},
		dotted:   true, clock: "15:04", and: "og", pet: "dyret ditt", amount: "beløpet", noNews: "Jeg vil helst ikke ha slike nyheter",
		hour: [2]string{"time", "timer"}, minute: [2]string{"minutt", "minutter"},
		decimal: ",", thousands: "\u00a0",
		labels: map[label]string{
			labelReference: "Referanse", labelDate: "Dato", labelTime: "Klokkeslett", labelDuration: "Varighet", labelPlace: "Sted",
			labelReason: "Årsak", labelPractitioner: "Hos", labelPatient: "Dyr", labelSpecies: "Art", labelBreed: "Rase",
			labelOwner: "Eier", labelEmail: "E-post", labelPhone: "Telefon", labelOwnerNote: "Fra eieren", labelNote: "Merknad",
			labelSource: "Bestilt av", labelStatus: "Status", labelCancelledBy: "Avbestilt av", labelCancelNote: "Hvorfor",
			labelAmount: "Beløp", labelDeadline: "Betales innen",
			"online": "eieren, på nett", "staff": "klinikken", "api": "et annet system", "owner": "eieren",
			"absence": "et fravær", "machine": "systemet",
			"requested": "venter på godkjenning", "booked": "bestilt", "confirmed": "bekreftet", "arrived": "kommet",
			"completed": "fullført", "cancelled": "avbestilt", "no_show": "møtte ikke",
		},
	},
	"sv": {
		months: [12]string{"januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober",
			"november", "december"},
		weekdays: [7]string{"söndag", "måndag", "tisdag", "onsdag", "torsdag", "fredag", "lördag"},
		clock:    "15:04", and: "och", pet: "ditt djur", amount: "beloppet", noNews: "Jag vill helst slippa sådana nyheter",
		hour: [2]string{"timme", "timmar"}, minute: [2]string{"minut", "minuter"},
		decimal: ",", thousands: "\u00a0",
		labels: map[label]string{
			labelReference: "Referens", labelDate: "Datum", labelTime: "Tid", labelDuration: "Längd", labelPlace: "Plats",
			labelReason: "Anledning", labelPractitioner: "Hos", labelPatient: "Djur", labelSpecies: "Djurslag", labelBreed: "Ras",
			labelOwner: "Ägare", labelEmail: "E-post", labelPhone: "Telefon", labelOwnerNote: "Från ägaren", labelNote: "Anteckning",
			labelSource: "Bokat av", labelStatus: "Status", labelCancelledBy: "Avbokat av", labelCancelNote: "Varför",
			labelAmount: "Belopp", labelDeadline: "Betalas senast",
			"online": "ägaren, på nätet", "staff": "kliniken", "api": "ett annat system", "owner": "ägaren",
			"absence": "en frånvaro", "machine": "systemet",
			"requested": "väntar på godkännande", "booked": "bokat", "confirmed": "bekräftat", "arrived": "på plats",
			"completed": "avslutat", "cancelled": "avbokat", "no_show": "kom inte",
		},
	},
	"da": {
		months: [12]string{"januar", "februar", "marts", "april", "maj", "juni", "juli", "august", "september", "oktober",
			"november", "december"},
		weekdays: [7]string{"søndag", "mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag"},
		dotted:   true, clock: "15.04", and: "og", pet: "dit dyr", amount: "beløbet", noNews: "Jeg vil helst være fri for den slags nyheder",
		hour: [2]string{"time", "timer"}, minute: [2]string{"minut", "minutter"},
		decimal: ",", thousands: ".",
		labels: map[label]string{
			labelReference: "Reference", labelDate: "Dato", labelTime: "Klokkeslæt", labelDuration: "Varighed", labelPlace: "Sted",
			labelReason: "Årsag", labelPractitioner: "Hos", labelPatient: "Dyr", labelSpecies: "Dyreart", labelBreed: "Race",
			labelOwner: "Ejer", labelEmail: "E-mail", labelPhone: "Telefon", labelOwnerNote: "Fra ejeren", labelNote: "Note",
			labelSource: "Booket af", labelStatus: "Status", labelCancelledBy: "Aflyst af", labelCancelNote: "Hvorfor",
			labelAmount: "Beløb", labelDeadline: "Betales senest",
			"online": "ejeren, på nettet", "staff": "klinikken", "api": "et andet system", "owner": "ejeren",
			"absence": "et fravær", "machine": "systemet",
			"requested": "afventer godkendelse", "booked": "booket", "confirmed": "bekræftet", "arrived": "ankommet",
			"completed": "afsluttet", "cancelled": "aflyst", "no_show": "udeblev",
		},
	},
	"fi": {
		months: [12]string{"tammikuuta", "helmikuuta", "maaliskuuta", "huhtikuuta", "toukokuuta", "kesäkuuta", "heinäkuuta",
			"elokuuta", "syyskuuta", "lokakuuta", "marraskuuta", "joulukuuta"},
		weekdays: [7]string{"sunnuntai", "maanantai", "tiistai", "keskiviikko", "torstai", "perjantai", "lauantai"},
		dotted:   true, clock: "15.04", shortHour: true, and: "ja", pet: "lemmikki", amount: "käynti", noNews: "En halua tällaisia uutisia",
		hour: [2]string{"tunti", "tuntia"}, minute: [2]string{"minuutti", "minuuttia"},
		decimal: ",", thousands: "\u00a0",
		labels: map[label]string{
			labelReference: "Viite", labelDate: "Päivä", labelTime: "Kellonaika", labelDuration: "Kesto", labelPlace: "Paikka",
			labelReason: "Syy", labelPractitioner: "Vastaanottaja", labelPatient: "Lemmikki", labelSpecies: "Laji", labelBreed: "Rotu",
			labelOwner: "Omistaja", labelEmail: "Sähköposti", labelPhone: "Puhelin", labelOwnerNote: "Omistajalta",
			labelNote: "Huomautus", labelSource: "Varaaja", labelStatus: "Tila", labelCancelledBy: "Peruja",
			labelCancelNote: "Miksi", labelAmount: "Summa", labelDeadline: "Maksettava viimeistään",
			"online": "omistaja, verkossa", "staff": "klinikka", "api": "toinen järjestelmä", "owner": "omistaja",
			"absence": "poissaolo", "machine": "järjestelmä",
			"requested": "odottaa hyväksyntää", "booked": "varattu", "confirmed": "vahvistettu", "arrived": "saapunut",
			"completed": "valmis", "cancelled": "peruttu", "no_show": "ei saapunut",
		},
	},
	"ro": {
		months: [12]string{"ianuarie", "februarie", "martie", "aprilie", "mai", "iunie", "iulie", "august", "septembrie",
			"octombrie", "noiembrie", "decembrie"},
		weekdays: [7]string{"duminică", "luni", "marți", "miercuri", "joi", "vineri", "sâmbătă"},
		clock:    "15:04", and: "și", pet: "animalul", amount: "suma datorată", noNews: "Nu mai doresc astfel de noutăți",
		hour: [2]string{"oră", "ore"}, minute: [2]string{"minut", "minute"},
		decimal: ",", thousands: ".",
		labels: map[label]string{
			labelReference: "Referință", labelDate: "Data", labelTime: "Ora", labelDuration: "Durata", labelPlace: "Locul",
			labelReason: "Motivul", labelPractitioner: "La", labelPatient: "Animalul", labelSpecies: "Specia", labelBreed: "Rasa",
			labelOwner: "Proprietarul", labelEmail: "E-mail", labelPhone: "Telefon", labelOwnerNote: "De la proprietar",
			labelNote: "Notă", labelSource: "Programat de", labelStatus: "Starea", labelCancelledBy: "Anulat de",
			labelCancelNote: "De ce", labelAmount: "Suma", labelDeadline: "De plătit până la",
			"online": "proprietar, online", "staff": "clinică", "api": "alt sistem", "owner": "proprietar",
			"absence": "o absență", "machine": "sistem",
			"requested": "așteaptă aprobarea", "booked": "programat", "confirmed": "confirmat", "arrived": "sosit",
			"completed": "încheiat", "cancelled": "anulat", "no_show": "nu s-a prezentat",
		},
	},
}

// label is a word of the list of facts in a notice to the institution; statuses and sources are labels by their stored names.
type label string

const (
	labelReference    label = "label_reference"
	labelDate         label = "label_date"
	labelTime         label = "label_time"
	labelDuration     label = "label_duration"
	labelPlace        label = "label_place"
	labelReason       label = "label_reason"
	labelPractitioner label = "label_practitioner"
	labelPatient      label = "label_patient"
	labelSpecies      label = "label_species"
	labelBreed        label = "label_breed"
	labelOwner        label = "label_owner"
	labelEmail        label = "label_email"
	labelPhone        label = "label_phone"
	labelOwnerNote    label = "label_owner_note"
	labelNote         label = "label_note"
	labelSource       label = "label_source"
	labelStatus       label = "label_status"
	labelCancelledBy  label = "label_cancelled_by"
	labelCancelNote   label = "label_cancel_note"
	labelAmount       label = "label_amount"
	labelDeadline     label = "label_deadline"
)
