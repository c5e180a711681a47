package browsertest

import (
	"context"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience bounds one wait, on a machine that may be busy with other packages.
const patience = 20 * time.Second

// Tab is one tab of the shared browser, with cookies and storage of its own.
type Tab struct {
	t       testing.TB
	context context.Context
	dark    bool
	still   bool

	mu       sync.Mutex
	problems []string
}

// Option changes how a tab is opened.
type Option func(*options)

type options struct {
	languages string
	zone      string
	noScript  bool
	still     bool
}

// Languages sets what the browser prefers, as "nb-NO,nb,en"; "en-GB" unless set.
func Languages(preferred string) Option { return func(o *options) { o.languages = preferred } }

// Zone puts the browser into an IANA time zone of its own.
func Zone(name string) Option { return func(o *options) { o.zone = name } }

// NoScript switches JavaScript off.
func NoScript(o *options) { o.noScript = true }

// ReducedMotion asks pages to keep still.
func ReducedMotion(o *options) { o.still = true }

// Open opens a tab as large as a phone, 390 × 844. At the end of the test it is closed, and what the page reported fails the test.
func Open(t testing.TB, with ...Option) *Tab {
	t.Helper()
	shared.once.Do(start)
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	chosen := options{languages: "en-GB"}
	for _, option := range with {
		option(&chosen)
	}
	tab := &Tab{t: t, still: chosen.still}
	opened, closeTab := chromedp.NewContext(shared.context, chromedp.WithNewBrowserContext(), chromedp.WithListener(tab.listen))
	t.Cleanup(func() {
		closeTab()
		for _, problem := range tab.found() {
			t.Errorf("the page reported: %s", problem)
		}
	})
	tab.context = opened
	if err := chromedp.Do(opened); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	// Several tabs act at once, each as if it were in front.
	call(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(tab, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: shared.agent, AcceptLanguage: chosen.languages})
	if chosen.zone != "" {
		call(tab, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: chosen.zone})
	}
	if chosen.noScript {
		call(tab, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	}
	tab.Size(390, 844)
	tab.Dark(false)
	return tab
}

// call sends one protocol command to the tab, and ends the test when that fails.
func call[P, R any](tab *Tab, command cdp.Command[P, R], params P) R {
	tab.t.Helper()
	limited, done := context.WithTimeout(tab.context, patience)
	defer done()
	answer, err := chromedp.Call(limited, command, params)
	if err != nil {
		tab.t.Fatalf("%s: %v", command.Method, err)
	}
	return answer
}

func (tab *Tab) listen(event any) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	switch e := event.(type) {
	case runtime.EventExceptionThrown:
		tab.report(&e)
	case *runtime.EventExceptionThrown:
		tab.report(e)
	case runtime.EventConsoleAPICalled:
		tab.console(&e)
	case *runtime.EventConsoleAPICalled:
		tab.console(e)
	case log.EventEntryAdded:
		tab.log(&e)
	case *log.EventEntryAdded:
		tab.log(e)
	}
}

func (tab *Tab) report(e *runtime.EventExceptionThrown) {
	text := e.ExceptionDetails.Text
	if e.ExceptionDetails.Exception != nil {
		text += " " + e.ExceptionDetails.Exception.Description
	}
	tab.problems = append(tab.problems, text)
}

func (tab *Tab) console(e *runtime.EventConsoleAPICalled) {
	if e.Type != runtime.ConsoleAPICalledTypeError {
		return
	}
	var words []string
	for _, argument := range e.Args {
		words = append(words, argument.Description+string(argument.Value))
	}
	tab.problems = append(tab.problems, strings.Join(words, " "))
}

// log takes what the browser itself complains about. Refusals of the server show up here too, as "network", and are no fault of the page.
func (tab *Tab) log(e *log.EventEntryAdded) {
	if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
		tab.problems = append(tab.problems, e.Entry.Text)
	}
}

func (tab *Tab) found() []string {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	return slices.Clone(tab.problems)
}

// Size sets the width and height of the visible page, in CSS pixels.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	call(tab, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1})
}

// Dark asks pages for their dark colours, or for the light ones.
func (tab *Tab) Dark(dark bool) {
	tab.t.Helper()
	scheme, motion := "light", "no-preference"
	if dark {
		scheme = "dark"
	}
	if tab.still {
		motion = "reduce"
	}
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: motion},
	}})
}

// Print shows the page as it would be printed, until Dark is called.
func (tab *Tab) Print() {
	tab.t.Helper()
	call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
}

func (tab *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	tab.t.Helper()
	limited, done := context.WithTimeout(tab.context, patience)
	defer done()
	if err := chromedp.Do(limited, steps...); err != nil {
		tab.t.Fatalf("%s: %v", what, err)
	}
}

// Go opens an address and waits until it is loaded.
func (tab *Tab) Go(address string) {
	tab.t.Helper()
	tab.do("go to "+address, chromedp.Navigate(address))
}

// Reload loads the page again.
func (tab *Tab) Reload() {
	tab.t.Helper()
	tab.do("reload", chromedp.Reload())
}

