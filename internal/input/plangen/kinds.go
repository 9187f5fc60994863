package plangen

import (
	"fmt"
	"math/rand/v2"
)

// kind is one resource type that is generated.
type kind struct {
	name string
	// unset are the attributes that a plan gives as null.
	unset []string
	// reference maps an attribute to what it refers to in the configuration.
	reference map[string]string
	// values makes the attributes, what is known after apply and what is
	// sensitive; bad breaks a common control.
	values func(rnd *rand.Rand, name string, bad bool) (after, unknown, secret map[string]any)
}

// id is the value that an attribute known after apply has once it is applied.
func (k kind) id(attribute string, n int) string {
	if attribute == "arn" {
		return fmt.Sprintf("arn:aws:svc:eu-west-1:111122223333:%s/%06d", k.name, n)
	}
	return fmt.Sprintf("%s-%017x", "id", n)
}

type object = map[string]any

// after makes a result without sensitive values; ids are known after apply.
func after(values object) (object, object, object) {
	return values, object{"id": true, "arn": true}, object{}
}

// pick returns the bad value or the good one.
func pick[T any](bad bool, ifBad, ifGood T) T {
	if bad {
		return ifBad
	}
	return ifGood
}

var common = []string{"timeouts", "name_prefix", "kms_key_id_override", "final_snapshot_identifier", "snapshot_identifier"}

func unset(more ...string) []string { return append(more, common...) }

