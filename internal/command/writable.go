package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/pocketbase/pocketbase/core"
)

// KeepWritable refuses to start on data that cannot be written, and says which and why: SQLite would open it for reading, and the program would
// answer as if all were well and refuse every booking. It looks before the database is opened, for closing a file that SQLite has open would
// end its locks.
func KeepWritable(e *core.BootstrapEvent) error {
	if err := writable(e.App.DataDir()); err != nil {
		return fmt.Errorf("the clinic's data cannot be written: %w. Look at who owns %s, at its rights, and whether its disk is mounted read-only; then start again",
			err, e.App.DataDir())
	}
	return e.Next()
}

func writable(folder string) error {
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	trial, err := os.CreateTemp(folder, ".writable-*")
	if err != nil {
		return err
	}
	if err := errors.Join(trial.Close(), os.Remove(trial.Name())); err != nil {
		return err
	}
	databases, err := filepath.Glob(filepath.Join(folder, "*.db"))
	if err != nil {
		return err
	}
	for _, name := range databases {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		if err := f.Close(); err != nil {
			return err
		}
	}
	return nil
}
