package layer

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
)

// declarative is the declarative policy of AWS Organizations: the value that a
// setting of a service has in every account and Region below a target. It holds
// for everyone; who must be left out gets another value on an OU or account of
// its own. Its fidelity is about states: exact means that the setting can have no
// value that the policy flags, and every one that it does not. Calls that set it,
// sound ones too, fail.
var declarative = Layer{
	ID:          ir.Declarative,
	Title:       "declarative policy",
	Document:    "declarative-document",
	Attachments: "declarative-attachments",
	Binds:       []string{"everyone in the accounts below a target: the service itself keeps the setting"},
	Misses:      []string{"what was done before the setting held, where the setting says so"},
	Exceptions:  "by account or OU only, never by identity: attach another policy there",
	check:       checkDeclarative,
}

// DeclarativeType is a type of declarative policy and what may stand in it.
type DeclarativeType struct {
	Name     string // of the Organizations API
	Document string // name of the document that the compiler writes
	Root     string // the first key of every policy of the type
	Provider string // first version of the Terraform AWS provider that is known to take the type
	Auto     bool   // whether it is chosen without being asked for: providers of before 2026 know it
	Since    string // when it was read
	Source   string
	// Attributes maps the settings, as paths below Root, to the values that
	// they take; none: any. A star stands for one name.
	Attributes map[string][]string
}

// DeclarativeTypes lists the types that the compiler writes, with their
// settings: "Declarative policy syntax and examples" and "S3 policy syntax" in
// the Organizations User Guide.
var DeclarativeTypes = []DeclarativeType{
	{
		Name: "DECLARATIVE_POLICY_EC2", Document: "declarative-ec2", Root: "ec2_attributes", Provider: "5.100", Auto: true, Since: "2026-11-21",
		Source: "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_declarative_syntax.html",
		Attributes: map[string][]string{
			"allowed_images_settings.state":                                                               {"audit_mode", "disabled", "enabled"},
			"allowed_images_settings.image_criteria.*.allowed_image_providers":                            nil,
			"allowed_images_settings.image_criteria.*.creation_date_condition.maximum_days_since_created": nil,
			"allowed_images_settings.image_criteria.*.image_names":                                        nil,
			"exception_message":                                                 nil,
			"image_block_public_access.state":                                   {"block_new_sharing", "unblocked"},
			"instance_metadata_defaults.http_endpoint":                          {"disabled", "enabled", "no_preference"},
			"instance_metadata_defaults.http_put_response_hop_limit":            nil,
			"instance_metadata_defaults.http_tokens":                            {"no_preference", "optional", "required"},
			"instance_metadata_defaults.instance_metadata_tags":                 {"disabled", "enabled", "no_preference"},
			"serial_console_access.status":                                      {"disabled", "enabled"},
			"snapshot_block_public_access.state":                                {"block_all_sharing", "block_new_sharing", "unblocked"},
			"vpc_block_public_access.internet_gateway_block.exclusions_allowed": {"disabled", "enabled"},
			"vpc_block_public_access.internet_gateway_block.mode":               {"block_bidirectional", "block_ingress", "off"},
		},
	},
	{
		// Provider 5.100 refuses the type; it takes what its SDK knows, and the
		// tests of S3_POLICY came with 6.26 (hashicorp/terraform-provider-aws#45488).
		Name: "S3_POLICY", Document: "declarative-s3", Root: "s3_attributes", Provider: "6.26", Since: "2026-11-21",
		Source:     "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_s3_syntax.html",
		Attributes: map[string][]string{"public_access_block_configuration": {"all", "none"}},
	},
}

// LookupDeclarative returns the type of declarative policy with the name.
func LookupDeclarative(name string) (DeclarativeType, bool) {
	i := slices.IndexFunc(DeclarativeTypes, func(t DeclarativeType) bool { return t.Name == name })
	if i < 0 {
		return DeclarativeType{}, false
	}
	return DeclarativeTypes[i], true
}

// operators of the language of management policies that a guardrail may use:
// they set a value, or add to a list.
const (
	opAssign  = "@@assign"
	opAppend  = "@@append"
	opAllowed = "@@operators_allowed_for_child_policies"
)

