package booking

// bits answers for each of a row of starts whether it is free.
type bits []uint64

// set marks the starts from first up to last, last excluded.
func (b bits) set(first, last int) {
	b.each(first, last, func(word *uint64, mask uint64) { *word |= mask })
}

// clear takes the starts from first up to last away, last excluded.
func (b bits) clear(first, last int) {
	b.each(first, last, func(word *uint64, mask uint64) { *word &^= mask })
}

func (b bits) each(first, last int, change func(word *uint64, mask uint64)) {
	for first < last {
		word, low := first/64, first%64
		mask := ^uint64(0) << low
		if rest := last - word*64; rest < 64 {
			mask &= 1<<rest - 1
		}
		change(&b[word], mask)
		first = (word + 1) * 64
	}
}

func (b bits) has(i int) bool { return b[i/64]&(1<<(i%64)) != 0 }

func (b bits) any() bool {
	for _, word := range b {
		if word != 0 {
			return true
		}
	}
	return false
}
