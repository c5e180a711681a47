// Package sms answers how big a text message is, how it is written so that it stays small, and what it costs.
//
// Phones know two alphabets. The old GSM one (3GPP TS 23.038) packs 160 characters into a message; a single character outside it
// turns the whole text into UTF-16, where 70 fit. [Prepare] writes a text so that it keeps to the first where it can, [Measure] counts.
package sms

import (
	"math"

	"golang.org/x/text/unicode/norm"
)

// The encodings, as stored with a message.
const (
	GSM7 = "gsm7"
	UCS2 = "ucs2"
)

// What fits into a message that stands alone, and into each part of a longer one, where a header of six octets takes its room
// (3GPP TS 23.040, 9.2.3.24.1). GSM-7 counts septets, UCS-2 UTF-16 units.
const (
	gsmAlone, gsmPart = 160, 153
	ucsAlone, ucsPart = 70, 67
)

// Size is how much room a text takes.
type Size struct {
	Encoding string // GSM7 or UCS2
	Units    int    // septets, or UTF-16 units
	Parts    int    // what the provider bills; an empty text is one
	Offender rune   // the first character that forced UCS-2, 0 if none did
}

// Measure counts a merged text in composed form (NFC), as it will be sent. A character that takes two units is never cut across
// parts, so a long text may need a part more than its units suggest.
func Measure(text string) Size {
	text = norm.NFC.String(text)
	size := Size{Encoding: GSM7}
	for _, r := range text {
		if septets(r) == 0 {
			size.Encoding, size.Offender = UCS2, r
			break
		}
	}
	width, alone, part := septets, gsmAlone, gsmPart
	if size.Encoding == UCS2 {
		width, alone, part = utf16Units, ucsAlone, ucsPart
	}
	size.Parts = 1
	filled := 0
	for _, r := range text {
		units := width(r)
		size.Units += units
		if filled+units > part {
			size.Parts++
			filled = 0
		}
		filled += units
	}
	if size.Units <= alone {
		size.Parts = 1
	}
	return size
}

// Cost is what a message in so many parts costs at a price per part, in the same currency, to a hundredth of its smallest coin: prices of
// a part go below a cent, and 2 × 0.99 is 1.98.
func Cost(parts int, price float64) float64 {
	return math.Round(float64(parts)*price*10_000) / 10_000
}

func utf16Units(r rune) int {
	if r > 0xFFFF {
		return 2
	}
	return 1
}
