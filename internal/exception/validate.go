package exception

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// The shapes of AWS identifiers, from the API references: account ids
// (Organizations, AccountId), permission set names (IAM Identity Center,
// CreatePermissionSet), organization, root and unit ids (Organizations,
// OrganizationId, RootId, OrganizationalUnitId; the length of an organization
// id is not held against anyone).
var (
	idPattern            = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$`)
	policyPattern        = regexp.MustCompile(`^[a-z0-9*-]+$`)
	accountPattern       = regexp.MustCompile(`^[0-9]{12}$`)
	accountGlob          = regexp.MustCompile(`^[0-9*?]{1,12}$`)
	partitionPattern     = regexp.MustCompile(`^(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-iso-e|aws-iso-f|aws-eusc|\*)$`)
	permissionSetPattern = regexp.MustCompile(`^[A-Za-z0-9_+=,.@-]{1,32}$`)
	orgPathPattern       = regexp.MustCompile(`^o-[a-z0-9]{1,32}/r-[0-9a-z]{4,32}/((ou-[0-9a-z]{4,32}-[0-9a-z]{8,32}/)+\*?)?$`)
)

func checkPolicy(s string) error {
	if !policyPattern.MatchString(s) {
		return fmt.Errorf("policy %q is no policy id and no pattern of one", s)
	}
	return nil
}

func checkAccount(s string) error {
	if !accountPattern.MatchString(s) {
		return fmt.Errorf("account %q is not 12 digits", s)
	}
	return nil
}

func checkPermissionSet(s string) error {
	if !permissionSetPattern.MatchString(s) {
		return fmt.Errorf("permission set %q is no name of one (1 to 32 of A-Z a-z 0-9 _+=,.@-, no wildcards)", s)
	}
	return nil
}

func checkOrgPath(s string) error {
	if !orgPathPattern.MatchString(s) {
		return fmt.Errorf("organization path %q is not like o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/* and no less than one unit wide", s)
	}
	return nil
}

// checkPrincipal accepts the ARN forms that aws:PrincipalArn takes for roles,
// users and federated users, with wildcards, but nothing that names everybody.
func checkPrincipal(s string) error {
	if strings.Trim(s, "*?") == "" {
		return errors.New("principal \"*\" exempts everybody")
	}
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[3] != "" {
		return fmt.Errorf("principal %q is no ARN of a role, user or federated user", s)
	}
	partition, service, account, name := parts[1], parts[2], parts[4], parts[5]
	kind, rest, _ := strings.Cut(name, "/")
	switch {
	case !partitionPattern.MatchString(partition):
		return fmt.Errorf("principal %q: %q is no partition", s, partition)
	case !accountGlob.MatchString(account) || !strings.ContainsAny(account, "*?") && len(account) != 12:
		return fmt.Errorf("principal %q: the account must be 12 digits or a wildcard", s)
	case service == "sts" && kind == "assumed-role":
		return fmt.Errorf("principal %q is a session; name the role: aws:PrincipalArn holds arn:%s:iam::%s:role/%s", s, partition, account, roleOf(rest))
	case name == "root":
		return fmt.Errorf("principal %q is the root user alone; for everybody in the account use accounts", s)
	case service == "iam" && (kind == "role" || kind == "user"), service == "sts" && kind == "federated-user":
	default:
		return fmt.Errorf("principal %q is no ARN of a role, user or federated user", s)
	}
	if strings.Trim(rest, "*?/") == "" {
		return fmt.Errorf("principal %q exempts every %s", s, kind)
	}
	if strings.ContainsAny(s, " \t\r\n\"$") {
		return fmt.Errorf("principal %q has characters that no ARN has", s)
	}
	return nil
}

func roleOf(session string) string {
	role, _, _ := strings.Cut(session, "/")
	return role
}

// checkResource accepts ARN patterns and patterns of Terraform addresses.
func checkResource(s string) error {
	if strings.Trim(s, "*?.:/[]\"") == "" {
		return fmt.Errorf("resource %q exempts every resource", s)
	}
	if strings.TrimSpace(s) != s || strings.ContainsAny(s, "\t\r\n$") {
		return fmt.Errorf("resource %q has characters that no ARN and no address has", s)
	}
	if !strings.HasPrefix(s, "arn:") {
		return nil
	}
	parts := strings.SplitN(s, ":", 6)
	if len(parts) != 6 || !partitionPattern.MatchString(parts[1]) || parts[2] == "" || strings.ContainsAny(parts[2], "*?") {
		return fmt.Errorf("resource %q is no ARN: arn:partition:service:region:account:resource, and the service without wildcards", s)
	}
	if parts[4] != "" && !accountGlob.MatchString(parts[4]) {
		return fmt.Errorf("resource %q: the account must be 12 digits, a wildcard or empty", s)
	}
	if strings.Trim(parts[5], "*?/") == "" && strings.Trim(parts[4], "*?") == "" {
		return fmt.Errorf("resource %q exempts every resource of the service", s)
	}
	return nil
}
