package collect

import (
	"context"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	codebuildtypes "github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func codebuildProject() aws.Type {
	return aws.Type{
		Name:    "aws_codebuild_project",
		Service: "codebuild",
		Actions: []string{"codebuild:BatchGetProjects", "codebuild:ListProjects"},
		Filled: []string{
			"arn", "artifacts", "badge_enabled", "build_timeout", "concurrent_build_limit", "description", "encryption_key",
			"environment[].certificate", "environment[].compute_type", "environment[].environment_variable", "environment[].image",
			"environment[].image_pull_credentials_type", "environment[].privileged_mode", "environment[].registry_credential",
			"environment[].type", "logs_config", "name", "project_visibility", "public_project_alias", "queued_timeout",
			"resource_access_role", "service_role", "source[].buildspec", "source[].git_clone_depth", "source[].insecure_ssl",
			"source[].location", "source[].report_build_status", "source[].type", "source_version", "tags", "vpc_config",
		},
		Sensitive: []string{"environment"}, // its variables may be in the clear
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, codebuild.NewFromConfig)
			var names []string
			p := codebuild.NewListProjectsPaginator(c, &codebuild.ListProjectsInput{})
			for p.HasMorePages() {
				page, err := p.NextPage(ctx)
				if err != nil {
					return err
				}
				names = append(names, page.Projects...)
			}
			for batch := range slices.Chunk(names, 100) { // the most that one call describes
				got, err := c.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: batch})
				if status, _ := aws.Classify(err); err != nil && status == aws.DeniedByIAM {
					// One project that may not be read denies the whole batch.
					err = aws.Each(ctx, out, batch, func(ctx context.Context, name string) error {
						return codebuildOne(ctx, s, c, out, name)
					})
					if err != nil {
						return err
					}
					continue
				}
				if err != nil {
					return err
				}
				codebuildAdd(out, got.Projects)
			}
			return nil
		},
	}
}

// codebuildOne reads one project, and knows but the name of one that is denied.
func codebuildOne(ctx context.Context, s *aws.Session, c *codebuild.Client, out *aws.Out, name string) error {
	got, err := c.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: []string{name}})
	if err != nil {
		arn := s.ARN("codebuild", "project/"+name)
		return unread(out, codebuildProject().Filled, aws.Item{ID: arn, ARN: arn, Name: name, Values: map[string]any{"name": name}}, err)
	}
	codebuildAdd(out, got.Projects)
	return nil
}

func codebuildAdd(out *aws.Out, projects []codebuildtypes.Project) {
	for _, d := range projects {
		out.Add(aws.Item{ID: aws.String(d.Arn), ARN: aws.String(d.Arn), Name: aws.String(d.Name), Values: codebuildProjectValues(d)})
	}
}

func codebuildProjectValues(d codebuildtypes.Project) map[string]any {
	v := map[string]any{
		"artifacts":              []any{},
		"build_timeout":          d.TimeoutInMinutes,
		"concurrent_build_limit": d.ConcurrentBuildLimit,
		"description":            d.Description,
		"encryption_key":         d.EncryptionKey,
		"environment":            codebuildEnvironment(d.Environment),
		"logs_config":            codebuildLogs(d.LogsConfig),
		"name":                   d.Name,
		"project_visibility":     d.ProjectVisibility,
		"public_project_alias":   d.PublicProjectAlias,
		"queued_timeout":         d.QueuedTimeoutInMinutes,
		"resource_access_role":   d.ResourceAccessRole,
		"service_role":           d.ServiceRole,
		"source":                 []any{},
		"source_version":         d.SourceVersion,
		"tags":                   aws.Tags(d.Tags, func(t codebuildtypes.Tag) (*string, *string) { return t.Key, t.Value }),
		"vpc_config":             []any{},
	}
	if d.Badge != nil {
		v["badge_enabled"] = d.Badge.BadgeEnabled
	}
	if a := d.Artifacts; a != nil {
		v["artifacts"] = aws.Block(map[string]any{
			"artifact_identifier":    a.ArtifactIdentifier,
			"bucket_owner_access":    a.BucketOwnerAccess,
			"encryption_disabled":    a.EncryptionDisabled,
			"location":               a.Location,
			"name":                   a.Name,
			"namespace_type":         a.NamespaceType,
			"override_artifact_name": a.OverrideArtifactName,
			"packaging":              a.Packaging,
			"path":                   a.Path,
			"type":                   a.Type,
		})
	}
	if x := d.Source; x != nil {
		v["source"] = aws.Block(map[string]any{
			"buildspec":           x.Buildspec,
			"git_clone_depth":     x.GitCloneDepth,
			"insecure_ssl":        x.InsecureSsl,
			"location":            x.Location,
			"report_build_status": x.ReportBuildStatus,
			"type":                x.Type,
		})
	}
	if n := d.VpcConfig; n != nil && aws.String(n.VpcId) != "" {
		v["vpc_config"] = aws.Block(map[string]any{
			"security_group_ids": aws.Set(n.SecurityGroupIds), "subnets": aws.Set(n.Subnets), "vpc_id": n.VpcId,
		})
	}
	return v
}

func codebuildEnvironment(e *codebuildtypes.ProjectEnvironment) []any {
	if e == nil {
		return []any{}
	}
	credential := []any{}
	if r := e.RegistryCredential; r != nil {
		credential = aws.Block(map[string]any{"credential": r.Credential, "credential_provider": r.CredentialProvider})
	}
	return aws.Block(map[string]any{
		"certificate":  e.Certificate,
		"compute_type": e.ComputeType,
		"environment_variable": aws.Blocks(e.EnvironmentVariables, func(x codebuildtypes.EnvironmentVariable) map[string]any {
			return map[string]any{"name": x.Name, "type": x.Type, "value": x.Value}
		}),
		"image":                       e.Image,
		"image_pull_credentials_type": e.ImagePullCredentialsType,
		"privileged_mode":             e.PrivilegedMode,
		"registry_credential":         credential,
		"type":                        e.Type,
	})
}

func codebuildLogs(l *codebuildtypes.LogsConfig) []any {
	if l == nil {
		return []any{}
	}
	block := map[string]any{"cloudwatch_logs": []any{}, "s3_logs": []any{}}
	if x := l.CloudWatchLogs; x != nil {
		block["cloudwatch_logs"] = aws.Block(map[string]any{"group_name": x.GroupName, "status": x.Status, "stream_name": x.StreamName})
	}
	if x := l.S3Logs; x != nil {
		block["s3_logs"] = aws.Block(map[string]any{
			"bucket_owner_access": x.BucketOwnerAccess, "encryption_disabled": x.EncryptionDisabled, "location": x.Location, "status": x.Status,
		})
	}
	return aws.Block(block)
}
