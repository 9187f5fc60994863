package binding_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/binding"
)

// target reads a target from JSON values, as plans have them.
func target(t *testing.T, resourceType, values string) binding.Target {
	t.Helper()
	tgt := binding.Target{Type: resourceType, Name: "web", Account: "444455556666", Region: "eu-central-1"}
	if err := json.Unmarshal([]byte(values), &tgt.Values); err != nil {
		t.Fatal(err)
	}
	return tgt
}

// render writes requests one per line, without the Region that all have.
func render(requests []binding.Request) string {
	var b strings.Builder
	for _, r := range requests {
		fmt.Fprintf(&b, "%s %s", r.Operation, r.Resource)
		for _, k := range slices.Sorted(maps.Keys(r.Context)) {
			if k != "aws:RequestedRegion" {
				fmt.Fprintf(&b, " %s=%s", k, strings.Join(r.Context[k], ","))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestRequests(t *testing.T) {
	const account = ":eu-central-1:444455556666:"
	for _, tt := range []struct {
		name, typ, values string
		want              []string
	}{
		{
			"an instance is judged with its volumes and interface", "aws_instance",
			`{"instance_type": "t3.micro", "metadata_options": [{"http_tokens": "required", "http_put_response_hop_limit": 2}],
			  "root_block_device": [{"encrypted": true, "volume_size": 20}], "ebs_block_device": [{"encrypted": false}],
			  "associate_public_ip_address": true, "tags": {"Owner": "team"}}`,
			[]string{
				"ec2:RunInstances arn:aws:ec2" + account + "instance/web aws:RequestTag/Owner=team aws:TagKeys=Owner ec2:InstanceType=t3.micro ec2:MetadataHttpPutResponseHopLimit=2 ec2:MetadataHttpTokens=required",
				"ec2:RunInstances arn:aws:ec2" + account + "network-interface/web ec2:AssociatePublicIpAddress=true",
				"ec2:RunInstances arn:aws:ec2" + account + "volume/web ec2:Encrypted=false",
				"ec2:RunInstances arn:aws:ec2" + account + "volume/web ec2:Encrypted=true ec2:VolumeSize=20",
			},
		},
		{
			"a silent instance still has a root volume", "aws_instance", `{}`,
			[]string{
				"ec2:RunInstances arn:aws:ec2" + account + "instance/web",
				"ec2:RunInstances arn:aws:ec2" + account + "network-interface/web",
				"ec2:RunInstances arn:aws:ec2" + account + "volume/web",
			},
		},
		{
			"what an instance refers to is judged when it is named", "aws_instance",
			`{"ami": "ami-1", "key_name": "k", "subnet_id": "subnet-1", "volume_tags": {"Owner": "team"}}`,
			[]string{
				"ec2:RunInstances arn:aws:ec2" + account + "instance/web",
				"ec2:RunInstances arn:aws:ec2" + account + "key-pair/web ec2:KeyPairName=k",
				"ec2:RunInstances arn:aws:ec2" + account + "network-interface/web ec2:Subnet=arn:aws:ec2" + account + "subnet/subnet-1",
				"ec2:RunInstances arn:aws:ec2" + account + "subnet/web ec2:SubnetID=subnet-1",
				"ec2:RunInstances arn:aws:ec2" + account + "volume/web aws:RequestTag/Owner=team aws:TagKeys=Owner",
				"ec2:RunInstances arn:aws:ec2:eu-central-1::image/web ec2:ImageID=ami-1",
			},
		},
		{
			"a launch template is judged at launch", "aws_launch_template",
			`{"metadata_options": [{"http_tokens": "optional"}], "block_device_mappings": [{"ebs": [{"encrypted": true}]}, {"ebs": [{"encrypted": false}]}]}`,
			[]string{
				"ec2:CreateLaunchTemplate arn:aws:ec2" + account + "launch-template/web",
				"ec2:RunInstances arn:aws:ec2" + account + "instance/web ec2:MetadataHttpTokens=optional",
				"ec2:RunInstances arn:aws:ec2" + account + "network-interface/web",
				"ec2:RunInstances arn:aws:ec2" + account + "volume/web ec2:Encrypted=true",
				"ec2:RunInstances arn:aws:ec2" + account + "volume/web ec2:Encrypted=false",
			},
		},
		{
			"volume", "aws_ebs_volume", `{"encrypted": false, "availability_zone": "eu-central-1a", "size": 8, "type": "gp3", "snapshot_id": "snap-1"}`,
			[]string{"ec2:CreateVolume arn:aws:ec2" + account + "volume/web ec2:AvailabilityZone=eu-central-1a ec2:Encrypted=false ec2:ParentSnapshot=arn:aws:ec2:eu-central-1::snapshot/snap-1 ec2:VolumeSize=8 ec2:VolumeType=gp3"},
		},
		{
			"subnet with public addresses makes a second call", "aws_subnet", `{"map_public_ip_on_launch": true}`,
			[]string{
				"ec2:CreateSubnet arn:aws:ec2" + account + "subnet/web",
				"ec2:ModifySubnetAttribute arn:aws:ec2" + account + "subnet/web ec2:Attribute/MapPublicIpOnLaunch=true",
			},
		},
		{
			"database", "aws_db_instance", `{"identifier": "orders", "engine": "postgres", "storage_encrypted": false, "publicly_accessible": true, "instance_class": "db.t3.small", "iops": 3000.0}`,
			[]string{"rds:CreateDBInstance arn:aws:rds" + account + "db:orders rds:DatabaseClass=db.t3.small rds:DatabaseEngine=postgres rds:MultiAz=false rds:Piops=3000 rds:PubliclyAccessible=true rds:StorageEncrypted=false"},
		},
		{
			"a silent cluster is not encrypted", "aws_rds_cluster", `{"cluster_identifier": "c", "engine": "aurora-mysql"}`,
			[]string{"rds:CreateDBCluster arn:aws:rds" + account + "cluster:c rds:DatabaseEngine=aurora-mysql rds:StorageEncrypted=false"},
		},
		{
			"function URL", "aws_lambda_function_url", `{"function_name": "f", "authorization_type": "NONE"}`,
			[]string{"lambda:CreateFunctionUrlConfig arn:aws:lambda" + account + "function:f lambda:FunctionUrlAuthType=NONE"},
		},
		{
			"cluster with logging and a role", "aws_eks_cluster",
			`{"name": "c", "role_arn": "arn:aws:iam::444455556666:role/eks", "enabled_cluster_log_types": ["api", "audit"], "vpc_config": [{"endpoint_public_access": false}]}`,
			[]string{
				"eks:CreateCluster * eks:endpointPublicAccess=false eks:loggingType/api=true eks:loggingType/audit=true",
				"iam:PassRole arn:aws:iam::444455556666:role/eks iam:PassedToService=eks.amazonaws.com",
			},
		},
		{
			"listener", "aws_lb_listener", `{"protocol": "HTTPS", "ssl_policy": "ELBSecurityPolicy-TLS13-1-2-2021-06"}`,
			[]string{"elasticloadbalancing:CreateListener arn:aws:elasticloadbalancing" + account + "loadbalancer/app/web/web elasticloadbalancing:ListenerProtocol=HTTPS elasticloadbalancing:SecurityPolicy=ELBSecurityPolicy-TLS13-1-2-2021-06"},
		},
		{
			"deletion window is not part of creation", "aws_kms_key", `{"deletion_window_in_days": 7, "key_usage": "SIGN_VERIFY"}`,
			[]string{"kms:CreateKey * kms:KeyUsage=SIGN_VERIFY kms:MultiRegion=false"},
		},
		{
			"the external key store refines the key store", "aws_kms_key", `{"custom_key_store_id": "cks-1", "xks_key_id": "x"}`,
			[]string{"kms:CreateKey * kms:KeyOrigin=EXTERNAL_KEY_STORE kms:MultiRegion=false"},
		},
		{
			"bucket ACL", "aws_s3_bucket_acl", `{"bucket": "logs", "acl": "public-read"}`,
			[]string{"s3:PutBucketAcl arn:aws:s3:::logs s3:x-amz-acl=public-read"},
		},
		{
			"Terraform sends a private ACL with a new bucket", "aws_s3_bucket", `{"bucket": "logs", "tags": {"Owner": "team"}}`,
			[]string{"s3:CreateBucket arn:aws:s3:::logs s3:x-amz-acl=private"},
		},
		{
			"cache: preferred is not encrypted", "aws_elasticache_replication_group", `{"transit_encryption_enabled": true, "transit_encryption_mode": "preferred"}`,
			[]string{"elasticache:CreateReplicationGroup arn:aws:elasticache" + account + "replicationgroup:web elasticache:TransitEncryptionEnabled=false"},
		},
		{
			"access key: whole action", "aws_iam_access_key", `{"user": "ci"}`,
			[]string{"iam:CreateAccessKey arn:aws:iam::444455556666:user/ci"},
		},
		{
			"default tags count", "aws_secretsmanager_secret", `{"name": "db", "kms_key_id": "alias/k", "tags": {"Owner": "team"}, "tags_all": {"Owner": "team", "Env": "prod"}}`,
			[]string{"secretsmanager:CreateSecret arn:aws:secretsmanager" + account + "secret:db aws:RequestTag/Env=prod aws:RequestTag/Owner=team aws:TagKeys=Env,Owner secretsmanager:KmsKeyId=alias/k secretsmanager:Name=db"},
		},
		{
			"no binding at all", "aws_cloudtrail", `{"name": "main", "enable_logging": false}`,
			[]string{"cloudtrail:CreateTrail arn:aws:cloudtrail" + account + "trail/main"},
		},
		{
			"containers are read from their JSON", "aws_ecs_task_definition", `{"container_definitions": "[{\"name\":\"a\"},{\"name\":\"b\",\"privileged\":true}]"}`,
			[]string{"ecs:RegisterTaskDefinition arn:aws:ecs" + account + "task-definition/web:web ecs:privileged=true"},
		},
		{
			"an internet-facing load balancer is one without a scheme", "aws_lb", `{"internal": false}`,
			[]string{"elasticloadbalancing:CreateLoadBalancer arn:aws:elasticloadbalancing" + account + "loadbalancer/app/web/web"},
		},
		{
			"an internal load balancer says so", "aws_lb", `{"internal": true, "subnets": ["subnet-1", "subnet-2"]}`,
			[]string{"elasticloadbalancing:CreateLoadBalancer arn:aws:elasticloadbalancing" + account + "loadbalancer/app/web/web elasticloadbalancing:Scheme=internal elasticloadbalancing:Subnet=subnet-1,subnet-2"},
		},
		{
			"the name of an alias begins with alias/", "aws_kms_alias", `{"name": "alias/logs"}`,
			[]string{"kms:CreateAlias arn:aws:kms" + account + "alias/logs"},
		},
		{
			"an attribute chooses the call", "aws_security_group_rule", `{"type": "ingress"}`,
			[]string{"ec2:AuthorizeSecurityGroupIngress arn:aws:ec2" + account + "security-group/web"},
		},
		{
			"encryption by default is turned off by a call of its own", "aws_ebs_encryption_by_default", `{"enabled": false}`,
			[]string{"ec2:DisableEbsEncryptionByDefault *"},
		},
		{
			"a collection that holds the resource is judged by itself", "aws_api_gateway_rest_api", `{"name": "shop", "endpoint_configuration": [{"types": ["EDGE"]}]}`,
			[]string{"apigateway:POST arn:aws:apigateway:eu-central-1::/restapis apigateway:Request/ApiName=shop apigateway:Request/DisableExecuteApiEndpoint=false apigateway:Request/EndpointType=EDGE"},
		},
		{"unknown type", "aws_nothing", `{}`, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := render(binding.Library().Requests(target(t, tt.typ, tt.values)))
			want := ""
			if tt.want != nil {
				want = strings.Join(tt.want, "\n") + "\n"
			}
			if got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

func TestChanges(t *testing.T) {
	const account = ":eu-central-1:444455556666:"
	for _, tt := range []struct {
		name, typ, values string
		attributes        []string
		want              []string
	}{
		{
			"stop logging", "aws_cloudtrail", `{"name": "main", "enable_logging": false}`,
			[]string{"enable_logging"},
			[]string{"cloudtrail:StopLogging arn:aws:cloudtrail" + account + "trail/main"},
		},
		{
			"start logging", "aws_cloudtrail", `{"name": "main", "enable_logging": true}`,
			[]string{"enable_logging"},
			[]string{"cloudtrail:StartLogging arn:aws:cloudtrail" + account + "trail/main"},
		},
		{
			"the requested value, not the current one", "aws_instance", `{"metadata_options": [{"http_tokens": "optional", "http_endpoint": "enabled"}]}`,
			[]string{"metadata_options[0].http_tokens"},
			[]string{"ec2:ModifyInstanceMetadataOptions arn:aws:ec2" + account + "instance/web ec2:Attribute/HttpTokens=optional"},
		},
		{
			"deletion window", "aws_kms_key", `{"deletion_window_in_days": 7}`,
			[]string{"deletion_window_in_days"},
			[]string{"kms:ScheduleKeyDeletion arn:aws:kms" + account + "key/web kms:ScheduleKeyDeletionPendingWindowInDays=7"},
		},
		{
			"one concern at a time", "aws_eks_cluster", `{"name": "c", "vpc_config": [{"endpoint_public_access": true, "endpoint_private_access": true}]}`,
			[]string{"vpc_config[].endpoint_public_access"},
			[]string{"eks:UpdateClusterConfig arn:aws:eks" + account + "cluster/c eks:endpointPublicAccess=true"},
		},
		{
			"a tag", "aws_ebs_volume", `{"tags": {"Owner": "team", "Env": "prod"}}`,
			[]string{"tags.Owner"},
			[]string{"ec2:CreateTags arn:aws:ec2" + account + "volume/web aws:RequestTag/Owner=team aws:TagKeys=Owner"},
		},
		{
			"a tag that goes away", "aws_instance", `{"tags": {"Env": "prod"}}`,
			[]string{"tags.Owner"},
			[]string{"ec2:DeleteTags arn:aws:ec2" + account + "instance/web"},
		},
		{
			"boundary removed", "aws_iam_role", `{"name": "r"}`,
			[]string{"permissions_boundary"},
			[]string{"iam:DeleteRolePermissionsBoundary arn:aws:iam::444455556666:role/r"},
		},
		{
			"boundary set", "aws_iam_role", `{"name": "r", "permissions_boundary": "arn:aws:iam::444455556666:policy/b"}`,
			[]string{"permissions_boundary"},
			[]string{"iam:PutRolePermissionsBoundary arn:aws:iam::444455556666:role/r iam:PermissionsBoundary=arn:aws:iam::444455556666:policy/b"},
		},
		{
			"bucket ACL", "aws_s3_bucket_acl", `{"bucket": "logs", "acl": "public-read"}`,
			[]string{"acl"},
			[]string{"s3:PutBucketAcl arn:aws:s3:::logs s3:x-amz-acl=public-read"},
		},
		{
			"a call without key", "aws_db_instance", `{"identifier": "d", "publicly_accessible": true}`,
			[]string{"publicly_accessible"},
			[]string{"rds:ModifyDBInstance arn:aws:rds" + account + "db:d"},
		},
		{
			"deletion without recovery", "aws_secretsmanager_secret", `{"recovery_window_in_days": 0}`,
			[]string{"recovery_window_in_days"},
			[]string{"secretsmanager:DeleteSecret arn:aws:secretsmanager" + account + "secret:web secretsmanager:ForceDeleteWithoutRecovery=true"},
		},
		{
			"encryption mode", "aws_elasticache_replication_group", `{"transit_encryption_mode": "required"}`,
			[]string{"transit_encryption_mode"},
			[]string{"elasticache:ModifyReplicationGroup arn:aws:elasticache" + account + "replicationgroup:web elasticache:TransitEncryptionEnabled=true"},
		},
		{
			"function URL", "aws_lambda_function_url", `{"function_name": "f", "authorization_type": "NONE"}`,
			[]string{"authorization_type"},
			[]string{"lambda:UpdateFunctionUrlConfig arn:aws:lambda" + account + "function:f lambda:FunctionUrlAuthType=NONE"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			requests := binding.Library().Changes(target(t, tt.typ, tt.values), tt.attributes)
			if got, want := render(requests), strings.Join(tt.want, "\n")+"\n"; got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			for _, r := range requests {
				if r.Phase != binding.Update {
					t.Errorf("%s: phase %q", r.Operation, r.Phase)
				}
			}
		})
	}
}

// TestRequestsMeetTheirBindings: a request carries a key on a resource that the
// binding of the key names. Otherwise a statement made of the binding would
// miss the request.
func TestRequestsMeetTheirBindings(t *testing.T) {
	table := binding.Library()
	for _, typ := range table.Types() {
		values := map[string]any{}
		patterns := map[string][]string{} // operation and key → resources
		for _, a := range table.Attributes(typ) {
			if a == "tags" || a == "volume_tags" {
				values[a] = map[string]any{"Owner": "me"}
				continue
			}
			for _, b := range table.Bindings(typ, a) {
				patterns[b.Operation+" "+b.Key] = append(patterns[b.Operation+" "+b.Key], b.Resources...)
			}
			set(values, strings.Split(a, "."))
		}
		for _, r := range table.Requests(binding.Target{Type: typ, Values: values}) {
			for key := range r.Context {
				of := patterns[r.Operation+" "+key]
				if len(of) > 0 && !slices.ContainsFunc(of, func(p string) bool { return glob(p, r.Resource) }) {
					t.Errorf("%s: %s on %s carries %s, which is bound to %q", typ, r.Operation, r.Resource, key, of)
				}
			}
		}
	}
}

// set gives the attribute at a path such as a[], b a value.
func set(m map[string]any, path []string) {
	name, list := strings.CutSuffix(path[0], "[]")
	var v any = "x"
	if len(path) > 1 {
		next, _ := m[name].(map[string]any)
		if l, ok := m[name].([]any); ok {
			next, _ = l[0].(map[string]any)
		}
		if next == nil {
			next = map[string]any{}
		}
		set(next, path[1:])
		v = next
	}
	if list {
		v = []any{v}
	}
	m[name] = v
}

// glob matches an ARN with a pattern whose asterisks stand for any run.
func glob(pattern, s string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return pattern == s
	}
	rest, ok := strings.CutPrefix(s, parts[0])
	for _, p := range parts[1 : len(parts)-1] {
		if ok {
			_, rest, ok = strings.Cut(rest, p)
		}
	}
	return ok && strings.HasSuffix(rest, parts[len(parts)-1])
}

// FuzzRequests states what holds for any values: requests are complete and
// concrete, and the same every time.
func FuzzRequests(f *testing.F) {
	f.Add("aws_instance", `{"root_block_device": [{"encrypted": true}], "tags": {"a": "b"}}`)
	f.Add("aws_ecs_task_definition", `{"container_definitions": "[{}]"}`)
	f.Add("aws_s3_bucket", `{"bucket": "${Value}*", "acl": 1e99}`)
	f.Add("aws_launch_template", `{"block_device_mappings": {"ebs": null}, "network_interfaces": [[]]}`)
	f.Fuzz(func(t *testing.T, typ, values string) {
		tgt := binding.Target{Type: typ, Name: values}
		if json.Unmarshal([]byte(values), &tgt.Values) != nil {
			return
		}
		attributes := slices.Sorted(maps.Keys(tgt.Values))
		table := binding.Library()
		requests := slices.Concat(table.Requests(tgt), table.Changes(tgt, attributes))
		if again := slices.Concat(table.Requests(tgt), table.Changes(tgt, attributes)); render(again) != render(requests) {
			t.Errorf("not the same twice:\n%s%s", render(requests), render(again))
		}
		for _, r := range requests {
			if len(r.Context["aws:RequestedRegion"]) != 1 || r.Resource == "" {
				t.Errorf("incomplete: %+v", r)
			}
			for k, v := range r.Context {
				if len(v) == 0 {
					t.Errorf("%s: a key without values: %s", r.Operation, k)
				}
			}
		}
	})
}

func TestRequestPlace(t *testing.T) {
	for _, tt := range []struct {
		name             string
		target           binding.Target
		resource, region string
	}{
		{"examples", binding.Target{Type: "aws_ebs_volume"}, "arn:aws:ec2:eu-west-1:111122223333:volume/example", "eu-west-1"},
		{"partition of the Region", binding.Target{Type: "aws_ebs_volume", Region: "us-gov-west-1"}, "arn:aws-us-gov:ec2:us-gov-west-1:111122223333:volume/example", "us-gov-west-1"},
		{"Region of the partition", binding.Target{Type: "aws_ebs_volume", Partition: "aws-cn"}, "arn:aws-cn:ec2:cn-north-1:111122223333:volume/example", "cn-north-1"},
		{"global service", binding.Target{Type: "aws_iam_access_key", Region: "eu-west-1"}, "arn:aws:iam::111122223333:user/example", "us-east-1"},
		{"names are made fit for ARNs", binding.Target{Type: "aws_ebs_volume", Name: `data["a b"]`}, "arn:aws:ec2:eu-west-1:111122223333:volume/data--a-b", "eu-west-1"},
		{"wildcards never reach an ARN", binding.Target{Type: "aws_s3_bucket", Values: map[string]any{"bucket": "*"}}, "arn:aws:s3:::example", "eu-west-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := binding.Library().Requests(tt.target)
			if len(got) != 1 {
				t.Fatalf("got %d requests", len(got))
			}
			r := got[0]
			if r.Resource != tt.resource || r.Region != tt.region || !slices.Equal(r.Context["aws:RequestedRegion"], []string{tt.region}) {
				t.Errorf("got %s in %s, aws:RequestedRegion %v", r.Resource, r.Region, r.Context["aws:RequestedRegion"])
			}
		})
	}
}
