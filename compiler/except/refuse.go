package except

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/exception"
)

// The forms that records must have. The emitted module checks the same forms
// (compiler/emit/static/documents/refusals.tf).
var (
	idForm        = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]*$`)
	policyForm    = regexp.MustCompile(`^[A-Za-z0-9._*/-]+$`)
	principalForm = regexp.MustCompile(`^arn:[a-z*-]+:(iam::[0-9*?]+:(role|user)/[\w+=,.@/*?-]+|sts::[0-9*?]+:federated-user/[\w+=,.@*?-]+)$`)
	principalAny  = regexp.MustCompile(`^(\*|arn:[^:]*:[^:]*:[^:]*:[^:]*:(\*|(role|user|federated-user)/(aws-reserved/)?(sso\.amazonaws\.com/)?[*?/]*(AWSReservedSSO_)?[*?_]*))$`)
	setForm       = regexp.MustCompile(`^[\w+=,.@-]{1,32}$`)
	accountForm   = regexp.MustCompile(`^[0-9]{12}$`)
	orgPathForm   = regexp.MustCompile(`^o-[a-z0-9]+/r-[a-z0-9]+/((ou-[a-z0-9]+-[a-z0-9]+/)+\*?)?$`)
	tagForm       = regexp.MustCompile(`^[\w .:/=+@-]{1,128}$`)
	resourceForm  = regexp.MustCompile(`^arn:[a-z*-]+:[a-z0-9-]+:[a-z0-9*?-]*:[0-9*?]*:[^\s$]+$`)
	resourceAny   = regexp.MustCompile(`^arn:[^:]*:[^:]*:[^:]*:[*?]*:[*?/]*$`)
)

// refuse returns why a record cannot be worked in.
func refuse(r exception.Record, resources []string, o Options) diag.Diagnostics {
	var ds diag.Diagnostics
	add := func(code, hint, format string, args ...any) {
		d := diag.Errorf(code, "exception %s: "+format, append([]any{r.ID}, args...)...)
		if hint != "" {
			d = d.WithHint("%s", hint)
		}
		ds = append(ds, d)
	}
	if !idForm.MatchString(r.ID) {
		add("exception-malformed", "", "the id has other characters than letters, digits, dot, dash and underscore")
	}
	if len(r.Policies) == 0 {
		add("exception-malformed", `name the guardrails, or "*"`, "policies is empty")
	}
	for _, p := range r.Policies {
		if !policyForm.MatchString(p) {
			add("exception-malformed", "lower-case letters, digits, dots, dashes, and * for anything", "policy %q is not an id or a pattern of ids", p)
		}
	}
	if strings.TrimSpace(r.Reason) == "" {
		add("exception-unexplained", "say why", "reason is missing")
	}
	if strings.TrimSpace(r.Owner) == "" {
		add("exception-unexplained", "say who vouches for it", "owner is missing")
	}
	if !hasIdentity(r) {
		add("exception-nobody", "add principals, permission_sets, principal_tags, accounts or org_paths",
			"it names no identity, so it would exempt nobody")
	}
	for _, p := range r.Principals {
		refusePrincipal(p, add)
	}
	each := func(list []string, form *regexp.Regexp, what, hint string) {
		for _, v := range list {
			if !form.MatchString(v) {
				add("exception-malformed", hint, what, v)
			}
		}
	}
	each(r.PermissionSets, setForm, "permission set %q is not a name of 1 to 32 letters, digits and +=,.@_-", "")
	each(r.Accounts, accountForm, "account %q is not 12 digits", "")
	each(r.OrgPaths, orgPathForm, "organization path %q is not one of an OU", "o-…/r-…/ou-…/ for the OU itself, o-…/r-…/ou-…/* for all below it too")
	each(resources, resourceForm, "resource %q is not an ARN pattern with its service named", "leave resources out for all resources")
	for _, v := range resources {
		if resourceAny.MatchString(v) {
			add("exception-too-broad", "name resources, or leave resources out", "resource %q is every resource of a service", v)
		}
	}
	refuseTags(r, o, add)
	return ds
}

func refusePrincipal(p string, add func(code, hint, format string, args ...any)) {
	switch {
	case strings.Contains(p, ":assumed-role/"):
		// aws:PrincipalArn never holds the session's ARN.
		add("exception-session", "name the role itself: arn:aws:iam::ACCOUNT:role/NAME", "principal %q is a session", p)
	case principalAny.MatchString(p):
		add("exception-too-broad", "name a role or a path of roles", "principal %q would exempt everyone", p)
	case !principalForm.MatchString(p):
		add("exception-malformed", "for example arn:aws:iam::*:role/break-glass", "principal %q is not the ARN of a role, a user or a federated user", p)
	}
}

func refuseTags(r exception.Record, o Options, add func(code, hint, format string, args ...any)) {
	for _, k := range slices.Sorted(maps.Keys(r.PrincipalTags)) {
		values := r.PrincipalTags[k]
		bad := slices.ContainsFunc(values, func(v string) bool {
			// Terraform keeps text in the composed form; another form would not
			// come out as it went in.
			return v == "" || strings.Contains(v, "$") || !norm.NFC.IsNormalString(v)
		})
		if !tagForm.MatchString(k) || len(values) == 0 || bad {
			add("exception-malformed", "", "principal tag %q is not a tag key without wildcards, or has no values, or one with a variable", k)
		}
		if !slices.Contains(o.ProtectedTags, k) {
			add("exception-unprotected-tag", "compile a guardrail that protects the tag as well, or name principals",
				"principal tag %q can be set by whoever may tag a role, because no guardrail protects it", k)
		}
	}
}
