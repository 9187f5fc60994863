package binding

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/iamdata"
)

// fixture opens a compressed file of testdata.
func fixture(t *testing.T, name string) io.Reader {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return z
}

// schemaPaths returns "type path" for every attribute of the bound types in the
// AWS provider 5.100.0.
func schemaPaths(t *testing.T) map[string]bool {
	t.Helper()
	paths := map[string]bool{}
	s := bufio.NewScanner(fixture(t, "schema_paths.txt.gz"))
	for s.Scan() {
		paths[s.Text()] = true
	}
	if s.Err() != nil || len(paths) < 1000 {
		t.Fatalf("read %d paths: %v", len(paths), s.Err())
	}
	return paths
}

// action returns what the service authorization reference says about an
// operation.
func action(t *testing.T, name, operation string) iamdata.Action {
	t.Helper()
	a, ok := iamdata.Load().Action(operation)
	if !ok {
		t.Errorf("%s: the service reference has no %s", name, operation)
	}
	return a
}

// carries reports whether the action has the key: by itself, on one of its
// resource types, or because that type has it. RDS lists its keys in the last
// way only.
func carries(a iamdata.Action, key string) bool {
	templates := a.AllKeys()
	for _, r := range a.Resources {
		if rt, ok := iamdata.Load().ResourceType(a.Service, r.Type); ok {
			templates = append(templates, rt.Keys...)
		}
	}
	return slices.ContainsFunc(templates, func(k string) bool {
		return iamdata.MatchKey(strings.Replace(k, "<key>", "${key}", 1), key)
	})
}

// every calls f for every type.
func every(t *testing.T, f func(name string, p *parsedType)) {
	t.Helper()
	table := Library()
	types := table.Types()
	if len(types) < 250 {
		t.Fatalf("only %d types", len(types))
	}
	for _, name := range types {
		p, err := parse(table.types[name])
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		f(name, p)
	}
}

func TestOperationsExist(t *testing.T) {
	every(t, func(name string, p *parsedType) {
		steps := slices.Clone(p.create)
		for _, s := range p.update {
			steps = append(steps, s...)
		}
		for _, s := range steps {
			action(t, name, s.operation)
		}
		for _, op := range p.delete {
			action(t, name, op)
		}
		for _, ops := range p.uncovered {
			for _, op := range ops {
				action(t, name, op)
			}
		}
		if len(p.create) == 0 {
			t.Errorf("%s: nothing creates it", name)
		}
	})
}

func TestKeysAreCarried(t *testing.T) {
	n := 0
	every(t, func(name string, p *parsedType) {
		for _, c := range p.calls {
			n++
			a := action(t, name, c.Operation)
			if !carries(a, c.Key) {
				t.Errorf("%s.%s: %s does not carry %s", name, c.Attribute, c.Operation, c.Key)
			}
			var arns []string
			for _, r := range a.Resources {
				if rt, ok := iamdata.Load().ResourceType(a.Service, r.Type); ok {
					arns = append(arns, rt.ARN)
				}
			}
			for _, template := range c.templates {
				if !slices.Contains(arns, template) && !lossy(c.Operation) {
					t.Errorf("%s.%s: %s is not judged on %s", name, c.Attribute, c.Operation, template)
				}
			}
		}
	})
	if n < 1000 {
		t.Errorf("only %d bindings", n)
	}
}

func TestKeyTypesAreThoseOfTheReference(t *testing.T) {
	every(t, func(name string, p *parsedType) {
		for _, c := range p.calls {
			if c.Key == "kms:ValidTo" { // the reference says Date, the guide compares numbers
				continue
			}
			prefix, _, _ := strings.Cut(c.Key, ":")
			s, ok := iamdata.Load().Service(prefix)
			if prefix == "aws" || !ok {
				continue
			}
			k, ok := s.Key(c.Key)
			if !ok || k.Type == "" {
				continue
			}
			if got := strings.TrimPrefix(k.Type, "ArrayOf"); got != c.KeyType {
				t.Errorf("%s.%s: %s is %s, not %s", name, c.Attribute, c.Key, got, c.KeyType)
			}
			if k.Multivalued() && !c.Multivalued {
				t.Errorf("%s.%s: %s has a set of values", name, c.Attribute, c.Key)
			}
		}
	})
}

// lossy reports the operations for which the reference lists the resource types
// of one generation of the service only, though both have the operation.
func lossy(operation string) bool {
	return operation == "elasticloadbalancing:AddTags" || operation == "acm:TagResource"
}

func TestAttributesAreInTheSchema(t *testing.T) {
	paths := schemaPaths(t)
	every(t, func(name string, p *parsedType) {
		for _, c := range p.calls {
			if !paths[name+" "+c.Attribute] {
				t.Errorf("%s has no attribute %s", name, c.Attribute)
			}
		}
		for attr := range p.uncovered {
			if !paths[name+" "+attr] {
				t.Errorf("%s has no attribute %s", name, attr)
			}
		}
		for attr := range p.update {
			if attr != "*" && !paths[name+" "+attr] && !paths[name+" "+attr+"[]"] {
				t.Errorf("%s has no attribute %s", name, attr)
			}
		}
		for _, s := range p.create {
			if s.attribute != "" && !paths[name+" "+s.attribute] {
				t.Errorf("%s has no attribute %s", name, s.attribute)
			}
		}
		for m := range strings.SplitSeq(p.arn, "${") {
			placeholder, _, ok := strings.Cut(m, "}")
			if lower := ok && placeholder == strings.ToLower(placeholder); lower && !paths[name+" "+placeholder] {
				t.Errorf("%s: the ARN is made of %s, which is no attribute", name, placeholder)
			}
		}
	})
}

