package disk

import (
	"sync"

	"modernc.org/libc"
)

const (
	// arena is the size of the pieces in which SQLite's memory comes from the system, and smallest to largest are the powers of two of the slots
	// that such a piece is cut into (modernc.org/memory: pageSizeLog, mallocAllign, maxSlotSizeLog).
	arena             = 1 << 16
	smallest, largest = 4, 14
	// kept is how many pieces of each kind stay ours: as many as the texts of one large statement fill, 2.8 MB in all.
	kept = 4
)

// keepMemory keeps SQLite from giving memory back that it needs again at once. It lays down every text of a statement in memory of its own, and a piece
// in which the last slot becomes free goes back to the system, only to be asked for by the next statement: about a fifth of what it costs to
// write many rows. A piece of which one slot is never free stays.
var keepMemory = sync.OnceFunc(func() {
	tls := libc.NewTLS()
	defer tls.Close()
	for log := smallest; log <= largest; log++ {
		slots := arena >> log
		taken := make([]uintptr, kept*slots)
		for i := range taken {
			taken[i] = libc.Xmalloc(tls, libc.Tsize_t(1)<<log)
		}
		for i, slot := range taken {
			if i%slots != 0 {
				libc.Xfree(tls, slot)
			}
		}
	}
})
