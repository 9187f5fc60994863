package report

import (
	"fmt"
	"html"
	"strings"
)

// markup writes HTML. Formats are our own text and are written as they are;
// what they are filled with is escaped, so that nothing of a finding can become
// markup, in text and in quoted attributes alike. It stands in for
// html/template, whose reflection makes the linker keep every method of every
// type of the program: all operations of all AWS clients.
type markup struct{ strings.Builder }

// add writes a format. Numbers are written as they are and everything else as
// escaped text, also what is a string only underneath, such as a severity.
func (m *markup) add(format string, args ...any) {
	for i, a := range args {
		if _, number := a.(int); !number {
			args[i] = escapeHTML(fmt.Sprint(a))
		}
	}
	fmt.Fprintf(m, format, args...)
}

// escapeHTML escapes text for elements and quoted attributes. A NUL, which HTML
// has no way to write, becomes what parsers read in its place.
func escapeHTML(s string) string {
	return strings.ReplaceAll(html.EscapeString(s), "\x00", "\ufffd")
}

// write writes the page.
func (p htmlPage) write(m *markup) {
	m.add(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="%s">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>Parapet: %s</title>
<style>`, p.CSP, p.Headline)
	m.WriteString(p.CSS)
	m.add("</style>\n</head>\n<body class=\"by-policy\">\n")
	p.writeTop(m)
	m.add("<div class=\"wrap\">\n<div class=\"cards\">\n")
	p.writeCharts(m)
	m.add("</div>\n</div>\n")
	if p.Findings > 0 {
		p.writeFilters(m)
	}
	m.add("<main id=\"findings\" class=\"wrap\" tabindex=\"-1\">\n<h2 class=\"vh\">Findings</h2>\n")
	for _, g := range p.Policies {
		g.write(m)
	}
	if p.Findings > 0 {
		m.add("<p class=\"none\" id=\"none\" hidden>No finding matches these filters.</p>\n")
	} else {
		m.add("<p class=\"none\" id=\"none\">Every policy passed on every resource that it applies to.</p>\n")
	}
	m.add("</main>\n<footer class=\"wrap\"><p>One file, no network: keep it, mail it, archive it.</p></footer>\n<script>")
	m.WriteString(p.JS)
	m.add("</script>\n</body>\n</html>\n")
}

func (p htmlPage) writeTop(m *markup) {
	m.add(`<a class="skip" href="#findings">Skip to the findings</a>
<header class="top %s">
<div class="wrap">
<p class="brand"><svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="M3 21V8h3V5h4v3h4V5h4v3h3v13h-7v-5a2 2 0 0 0-4 0v5z"/></svg>Parapet</p>
<h1>%s</h1>
`, p.Verdict, p.Headline)
	for _, n := range p.Notes {
		m.add("<p class=\"note\">%s</p>\n", n)
	}
	m.add("<dl class=\"facts\">\n")
	for _, f := range p.Facts {
		m.add("<div><dt>%s</dt><dd>%s</dd></div>\n", f.Name, f.Value)
	}
	m.add("</dl>\n</div>\n</header>\n")
}

// The bar of a chart and its number.
const htmlBarMarkup = `<span class="label">%s</span><svg class="bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" height="10"/><rect class="fill" width="%s" height="10"/></svg><span class="n">%d</span>`

func (p htmlPage) writeCharts(m *markup) {
	m.add(`<section class="card" aria-labelledby="c1">
<h2 id="c1">Violations by severity</h2>
<ul class="bars" id="severity-chart" aria-label="%s">
`, p.Described)
	for _, b := range p.Severity {
		m.add(`<li class="sev-%s"><button type="button" disabled data-severity="%s">`+htmlBarMarkup+"</button></li>\n", b.Key, b.Key, b.Label, b.Width, b.Count)
	}
	m.add(`</ul>
</section>
<section class="card" aria-labelledby="c2">
<h2 id="c2">All results</h2>
<svg class="stack" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true"><rect class="rail" width="100" height="10"/>`)
	for _, b := range p.Status {
		if b.Count > 0 {
			m.add(`<rect class="st-%s" x="%s" width="%s" height="10"/>`, b.Key, b.X, b.Width)
		}
	}
	m.add("</svg>\n<ul class=\"legend\">\n")
	for _, b := range p.Status {
		m.add("<li class=\"st-%s\"><span class=\"dot\" aria-hidden=\"true\"></span>%s <b>%d</b></li>\n", b.Key, b.Label, b.Count)
	}
	m.add("</ul>\n<p class=\"share\">%s</p>\n</section>\n", p.Share)
	if len(p.Top) == 0 {
		return
	}
	m.add("<section class=\"card\" aria-labelledby=\"c3\">\n<h2 id=\"c3\">Policies with the most violations</h2>\n<ul class=\"bars top-policies\">\n")
	for _, b := range p.Top {
		m.add(`<li class="sev-%s"><a href="#%s" title="%s">`+htmlBarMarkup+"</a></li>\n", b.Key, b.Link, b.Label, b.Label, b.Width, b.Count)
	}
	m.add("</ul>\n</section>\n")
}

func (p htmlPage) writeFilters(m *markup) {
	m.add(`<form class="filters" id="filters" role="search" aria-label="Findings" hidden>
<div class="wrap">
<div class="row">
<label class="search"><span class="vh">Search</span><input type="search" id="search" placeholder="Search resources, messages, policies, files" autocomplete="off" spellcheck="false"></label>
<label class="pick"><span>Policy</span><select id="policy"><option value="">All</option>`)
	for _, g := range p.Policies {
		m.add(`<option value="%s">%s</option>`, g.Anchor, g.ID)
	}
	m.add(`</select></label>
<label class="pick"><span>Type</span><select id="type"><option value="">All</option>`)
	for _, t := range p.Types {
		m.add(`<option value="%s">%s</option>`, t, t)
	}
	m.add(`</select></label>
<fieldset class="views"><legend class="vh">View</legend>
<label><input type="radio" name="view" value="policy" checked><span>By policy</span></label>
<label><input type="radio" name="view" value="resource"><span>By resource</span></label>
</fieldset>
</div>
<div class="row">
<fieldset class="chips"><legend class="vh">Severity</legend>
`)
	for _, b := range p.Severity {
		m.add("<label class=\"sev-%s\"><input type=\"checkbox\" name=\"severity\" value=\"%s\" checked><span>%s</span></label>\n", b.Key, b.Key, b.Label)
	}
	m.add("</fieldset>\n<fieldset class=\"chips\"><legend class=\"vh\">Status</legend>\n")
	for _, b := range p.Status {
		if b.Key != "passed" {
			m.add("<label class=\"st-%s\"><input type=\"checkbox\" name=\"status\" value=\"%s\" checked><span>%s</span></label>\n", b.Key, b.Key, b.Label)
		}
	}
	m.add(`</fieldset>
<p class="shown"><output id="shown" for="filters" aria-live="polite">%d of %d</output> <button type="reset" id="reset" class="link">Reset</button></p>
</div>
</div>
</form>
`, p.Findings, p.Findings)
}

func (g htmlPolicy) write(m *markup) {
	m.add(`<section class="group sev-%s" id="%s">
<header>
<h3><span class="badge sev-%s">%s</span> %s <span class="count">%d</span></h3>
<p class="meta"><code class="id">%s</code>`, g.Severity, g.Anchor, g.Severity, g.Severity, g.Title, len(g.Findings), g.ID)
	m.span("src", g.Source)
	for _, c := range g.Controls {
		m.span("control", c)
	}
	m.add("</p>\n")
	if g.Description != "" {
		m.add("<p class=\"description\">%s</p>\n", g.Description)
	}
	if g.Fix != "" {
		m.add("<p class=\"fix\"><b>Fix</b> %s</p>\n", g.Fix)
	}
	m.add("</header>\n<ul class=\"list\">\n")
	for _, f := range g.Findings {
		f.write(m)
	}
	m.add("</ul>\n</section>\n")
}

// span writes a span that is not there when it is empty.
func (m *markup) span(class, text string) {
	if text != "" {
		m.add(`<span class="%s">%s</span>`, class, text)
	}
}

func (f htmlFinding) write(m *markup) {
	m.add(`<li class="f st-%s" data-policy="%s" data-severity="%s" data-status="%s" data-type="%s">
<p class="pol"></p>
<p class="what"><code class="subject">%s</code>`, f.Status, f.Policy, f.Severity, f.Status, f.Type, f.Subject)
	if f.Status != "violation" {
		m.add(` <span class="status st-%s">%s</span>`, f.Status, f.StatusLabel)
	}
	m.add(" <span class=\"message\">%s</span></p>\n<p class=\"where\">", f.Message)
	m.span("place", f.Place)
	m.span("attributes", f.Attributes)
	m.span("identity", f.Identity)
	m.add("</p>\n")
	if f.Exemption != "" {
		m.add("<p class=\"exemption\">%s</p>\n", f.Exemption)
	}
	if len(f.Code) > 0 {
		open := ""
		if f.Open {
			open = " open"
		}
		m.add("<details%s><summary>Code</summary><pre tabindex=\"0\">", open)
		for _, l := range f.Code {
			marked := ""
			if l.Marked {
				marked = " marked"
			}
			m.add("<span class=\"line%s\"><span class=\"num\">%d</span>%s\n</span>", marked, l.Number, l.Text)
		}
		m.add("</pre></details>\n")
	}
	m.add("</li>\n")
}
