package pb_migrations

// firstSpecies are the kinds of animal that a clinic starts with, most frequent first.
var firstSpecies = []firstKind{
	{"Dog", words{"Hund", "Hund", "Hund", "Koira", "Câine"}},
	{"Cat", words{"Katt", "Katt", "Kat", "Kissa", "Pisică"}},
	{"Rabbit", words{"Kanin", "Kanin", "Kanin", "Kani", "Iepure"}},
	{"Guinea pig", words{"Marsvin", "Marsvin", "Marsvin", "Marsu", "Porcușor de Guineea"}},
	{"Hamster", words{"Hamster", "Hamster", "Hamster", "Hamsteri", "Hamster"}},
	{"Ferret", words{"Ilder", "Iller", "Ilder", "Fretti", "Dihor domestic"}},
	{"Bird", words{"Fugl", "Fågel", "Fugl", "Lintu", "Pasăre"}},
	{"Reptile", words{"Reptil", "Reptil", "Krybdyr", "Matelija", "Reptilă"}},
	{"Horse", words{"Hest", "Häst", "Hest", "Hevonen", "Cal"}},
	{"Another animal", words{"Et annet dyr", "Ett annat djur", "Et andet dyr", "Jokin muu eläin", "Alt animal"}},
}

// firstGroups are the reasons that a clinic starts with, under the headings by which owners find them.
var firstGroups = []firstGroup{
	{"Keeping healthy", words{"Forebygging", "Förebyggande", "Forebyggelse", "Ennaltaehkäisy", "Prevenție"}, []firstReason{
		{
			name: "Health check", minutes: 30,
			words: words{"Helsekontroll", "Hälsokontroll", "Sundhedstjek", "Terveystarkastus", "Control de sănătate"},
		},
		{
			name: "Vaccination", minutes: 15,
			words:        words{"Vaksinasjon", "Vaccination", "Vaccination", "Rokotus", "Vaccinare"},
			instructions: "Please bring the vaccination card or passport.",
			prepare: words{
				"Ta med vaksinasjonskort eller pass.", "Ta med vaccinationskort eller pass.", "Tag vaccinationskort eller pas med.",
				"Ota mukaan rokotuskortti tai passi.", "Vă rugăm să aduceți carnetul de sănătate sau pașaportul.",
			},
		},
		{
			name: "First visit with a puppy or kitten", minutes: 30, species: []string{"Dog", "Cat"},
			words: words{
				"Første besøk med valp eller kattunge", "Första besöket med valp eller kattunge", "Første besøg med hvalp eller killing",
				"Pennun ensikäynti", "Prima vizită cu un pui de câine sau de pisică",
			},
			instructions: "Please bring the papers that came with your puppy or kitten, and a favourite treat.",
			prepare: words{
				"Ta med papirene som fulgte med, og gjerne en favorittgodbit.", "Ta med papperen som följde med, och gärna ett favoritgodis.",
				"Tag de papirer med, der fulgte med, og gerne en yndlingsgodbid.", "Ota mukaan pennun paperit ja jokin mieluinen herkku.",
				"Vă rugăm să aduceți actele primite odată cu puiul și o recompensă preferată.",
			},
		},
		{
			name: "Nail trim", minutes: 15, species: []string{"Dog", "Cat", "Rabbit", "Guinea pig", "Hamster", "Ferret", "Bird"},
			words: words{"Kloklipp", "Kloklippning", "Kloklip", "Kynsien leikkuu", "Tăierea unghiilor"},
		},
		{
			name: "Teeth check", minutes: 30, species: []string{"Dog", "Cat", "Rabbit", "Guinea pig", "Ferret", "Horse"},
			words: words{"Tannkontroll", "Tandkontroll", "Tandtjek", "Hampaiden tarkastus", "Control dentar"},
		},
	}},
	{"Something is wrong", words{"Noe er galt", "Något är fel", "Noget er galt", "Jokin on vialla", "Ceva nu este în regulă"}, []firstReason{
		{
			name: "My pet is unwell", minutes: 30, after: 10,
			words:        words{"Dyret mitt er sykt", "Mitt djur är sjukt", "Mit dyr er sygt", "Lemmikkini on sairas", "Animalul meu este bolnav"},
			instructions: "Trouble breathing, heavy bleeding, fits or a swollen belly cannot wait: please call us now.",
			prepare: words{
				"Pustevansker, kraftig blødning, kramper eller oppblåst mage kan ikke vente: ring oss nå.",
				"Andningsbesvär, kraftig blödning, kramper eller uppsvälld buk kan inte vänta: ring oss nu.",
				"Åndenød, kraftig blødning, kramper eller oppustet mave kan ikke vente: ring til os nu.",
				"Hengitysvaikeudet, runsas verenvuoto, kouristukset tai turvonnut vatsa eivät voi odottaa: soita meille heti.",
				"Respirația grea, sângerarea puternică, convulsiile sau burta umflată nu pot aștepta: vă rugăm să ne sunați acum.",
			},
		},
		{
			name: "Skin, ears or itching", minutes: 30,
			words:        words{"Hud, ører eller kløe", "Hud, öron eller klåda", "Hud, ører eller kløe", "Iho, korvat tai kutina", "Piele, urechi sau mâncărimi"},
			instructions: "Please do not wash the skin or clean the ears on the day, so that we can see what is there.",
			prepare: words{
				"Ikke vask huden eller rens ørene samme dag, så vi kan se hvordan det er.",
				"Tvätta inte huden och rengör inte öronen samma dag, så att vi ser hur det är.",
				"Vask ikke huden og rens ikke ørerne samme dag, så vi kan se, hvordan det er.",
				"Älä pese ihoa tai puhdista korvia samana päivänä, jotta näemme tilanteen.",
				"Vă rugăm să nu spălați pielea și să nu curățați urechile în ziua vizitei, ca să vedem cum sunt.",
			},
		},
		{
			name: "Limping or injury", minutes: 30, after: 10,
			words: words{"Halthet eller skade", "Hälta eller skada", "Halthed eller skade", "Ontuminen tai vamma", "Șchiopătat sau rană"},
		},
		{
			name: "Follow-up", minutes: 15, clients: "existing",
			words:        words{"Etterkontroll", "Återbesök", "Kontrolbesøg", "Kontrollikäynti", "Control după tratament"},
			instructions: "Please bring the medicines that your pet is taking.",
			prepare: words{
				"Ta med medisinene som dyret får.", "Ta med de mediciner som djuret får.", "Tag den medicin med, som dyret får.",
				"Ota mukaan lemmikkisi lääkkeet.", "Vă rugăm să aduceți medicamentele pe care le ia animalul.",
			},
		},
	}},
	{"Operations and special visits", words{
		"Operasjoner og spesielle besøk", "Operationer och särskilda besök", "Operationer og særlige besøg", "Leikkaukset ja erityiskäynnit",
		"Operații și vizite speciale",
	}, []firstReason{
		{
			name: "Neutering", minutes: 60, before: 15, after: 30, species: []string{"Dog", "Cat"}, offline: true,
			words:        words{"Kastrering", "Kastrering", "Neutralisation", "Sterilointi tai kastraatio", "Sterilizare"},
			instructions: "Please give no food after 22:00 the evening before. Water is fine until you leave home.",
			prepare: words{
				"Ikke gi mat etter kl. 22 kvelden før. Vann er greit til dere drar hjemmefra.",
				"Ge ingen mat efter kl. 22 kvällen före. Vatten går bra tills ni åker hemifrån.",
				"Giv ikke foder efter kl. 22 aftenen før. Vand er i orden, til I tager hjemmefra.",
				"Älä anna ruokaa edellisenä iltana klo 22 jälkeen. Vettä saa antaa kotoa lähtöön asti.",
				"Vă rugăm să nu dați mâncare după ora 22:00 în seara dinainte. Apa este permisă până la plecarea de acasă.",
			},
		},
		{
			name: "Travel and passport", minutes: 30, species: []string{"Dog", "Cat", "Ferret"},
			words:        words{"Reise og pass", "Resa och pass", "Rejse og pas", "Matkustus ja passi", "Călătorie și pașaport"},
			instructions: "Please bring the passport and tell us where you are going and when. Some countries ask for treatments weeks ahead.",
			prepare: words{
				"Ta med passet, og fortell oss hvor dere skal og når. Noen land krever behandling flere uker i forveien.",
				"Ta med passet och berätta vart ni ska och när. Vissa länder kräver behandling flera veckor i förväg.",
				"Tag passet med, og fortæl os, hvor I skal hen og hvornår. Nogle lande kræver behandling flere uger i forvejen.",
				"Ota passi mukaan ja kerro, minne matkustatte ja milloin. Jotkin maat vaativat hoitoja viikkoja etukäteen.",
				"Vă rugăm să aduceți pașaportul și să ne spuneți unde și când călătoriți. Unele țări cer tratamente cu săptămâni înainte.",
			},
		},
		{
			name: "Saying goodbye", minutes: 60, after: 30, offline: true, endOfLife: true,
			words: words{"Avskjed", "Avsked", "Afsked", "Jäähyväiset", "Rămas-bun"},
		},
	}},
}
