package sms

// The GSM 7-bit default alphabet and its extension table (3GPP TS 23.038, 6.2.1). The escape to the extension is no character.
const (
	basic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ" +
		" !\"#¤%&'()*+,-./0123456789:;<=>?" +
		"¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§" +
		"¿abcdefghijklmnopqrstuvwxyzäöñüà"
	extension = "\f^{}\\[~]|€"
)

var alphabet = func() map[rune]int {
	widths := map[rune]int{}
	for _, r := range basic {
		widths[r] = 1
	}
	for _, r := range extension {
		widths[r] = 2
	}
	return widths
}()

// septets is how many septets a character takes in GSM-7, 0 if the alphabet lacks it.
func septets(r rune) int { return alphabet[r] }
