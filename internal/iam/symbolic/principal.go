package symbolic

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// principal is a Principal or NotPrincipal element. Who it names is for
// iam/simulate to say; here is only whom to ask about.
type principal struct {
	element iam.Principal
	denies  *simulate.DenySet
}

// principalAtom makes the atom of a statement's principals. A session that is
// named itself is not told from its role here, so it is refused.
func principalAtom(s *iam.Statement) (id string, a *atom, err error) {
	p := &principal{}
	leaf := iam.Statement{Effect: iam.Deny, Principal: s.Principal, NotPrincipal: s.NotPrincipal}
	if s.NotPrincipal != nil {
		p.element = *s.NotPrincipal
		leaf.Principal = nil
	} else {
		p.element = *s.Principal
	}
	for _, v := range p.element.AWS {
		if arn, ok := iam.SplitARN(v); ok && arn.Service == "sts" && strings.HasPrefix(arn.Resource, "assumed-role/") {
			return "", nil, fmt.Errorf("the principal %q is a single session", v)
		}
	}
	p.denies = simulate.CompileDenies(iam.Policy{Version: iam.Version2012, Statements: []iam.Statement{leaf}})
	return fmt.Sprintf("principal %t %v", s.NotPrincipal != nil, p.element),
		&atom{key: thePrincipal, name: "the principal", principals: p}, nil
}

// names reports whether the element lets the statement match this caller.
func (p *principal) names(caller string) bool {
	denied, _ := p.denies.Denies(&simulate.Request{Principal: caller})
	return denied
}

// freshAccount returns an account id that is not in the list.
func freshAccount(known []string) string {
	for n := 111122223333; ; n++ {
		if id := fmt.Sprint(n); !slices.Contains(known, id) {
			return id
		}
	}
}

// callers returns callers such that each caller is treated as one of them is by
// all elements: those listed, and one of every kind that is not, in each
// account in play and in another; a service, a provider, and nobody.
func (t *theory) callers(list []supposition) []string {
	var listed, accounts []string
	for _, s := range list {
		e := &t.atoms[s.atom].principals.element
		listed = append(listed, slices.Concat(e.AWS, e.Service, e.Federated, e.CanonicalUser)...)
	}
	listed = distinct(slices.DeleteFunc(listed, func(v string) bool { return v == "*" }))
	for _, v := range listed {
		if arn, ok := iam.SplitARN(v); ok {
			v = arn.Account
		}
		if len(v) == 12 && strings.Trim(v, "0123456789") == "" {
			accounts = append(accounts, v)
		}
	}
	accounts = distinct(accounts)
	accounts = append(accounts, freshAccount(accounts))
	fresh := "other"
	for slices.ContainsFunc(listed, func(v string) bool { return strings.Contains(v, fresh) }) {
		fresh += "0"
	}
	var out []string
	for _, id := range slices.Backward(accounts) {
		out = append(
			out,
			"arn:aws:iam::"+id+":role/"+fresh, "arn:aws:iam::"+id+":user/"+fresh,
			"arn:aws:iam::"+id+":root", "arn:aws:sts::"+id+":federated-user/"+fresh,
		)
	}
	out = append(out, listed...)
	return append(out, fresh+".amazonaws.com", fresh, "")
}

// principal finds a caller.
func (t *theory) principal(list []supposition) answer {
	for _, caller := range t.callers(list) {
		if !slices.ContainsFunc(list, func(s supposition) bool {
			return t.atoms[s.atom].principals.names(caller) != s.want
		}) {
			return answer{ok: true, value: single(caller)}
		}
	}
	return answer{}
}
