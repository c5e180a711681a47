package sms

// lookAlikes are swapped whatever the clinic's choice: editors, phones and number formatters put them in where the plain character was
// meant, and each makes a text cost twice.
var lookAlikes = join(
	all("'", "‘’‚‛′ʼʹ´`"),
	all(`"`, "“”„‟″"),
	all("-", "‐‑‒–—―−"),
	all("...", "…"),
	// The no-break, fixed-width and ideographic spaces, and the tab.
	all(" ", "\t\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"),
	all("\n", "\v\u0085\u2028\u2029"),
	// Nobody sees these: the soft hyphen, the zero-width space, the word joiner, the byte order mark, and controls.
	all("", "\u00ad\u200b\u2060\ufeff\x00\x01\x02\x03\x04\x05\x06\x07\b\x0e\x0f\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x7f"),
)

// spellings hold what taking the marks off a letter does not answer. Letters such as ș, ž, ą, ģ or á need no line here.
var spellings = join(
	// Sámi, Skolt Sámi, Greenlandic.
	each("đd", "ĐD", "ŋn", "ŊN", "ŧt", "ŦT", "ǥg", "ǤG", "ʒz", "ƷZ", "ĸk"),
	// Icelandic and Faroese.
	pairs("ð", "d", "Ð", "D", "þ", "th", "Þ", "Th"),
	// Polish, Turkish, Maltese, Azeri, Dutch, French, German.
	each("łl", "ŁL", "ıi", "ħh", "ĦH", "əe", "ƏE"),
	pairs("ŉ", "'n", "ĳ", "ij", "Ĳ", "IJ", "œ", "oe", "Œ", "OE", "ẞ", "SS", "ŀ", "l", "Ŀ", "L"),
	pairs("«", `"`, "»", `"`, "‹", "'", "›", "'"),
	pairs("•", "-", "·", "-", "×", "x", "÷", "/", "±", "+/-", "µ", "u", "μ", "u", "№", "No.", "¦", "|"),
	pairs("½", "1/2", "¼", "1/4", "¾", "3/4", "¹", "1", "²", "2", "³", "3", "ª", "a", "º", "o"),
	pairs("©", "(c)", "®", "(R)", "™", "TM", "→", "->", "←", "<-", "≤", "<=", "≥", ">=", "≈", "~"),
	// Marks of writing direction, which come along when a phone number is copied.
	all("", "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"),
)

func all(written, characters string) map[rune]string {
	m := map[rune]string{}
	for _, r := range characters {
		m[r] = written
	}
	return m
}

func each(entries ...string) map[rune]string {
	m := map[rune]string{}
	for _, e := range entries {
		letters := []rune(e)
		m[letters[0]] = string(letters[1:])
	}
	return m
}

func pairs(entries ...string) map[rune]string {
	m := map[rune]string{}
	for i := 0; i < len(entries); i += 2 {
		m[[]rune(entries[i])[0]] = entries[i+1]
	}
	return m
}

func join(tables ...map[rune]string) map[rune]string {
	m := map[rune]string{}
	for _, t := range tables {
		for r, s := range t {
			m[r] = s
		}
	}
	return m
}
