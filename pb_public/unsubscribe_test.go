package pb_public_test

import (
	"testing"

	"pawbell/internal/browsertest"
)

// the link asks, the button acts, and each state of the page is free of barriers.
func TestTheUnsubscribePage(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	tab := browsertest.Open(t)
	tab.Go(clinic.URL + "/unsubscribe/token1")
	tab.WaitForText("form", "k…@example.com")
	if tab.Visible("[data-when=done]") || tab.Visible("[data-when=dead]") {
		t.Error("the page shows more than its question")
	}
	tab.EveryLook("10 unsubscribe")
	tab.Click("form button")
	tab.WaitForText("[data-when=done]", "no more news and offers")
	if tab.Visible("form") || tab.Visible("[data-when=dead]") {
		t.Error("the page still asks")
	}
	tab.EveryLook("10 unsubscribed")
	tab.Go(clinic.URL + "/unsubscribe/cut-short")
	tab.WaitForText("[data-when=dead]", "+47 22 33 44 55")
	tab.EveryLook("10 unsubscribe dead")
}

func TestTheUnsubscribePageNeedsNoJavaScriptAndSpeaksTheReadersLanguage(t *testing.T) {
	t.Parallel()
	clinic := open(t, oneClinic(nil))
	bare := browsertest.Open(t, browsertest.NoScript)
	bare.Go(clinic.URL + "/unsubscribe/token1")
	bare.Click("form button")
	bare.WaitForText("[data-when=done]", "no more news and offers")
	for language, words := range map[string]string{
		"nb": "Ingen flere nyheter", "sv": "Inga fler nyheter", "da": "Ingen flere nyheder", "fi": "Ei enää uutisia", "ro": "Fără noutăți", "de": "No more news",
	} {
		tab := browsertest.Open(t, browsertest.Languages(language))
		tab.Size(320, 640)
		tab.Go(clinic.URL + "/unsubscribe/token1")
		tab.WaitForText("h1", words)
		if browsertest.Eval[bool](tab, "document.documentElement.scrollWidth > innerWidth") {
			t.Errorf("%s does not fit the narrowest phone", language)
		}
	}
}
