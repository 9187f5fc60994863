package input

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

func loadText(t testing.TB, text string, o Options) (Result, error) {
	t.Helper()
	return Load(t.Context(), "-", strings.NewReader(text), o)
}

func byAddress(t testing.TB, res Result) map[string]*resource.Resource {
	t.Helper()
	m := map[string]*resource.Resource{}
	for _, r := range res.Resources {
		if m[r.Address] != nil {
			t.Errorf("%s is there twice", r.Address)
		}
		m[r.Address] = r
	}
	return m
}

func at(t testing.TB, v any, path string) any {
	t.Helper()
	p, err := resource.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := resource.Lookup(v, p)
	return out
}

func TestPlanShop(t *testing.T) {
	res, err := Load(t.Context(), filepath.Join(plans, "shop", "plan.json"), nil, Options{Account: "999999999999", Region: "ap-south-1"})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Resources) != 57 || res.Info.Resources != 57 || res.Info.Kind != KindPlan || len(res.Info.SHA256) != 64 || len(res.Warnings) != 0 {
		t.Errorf("%+v, %v", res.Info, res.Warnings)
	}
	all := byAddress(t, res)
	cart := all[`module.service["cart"].aws_instance.this[1]`]
	if cart == nil || cart.Type != "aws_instance" || cart.Name != "this" || cart.Provider != "registry.terraform.io/hashicorp/aws" ||
		cart.Account != "111122223333" || cart.Region != "eu-west-1" || cart.Partition != "aws" || cart.ID != "" {
		t.Fatalf("%+v", cart)
	}
	if got := at(t, cart.Values, "metadata_options[0].http_tokens"); got != "required" {
		t.Errorf("http_tokens is %v", got)
	}
	if want := []string{"aws_kms_key.data", "module.network.aws_subnet.private"}; !slices.Equal(cart.Refs, want) {
		t.Errorf("references are %q, want %q", cart.Refs, want)
	}
	if !resource.Marked(cart.Unknown, resource.Path{"root_block_device", 0, "kms_key_id"}) ||
		resource.Marked(cart.Unknown, resource.Path{"root_block_device", 0, "encrypted"}) {
		t.Errorf("unknown is %v", cart.Unknown)
	}
	if _, there := cart.Values["hibernation"]; there {
		t.Error("a null is kept")
	}
	legacy := all["aws_db_instance.legacy"]
	if legacy.Sensitive == nil || at(t, legacy.Sensitive, "password") != true || at(t, legacy.Values, "password") == nil {
		t.Errorf("sensitive is %v", legacy.Sensitive)
	}
	if topic := all["aws_sns_topic.alerts"]; topic.Account != "444455556666" || topic.Region != "us-east-1" {
		t.Errorf("the topic is in %s %s", topic.Account, topic.Region)
	}

	set := resource.NewSet(res.Resources)
	for address, want := range map[string][]string{
		`aws_s3_bucket.this["assets"]`: {
			"aws_iam_role_policy.function", "aws_lambda_function.webhook",
			`aws_s3_bucket_public_access_block.this["assets"]`, `aws_s3_bucket_versioning.this["assets"]`,
		},
		`aws_s3_bucket.this["logs.archive"]`:                        {"aws_cloudtrail.audit", `aws_s3_bucket_versioning.this["logs.archive"]`},
		`module.service["cart"].module.bucket.aws_s3_bucket.this`:   {`module.service["cart"].aws_s3_bucket_public_access_block.data`},
		`module.service["search"].module.bucket.aws_s3_bucket.this`: {`module.service["search"].aws_s3_bucket_public_access_block.data`},
		"aws_ebs_snapshot.data[1]":                                  {"aws_ebs_volume.data[1]"},
	} {
		var got []string
		for _, o := range set.Related(all[address]) {
			got = append(got, o.Address)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s is related to %q, want %q", address, got, want)
		}
	}
}

