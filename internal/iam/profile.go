package iam

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
)

// Profile names the layer that a document is written for. It decides what the
// document may hold; what it means is the same everywhere.
type Profile string

// Profiles. SCPs have two: since 19 September 2025 they take the whole
// language except principals; before, and where a partition lags, the classic
// grammar holds.
const (
	ProfileAny        Profile = "" // the language alone
	ProfileSCP        Profile = "scp"
	ProfileSCPClassic Profile = "scp-classic"
	ProfileRCP        Profile = "rcp"
	ProfileIdentity   Profile = "identity"
	ProfileBoundary   Profile = "boundary"
	ProfileSession    Profile = "session"
	ProfileResource   Profile = "resource"
	ProfileEndpoint   Profile = "endpoint"
	ProfileTrust      Profile = "trust"
)

// rules are what a profile asks beyond the language.
type rules struct {
	principal   need // Principal or NotPrincipal
	noNot       bool // NotPrincipal is refused
	resource    need // Resource or NotResource
	plainSid    bool // Sids hold letters and digits only, and are unique
	denyOnly    bool // RCP: Allow only in AWS's own full-access policy
	classicOnly bool // SCP grammar before September 2025
}

type need int

const (
	optional need = iota
	required
	refused
)

// layerRules holds the rules of each profile. Sources: IAM User Guide,
// reference_policies_grammar and reference_policies_elements_sid; Organizations
// User Guide, orgs_manage_policies_scps_syntax and
// orgs_manage_policies_rcps_syntax; for trust policies and resource policies
// the answers of the services.
var layerRules = map[Profile]rules{
	ProfileAny:        {},
	ProfileSCP:        {principal: refused, resource: required, plainSid: true},
	ProfileSCPClassic: {principal: refused, resource: required, plainSid: true, classicOnly: true},
	ProfileRCP:        {principal: required, noNot: true, resource: required, plainSid: true, denyOnly: true},
	ProfileIdentity:   {principal: refused, resource: required, plainSid: true},
	ProfileBoundary:   {principal: refused, resource: required, plainSid: true},
	ProfileSession:    {principal: refused, resource: required, plainSid: true},
	ProfileResource:   {principal: required},
	ProfileEndpoint:   {principal: required},
	ProfileTrust:      {principal: required, resource: refused},
}

// ParseProfile returns the profile with this name.
func ParseProfile(name string) (Profile, error) {
	if _, ok := layerRules[Profile(name)]; ok {
		return Profile(name), nil
	}
	var names []string
	for p := range layerRules {
		if p != ProfileAny {
			names = append(names, string(p))
		}
	}
	slices.Sort(names)
	return ProfileAny, fmt.Errorf("unknown kind of policy %q: it is one of %s", name, strings.Join(names, ", "))
}

// Check tells what a policy breaks of the language and of a profile, without
// places; [Parse] does the same with them.
func Check(policy Policy, p Profile) diag.Diagnostics {
	r := &parser{source: newSource(nil, ""), profile: p}
	r.check(&policy)
	for i := range r.diags {
		r.diags[i].Subject = diag.Place{}
	}
	r.diags.Sort()
	return r.diags
}

// at returns the place of an element of statement i, or of its value j.
func (r *parser) at(i int, element string, j int) diag.Place {
	if i >= len(r.places.Statements) {
		return diag.Place{}
	}
	s := r.places.Statements[i]
	if values := s.Values[element]; j >= 0 && j < len(values) {
		return values[j]
	}
	if place, ok := s.Elements[element]; ok {
		return place
	}
	return s.Statement
}

func (r *parser) report(place diag.Place, d diag.Diagnostic) { r.diags = append(r.diags, d.At(place)) }

// check applies the rules that need the whole policy.
func (r *parser) check(policy *Policy) {
	rule := layerRules[r.profile]
	sids := map[string]bool{}
	for i, s := range policy.Statements {
		r.checkSid(i, s, rule, sids)
		r.checkPrincipals(i, s, rule)
		r.checkActions(i, s, rule)
		r.checkResources(i, policy.Version, s, rule)
		r.checkConditions(i, policy.Version, s)
		if rule.denyOnly && s.Effect == Allow && !fullAccess(s) {
			r.report(r.at(i, "Effect", -1), r.layer("cannot allow").
				WithHint("only AWS's own RCPFullAWSAccess allows; write the exception into the Deny"))
		}
		if rule.classicOnly {
			r.checkClassic(i, s)
		}
	}
}

// layer begins the diagnostic of something that the layer does not take.
func (r *parser) layer(what string) diag.Diagnostic {
	return diag.Errorf("iam-layer", "a policy of kind %s %s", r.profile, what)
}

// fullAccess reports whether s is the statement of RCPFullAWSAccess.
func fullAccess(s Statement) bool {
	return s.Principal != nil && s.Principal.Any && slices.Equal(s.Actions, []string{"*"}) &&
		slices.Equal(s.Resources, []string{"*"}) && len(s.Conditions) == 0
}

var plainSid = regexp.MustCompile(`^[0-9A-Za-z]*$`)

