package notify

import (
	"html"
	"net/url"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// markdown reads what an e-mail needs and no more: paragraphs, headings, lists, quotes, rules, emphasis and links. There is no HTML,
// no code and no link defined elsewhere in the text, so that none of them can be smuggled in.
var markdown = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(parser.NewParagraphParser(), 1000),
	),
	parser.WithInlineParsers(
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(parser.NewEmphasisParser(), 500),
	),
)

// Mail writes an e-mail in its two forms: plain text, where a link reads "text: address", and HTML with the clinic's name, address
// and phone below it. Both say the same. The HTML stands alone: no images, scripts, style sheets or addresses elsewhere, and colours
// that mail programs may turn dark. Line breaks are kept as written. Links lead to http, https, mailto and tel only; any other is
// left as its text.
func Mail(subject, markdownText, locale string, from Location) (plain, htmlText string) {
	source := []byte(cleanText(markdownText))
	root := markdown.Parse(text.NewReader(source))
	var body, words strings.Builder
	body.Grow(2*len(source) + 512)
	words.Grow(len(source) + 256)
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		writeHTML(&body, n, source)
		writePlain(&words, n, source)
	}
	signature := from.signature()
	plain = strings.TrimSpace(words.String()) + "\n"
	if len(signature) > 0 {
		plain += "\n-- \n" + strings.Join(signature, "\n") + "\n"
	}
	return plain, page(subject, body.String(), locale, signature)
}

// plainText writes Markdown as a person would type it.
func plainText(markdownText string) string {
	source := []byte(markdownText)
	root := markdown.Parse(text.NewReader(source))
	var words strings.Builder
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		writePlain(&words, n, source)
	}
	return strings.TrimSpace(words.String())
}