func TestPlanChanges(t *testing.T) {
	res, err := Load(t.Context(), filepath.Join(plans, "changes", "plan.json"), nil, Options{})
	if err != nil {
		t.Fatal(err)
	}
	all := byAddress(t, res)
	for address, want := range map[string][]resource.Action{
		"aws_ebs_volume.data":                    {"delete", "create"},
		"aws_security_group.web":                 {"create", "delete"},
		"aws_sqs_queue.new":                      {"create"},
		"aws_s3_bucket_public_access_block.same": {"update"},
		"aws_s3_bucket.same":                     {"no-op"},
		"aws_instance.gone":                      {"delete"},
		`aws_iam_user.person["ann"]`:             {"no-op"},
		"aws_sns_topic.handed_over":              {"forget"},
	} {
		if r := all[address]; r == nil || !slices.Equal(r.Actions, want) {
			t.Errorf("%s: %+v", address, r)
		}
	}
	if len(all) != 8 {
		t.Errorf("%d resources", len(all))
	}
	block := all["aws_s3_bucket_public_access_block.same"]
	if block.Values["block_public_policy"] != false || block.Before["block_public_policy"] != true {
		t.Errorf("after %v, before %v", block.Values, block.Before)
	}
	volume := all["aws_ebs_volume.data"]
	if volume.Values["encrypted"] != true || volume.Before["encrypted"] != false || volume.ID != "" {
		t.Errorf("%+v", volume)
	}
	gone := all["aws_instance.gone"]
	if !gone.Deleted() || gone.ID != "i-0a1b2c3d4e5f60718" || at(t, gone.Values, "metadata_options[0].http_tokens") != "optional" ||
		at(t, gone.Sensitive, "user_data") != true {
		t.Errorf("%+v", gone)
	}
	ann := all[`aws_iam_user.person["ann"]`]
	if ann.Account != "111122223333" || ann.Partition != "aws" || ann.ARN != "arn:aws:iam::111122223333:user/ann" {
		t.Errorf("%+v", ann)
	}
}

// one is a plan of one resource, with what a test puts around it.
// planned is a plan with one planned resource, in a module of a module.
func planned(changes, mode string) string {
	return `{"format_version":"1.2","planned_values":{"outputs":{},"root_module":{"resources":[{"address":"data.a.c","mode":"data"}],
		"child_modules":[{"address":"module.m"},{"child_modules":[{"resources":[{"address":"a.b","mode":"` + mode + `","type":"a","values":{}}]}]}]}},` +
		changes + `"configuration":{"root_module":{}}}`
}

const one = `{"format_version":"1.2","resource_changes":[{"address":"module.m[0].aws_sqs_queue.q","module_address":"module.m[0]",
	"mode":"managed","type":"aws_sqs_queue","name":"q","change":{"actions":["create"],"before":null,
	"after":{"name":"q","n":12345678901234567890,"l":[null,{"a":null}]},"after_unknown":{"id":true,"l":[false,{}]},"after_sensitive":false}},
	{"address":"data.aws_ami.a","mode":"data","type":"aws_ami","name":"a","change":{"actions":["read"],"after":{}}},
	{"address":"aws_sqs_queue.q","mode":"managed","type":"aws_sqs_queue","name":"q","deposed":"ab12","change":{"actions":["delete"]}}]`

func TestPlanOne(t *testing.T) {
	res, err := loadText(t, one+"}\n", Options{Region: "cn-north-1", Account: "111122223333"})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Resources) != 1 {
		t.Fatalf("%d resources", len(res.Resources))
	}
	want := &resource.Resource{
		Type: "aws_sqs_queue", Name: "q", Address: "module.m[0].aws_sqs_queue.q", Origin: resource.OriginPlan,
		Actions: []resource.Action{"create"}, Region: "cn-north-1", Account: "111122223333", Partition: "aws-cn",
		Values:  map[string]any{"name": "q", "n": json.Number("12345678901234567890"), "l": []any{nil, map[string]any{}}},
		Unknown: map[string]any{"id": true},
	}
	if !reflect.DeepEqual(res.Resources[0], want) {
		t.Errorf("got  %+v\nwant %+v", res.Resources[0], want)
	}
	if res.Info.Path != "<stdin>" {
		t.Errorf("the path is %q", res.Info.Path)
	}
}

