package emit

import (
	"bytes"
	"fmt"

	"github.com/parapet-dev/parapet/compiler/layer"
)

// The version constraint of the provider in the embedded file. Every type that
// needs a later provider raises it.
const anyProvider = "5.0"

// versions writes what the root needs: the provider must know the policy types,
// which it checks when it validates.
func (m module) versions() ([]byte, error) {
	src, err := staticFile("root/versions.tf")
	if err != nil {
		return nil, err
	}
	constraint := fmt.Appendf(nil, `version = ">= %s"`, anyProvider)
	if !bytes.Contains(src, constraint) {
		return nil, fmt.Errorf("no %s in versions.tf", constraint)
	}
	return bytes.Replace(src, constraint, fmt.Appendf(nil, `version = ">= %s"`, m.provider()), 1), nil
}

// provider returns the first version of the Terraform provider that knows the
// types of all documents.
func (m module) provider() string {
	needed := anyProvider
	for _, d := range m.docs {
		l, _ := layer.Lookup(d.Layer)
		version := l.Provider
		if t, ok := layer.LookupDeclarative(d.PolicyType); ok {
			version = t.Provider
		}
		if newer(version, needed) {
			needed = version
		}
	}
	return needed
}

// newer compares versions of the form 5.100.
func newer(a, b string) bool {
	var major, minor [2]int
	for i, v := range []string{a, b} {
		if _, err := fmt.Sscanf(v, "%d.%d", &major[i], &minor[i]); err != nil {
			return false
		}
	}
	return major[0] > major[1] || major[0] == major[1] && minor[0] > minor[1]
}
