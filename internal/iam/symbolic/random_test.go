package symbolic

import (
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iam"
	"github.com/parapet-dev/parapet/internal/iam/simulate"
)

// maker makes random expressions whose atoms collide often, and requests of the
// constants in play.
type maker struct {
	*rand.Rand
	variables  bool
	principals bool
}

func (m maker) pick(list ...string) string { return list[m.IntN(len(list))] }

func (m maker) some(least, most int, one func() string) []string {
	out := []string{}
	for range least + m.IntN(most-least+1) {
		out = append(out, one())
	}
	return out
}

func (m maker) action() string {
	return m.pick("s3:GetObject", "s3:Get*", "s3:*", "*", "S3:getobject", "ec2:RunInstances", "ec2:*Instances", "s3:?etObject", "*:GetObject", "kms:Decrypt")
}

func (m maker) resource() string {
	list := []string{
		"*", "arn:aws:s3:::a/*", "arn:aws:s3:::a/b", "arn:aws:s3:::*", "arn:aws:s3:*", "arn:aws:ec2:*:*:instance/*", "arn:aws:ec2:eu-west-1:*:instance/i-1",
		"*b", "arn:aws:s3:::?/b", "a*", "arn:aws:s3:::a:b*",
	}
	if m.variables {
		list = append(list, "arn:aws:s3:::${aws:username}/*", "arn:aws:s3:::a/${aws:PrincipalTag/t, 'b'}")
	}
	return m.pick(list...)
}

func (m maker) text() string {
	list := []string{"", "a", "A", "ab", "b*", "*a*", "?", "a?b", "*", "*b", "${*}", "true"}
	if m.variables {
		list = append(list, "${aws:username}", "x-${aws:username}-*", "${aws:PrincipalTag/t, 'b'}")
	}
	return m.pick(list...)
}

func (m maker) arn() string {
	return m.pick(
		"arn:aws:iam::111111111111:role/a", "arn:aws:iam::*:role/*", "arn:aws:iam::*:role/a*", "arn:aws:iam::222222222222:*",
		"arn:*:iam::1*:role/team/*", "arn:aws:iam::111111111111:root", "*", "arn:aws:iam::*:*b*", "arn:*:*:*:*:*a", "arn:?ws:iam::*:user/a",
	)
}

func (m maker) condition() iam.Condition {
	families := []struct {
		key   string
		bases []string
		value func() string
	}{
		{"t:Text", []string{"StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase"}, m.text},
		{"t:text", []string{"StringLike", "StringNotLike", "Bool", "StringEquals"}, m.text},
		{"t:Other", []string{"StringEquals", "StringNotEquals", "Null"}, m.text},
		{"aws:username", []string{"StringEquals", "StringNotLike"}, m.text},
		{"aws:PrincipalArn", []string{"ArnLike", "ArnNotLike", "ArnEquals", "ArnNotEquals", "StringLike", "StringNotEquals"}, m.arn},
		{"aws:PrincipalAccount", []string{"StringEquals", "StringNotEquals", "StringLike"}, func() string { return m.pick("111111111111", "222222222222", "1*") }},
		{"t:Number", []string{"NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan", "NumericGreaterThanEquals"}, func() string { return m.pick("1", "2", "3", "2.5", "x") }},
		{"aws:CurrentTime", []string{"DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"}, func() string {
			return m.pick("2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000001Z", "2028-06-01", "1900000000", "bad")
		}},
		{"t:Ip", []string{"IpAddress", "NotIpAddress"}, func() string {
			return m.pick("10.0.0.0/8", "10.1.0.0/16", "10.1.2.3", "2001:db8::/32", "0.0.0.0/0", "::/0", "x")
		}},
		{"t:Bool", []string{"Bool"}, func() string { return m.pick("true", "false", "TRUE", "x") }},
		{"t:Bytes", []string{"BinaryEquals"}, func() string { return m.pick("YQ==", "Yg==", "", "!") }},
		{"t:Mixed", []string{"StringLike", "NumericLessThan", "Bool", "NumericNotEquals"}, func() string { return m.pick("1", "1*", "true", "2") }},
	}
	f := families[m.IntN(len(families))]
	c := iam.Condition{Key: f.key}
	c.Operator.Base = m.pick(f.bases...)
	if m.IntN(6) == 0 {
		c.Operator.Base = "Null"
	}
	if c.Operator.Base == "Null" {
		c.Values = m.some(1, 2, func() string { return m.pick("true", "false", "false", "x") })
		return c
	}
	c.Values = m.some(1, 3, f.value)
	if m.IntN(3) == 0 {
		c.Operator.IfExists = true
	}
	if m.IntN(4) == 0 && strings.HasPrefix(c.Key, "t:") {
		c.Operator.Set = iam.ForAnyValue
		if m.IntN(2) == 0 {
			c.Operator.Set = iam.ForAllValues
		}
	}
	return c
}