// kinds are the generated types; resources take them in turn.
var kinds = []kind{
	{
		"aws_instance", unset("user_data", "key_name", "host_id", "hibernation", "volume_tags", "placement_group", "tenancy", "iam_instance_profile"),
		map[string]string{"subnet_id": "aws_subnet.main"},
		func(rnd *rand.Rand, _ string, bad bool) (object, object, object) {
			return after(object{
				"ami": "ami-0c1c30571d2dae5c9", "instance_type": []string{"t3.micro", "m5.large", "c6i.xlarge"}[rnd.IntN(3)],
				"subnet_id": "subnet-0a1b2c3d4e5f60718", "source_dest_check": true, "get_password_data": false,
				"user_data_replace_on_change": false, "credit_specification": []any{}, "launch_template": []any{},
				"metadata_options": []any{object{
					"http_endpoint": "enabled", "http_tokens": pick(bad, "optional", "required"),
					"http_put_response_hop_limit": 1, "instance_metadata_tags": "disabled", "http_protocol_ipv6": "disabled",
				}},
				"root_block_device": []any{object{"encrypted": true, "delete_on_termination": true, "volume_size": 8 + rnd.IntN(100), "tags": nil}},
			})
		},
	},
	{
		"aws_ebs_volume", unset("iops", "outpost_arn", "snapshot_id", "throughput", "multi_attach_enabled"), nil,
		func(rnd *rand.Rand, _ string, bad bool) (object, object, object) {
			return after(object{
				"availability_zone": "eu-west-1a", "size": 10 + rnd.IntN(500), "encrypted": !bad, "type": "gp3", "final_snapshot": false,
				"kms_key_id": "arn:aws:kms:eu-west-1:111122223333:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
			})
		},
	},
	{
		"aws_s3_bucket", unset("bucket_prefix", "expected_bucket_owner"), nil,
		func(_ *rand.Rand, name string, _ bool) (object, object, object) {
			return after(object{
				"bucket": "bench-111122223333-" + name, "force_destroy": false, "object_lock_enabled": false,
				"cors_rule": []any{}, "website": []any{}, "replication_configuration": []any{}, "lifecycle_rule": []any{},
			})
		},
	},
	{
		"aws_s3_bucket_public_access_block", unset(),
		map[string]string{"bucket": "aws_s3_bucket.main"},
		func(_ *rand.Rand, name string, bad bool) (object, object, object) {
			v, _, s := after(object{
				"bucket": "bench-111122223333-" + name, "block_public_acls": !bad, "block_public_policy": true,
				"ignore_public_acls": true, "restrict_public_buckets": !bad,
			})
			return v, object{"id": true}, s
		},
	},
	{
		"aws_db_instance", unset("domain", "replicate_source_db", "max_allocated_storage", "monitoring_role_arn", "timezone", "iops", "ca_cert_identifier"),
		map[string]string{"db_subnet_group_name": "aws_db_subnet_group.main"},
		func(rnd *rand.Rand, name string, bad bool) (object, object, object) {
			v, u, _ := after(object{
				"identifier": name, "engine": "postgres", "engine_version": "16.3", "instance_class": "db.t3.medium",
				"allocated_storage": 20 + rnd.IntN(100), "storage_encrypted": !bad, "publicly_accessible": bad, "username": "app",
				"password": "hunter2-" + name, "backup_retention_period": 14, "multi_az": true, "deletion_protection": true,
				"auto_minor_version_upgrade": true, "copy_tags_to_snapshot": true, "skip_final_snapshot": false,
				"enabled_cloudwatch_logs_exports": []any{"postgresql", "upgrade"}, "restore_to_point_in_time": []any{},
				"db_subnet_group_name": "main",
			})
			return v, u, object{"password": true}
		},
	},
	{
		"aws_iam_role", unset("permissions_boundary"), nil,
		func(_ *rand.Rand, name string, _ bool) (object, object, object) {
			return after(object{
				"name": name, "path": "/", "max_session_duration": 3600, "force_detach_policies": false, "description": "role of " + name,
				"assume_role_policy": `{"Statement":[{"Action":"sts:AssumeRole","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"}}],"Version":"2012-10-17"}`,
			})
		},
	},
	{
		"aws_iam_policy", unset("description"), nil,
		func(_ *rand.Rand, name string, bad bool) (object, object, object) {
			return after(object{
				"name": name, "path": "/",
				"policy": fmt.Sprintf(`{"Statement":[{"Action":[%q,"s3:ListBucket"],"Effect":"Allow","Resource":["arn:aws:s3:::%s","arn:aws:s3:::%s/*"]}],"Version":"2012-10-17"}`,
					pick(bad, "*", "s3:GetObject"), name, name),
			})
		},
	},
	{
		"aws_security_group", unset(),
		map[string]string{"vpc_id": "aws_vpc.main"},
		func(rnd *rand.Rand, name string, bad bool) (object, object, object) {
			rule := func(cidr string, port int) object {
				return object{
					"cidr_blocks": []any{cidr}, "description": "rule", "from_port": port, "to_port": port, "protocol": "tcp",
					"ipv6_cidr_blocks": []any{}, "prefix_list_ids": []any{}, "security_groups": []any{}, "self": false,
				}
			}
			return after(object{
				"name": name, "description": "group of " + name, "vpc_id": "vpc-0a1b2c3d4e5f60718", "revoke_rules_on_delete": false,
				"ingress": []any{rule(pick(bad, "0.0.0.0/0", "10.0.0.0/8"), 22), rule("10.0.0.0/8", 1024+rnd.IntN(1000))},
				"egress":  []any{rule("0.0.0.0/0", 443)},
			})
		},
	},
	{
		"aws_lambda_function", unset("image_uri", "filename", "layers", "signing_job_arn", "code_signing_config_arn", "description"), nil,
		func(rnd *rand.Rand, name string, _ bool) (object, object, object) {
			v, u, _ := after(object{
				"function_name": name, "runtime": "provided.al2023", "handler": "bootstrap", "memory_size": 128 << rnd.IntN(4), "timeout": 30,
				"s3_bucket": "artifacts", "s3_key": name + ".zip", "package_type": "Zip", "publish": false, "reserved_concurrent_executions": -1,
				"role": "arn:aws:iam::111122223333:role/" + name, "tracing_config": []any{object{"mode": "Active"}},
				"environment": []any{object{"variables": object{"LOG_LEVEL": "info", "TOKEN": "s3cr3t-" + name}}},
				"vpc_config":  []any{object{"subnet_ids": []any{"subnet-0a1b2c3d4e5f60718"}, "security_group_ids": []any{}, "ipv6_allowed_for_dual_stack": false}},
			})
			return v, u, object{"environment": []any{object{"variables": true}}}
		},
	},
	{
		"aws_lambda_function_url", unset("qualifier"),
		map[string]string{"function_name": "aws_lambda_function.main"},
		func(_ *rand.Rand, name string, bad bool) (object, object, object) {
			v, _, s := after(object{"function_name": name, "authorization_type": pick(bad, "NONE", "AWS_IAM"), "invoke_mode": "BUFFERED", "cors": []any{}})
			return v, object{"id": true, "function_url": true}, s
		},
	},
	{
		"aws_kms_key", unset("custom_key_store_id", "xks_key_id", "policy"), nil,
		func(_ *rand.Rand, name string, bad bool) (object, object, object) {
			return after(object{
				"description": "key of " + name, "deletion_window_in_days": pick(bad, 7, 30), "enable_key_rotation": true, "is_enabled": true,
				"key_usage": "ENCRYPT_DECRYPT", "customer_master_key_spec": "SYMMETRIC_DEFAULT", "bypass_policy_lockout_safety_check": false,
			})
		},
	},
	{
		"aws_lb_listener", unset("alpn_policy", "certificate_arn", "ssl_policy", "tcp_idle_timeout_seconds"),
		map[string]string{"load_balancer_arn": "aws_lb.main"},
		func(_ *rand.Rand, _ string, bad bool) (object, object, object) {
			return after(object{
				"port": pick(bad, 80, 443), "protocol": pick(bad, "HTTP", "HTTPS"),
				"load_balancer_arn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/main/0a1b2c3d4e5f6071",
				"default_action": []any{object{
					"type": "forward", "order": nil, "forward": []any{}, "redirect": []any{}, "fixed_response": []any{},
					"target_group_arn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/main/0a1b2c3d4e5f6071",
				}},
			})
		},
	},
	{
		"aws_secretsmanager_secret", unset("policy", "description"), nil,
		func(_ *rand.Rand, name string, bad bool) (object, object, object) {
			return after(object{
				"name": "bench/" + name, "recovery_window_in_days": 30, "force_overwrite_replica_secret": false, "replica": []any{},
				"kms_key_id": pick[any](bad, nil, "arn:aws:kms:eu-west-1:111122223333:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"),
			})
		},
	},
	{
		"aws_eks_cluster", unset("bootstrap_self_managed_addons", "version"), nil,
		func(_ *rand.Rand, name string, bad bool) (object, object, object) {
			v, u, s := after(object{
				"name": name, "role_arn": "arn:aws:iam::111122223333:role/eks", "enabled_cluster_log_types": []any{"api", "audit"},
				"vpc_config": []any{object{
					"endpoint_public_access": bad, "endpoint_private_access": true, "public_access_cidrs": []any{"0.0.0.0/0"},
					"subnet_ids": []any{"subnet-0a1b2c3d4e5f60718", "subnet-0a1b2c3d4e5f60719"}, "security_group_ids": []any{},
				}},
				"encryption_config": []any{}, "outpost_config": []any{}, "remote_network_config": []any{}, "zonal_shift_config": []any{},
			})
			u["endpoint"], u["certificate_authority"] = true, true
			return v, u, s
		},
	},
	{
		"aws_sqs_queue", unset("redrive_policy", "redrive_allow_policy", "policy", "kms_master_key_id"), nil,
		func(_ *rand.Rand, name string, bad bool) (object, object, object) {
			return after(object{
				"name": name, "fifo_queue": false, "sqs_managed_sse_enabled": !bad, "delay_seconds": 0, "max_message_size": 262144,
				"message_retention_seconds": 345600, "receive_wait_time_seconds": 0, "visibility_timeout_seconds": 30,
				"content_based_deduplication": false,
			})
		},
	},
	{
		"aws_cloudwatch_log_group", unset("log_group_class"), nil,
		func(_ *rand.Rand, name string, bad bool) (object, object, object) {
			return after(object{
				"name": "/bench/" + name, "retention_in_days": pick(bad, 0, 365), "skip_destroy": false,
				"kms_key_id": "arn:aws:kms:eu-west-1:111122223333:key/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
			})
		},
	},
}
