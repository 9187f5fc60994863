package cmd

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/exception"
	"github.com/parapet-dev/parapet/internal/finding"
	"github.com/parapet-dev/parapet/internal/report"
)

// output is one format and where it goes.
type output struct {
	format report.Format
	path   string // empty: standard output
}

// outputs reads the values of --format. No two files of a run are the same.
func (o evaluation) outputs() ([]output, error) {
	verb, values := o.verb, o.formats
	if len(values) == 0 {
		return []output{{format: report.Formats[0]}}, nil
	}
	var list []output
	seen := map[string]bool{}
	for _, v := range values {
		name, path, hasPath := strings.Cut(v, "=")
		f, err := report.Lookup(name)
		switch {
		case err != nil:
			return nil, usagef(verb, "--format: %w", err)
		case hasPath && path == "":
			return nil, usagef(verb, "--format %s has no path after =", v)
		}
		switch path {
		case "", "-":
			path = ""
		default:
			path = filepath.Clean(path)
		}
		switch {
		case seen[path] && path == "":
			return nil, usagef(verb, "two formats would be mixed on standard output; give one a path: --format %s=PATH", name)
		case seen[path]:
			return nil, usagef(verb, "two formats go to %s", filepath.ToSlash(path))
		case path != "" && o.writeBaseline != "" && path == filepath.Clean(o.writeBaseline):
			return nil, usagef(verb, "--format %s and --write-baseline go to the same file", v)
		}
		seen[path] = true
		list = append(list, output{f, path})
	}
	return list, nil
}

// writeReport writes the report in every form that was asked for, files first,
// so that they are there when a reader of the output looks for them. The flags
// of where lead to a policy.
func (s Streams) writeReport(r finding.Report, outputs []output, where func(policy string) string) error {
	// The findings document names inputs as they were given. What is shown in a
	// checkout elsewhere names files as seen from here.
	located := r
	if dir, err := os.Getwd(); err == nil {
		located = report.Relative(r, dir)
	}
	write := func(o output, color bool) func(io.Writer) error {
		switch o.format.Name {
		case "table":
			return func(w io.Writer) error { return report.Table{Color: color, Where: where}.Write(w, located) }
		case "json":
			return func(w io.Writer) error { return o.format.Write(w, r) }
		}
		return func(w io.Writer) error { return o.format.Write(w, located) }
	}
	// What one format cannot hold or one place cannot take is no reason to leave
	// out the others.
	var ds diag.Diagnostics
	fail := func(err error) {
		if d, ok := errors.AsType[diag.Diagnostic](err); ok { // the format refuses the report, or the file cannot be written
			ds = append(ds, d)
		} else {
			ds = append(ds, diag.Errorf("output-unwritable", "cannot write the report: %v", err))
		}
	}
	for _, o := range outputs {
		if o.path == "" {
			continue
		}
		if err := writeFile(o.path, write(o, false)); err != nil {
			fail(err)
		}
	}
	for _, o := range outputs {
		if o.path != "" {
			continue
		}
		if err := write(o, s.color(s.OutTerminal))(s.Out); err != nil {
			fail(err)
		}
	}
	return ds.Err()
}

// kept reports an input that an output of the run would replace: the next run
// would have nothing to read.
func (j *judge) kept(inputs []string) error {
	written := map[string]string{}
	for _, o := range j.outputs {
		if o.path != "" {
			written[o.path] = "--format " + o.format.Name
		}
	}
	if j.o.writeBaseline != "" {
		written[filepath.Clean(j.o.writeBaseline)] = "--write-baseline"
	}
	for _, path := range inputs {
		if flag := written[filepath.Clean(path)]; flag != "" {
			return usagef(j.o.verb, "%s would replace the input %s", flag, filepath.ToSlash(path))
		}
	}
	return nil
}