// Back presses the browser's Back button.
func (tab *Tab) Back() {
	tab.t.Helper()
	Eval[any](tab, "history.back()")
}

// Eval answers a JavaScript expression; a promise is awaited.
func Eval[T any](tab *Tab, expression string) T {
	tab.t.Helper()
	limited, done := context.WithTimeout(tab.context, patience)
	defer done()
	answer, err := chromedp.Run(limited, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		tab.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return answer
}

// Wait waits until a JavaScript expression is true.
func (tab *Tab) Wait(expression string) {
	tab.t.Helper()
	limited, done := context.WithTimeout(tab.context, patience)
	defer done()
	for {
		// A page that is being replaced has nothing to ask; the next round finds the new one.
		if true, err := chromedp.Run(limited, chromedp.Evaluate[bool]("Boolean("+expression+")")); err == nil && true {
			return
		}
		select {
		case <-limited.Done():
			tab.t.Fatalf("still not true: %s\nat %s, showing:\n%s", expression, Eval[string](tab, "location.href"), tab.Text("body"))
		case <-time.After(15 * time.Millisecond):
		}
	}
}

// WaitFor waits until an element is there and visible.
func (tab *Tab) WaitFor(selector string) {
	tab.t.Helper()
	tab.Wait("document.querySelector(" + strconv.Quote(selector) + ")?.checkVisibility()")
}

// WaitForText waits until the visible text of an element contains words.
func (tab *Tab) WaitForText(selector, words string) {
	tab.t.Helper()
	tab.Wait("[...document.querySelectorAll(" + strconv.Quote(selector) + ")].some((e) => e.checkVisibility() && e.innerText.includes(" + strconv.Quote(words) + "))")
}

// Text is the visible text of an element.
func (tab *Tab) Text(selector string) string {
	tab.t.Helper()
	return Eval[string](tab, "document.querySelector("+strconv.Quote(selector)+")?.innerText ?? ''")
}

// Value is what a field holds.
func (tab *Tab) Value(selector string) string {
	tab.t.Helper()
	return Eval[string](tab, "document.querySelector("+strconv.Quote(selector)+").value")
}

// Visible says whether an element is there to be seen.
func (tab *Tab) Visible(selector string) bool {
	tab.t.Helper()
	return Eval[bool](tab, "Boolean(document.querySelector("+strconv.Quote(selector)+")?.checkVisibility())")
}

// Click presses the middle of an element with the mouse. What covers the element fails the test, as it would stop a person.
func (tab *Tab) Click(selector string) {
	tab.t.Helper()
	tab.click("document.querySelector("+strconv.Quote(selector)+")", selector)
}

// ClickText presses the first visible element of a kind whose text contains words.
func (tab *Tab) ClickText(selector, words string) {
	tab.t.Helper()
	find := "[...document.querySelectorAll(" + strconv.Quote(selector) + ")].find((e) => e.checkVisibility() && e.innerText.includes(" + strconv.Quote(words) + "))"
	tab.click(find, selector+" with "+words)
}

func (tab *Tab) click(element, name string) {
	tab.t.Helper()
	tab.Wait(element + "?.checkVisibility()")
	at := Eval[[]float64](tab, `(() => {
		const e = `+element+`;
		e.scrollIntoView({ block: 'center', behavior: 'instant' });
		const box = e.getClientRects()[0];
		const x = box.x + box.width / 2, y = box.y + box.height / 2;
		const top = document.elementFromPoint(x, y);
		return [x, y, top && (e.contains(top) || top.contains(e)) ? 1 : 0];
	})()`)
	if at[2] == 0 {
		tab.t.Fatalf("%s is covered by something else", name)
	}
	tab.do("click "+name, chromedp.MouseClickXY(at[0], at[1]))
}

// Fill replaces what a field holds, as typing would.
func (tab *Tab) Fill(selector, text string) {
	tab.t.Helper()
	tab.WaitFor(selector)
	Eval[any](tab, "(() => { const e = document.querySelector("+strconv.Quote(selector)+"); e.focus(); e.select?.(); })()")
	if text == "" {
		tab.Press("\b")
		return
	}
	if Eval[string](tab, "document.activeElement.type") == "date" {
		Eval[any](tab, "(() => { const e = document.activeElement; e.value = "+strconv.Quote(text)+"; e.dispatchEvent(new Event('input', { bubbles: true })); })()")
		return
	}
	call(tab, input.InsertText, input.InsertTextParams{Text: text})
}

// Press presses keys one after the other; the constants of chromedp's package kb name those without a letter.
func (tab *Tab) Press(keys string) {
	tab.t.Helper()
	tab.do("press keys", chromedp.KeyEvent(keys))
}

// Screenshot writes the page in its full height to a PNG file.
func (tab *Tab) Screenshot(path string) {
	tab.t.Helper()
	beyond := true
	shot := call(tab, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond})
	if err := os.WriteFile(path, shot.Data, 0o644); err != nil {
		tab.t.Fatal(err)
	}
}
