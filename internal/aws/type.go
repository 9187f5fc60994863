package aws

import (
	"context"
	"slices"
	"strings"
)

// Reach says how often a type is collected.
type Reach int

// Reaches.
const (
	Regional     Reach = iota // once for each region of an account
	PerAccount                // once for each account, in the partition's home region
	Organization              // once for each run, in the caller's account
)

// Type is a row of the table of collectors: one resource type of the Terraform
// provider, how its live resources are read, and what is filled in.
type Type struct {
	Name    string // the provider's: "aws_s3_bucket_versioning"
	Service string // prefix of the service's IAM actions: "s3"
	Reach   Reach

	// Parent is the type of the resource that this one is a part of and is read
	// through, for Out.Gap: "aws_s3_bucket". Empty for most.
	Parent string

	// Actions are the IAM actions that Collect needs, those of what it shares
	// with other types included. They are the calls' permissions, which are not
	// always named as the calls are: ListBuckets needs s3:ListAllMyBuckets.
	Actions []string

	// Filled are the attributes that Collect sets, by path below the values, with
	// [] for any element: "versioning_configuration" or, for a part of a block
	// only, "versioning_configuration[].status". An attribute that is listed and
	// has no value is known to be absent; one that is not listed is unknown. "id"
	// is always filled.
	Filled []string

	// Sensitive are filled attributes that must never be printed, by path.
	Sensitive []string

	// What drift must not compare, by path too.
	ConfigOnly []string // has no live value: force_destroy, password
	Overlap    []string // other types hold it as well: aws_iam_role.inline_policy
	Volatile   []string // moves without anybody changing it: cluster_members

	// StandsFor are other types of the provider that mean the same live things,
	// for which no resources are made: aws_lb stands for aws_alb.
	StandsFor []string

	// Collect reads all of the type's resources in the session's account and
	// region. It returns an error only if the scope as a whole could not be read;
	// a failure of one resource goes to out.Miss or out.Gap.
	Collect func(ctx context.Context, s *Session, out *Out) error
}

// Select returns the rows whose types, or types that they stand for, are among
// names, sorted by name, and the names that no row has, sorted.
func Select(table []Type, names []string) (rows []Type, missing []string) {
	have := map[string]bool{}
	for _, t := range table {
		wanted := false
		for _, n := range append([]string{t.Name}, t.StandsFor...) {
			have[n] = true
			wanted = wanted || slices.Contains(names, n)
		}
		if wanted {
			rows = append(rows, t)
		}
	}
	for _, n := range names {
		if !have[n] {
			missing = append(missing, n)
		}
	}
	slices.Sort(missing)
	slices.SortFunc(rows, func(a, b Type) int { return strings.Compare(a.Name, b.Name) })
	return rows, slices.Compact(missing)
}

// Paths returns Filled with the paths that are filled for every type, sorted.
func (t Type) Paths() []string {
	paths := append([]string{"id"}, t.Filled...)
	if slices.Contains(t.Filled, "tags") {
		paths = append(paths, "tags_all")
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// marks makes a tree of marks of paths. What lies inside a list marks the list.
func marks(paths []string) any {
	if len(paths) == 0 {
		return nil
	}
	tree := map[string]any{}
	for _, p := range paths {
		at := tree
		for steps := strings.Split(p, "."); len(steps) > 0; steps = steps[1:] {
			name, list := strings.CutSuffix(steps[0], "[]")
			below, ok := at[name].(map[string]any)
			if list || len(steps) == 1 || at[name] == true {
				at[name] = true
				break
			}
			if !ok {
				below = map[string]any{}
				at[name] = below
			}
			at = below
		}
	}
	return tree
}
