package store

import (
	"errors"
	"slices"

	"github.com/pocketbase/dbx"
	"github.com/pocketbase/pocketbase/core"
)

// readOnly is SQLite's result code of a database that was opened for reading alone (sqlite.org/rescode.html).
const readOnly = 8

// notWritable are its codes of a disk that takes nothing: read-only, input or output failed, full, cannot be opened.
var notWritable = []int{readOnly, 10, 13, 14}

// NotWritable reports whether an error says that the disk takes nothing, so that whoever wanted to write may try again when that is mended.
func NotWritable(err error) bool { return slices.Contains(notWritable, sqliteCode(err)) }

// LetGo ends the connection that writes, where an error says that it was opened for reading alone. SQLite does so with a file that cannot be
// written at that moment, and the connection stays so however soon the file can be written again: without this, the program would write nothing
// more until its next start. The next write opens a new one. Call it outside transactions, with whatever error a write ended in.
func LetGo(app core.App, err error) {
	if sqliteCode(err) != readOnly {
		return
	}
	if db, ok := app.NonconcurrentDB().(*dbx.DB); ok {
		db.DB().SetMaxIdleConns(0)
		db.DB().SetMaxIdleConns(1)
	}
}

// Waits is how often somebody had to wait for the only writer since the program started. Ask it of the app, not of a transaction.
func Waits(app core.App) int64 {
	db, ok := app.NonconcurrentDB().(*dbx.DB)
	if !ok {
		return 0
	}
	return db.DB().Stats().WaitCount
}

// sqliteCode is the primary result code of a database error, 0 for any other.
func sqliteCode(err error) int {
	var result interface {
		error
		Code() int
	}
	if !errors.As(err, &result) {
		return 0
	}
	return result.Code() & 0xff
}
