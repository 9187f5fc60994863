package layer_test

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/layer"
	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iamdata"
)

// denies is a guardrail on a layer with one statement that names the actions.
func denies(on ir.Layer, actions ...string) ir.Guardrail {
	return ir.Guardrail{ID: "guard", Layer: on, Statements: []ir.Statement{{
		Sid: "Guard", Guardrail: "guard", Actions: actions, Resources: []string{"*"},
		Conditions: []iam.Condition{cond("Bool", "aws:SecureTransport", "false")},
	}}}
}

// object makes nested maps of a path and a leaf.
func object(leaf any, path ...string) map[string]any {
	for _, name := range slices.Backward(path) {
		leaf = map[string]any{name: leaf}
	}
	out, _ := leaf.(map[string]any)
	return out
}

func declares(kind string, content map[string]any) ir.Guardrail {
	return ir.Guardrail{ID: "guard", Layer: ir.Declarative, Declaratives: []ir.DeclarativePolicy{{PolicyType: kind, Content: content}}}
}

func TestCheckLayers(t *testing.T) {
	const ec2, s3 = "DECLARATIVE_POLICY_EC2", "S3_POLICY"
	block := object("all", "s3_attributes", "public_access_block_configuration", "@@assign")
	for _, tc := range []struct {
		name string
		g    ir.Guardrail
		want string // part of the message; empty: none
	}{
		{"rcp", denies(ir.RCP, "s3:PutObject"), ""},
		{"rcp with a wildcard, which an author may want", denies(ir.RCP, "s3:*", "sqs:*"), ""},
		{"rcp of another service", denies(ir.RCP, "s3:PutObject", "ec2:RunInstances"), "do not protect resources of the service ec2"},
		{"rcp with the action that RCPs leave alone", denies(ir.RCP, "kms:RetireGrant"), "no say in kms:RetireGrant"},
		{"rcp with a bare star", denies(ir.RCP, "*"), "not an action"},
		{"rcp without statements", ir.Guardrail{ID: "guard", Layer: ir.RCP}, "no statement"},
		{"boundary", denies(ir.Boundary, "ec2:RunInstances"), ""},
		{"boundary with a setting", ir.Guardrail{ID: "guard", Layer: ir.Boundary, Statements: denies(ir.Boundary, "a:B").Statements, Settings: []ir.Setting{{}}}, "a permissions boundary has no settings"},
		{"scp with content", ir.Guardrail{ID: "guard", Layer: ir.SCP, Statements: denies(ir.SCP, "a:B").Statements, Declaratives: []ir.DeclarativePolicy{{}}}, "no declarative content"},
		{"declarative", declares(s3, block), ""},
		{"declarative with nothing", ir.Guardrail{ID: "guard", Layer: ir.Declarative}, "no declarative content"},
		{"declarative with statements", ir.Guardrail{ID: "guard", Layer: ir.Declarative, Statements: denies(ir.SCP, "a:B").Statements, Declaratives: declares(s3, block).Declaratives}, "has no statements"},
		{"unknown type", declares("TAG_POLICY", block), `"TAG_POLICY" is not a type`},
		{"content of another type", declares(ec2, block), `one object below "ec2_attributes"`},
		{"unknown setting", declares(ec2, object("on", "ec2_attributes", "magic", "@@assign")), "ec2_attributes.magic is not a setting"},
		{"unknown value", declares(ec2, object("off", "ec2_attributes", "serial_console_access", "status", "@@assign")), "off is not one of disabled, enabled"},
		{"unknown operator", declares(ec2, object("disabled", "ec2_attributes", "serial_console_access", "status", "@@set")), `"@@set" is not one of`},
		{"no operator", declares(ec2, object("disabled", "ec2_attributes", "serial_console_access", "status")), "has no operator"},
		{"empty", declares(ec2, object(map[string]any{}, "ec2_attributes", "serial_console_access")), "serial_console_access is empty"},
		{"a name of one's own", declares(ec2, object([]any{"amazon"}, "ec2_attributes", "allowed_images_settings", "image_criteria", "criteria_1", "allowed_image_providers", "@@append")), ""},
		{"free text", declares(ec2, object("Ask platform.", "ec2_attributes", "exception_message", "@@assign")), ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			ds := layer.Check(tc.g)
			if tc.want == "" && len(ds) > 0 || tc.want != "" && !strings.Contains(ds.Error(), tc.want) {
				t.Errorf("got %q, want %q", ds.Error(), tc.want)
			}
		})
	}
}

