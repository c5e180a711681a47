// Package disk answers how the clinic's database files are opened: what is on the disk when a commit returns, and how much of them a connection
// keeps in memory.
package disk

import "github.com/pocketbase/dbx"

// settings differ from PocketBase's own in three things. A commit is on the disk before anybody hears of it (synchronous FULL, and fullfsync, without
// which macOS leaves it in the drive's memory): a visit that was confirmed and an attempt that was written down outlive a power cut, not only the end
// of the process (https://www.sqlite.org/pragma.html#pragma_synchronous). A connection keeps 8 MB of pages, not 32: they take about twice that in
// memory, there are several connections, and the operating system keeps what is read often anyway. And the write-ahead log is brought into the
// database every 4000 pages, 16 MB, not every 1000, which spares a large queue a good part of its time and holds nobody up for longer. Waiting for a
// lock comes first, for changing to the write-ahead log may have to wait.
const settings = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=journal_size_limit(200000000)&_pragma=synchronous(FULL)" +
	"&_pragma=fullfsync(ON)&_pragma=foreign_keys(ON)&_pragma=temp_store(MEMORY)&_pragma=cache_size(-8000)&_pragma=wal_autocheckpoint(4000)"

// Connect opens a database file, as PocketBase asks for it (core.DBConnectFunc). The driver is the one that PocketBase registers.
func Connect(path string) (*dbx.DB, error) { return Open(path) }

// Open does the same with further pragmas, which win over ours: synchronous(OFF) for data that nobody will miss.
func Open(path string, pragmas ...string) (*dbx.DB, error) {
	keepMemory()
	path += settings
	for _, pragma := range pragmas {
		path += "&_pragma=" + pragma
	}
	return dbx.Open("sqlite", path)
}
