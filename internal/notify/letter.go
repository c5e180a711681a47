package notify

import (
	"html/template"
	"regexp"
	"strings"

	"github.com/yuin/goldmark/text"
)

var (
	inlineStyle = regexp.MustCompile(` style="[^"]*"`)
	anchor      = regexp.MustCompile(`(?s)<a href="([^"]*)">(.*?)</a>`)
)

// Letter writes Markdown as the body of a letter on paper: HTML without styles of its own, which the letter's style sheet has, and without links,
// which paper does not have: their addresses are written out.
func Letter(markdownText string) template.HTML {
	source := []byte(cleanText(markdownText))
	root := markdown.Parse(text.NewReader(source))
	var body strings.Builder
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		writeHTML(&body, n, source)
	}
	written := inlineStyle.ReplaceAllString(body.String(), "")
	written = anchor.ReplaceAllStringFunc(written, func(link string) string {
		parts := anchor.FindStringSubmatch(link)
		address := strings.TrimPrefix(strings.TrimPrefix(parts[1], "mailto:"), "tel:")
		if parts[2] == address || parts[2] == parts[1] || parts[2] == "" {
			return address
		}
		return parts[2] + " (" + address + ")"
	})
	// Everything in it was escaped where it was written.
	return template.HTML(written)
}
