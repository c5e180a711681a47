// Package pb_public holds the pages that owners see: the booking page (index.html), the page of one visit (manage.html) and the one that ends
// mail to many (unsubscribe.html).
//
// They are static files without a build step, served as they are at the root of the site. manage.html is answered at
// /manage/{token} and unsubscribe.html at /unsubscribe/{token}, so every address in them is absolute. In all of them the server puts the
// locations' names and phone numbers in place of [Contacts], for readers without JavaScript and for the moments when the menu cannot be had.
package pb_public

import "embed"

// FS holds the pages with their style sheet, scripts, icon and texts.
//
//go:embed *.html *.css *.js *.svg texts
var FS embed.FS

// Contacts is the marker in the pages that the server replaces with the locations' names and phones, as HTML.
const Contacts = "<!--clinic-contacts-->"

// The markers in unsubscribe.html: State is replaced with the state that it shows (ask, done or dead), Receiver with the masked address.
const (
	State    = `data-state="ask"`
	Receiver = "<!--receiver-->"
)
