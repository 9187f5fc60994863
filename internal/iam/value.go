package iam

import (
	"encoding/base64"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// valueHints says what a value of each family looks like.
var valueHints = map[Family]string{
	NumericFamily: "write an integer or a decimal: 3600",
	DateFamily:    "write an ISO 8601 instant, 2027-03-31T00:00:00Z, or seconds since 1970",
	BoolFamily:    "write true or false",
	BinaryFamily:  "write base64",
	IPFamily:      "write an address or a range: 203.0.113.0/24, 2001:db8::/32",
	ARNFamily:     "write an ARN with six parts: arn:aws:iam::*:role/name; * alone matches nothing here",
	NullFamily:    "write true (the key is absent) or false (it is present)",
}

// Valid reports whether v can match anything as a value of the operator.
func (o Operator) Valid(v string) bool {
	if o.Variables() && HasVariables(v) {
		return true
	}
	ok := true
	switch o.Family() {
	case NumericFamily:
		_, ok = ParseNumber(v)
	case DateFamily:
		_, ok = ParseDate(v)
	case BoolFamily, NullFamily:
		_, ok = ParseBool(v)
	case BinaryFamily:
		_, err := base64.StdEncoding.DecodeString(v)
		ok = err == nil
	case IPFamily:
		_, ok = ParsePrefix(v)
	case ARNFamily:
		_, ok = SplitARN(v)
	case StringFamily:
	}
	return ok
}

// ParseNumber reads a value of a numeric operator: an integer or a decimal.
func ParseNumber(s string) (float64, bool) {
	for i := range len(s) {
		// ParseFloat takes more: infinities, hexadecimals, underscores.
		if c := s[i]; (c < '0' || c > '9') && !strings.ContainsRune("+-.eE", rune(c)) {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// ParseBool reads true or false in any case.
func ParseBool(s string) (value, ok bool) {
	switch {
	case strings.EqualFold(s, "true"):
		return true, true
	case strings.EqualFold(s, "false"):
		return false, true
	}
	return false, false
}

// dateLayouts are the forms of the W3C profile of ISO 8601
// (reference_policies_elements_condition_operators, date operators).
var dateLayouts = []string{
	"2006-01-02T15:04:05Z07:00", // a fraction of the second may follow
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05", // without a zone: UTC
	"2006-01-02",
	"2006-01",
}

// ParseDate reads a value of a date operator, in microseconds since 1970. Four
// digits are a year; other whole numbers are seconds since 1970.
func ParseDate(s string) (int64, bool) {
	if s == "" {
		return 0, false
	}
	digits := strings.TrimPrefix(s, "-")
	if strings.Trim(digits, "0123456789.") == "" {
		if len(s) == 4 && !strings.Contains(s, ".") {
			year, err := strconv.Atoi(s)
			return time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro(), err == nil
		}
		seconds, err := strconv.ParseFloat(s, 64)
		// Beyond the year 9999 microseconds would soon overflow.
		if err != nil || seconds > 253402300799 || seconds < -253402300799 {
			return 0, false
		}
		return int64(seconds * 1e6), true
	}
	for _, layout := range dateLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UnixMicro(), true
		}
	}
	return 0, false
}

// ParsePrefix reads a value of an IP operator. A bare address is a range of
// one; bits beyond the prefix length do not count.
func ParsePrefix(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		a, ok := ParseAddress(s)
		return netip.PrefixFrom(a, a.BitLen()), ok
	}
	p, err := netip.ParsePrefix(s)
	return p.Masked(), err == nil
}

// ParseAddress reads an IP address without a zone.
func ParseAddress(s string) (netip.Addr, bool) {
	if s == "" || !strings.ContainsAny(s, ".:") || strings.Contains(s, "%") {
		return netip.Addr{}, false
	}
	a, err := netip.ParseAddr(s)
	return a, err == nil
}
