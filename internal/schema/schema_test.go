package schema_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/schema"
)

func aws(t testing.TB) *schema.Provider {
	t.Helper()
	p, err := schema.AWS()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestCheck(t *testing.T) {
	t.Parallel()
	p := aws(t)
	for _, tt := range []struct {
		resource string
		path     schema.Path
		want     string // the error; empty: the path leads somewhere
	}{
		{"aws_instance", nil, ""},
		{"aws_instance", schema.Path{"ami"}, ""},
		{"aws_instance", schema.Path{"metadata_options", 0, "http_tokens"}, ""},
		{"aws_instance", schema.Path{"metadata_options", schema.Any, "http_tokens"}, ""},
		{"aws_instance", schema.Path{"tags", "Owner"}, ""},
		{"aws_instance", schema.Path{"tags", schema.Any}, ""},
		{"aws_instance", schema.Path{schema.Any, "whatever"}, ""},
		{"aws_instance", schema.Path{"timeouts", "create"}, ""},
		{"aws_security_group", schema.Path{"ingress", schema.Any, "cidr_blocks", schema.Any}, ""},
		{"aws_instance", schema.Path{"metadata_option"}, "aws_instance has no attribute metadata_option; did you mean metadata_options?"},
		{"aws_instance", schema.Path{"metadata_options", 0, "http_token"}, "aws_instance.metadata_options[0] has no attribute http_token; did you mean metadata_options[0].http_tokens?"},
		{"aws_instance", schema.Path{"http_tokens"}, "aws_instance has no attribute http_tokens; did you mean metadata_options[0].http_tokens?"},
		{"aws_instance", schema.Path{"metadata_options", "http_tokens"}, "aws_instance.metadata_options is a list of blocks; did you mean metadata_options[0].http_tokens?"},
		{"aws_instance", schema.Path{"vpc_security_group_ids", "x"}, "aws_instance.vpc_security_group_ids is a list; did you mean vpc_security_group_ids[0].x?"},
		{"aws_instance", schema.Path{"ami", "id"}, "aws_instance.ami is a string, which has nothing in it"},
		{"aws_instance", schema.Path{"ami", 0}, "aws_instance.ami is a string, which has nothing in it"},
		{"aws_instance", schema.Path{"tags", 0}, "aws_instance.tags is a map, which has keys and no elements"},
		{"aws_instance", schema.Path{0}, "aws_instance is an object, which has members and no elements"},
		{"aws_instance", schema.Path{"nothing_at_all_like_it"}, "aws_instance has no attribute nothing_at_all_like_it"},
		{"aws_security_group", schema.Path{"ingress", 0, "cidr_block"}, "aws_security_group.ingress[0] has no attribute cidr_block; did you mean ingress[0].cidr_blocks?"},
	} {
		typ, ok := p.Lookup(tt.resource)
		if !ok {
			t.Fatalf("no %s", tt.resource)
		}
		got := ""
		if err := typ.Check(tt.path); err != nil {
			got = err.Error()
			var e *schema.Error
			if !errors.As(err, &e) || e.Resource != tt.resource || len(e.Path) == 0 {
				t.Errorf("%s.%s: %#v", tt.resource, tt.path, err)
			}
		}
		if got != tt.want {
			t.Errorf("%s.%s: %q, want %q", tt.resource, tt.path, got, tt.want)
		}
	}
}

func TestAttribute(t *testing.T) {
	t.Parallel()
	p := aws(t)
	for _, tt := range []struct {
		resource string
		path     schema.Path
		want     string
	}{
		{"aws_db_instance", schema.Path{"storage_encrypted"}, "bool optional"},
		{"aws_db_instance", schema.Path{"allocated_storage"}, "number optional computed"},
		{"aws_db_instance", schema.Path{"password"}, "string optional sensitive"},
		{"aws_ebs_volume", schema.Path{"availability_zone"}, "string required"},
		{"aws_instance", schema.Path{"metadata_options"}, "list optional block"},
		{"aws_instance", schema.Path{"metadata_options", 0}, "object"},
		{"aws_instance", schema.Path{"vpc_security_group_ids"}, "set optional computed"},
		{"aws_instance", schema.Path{"tags"}, "map optional"},
	} {
		typ, _ := p.Lookup(tt.resource)
		a, err := typ.Attribute(tt.path)
		if err != nil {
			t.Error(err)
			continue
		}
		got := a.Kind.String()
		for _, f := range []struct {
			is   bool
			name string
		}{{a.Required, "required"}, {a.Optional, "optional"}, {a.Computed, "computed"}, {a.Sensitive, "sensitive"}, {a.Block, "block"}} {
			if f.is {
				got += " " + f.name
			}
		}
		if got != tt.want {
			t.Errorf("%s.%s: %s, want %s", tt.resource, tt.path, got, tt.want)
		}
	}
	typ, _ := p.Lookup("aws_instance")
	if a, _ := typ.Attribute(schema.Path{"metadata_options"}); a.Max != 1 {
		t.Errorf("metadata_options may stand %d times", a.Max)
	}
}

func TestTypes(t *testing.T) {
	t.Parallel()
	p := aws(t)
	if n := len(p.Types()); n != 1526 || p.Version != "5.100.0" {
		t.Errorf("%d types of version %s", n, p.Version)
	}
	if _, ok := p.Lookup("aws_instnace"); ok {
		t.Error("aws_instnace is a type")
	}
	if s := p.Suggest("aws_instnace"); s != "aws_instance" {
		t.Errorf("suggests %q", s)
	}
	if p.Knows("awscc_s3_bucket") || !p.Knows("aws_new") {
		t.Error("the prefix decides whose a type is")
	}
	for _, name := range p.Types() {
		typ, ok := p.Lookup(name)
		if !ok || len(typ.Attributes()) == 0 {
			t.Errorf("%s has no attributes", name)
		}
	}
}

const small = `{"provider_schemas": {"registry.terraform.io/acme/x": {"resource_schemas": {"x_thing": {"block": {
	"attributes": {"id": {"type": "string", "computed": true}, "nested": {"nested_type": {"nesting_mode": "map", "attributes": {"n": {"type": "number", "required": true}}}, "optional": true},
		"deep": {"type": ["list", ["object", {"a": ["map", "bool"], "any": "dynamic"}]], "optional": true}},
	"block_types": {"rule": {"nesting_mode": "set", "min_items": 1, "block": {"attributes": {"port": {"type": "number", "required": true}}}}}}}}}}}`

func TestEncode(t *testing.T) {
	t.Parallel()
	data, err := schema.Encode([]byte(small), "x", "1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	again, err := schema.Encode([]byte(small), "x", "1.2.3")
	if err != nil || !bytes.Equal(data, again) {
		t.Error("not the same twice")
	}
	p, err := schema.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	typ, _ := p.Lookup("x_thing")
	if got := strings.Join(typ.Attributes(), " "); got != "deep id nested rule" {
		t.Errorf("attributes %s", got)
	}
	for path, want := range map[string]schema.Kind{
		"nested.k.n": schema.Number, "deep.[].a.k": schema.Bool, "deep.[].any": schema.Dynamic, "rule.[].port": schema.Number,
	} {
		var steps schema.Path
		for s := range strings.SplitSeq(path, ".") {
			if s == "[]" {
				steps = append(steps, schema.Any)
			} else {
				steps = append(steps, s)
			}
		}
		if a, err := typ.Attribute(steps); err != nil || a.Kind != want {
			t.Errorf("%s: %s, %v", path, a.Kind, err)
		}
	}
	for _, bad := range []string{``, `{}`, strings.Replace(small, "acme/x", "acme/y", 1), strings.Replace(small, `"number"`, `"nmber"`, 1), strings.Replace(small, `"set"`, `"heap"`, 1)} {
		if _, err := schema.Encode([]byte(bad), "x", "1"); err == nil {
			t.Errorf("takes %.40s", bad)
		}
	}
}

// FuzzDecode: damaged data is an error or can be walked whole, and never more.
func FuzzDecode(f *testing.F) {
	data, err := schema.Encode([]byte(small), "x", "1.2.3")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add(data[:len(data)/2])
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := schema.Decode(data)
		if err != nil {
			return
		}
		for _, name := range p.Types() {
			typ, ok := p.Lookup(name)
			if !ok {
				t.Fatalf("%q is listed and not found", name)
			}
			for _, a := range typ.Attributes() {
				_ = typ.Check(schema.Path{a, schema.Any, "x"})
			}
		}
	})
}

