package notify

import (
	"sync"
	"time"

	"pawbell/internal/booking"
	"pawbell/internal/calendar"
	"pawbell/internal/outbox"
)

// ordinaryTexts are short texts of every code, in English for all that is tested and in Danish for what owners and clinics read there.
func ordinaryTexts() []Template {
	short := func(code, locale, subject, email, sms string) Template {
		return Template{ID: code + "-" + locale, Code: code, Locale: locale, Subject: subject, Email: email, SMS: sms}
	}
	return []Template{
		short("booking_received", "en", "We have your wish for {{ booking.date }}",
			"Dear {{ client.first_name }}, we will answer soon about {{ booking.weekday }} {{ booking.date }} at {{ booking.time }}.",
			"We have your wish for {{ booking.date }} {{ booking.time }} and will answer soon. {{ location.name }}"),
		short("booking_confirmation", "en", "{{ patient.name }} on {{ booking.date }}",
			"Dear {{ client.first_name }}, {{ patient.name }} is expected on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }}.\n\n[Change or cancel]({{ booking.manage_url }})",
			"{{ patient.name }} is expected on {{ booking.date }} at {{ booking.time }}. {{ location.name }}"),
		short("booking_change", "en", "New time for {{ patient.name }}",
			"Dear {{ client.first_name }}, {{ patient.name }} is now expected on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }}.",
			"New time for {{ patient.name }}: {{ booking.date }} at {{ booking.time }}. {{ location.name }}"),
		short("booking_declined", "en", "Your wish for {{ booking.date }}",
			"Dear {{ client.first_name }}, we cannot see you then. Please call {{ location.phone }}.",
			"We cannot see you on {{ booking.date }} {{ booking.time }}. Please call {{ location.phone }}. {{ location.name }}"),
		short("booking_cancellation", "en", "Cancelled: {{ booking.date }}",
			"Dear {{ client.first_name }}, the visit on {{ booking.date }} at {{ booking.time }} is cancelled.",
			"The visit on {{ booking.date }} at {{ booking.time }} is cancelled. {{ location.name }}"),
		short("visit_reminder", "en", "{{ patient.name }} is expected",
			"Dear {{ client.first_name }}, remember {{ patient.name }} on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }}.",
			"Hi {{ client.first_name }}, remember {{ patient.name }} on {{ booking.date }} at {{ booking.time }} with {{ practitioner.name }}. {{ location.name }}"),
		short("visit_neutral", "en", "Your visit on {{ booking.date }}",
			"We expect you on {{ booking.weekday }} {{ booking.date }} at {{ booking.time }}.",
			"We expect you on {{ booking.date }} at {{ booking.time }}. {{ location.name }}"),
		short("payment_due", "en", "To be paid by {{ payment.deadline }}",
			"Please pay {{ payment.amount }} by {{ payment.deadline }}.", "Please pay {{ payment.amount }} by {{ payment.deadline }}. {{ location.name }}"),
		short("day_notice", "en", "{{ patient.name }} on {{ booking.date }}",
			"Dear {{ client.first_name }}, we cannot see {{ patient.name }} on {{ booking.date }} at {{ booking.time }}. Please call {{ location.phone }}.",
			"Sorry, we cannot see {{ patient.name }} on {{ booking.date }} at {{ booking.time }}. Call {{ location.phone }}. {{ location.name }}"),
		short("group", "en", "News from {{ location.name }}",
			"Dear {{ client.first_name }}, good news for {{ patient.name }}.\n\n[No more news]({{ unsubscribe_url }})",
			"Good news for {{ patient.name }}, {{ client.first_name }}! {{ location.name }}"),
		short("notice_booking", "en", "Booking {{ booking.reference }}", "A visit was booked.", ""),
		short("notice_cancellation", "en", "Cancelled {{ booking.reference }}", "A visit was cancelled.", ""),
		short("notice_payment", "en", "Unpaid {{ booking.reference }}", "A visit is not paid yet.", ""),
		short("booking_confirmation", "da", "{{ patient.name }} den {{ booking.date }}",
			"Kære {{ client.first_name }}, vi venter {{ patient.name }} {{ booking.weekday }} den {{ booking.date }} kl. {{ booking.time }}.",
			"Vi venter {{ patient.name }} den {{ booking.date }} kl. {{ booking.time }}. {{ location.name }}"),
		short("visit_reminder", "da", "{{ patient.name }} ventes",
			"Kære {{ client.first_name }}, husk {{ patient.name }} {{ booking.weekday }} den {{ booking.date }} kl. {{ booking.time }}.",
			"Hej <KliFornavn>, husk din tid <AftDato> kl. <AftTid> hos <BehNavn>. Hilsen <FirmaNavn>"),
		short("notice_booking", "da", "Booking {{ booking.reference }}", "Der er booket en tid.", ""),
	}
}

var ordinaryTemplates = sync.OnceValue(func() Templates { return NewTemplates(ordinaryTexts()) })

func zone(name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		panic(err)
	}
	return z
}

// ordinaryFacts are those of a visit booked online two weeks ahead at a clinic with default settings.
func ordinaryFacts() Facts {
	copenhagen := zone("Europe/Copenhagen")
	return Facts{
		Booking: Booking{ID: "b1", Reference: "PB-7K2Q", Status: booking.Booked, Source: "online", ChangedBy: "owner", Sequence: 1,
			StartsAt: time.Date(2027, 3, 4, 8, 15, 0, 0, time.UTC), EndsAt: time.Date(2027, 3, 4, 8, 45, 0, 0, time.UTC),
			ScheduledAt: time.Date(2027, 2, 15, 11, 0, 0, 0, time.UTC), ChangedAt: time.Date(2027, 2, 15, 11, 0, 0, 0, time.UTC)},
		Location: Location{ID: "l1", Name: "Havnens Dyreklinik", Address: "Havnegade 1\n1058 København K", Phone: "+45 33 12 34 56",
			Email: "post@havnen.example", Country: "DK", Zone: copenhagen, Locale: "en", Currency: "DKK", SMSEnabled: true,
			EmailEnabled: true, Window: outbox.Window{From: 8 * 60, Until: 21 * 60, Zone: copenhagen}, ReminderClock: 9 * 60,
			VisitLead:     calendar.Lead{InDays: true, Days: 2, Clock: 9 * 60},
			VisitChannels: []outbox.Channel{outbox.SMS}, ConfirmationChannels: []outbox.Channel{outbox.Email}, SMSMaxParts: 1,
			CancellationNoticeHours: 24, PaymentNoticeHours: 48},
		Reason:       Reason{ID: "r1", Name: "Vaccination"},
		Practitioner: "Eva Holm",
		Client: Client{ID: "c1", FirstName: "Anna", LastName: "Berg", Email: "anna@example.com", Phone: "+4533111111",
			SMSPhone: "+4520304050"},
		Patient:   Patient{ID: "p1", Name: "Bella", Species: "Dog", Breed: "Beagle"},
		Templates: ordinaryTemplates(),
		Links:     Links{Base: "https://book.example", Manage: "https://book.example/manage/_a_b-c_"},
	}
}
