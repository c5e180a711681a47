package pb_migrations

var norwegian = map[string]said{
	"booking_received": {
		subject: "Vi har fått forespørselen din for {{ patient.name }}",
		email: `Hei {{ client.first_name }},

takk for forespørselen. Vi ser på den og gir deg snart beskjed om tiden passer:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }} for {{ patient.name }}

Vi holder av tiden til deg så lenge. Du kan når som helst [se eller trekke forespørselen]({{ booking.manage_url }}), eller ringe oss på {{ location.phone }}.

Blir {{ patient.name }} verre mens du venter, så ikke vent på svar fra oss: ring.

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, vi holder av {{ booking.date }} kl. {{ booking.time }} til {{ patient.name }} og bekrefter snart. Spørsmål? Ring {{ location.phone }}. {{ location.name }}",
	},
	"booking_confirmation": {
		subject: "Time for {{ patient.name }} {{ booking.date }} kl. {{ booking.time }}",
		email: `Hei {{ client.first_name }},

vi gleder oss til å se deg og {{ patient.name }}:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Kom det noe i veien? [Se eller avbestill timen her]({{ booking.manage_url }}), eller ring oss på {{ location.phone }}. Referansen din er {{ booking.reference }}.

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, {{ patient.name }} har fått time {{ booking.date }} kl. {{ booking.time }}. Vil du endre den, ring {{ location.phone }}. Vi sees! {{ location.name }}",
	},
	"booking_change": {
		subject: "Ny tid for {{ patient.name }}: {{ booking.date }} kl. {{ booking.time }}",
		email: `Hei {{ client.first_name }},

timen til {{ patient.name }} er endret. Dette gjelder nå:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Passer det ikke? [Se eller avbestill timen her]({{ booking.manage_url }}), eller ring oss på {{ location.phone }}.

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, timen til {{ patient.name }} er nå {{ booking.date }} kl. {{ booking.time }}. Passer det ikke? Ring {{ location.phone }}. {{ location.name }}",
	},
	"booking_declined": {
		subject: "Om forespørselen din for {{ patient.name }}",
		email: `Hei {{ client.first_name }},

beklager, vi kan dessverre ikke tilby {{ patient.name }} time {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}.

[Velg gjerne en annen tid]({{ location.booking_url }}), eller ring oss på {{ location.phone }}, så finner vi en sammen. Haster det, så ring.

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, vi kan dessverre ikke tilby {{ booking.date }} kl. {{ booking.time }}. Ring {{ location.phone }}, så finner vi en annen tid. {{ location.name }}",
	},
	"booking_cancellation": {
		subject: "Timen til {{ patient.name }} {{ booking.date }} er avlyst",
		email: `Hei {{ client.first_name }},

timen til {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }} er avlyst.

Trenger dere en ny? [Bestill her]({{ location.booking_url }}), eller ring oss på {{ location.phone }}.

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, timen til {{ patient.name }} {{ booking.date }} kl. {{ booking.time }} er avlyst. Ny time? Ring {{ location.phone }}. {{ location.name }}",
	},
	"visit_reminder": {
		subject: "Husk timen til {{ patient.name }} {{ booking.date }} kl. {{ booking.time }}",
		email: `Hei {{ client.first_name }},

vi vil minne om timen til {{ patient.name }}:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

[Bekreft gjerne at dere kommer, eller avbestill timen]({{ booking.manage_url }}). Du kan også ringe oss på {{ location.phone }}.

Vi sees snart,
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, husk timen til {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}. Kan du ikke komme? Ring {{ location.phone }}. {{ location.name }}",
	},
	"visit_neutral": {
		subject: "Timen din {{ booking.date }} kl. {{ booking.time }}",
		email: `Hei {{ client.first_name }},

vi har notert timen din **{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}** hos {{ location.name }}, {{ location.address }}.

Om noe endrer seg, eller om du vil snakke med oss før du kommer, ring {{ location.phone }}. Du kan også [se timen her]({{ booking.manage_url }}).

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, vi har notert timen din {{ booking.date }} kl. {{ booking.time }}. Vil du snakke med oss, ring {{ location.phone }}. {{ location.name }}",
	},
	"day_notice": {
		subject: "Timen til {{ patient.name }} {{ booking.date }} blir ikke som planlagt",
		email: `Hei {{ client.first_name }},

vi beklager: timen til {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }} kan ikke gjennomføres som planlagt, fordi vi mangler folk den dagen.

Ring oss på {{ location.phone }}, så finner vi en annen løsning eller en annen tid. Haster det? Si det når du ringer, så hjelper vi med en gang.

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, beklager: timen {{ booking.date }} kl. {{ booking.time }} blir ikke som planlagt. Ring oss på {{ location.phone }}. {{ location.name }}",
	},
	"payment_due": {
		subject: "Betal timen til {{ patient.name }} innen {{ payment.deadline }}",
		email: `Hei {{ client.first_name }},

timen til {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }} er ikke betalt ennå.

Betal **{{ payment.amount }}** innen **{{ payment.deadline }}**. Har du betalt i mellomtiden, takk, og se bort fra denne meldingen.

Spørsmål, eller trenger dere ikke timen lenger? [Se timen her]({{ booking.manage_url }}), eller ring oss på {{ location.phone }}.

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, betal {{ payment.amount }} for {{ patient.name }} innen {{ payment.deadline }}. Betalt? Takk! Spørsmål: {{ location.phone }}. {{ location.name }}",
	},
	"reminder": {
		subject: "På tide at {{ patient.name }} kommer til oss igjen",
		email: `Hei {{ client.first_name }},

det er på tide at {{ patient.name }} kommer til oss igjen, helst rundt **{{ reminder.due_date }}**.

[Velg en tid som passer]({{ location.booking_url }}), eller ring oss på {{ location.phone }}.

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, det er tid for {{ patient.name }} å komme til oss igjen rundt {{ reminder.due_date }}. Ring {{ location.phone }}. {{ location.name }}",
	},
	"group": {
		subject: "Nytt fra {{ location.name }}",
		email: `Hei {{ client.first_name }},

nå kan du bestille time hos oss på nett, døgnet rundt: [velg en tid her]({{ location.booking_url }}). Og du kan selvsagt fortsatt ringe oss på {{ location.phone }}.

Vennlig hilsen
{{ location.name }}

[Jeg vil helst ikke ha slike nyheter]({{ unsubscribe_url }})`,
		sms: "Hei {{ client.first_name }}, godt nytt: nå kan du bestille time hos oss på nett, døgnet rundt. Spørsmål? Ring {{ location.phone }}. {{ location.name }}",
	},
	"normal": {
		subject: "En melding fra {{ location.name }}",
		email: `Hei {{ client.first_name }},

ring oss gjerne på {{ location.phone }} når du har tid.

Vennlig hilsen
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, ring oss gjerne på {{ location.phone }} når du har tid. Vennlig hilsen {{ location.name }}",
	},
	"notice_booking": {
		subject: "Ny time {{ booking.date }} kl. {{ booking.time }} ({{ booking.reference }})",
		email:   `Det er bestilt en time hos {{ location.name }}.`,
	},
	"notice_cancellation": {
		subject: "Avlyst: {{ booking.date }} kl. {{ booking.time }} ({{ booking.reference }})",
		email:   `En time hos {{ location.name }} er avlyst. Tiden er ledig igjen.`,
	},
	"notice_payment": {
		subject: "Ikke betalt: {{ booking.date }} kl. {{ booking.time }} ({{ booking.reference }})",
		email:   `En time hos {{ location.name }} skal betales innen {{ payment.deadline }} og er ikke betalt ennå.`,
	},
}
