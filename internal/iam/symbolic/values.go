package symbolic

import (
	"encoding/base64"
	"math"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parapet-dev/parapet/internal/iam"
)

// claim is a test that a value must pass, or must fail.
type claim struct {
	test *test
	want bool
}

// candidates returns values such that, if any value passes the claims of a
// sort, one of these does: the constants of the policy, one value of every gap
// between them, and one that is no value of the sort at all.
func candidates(of sort, claims []claim) []string {
	var numbers []float64
	var dates []int64
	var addresses []netip.Prefix
	var bytes []string
	for _, c := range claims {
		if c.test.sort == of {
			numbers = append(numbers, c.test.numbers...)
			dates = append(dates, c.test.dates...)
			addresses = append(addresses, c.test.addresses...)
			bytes = append(bytes, c.test.bytes...)
		}
	}
	switch of {
	case ofNumber:
		return numberCandidates(numbers)
	case ofDate:
		return dateCandidates(dates)
	case ofAddress:
		return addressCandidates(addresses)
	case ofBytes:
		return bytesCandidates(bytes)
	case ofText, sorts:
	}
	return nil
}

func distinct[T int64 | float64 | string](values []T) []T {
	slices.Sort(values)
	return slices.Compact(values)
}

func numberCandidates(points []float64) []string {
	points = distinct(points)
	all := slices.Clone(points)
	for i, p := range points {
		if i == 0 {
			all = append(all, below(p))
		}
		next := above(p)
		if i+1 < len(points) {
			next = between(p, points[i+1])
		}
		all = append(all, next)
	}
	if len(points) == 0 {
		all = append(all, 1)
	}
	var out []string
	for _, f := range all {
		text := strconv.FormatFloat(f, 'f', -1, 64)
		if back, ok := iam.ParseNumber(text); ok && back == f {
			out = append(out, text)
		}
	}
	return append(out, "none")
}

// below returns a number under p, a whole one if there is one near.
func below(p float64) float64 {
	if b := math.Ceil(p) - 1; b < p {
		return b
	}
	return math.Nextafter(p, math.Inf(-1))
}

func above(p float64) float64 { return -below(-p) }

// between returns a number between p and q, a whole one if there is one next
// to p; p itself when the two are neighbours.
func between(p, q float64) float64 {
	if a := above(p); a < q {
		return a
	}
	if m := p + (q-p)/2; p < m && m < q {
		return m
	}
	return p
}

// Dates are written with a year of four digits.
const (
	firstDate = -62135596800e6 // the year 1, in microseconds since 1970
	lastDate  = 253339228800e6 // the year 9998
	second    = 1e6
)

func dateCandidates(points []int64) []string {
	points = distinct(points)
	all := slices.Clone(points)
	for i, p := range points {
		if i == 0 {
			all = append(all, p-second)
		}
		next := p + second
		if i+1 < len(points) && next >= points[i+1] {
			next = p + 1 // p+1 may be the next point itself: then there is no gap
		}
		all = append(all, next)
	}
	if len(points) == 0 {
		all = append(all, 0)
	}
	out := make([]string, 0, len(all)+1)
	for _, d := range all {
		out = append(out, time.UnixMicro(d).UTC().Format("2006-01-02T15:04:05.999999Z"))
	}
	return append(out, "none")
}

// addressCandidates tries addresses set aside for documentation first (RFC 5737
// and RFC 3849). Ranges lie within each other or apart, so that the first
// address of each and the one after its last stand for all others.
func addressCandidates(ranges []netip.Prefix) []string {
	out := []string{"198.51.100.7", "2001:db8::7", "0.0.0.0", "::"}
	var edges []string
	for _, p := range ranges {
		edges = append(edges, p.Addr().String())
		if next := lastAddress(p).Next(); next.IsValid() {
			edges = append(edges, next.String())
		}
	}
	return append(append(out, distinct(edges)...), "none")
}

// lastAddress returns the last address of a range.
func lastAddress(p netip.Prefix) netip.Addr {
	b := p.Addr().AsSlice()
	for bit := p.Bits(); bit < 8*len(b); bit++ {
		b[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last
}

func bytesCandidates(values []string) []string {
	values = distinct(values)
	var out []string
	for _, v := range values {
		out = append(out, base64.StdEncoding.EncodeToString([]byte(v)))
	}
	fresh := "other"
	for slices.Contains(values, fresh) {
		fresh += "!"
	}
	if i := slices.Index(out, ""); i >= 0 {
		out[i] = "\n" // no bytes, too, but a text that is not empty
	}
	return append(out, base64.StdEncoding.EncodeToString([]byte(fresh)), strings.Repeat("?", 3))
}
