package resource

import "strings"

// IsAccount reports whether a text is the id of an AWS account: 12 digits.
// https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
func IsAccount(s string) bool {
	return len(s) == 12 && strings.Trim(s, "0123456789") == ""
}

// IsRegion reports whether a text has the form of a Region's name: eu-west-1,
// us-gov-east-1, eusc-de-east-1. Whether there is such a Region is not asked,
// since new ones come.
func IsRegion(s string) bool {
	parts := strings.Split(s, "-")
	if len(parts) < 3 || len(parts) > 4 {
		return false
	}
	for i, p := range parts {
		digits := strings.Trim(p, "0123456789") == ""
		letters := strings.Trim(p, "abcdefghijklmnopqrstuvwxyz") == ""
		if p == "" || i == len(parts)-1 && !digits || i < len(parts)-1 && !letters {
			return false
		}
	}
	return true
}
