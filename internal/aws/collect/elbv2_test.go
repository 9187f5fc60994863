package collect

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

const elbARN = "arn:aws:elasticloadbalancing:us-east-1:111111111111:loadbalancer/app/"

// elbAnswer is an answer of Elastic Load Balancing.
func elbAnswer(operation, format string, args ...any) tftest.Answer {
	return tftest.Answer{Body: fmt.Sprintf("<%[1]sResponse><%[1]sResult>%[2]s</%[1]sResult></%[1]sResponse>", operation, fmt.Sprintf(format, args...))}
}

// TestLoadBalancers: one that was deleted meanwhile is not there, one that is
// denied is there without what was denied, and twenty are asked for their tags
// in one call.
func TestLoadBalancers(t *testing.T) {
	var members, tags strings.Builder
	for i := range 21 {
		arn := fmt.Sprintf("%slb%02d/%d", elbARN, i, i)
		fmt.Fprintf(&members, `<member><LoadBalancerArn>%s</LoadBalancerArn><LoadBalancerName>lb%02d</LoadBalancerName><Type>application</Type><Scheme>internal</Scheme></member>`, arn, i)
		fmt.Fprintf(&tags, `<member><ResourceArn>%s</ResourceArn><Tags><member><Key>N</Key><Value>%d</Value></member></Tags></member>`, arn, i)
	}
	fake := tftest.FakeAWS(t)
	fake.Always("elasticloadbalancing:DescribeLoadBalancers", elbAnswer("DescribeLoadBalancers", `<LoadBalancers>%s</LoadBalancers>`, &members))
	fake.Always("elasticloadbalancing:DescribeTags", elbAnswer("DescribeTags", `<TagDescriptions>%s</TagDescriptions>`, &tags))
	denied := tftest.QueryError(403, "AccessDenied", "not authorized to perform this action")
	fake.On("elasticloadbalancing:DescribeLoadBalancerAttributes", func(c tftest.Call) tftest.Answer {
		switch arn := c.Form.Get("LoadBalancerArn"); {
		case strings.Contains(arn, "/lb00/"):
			return tftest.QueryError(400, "LoadBalancerNotFound", "gone")
		case strings.Contains(arn, "/lb01/"):
			return denied
		}
		return elbAnswer("DescribeLoadBalancerAttributes", `<Attributes>
			<member><Key>deletion_protection.enabled</Key><Value>true</Value></member>
			<member><Key>routing.http.drop_invalid_header_fields.enabled</Key><Value>false</Value></member>
			<member><Key>access_logs.s3.enabled</Key><Value>true</Value></member>
			<member><Key>access_logs.s3.bucket</Key><Value>logs</Value></member>
		</Attributes>`)
	})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_lb")["aws_lb"]
	if got.Status != aws.Complete || len(got.Resources) != 20 || len(got.Gaps) != 1 {
		t.Fatalf("%s, %d resources, gaps %v", got.Status, len(got.Resources), got.Gaps)
	}
	if n := len(fake.Calls("elasticloadbalancing:DescribeTags")); n != 1 {
		t.Errorf("%d calls for the tags", n)
	}
	for i, r := range got.Resources {
		if tags, ok := r.Values["tags"].(map[string]any); !ok || tags["N"] != fmt.Sprint(i+1) {
			t.Errorf("%s: tags %v", r.ID, r.Values["tags"])
		}
	}
	first, second := got.Resources[0], got.Resources[1]
	if p := (resource.Path{"enable_deletion_protection"}); !resource.Marked(first.Unknown, p) || resource.Marked(second.Unknown, p) {
		t.Errorf("unknown are %v and %v", first.Unknown, second.Unknown)
	}
	logs := []any{map[string]any{"bucket": "logs", "enabled": true}}
	if v := second.Values; v["enable_deletion_protection"] != true || v["drop_invalid_header_fields"] != false || !reflect.DeepEqual(v["access_logs"], logs) {
		t.Errorf("%s: %v", second.ID, v)
	}

	fake.Always("elasticloadbalancing:DescribeTags", denied)
	got = collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_lb")["aws_lb"]
	if got.Status != aws.Complete || len(got.Resources) != 20 || len(got.Gaps) != 21 || !resource.Marked(got.Resources[5].Unknown, resource.Path{"tags"}) {
		t.Errorf("denied tags: %s, %d resources, %d gaps", got.Status, len(got.Resources), len(got.Gaps))
	}
}

