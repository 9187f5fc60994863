output "arns" {
  description = "The ARN of the permissions boundary, by document: what permissions_boundary of aws_iam_role and aws_iam_user takes."
  value       = { for name, p in aws_iam_policy.boundary : name => p.arn }
}