// TestPlanProvider reads account and region from the configuration of a
// provider that a module configures through variables.
func TestPlanProvider(t *testing.T) {
	config := func(provider, variables, arguments string) string {
		return one + `,"variables":{"where":{"value":{"region":"us-gov-west-1"}},"who":{"value":"444455556666"}},
		"configuration":{"provider_config":{"module.m:aws":{"name":"aws","module_address":"module.m","expressions":{` + provider + `}}},
		"root_module":{"module_calls":{"m":{"expressions":{` + arguments + `},"module":{"variables":{` + variables + `},
		"resources":[{"address":"aws_sqs_queue.q","mode":"managed","type":"aws_sqs_queue","name":"q","provider_config_key":"module.m:aws"}]}}}}}}`
	}
	for name, c := range map[string]struct{ provider, variables, arguments, account, region, partition string }{
		"constants": {
			provider: `"region":{"constant_value":"eu-west-1"},"allowed_account_ids":{"constant_value":["111122223333"]}`,
			account:  "111122223333", region: "eu-west-1", partition: "aws",
		},
		"variables": {
			provider:  `"region":{"references":["var.r"]},"allowed_account_ids":{"references":["var.a"]}`,
			arguments: `"r":{"references":["var.where.region","var.where"]},"a":{"references":["var.who"]}`,
			account:   "444455556666", region: "us-gov-west-1", partition: "aws-us-gov",
		},
		"defaults": {
			provider:  `"region":{"references":["var.r"]}`,
			variables: `"r":{"default":"cn-north-1"}`, region: "cn-north-1", partition: "aws-cn", account: "999999999999",
		},
		"assumed role": {
			provider: `"assume_role":[{"role_arn":{"constant_value":"arn:aws:iam::777788889999:role/x"}}],"allowed_account_ids":{"constant_value":["111122223333"]}`,
			account:  "777788889999", region: "ap-south-1", partition: "aws",
		},
		"two accounts": {
			provider: `"allowed_account_ids":{"constant_value":["111122223333","444455556666"]}`,
			account:  "999999999999", region: "ap-south-1", partition: "aws",
		},
		"no account": {
			provider: `"allowed_account_ids":{"constant_value":[]},"region":{"references":["var.r"]}`,
			account:  "999999999999", region: "ap-south-1", partition: "aws",
		},
		"a part of a region": {
			provider: `"region":{"references":["var.r"]}`, arguments: `"r":{"constant_value":"eu"}`,
			account: "999999999999", region: "ap-south-1", partition: "aws",
		},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := loadText(t, config(c.provider, c.variables, c.arguments), Options{Account: "999999999999", Region: "ap-south-1"})
			if err != nil {
				t.Fatal(err)
			}
			if r := res.Resources[0]; r.Account != c.account || r.Region != c.region || r.Partition != c.partition {
				t.Errorf("account %q region %q partition %q", r.Account, r.Region, r.Partition)
			}
		})
	}
}

