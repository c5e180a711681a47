// Package browsertest drives the owner's pages in a real browser.
//
// One headless browser serves all tests of a package, each test in a tab with storage of its own. Whatever a page reports as an
// error (an uncaught exception, console.error, a breach of its content security policy) fails the test that opened the tab. A test
// that finds no browser fails: a suite that skips itself proves nothing.
package browsertest

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// programs are the browsers that will do, in the order tried.
var programs = []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"}

var shared struct {
	once    sync.Once
	context context.Context
	agent   string
	stop    func()
	err     error
}

// Run runs the tests of a package and closes the browser they shared. TestMain hands its answer to os.Exit.
func Run(tests *testing.M) int {
	code := tests.Run()
	if shared.stop != nil {
		shared.stop()
	}
	return code
}

func start() {
	var program string
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		shared.err = fmt.Errorf("no browser: none of %s is in the path", strings.Join(programs, ", "))
		return
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program),
		chromedp.NoSandbox, // root in a container has no other way
		chromedp.DisableGPU,
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("no-proxy-server", true),
	)
	allocator, closeAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	opened, closeBrowser := chromedp.NewContext(allocator)
	shared.stop = func() {
		closeBrowser()
		closeAllocator()
	}
	version, err := chromedp.CallBrowser(opened, browser.GetVersion, cdp.Empty{})
	if err != nil {
		shared.err = fmt.Errorf("start %s: %w", program, err)
		return
	}
	shared.agent = version.UserAgent
	shared.context = opened
}