// TestEmbedded checks all of the data, which programs do not take the time for.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("aws.bin")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.Decode(data); err != nil {
		t.Error(err)
	}
}

func BenchmarkDecode(b *testing.B) {
	data, err := os.ReadFile("aws.bin")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := schema.Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSecrets(t *testing.T) {
	t.Parallel()
	p := aws(t)
	for _, tt := range []struct {
		resource string
		want     []string
	}{
		{"aws_ebs_volume", nil},
		{"aws_db_instance", []string{"password"}},
		{"aws_iam_access_key", []string{"secret", "ses_smtp_password_v4"}},
		{"aws_mq_broker", []string{"user.password"}}, // in a block
	} {
		typ, ok := p.Lookup(tt.resource)
		if !ok {
			t.Fatalf("no %s", tt.resource)
		}
		var got []string
		for _, path := range typ.Secrets() {
			got = append(got, strings.Join(path, "."))
		}
		for _, w := range tt.want {
			if !slices.Contains(got, w) {
				t.Errorf("%s: %s is not among %q", tt.resource, w, got)
			}
		}
		if tt.want == nil && got != nil {
			t.Errorf("%s: %q", tt.resource, got)
		}
	}
}

// TestSecretsOfAll takes every type, some of which repeat a block hundreds of
// times: each must be done at once.
func TestSecretsOfAll(t *testing.T) {
	t.Parallel()
	p := aws(t)
	paths := 0
	for _, name := range p.Types() {
		typ, _ := p.Lookup(name)
		paths += len(typ.Secrets())
	}
	if paths < 100 {
		t.Errorf("%d sensitive attributes in all types", paths)
	}
	t.Log(paths, "sensitive attributes")
}
