// Package policies holds the library of Rego policies. It owns content and
// nothing else: one folder a policy under aws/<service>/<name>, the helpers that
// they share under lib. A folder is its own registration; the id of a policy is
// made of its folder. README.md lists them and says how to write one.
package policies

import "embed"

// FS holds every policy with its tests and examples, and the helpers. Paths are
// relative to this directory: aws/ec2/imdsv2/policy.rego.
//
//go:embed aws lib
var FS embed.FS
