package binding

import "strings"

// pattern turns an ARN template into an ARN pattern: every placeholder becomes
// an asterisk.
func pattern(template string) string {
	return expand(template, func(string) string { return "*" })
}

// expand replaces every ${name} of a template.
func expand(template string, value func(name string) string) string {
	var b strings.Builder
	for rest := template; ; {
		before, after, ok := strings.Cut(rest, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, tail, ok := strings.Cut(after, "}")
		if !ok {
			b.WriteString("${" + after)
			return b.String()
		}
		b.WriteString(value(name))
		rest = tail
	}
}

// place is where a request is made.
type place struct {
	partition, region, account, name string
	values                           map[string]any
}

// Examples that stand in for what a target does not say.
const (
	exampleRegion  = "eu-west-1"
	exampleAccount = "111122223333" // AWS's own example account
	exampleName    = "example"
)

func (t Target) place() place {
	p := place{partition: t.Partition, region: t.Region, account: t.Account, name: sanitize(t.Name), values: t.Values}
	if p.account == "" {
		p.account = exampleAccount
	}
	if p.partition == "" {
		p.partition = partitionOf(p.region)
	}
	if p.region == "" {
		switch p.partition {
		case "aws-cn":
			p.region = "cn-north-1"
		case "aws-us-gov":
			p.region = "us-gov-west-1"
		default:
			p.region = exampleRegion
		}
	}
	return p
}

// partitionOf returns the partition of a Region.
func partitionOf(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// fill makes a template concrete. A placeholder that is named like an attribute
// takes its value; the others take the name of the target.
func (p place) fill(template string) string {
	if template == "*" {
		return template
	}
	arn := expand(template, func(name string) string {
		switch name {
		case "Partition":
			return p.partition
		case "Region":
			return p.region
		case "Account":
			return p.account
		case "Value":
			return "${Value}" // for render
		}
		if s, ok := p.values[name].(string); ok && s != "" {
			if strings.HasPrefix(s, "arn:") {
				s = s[strings.LastIndexAny(s, ":/")+1:]
			}
			if s != "" && !strings.ContainsAny(s, "*?") {
				return s
			}
		}
		return p.name
	})
	arn = strings.Replace(arn, "alias/alias/", "alias/", 1) // the names of KMS aliases begin with alias/
	return strings.ReplaceAll(arn, "*", p.name)             // templates of the reference may have an asterisk
}

// sanitize keeps what names in ARNs may have.
func sanitize(name string) string {
	s := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9', r == '-', r == '_', r == '.':
			return r
		}
		return '-'
	}, name)
	if s = strings.Trim(s, "-"); s == "" {
		return exampleName
	}
	return s
}

// endpointRegion returns the Region that a service reports in
// aws:RequestedRegion: global services have one endpoint.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
func (p place) endpointRegion(operation string) string {
	if p.partition != "aws" {
		return p.region
	}
	service, _, _ := strings.Cut(operation, ":")
	switch service {
	case "iam", "organizations", "route53", "route53domains", "cloudfront", "account", "shield", "waf", "budgets", "ce", "support", "health":
		return "us-east-1"
	case "globalaccelerator", "networkmanager":
		return "us-west-2"
	}
	return p.region
}
