package awsconfig

import (
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
)

// TestACL: grants to groups show in the canned ACL; a grantee or permission that
// is not known makes the ACL unknown, never private.
func TestACL(t *testing.T) {
	owner := `"owner":{"id":"o","displayName":null}`
	for grants, want := range map[string]string{
		`[]`: "private",
		`[{"grantee":{"id":"o","displayName":"me"},"permission":"FullControl"}]`: "private",
		`[{"grantee":"AllUsers","permission":"Read"}]`:                           "public-read",
		`[{"grantee":"AllUsers","permission":"Write"}]`:                          "public-read-write",
		`[{"grantee":"AuthenticatedUsers","permission":"READ"}]`:                 "authenticated-read",
		`[{"grantee":"LogDelivery","permission":"Write"}]`:                       "log-delivery-write",
		`[{"grantee":"Everybody","permission":"Read"}]`:                          "",
		`[{"grantee":"AllUsers","permission":"Look"}]`:                           "",
		`[{"grantee":{"emailAddress":"a@example.com"},"permission":"Read"}]`:     "",
		`[7]`: "",
		`7`:   "",
	} {
		for _, acl := range []string{`{"grantSet":null,"grantList":` + grants + `,` + owner + `}`, `{` + owner + `}`, `{"grantList":[]}`} {
			expect := want
			if !strings.Contains(acl, "grantSet") {
				expect = "" // no grants, or no owner
			}
			it := &item{conf: map[string]any{"name": "b"}, extra: map[string]any{"AccessControlList": acl}}
			entries, err := bucketACL().read(it)
			if expect == "" {
				if err != errUnsaid || len(entries) > 0 { //nolint:errorlint // it is not wrapped
					t.Errorf("%s: %v, %v", acl, entries, err)
				}
				continue
			}
			if err != nil || len(entries) != 1 || aws.Plain(entries[0].Values["acl"]) != expect {
				t.Errorf("%s: %v, %v, want %s", acl, entries, err, expect)
			}
		}
	}
}

// TestListener: an action whose target is not known makes the actions unknown.
func TestListener(t *testing.T) {
	for conf, want := range map[string]bool{
		`{"ListenerArn":"arn:l","DefaultActions":[{"Type":"forward","TargetGroupArn":"arn:t"}]}`:                                                    true,
		`{"ListenerArn":"arn:l","DefaultActions":[{"Type":"redirect","RedirectConfig":{"Protocol":"HTTPS","Port":"443","StatusCode":"HTTP_301"}}]}`: true,
		`{"ListenerArn":"arn:l","DefaultActions":[{"Type":"redirect","RedirectConfig":{"Port":"443","StatusCode":"HTTP_301"}}]}`:                    false,
		`{"ListenerArn":"arn:l","DefaultActions":[{"Type":"redirect"}]}`:                                                                            false,
		`{"ListenerArn":"arn:l","DefaultActions":[{}]}`:                                                                                             false,
		`{"ListenerArn":"arn:l"}`: false,
	} {
		it := &item{Config: []byte(conf)}
		if err := it.open(); err != nil {
			t.Fatal(err)
		}
		entries, err := listener().read(it)
		if err != nil || len(entries) != 1 {
			t.Fatalf("%s: %v", conf, err)
		}
		if _, has := entries[0].Values["default_action"]; has != want {
			t.Errorf("%s: default_action is known: %v", conf, has)
		}
	}
}