func TestRefused(t *testing.T) {
	plan := strings.TrimSpace(one) + "}"
	for name, c := range map[string]struct {
		text, code, says string
		options          Options
	}{
		"empty":              {text: "", code: "input-empty", says: "empty"},
		"white space":        {text: " \n\t", code: "input-empty", says: "empty"},
		"binary plan":        {text: "PK\x03\x04rest", code: "plan-binary", says: "terraform show -json"},
		"UTF-16":             {text: "\xff\xfe{\x00", code: "input-encoding", says: "UTF-16"},
		"other JSON":         {text: `{"a":1,"b":{}}`, code: "plan-unrecognized", says: "a, b"},
		"no members":         {text: `{}`, code: "plan-unrecognized", says: "no members"},
		"a list":             {text: `[{"a":1}]`, code: "plan-unrecognized", says: "terraform show -json"},
		"text":               {text: "Terraform will perform", code: "plan-unrecognized", says: "Terraform will"},
		"log of plan -json":  {text: `{"@level":"info","@message":"Terraform 1.11.4"}`, code: "plan-unrecognized", says: "log"},
		"only a version":     {text: `{"format_version":"1.2"}`, code: "plan-unrecognized", says: "format_version"},
		"not JSON":           {text: `{format_version: 1}`, code: "json-syntax", says: "byte 1"},
		"format 2":           {text: `{"format_version":"2.0","resource_changes":[]}`, code: "plan-format", says: "2.0"},
		"no format":          {text: `{"format_version":"x","resource_changes":[]}`, code: "plan-format", says: `"x"`},
		"errored":            {text: `{"format_version":"1.2","errored":true,"resource_changes":[]}`, code: "plan-errored", says: "errored"},
		"no changes":         {text: planned(`"resource_changes":[],`, "managed"), code: "plan-without-changes", says: "planned_values hold resources"},
		"null changes":       {text: planned(`"resource_changes":null,`, "managed"), code: "plan-without-changes", says: "planned_values hold resources"},
		"changes cut out":    {text: planned("", "managed"), code: "plan-without-changes", says: "planned_values hold resources"},
		"only data changes":  {text: planned(`"resource_changes":[{"address":"data.a.b","mode":"data","type":"a","change":{}}],`, "managed"), code: "plan-without-changes", says: "planned_values hold resources"},
		"neither member":     {text: `{"format_version":"1.2","configuration":{"root_module":{}}}`, code: "plan-without-changes", says: "neither"},
		"no actions":         {text: `{"format_version":"1.2","resource_changes":[{"address":"a.b","type":"a","change":{}}]}`, code: "json-syntax", says: "no address, type or actions"},
		"odd address":        {text: `{"format_version":"1.2","resource_changes":[{"address":7}]}`, code: "json-syntax", says: "a string is expected"},
		"cut":                {text: plan[:200], code: "plan-truncated", says: "200 bytes"},
		"something behind":   {text: plan + "{}", code: "json-syntax", says: "followed"},
		"too large":          {text: plan, options: Options{MaxBytes: 100}, code: "input-too-large", says: "100 bytes"},
		"unknown kind":       {text: plan, options: Options{Kind: "cloud"}, code: "input-kind-unknown", says: "cloud"},
		"forced kind":        {text: plan, options: Options{Kind: KindState}, code: "state-format", says: "version"},
		"a stream as config": {text: plan, options: Options{Kind: KindConfig}, code: "input-kind-mismatch", says: "directory"},
		"a state as plan":    {text: `{"version":4,"serial":1,"resources":[]}`, options: Options{Kind: KindPlan}, code: "plan-unrecognized", says: "serial"},
		"old state":          {text: `{"version":3,"serial":1,"modules":[]}`, code: "state-format", says: "3"},
		"exponent":           {text: `{"format_version":"1.2","planned_values":{},"resource_changes":[],"x":1E23456}`, code: "json-syntax", says: "exponent"},
		"cut state":          {text: `{"version":4,"serial":1,"resources":[{"mode":"man`, code: "state-truncated", says: "cut"},
		"deep":               {text: `{"format_version":"1.2","x":` + strings.Repeat("[", 100_000), code: "json-syntax", says: "nested deeper than 512"},
		"deep values":        {text: `{"format_version":"1.2","resource_changes":[{"change":{"after":` + strings.Repeat(`{"a":`, 1000), code: "json-syntax", says: "nested deeper than 512"},
		"encrypted state":    {text: `{"serial":1,"lineage":"l","meta":{},"encrypted_data":"eA==","encryption_version":"v0"}`, code: "input-encrypted", says: "tofu state pull"},
		"encrypted plan":     {text: `{"meta":{"key":"x"},"encrypted_data":"eA==","encryption_version":"v0"}`, code: "input-encrypted", says: "tofu show -json"},
		"state of 0.11":      {text: `{"version":4,"serial":1,"resources":[{"mode":"managed","type":"a","name":"b","instances":[{"attributes_flat":{"id":"i"}}]}]}`, code: "state-format", says: "a.b"},
		"odd state format":   {text: `{"format_version":"9.0","values":{"root_module":{}}}`, code: "state-format", says: "9.0"},
		"forced binary":      {text: "PK\x03\x04rest", options: Options{Kind: KindState}, code: "plan-binary", says: "terraform show -json"},
		"state without list": {text: `{"version":4,"serial":1}`, code: "state-format", says: "no list"},
	} {
		t.Run(name, func(t *testing.T) {
			res, err := loadText(t, c.text, c.options)
			d, ok := errors.AsType[diag.Diagnostic](err)
			if !ok {
				t.Fatalf("%d resources, error %v", len(res.Resources), err)
			}
			if text := d.Error() + strings.Join(d.Hints, "\n"); d.Code != c.code || !strings.Contains(text, c.says) {
				t.Errorf("[%s] %s", d.Code, text)
			}
			if d.Subject.File != "<stdin>" {
				t.Errorf("the place is %q", d.Subject.File)
			}
		})
	}
	for file, code := range map[string]string{
		"truncated.json": "plan-truncated", "notplan.json": "plan-unrecognized", "absent.json": "input-unreadable", "README.md": "plan-unrecognized",
	} {
		_, err := Load(t.Context(), plans+file, nil, Options{})
		if d, ok := errors.AsType[diag.Diagnostic](err); !ok || d.Code != code || d.Subject.File != plans+file {
			t.Errorf("%s: %v", file, err)
		}
	}
}

