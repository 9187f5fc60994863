package collect

import (
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/aws"
)

// Types returns the table of collectors, sorted by type.
func Types() []aws.Type {
	list := []aws.Type{
		dbInstance(),
		ebsEncryptionByDefault(),
		accessAnalyzerAnalyzer(),
		cloudTrail(),
		cloudWatchLogGroup(),
		configConfigurationRecorder(),
		configConfigurationRecorderStatus(),
		guardDutyDetector(),
		organizationsAccount(),
		organizationsOrganizationalUnit(),
		organizationsPolicy(),
		organizationsPolicyAttachment(),
		secretsManagerSecret(),
		secretsManagerSecretPolicy(),
		securityHubAccount(),
		snsTopic(),
		sqsQueue(),
		sqsQueuePolicy(),

		ami(),
		autoscalingGroup(),
		ebsDefaultKMSKey(),
		ebsSnapshot(),
		ebsSnapshotBlockPublicAccess(),
		ebsVolume(),
		ec2ImageBlockPublicAccess(),
		ec2InstanceMetadataDefaults(),
		ec2SerialConsoleAccess(),
		eip(),
		flowLog(),
		instance(),
		internetGateway(),
		launchTemplate(),
		lb(),
		lbListener(),
		lbTargetGroup(),
		natGateway(),
		networkACL(),
		networkInterface(),
		routeTable(),
		securityGroup(),
		subnet(),
		vpc(),
		vpcEndpoint(),
		vpcSecurityGroupEgressRule(),
		vpcSecurityGroupIngressRule(),

		iamAccessKey(),
		iamAccountAlias(),
		iamAccountPasswordPolicy(),
		iamAccountSummary(),
		iamCredentialReport(),
		iamGroup(),
		iamGroupPolicy(),
		iamGroupPolicyAttachment(),
		iamInstanceProfile(),
		iamOpenIDConnectProvider(),
		iamPolicy(),
		iamRole(),
		iamRolePolicy(),
		iamRolePolicyAttachment(),
		iamServerCertificate(),
		iamUser(),
		iamUserPolicy(),
		iamUserPolicyAttachment(),

		acmCertificate(),

		apiGatewayRestAPI(),
		apiGatewayStage(),
		apigatewayv2API(),

		athenaWorkgroup(),
		backupVault(),
		cloudfrontDistribution(),
		codebuildProject(),
		mskCluster(),
		route53Zone(),
		sfnStateMachine(),
		ssmDocument(),
		wafv2WebACL(),

		dbClusterSnapshot(),
		dbSnapshot(),
		docdbCluster(),

		dynamodbTable(),

		ecrRepository(),
		ecrRepositoryPolicy(),

		ecsCluster(),
		ecsService(),
		ecsTaskDefinition(),

		efsFileSystem(),
		efsFileSystemPolicy(),

		eksCluster(),
		eksNodeGroup(),

		elasticacheCluster(),
		elasticacheReplicationGroup(),

		kinesisStream(),

		lambdaFunction(),
		lambdaFunctionURL(),
		lambdaPermission(),

		opensearchDomain(),

		redshiftCluster(),

		rdsCluster(),
		rdsClusterInstance(),

		kmsAlias(),
		kmsKey(),

		s3AccountPublicAccessBlock(),
		s3Bucket(),
		s3BucketACL(),
		s3BucketLifecycleConfiguration(),
		s3BucketLogging(),
		s3BucketObjectLockConfiguration(),
		s3BucketOwnershipControls(),
		s3BucketPolicy(),
		s3BucketServerSideEncryptionConfiguration(),
		s3BucketWebsiteConfiguration(),
		s3BucketPublicAccessBlock(),
		s3BucketVersioning(),
	}
	slices.SortFunc(list, func(a, b aws.Type) int { return strings.Compare(a.Name, b.Name) })
	return list
}