// A document is its wrapper and its statements, with commas between.
func TestSizes(t *testing.T) {
	st := iam.Statement{Sid: "A", Effect: iam.Deny, Actions: []string{"s3:PutObject"}, Resources: []string{"*"}}
	for _, l := range layer.Layers() {
		if !l.HasStatements() {
			continue
		}
		for n := 1; n < 4; n++ {
			sts := slices.Repeat([]iam.Statement{st}, n)
			if got, want := len(l.Policy(sts).TerraformJSON()), l.Wrapper()+n*l.Size(sts[:1])+n-1; got != want || l.Size(sts) != want-l.Wrapper() {
				t.Errorf("%s with %d statements: %d, want %d", l.ID, n, got, want)
			}
		}
	}
	if rcp, _ := layer.Lookup(ir.RCP); !strings.Contains(string(rcp.Policy([]iam.Statement{st}).TerraformJSON()), `"Principal":"*"`) {
		t.Error("an RCP names no principal")
	}
	boundary, _ := layer.Lookup(ir.Boundary)
	if p := boundary.Policy(nil); len(p.Statements) != 1 || p.Statements[0].Effect != iam.Allow {
		t.Errorf("a boundary without denies: %+v", p)
	}
}

// What is moved onto an RCP exists, and AWS judges it on a resource.
func TestRCPOperationsAreJudgedOnResources(t *testing.T) {
	ref := iamdata.Load()
	services := map[string]bool{}
	for _, op := range layer.RCPOperations() {
		a, ok := ref.Action(op)
		if !ok || len(a.Resources) == 0 {
			t.Errorf("%s: known %v, resources %v", op, ok, a.Resources)
		}
		if strings.HasPrefix(a.Name, "Create") && op != "kms:CreateGrant" {
			t.Errorf("%s creates what it is judged on", op)
		}
		services[a.Service] = true
		if g, reason := layer.Move(denies(ir.SCP, op), ir.RCP); reason != "" || len(layer.Check(g)) > 0 {
			t.Errorf("%s: %s %v", op, reason, layer.Check(g))
		}
	}
	if len(services) < 9 {
		t.Errorf("only %v", slices.Sorted(maps.Keys(services)))
	}
	for _, s := range layer.RCPServices {
		if _, err := time.Parse("2006-01", s.Since); err != nil || !strings.HasPrefix(s.Source, "https://") {
			t.Errorf("%+v", s)
		}
	}
}