// signature is what stands below every e-mail: who wrote it and how to reach them.
func (l Location) signature() []string {
	var lines []string
	for _, line := range append([]string{l.Name}, append(strings.Split(l.Address, "\n"), l.Phone)...) {
		if line = cleanValue(line); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

const (
	fontStyle    = "font-family:-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
	pageStyle    = "margin:0;padding:24px 16px;" + fontStyle + ";font-size:16px;line-height:1.5"
	columnStyle  = "max-width:36em;margin:0 auto"
	textStyle    = "margin:0 0 16px"
	headingStyle = "margin:24px 0 8px;font-size:20px;line-height:1.3"
	listStyle    = "margin:0 0 16px;padding-left:24px"
	quoteStyle   = "margin:0 0 16px;padding-left:12px;border-left:3px solid #8a8a8a"
	ruleStyle    = "margin:24px 0;border:0;border-top:1px solid #8a8a8a"
	footerStyle  = "margin:32px 0 0;padding-top:12px;border-top:1px solid #8a8a8a;font-size:14px"
)

// page puts the body into its column. No colour is set for text and ground, so that the mail program's own light or dark pair holds;
// the grey of the lines is readable on both.
func page(subject, body, locale string, signature []string) string {
	if locale = Locale(locale); locale == "" {
		locale = English
	}
	var out strings.Builder
	out.Grow(len(body) + 1536)
	out.WriteString("<!doctype html>\n<html lang=\"" + html.EscapeString(locale) + "\">\n<head>\n<meta charset=\"utf-8\">\n" +
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n" +
		"<meta name=\"supported-color-schemes\" content=\"light dark\">\n<title>" + html.EscapeString(Subject(subject)) + "</title>\n</head>\n" +
		"<body style=\"" + pageStyle + "\">\n<div style=\"" + columnStyle + "\">\n" + body)
	if len(signature) > 0 {
		out.WriteString("<p style=\"" + footerStyle + "\">")
		for i, line := range signature {
			if line = html.EscapeString(line); i == 0 {
				line = "<strong>" + line + "</strong>"
			} else {
				out.WriteString("<br>\n")
			}
			out.WriteString(line)
		}
		out.WriteString("</p>\n")
	}
	out.WriteString("</div>\n</body>\n</html>\n")
	return out.String()
}

func writeHTML(out *strings.Builder, n ast.Node, source []byte) {
	children := func() {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			writeHTML(out, c, source)
		}
	}
	wrap := func(tag, style string) {
		out.WriteString("<" + tag)
		if style != "" {
			out.WriteString(" style=\"" + style + "\"")
		}
		out.WriteString(">")
		children()
		out.WriteString("</" + tag + ">")
	}
	switch n := n.(type) {
	case *ast.Paragraph:
		wrap("p", textStyle)
		out.WriteString("\n")
	case *ast.Heading:
		wrap("h2", headingStyle)
		out.WriteString("\n")
	case *ast.List:
		tag := "ul"
		if n.IsOrdered() {
			tag = "ol"
		}
		wrap(tag, listStyle)
		out.WriteString("\n")
	case *ast.ListItem:
		wrap("li", "")
		out.WriteString("\n")
	case *ast.Blockquote:
		wrap("blockquote", quoteStyle)
		out.WriteString("\n")
	case *ast.ThematicBreak:
		out.WriteString("<hr style=\"" + ruleStyle + "\">\n")
	case *ast.Emphasis:
		if n.Level == 2 {
			wrap("strong", "")
		} else {
			wrap("em", "")
		}
	case *ast.Text:
		out.WriteString(html.EscapeString(textOf(n.Segment.Value(source))))
		if n.SoftLineBreak() || n.HardLineBreak() {
			out.WriteString("<br>\n")
		}
	case *ast.Link:
		if address, ok := allowed(n.Destination); ok {
			out.WriteString("<a href=\"" + html.EscapeString(address) + "\">")
			children()
			out.WriteString("</a>")
			return
		}
		children()
	case *ast.AutoLink:
		label := html.EscapeString(string(n.Label(source)))
		if address, ok := allowed(autoAddress(n, source)); ok {
			label = "<a href=\"" + html.EscapeString(address) + "\">" + label + "</a>"
		}
		out.WriteString(label)
	default:
		children()
	}
}

// writePlain writes a node as plain text.
func writePlain(out *strings.Builder, n ast.Node, source []byte) {
	children := func() {
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			writePlain(out, c, source)
		}
	}
	switch n := n.(type) {
	case *ast.Paragraph, *ast.Heading:
		children()
		out.WriteString("\n\n")
	case *ast.TextBlock:
		children()
		out.WriteString("\n")
	case *ast.List:
		number := max(n.Start, 1)
		for item := n.FirstChild(); item != nil; item = item.NextSibling() {
			mark := "- "
			if n.IsOrdered() {
				mark = strconv.Itoa(number) + ". "
				number++
			}
			var inner strings.Builder
			for c := item.FirstChild(); c != nil; c = c.NextSibling() {
				writePlain(&inner, c, source)
			}
			lines := strings.ReplaceAll(strings.TrimSpace(inner.String()), "\n", "\n"+strings.Repeat(" ", len(mark)))
			out.WriteString(mark + lines + "\n")
		}
		out.WriteString("\n")
	case *ast.Blockquote:
		var inner strings.Builder
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			writePlain(&inner, c, source)
		}
		out.WriteString("> " + strings.ReplaceAll(strings.TrimSpace(inner.String()), "\n", "\n"+"> ") + "\n\n")
	case *ast.ThematicBreak:
		out.WriteString("---\n\n")
	case *ast.Text:
		out.WriteString(textOf(n.Segment.Value(source)))
		if n.SoftLineBreak() || n.HardLineBreak() {
			out.WriteString("\n")
		}
	case *ast.Link:
		start := out.Len()
		children()
		label := out.String()[start:]
		address, ok := allowed(n.Destination)
		short := strings.TrimPrefix(strings.TrimPrefix(address, "mailto:"), "tel:")
		if ok && label != address && label != short {
			if label != "" {
				out.WriteString(": ")
			}
			out.WriteString(short)
		}
	case *ast.AutoLink:
		out.Write(n.Label(source))
	default:
		children()
	}
}

// allowed reports the address of a link that may be shown as one.
func allowed(destination []byte) (string, bool) {
	address := string(util.URLEscape(destination, true))
	u, err := url.Parse(address)
	if err != nil {
		return "", false
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https":
		return address, u.Host != ""
	case "mailto", "tel":
		return address, u.Opaque != ""
	}
	return "", false
}

func autoAddress(n *ast.AutoLink, source []byte) []byte {
	label := n.Label(source)
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(string(label)), "mailto:") {
		return append([]byte("mailto:"), label...)
	}
	return label
}

// textOf resolves backslashes and entities of a piece of Markdown text into what it says.
func textOf(raw []byte) string {
	if !strings.ContainsAny(string(raw), `\&`) {
		return string(raw)
	}
	var out strings.Builder
	for i := 0; i < len(raw); i++ {
		switch {
		case raw[i] == '\\' && i+1 < len(raw) && util.IsPunct(raw[i+1]):
			i++
			out.WriteByte(raw[i])
		case raw[i] == '&':
			end := i + 1
			for end < len(raw) && end-i < 32 && (raw[end] == '#' || isWord(raw[end]) && raw[end] < 0x80) {
				end++
			}
			if end < len(raw) && raw[end] == ';' {
				// Where only a beginning is known ("&notable;" begins with "&not"), the whole is no entity.
				if said := html.UnescapeString(string(raw[i : end+1])); !strings.HasSuffix(said, ";") {
					out.WriteString(cleanText(said))
					i = end
					continue
				}
			}
			out.WriteByte('&')
		default:
			out.WriteByte(raw[i])
		}
	}
	return out.String()
}
