package pb_migrations

// finnish keeps names out of the middle of sentences where it can: they would have to be inflected.
var finnish = map[string]said{
	"booking_received": {
		subject: "Ajanvarauspyyntö vastaanotettu: {{ patient.name }}",
		email: `Hei {{ client.first_name }},

kiitos pyynnöstäsi. Käsittelemme sen ja ilmoitamme pian, sopiiko tämä aika:

**{{ booking.weekday }} {{ booking.date }} klo {{ booking.time }}**
{{ patient.name }}: {{ reason.name }}

Aika on varattuna sinulle siihen asti. Voit milloin tahansa [katsoa pyyntöäsi tai perua sen]({{ booking.manage_url }}) tai soittaa meille numeroon {{ location.phone }}.

Jos lemmikkisi vointi huononee, älä odota vastaustamme vaan soita meille.

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, pidämme ajan {{ booking.date }} klo {{ booking.time }} ({{ patient.name }}) ja vahvistamme pian. Soita: {{ location.phone }}. {{ location.name }}",
	},
	"booking_confirmation": {
		subject: "{{ patient.name }}: aika {{ booking.date }} klo {{ booking.time }}",
		email: `Hei {{ client.first_name }},

aika on varattu, tervetuloa:

**{{ booking.weekday }} {{ booking.date }} klo {{ booking.time }}**
{{ patient.name }}: {{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Tuliko este? [Katso tai peru aika täällä]({{ booking.manage_url }}) tai soita meille numeroon {{ location.phone }}. Varauksesi viite on {{ booking.reference }}.

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, {{ patient.name }}: aika {{ booking.date }} klo {{ booking.time }} on varattu. Muutokset: {{ location.phone }}. Tervetuloa! {{ location.name }}",
	},
	"booking_change": {
		subject: "{{ patient.name }}: uusi aika {{ booking.date }} klo {{ booking.time }}",
		email: `Hei {{ client.first_name }},

varattu aika on muuttunut. Nyt se on:

**{{ booking.weekday }} {{ booking.date }} klo {{ booking.time }}**
{{ patient.name }}: {{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

Eikö aika sovi? [Katso tai peru se täällä]({{ booking.manage_url }}) tai soita meille numeroon {{ location.phone }}.

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, {{ patient.name }}: uusi aika on {{ booking.date }} klo {{ booking.time }}. Eikö sovi? Soita {{ location.phone }}. {{ location.name }}",
	},
	"booking_declined": {
		subject: "Ajanvarauspyyntösi: {{ patient.name }}",
		email: `Hei {{ client.first_name }},

valitettavasti emme voi tarjota aikaa {{ booking.date }} klo {{ booking.time }} ({{ patient.name }}).

[Valitse toinen aika]({{ location.booking_url }}) tai soita meille numeroon {{ location.phone }}, niin etsimme sen yhdessä. Jos asia on kiireellinen, soita.

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, valitettavasti aika {{ booking.date }} klo {{ booking.time }} ei onnistu. Soita {{ location.phone }}, etsitään toinen. {{ location.name }}",
	},
	"booking_cancellation": {
		subject: "{{ patient.name }}: aika {{ booking.date }} on peruttu",
		email: `Hei {{ client.first_name }},

aika {{ booking.date }} klo {{ booking.time }} ({{ patient.name }}) on peruttu.

Tarvitsetko uuden ajan? [Varaa se täällä]({{ location.booking_url }}) tai soita meille numeroon {{ location.phone }}.

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, {{ patient.name }}: aika {{ booking.date }} klo {{ booking.time }} on peruttu. Uusi aika? Soita {{ location.phone }}. {{ location.name }}",
	},
	"visit_reminder": {
		subject: "Muistutus: {{ patient.name }}, {{ booking.date }} klo {{ booking.time }}",
		email: `Hei {{ client.first_name }},

muistathan varatun ajan:

**{{ booking.weekday }} {{ booking.date }} klo {{ booking.time }}**
{{ patient.name }}: {{ reason.name }}
{{ location.name }}, {{ location.address }}

{{ booking.instructions }}

[Vahvista, että tulette, tai peru aika]({{ booking.manage_url }}). Voit myös soittaa meille numeroon {{ location.phone }}.

Nähdään pian,
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, muistathan ajan: {{ patient.name }}, {{ booking.weekday }} {{ booking.date }} klo {{ booking.time }}. Tuliko este? Soita {{ location.phone }}. {{ location.name }}",
	},
	"visit_neutral": {
		subject: "Aikasi {{ booking.date }} klo {{ booking.time }}",
		email: `Hei {{ client.first_name }},

sinulle on merkitty aika **{{ booking.weekday }} {{ booking.date }} klo {{ booking.time }}**, {{ location.name }}, {{ location.address }}.

Jos jokin muuttuu tai haluat puhua kanssamme ennen käyntiä, soita {{ location.phone }}. Voit myös [katsoa ajan täällä]({{ booking.manage_url }}).

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, sinulle on merkitty aika {{ booking.date }} klo {{ booking.time }}. Jos haluat puhua, soita {{ location.phone }}. {{ location.name }}",
	},
	"day_notice": {
		subject: "{{ patient.name }}: aika {{ booking.date }} ei toteudu suunnitellusti",
		email: `Hei {{ client.first_name }},

olemme pahoillamme: aika {{ booking.date }} klo {{ booking.time }} ({{ patient.name }}) ei voi toteutua suunnitellusti, koska meiltä puuttuu silloin henkilökuntaa.

Soita meille numeroon {{ location.phone }}, niin etsimme toisen ratkaisun tai toisen ajan. Onko asia kiireellinen? Kerro se soittaessasi, niin autamme heti.

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, pahoittelut: aika {{ booking.date }} klo {{ booking.time }} ei toteudu suunnitellusti. Soita {{ location.phone }}. {{ location.name }}",
	},
	"payment_due": {
		subject: "{{ patient.name }}: maksa viimeistään {{ payment.deadline }}",
		email: `Hei {{ client.first_name }},

aikaa {{ booking.date }} klo {{ booking.time }} ({{ patient.name }}) ei ole vielä maksettu.

Maksa **{{ payment.amount }}** viimeistään **{{ payment.deadline }}**. Jos olet jo maksanut, kiitos, eikä tästä viestistä tarvitse välittää.

Onko kysyttävää, tai etkö enää tarvitse aikaa? [Katso aika täällä]({{ booking.manage_url }}) tai soita meille numeroon {{ location.phone }}.

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, maksa {{ payment.amount }} ({{ patient.name }}) viimeistään {{ payment.deadline }}. Kysy: {{ location.phone }}. {{ location.name }}",
	},
	"reminder": {
		subject: "{{ patient.name }}: on taas käynnin aika",
		email: `Hei {{ client.first_name }},

{{ patient.name }} voisi taas tulla käymään meillä, mieluiten noin **{{ reminder.due_date }}**.

[Valitse sopiva aika]({{ location.booking_url }}) tai soita meille numeroon {{ location.phone }}.

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, {{ patient.name }}: on taas käynnin aika noin {{ reminder.due_date }}. Varaa aika: {{ location.phone }}. {{ location.name }}",
	},
	"group": {
		subject: "Uutisia: {{ location.name }}",
		email: `Hei {{ client.first_name }},

nyt voit varata ajan meille verkossa mihin vuorokaudenaikaan tahansa: [valitse aika täällä]({{ location.booking_url }}). Voit tietysti edelleen myös soittaa meille numeroon {{ location.phone }}.

Ystävällisin terveisin
{{ location.name }}

[En halua tällaisia uutisia]({{ unsubscribe_url }})`,
		sms: "Hei {{ client.first_name }}, hyviä uutisia: nyt voit varata ajan meille verkossa milloin vain. Kysyttävää? Soita {{ location.phone }}. {{ location.name }}",
	},
	"normal": {
		subject: "Viesti sinulle: {{ location.name }}",
		email: `Hei {{ client.first_name }},

soitathan meille numeroon {{ location.phone }}, kun sinulle sopii.

Ystävällisin terveisin
{{ location.name }}`,
		sms: "Hei {{ client.first_name }}, soitathan meille numeroon {{ location.phone }}, kun sinulle sopii. Ystävällisin terveisin {{ location.name }}",
	},
	"notice_booking": {
		subject: "Uusi aika {{ booking.date }} klo {{ booking.time }} ({{ booking.reference }})",
		email:   `Uusi aika on varattu: {{ location.name }}.`,
	},
	"notice_cancellation": {
		subject: "Peruttu: {{ booking.date }} klo {{ booking.time }} ({{ booking.reference }})",
		email:   `Aika on peruttu: {{ location.name }}. Se on taas vapaa.`,
	},
	"notice_payment": {
		subject: "Maksamatta: {{ booking.date }} klo {{ booking.time }} ({{ booking.reference }})",
		email:   `Aika, joka on maksettava viimeistään {{ payment.deadline }}, on vielä maksamatta: {{ location.name }}.`,
	},
}