func TestMove(t *testing.T) {
	for _, tc := range []struct {
		name   string
		g      ir.Guardrail
		to     ir.Layer
		reason string // part of it; empty: moved
	}{
		{"stays", denies(ir.SCP, "ec2:RunInstances"), ir.SCP, ""},
		{"to a boundary", denies(ir.SCP, "ec2:RunInstances"), ir.Boundary, ""},
		{"to an RCP", denies(ir.SCP, "s3:PutBucketAcl", "s3:PutObjectAcl"), ir.RCP, ""},
		{"one action does not fit", denies(ir.SCP, "s3:PutBucketAcl", "s3:CreateBucket"), ir.RCP, "s3:CreateBucket creates its resource"},
		{"another service", denies(ir.SCP, "ec2:RunInstances"), ir.RCP, "do not protect resources of the service ec2"},
		{"a wildcard", denies(ir.SCP, "s3:*"), ir.RCP, "not known to be judged on a resource that exists"},
		{"a setting of the account", denies(ir.SCP, "s3:PutAccountPublicAccessBlock"), ir.RCP, "not known"},
		{"to a declarative policy", denies(ir.SCP, "s3:PutObject"), ir.Declarative, "cannot hold a condition"},
		{"from an RCP", denies(ir.RCP, "s3:PutObject"), ir.SCP, "no deny of requests"},
		{"a setting", ir.Guardrail{ID: "s", Layer: ir.Account, Settings: []ir.Setting{{}}}, ir.Boundary, "no deny of requests"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			before := tc.g
			got, reason := layer.Move(tc.g, tc.to)
			switch {
			case tc.reason != "" && !strings.Contains(reason, tc.reason), tc.reason == "" && reason != "":
				t.Errorf("reason %q, want %q", reason, tc.reason)
			case reason == "" && got.Layer != tc.to, reason != "" && got.Layer != tc.g.Layer:
				t.Errorf("on %s", got.Layer)
			case !reflect.DeepEqual(before, tc.g) || !reflect.DeepEqual(got.Statements, tc.g.Statements):
				t.Error("moving changed the denies")
			case reason == "" && tc.to != tc.g.Layer && len(got.Notes) == 0:
				t.Error("no note for the reviewer")
			}
		})
	}
	for _, l := range layer.Layers() {
		if why := layer.Why(denies(l.ID, "s3:PutObject")); why == "" || len(l.Binds) == 0 || len(l.Misses) == 0 || l.Exceptions == "" {
			t.Errorf("%s says too little: %q", l.ID, why)
		}
	}
}

func TestMergeDeclarative(t *testing.T) {
	serial := object("disabled", "ec2_attributes", "serial_console_access", "status", "@@assign")
	images := object("block_new_sharing", "ec2_attributes", "image_block_public_access", "state", "@@assign")
	open := object("enabled", "ec2_attributes", "serial_console_access", "status", "@@assign")
	list := func(names ...any) map[string]any { return object(names, "ec2_attributes", "x", "@@append") }
	merged, conflict := layer.MergeDeclarative(serial, images, serial)
	want := map[string]any{"ec2_attributes": map[string]any{
		"serial_console_access":     map[string]any{"status": map[string]any{"@@assign": "disabled"}},
		"image_block_public_access": map[string]any{"state": map[string]any{"@@assign": "block_new_sharing"}},
	}}
	if conflict != "" || !reflect.DeepEqual(merged, want) {
		t.Errorf("%v, %q", merged, conflict)
	}
	other, _ := layer.MergeDeclarative(images, serial)
	if !reflect.DeepEqual(other, want) {
		t.Errorf("another order: %v", other)
	}
	if !reflect.DeepEqual(serial, object("disabled", "ec2_attributes", "serial_console_access", "status", "@@assign")) {
		t.Error("merging changed what was merged")
	}
	if _, conflict := layer.MergeDeclarative(serial, images, open); conflict != "ec2_attributes.serial_console_access.status.@@assign" {
		t.Errorf("conflict %q", conflict)
	}
	if _, conflict := layer.MergeDeclarative(serial, object("x", "ec2_attributes", "serial_console_access")); conflict != "ec2_attributes.serial_console_access" {
		t.Errorf("conflict of form %q", conflict)
	}
	if merged, _ := layer.MergeDeclarative(list("b", "a"), list("a", "c")); !reflect.DeepEqual(merged, list("a", "b", "c")) {
		t.Errorf("lists: %v", merged)
	}
}

// The service reference has a list of its own, longer and without sources.
// Ours must not be ahead of it.
func TestRCPServicesAreKnown(t *testing.T) {
	known := iamdata.Load().RCPServices()
	for _, s := range layer.RCPServices {
		if !slices.Contains(known, s.Prefix) {
			t.Errorf("the service reference does not know RCPs of %s (%s)", s.Prefix, s.Source)
		}
	}
}