// readParameters reads a parameters file: policy id, parameter, value. YAML
// reads JSON too.
func readParameters(path string) (params map[string]map[string]any, err error) {
	if path == "" {
		return nil, nil
	}
	name := filepath.ToSlash(path)
	src, err := os.ReadFile(path)
	if err != nil {
		return nil, diag.Errorf("parameters-unreadable", "%v", err)
	}
	defer func() {
		if p := recover(); p != nil { // the YAML library has panicked on malformed input
			err = diag.Errorf("parameters-syntax", "the YAML cannot be read: %v", p).At(diag.Place{File: name})
		}
	}()
	if err := yaml.Unmarshal(src, &params); err != nil {
		text, _, _ := strings.Cut(err.Error(), "\n")
		at := diag.Place{File: name}
		if n, _ := fmt.Sscanf(text, "[%d:%d]", &at.Line, &at.Column); n == 2 {
			_, text, _ = strings.Cut(text, "] ")
		}
		return nil, diag.Errorf("parameters-syntax", "%s", text).At(at).
			WithHint("the file maps a policy id to parameters: {aws-ec2-instance-types: {allowed: [\"t3.*\"]}}")
	}
	return params, nil
}

// gateExceptions loads the exceptions for an input: the file that was named,
// or exceptions.yaml beside the input. What is found by itself is announced,
// since it lets findings through.
func (s Streams) gateExceptions(named, inputPath string) ([]exception.Record, error) {
	return s.readExceptions(exceptionsPath(named, inputPath), named != "")
}

// exceptionsPath returns the file of the exceptions for an input; empty when
// there can be none.
func exceptionsPath(named, inputPath string) string {
	if named != "" || inputPath == "-" {
		return named
	}
	dir := inputPath
	if info, err := os.Stat(inputPath); err != nil || !info.IsDir() {
		dir = filepath.Dir(inputPath)
	}
	return filepath.Join(dir, "exceptions.yaml")
}

// readExceptions loads a file of exceptions. One that was not asked for need
// not be there.
func (s Streams) readExceptions(path string, asked bool) ([]exception.Record, error) {
	if path == "" {
		return nil, nil
	}
	src, err := os.ReadFile(path)
	if !asked && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	name := filepath.ToSlash(path)
	if err != nil {
		return nil, diag.Errorf("exceptions-unreadable", "%v", err)
	}
	if !asked {
		fmt.Fprintf(s.Err, "exceptions: %s\n", name)
	}
	records, ds := exception.Load(src, name)
	if ds.HasErrors() {
		w := diag.Writer{Out: s.Err, Color: s.color(s.ErrTerminal), Sources: func(string) ([]byte, bool) { return src, true }}
		_ = w.Write(ds...)
		return nil, errReported
	}
	s.warn(exception.Expired(records, name, s.Now())...)
	return records, nil
}

// exceptionFile is a file of exceptions and which of its records a run used.
type exceptionFile struct {
	name    string
	records []exception.Record
	used    map[string]bool // by id
}

// exceptionsOf returns the exceptions for each input of a run; nil where there
// are none. A file is read, and what is wrong with it told, once. A glob names
// policies also where the run leaves them out.
func (s Streams) exceptionsOf(named string, names func(glob string) bool) func(inputPath string) (*exceptionFile, error) {
	files := map[string]*exceptionFile{}
	return func(inputPath string) (*exceptionFile, error) {
		path := exceptionsPath(named, inputPath)
		if f, ok := files[path]; ok {
			return f, nil
		}
		records, err := s.readExceptions(path, named != "")
		if err != nil {
			return nil, err
		}
		f := &exceptionFile{filepath.ToSlash(path), records, map[string]bool{}}
		s.warn(exception.Idle(records, f.name, names)...)
		files[path] = f
		return f, nil
	}
}

// exempt marks the violations that a record in force covers.
func (e *exceptionFile) exempt(findings []finding.Finding, now time.Time) {
	text := func(p *string) string {
		if p == nil {
			return ""
		}
		return *p
	}
	for i := range findings {
		f := &findings[i]
		if f.Status != finding.Violation {
			continue
		}
		r, ok := exception.Find(e.records, exception.Target{
			Policy: f.Policy, Address: f.Resource.Address,
			ARN: text(f.Resource.ARN), Account: text(f.Resource.Account),
		}, now)
		if !ok {
			continue
		}
		e.used[r.ID] = true
		f.Status, f.Exception = finding.Exempt, &r.ID
		f.Exemption = &finding.Exemption{Kind: finding.ByRecord, Reason: r.Reason, Owner: r.Owner, Expires: r.Expires}
	}
}
