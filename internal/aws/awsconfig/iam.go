package awsconfig

import (
	"errors"
	"maps"
	"slices"
	"strings"

	iamtypes "github.com/aws/aws-sdk-go-v2/service/iam/types"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
)

// IAM is recorded in one Region or in several, each time with all of it and with
// "global" as Region. Documents are URL-encoded, as IAM has them.
func iamTypes() []Type {
	user := map[string]value{
		"name":                 text("userName"),
		"path":                 text("path"),
		"permissions_boundary": boundary,
		"tags":                 tagged,
		"unique_id":            text("userId"),
	}
	group := map[string]value{"name": text("groupName"), "path": text("path"), "unique_id": text("groupId")}
	managed := map[string]value{
		"attachment_count": number("attachmentCount"),
		"description":      nonEmpty("description"),
		"name":             text("policyName"),
		"path":             text("path"),
		"policy":           defaultVersion,
		"policy_id":        text("policyId"),
		"tags":             tagged,
	}
	byAWS := func(it *item) bool { return strings.Contains(it.text("arn"), ":iam::aws:") }
	rows := []Type{
		iamRole(),
		single("aws_iam_user", "AWS::IAM::User", aws.PerAccount, "userName", user),
		single("aws_iam_group", "AWS::IAM::Group", aws.PerAccount, "groupName", group),
		single("aws_iam_policy", "AWS::IAM::Policy", aws.PerAccount, "arn", managed, byAWS),
	}
	for _, kind := range []string{"role", "user", "group"} {
		rows = append(rows, inlinePolicies(kind), attachments(kind))
	}
	return rows
}

// roleKeys says which keys the attributes of a role are made of.
var roleKeys = map[string]string{
	"assume_role_policy":   "assumeRolePolicyDocument",
	"create_date":          "createDate",
	"inline_policy":        "rolePolicyList",
	"managed_policy_arns":  "attachedManagedPolicies",
	"name":                 "roleName",
	"path":                 "path",
	"permissions_boundary": "permissionsBoundary",
	"tags":                 "tags",
	"unique_id":            "roleId",
}

func iamRole() Type {
	attributes := append(slices.Sorted(maps.Keys(roleKeys)), "arn")
	return Type{
		Type: aws.Type{Name: "aws_iam_role", Reach: aws.PerAccount, Filled: attributes}, Config: "AWS::IAM::Role",
		read: func(it *item) ([]entry, error) {
			copied := *it
			copied.conf, _ = documents(it.conf).(map[string]any)
			role, known := decode[iamtypes.RoleDetail](&copied, keysOf(roleKeys))
			if role.RoleName == nil {
				return nil, errors.New("it has no roleName")
			}
			role.Arn = &it.ARN
			e := pick(collect.IAMRoleItem(role), roleKeys, known, attributes)
			e.tags(it)
			return []entry{e}, nil
		},
	}
}

// documents makes texts of the policy documents in a value, which some items hold
// decoded.
func documents(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for k, e := range v {
			out[k] = documents(e)
			if strings.HasSuffix(strings.ToLower(k), "document") && e != nil {
				if s, ok := document(e); ok {
					out[k] = s
				}
			}
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = documents(e)
		}
		return out
	}
	return v
}

// boundary is the permissions boundary. Items of 2018 and before do not have it.
func boundary(it *item) (any, []string) {
	v, ok := it.get("permissionsBoundary")
	if !ok {
		return nil, nil
	}
	if v == nil {
		return nil, whole
	}
	return nonEmpty("permissionsBoundary.permissionsBoundaryArn")(it)
}

// defaultVersion is the document of a policy that is in force.
func defaultVersion(it *item) (any, []string) {
	v, _ := it.get("policyVersionList")
	versions, _ := list(v)
	for _, e := range versions {
		m, _ := object(e)
		version := &item{conf: m}
		if d, _ := version.get("isDefaultVersion"); d == true {
			return policy("document")(version)
		}
	}
	return nil, nil
}

// inlinePolicies are the policies that are written into a role, user or group.
func inlinePolicies(kind string) Type {
	owner := strings.ToUpper(kind[:1]) + kind[1:]
	return part("aws_iam_"+kind+"_policy", "AWS::IAM::"+owner, "aws_iam_"+kind, aws.PerAccount,
		[]string{kind, "name", "policy"}, func(it *item) ([]aws.Item, error) {
			return eachOf(it, kind+"PolicyList", func(e *item) (aws.Item, bool) {
				name := e.text("policyName")
				doc, known := policy("policyDocument")(e)
				to := it.text(kind + "Name")
				return aws.Item{ID: to + ":" + name, Values: map[string]any{kind: to, "name": name, "policy": doc}},
					to != "" && name != "" && doc != nil && known != nil
			})
		})
}

// attachments are the managed policies that a role, user or group has.
func attachments(kind string) Type {
	owner := strings.ToUpper(kind[:1]) + kind[1:]
	return part("aws_iam_"+kind+"_policy_attachment", "AWS::IAM::"+owner, "aws_iam_"+kind, aws.PerAccount,
		[]string{kind, "policy_arn"}, func(it *item) ([]aws.Item, error) {
			return eachOf(it, "attachedManagedPolicies", func(e *item) (aws.Item, bool) {
				arn, to := e.text("policyArn"), it.text(kind+"Name")
				return aws.Item{ID: to + "/" + arn, Values: map[string]any{kind: to, "policy_arn": arn}}, to != "" && arn != ""
			})
		})
}

// eachOf makes a resource of every element of a list. One that is not understood
// makes the whole list unknown.
func eachOf(it *item, path string, of func(e *item) (aws.Item, bool)) ([]aws.Item, error) {
	v, _ := it.get(path)
	elements, ok := list(v)
	if !ok {
		return nil, errUnsaid
	}
	var items []aws.Item
	for _, e := range elements {
		m, ok := object(e)
		made, understood := of(&item{conf: m})
		if !ok || !understood {
			return nil, errUnsaid
		}
		items = append(items, made)
	}
	return items, nil
}
