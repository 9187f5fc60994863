# METADATA
# title: The API server of EKS clusters is not public
# description: >-
#   The API server runs the cluster. On a public endpoint, a stolen token works
#   from anywhere, and every flaw of the API server can be tried by everyone.
# custom:
#   id: aws-eks-public-endpoint
#   severity: high
#   frameworks:
#     aws-fsbp: ["EKS.1"]
#   remediation: >-
#     Set vpc_config.endpoint_public_access to false and
#     endpoint_private_access to true, and reach the cluster through the
#     network.
package parapet.aws.eks.public_endpoint

# The default is a public endpoint, so silence is a violation.
deny contains violation if {
	input.resource.type == "aws_eks_cluster"
	not input.resource.values.vpc_config[0].endpoint_public_access == false
	violation := {"msg": "has a public API server", "attribute": "vpc_config[0].endpoint_public_access"}
}
