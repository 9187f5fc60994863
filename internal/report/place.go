package report

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/resource"
)

// place is where a finding stands: the source line where it is known, else the
// input that it comes from.
type place struct {
	File    string // with forward slashes; empty: not known, or no file
	Line    int    // 0: not known
	Modules []resource.ModuleCall
}

// placeOf finds the place of a finding. A finding does not say which input it
// comes from: without a source line it is the first one of its origin's kind.
func placeOf(f finding.Finding, inputs []finding.Input) place {
	if s := f.Resource.Source; s != nil && s.File != "" {
		return place{File: clean(slash(s.File)), Line: max(s.Line, 0), Modules: s.Modules}
	}
	in := slices.IndexFunc(inputs, func(i finding.Input) bool { return i.Kind == string(f.Resource.Origin) })
	if in < 0 && len(inputs) > 0 {
		in = 0
	}
	// A configuration is a directory, and standard input has no name.
	if in < 0 || inputs[in].Kind == string(resource.OriginConfig) || strings.HasPrefix(inputs[in].Path, "<") {
		return place{}
	}
	return place{File: clean(slash(inputs[in].Path))}
}

// String returns file:line and the calls of the modules that lead there.
func (p place) String() string {
	if p.File == "" {
		return ""
	}
	var b strings.Builder
	b.WriteString(at(p.File, p.Line))
	for i, m := range p.Modules {
		sep := ", "
		if i == 0 {
			sep = " via "
		}
		fmt.Fprintf(&b, "%smodule.%s (%s)", sep, m.Name, at(slash(m.File), m.Line))
	}
	return clean(b.String())
}

func at(file string, line int) string {
	if line <= 0 {
		return file
	}
	return fmt.Sprintf("%s:%d", file, line)
}

// slash gives a path forward slashes, also one that was written on Windows.
func slash(path string) string { return strings.ReplaceAll(path, `\`, "/") }

var drive = regexp.MustCompile(`^[A-Za-z]:/`)

// isAbsolute reports whether a path with forward slashes starts at a root or a
// drive.
func isAbsolute(path string) bool { return strings.HasPrefix(path, "/") || drive.MatchString(path) }

// uri returns the URI of a path: relative, or file:///… for an absolute one.
func uri(path string) string {
	if !isAbsolute(path) {
		return (&url.URL{Path: strings.TrimPrefix(path, "./")}).String()
	}
	host, rest := "", path
	if unc, ok := strings.CutPrefix(path, "//"); ok { // \\server\share
		host, rest, _ = strings.Cut(unc, "/")
	}
	return (&url.URL{Scheme: "file", Host: host, Path: "/" + strings.TrimPrefix(rest, "/")}).String()
}

// Relative returns the report with the places below a directory, which is
// absolute, made relative to it. Formats that name files are read where the
// sources are checked out, under another root than here.
func Relative(r finding.Report, dir string) finding.Report {
	dir = strings.TrimSuffix(slash(dir), "/") + "/"
	if !isAbsolute(dir) {
		return r
	}
	rel := func(file string) string {
		if rest, ok := strings.CutPrefix(slash(file), dir); ok && rest != "" {
			return rest
		}
		return file
	}
	r.Findings = slices.Clone(r.Findings)
	for i := range r.Findings {
		s := r.Findings[i].Resource.Source
		if s == nil {
			continue
		}
		c := *s
		c.File = rel(c.File)
		c.Modules = slices.Clone(c.Modules)
		for m := range c.Modules {
			c.Modules[m].File = rel(c.Modules[m].File)
		}
		r.Findings[i].Resource.Source = &c
	}
	r.Inputs = slices.Clone(r.Inputs)
	for i := range r.Inputs {
		r.Inputs[i].Path = rel(r.Inputs[i].Path)
	}
	return r
}

// codeLine is a line of a snippet.
type codeLine struct {
	Number int
	Text   string
	Marked bool // the line that the finding is about
}

// Bounds of a snippet, so that generated code does not fill a report.
const (
	maxCodeLines = 15
	maxCodeWidth = 160 // runes
)

// code returns the snippet of a finding: at most maxCodeLines lines around the
// marked one, without what could disturb a reader.
func code(f finding.Finding) []codeLine {
	if f.Snippet == nil || f.Resource.Source == nil {
		return nil
	}
	marked := f.Resource.Source.Line
	first, last := 0, len(f.Snippet.Lines)
	if last > maxCodeLines {
		first = min(max(0, marked-f.Snippet.Start-maxCodeLines/2), last-maxCodeLines)
		last = first + maxCodeLines
	}
	var lines []codeLine
	for i, text := range f.Snippet.Lines[first:last] {
		n := f.Snippet.Start + first + i
		text = strings.TrimRight(clean(strings.ReplaceAll(text, "\t", "  ")), " ")
		lines = append(lines, codeLine{Number: n, Text: clip(text, maxCodeWidth), Marked: n == marked})
	}
	return lines
}

// codeText writes lines with their numbers and a mark.
func codeText(lines []codeLine) []string {
	if len(lines) == 0 {
		return nil
	}
	width := len(fmt.Sprint(lines[len(lines)-1].Number))
	out := make([]string, len(lines))
	for i, l := range lines {
		mark := " "
		if l.Marked {
			mark = ">"
		}
		out[i] = strings.TrimRight(fmt.Sprintf("%s %*d | %s", mark, width, l.Number, l.Text), " ")
	}
	return out
}
