// Package golden answers, for tests, whether the code still says what a corpus of text files says: above a line of dashes what is given, below it
// what is to come of it, so that clinic staff can read a case and write one.
package golden

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what the code answers into the golden files")

const dashes = "----\n"

// Corpus asks for the answer to each file that pattern finds, at least so many, each as a test named like its file. An answer that is not what
// stands below the dashes fails; with the flag -update it is written there instead.
func Corpus(t *testing.T, pattern string, least int, answer func(t *testing.T, given string) string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) < least {
		t.Fatalf("%d of at least %d files found at %s: %v", len(files), least, pattern, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), filepath.Ext(file)), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			given, want, found := strings.Cut(string(text), dashes)
			if !found {
				t.Fatal("there is no line of dashes")
			}
			same(t, file, given+dashes, want, answer(t, given))
		})
	}
}

// File holds an answer against a whole file, with -update as [Corpus] does.
func File(t *testing.T, file, answer string) {
	t.Helper()
	if *update {
		same(t, file, "", "", answer)
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	same(t, file, "", string(want), answer)
}

func same(t *testing.T, file, kept, want, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(kept+got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		title, _, _ := strings.Cut(kept, "\n")
		t.Errorf("%s (-want +got):\n%s", title, diff)
	}
}