func TestBindingsAreSound(t *testing.T) {
	trusts := []Trust{Documented, Reported, Inferred, Doubtful}
	states := []string{AbsentRequired, AbsentDefault, AbsentAccountDefault, AbsentKey, AbsentUnknown}
	kinds := []string{"String", "Bool", "Numeric", "ARN", "Date", "IPAddress"}
	every(t, func(name string, p *parsedType) {
		seen := map[string]bool{}
		for _, c := range p.calls {
			where := strings.Join([]string{name, c.Attribute, c.Operation, c.Key}, " ")
			if seen[where] {
				t.Errorf("%s: twice", where)
			}
			seen[where] = true
			switch {
			case !slices.Contains(trusts, c.Trust):
				t.Errorf("%s: trust %q", where, c.Trust)
			case !slices.Contains(kinds, c.KeyType):
				t.Errorf("%s: kind %q", where, c.KeyType)
			case c.Trust == Documented && c.Evidence == "":
				t.Errorf("%s: documented, but not where", where)
			case c.Related && c.Trust == Doubtful:
				t.Errorf("%s: a way round that is doubtful belongs to the uncovered", where)
			case c.Trust == Doubtful && c.Notes == "":
				t.Errorf("%s: doubtful, but not what to test", where)
			case c.Each != "" && !strings.Contains(c.Attribute, "[]"):
				t.Errorf("%s: each block, but no block", where)
			}
			if c.Phase == Update {
				if (c.Absent != Absent{State: AbsentUnchanged}) {
					t.Errorf("%s: an update that says nothing changes nothing, got %+v", where, c.Absent)
				}
			} else if !slices.Contains(states, c.Absent.State) {
				t.Errorf("%s: absent %q", where, c.Absent.State)
			}
			if c.Absent.State == AbsentDefault && c.Absent.Value == "" || c.Absent.State == AbsentRequired && c.Absent.Value != "" {
				t.Errorf("%s: absent %+v", where, c.Absent)
			}
			if strings.HasPrefix(c.Key, "ec2:Attribute/") && c.Phase != Update {
				t.Errorf("%s: the requested value of a change", where)
			}
		}
	})
}

func TestModifyCarriesNoCurrentState(t *testing.T) {
	every(t, func(name string, p *parsedType) {
		for _, c := range p.calls {
			_, action, _ := strings.Cut(c.Operation, ":Modify")
			if !strings.HasPrefix(c.Operation, "ec2:Modify") || c.Key == requestTag || c.Key == tagKeys {
				continue
			}
			requested := strings.HasPrefix(c.Key, "ec2:Attribute/") || strings.HasPrefix(c.Key, "ec2:Add/")
			options := strings.HasPrefix(action, "Vpn") || strings.HasPrefix(action, "VpcEndpointService") // keys of the request by the reference's own text
			if !requested && !options {
				t.Errorf("%s.%s: %s on %s describes what is there already", name, c.Attribute, c.Key, c.Operation)
			}
		}
	})
}

func TestDataFiles(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("data", "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc map[string][]json.RawMessage
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		used := map[string]bool{}
		var bindings, types []string
		for _, raw := range doc["bindings"] {
			var l bindingLine
			strict(t, file, raw, &l)
			bindings = append(bindings, l.Type+" "+l.Attribute+" "+l.Key)
			for _, r := range l.On {
				used[r] = true
			}
		}
		for _, raw := range doc["types"] {
			var l typeLine
			strict(t, file, raw, &l)
			types = append(types, l.Type)
			for _, r := range l.Judged {
				used[r] = true
			}
		}
		for _, raw := range doc["resources"] {
			var l resourceLine
			strict(t, file, raw, &l)
			if !used[l.Resource] {
				t.Errorf("%s: resource type %s is not used", file, l.Resource)
			}
		}
		if !slices.IsSorted(bindings) || !slices.IsSorted(types) {
			t.Errorf("%s: not sorted", file)
		}
		if lines := strings.Count(string(data), "\n{"); lines != len(doc["bindings"])+len(doc["types"])+len(doc["resources"]) {
			t.Errorf("%s: one line for every fact, please", file)
		}
	}
}

// strict decodes a line and refuses members that the program does not know.
func strict(t *testing.T, file string, raw json.RawMessage, v any) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(string(raw)))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		t.Errorf("%s: %v in %s", file, err, raw)
	}
}

func TestOneTypeOneFile(t *testing.T) {
	every(t, func(name string, p *parsedType) {
		if Library().types[name].operations == nil {
			t.Errorf("%s has bindings but no line of its own beside them", name)
		}
	})
	seen := map[string]string{}
	files, _ := filepath.Glob(filepath.Join("data", "*.json"))
	for _, file := range files {
		data, _ := os.ReadFile(file)
		for _, m := range regexp.MustCompile(`(?m)^\{"type":"(\w+)"`).FindAllStringSubmatch(string(data), -1) {
			if other, ok := seen[m[1]]; ok && other != file {
				t.Errorf("%s is in %s and %s", m[1], other, file)
			}
			seen[m[1]] = file
		}
	}
}

func BenchmarkLibrary(b *testing.B) {
	for b.Loop() {
		if _, err := index(dataFiles); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseType(b *testing.B) {
	e := Library().types["aws_instance"]
	for b.Loop() {
		if _, err := parse(e); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseAll(b *testing.B) {
	for b.Loop() {
		t, err := index(dataFiles)
		if err != nil {
			b.Fatal(err)
		}
		for _, e := range t.types {
			if _, err := parse(e); err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkBindings(b *testing.B) {
	t := Library()
	for b.Loop() {
		if len(t.Bindings("aws_instance", "metadata_options[].http_tokens")) != 2 {
			b.Fatal("missing")
		}
	}
}