func TestAccepted(t *testing.T) {
	for name, text := range map[string]string{
		"no changes":      `{"format_version":"1.2","planned_values":{"root_module":{}},"configuration":{"root_module":{}}}`,
		"no planned data": planned("", "data"),
		"oldest format":   `{"format_version":"0.1","resource_changes":null}`,
		"byte order mark": "\xef\xbb\xbf" + `{"format_version":"1.2","resource_changes":[]}`,
		"white space":     " \n" + `{"format_version":"1.2","resource_changes":[]}` + "\r\n\r\n",
	} {
		if res, err := loadText(t, text, Options{}); err != nil || len(res.Resources) != 0 {
			t.Errorf("%s: %d resources, %v", name, len(res.Resources), err)
		}
	}
	res, err := loadText(t, `{"format_version":"1.2","complete":false,"resource_changes":[]}`, Options{})
	if err != nil || len(res.Warnings) != 1 || res.Warnings[0].Code != "plan-incomplete" {
		t.Errorf("%v, %v", res.Warnings, err)
	}
	res, err = loadText(t, `{"format_version":"1.2","deferred_changes":[{"reason":"instance_count_unknown","resource_change":{}}],"resource_changes":[]}`, Options{})
	if err != nil || len(res.Unread()) != 1 || !strings.Contains(res.Warnings[0].Detail, "put off 1 of its changes") {
		t.Errorf("%v, %v", res.Warnings, err)
	}
}

// FuzzScanner holds the scanner to encoding/json: the same texts are valid, and
// they have the same value, nulls in objects apart.
func FuzzScanner(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,-0.5e+3,"x\u00e9\ud83d\ude00\n",true,false,null],"":{"b":{}}}`, `"\ud800\ud800\udc00\ud800x"`, "\"\xff\"", `{"a":1,"a":null}`,
		`01`, `1.`, `-`, `1e`, `tru`, `[1,]`, `{"a":}`, `"\x"`, "\"\x01\"", ` [] `, `{"a" 1}`, `[1 2]`, `""`, `nullx`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if len(text) > 1<<16 {
			return
		}
		s := newScanner(&dripper{text})
		got, err := s.value()
		// What is skipped is checked as strictly as what is kept.
		if skipped := newScanner(bytes.NewReader(text)).skip(); (skipped == nil) != (err == nil) {
			t.Fatalf("%q: value says %v, skip says %v", text, err, skipped)
		}
		if err == nil {
			var end bool
			if end, err = s.done(); err == nil && !end {
				err = errors.New("more follows")
			}
		}
		if syntax, ok := errors.AsType[*syntaxError](err); ok && syntax.number || strings.Contains(errText(err), "nested deeper") {
			return // JSON, beyond the limits of the loader
		}
		if valid := json.Valid(text); valid != (err == nil) {
			t.Fatalf("%q: valid is %v, error is %v", text, valid, err)
		}
		if err != nil {
			return
		}
		d := json.NewDecoder(bytes.NewReader(text))
		d.UseNumber()
		var want any
		if err := d.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if want = resource.DropNulls(want); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: got %#v, want %#v", text, got, want)
		}
	})
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// dripper gives few bytes at a time, so that values cross the buffer's end.
type dripper struct{ rest []byte }

func (d *dripper) Read(p []byte) (int, error) {
	n := copy(p[:min(len(p), 3)], d.rest)
	d.rest = d.rest[n:]
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// FuzzPlan holds that no text makes the loader panic, and that no part of an
// accepted plan is accepted in its place.
func FuzzPlan(f *testing.F) {
	for _, name := range []string{"changes/plan.json", "truncated.json", "notplan.json"} {
		text, err := os.ReadFile(plans + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text), 5000)
	}
	f.Add(one+"}", 10)
	f.Add(`{"format_version":"1.0","resource_changes":[],"configuration":{"root_module":{"module_calls":{"m":{"expressions":[]}}}}}`, 30)
	f.Add(`{"version":4,"serial":1,"resources":[{"mode":"managed","type":"a","name":"b","instances":[{"index_key":"k","attributes":{"id":"i"},"sensitive_attributes":[[{"type":"get_attr","value":"x"}]]}]}]}`, 50)
	f.Fuzz(func(t *testing.T, text string, cut int) {
		res, err := loadText(t, text, Options{})
		if err != nil {
			if len(res.Resources) != 0 {
				t.Error("an error comes with resources")
			}
			return
		}
		resource.NewSet(res.Resources)
		whole := strings.TrimRight(text, " \t\r\n")
		if cut < 0 || cut >= len(whole) {
			return
		}
		if _, err := loadText(t, whole[:cut], Options{}); err == nil {
			t.Errorf("the first %d bytes of %q are accepted", cut, whole)
		}
	})
}

// TestPrefixes tries every tenth prefix of a real plan.
func TestPrefixes(t *testing.T) {
	text, err := os.ReadFile(plans + "changes/plan.json")
	if err != nil {
		t.Fatal(err)
	}
	whole := strings.TrimSpace(string(text))
	for n := 0; n < len(whole); n += 10 {
		if _, err := loadText(t, whole[:n], Options{}); err == nil {
			t.Fatalf("the first %d of %d bytes are accepted", n, len(whole))
		}
	}
}
