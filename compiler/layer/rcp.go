package layer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
)

// rcp is the resource control policy of AWS Organizations: denies that protect
// the resources of the accounts below a target from everyone. Its statements
// name "*" as their principal; NotAction, NotPrincipal and the bare action "*"
// are not for it ("RCP syntax" in the Organizations User Guide). RCPFullAWSAccess
// takes one place on every target and cannot be detached.
//
// Outsiders and anonymous callers carry no aws:PrincipalArn. Every exception is
// a negated condition, which holds where its key is missing: they are denied.
var rcp = Layer{
	ID:          ir.RCP,
	Title:       "resource control policy",
	PolicyType:  "RESOURCE_CONTROL_POLICY",
	Document:    "rcp-document",
	Attachments: "rcp-attachments",
	Attached:    1,
	Provider:    "5.100",
	Binds: []string{
		"everyone who uses a resource of the accounts below a target: principals of the organization, of other organizations, anonymous callers",
		"AWS services that call with their own principal",
	},
	Misses: []string{
		"resources of the management account",
		"service-linked roles",
		"AWS managed KMS keys, and kms:RetireGrant",
		"services without support for RCPs, and the creation of resources",
	},
	Exceptions: "by identity, time and resource; nobody without an ARN is ever exempt by identity",
	principal:  true,
	check: func(g ir.Guardrail) diag.Diagnostics {
		ds := checkDenies(g, "a resource control policy")
		for _, s := range g.Statements {
			for _, a := range s.Actions {
				if why := rcpRefuses(a); why != "" {
					ds = append(ds, unfit(g, s.Line, "statement %s: %s", s.Sid, why))
				}
			}
		}
		return ds
	},
}

// Service is an AWS service whose resources RCPs protect.
type Service struct {
	Prefix string // of its actions
	Since  string // the month of the announcement, or of the source; YYYY-MM
	Source string
}

const (
	rcpGuide = "https://docs.aws.amazon.com/organizations/latest/userguide/orgs_manage_policies_rcps.html"
	// The service lists of AWS's own example RCPs are newer than the stored
	// copies of the guide.
	rcpExamples = "https://github.com/aws-samples/data-perimeter-policy-examples"
)

// RCPServices lists the services that support RCPs as AWS's own texts say. AWS
// adds some every few months, and the service reference (internal/iamdata) names
// many more without a source: what is missing here is refused, never emitted
// unchecked.
var RCPServices = []Service{
	{"aoss", "2025-06", rcpGuide},
	{"cognito-identity", "2026-01", rcpExamples},
	{"cognito-idp", "2026-01", rcpExamples},
	{"dynamodb", "2026-03", rcpExamples},
	{"ecr", "2025-06", rcpGuide},
	{"kms", "2024-11", rcpGuide},
	{"logs", "2026-01", rcpExamples},
	{"s3", "2024-11", rcpGuide},
	{"secretsmanager", "2024-11", rcpGuide},
	{"sqs", "2024-11", rcpGuide},
	{"sts", "2024-11", rcpGuide},
}

// rcpRefuses says why no RCP may name the action; empty when it may.
func rcpRefuses(action string) string {
	prefix, name, _ := strings.Cut(action, ":")
	if !slices.ContainsFunc(RCPServices, func(s Service) bool { return s.Prefix == prefix }) {
		var names []string
		for _, s := range RCPServices {
			names = append(names, s.Prefix)
		}
		return fmt.Sprintf("RCPs do not protect resources of the service %s, as far as is known (%s)", prefix, strings.Join(names, ", "))
	}
	if prefix == "kms" && strings.EqualFold(name, "RetireGrant") {
		return "RCPs have no say in kms:RetireGrant"
	}
	return ""
}

// rcpOperations lists the operations that are judged on a resource that exists
// when they are called. An RCP is that of the account which owns the resource
// ("RCP effects on permissions" in the guide), so an operation that creates the
// resource has no owner to ask: AWS does not say what an RCP does then, and such
// operations are not here. PutObject is, since the bucket exists: AWS's own
// example RCPs deny it.
var rcpOperations = map[string][]string{
	"cognito-identity": {"DeleteIdentityPool", "UpdateIdentityPool"},
	"cognito-idp":      {"DeleteUserPool", "SetUserPoolMfaConfig", "UpdateUserPool", "UpdateUserPoolClient"},
	"dynamodb":         {"DeleteResourcePolicy", "DeleteTable", "PutResourcePolicy", "UpdateContinuousBackups", "UpdateTable", "UpdateTimeToLive"},
	"ecr": {
		"BatchDeleteImage", "DeleteLifecyclePolicy", "DeleteRepository", "DeleteRepositoryPolicy", "PutImage",
		"PutImageScanningConfiguration", "PutImageTagMutability", "PutLifecyclePolicy", "SetRepositoryPolicy",
	},
	"kms": {
		"CreateGrant", "Decrypt", "DisableKey", "DisableKeyRotation", "EnableKeyRotation", "Encrypt", "GenerateDataKey",
		"ImportKeyMaterial", "PutKeyPolicy", "ReplicateKey", "RevokeGrant", "ScheduleKeyDeletion", "UpdateKeyDescription",
	},
	"logs": {
		"DeleteLogGroup", "DeleteMetricFilter", "DeleteRetentionPolicy", "DeleteSubscriptionFilter", "PutMetricFilter",
		"PutRetentionPolicy", "PutSubscriptionFilter",
	},
	"s3": {
		"DeleteBucket", "DeleteBucketPolicy", "DeleteBucketWebsite", "DeleteObject", "DeleteObjectVersion", "GetObject",
		"PutBucketAcl", "PutBucketCORS", "PutBucketLogging", "PutBucketNotification", "PutBucketObjectLockConfiguration",
		"PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock", "PutBucketTagging", "PutBucketVersioning",
		"PutBucketWebsite", "PutEncryptionConfiguration", "PutInventoryConfiguration", "PutLifecycleConfiguration", "PutObject",
		"PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "PutReplicationConfiguration",
	},
	"secretsmanager": {
		"CancelRotateSecret", "DeleteResourcePolicy", "DeleteSecret", "GetSecretValue", "PutResourcePolicy", "PutSecretValue",
		"ReplicateSecretToRegions", "RotateSecret", "UpdateSecret", "UpdateSecretVersionStage",
	},
	"sqs": {"AddPermission", "DeleteQueue", "ReceiveMessage", "SendMessage", "SetQueueAttributes"},
	"sts": {"AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "TagSession"},
}

// RCPOperations returns the operations that are fit to be moved onto an RCP,
// sorted.
func RCPOperations() []string {
	var out []string
	for prefix, names := range rcpOperations {
		for _, n := range names {
			out = append(out, prefix+":"+n)
		}
	}
	slices.Sort(out)
	return out
}

// rcpUnfit says why the statement that an SCP would hold is not moved onto an
// RCP; empty when it may be.
func rcpUnfit(action string) string {
	if why := rcpRefuses(action); why != "" {
		return why
	}
	prefix, name, _ := strings.Cut(action, ":")
	if slices.Contains(rcpOperations[prefix], name) {
		return ""
	}
	if strings.HasPrefix(name, "Create") {
		return action + " creates its resource: no account owns it yet whose RCP could be asked"
	}
	return action + " is not known to be judged on a resource that exists, which is what RCPs protect"
}
