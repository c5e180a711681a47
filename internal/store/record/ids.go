package record

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// IDLength is how long a record's id is, as PocketBase makes them.
const IDLength = 15

// NewID makes the id of a row that is written beside many others. Its first five letters say the second, the other ten are random (51 bits): rows
// of one moment lie side by side in the index of ids, and a batch changes a few pages of it, however long the log is, where ids without any
// order change one page for each row. After 700 days the letters begin anew, which costs nothing.
func NewID(now time.Time) string {
	const digits, seconds, tail = "0123456789abcdefghijklmnopqrstuvwxyz", 36 * 36 * 36 * 36 * 36, IDLength - 5
	second := strconv.FormatInt(((now.Unix()%seconds)+seconds)%seconds, 36)
	id := make([]byte, 0, IDLength)
	id = append(append(id, strings.Repeat("0", 5-len(second))...), second...)
	for range tail {
		id = append(id, digits[rand.IntN(len(digits))])
	}
	return string(id)
}
