package collect

import (
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// lost checks that one resource was collected, that these attributes of it are
// unknown, that the others that are named are not, and that one gap says so.
func lost(t *testing.T, o aws.Outcome, id string, unknown []string, known ...string) {
	t.Helper()
	if o.Status != aws.Complete || len(o.Resources) != 1 || len(o.Gaps) != 1 {
		t.Fatalf("%+v", o)
	}
	r, g := o.Resources[0], o.Gaps[0]
	if r.ID != id || g.ID != id || g.Status != aws.DeniedByIAM {
		t.Errorf("%s, the gap is %+v", r.ID, g)
	}
	for _, name := range unknown {
		if !resource.Marked(r.Unknown, resource.Path{name}) || !slices.Contains(g.Attributes, name) {
			t.Errorf("%s: %s is not unknown", r.Address, name)
		}
	}
	for _, name := range known {
		if resource.Marked(r.Unknown, resource.Path{name}) || r.Values[name] == nil {
			t.Errorf("%s: %s is unknown", r.Address, name)
		}
	}
}

// TestEdgeDenied: what the global services with answers in XML list is there,
// and a refusal costs what was refused.
func TestEdgeDenied(t *testing.T) {
	fake := tftest.FakeAWS(t)
	no := tftest.QueryError(403, "AccessDenied", "not authorized")
	fake.Always("cloudfront:GET /2020-05-31/distribution", tftest.Answer{Body: `<DistributionList><IsTruncated>false</IsTruncated><Items><DistributionSummary>
		<Id>E1</Id><ARN>arn:aws:cloudfront::111111111111:distribution/E1</ARN><DomainName>d.example</DomainName><Status>Deployed</Status>
		</DistributionSummary></Items></DistributionList>`})
	fake.Always("cloudfront:GET /2020-05-31/distribution/E1", no)
	fake.Always("route53:GET /2013-04-01/hostedzone", tftest.Answer{Body: `<ListHostedZonesResponse><HostedZones><HostedZone>
		<Id>/hostedzone/Z1</Id><Name>example.com.</Name><Config><Comment>c</Comment></Config></HostedZone></HostedZones><IsTruncated>false</IsTruncated></ListHostedZonesResponse>`})
	fake.Always("route53:GET /2013-04-01/hostedzone/Z1", no)
	fake.Always("route53:GET /2013-04-01/tags/hostedzone/Z1", tftest.Answer{Body: `<ListTagsForResourceResponse><ResourceTagSet><Tags><Tag><Key>Owner</Key><Value>me</Value></Tag></Tags></ResourceTagSet></ListTagsForResourceResponse>`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_cloudfront_distribution", "aws_route53_zone")
	lost(t, got["aws_cloudfront_distribution"], "E1", []string{"logging_config", "tags", "viewer_certificate", "web_acl_id"}, "arn", "domain_name", "status")
	lost(t, got["aws_route53_zone"], "Z1", []string{"name_servers", "vpc"}, "arn", "comment", "name", "tags")
}

// TestSnapshotsDenied: with whom a snapshot is shared is not known to be nobody
// when it may not be read.
func TestSnapshotsDenied(t *testing.T) {
	fake := tftest.FakeAWS(t)
	no := tftest.QueryError(403, "AccessDenied", "not authorized")
	fake.Always("rds:DescribeDBSnapshots", tftest.Answer{Body: `<DescribeDBSnapshotsResponse><DescribeDBSnapshotsResult><DBSnapshots><DBSnapshot>
		<DBSnapshotIdentifier>s</DBSnapshotIdentifier><DBSnapshotArn>arn:aws:rds:us-east-1:111111111111:snapshot:s</DBSnapshotArn><Encrypted>true</Encrypted>
		</DBSnapshot></DBSnapshots></DescribeDBSnapshotsResult></DescribeDBSnapshotsResponse>`})
	fake.Always("rds:DescribeDBSnapshotAttributes", no)
	fake.Always("rds:DescribeDBClusterSnapshots", tftest.Answer{Body: `<DescribeDBClusterSnapshotsResponse><DescribeDBClusterSnapshotsResult><DBClusterSnapshots><DBClusterSnapshot>
		<DBClusterSnapshotIdentifier>c</DBClusterSnapshotIdentifier><DBClusterSnapshotArn>arn:aws:rds:us-east-1:111111111111:cluster-snapshot:c</DBClusterSnapshotArn><StorageEncrypted>true</StorageEncrypted>
		</DBClusterSnapshot></DBClusterSnapshots></DescribeDBClusterSnapshotsResult></DescribeDBClusterSnapshotsResponse>`})
	fake.Always("rds:DescribeDBClusterSnapshotAttributes", no)
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_db_snapshot", "aws_db_cluster_snapshot")
	lost(t, got["aws_db_snapshot"], "s", []string{"shared_accounts"}, "db_snapshot_arn", "encrypted")
	lost(t, got["aws_db_cluster_snapshot"], "c", []string{"shared_accounts"}, "db_cluster_snapshot_arn", "storage_encrypted")
}

// TestServicesDenied: a cluster of which services were not described may have
// more of them, save those that were deleted meanwhile.
func TestServicesDenied(t *testing.T) {
	fake := tftest.FakeAWS(t)
	const cluster = "arn:aws:ecs:us-east-1:111111111111:cluster/c"
	const service = "arn:aws:ecs:us-east-1:111111111111:service/c/"
	fake.Always("ecs:ListClusters", tftest.Answer{Body: `{"clusterArns": ["` + cluster + `", "` + cluster + `-empty"]}`})
	fake.On("ecs:ListServices", func(c tftest.Call) tftest.Answer {
		if strings.Contains(c.Body, cluster+"-empty") {
			return tftest.Answer{Body: `{"serviceArns": []}`}
		}
		return tftest.Answer{Body: `{"serviceArns": ["` + service + `a", "` + service + `gone"]}`}
	})
	described := `{"services": [{"serviceArn": "` + service + `a", "serviceName": "a", "status": "ACTIVE", "clusterArn": "` + cluster + `"}], "failures": [{"arn": "` + service + `gone", "reason": "`
	for reason, gaps := range map[string]int{"MISSING": 0, "ACCESS_DENIED": 1} {
		fake.Always("ecs:DescribeServices", tftest.Answer{Body: described + reason + `"}]}`})
		got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_ecs_service")["aws_ecs_service"]
		if got.Status != aws.Complete || len(got.Resources) != 1 || len(got.Gaps) != gaps {
			t.Fatalf("%s: %+v", reason, got)
		}
		for _, g := range got.Gaps {
			if g.Type != "aws_ecs_cluster" || g.ID != cluster || g.Related != "aws_ecs_service" {
				t.Errorf("%s: the gap is %+v", reason, g)
			}
		}
	}
}

// TestProjectsDenied: one project that may not be read hides no other.
func TestProjectsDenied(t *testing.T) {
	fake := tftest.FakeAWS(t)
	const arn = "arn:aws:codebuild:us-east-1:111111111111:project/"
	fake.Always("codebuild:ListProjects", tftest.Answer{Body: `{"projects": ["closed", "open"]}`})
	fake.On("codebuild:BatchGetProjects", func(c tftest.Call) tftest.Answer {
		if strings.Contains(c.Body, "closed") {
			return tftest.JSONError(400, "AccessDeniedException", "not authorized")
		}
		return tftest.Answer{Body: `{"projects": [{"name": "open", "arn": "` + arn + `open", "serviceRole": "r"}]}`}
	})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_codebuild_project")["aws_codebuild_project"]
	if got.Status != aws.Complete || len(got.Resources) != 2 || len(got.Gaps) != 1 || got.Gaps[0].ID != arn+"closed" {
		t.Fatalf("%+v", got)
	}
	closed, open := got.Resources[0], got.Resources[1]
	if closed.ID != arn+"closed" || !resource.Marked(closed.Unknown, resource.Path{"environment"}) || resource.Marked(closed.Unknown, resource.Path{"name"}) {
		t.Errorf("%s does not know %v", closed.ID, closed.Unknown)
	}
	if open.ID != arn+"open" || open.Unknown != nil || open.Values["service_role"] != "r" {
		t.Errorf("%s: %v, does not know %v", open.ID, open.Values, open.Unknown)
	}
}
