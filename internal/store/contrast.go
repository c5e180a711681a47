package store

import "math"

// linear takes the gamma out of one channel of an sRGB colour, as WCAG 2.2 defines relative luminance.
func linear(channel byte) float64 {
	c := float64(channel) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
