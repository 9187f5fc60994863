package lower

import (
	"math/big"
	"net/netip"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
)

// meets reports whether a known value passes the test of an atom. Patterns go
// through IAM's own matcher, so that folding cannot disagree with the decision.
func meets(v scalar, a *atom) bool {
	switch a.test {
	case present:
		return true
	case equal:
		return slices.Contains(a.values, v)
	case equalFold:
		return slices.ContainsFunc(a.values, func(w scalar) bool { return strings.EqualFold(v.text, w.text) })
	case like:
		return slices.ContainsFunc(a.values, func(w scalar) bool { return matchPattern(w.text, v.text) })
	case less, lessOrEqual:
		x, okx := new(big.Rat).SetString(v.text)
		n, okn := new(big.Rat).SetString(a.values[0].text)
		if !okx || !okn {
			return false
		}
		c := x.Cmp(n)
		return c < 0 || a.test == lessOrEqual && c == 0
	case inCIDR:
		ip, err := netip.ParseAddr(v.text)
		return err == nil && slices.ContainsFunc(a.values, func(w scalar) bool {
			p, err := netip.ParsePrefix(w.text)
			return err == nil && p.Contains(ip)
		})
	case sameAs, unsupported:
	}
	return false
}

// matchPattern matches an IAM pattern, escapes included. The escaped characters
// become ones that no value holds, so that IAM's plain matcher can be used.
func matchPattern(pattern, s string) bool {
	return iam.Match(escapesOut.Replace(pattern), specialsOut.Replace(s))
}

var (
	escapesOut  = strings.NewReplacer("${*}", "\ue000", "${?}", "\ue001", "${$}", "$")
	specialsOut = strings.NewReplacer("*", "\ue000", "?", "\ue001")
)
