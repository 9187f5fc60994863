package drift

// commonKeys are attributes that identify a resource of most types within its
// account and Region, in the order in which they are tried. They serve where
// the code does not know ids yet.
var commonKeys = []string{
	"bucket", "function_name", "cluster_identifier", "identifier", "replication_group_id", "cluster_id",
	"domain_name", "repository", "alias", "table_name", "name", "key_name",
}

// naturalKeys says what identifies a resource where the common keys do not. No
// attributes: there is one for each account and Region. A question mark marks
// an attribute that may be missing.
var naturalKeys = map[string][]string{
	"aws_ebs_encryption_by_default":             {},
	"aws_ebs_default_kms_key":                   {},
	"aws_ebs_snapshot_block_public_access":      {},
	"aws_ec2_instance_metadata_defaults":        {},
	"aws_ec2_image_block_public_access":         {},
	"aws_ec2_serial_console_access":             {},
	"aws_iam_account_password_policy":           {},
	"aws_s3_account_public_access_block":        {},
	"aws_emr_block_public_access_configuration": {},
	"aws_guardduty_detector":                    {},
	"aws_securityhub_account":                   {},
	"aws_macie2_account":                        {},
	"aws_iam_account_alias":                     {},
	"aws_ecr_registry_scanning_configuration":   {},
	"aws_vpc_block_public_access_options":       {},
	"aws_organizations_organization":            {},

	"aws_iam_role_policy_attachment":        {"role", "policy_arn"},
	"aws_iam_user_policy_attachment":        {"user", "policy_arn"},
	"aws_iam_group_policy_attachment":       {"group", "policy_arn"},
	"aws_iam_role_policy":                   {"role", "name"},
	"aws_iam_user_policy":                   {"user", "name"},
	"aws_iam_group_policy":                  {"group", "name"},
	"aws_iam_access_key":                    {"id"},
	"aws_lambda_permission":                 {"function_name", "statement_id", "qualifier?"},
	"aws_lambda_function_url":               {"function_name", "qualifier?"},
	"aws_route":                             {"route_table_id", "destination_cidr_block?", "destination_ipv6_cidr_block?", "destination_prefix_list_id?"},
	"aws_route_table_association":           {"route_table_id", "subnet_id?", "gateway_id?"},
	"aws_volume_attachment":                 {"volume_id", "instance_id"},
	"aws_organizations_policy_attachment":   {"policy_id", "target_id"},
	"aws_sns_topic_policy":                  {"arn"},
	"aws_sqs_queue_policy":                  {"queue_url"},
	"aws_kms_key_policy":                    {"key_id"},
	"aws_network_acl_rule":                  {"network_acl_id", "rule_number", "egress?"},
	"aws_api_gateway_stage":                 {"rest_api_id", "stage_name"},
	"aws_apigatewayv2_stage":                {"api_id", "name"},
	"aws_api_gateway_rest_api":              {"name"},
	"aws_ecs_service":                       {"cluster", "name"},
	"aws_eks_node_group":                    {"cluster_name", "node_group_name"},
	"aws_cloudwatch_log_metric_filter":      {"log_group_name", "name"},
	"aws_instance":                          {"id"}, // a name would be a tag, which many may share
	"aws_ebs_volume":                        {"id"},
	"aws_ami":                               {"id"},
	"aws_ebs_snapshot":                      {"id"},
	"aws_db_snapshot":                       {"db_snapshot_identifier"},
	"aws_db_cluster_snapshot":               {"db_cluster_snapshot_identifier"},
	"aws_security_group":                    {"vpc_id", "name"},
	"aws_launch_template":                   {"name"},
	"aws_kms_key":                           {"key_id"},
	"aws_secretsmanager_secret_policy":      {"secret_arn"},
	"aws_cloudtrail":                        {"name"},
	"aws_sqs_queue":                         {"name"},
	"aws_ecr_repository_policy":             {"repository"},
	"aws_efs_file_system":                   {"creation_token"},
	"aws_efs_file_system_policy":            {"file_system_id"},
	"aws_s3_bucket_acl":                     {"bucket"},
	"aws_vpc":                               {"id"},
	"aws_subnet":                            {"id"},
	"aws_cloudfront_distribution":           {"id"},
	"aws_backup_vault_policy":               {"backup_vault_name"},
	"aws_glue_resource_policy":              {},
	"aws_vpc_security_group_ingress_rule":   {"security_group_rule_id"},
	"aws_vpc_security_group_egress_rule":    {"security_group_rule_id"},
	"aws_ssm_document":                      {"name"},
	"aws_wafv2_web_acl":                     {"scope", "name"},
	"aws_wafv2_web_acl_association":         {"resource_arn"},
	"aws_autoscaling_group":                 {"name"},
	"aws_organizations_account":             {"id"},
	"aws_organizations_policy":              {"id"},
	"aws_organizations_organizational_unit": {"parent_id", "name"},
}

// madeUp lists the types whose id Terraform makes up when it creates them, so
// that live state cannot know it.
var madeUp = map[string]bool{
	"aws_iam_role_policy_attachment":            true,
	"aws_iam_user_policy_attachment":            true,
	"aws_iam_group_policy_attachment":           true,
	"aws_ebs_encryption_by_default":             true,
	"aws_ebs_snapshot_block_public_access":      true,
	"aws_ec2_instance_metadata_defaults":        true,
	"aws_ec2_serial_console_access":             true,
	"aws_security_group_rule":                   true,
	"aws_volume_attachment":                     true,
	"aws_route":                                 true,
	"aws_network_acl_rule":                      true,
	"aws_emr_block_public_access_configuration": true,
}

