package browsertest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

var axe = sync.OnceValues(func() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			return "", fmt.Errorf("no go.mod above the tests")
		}
	}
	source, err := os.ReadFile(filepath.Join(folder, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("axe-core is missing, install it with `npm install --no-save --no-package-lock axe-core@4.14.1`: %w", err)
	}
	return string(source), nil
})

// Accessible fails the test for everything that axe-core finds wrong with the page as it is now: WCAG 2.2 A and AA, and its own best
// practices. The name says which state of the page it was.
func (tab *Tab) Accessible(name string) {
	tab.t.Helper()
	source, err := axe()
	if err != nil {
		tab.t.Fatal(err)
	}
	if !Eval[bool](tab, "'axe' in window") {
		Eval[any](tab, source+"\n; null")
	}
	// A colour half-way through a transition is nobody's choice.
	tab.Wait("document.getAnimations().every((a) => a.playState !== 'running' || a.effect.getComputedTiming().endTime === Infinity)")
	for _, found := range Eval[[]string](tab, `axe.run(document, { resultTypes: ['violations'] }).then((result) =>
		result.violations.map((v) => v.id + ': ' + v.help + '\n' + v.nodes.map((n) => '  ' + n.html + '\n    ' + n.failureSummary.replaceAll('\n', '\n    ')).join('\n')))`) {
		tab.t.Errorf("%s: %s", name, found)
	}
}

// EveryLook runs a check, and looks for barriers, on phone and desktop width, in light and in dark, and leaves the tab as it found it.
func (tab *Tab) EveryLook(name string) {
	tab.t.Helper()
	for _, look := range []struct {
		name          string
		width, height int64
		dark          bool
	}{
		{"phone light", 390, 844, false}, {"phone dark", 390, 844, true},
		{"desktop dark", 1280, 900, true}, {"desktop light", 1280, 900, false},
	} {
		tab.Size(look.width, look.height)
		tab.Dark(look.dark)
		tab.NoSideways(name + ", " + look.name)
		tab.Accessible(name + ", " + look.name)
		if folder := os.Getenv("BROWSERTEST_SCREENSHOTS"); folder != "" {
			tab.Screenshot(filepath.Join(folder, strings.ReplaceAll(name+" "+look.name, " ", "-")+".png"))
		}
	}
	tab.Size(390, 844)
}

// NoSideways fails the test when the page is wider than the screen.
func (tab *Tab) NoSideways(name string) {
	tab.t.Helper()
	if over := Eval[int](tab, "document.documentElement.scrollWidth - innerWidth"); over > 0 {
		tab.t.Errorf("%s: the page is %d px wider than the screen", name, over)
	}
}
