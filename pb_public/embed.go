// Package pb_public holds the pages that owners see: the booking page (index.html) and the page of one visit (manage.html).
//
// They are static files without a build step, served as they are at the root of the site. manage.html is answered at
// /manage/{token}, so every address in both pages is absolute. In both, the server puts the locations' names and phone numbers in
// place of [Contacts], for readers without JavaScript and for the moments when the menu cannot be had.
package pb_public

import "embed"

// FS holds the pages with their style sheet, scripts, icon and texts.
//
//go:embed *.html *.css *.js *.svg texts
var FS embed.FS

// Contacts is the marker in both pages that the server replaces with the locations' names and phones, as HTML.
const Contacts = "<!--clinic-contacts-->"
