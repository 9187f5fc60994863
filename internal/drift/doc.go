// Package drift joins live resources with what Terraform says of them, and
// tells where the two differ.
//
// [NewIndex] finds the live resource of a Terraform resource and the other way
// round, by id, by ARN or by the attributes that identify a type. [Compare]
// compares what a collector fills and nothing else. Three kinds of attributes
// would differ on a stack that nobody has touched, and are left out: those that
// another resource of the code manages too (tables.go), those that AWS moves by
// itself (the collector's table, which a snapshot holds), and those that cannot
// be read, which no collector fills.
//
// Types that Terraform has two of (aws_alb, aws_default_vpc) are one here, and what
// AWS tells only as a block of something else (aws_route) is looked for there.
//
// What was not read is never a difference, and never the same either: the
// result says that it is unknown.
package drift

import "github.com/parapet-dev/parapet/internal/resource"

// Status is how a resource of the code compares with live state.
type Status string

// Statuses.
const (
	Same    Status = "same"
	Changed Status = "changed"
	Gone    Status = "gone"    // its scope was read whole, and it is not there
	Unknown Status = "unknown" // its type or scope was not read
)

// Difference is an attribute that differs. A nil value is an absent one;
// sensitive values are left out.
type Difference struct {
	Path      string // metadata_options[0].http_tokens
	Live      any
	Desired   any
	Sensitive bool
}

// Result is what became of one resource of the code.
type Result struct {
	Desired     *resource.Resource
	Live        *resource.Resource // nil unless the resource was found
	Status      Status
	Differences []Difference
	Why         string // for Unknown
	Uncollected bool   // unknown, since the snapshot was not asked for the type
}
