// Package bundles holds named selections of the policy library: one YAML file
// a bundle, with the ids of its policies and the parameters that it sets. They
// are source, not archives. The package owns content and nothing else.
//
// A bundle has these fields:
//
//	name         the file's name without .yaml; what --bundle takes
//	title        one line
//	description  what it is for, and what it leaves out
//	framework    the framework that it covers, if it is made from one
//	policies     ids of policies, sorted
//	parameters   values by policy id and name of the parameter
package bundles

import "embed"

// FS holds the bundles: <name>.yaml.
//
//go:embed *.yaml
var FS embed.FS