// TestListeners: what the mock does not hold of a listener, and load balancers
// that do not tell theirs.
func TestListeners(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("elasticloadbalancing:DescribeLoadBalancers", elbAnswer("DescribeLoadBalancers", `<LoadBalancers>
		<member><LoadBalancerArn>%[1]sopen/1</LoadBalancerArn></member>
		<member><LoadBalancerArn>%[1]sclosed/2</LoadBalancerArn></member>
		<member><LoadBalancerArn>%[1]sgone/3</LoadBalancerArn></member>
	</LoadBalancers>`, elbARN))
	fake.On("elasticloadbalancing:DescribeListeners", func(c tftest.Call) tftest.Answer {
		switch arn := c.Form.Get("LoadBalancerArn"); {
		case strings.HasSuffix(arn, "gone/3"):
			return tftest.QueryError(400, "LoadBalancerNotFound", "gone")
		case strings.HasSuffix(arn, "closed/2"):
			return tftest.QueryError(403, "AccessDenied", "not authorized to perform this action")
		}
		return elbAnswer("DescribeListeners", `<Listeners><member>
			<ListenerArn>%slistener</ListenerArn><LoadBalancerArn>%[1]sopen/1</LoadBalancerArn><Protocol>HTTPS</Protocol><Port>443</Port>
			<SslPolicy>ELBSecurityPolicy-TLS13-1-2-2021-06</SslPolicy>
			<MutualAuthentication><Mode>verify</Mode><TrustStoreArn>store</TrustStoreArn></MutualAuthentication>
			<DefaultActions>
				<member><Type>forward</Type><Order>2</Order><ForwardConfig><TargetGroups>
					<member><TargetGroupArn>b</TargetGroupArn><Weight>1</Weight></member><member><TargetGroupArn>a</TargetGroupArn><Weight>3</Weight></member>
				</TargetGroups></ForwardConfig></member>
				<member><Type>authenticate-cognito</Type><Order>1</Order><AuthenticateCognitoConfig><UserPoolDomain>example</UserPoolDomain></AuthenticateCognitoConfig></member>
			</DefaultActions>
		</member></Listeners>`, elbARN)
	})
	fake.Always("elasticloadbalancing:DescribeTags", elbAnswer("DescribeTags", `<TagDescriptions/>`))
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_lb_listener")["aws_lb_listener"]
	if got.Status != aws.Complete || len(got.Resources) != 1 || len(got.Gaps) != 1 {
		t.Fatalf("%+v", got)
	}
	if g := got.Gaps[0]; g.Type != "aws_lb" || g.Related != "aws_lb_listener" || g.ID != elbARN+"closed/2" || g.Status != aws.DeniedByIAM {
		t.Errorf("the gap is %+v", g)
	}
	v := got.Resources[0].Values
	first, second := element(t, v["default_action"], 0), element(t, v["default_action"], 1)
	if first["type"] != "authenticate-cognito" || element(t, first["authenticate_cognito"], 0)["user_pool_domain"] != "example" {
		t.Errorf("the first action is %v", first)
	}
	groups := element(t, second["forward"], 0)["target_group"]
	if element(t, groups, 0)["arn"] != "a" || element(t, groups, 1)["arn"] != "b" {
		t.Errorf("the second action is %v", second)
	}
	if m := element(t, v["mutual_authentication"], 0); m["mode"] != "verify" || m["trust_store_arn"] != "store" {
		t.Errorf("mutual authentication is %v", m)
	}
}

// element is an element of a list of blocks.
func element(t *testing.T, list any, i int) map[string]any {
	t.Helper()
	l, _ := list.([]any)
	if i >= len(l) {
		t.Fatalf("%v has no element %d", list, i)
	}
	m, ok := l[i].(map[string]any)
	if !ok {
		t.Fatalf("%v is no block", l[i])
	}
	return m
}

// TestTagsOfGone: AWS refuses the tags of twenty for one that was deleted
// meanwhile. The others keep theirs.
func TestTagsOfGone(t *testing.T) {
	fake := tftest.FakeAWS(t)
	const arn = "arn:aws:elasticloadbalancing:us-east-1:111111111111:targetgroup/"
	fake.Always("elasticloadbalancing:DescribeTargetGroups", elbAnswer("DescribeTargetGroups", `<TargetGroups>
		<member><TargetGroupArn>%[1]sa/1</TargetGroupArn></member><member><TargetGroupArn>%[1]sgone/2</TargetGroupArn></member>
		<member><TargetGroupArn>%[1]sz/3</TargetGroupArn></member>
	</TargetGroups>`, arn))
	fake.Always("elasticloadbalancing:DescribeTargetGroupAttributes", elbAnswer("DescribeTargetGroupAttributes", `<Attributes>
		<member><Key>slow_start.duration_seconds</Key><Value/></member></Attributes>`))
	fake.On("elasticloadbalancing:DescribeTags", func(c tftest.Call) tftest.Answer {
		var tags strings.Builder
		for i := 1; c.Form.Get(fmt.Sprintf("ResourceArns.member.%d", i)) != ""; i++ {
			of := c.Form.Get(fmt.Sprintf("ResourceArns.member.%d", i))
			if strings.Contains(of, "gone") {
				return tftest.QueryError(400, "TargetGroupNotFound", "One or more target groups not found")
			}
			fmt.Fprintf(&tags, `<member><ResourceArn>%s</ResourceArn><Tags><member><Key>Owner</Key><Value>me</Value></member></Tags></member>`, of)
		}
		return elbAnswer("DescribeTags", `<TagDescriptions>%s</TagDescriptions>`, &tags)
	})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_lb_target_group")["aws_lb_target_group"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 0 {
		t.Fatalf("%+v", got)
	}
	for _, r := range got.Resources {
		if tags, ok := r.Values["tags"].(map[string]any); !ok || tags["Owner"] != "me" {
			t.Errorf("%s: tags %v", r.ID, r.Values["tags"])
		}
	}
	if n := len(fake.Calls("elasticloadbalancing:DescribeTags")); n != 4 {
		t.Errorf("%d calls for the tags", n)
	}
}

// TestListenerSecret: the secret of a client of OpenID Connect is never told, so
// that nobody can say that there is none.
func TestListenerSecret(t *testing.T) {
	filled := lbListener().Filled
	for path, want := range map[string]bool{
		"default_action[].authenticate_oidc[].client_secret": false,
		"default_action[].authenticate_oidc[].issuer":        true,
		"default_action[].redirect":                          true,
	} {
		if got := slices.ContainsFunc(filled, func(f string) bool {
			return path == f || strings.HasPrefix(path, f+"[]") || strings.HasPrefix(path, f+".")
		}); got != want {
			t.Errorf("%s is filled: %v", path, got)
		}
	}
}
