// Package binding knows which AWS API calls set an attribute of a Terraform
// resource, and under which condition key AWS lets a policy see the value.
//
// A [Binding] is the fact that an attribute reaches an operation as a condition
// key: metadata_options[].http_tokens reaches ec2:RunInstances as
// ec2:MetadataHttpTokens. The compiler turns policies into IAM conditions with
// it; the verifier turns resources into [Request] values with it and asks the
// simulator what a guardrail would say. Both read the same facts, so they
// cannot disagree about what AWS sends.
//
// # Silence
//
// What a missing attribute means depends on the call. When something is
// created, [Absent] says whether the key is then missing, holds a default, or
// whether nobody has written it down. When something is updated, a missing key
// always means that the setting stays as it is: update calls carry only what
// changes. A condition on an update must therefore be a positive match, or a
// negated one together with Null = false.
//
// Keys with the names of creation, on calls that modify, describe the resource
// as it is and not as it is asked to become. They are no bindings here. For EC2
// the requested value is ec2:Attribute/<Name>.
//
// # Evidence
//
// The names of operations and keys are those of the AWS service authorization
// reference (https://docs.aws.amazon.com/service-authorization/latest/reference/),
// and a test holds the data to it. The reference does not say when a key is
// filled. [Trust] says how well that is known: documented in AWS's guides or
// example policies, reported by users, inferred from the reference alone, or
// doubtful, where sources disagree or deny it. Nothing was tried on a live
// account. Attributes are those of the provider hashicorp/aws 5.100.0.
//
// # Data
//
// data/<service>.json holds one line for every resource type (its operations
// and its ARN) and one for every binding. A line of a binding lists operations
// under one of these words:
//
//	create       made to create the resource
//	replace      sets the whole value, at creation and later (s3:PutBucketAcl)
//	update       changes an existing resource
//	follow_up    as update, but Terraform makes the call at creation too
//	also         makes something else with the same setting: a way round
//	also_update  as also, with the meaning of an update
//
// An operation of a type may have a condition on the attribute that chooses it:
// "cloudtrail:StopLogging if false" among the updates of enable_logging,
// "ec2:AttachInternetGateway if vpc_id is set" among those that create.
//
// "omit" lists values that Terraform does not send when it creates the
// resource, because they are the service's default: an internet-facing load
// balancer is one without a scheme.
package binding
