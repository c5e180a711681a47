package pb_migrations

var danish = map[string]said{
	"booking_received": {
		subject: "Vi har fået din forespørgsel om {{ patient.name }}",
		email: `Hej {{ client.first_name }},

tak for din forespørgsel. Vi ser på den og giver dig snart besked, om tiden passer:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }} for {{ patient.name }}

Vi holder tiden til dig så længe. Du kan altid [se eller trække din forespørgsel tilbage]({{ booking.manage_url }}) eller ringe til os på {{ location.phone }}.

Får {{ patient.name }} det værre, mens du venter, så vent ikke på vores svar: ring til os.

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, vi holder {{ booking.date }} kl. {{ booking.time }} til {{ patient.name }} og bekræfter snart. Spørgsmål? Ring {{ location.phone }}. {{ location.name }}",
	},
	"booking_confirmation": {
		subject: "Tid til {{ patient.name }} {{ booking.date }} kl. {{ booking.time }}",
		email: `Hej {{ client.first_name }},

vi glæder os til at se dig og {{ patient.name }}:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Er du blevet forhindret? [Se eller aflys tiden her]({{ booking.manage_url }}), eller ring til os på {{ location.phone }}. Din reference er {{ booking.reference }}.

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, {{ patient.name }} har tid {{ booking.date }} kl. {{ booking.time }}. Vil du ændre den, så ring {{ location.phone }}. Vi ses! {{ location.name }}",
	},
	"booking_change": {
		subject: "Ny tid til {{ patient.name }}: {{ booking.date }} kl. {{ booking.time }}",
		email: `Hej {{ client.first_name }},

tiden til {{ patient.name }} er ændret. Det her gælder nu:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Passer det ikke? [Se eller aflys tiden her]({{ booking.manage_url }}), eller ring til os på {{ location.phone }}.

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, tiden til {{ patient.name }} er nu {{ booking.date }} kl. {{ booking.time }}. Passer det ikke? Ring {{ location.phone }}. {{ location.name }}",
	},
	"booking_declined": {
		subject: "Om din forespørgsel til {{ patient.name }}",
		email: `Hej {{ client.first_name }},

vi beklager: vi kan ikke tilbyde {{ patient.name }} tiden {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}.

[Vælg gerne en anden tid]({{ location.booking_url }}), eller ring til os på {{ location.phone }}, så finder vi en sammen. Haster det, så ring.

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, vi kan desværre ikke tilbyde {{ booking.date }} kl. {{ booking.time }}. Ring {{ location.phone }}, så finder vi en anden tid. {{ location.name }}",
	},
	"booking_cancellation": {
		subject: "Tiden til {{ patient.name }} {{ booking.date }} er aflyst",
		email: `Hej {{ client.first_name }},

tiden til {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }} er aflyst.

Skal I bruge en ny? [Book her]({{ location.booking_url }}), eller ring til os på {{ location.phone }}.

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, tiden til {{ patient.name }} {{ booking.date }} kl. {{ booking.time }} er aflyst. Ny tid? Ring {{ location.phone }}. {{ location.name }}",
	},
	"visit_reminder": {
		subject: "Husk tiden til {{ patient.name }} {{ booking.date }} kl. {{ booking.time }}",
		email: `Hej {{ client.first_name }},

vi vil gerne minde om tiden til {{ patient.name }}:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

[Bekræft gerne, at I kommer, eller aflys tiden]({{ booking.manage_url }}). Du kan også ringe til os på {{ location.phone }}.

Vi ses snart,
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, husk tiden til {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}. Kan du ikke komme? Ring {{ location.phone }}. {{ location.name }}",
	},
	"visit_neutral": {
		subject: "Din tid {{ booking.date }} kl. {{ booking.time }}",
		email: `Hej {{ client.first_name }},

vi har noteret din tid **{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}** hos {{ location.name }}, {{ location.address }}.

Hvis noget ændrer sig, eller hvis du gerne vil tale med os, før du kommer, så ring {{ location.phone }}. Du kan også [se tiden her]({{ booking.manage_url }}).

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, vi har noteret din tid {{ booking.date }} kl. {{ booking.time }}. Vil du tale med os, så ring {{ location.phone }}. {{ location.name }}",
	},
	"day_notice": {
		subject: "Tiden til {{ patient.name }} {{ booking.date }} bliver ikke som planlagt",
		email: `Hej {{ client.first_name }},

vi beklager meget: tiden til {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }} kan ikke blive som planlagt, fordi vi mangler folk den dag.

Ring til os på {{ location.phone }}, så finder vi en anden løsning eller en anden tid. Haster det? Sig det, når du ringer, så hjælper vi med det samme.

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, vi beklager: tiden {{ booking.date }} kl. {{ booking.time }} bliver ikke som planlagt. Ring til os på {{ location.phone }}. {{ location.name }}",
	},
	"payment_due": {
		subject: "Betal tiden til {{ patient.name }} senest {{ payment.deadline }}",
		email: `Hej {{ client.first_name }},

tiden til {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }} er ikke betalt endnu.

Betal **{{ payment.amount }}** senest **{{ payment.deadline }}**. Har du betalt i mellemtiden, så tak, og se bort fra denne besked.

Spørgsmål, eller skal I ikke bruge tiden længere? [Se tiden her]({{ booking.manage_url }}), eller ring til os på {{ location.phone }}.

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, betal {{ payment.amount }} for {{ patient.name }} senest {{ payment.deadline }}. Betalt? Tak! Spørgsmål: {{ location.phone }}. {{ location.name }}",
	},
	"reminder": {
		subject: "Det er tid for {{ patient.name }} at besøge os igen",
		email: `Hej {{ client.first_name }},

det er tid for {{ patient.name }} at besøge os igen, helst omkring **{{ reminder.due_date }}**.

[Vælg en tid, der passer]({{ location.booking_url }}), eller ring til os på {{ location.phone }}.

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, det er tid for {{ patient.name }} at besøge os igen omkring {{ reminder.due_date }}. Ring {{ location.phone }}. {{ location.name }}",
	},
	"group": {
		subject: "Nyt fra {{ location.name }}",
		email: `Hej {{ client.first_name }},

nu kan du booke tid hos os på nettet, døgnet rundt: [vælg en tid her]({{ location.booking_url }}). Og du kan naturligvis stadig ringe til os på {{ location.phone }}.

Venlig hilsen
{{ location.name }}

[Jeg vil helst være fri for den slags nyheder]({{ unsubscribe_url }})`,
		sms: "Hej {{ client.first_name }}, godt nyt: nu kan du booke tid hos os på nettet, døgnet rundt. Spørgsmål? Ring {{ location.phone }}. {{ location.name }}",
	},
	"normal": {
		subject: "En besked fra {{ location.name }}",
		email: `Hej {{ client.first_name }},

ring gerne til os på {{ location.phone }}, når du har tid.

Venlig hilsen
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, ring gerne til os på {{ location.phone }}, når du har tid. Venlig hilsen {{ location.name }}",
	},
	"notice_booking": {
		subject: "Ny tid {{ booking.date }} kl. {{ booking.time }} ({{ booking.reference }})",
		email:   `Der er booket en tid hos {{ location.name }}.`,
	},
	"notice_cancellation": {
		subject: "Aflyst: {{ booking.date }} kl. {{ booking.time }} ({{ booking.reference }})",
		email:   `En tid hos {{ location.name }} er aflyst. Den er ledig igen.`,
	},
	"notice_payment": {
		subject: "Ikke betalt: {{ booking.date }} kl. {{ booking.time }} ({{ booking.reference }})",
		email:   `En tid hos {{ location.name }} skal betales senest {{ payment.deadline }} og er ikke betalt endnu.`,
	},
}
