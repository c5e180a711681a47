package pb_migrations

var swedish = map[string]said{
	"booking_received": {
		subject: "Vi har fått din förfrågan för {{ patient.name }}",
		email: `Hej {{ client.first_name }},

tack för din förfrågan. Vi tittar på den och meddelar dig snart om tiden passar:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }} för {{ patient.name }}

Vi håller tiden åt dig så länge. Du kan när som helst [se eller dra tillbaka din förfrågan]({{ booking.manage_url }}), eller ringa oss på {{ location.phone }}.

Om {{ patient.name }} blir sämre medan du väntar, vänta inte på vårt svar utan ring oss.

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, vi håller {{ booking.date }} kl. {{ booking.time }} åt {{ patient.name }} och bekräftar snart. Frågor? Ring {{ location.phone }}. {{ location.name }}",
	},
	"booking_confirmation": {
		subject: "Tid för {{ patient.name }} {{ booking.date }} kl. {{ booking.time }}",
		email: `Hej {{ client.first_name }},

vi ser fram emot att träffa dig och {{ patient.name }}:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Har du fått förhinder? [Se eller boka av tiden här]({{ booking.manage_url }}), eller ring oss på {{ location.phone }}. Din referens är {{ booking.reference }}.

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, {{ patient.name }} har tid {{ booking.date }} kl. {{ booking.time }}. Vill du ändra den, ring {{ location.phone }}. Vi ses! {{ location.name }}",
	},
	"booking_change": {
		subject: "Ny tid för {{ patient.name }}: {{ booking.date }} kl. {{ booking.time }}",
		email: `Hej {{ client.first_name }},

tiden för {{ patient.name }} har ändrats. Det här gäller nu:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Passar det inte? [Se eller boka av tiden här]({{ booking.manage_url }}), eller ring oss på {{ location.phone }}.

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, tiden för {{ patient.name }} är nu {{ booking.date }} kl. {{ booking.time }}. Passar det inte? Ring {{ location.phone }}. {{ location.name }}",
	},
	"booking_declined": {
		subject: "Om din förfrågan för {{ patient.name }}",
		email: `Hej {{ client.first_name }},

vi beklagar, men vi kan inte erbjuda {{ patient.name }} en tid {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}.

[Välj gärna en annan tid]({{ location.booking_url }}), eller ring oss på {{ location.phone }} så hittar vi en tillsammans. Är det bråttom, så ring.

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, vi kan tyvärr inte erbjuda {{ booking.date }} kl. {{ booking.time }}. Ring {{ location.phone }} så hittar vi en annan tid. {{ location.name }}",
	},
	"booking_cancellation": {
		subject: "Tiden för {{ patient.name }} {{ booking.date }} är avbokad",
		email: `Hej {{ client.first_name }},

tiden för {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }} är avbokad.

Behöver ni en ny tid? [Boka här]({{ location.booking_url }}), eller ring oss på {{ location.phone }}.

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, tiden för {{ patient.name }} {{ booking.date }} kl. {{ booking.time }} är avbokad. Ny tid? Ring {{ location.phone }}. {{ location.name }}",
	},
	"visit_reminder": {
		subject: "Kom ihåg tiden för {{ patient.name }} {{ booking.date }} kl. {{ booking.time }}",
		email: `Hej {{ client.first_name }},

vi vill påminna om tiden för {{ patient.name }}:

**{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

[Bekräfta gärna att ni kommer, eller boka av tiden]({{ booking.manage_url }}). Du kan också ringa oss på {{ location.phone }}.

Vi ses snart,
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, kom ihåg tiden för {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}. Förhinder? Ring {{ location.phone }}. {{ location.name }}",
	},
	"visit_neutral": {
		subject: "Din tid {{ booking.date }} kl. {{ booking.time }}",
		email: `Hej {{ client.first_name }},

vi har noterat din tid **{{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }}** hos {{ location.name }}, {{ location.address }}.

Om något ändras, eller om du vill prata med oss innan du kommer, ring {{ location.phone }}. Du kan också [se tiden här]({{ booking.manage_url }}).

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, vi har noterat din tid {{ booking.date }} kl. {{ booking.time }}. Vill du prata med oss, ring {{ location.phone }}. {{ location.name }}",
	},
	"day_notice": {
		subject: "Tiden för {{ patient.name }} {{ booking.date }} blir inte som planerat",
		email: `Hej {{ client.first_name }},

vi är mycket ledsna: tiden för {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }} kan inte bli av som planerat, eftersom vi saknar personal den dagen.

Ring oss på {{ location.phone }} så hittar vi en annan lösning eller en annan tid. Är det bråttom? Säg det när du ringer, så hjälper vi dig genast.

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, tyvärr kan tiden {{ booking.date }} kl. {{ booking.time }} inte bli av som planerat. Ring oss på {{ location.phone }}. {{ location.name }}",
	},
	"payment_due": {
		subject: "Betala tiden för {{ patient.name }} senast {{ payment.deadline }}",
		email: `Hej {{ client.first_name }},

tiden för {{ patient.name }} {{ booking.weekday }} {{ booking.date }} kl. {{ booking.time }} är inte betald ännu.

Betala **{{ payment.amount }}** senast **{{ payment.deadline }}**. Har du redan betalat, tack, och bortse då från det här meddelandet.

Frågor, eller behöver ni inte tiden längre? [Se tiden här]({{ booking.manage_url }}), eller ring oss på {{ location.phone }}.

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, betala {{ payment.amount }} för {{ patient.name }} senast {{ payment.deadline }}. Betalt? Tack! Frågor: {{ location.phone }}. {{ location.name }}",
	},
	"reminder": {
		subject: "Dags för {{ patient.name }} att komma till oss igen",
		email: `Hej {{ client.first_name }},

det är dags för {{ patient.name }} att komma till oss igen, helst omkring **{{ reminder.due_date }}**.

[Välj en tid som passar]({{ location.booking_url }}), eller ring oss på {{ location.phone }}.

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, det är dags för {{ patient.name }} att komma till oss igen omkring {{ reminder.due_date }}. Ring {{ location.phone }}. {{ location.name }}",
	},
	"group": {
		subject: "Nytt från {{ location.name }}",
		email: `Hej {{ client.first_name }},

nu kan du boka tid hos oss på nätet, dygnet runt: [välj en tid här]({{ location.booking_url }}). Och du kan förstås fortfarande ringa oss på {{ location.phone }}.

Vänliga hälsningar
{{ location.name }}

[Jag vill helst slippa sådana nyheter]({{ unsubscribe_url }})`,
		sms: "Hej {{ client.first_name }}, goda nyheter: nu kan du boka tid hos oss på nätet, dygnet runt. Frågor? Ring {{ location.phone }}. {{ location.name }}",
	},
	"normal": {
		subject: "Ett meddelande från {{ location.name }}",
		email: `Hej {{ client.first_name }},

ring oss gärna på {{ location.phone }} när du har en stund.

Vänliga hälsningar
{{ location.name }}`,
		sms: "Hej {{ client.first_name }}, ring oss gärna på {{ location.phone }} när du har en stund. Vänliga hälsningar {{ location.name }}",
	},
	"notice_booking": {
		subject: "Ny tid {{ booking.date }} kl. {{ booking.time }} ({{ booking.reference }})",
		email:   `En tid har bokats hos {{ location.name }}.`,
	},
	"notice_cancellation": {
		subject: "Avbokad: {{ booking.date }} kl. {{ booking.time }} ({{ booking.reference }})",
		email:   `En tid hos {{ location.name }} har avbokats. Den är ledig igen.`,
	},
	"notice_payment": {
		subject: "Inte betald: {{ booking.date }} kl. {{ booking.time }} ({{ booking.reference }})",
		email:   `En tid hos {{ location.name }} ska betalas senast {{ payment.deadline }} och är inte betald ännu.`,
	},
}