func (r *parser) checkSid(i int, s Statement, rule rules, seen map[string]bool) {
	if s.Sid == "" {
		return
	}
	place := r.at(i, "Sid", -1)
	if rule.plainSid && !plainSid.MatchString(s.Sid) {
		r.report(place, diag.Errorf("iam-sid", "Sid %q holds more than letters and digits", s.Sid).
			WithHint("leave out spaces, dashes and other signs"))
	}
	if seen[s.Sid] {
		d := diag.Errorf("iam-sid", "Sid %q is used twice", s.Sid).WithHint("Sids are unique within a policy")
		if !rule.plainSid {
			d.Severity = diag.Warning // services differ
		}
		r.report(place, d)
	}
	seen[s.Sid] = true
}

func (r *parser) checkPrincipals(i int, s Statement, rule rules) {
	for _, e := range []struct {
		name string
		p    *Principal
	}{{"Principal", s.Principal}, {"NotPrincipal", s.NotPrincipal}} {
		if e.p == nil {
			continue
		}
		place := r.at(i, e.name, -1)
		switch {
		case rule.principal == refused:
			r.report(place, r.layer("has no "+e.name).
				WithHint("name identities in Condition: ArnLike or ArnNotLike on aws:PrincipalArn"))
		case rule.noNot && e.name == "NotPrincipal":
			r.report(place, r.layer("has no NotPrincipal").
				WithHint(`write "Principal": "*" and exempt identities with ArnNotLike on aws:PrincipalArn`))
		case r.profile == ProfileRCP && !e.p.Any:
			r.report(place, r.layer(`takes no Principal but "*"`).
				WithHint("name identities in Condition: ArnLike or ArnNotLike on aws:PrincipalArn"))
		}
		if !e.p.Any && len(e.p.AWS)+len(e.p.Service)+len(e.p.Federated)+len(e.p.CanonicalUser) == 0 {
			r.report(place, diag.Warningf("iam-empty", "%s is empty", e.name).WithDetail("It names nobody."))
		}
		for _, v := range e.p.AWS {
			if strings.ContainsAny(v, "*?") && v != "*" {
				r.report(place, diag.Warningf("iam-principal", "%s %q holds a wildcard", e.name, v).
					WithDetail("Only the whole value can be *; this one matches nobody.").
					WithHint(`write "*" and ArnLike on aws:PrincipalArn in Condition`))
			}
		}
		if e.name == "NotPrincipal" && s.Effect == Allow {
			r.report(place, diag.Warningf("iam-principal", "NotPrincipal with Allow allows everybody else").
				WithDetail("That includes anonymous callers.").WithHint("list the principals that may, in Principal"))
		}
	}
	if rule.principal == required && s.Principal == nil && s.NotPrincipal == nil {
		r.report(r.at(i, "", -1), r.layer("needs a Principal").WithHint(`add "Principal": "*" or the principals meant`))
	}
}

var (
	serviceName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)
	actionName  = regexp.MustCompile(`^[A-Za-z0-9_.*?-]+$`)
)

func (r *parser) checkActions(i int, s Statement, rule rules) {
	for _, e := range []struct {
		name   string
		values []string
	}{{"Action", s.Actions}, {"NotAction", s.NotActions}} {
		for j, a := range e.values {
			service, name, ok := strings.Cut(a, ":")
			place := r.at(i, e.name, j)
			switch {
			case a == "*" || a == "*:*":
			case !ok:
				r.report(place, diag.Errorf("iam-action", "%s %q names no service", e.name, a).
					WithHint(`an action is service:Name, such as "ec2:RunInstances"`))
			case strings.ContainsAny(service, "*?"):
				r.report(place, diag.Errorf("iam-action", "the service of %s %q holds a wildcard", e.name, a).
					WithHint("name each service, or write * for all actions"))
			case !serviceName.MatchString(service) || !actionName.MatchString(name):
				r.report(place, diag.Errorf("iam-action", "%s %q is not an action", e.name, a).
					WithHint(`an action is service:Name, such as "ec2:RunInstances"; * and ? stand in the name`))
			}
			switch {
			case !rule.denyOnly || s.Effect != Deny:
			case e.name == "NotAction" && j == 0:
				r.report(r.at(i, e.name, -1), r.layer("has no NotAction").WithHint("list the actions in Action"))
			case a == "*" || a == "*:*":
				// The documentation keeps "*" for RCPFullAWSAccess without saying
				// that it refuses it elsewhere.
				r.report(place, diag.Warningf("iam-layer", `AWS may refuse the Action "*" in an RCP`).
					WithHint(`name each service: "s3:*"`))
			case strings.EqualFold(a, "kms:RetireGrant"):
				r.report(place, r.layer("cannot hold kms:RetireGrant").
					WithDetail("AWS exempts it from RCPs.").WithHint("leave it out"))
			}
		}
	}
}