// byName lists attributes in which the code may write a name where AWS tells the
// ARN that ends with it. A family of task definitions without a revision means
// any of them.
// https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateService.html
var byName = map[string][]string{
	"aws_ecs_service": {"cluster", "iam_role", "task_definition"},
}

// overlap says that an attribute of a type is also managed by resources of
// another type that name it: Terraform keeps both in its state, and the first
// is behind the second until the next refresh.
type overlap struct {
	resourceType, attribute string
	by, via                 string // the other type, and its attribute that names the resource
}

var overlaps = []overlap{
	{"aws_security_group", "ingress", "aws_security_group_rule", "security_group_id"},
	{"aws_security_group", "egress", "aws_security_group_rule", "security_group_id"},
	{"aws_security_group", "ingress", "aws_vpc_security_group_ingress_rule", "security_group_id"},
	{"aws_security_group", "egress", "aws_vpc_security_group_egress_rule", "security_group_id"},
	{"aws_iam_role", "inline_policy", "aws_iam_role_policy", "role"},
	{"aws_iam_role", "managed_policy_arns", "aws_iam_role_policy_attachment", "role"},
	{"aws_iam_role", "managed_policy_arns", "aws_iam_policy_attachment", "roles"},
	{"aws_route_table", "route", "aws_route", "route_table_id"},
	{"aws_instance", "ebs_block_device", "aws_volume_attachment", "instance_id"},
	{"aws_instance", "vpc_security_group_ids", "aws_network_interface_sg_attachment", "network_interface_id"},
	{"aws_network_acl", "ingress", "aws_network_acl_rule", "network_acl_id"},
	{"aws_network_acl", "egress", "aws_network_acl_rule", "network_acl_id"},
	{"aws_network_acl", "subnet_ids", "aws_network_acl_association", "network_acl_id"},
	{"aws_autoscaling_group", "target_group_arns", "aws_autoscaling_attachment", "autoscaling_group_name"},
	{"aws_autoscaling_group", "load_balancers", "aws_autoscaling_attachment", "autoscaling_group_name"},
	{"aws_elb", "instances", "aws_elb_attachment", "elb"},
	{"aws_ecs_cluster", "capacity_providers", "aws_ecs_cluster_capacity_providers", "cluster_name"},
	{"aws_sns_topic", "policy", "aws_sns_topic_policy", "arn"},
	{"aws_sqs_queue", "policy", "aws_sqs_queue_policy", "queue_url"},
	{"aws_sqs_queue", "redrive_policy", "aws_sqs_queue_redrive_policy", "queue_url"},
	{"aws_kms_key", "policy", "aws_kms_key_policy", "key_id"},
	{"aws_secretsmanager_secret", "policy", "aws_secretsmanager_secret_policy", "secret_arn"},
	{"aws_vpc_endpoint", "policy", "aws_vpc_endpoint_policy", "vpc_endpoint_id"},
	{"aws_vpc_endpoint", "route_table_ids", "aws_vpc_endpoint_route_table_association", "vpc_endpoint_id"},
	{"aws_vpc_endpoint", "subnet_ids", "aws_vpc_endpoint_subnet_association", "vpc_endpoint_id"},
	{"aws_vpc_endpoint", "security_group_ids", "aws_vpc_endpoint_security_group_association", "vpc_endpoint_id"},
	{"aws_iam_group", "users", "aws_iam_group_membership", "group"},
	{"aws_elasticsearch_domain", "access_policies", "aws_elasticsearch_domain_policy", "domain_name"},
	{"aws_opensearch_domain", "access_policies", "aws_opensearch_domain_policy", "domain_name"},
	{"aws_api_gateway_rest_api", "policy", "aws_api_gateway_rest_api_policy", "rest_api_id"},
	{"aws_rds_cluster", "iam_roles", "aws_rds_cluster_role_association", "db_cluster_identifier"},
	{"aws_s3_bucket", "versioning", "aws_s3_bucket_versioning", "bucket"},
	{"aws_s3_bucket", "logging", "aws_s3_bucket_logging", "bucket"},
	{"aws_s3_bucket", "policy", "aws_s3_bucket_policy", "bucket"},
	{"aws_s3_bucket", "acl", "aws_s3_bucket_acl", "bucket"},
	{"aws_s3_bucket", "grant", "aws_s3_bucket_acl", "bucket"},
	{"aws_s3_bucket", "website", "aws_s3_bucket_website_configuration", "bucket"},
	{"aws_s3_bucket", "cors_rule", "aws_s3_bucket_cors_configuration", "bucket"},
	{"aws_s3_bucket", "lifecycle_rule", "aws_s3_bucket_lifecycle_configuration", "bucket"},
	{"aws_s3_bucket", "replication_configuration", "aws_s3_bucket_replication_configuration", "bucket"},
	{"aws_s3_bucket", "server_side_encryption_configuration", "aws_s3_bucket_server_side_encryption_configuration", "bucket"},
	{"aws_s3_bucket", "object_lock_configuration", "aws_s3_bucket_object_lock_configuration", "bucket"},
}
