package iamdata

// globalKeys are the keys that come with requests to any service, under the
// conditions that their documentation tells. Sources, IAM User Guide:
// reference_policies_condition-keys (the global keys and the cross-service
// keys). The service rows list aws:RequestTag, aws:ResourceTag and aws:TagKeys
// where they come, so these are not here.
var globalKeys = []Key{
	{"aws:AssumedRoot", "Bool"},
	{"aws:CalledVia", "ArrayOfString"},
	{"aws:CalledViaAWSMCP", "String"},
	{"aws:CalledViaFirst", "String"},
	{"aws:CalledViaLast", "String"},
	{"aws:ChatbotSourceArn", "ARN"},
	{"aws:CurrentTime", "Date"},
	{"aws:Ec2InstanceSourcePrivateIPv4", "IPAddress"},
	{"aws:Ec2InstanceSourceVpc", "String"},
	{"aws:EpochTime", "Date"},
	{"aws:FederatedProvider", "String"},
	{"aws:IsMcpServiceAction", "Bool"},
	{"aws:MultiFactorAuthAge", "Numeric"},
	{"aws:MultiFactorAuthPresent", "Bool"},
	{"aws:PrincipalAccount", "String"},
	{"aws:PrincipalArn", "ARN"},
	{"aws:PrincipalIsAWSService", "Bool"},
	{"aws:PrincipalOrgID", "String"},
	{"aws:PrincipalOrgPaths", "ArrayOfString"},
	{"aws:PrincipalServiceName", "String"},
	{"aws:PrincipalServiceNamesList", "ArrayOfString"},
	{"aws:PrincipalTag/${TagKey}", "String"},
	{"aws:PrincipalType", "String"},
	{"aws:Referer", "String"},
	{"aws:RequestedRegion", "String"},
	{"aws:ResourceAccount", "String"},
	{"aws:ResourceOrgID", "String"},
	{"aws:ResourceOrgPaths", "ArrayOfString"},
	{"aws:SecureTransport", "Bool"},
	{"aws:SourceAccount", "String"},
	{"aws:SourceArn", "ARN"},
	{"aws:SourceIdentity", "String"},
	{"aws:SourceIp", "IPAddress"},
	{"aws:SourceOrgID", "String"},
	{"aws:SourceOrgPaths", "ArrayOfString"},
	{"aws:SourceOwner", "String"},
	{"aws:SourceVpc", "String"},
	{"aws:SourceVpcArn", "ARN"},
	{"aws:SourceVpce", "String"},
	{"aws:TokenIssueTime", "Date"},
	{"aws:UserAgent", "String"},
	{"aws:userid", "String"},
	{"aws:username", "String"},
	{"aws:ViaAWSService", "Bool"},
	{"aws:VpcSourceIp", "IPAddress"},
	{"aws:VpceAccount", "String"},
	{"aws:VpceOrgID", "String"},
	{"aws:VpceOrgPaths", "ArrayOfString"},
	{"codebuild:BuildArn", "ARN"},
	{"codebuild:ProjectArn", "ARN"},
	{"ec2:RoleDelivery", "Numeric"},
	{"ec2:SourceInstanceArn", "ARN"},
	{"glue:CredentialIssuingService", "String"},
	{"glue:RoleAssumedBy", "String"},
	{"identitystore:UserId", "String"},
	{"lambda:SourceFunctionArn", "ARN"},
	{"ssm:SourceInstanceArn", "ARN"},
}

// GlobalKey returns the key that requests to any service can carry, with this
// name in any case.
func GlobalKey(name string) (Key, bool) {
	for _, k := range globalKeys {
		if MatchKey(k.Name, name) {
			return k, true
		}
	}
	return Key{}, false
}
