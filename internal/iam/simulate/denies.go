package simulate

import "github.com/parapet-dev/parapet/internal/iam"

// DenySet is a set of policies of which only the Deny statements count,
// whatever layer they are for: the question "would these documents stop the
// request?" without any grant. No exemption of a layer holds: not the
// management account's, not the service-linked roles'. It is safe for
// concurrent use.
type DenySet struct {
	e *Evaluator
}

// CompileDenies prepares the Deny statements of policies.
func CompileDenies(policies ...iam.Policy) *DenySet {
	if policies == nil {
		policies = []iam.Policy{}
	}
	// The endpoint policy is the one layer that every request passes.
	return &DenySet{Compile(Hierarchy{Endpoint: policies})}
}

// Denies reports whether some Deny statement matches the request. While that
// hangs on unknown keys, it reports false and the keys.
func (d *DenySet) Denies(r *Request) (denied bool, dependsOn []string) {
	s := d.e.bind(r)
	s.run()
	deny := s.states[blockEndpoint].deny
	if deny == maybe {
		var decision Decision
		s.dependencies(&decision, verdict{allowed: yes})
		dependsOn = decision.DependsOn
	}
	d.e.release(s)
	return deny == yes, dependsOn
}

// Matching returns the Deny statements that match the request for sure.
func (d *DenySet) Matching(r *Request) []StatementRef {
	s := d.e.bind(r)
	s.run()
	var refs []StatementRef
	for k, i := range s.matched {
		if s.e.statements[i].deny && !s.maybes[k] {
			ref := s.e.refs[i]
			ref.Layer = ""
			refs = append(refs, ref)
		}
	}
	d.e.release(s)
	return refs
}

// Denies reports whether a policy's Deny statements stop a request; see
// [DenySet.Denies]. Compile the policy once for many requests.
func Denies(p iam.Policy, r *Request) (denied bool, dependsOn []string) {
	return CompileDenies(p).Denies(r)
}