func (r *parser) checkResources(i int, version string, s Statement, rule rules) {
	switch given := s.Resources != nil || s.NotResources != nil; {
	case rule.resource == required && !given:
		r.report(r.at(i, "", -1), diag.Errorf("iam-element-missing", "the statement has neither Resource nor NotResource").
			WithHint(`add "Resource": "*" or the resources meant`))
	case rule.resource == refused && given:
		name := "Resource"
		if s.Resources == nil {
			name = "NotResource"
		}
		r.report(r.at(i, name, -1), r.layer("has no "+name).
			WithDetail("The role that it belongs to is the resource.").WithHint("remove the element"))
	}
	for _, e := range []struct {
		name   string
		values []string
	}{{"Resource", s.Resources}, {"NotResource", s.NotResources}} {
		for j, v := range e.values {
			r.checkResource(r.at(i, e.name, j), e.name, version, v)
		}
	}
}

func (r *parser) checkResource(place diag.Place, element, version, v string) {
	if v == "*" {
		return
	}
	if !strings.HasPrefix(v, "arn:") {
		d := diag.Errorf("iam-resource", "%s %q is neither an ARN nor *", element, v).
			WithHint(`an ARN is arn:partition:service:region:account:resource`)
		if strings.HasPrefix(v, "*") || strings.HasPrefix(v, "${") || !layerRules[r.profile].plainSid {
			d.Severity = diag.Warning // some services take other names in their own policies
		}
		r.report(place, d)
		return
	}
	parts := SplitPattern(CompleteARN(v), true)
	if len(parts) < 6 {
		r.report(place, diag.Warningf("iam-resource", "%s %q has fewer parts than an ARN", element, v).
			WithDetail("Services differ in whether it matches anything.").WithHint("write out all six parts, * for those that vary"))
		return
	}
	if strings.ContainsAny(parts[2], "*?") {
		r.report(place, diag.Warningf("iam-resource", "the service of %s %q holds a wildcard", element, v).
			WithDetail("The documentation does not allow it.").WithHint("write one ARN for each service"))
	}
	if version == Version2012 && HasVariables(strings.Join(parts[:5], ":")) {
		r.report(place, diag.Warningf("iam-variable", "%s %q has a policy variable before its fifth colon", element, v).
			WithDetail("Variables are filled in after the fifth colon only.").WithHint("write *, and compare the account or region in Condition"))
	}
	r.checkVariables(place, version, v)
}

// checkVariables warns of what looks like a variable and is plain text.
func (r *parser) checkVariables(place diag.Place, version, v string) {
	if version != Version2012 && HasVariables(v) {
		r.report(place, diag.Warningf("iam-variable", "%q holds a policy variable, but the policy is not of Version %s", v, Version2012).
			WithDetail("Without that version it is plain text.").WithHint("set \"Version\": %q", Version2012))
	}
}

func (r *parser) checkConditions(i int, version string, s Statement) {
	for j, c := range s.Conditions {
		place := r.at(i, "Condition", -1)
		if i < len(r.places.Statements) {
			place = r.places.Statements[i].Keys[j]
		}
		if len(c.Values) == 0 {
			r.report(place, diag.Warningf("iam-empty", "%s %s lists no value", c.Operator, c.Key).
				WithDetail("A positive operator never holds then, and a negated one always does."))
		}
		if c.Operator.Set != NoSet && c.Operator.Family() == NullFamily {
			r.report(place, diag.Warningf("iam-operator", "%s: a set operator does nothing to Null", c.Operator).
				WithHint("write Null"))
		}
		for _, v := range c.Values {
			r.checkVariables(place, version, v)
			if !c.Operator.Valid(v) {
				r.report(place, diag.Warningf("iam-condition-value", "%s %s: %q is no value for this operator", c.Operator, c.Key, v).
					WithDetail("It matches nothing.").WithHint("%s", valueHints[c.Operator.Family()]))
			}
		}
	}
}

// checkClassic applies the SCP grammar from before September 2025.
func (r *parser) checkClassic(i int, s Statement) {
	const newer = "SCPs take this since 19 September 2025; use the profile scp where the partition has it"
	if s.NotResources != nil {
		r.report(r.at(i, "NotResource", -1), r.layer("has no NotResource").WithHint(newer))
	}
	if s.Effect == Allow {
		switch {
		case s.NotActions != nil:
			r.report(r.at(i, "NotAction", -1), r.layer("has no NotAction with Allow").WithHint(newer))
		case len(s.Conditions) > 0:
			r.report(r.at(i, "Condition", -1), r.layer("has no Condition with Allow").WithHint(newer))
		case s.Resources != nil && !slices.Equal(s.Resources, []string{"*"}):
			r.report(r.at(i, "Resource", -1), r.layer(`takes no Resource but "*" with Allow`).WithHint(newer))
		}
	}
	for _, e := range []struct {
		name   string
		values []string
	}{{"Action", s.Actions}, {"NotAction", s.NotActions}} {
		for j, a := range e.values {
			_, name, _ := strings.Cut(a, ":")
			if w := strings.IndexAny(name, "*?"); w >= 0 && w < len(name)-1 {
				r.report(r.at(i, e.name, j), r.layer("takes wildcards only at the end of an action").WithHint(newer))
			}
		}
	}
}
