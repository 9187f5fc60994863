package binding_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/parapet-dev/parapet/internal/binding"
)

// facts writes bindings one per line: operation, phase, key, silence, trust.
func facts(bindings []binding.Binding) []string {
	var out []string
	for _, b := range bindings {
		s := fmt.Sprintf("%s %s %s %s", b.Operation, b.Phase, b.Key, b.Absent.State)
		if b.Absent.Value != "" {
			s += "=" + b.Absent.Value
		}
		if b.Related {
			s += " related"
		}
		out = append(out, s+" "+string(b.Trust))
	}
	return out
}

func TestBindings(t *testing.T) {
	for _, tt := range []struct {
		typ, attribute string
		want           []string
	}{
		{"aws_instance", "metadata_options[].http_tokens", []string{
			"ec2:ModifyInstanceMetadataOptions update ec2:Attribute/HttpTokens unchanged documented",
			"ec2:RunInstances create ec2:MetadataHttpTokens account_default reported",
		}},
		{"aws_instance", "metadata_options[0].http_tokens", []string{
			"ec2:ModifyInstanceMetadataOptions update ec2:Attribute/HttpTokens unchanged documented",
			"ec2:RunInstances create ec2:MetadataHttpTokens account_default reported",
		}},
		{"aws_instance", "tags_all.Owner", []string{
			"ec2:CreateTags update aws:RequestTag/Owner unchanged reported",
			"ec2:RunInstances create aws:RequestTag/Owner key_absent reported",
		}},
		{"aws_instance", `tags["cost center"]`, []string{
			"ec2:CreateTags update aws:RequestTag/cost center unchanged reported",
			"ec2:RunInstances create aws:RequestTag/cost center key_absent reported",
		}},
		{"aws_instance", "volume_tags.Owner", []string{"ec2:RunInstances create aws:RequestTag/Owner key_absent reported"}},
		{"aws_kms_key", "tags", []string{
			"kms:CreateKey create aws:RequestTag/${TagKey} key_absent reported",
			"kms:TagResource update aws:RequestTag/${TagKey} unchanged reported",
			"kms:CreateKey create aws:TagKeys key_absent reported",
			"kms:TagResource update aws:TagKeys unchanged reported",
		}},
		{"aws_s3_bucket", "tags.Owner", nil}, // this provider tags buckets by a later call without the key
		{"aws_db_instance", "storage_encrypted", []string{"rds:CreateDBInstance create rds:StorageEncrypted default_value=false doubtful"}},
		{"aws_rds_cluster", "storage_encrypted", []string{
			"rds:CreateDBCluster create rds:StorageEncrypted default_value=false reported",
			"rds:RestoreDBClusterFromS3 create rds:StorageEncrypted unknown=false related inferred",
		}},
		{"aws_neptune_cluster", "storage_encrypted", nil}, // not in Neptune's own list of keys
		{"aws_lambda_function_url", "authorization_type", []string{
			"lambda:CreateFunctionUrlConfig create lambda:FunctionUrlAuthType required documented",
			"lambda:UpdateFunctionUrlConfig update lambda:FunctionUrlAuthType unchanged documented",
		}},
		{"aws_s3_bucket_ownership_controls", "rule[].object_ownership", []string{
			"s3:CreateBucket update s3:x-amz-object-ownership unchanged related reported",
		}},
		{"aws_kms_key", "deletion_window_in_days", []string{
			"kms:ScheduleKeyDeletion update kms:ScheduleKeyDeletionPendingWindowInDays unchanged documented",
		}},
		{"aws_ebs_volume", "provider.region", []string{"ec2:CreateVolume create aws:RequestedRegion required documented"}},
		{"aws_lb_listener", "protocol", []string{
			"elasticloadbalancing:CreateListener create elasticloadbalancing:ListenerProtocol key_absent documented",
			"elasticloadbalancing:ModifyListener update elasticloadbalancing:ListenerProtocol unchanged inferred",
		}},
		{"aws_lb", "subnets[]", []string{
			"elasticloadbalancing:CreateLoadBalancer create elasticloadbalancing:Subnet key_absent documented",
			"elasticloadbalancing:SetSubnets update elasticloadbalancing:Subnet unchanged documented",
		}},
		{"aws_redshift_cluster", "encrypted", nil},
		{"aws_instance", "no_such", nil},
		{"aws_nothing", "tags.Owner", nil},
		{"aws_nothing", "provider.region", nil},
	} {
		t.Run(tt.typ+"."+tt.attribute, func(t *testing.T) {
			if got := facts(binding.Library().Bindings(tt.typ, tt.attribute)); !slices.Equal(got, tt.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestBindingsNameTheirResources(t *testing.T) {
	for _, tt := range []struct {
		typ, attribute, operation string
		want                      []string
	}{
		{"aws_instance", "metadata_options[].http_tokens", "ec2:RunInstances", []string{"arn:*:ec2:*:*:instance/*"}},
		{"aws_instance", "root_block_device[].encrypted", "ec2:RunInstances", []string{"arn:*:ec2:*:*:volume/*"}},
		{"aws_instance", "associate_public_ip_address", "ec2:RunInstances", []string{"arn:*:ec2:*:*:network-interface/*"}},
		{"aws_ebs_volume", "encrypted", "ec2:CreateVolume", []string{"arn:*:ec2:*:*:volume/*"}}, // never the source snapshot
		{"aws_kms_key", "key_usage", "kms:CreateKey", []string{"*"}},
		{"aws_api_gateway_rest_api", "tags", "apigateway:POST", []string{"arn:*:apigateway:*::/restapis"}}, // never every POST
		{"aws_lb_listener", "protocol", "elasticloadbalancing:ModifyListener", []string{
			"arn:*:elasticloadbalancing:*:*:listener/app/*/*/*", "arn:*:elasticloadbalancing:*:*:listener/net/*/*/*",
		}},
	} {
		found := false
		for _, b := range binding.Library().Bindings(tt.typ, tt.attribute) {
			if b.Operation != tt.operation {
				continue
			}
			found = true
			if !slices.Equal(b.Resources, tt.want) {
				t.Errorf("%s.%s: got %v, want %v", tt.typ, tt.attribute, b.Resources, tt.want)
			}
		}
		if !found {
			t.Errorf("%s.%s: no binding of %s", tt.typ, tt.attribute, tt.operation)
		}
	}
}

func TestCallersMayChangeWhatTheyGet(t *testing.T) {
	table := binding.Library()
	got := table.Bindings("aws_lb", "internal")[0]
	got.Values["true"], got.Resources[0] = "x", "x"
	again := table.Bindings("aws_lb", "internal")[0]
	if again.Values["true"] != "internal" || again.Resources[0] == "x" {
		t.Errorf("the table changed: %+v", again)
	}
}

func TestOperations(t *testing.T) {
	o, ok := binding.Library().Operations("aws_cloudtrail")
	if !ok {
		t.Fatal("no operations")
	}
	if !slices.Equal(o.Create, []string{"cloudtrail:CreateTrail"}) || !slices.Equal(o.Delete, []string{"cloudtrail:DeleteTrail"}) {
		t.Errorf("got %+v", o)
	}
	if got, want := o.Update["enable_logging"], []string{"cloudtrail:StartLogging", "cloudtrail:StopLogging"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if o.ARN != "arn:${Partition}:cloudtrail:${Region}:${Account}:trail/${name}" {
		t.Errorf("got %s", o.ARN)
	}
	if _, ok := binding.Library().Operations("aws_nothing"); ok {
		t.Error("operations of a type that does not exist")
	}
}

// TestTagKeysAreUnquoted: paths quote what is no name, as Go does.
func TestTagKeysAreUnquoted(t *testing.T) {
	for attribute, want := range map[string]string{
		`tags.Owner`: "Owner", `tags["Owner"]`: "Owner", `tags["a\"b"]`: `a"b`, `tags_all["a\\b"]`: `a\b`,
		`tags["cost center"]`: "cost center", `tags["é"]`: "é", `tags["x.y"]`: "x.y",
	} {
		found := false
		for _, b := range binding.Library().Bindings("aws_ebs_volume", attribute) {
			found = found || b.Key == "aws:RequestTag/"+want && b.Attribute == "tags."+want
		}
		if !found {
			t.Errorf("%s is not bound to aws:RequestTag/%s: %v", attribute, want, binding.Library().Bindings("aws_ebs_volume", attribute))
		}
	}
}

// TestOmit: the values that Terraform leaves out at creation are there for those
// who reason about a call.
func TestOmit(t *testing.T) {
	for _, tt := range []struct {
		typ, attribute string
		want           []string
	}{{"aws_lb", "internal", []string{"false"}}, {"aws_ebs_volume", "encrypted", nil}} {
		list := binding.Library().Bindings(tt.typ, tt.attribute)
		if len(list) == 0 {
			t.Errorf("%s %s has no binding", tt.typ, tt.attribute)
		}
		for _, b := range list {
			if !slices.Equal(b.Omit, tt.want) {
				t.Errorf("%s %s: %s omits %q, want %q", tt.typ, tt.attribute, b.Operation, b.Omit, tt.want)
			}
			if len(b.Omit) > 0 {
				b.Omit[0] = "changed" // what callers get is theirs
			}
		}
	}
	if again := binding.Library().Bindings("aws_lb", "internal"); !slices.Equal(again[0].Omit, []string{"false"}) {
		t.Error("a caller changed the table")
	}
}

func TestUncovered(t *testing.T) {
	for _, tt := range []struct {
		typ, attribute string
		want           []string
	}{
		{"aws_instance", "metadata_options[].http_tokens", []string{"ec2:RequestSpotFleet", "ec2:RequestSpotInstances"}},
		{"aws_instance", "associate_public_ip_address", []string{"ec2:AssociateAddress", "ec2:ModifySubnetAttribute", "ec2:RequestSpotFleet", "ec2:RequestSpotInstances"}},
		{"aws_db_instance", "publicly_accessible", []string{"rds:ModifyDBInstance"}},
		{"aws_db_instance", "storage_encrypted", []string{"rds:CreateDBInstanceReadReplica", "rds:RestoreDBInstanceFromDBSnapshot", "rds:RestoreDBInstanceToPointInTime"}},
		{"aws_s3_bucket", "tags.Owner", []string{"s3:CreateBucket", "s3:PutBucketTagging"}},
		{"aws_iam_role", "permissions_boundary", nil}, // the deletion carries the key, with the boundary that is attached
		{"aws_lambda_function", "code_signing_config_arn", []string{"lambda:DeleteFunctionCodeSigningConfig"}},
		{"aws_nothing", "x", nil},
	} {
		if got := binding.Library().Uncovered(tt.typ, tt.attribute); !slices.Equal(got, tt.want) {
			t.Errorf("%s.%s: got %v, want %v", tt.typ, tt.attribute, got, tt.want)
		}
	}
}

func TestKeyValue(t *testing.T) {
	for _, tt := range []struct {
		typ, attribute, key string
		form                binding.Form
		value, want         string
		ok                  bool
	}{
		{"aws_instance", "metadata_options[].http_tokens", "ec2:MetadataHttpTokens", binding.FormSame, "required", "required", true},
		{"aws_lb", "internal", "elasticloadbalancing:Scheme", binding.FormMap, "true", "internal", true},
		{"aws_elasticache_replication_group", "cluster_mode", "elasticache:ClusterModeEnabled", binding.FormMap, "compatible", "", false},
		{"aws_autoscaling_group", "launch_template[].version", "autoscaling:LaunchTemplateVersionSpecified", binding.FormMap, "$Latest", "", false}, // as $Default
		{"aws_autoscaling_group", "launch_template[].version", "autoscaling:LaunchTemplateVersionSpecified", binding.FormMap, "7", "", false},
		{"aws_instance", "iam_instance_profile", "ec2:InstanceProfile", binding.FormTemplate, "web", "arn:*:iam::*:instance-profile/web", true},
		{"aws_instance", "subnet_id", "ec2:Subnet", binding.FormTemplate, "arn:aws:ec2:eu-west-1:1:subnet/s", "arn:aws:ec2:eu-west-1:1:subnet/s", true},
		{"aws_kms_key", "custom_key_store_id", "kms:KeyOrigin", binding.FormPresence, "cks-1", "", false},
		{"aws_eks_cluster", "enabled_cluster_log_types", "eks:loggingType/audit", binding.FormContains, "audit", "", false},
		{"aws_ecs_task_definition", "container_definitions", "ecs:privileged", binding.FormJSON, "x", "", false},
		{"aws_secretsmanager_secret", "recovery_window_in_days", "secretsmanager:RecoveryWindowInDays", binding.FormMap, "7", "7", true},
		{"aws_secretsmanager_secret", "recovery_window_in_days", "secretsmanager:RecoveryWindowInDays", binding.FormMap, "0", "", false},
		{"aws_secretsmanager_secret", "recovery_window_in_days", "secretsmanager:ForceDeleteWithoutRecovery", binding.FormMap, "0", "true", true},
	} {
		t.Run(tt.key+" "+tt.value, func(t *testing.T) {
			i := slices.IndexFunc(binding.Library().Bindings(tt.typ, tt.attribute), func(b binding.Binding) bool { return b.Key == tt.key })
			if i < 0 {
				t.Fatal("no binding")
			}
			b := binding.Library().Bindings(tt.typ, tt.attribute)[i]
			if got, ok := b.KeyValue(tt.value); b.Form() != tt.form || got != tt.want || ok != tt.ok {
				t.Errorf("got %s %q %v, want %s %q %v", b.Form(), got, ok, tt.form, tt.want, tt.ok)
			}
		})
	}
}

func TestLibraryIsSafeForConcurrentUse(t *testing.T) {
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for _, typ := range binding.Library().Types() {
				binding.Library().Requests(binding.Target{Type: typ})
			}
		})
	}
	wg.Wait()
}

// Every type gives at least one request when nothing is said about it, unless
// each of its operations waits for an attribute, and every request is complete.
func TestEveryTypeGivesRequests(t *testing.T) {
	waiting := []string{"aws_account_region", "aws_config_configuration_recorder_status", "aws_iam_policy_attachment", "aws_security_group_rule"}
	table := binding.Library()
	for _, typ := range table.Types() {
		requests := table.Requests(binding.Target{Type: typ, Account: "444455556666", Region: "us-east-1"})
		if len(requests) == 0 && !slices.Contains(waiting, typ) {
			t.Errorf("%s: no request", typ)
		}
		for _, r := range requests {
			if r.Phase != binding.Create || r.Account != "444455556666" || len(r.Context["aws:RequestedRegion"]) != 1 {
				t.Errorf("%s: %+v", typ, r)
			}
			if strings.Contains(r.Resource, "${") || r.Resource != "*" && (!strings.HasPrefix(r.Resource, "arn:aws:") || strings.Contains(r.Resource, "*")) {
				t.Errorf("%s: %s on %q", typ, r.Operation, r.Resource)
			}
			for k, vs := range r.Context {
				if len(vs) == 0 || slices.Contains(vs, "") || strings.Contains(k, "${") {
					t.Errorf("%s: %s=%q", typ, k, vs)
				}
			}
		}
	}
}