func checkDeclarative(g ir.Guardrail) diag.Diagnostics {
	var ds diag.Diagnostics
	if len(g.Statements) > 0 {
		ds = append(ds, unfit(g, 0, "a declarative policy has no statements"))
	}
	if len(g.Settings) > 0 {
		ds = append(ds, unfit(g, 0, "a declarative policy is no account setting"))
	}
	if len(g.Declaratives) == 0 {
		ds = append(ds, unfit(g, 0, "it has no declarative content"))
	}
	for _, d := range g.Declaratives {
		t, ok := LookupDeclarative(d.PolicyType)
		if !ok {
			var names []string
			for _, t := range DeclarativeTypes {
				names = append(names, t.Name)
			}
			ds = append(ds, unfit(g, 0, "%q is not a type of declarative policy", d.PolicyType).WithHint("types: %s", strings.Join(names, ", ")))
			continue
		}
		root, ok := d.Content[t.Root].(map[string]any)
		if !ok || len(d.Content) != 1 {
			ds = append(ds, unfit(g, 0, "content of a %s is one object below %q", t.Name, t.Root))
			continue
		}
		for _, problem := range t.problems(root, nil) {
			ds = append(ds, unfit(g, 0, "%s", problem).WithHint("settings: %s", t.Source))
		}
	}
	return ds
}

// problems finds what may not stand in a policy of the type, at and below a
// path.
func (t DeclarativeType) problems(node map[string]any, path []string) []string {
	var out []string
	operator := slices.ContainsFunc(slices.Collect(maps.Keys(node)), func(k string) bool { return strings.HasPrefix(k, "@@") })
	where := strings.Join(append([]string{t.Root}, path...), ".")
	if !operator {
		for _, k := range slices.Sorted(maps.Keys(node)) {
			child, ok := node[k].(map[string]any)
			if !ok {
				out = append(out, fmt.Sprintf("%s.%s has no operator such as %s", where, k, opAssign))
				continue
			}
			out = append(out, t.problems(child, append(slices.Clone(path), k))...)
		}
		if len(node) == 0 {
			out = append(out, where+" is empty")
		}
		return out
	}
	values, known := t.values(path)
	if !known {
		return []string{fmt.Sprintf("%s is not a setting of %s", where, t.Name)}
	}
	for _, op := range slices.Sorted(maps.Keys(node)) {
		v, isText := node[op].(string)
		switch {
		case op != opAssign && op != opAppend && op != opAllowed:
			out = append(out, fmt.Sprintf("%s: %q is not one of %s, %s, %s", where, op, opAssign, opAppend, opAllowed))
		case op == opAssign && len(values) > 0 && (!isText || !slices.Contains(values, v)):
			out = append(out, fmt.Sprintf("%s: %v is not one of %s", where, node[op], strings.Join(values, ", ")))
		}
	}
	return out
}

// values returns the values that the setting at a path takes.
func (t DeclarativeType) values(path []string) ([]string, bool) {
	for name, values := range t.Attributes {
		parts := strings.Split(name, ".")
		if slices.EqualFunc(parts, path, func(a, b string) bool { return a == "*" || a == b }) {
			return values, true
		}
	}
	return nil, false
}

// MergeDeclarative joins the contents of one type into one policy. A conflict
// names the setting for which they want different values.
func MergeDeclarative(contents ...map[string]any) (merged map[string]any, conflict string) {
	merged = map[string]any{}
	for _, c := range contents {
		if path := mergeInto(merged, c); path != "" {
			return nil, path
		}
	}
	return merged, ""
}

func mergeInto(into, from map[string]any) (conflict string) {
	for _, k := range slices.Sorted(maps.Keys(from)) {
		old, present := into[k]
		switch v := from[k].(type) {
		case map[string]any:
			child, ok := old.(map[string]any)
			if present && !ok {
				return k
			}
			// A copy: what was handed in stays as it is.
			next := maps.Clone(child)
			if next == nil {
				next = map[string]any{}
			}
			if path := mergeInto(next, v); path != "" {
				return strings.TrimSuffix(k+"."+path, ".")
			}
			into[k] = next
		default:
			switch {
			case !present:
				into[k] = v
			case k == opAppend:
				into[k] = union(old, v)
			case fmt.Sprint(old) != fmt.Sprint(v):
				return k
			}
		}
	}
	return ""
}

// union joins two lists that are appended, sorted and without duplicates.
func union(a, b any) []any {
	var texts []string
	for _, list := range []any{a, b} {
		items, ok := list.([]any)
		if !ok {
			items = []any{list}
		}
		for _, item := range items {
			texts = append(texts, fmt.Sprint(item))
		}
	}
	slices.Sort(texts)
	var out []any
	for _, s := range slices.Compact(texts) {
		out = append(out, s)
	}
	return out
}