func (m maker) statement() iam.Statement {
	s := iam.Statement{Effect: iam.Deny}
	switch m.IntN(4) {
	case 0:
		s.NotActions = m.some(1, 3, m.action)
	case 1:
	default:
		s.Actions = m.some(1, 3, m.action)
	}
	switch m.IntN(4) {
	case 0:
		s.NotResources = m.some(1, 2, m.resource)
	case 1:
	default:
		s.Resources = m.some(1, 2, m.resource)
	}
	if m.principals && m.IntN(3) == 0 {
		p := &iam.Principal{Any: m.IntN(5) == 0}
		if !p.Any {
			p.AWS = m.some(0, 2, func() string {
				return m.pick("*", "111111111111", "arn:aws:iam::222222222222:root", "arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:role/ab", "arn:aws:iam::444444444444:user/a")
			})
			p.Service = m.some(0, 1, func() string { return m.pick("s3.amazonaws.com", "ec2.amazonaws.com") })
		}
		if m.IntN(3) == 0 {
			s.NotPrincipal = p
		} else {
			s.Principal = p
		}
	}
	for range m.IntN(4) {
		s.Conditions = append(s.Conditions, m.condition())
	}
	return s
}

func (m maker) expr(depth int) Expr {
	if depth == 0 || m.IntN(5) == 0 {
		switch m.IntN(4) {
		case 0:
			return Holds(m.condition())
		case 1:
			return Action(m.action())
		case 2:
			return Not(Resource(m.resource()))
		}
		return Matches(m.statement())
	}
	switch m.IntN(3) {
	case 0:
		return Not(m.expr(depth - 1))
	case 1:
		return And(m.expr(depth-1), m.expr(depth-1), m.expr(depth-1))
	}
	return Or(m.expr(depth-1), m.expr(depth-1))
}

// request makes a request of values at and around the constants that the maker
// uses, within what the package takes requests to be.
func (m maker) request(e Expr) *simulate.Request {
	r := &simulate.Request{
		Action:   m.pick("s3:GetObject", "s3:PutObject", "s3:getobject", "ec2:RunInstances", "ec2:StopInstances", "kms:Decrypt", "x:GetObject", "s3:GetOther"),
		Resource: m.pick("*", "arn:aws:s3:::a/b", "arn:aws:s3:::a/c", "arn:aws:s3:::b/b", "arn:aws:s3:::a:b", "arn:aws:ec2:eu-west-1:111111111111:instance/i-1", "arn:aws:ec2:eu-west-1:111111111111:instance/i-2", "arn:aws:kms:::x"),
		Context:  map[string]simulate.Value{},
	}
	sets := map[string]bool{}
	e.node().eachLeaf(func(n *node) {
		for _, c := range n.leaf.Conditions {
			if c.Operator.Set != iam.NoSet {
				sets[strings.ToLower(c.Key)] = true
			}
		}
	})
	for key, one := range map[string]func() string{
		"t:Text": func() string {
			return m.pick("", "a", "A", "ab", "b", "c", "aab", "axb", "*", "true", "TRUE", "false", "bbb", "zz", "x-u-1", "u", "aa", "ba")
		},
		"t:Other":            func() string { return m.pick("", "a", "ab", "q", "*", "b*") },
		"aws:username":       func() string { return m.pick("u", "a", "b", "ab", "*", "true") },
		"aws:PrincipalTag/t": func() string { return m.pick("u", "a", "b", "ab", "*", "true") },
		"aws:PrincipalArn": func() string {
			return m.pick("arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:role/ab", "arn:aws:iam::333333333333:role/b", "arn:aws:iam::111111111111:root", "arn:aws:iam::111111111111:role/team/a", "arn:aws:iam::444444444444:user/a", "arn:aws:iam::144444444444:user/zz")
		},
		"t:Number": func() string { return m.pick("0", "1", "1.5", "2", "2.25", "2.5", "2.7", "3", "4", "x", "") },
		"aws:CurrentTime": func() string {
			return m.pick("2026-12-31T23:59:59Z", "2027-01-01T00:00:00Z", "2027-01-01T00:00:00.000001Z", "2027-01-01T00:00:00.000002Z", "2027-06-01", "2028-06-01", "2028-06-02", "1900000000", "1900000001", "bad")
		},
		"t:Ip": func() string {
			return m.pick("9.0.0.1", "10.0.0.1", "10.1.0.1", "10.1.2.3", "2001:db8::1", "2001:db9::", "::1", "x", "")
		},
		"t:Bool":  func() string { return m.pick("true", "false", "True", "x", "") },
		"t:Bytes": func() string { return m.pick("YQ==", "Yg==", "Yw==", "!", "") },
		"t:Mixed": func() string { return m.pick("1", "2", "1.5", "0", "true", "", "1x", "none") },
	} {
		switch k := m.IntN(5); {
		case k == 0:
		case k == 1 && sets[strings.ToLower(key)]:
			vs := m.some(0, 3, one)
			slices.Sort(vs)
			r.Context[key] = simulate.Set(slices.Compact(vs)...)
		default:
			r.Context[key] = simulate.Single(one())
		}
	}
	if v, ok := r.Context["aws:PrincipalArn"]; ok && m.IntN(8) != 0 {
		arn, _ := iam.SplitARN(v.Strings()[0])
		r.Context["aws:PrincipalAccount"] = simulate.Single(arn.Account)
	} else if m.IntN(2) == 0 {
		r.Context["aws:PrincipalAccount"] = simulate.Single(m.pick("111111111111", "anonymous", "222222222222"))
	}
	r.Principal = m.pick("", "s3.amazonaws.com", "x.amazonaws.com", "arn:aws:iam::111111111111:role/a", "arn:aws:iam::222222222222:root", "arn:aws:iam::333333333333:role/b")
	if v, ok := r.Context["aws:PrincipalArn"]; ok && m.IntN(4) != 0 {
		r.Principal = v.Strings()[0]
	}
	return r
}
