package iam

import (
	"strings"
	"unicode/utf8"
)

// Match reports whether pattern matches the whole of s. A * stands for any
// run of characters, a ? for exactly one; everything else for itself.
func Match(pattern, s string) bool { return glob(pattern, s, false) }

// MatchAction reports whether an Action pattern matches an action such as
// ec2:RunInstances. Case does not matter in actions.
func MatchAction(pattern, action string) bool { return glob(pattern, action, true) }

// glob matches with one retry point, the last *, which suffices: whatever an
// earlier * could take, the last one can take too.
func glob(p, s string, fold bool) bool {
	star, retry := -1, 0
	i, j := 0, 0
	for j < len(s) {
		switch {
		case i < len(p) && p[i] == '*':
			i++
			star, retry = i, j
			continue
		case i < len(p) && p[i] == '?':
			i++
			j += runeLen(s, j)
			continue
		case i < len(p) && (p[i] == s[j] || fold && lower(p[i]) == lower(s[j])):
			i++
			j++
			continue
		}
		if star < 0 {
			return false
		}
		retry += runeLen(s, retry)
		i, j = star, retry
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}

// runeLen returns the length in bytes of the character of s at i.
func runeLen(s string, i int) int {
	if s[i] < utf8.RuneSelf {
		return 1
	}
	_, n := utf8.DecodeRuneInString(s[i:])
	return n
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// ARN is an Amazon Resource Name in its parts. Resource holds all that
// follows the fifth colon, further colons included.
type ARN struct {
	Partition, Service, Region, Account, Resource string
}

// SplitARN splits an ARN. It is not one when it does not begin with arn: or
// has fewer than six parts.
func SplitARN(s string) (ARN, bool) {
	rest, ok := strings.CutPrefix(s, "arn:")
	if !ok {
		return ARN{}, false
	}
	var a ARN
	for _, part := range []*string{&a.Partition, &a.Service, &a.Region, &a.Account} {
		if *part, rest, ok = strings.Cut(rest, ":"); !ok {
			return ARN{}, false
		}
	}
	a.Resource = rest
	return a, true
}

// MatchARN reports whether arn matches pattern as ArnLike does: the six parts
// one by one, so that no * reaches over a colon, except in the last part. A
// pattern or a value that is no ARN matches nothing; AWS does not document
// that case.
func MatchARN(pattern, arn string) bool {
	p, ok := SplitARN(pattern)
	if !ok {
		return false
	}
	a, ok := SplitARN(arn)
	return ok && matchParts(p, a)
}

func matchParts(p, a ARN) bool {
	return Match(p.Partition, a.Partition) && Match(p.Service, a.Service) && Match(p.Region, a.Region) &&
		Match(p.Account, a.Account) && Match(p.Resource, a.Resource)
}

// MatchResource reports whether a Resource pattern without variables matches
// a resource. "*" matches everything, also the "*" of an action that takes no
// resource; nothing else matches that one. ARNs are compared part by part, and
// a pattern with fewer parts that ends in * covers the missing parts
// (reference_policies_elements_resource: a * that ends a segment can reach
// over colons); other short ARNs match nothing. A pattern that is no ARN is
// compared as a whole.
func MatchResource(pattern, resource string) bool {
	if strings.Trim(pattern, "*") == "" && pattern != "" {
		return true
	}
	if resource == "*" {
		return false
	}
	p, ok := SplitARN(CompleteARN(pattern))
	if !ok {
		return !strings.HasPrefix(pattern, "arn:") && Match(pattern, resource)
	}
	a, ok := SplitARN(resource)
	return ok && matchParts(p, a)
}

// CompleteARN adds the parts that a short pattern such as arn:aws:s3:* leaves
// out. Other text comes back unchanged. Colons inside ${…} do not count.
func CompleteARN(pattern string) string {
	if !strings.HasPrefix(pattern, "arn:") || !strings.HasSuffix(pattern, "*") {
		return pattern
	}
	if missing := 6 - len(SplitPattern(pattern, true)); missing > 0 {
		return pattern + strings.Repeat(":*", missing)
	}
	return pattern
}

// SplitPattern splits the pattern of an ARN at its first five colons. Colons
// inside ${…} do not count, where variables are in force.
func SplitPattern(text string, variables bool) []string {
	var parts []string
	start := 0
	for i := 0; i < len(text) && len(parts) < 5; i++ {
		if variables && strings.HasPrefix(text[i:], "${") {
			if end := strings.IndexByte(text[i:], '}'); end > 0 {
				i += end
			}
			continue
		}
		if text[i] == ':' {
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}
