package pb_migrations

var romanian = map[string]said{
	"booking_received": {
		subject: "Am primit cererea dumneavoastră pentru {{ patient.name }}",
		email: `Bună ziua, {{ client.first_name }},

vă mulțumim pentru cerere. O verificăm și vă spunem în curând dacă ora se potrivește:

**{{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }}**
{{ reason.name }} pentru {{ patient.name }}

Până atunci vă păstrăm ora. Puteți oricând [să vedeți sau să retrageți cererea]({{ booking.manage_url }}) sau să ne sunați la {{ location.phone }}.

Dacă {{ patient.name }} se simte mai rău între timp, nu așteptați răspunsul nostru: sunați-ne.

Cu drag,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. Păstrăm {{ booking.date }}, ora {{ booking.time }} pentru {{ patient.name }} și confirmăm curând. Tel. {{ location.phone }}. {{ location.name }}",
	},
	"booking_confirmation": {
		subject: "Programare pentru {{ patient.name }}: {{ booking.date }}, ora {{ booking.time }}",
		email: `Bună ziua, {{ client.first_name }},

vă așteptăm cu drag împreună cu {{ patient.name }}:

**{{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

A intervenit ceva? [Vedeți sau anulați programarea aici]({{ booking.manage_url }}) sau sunați-ne la {{ location.phone }}. Referința programării este {{ booking.reference }}.

Cu drag,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. {{ patient.name }} are programare pe {{ booking.date }}, ora {{ booking.time }}. Schimbări: {{ location.phone }}. Cu drag, {{ location.name }}",
	},
	"booking_change": {
		subject: "Oră nouă pentru {{ patient.name }}: {{ booking.date }}, ora {{ booking.time }}",
		email: `Bună ziua, {{ client.first_name }},

programarea pentru {{ patient.name }} s-a schimbat. Acum este:

**{{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Nu vi se potrivește? [Vedeți sau anulați programarea aici]({{ booking.manage_url }}) sau sunați-ne la {{ location.phone }}.

Cu drag,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. Vizita pentru {{ patient.name }} este acum pe {{ booking.date }}, ora {{ booking.time }}. Nu puteți? Tel. {{ location.phone }}. {{ location.name }}",
	},
	"booking_declined": {
		subject: "Despre cererea dumneavoastră pentru {{ patient.name }}",
		email: `Bună ziua, {{ client.first_name }},

ne pare rău, dar nu putem oferi pentru {{ patient.name }} programarea de {{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }}.

[Alegeți, vă rugăm, altă oră]({{ location.booking_url }}) sau sunați-ne la {{ location.phone }} și găsim una împreună. Dacă este urgent, vă rugăm să sunați.

Cu drag,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. Ne pare rău, {{ booking.date }}, ora {{ booking.time }} nu este posibil. Sunați la {{ location.phone }} pentru altă oră. {{ location.name }}",
	},
	"booking_cancellation": {
		subject: "Programarea pentru {{ patient.name }} din {{ booking.date }} este anulată",
		email: `Bună ziua, {{ client.first_name }},

programarea pentru {{ patient.name }} de {{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }} este anulată.

Aveți nevoie de altă oră? [Programați-vă aici]({{ location.booking_url }}) sau sunați-ne la {{ location.phone }}.

Cu drag,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. Vizita pentru {{ patient.name }} pe {{ booking.date }}, ora {{ booking.time }} este anulată. Altă oră? Tel. {{ location.phone }}. {{ location.name }}",
	},
	"visit_reminder": {
		subject: "Vă amintim: {{ patient.name }}, {{ booking.date }}, ora {{ booking.time }}",
		email: `Bună ziua, {{ client.first_name }},

vă amintim de programarea pentru {{ patient.name }}:

**{{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }}**
{{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Vă rugăm [să confirmați că veniți sau să anulați programarea]({{ booking.manage_url }}). Ne puteți și suna la {{ location.phone }}.

Pe curând,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. Vă așteptăm cu {{ patient.name }} {{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }}. Nu puteți veni? Tel. {{ location.phone }}. {{ location.name }}",
	},
	"visit_neutral": {
		subject: "Programarea dumneavoastră: {{ booking.date }}, ora {{ booking.time }}",
		email: `Bună ziua, {{ client.first_name }},

am notat programarea dumneavoastră de **{{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }}** la {{ location.name }}, {{ location.address }}.

Dacă se schimbă ceva sau doriți să vorbim înainte, sunați-ne la {{ location.phone }}. Puteți și [să vedeți programarea aici]({{ booking.manage_url }}).

Cu stimă,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. Am notat programarea pe {{ booking.date }}, ora {{ booking.time }}. Dacă doriți să vorbim: {{ location.phone }}. {{ location.name }}",
	},
	"day_notice": {
		subject: "Programarea pentru {{ patient.name }} din {{ booking.date }} nu poate avea loc cum era stabilit",
		email: `Bună ziua, {{ client.first_name }},

ne pare foarte rău: programarea pentru {{ patient.name }} de {{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }} nu poate avea loc cum era stabilit, pentru că în acea zi nu avem destui oameni.

Vă rugăm să ne sunați la {{ location.phone }} și găsim altă soluție sau altă oră. Este urgent? Spuneți-ne la telefon și vă ajutăm imediat.

Cu drag,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. Ne pare rău: vizita de pe {{ booking.date }}, ora {{ booking.time }} nu are loc cum era stabilit. Tel. {{ location.phone }}. {{ location.name }}",
	},
	"payment_due": {
		subject: "Plata pentru {{ patient.name }} până la {{ payment.deadline }}",
		email: `Bună ziua, {{ client.first_name }},

programarea pentru {{ patient.name }} de {{ booking.weekday }}, {{ booking.date }}, ora {{ booking.time }} nu este încă plătită.

Vă rugăm să plătiți **{{ payment.amount }}** până la **{{ payment.deadline }}**. Dacă ați plătit între timp, vă mulțumim și vă rugăm să ignorați acest mesaj.

Aveți întrebări sau nu mai este nevoie de programare? [Vedeți programarea aici]({{ booking.manage_url }}) sau sunați-ne la {{ location.phone }}.

Cu drag,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. De plătit {{ payment.amount }} pentru {{ patient.name }} până la {{ payment.deadline }}. Tel. {{ location.phone }}. {{ location.name }}",
	},
	"reminder": {
		subject: "Este timpul ca {{ patient.name }} să ne viziteze din nou",
		email: `Bună ziua, {{ client.first_name }},

este timpul ca {{ patient.name }} să ne viziteze din nou, cel mai bine în jur de **{{ reminder.due_date }}**.

[Alegeți o oră potrivită]({{ location.booking_url }}) sau sunați-ne la {{ location.phone }}.

Cu drag,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. Este timpul ca {{ patient.name }} să ne viziteze din nou, în jur de {{ reminder.due_date }}. Tel. {{ location.phone }}. {{ location.name }}",
	},
	"group": {
		subject: "Noutăți de la {{ location.name }}",
		email: `Bună ziua, {{ client.first_name }},

acum vă puteți programa la noi online, la orice oră: [alegeți o oră aici]({{ location.booking_url }}). Desigur, ne puteți suna în continuare la {{ location.phone }}.

Cu drag,
{{ location.name }}

[Nu mai doresc astfel de noutăți]({{ unsubscribe_url }})`,
		sms: "Bună ziua, {{ client.first_name }}. Acum vă puteți programa la noi online, la orice oră. Întrebări? Sunați la {{ location.phone }}. {{ location.name }}",
	},
	"normal": {
		subject: "Un mesaj de la {{ location.name }}",
		email: `Bună ziua, {{ client.first_name }},

vă rugăm să ne sunați la {{ location.phone }} când aveți un moment.

Cu drag,
{{ location.name }}`,
		sms: "Bună ziua, {{ client.first_name }}. Vă rugăm să ne sunați la {{ location.phone }} când aveți un moment. Cu drag, {{ location.name }}",
	},
	"notice_booking": {
		subject: "Programare nouă: {{ booking.date }}, ora {{ booking.time }} ({{ booking.reference }})",
		email:   `A fost făcută o programare la {{ location.name }}.`,
	},
	"notice_cancellation": {
		subject: "Anulată: {{ booking.date }}, ora {{ booking.time }} ({{ booking.reference }})",
		email:   `O programare la {{ location.name }} a fost anulată. Ora este din nou liberă.`,
	},
	"notice_payment": {
		subject: "Neplătită: {{ booking.date }}, ora {{ booking.time }} ({{ booking.reference }})",
		email:   `O programare la {{ location.name }} trebuie plătită până la {{ payment.deadline }} și nu este încă plătită.`,
	},
}
