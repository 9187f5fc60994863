package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// ecsTaskDefinition collects the latest active revision of each family: the
// provider's id of a task definition is its family. Every deployment leaves a
// revision behind, and there may be hundreds of thousands of them.
func ecsTaskDefinition() aws.Type {
	return aws.Type{
		Name:    "aws_ecs_task_definition",
		Service: "ecs",
		Actions: []string{"ecs:DescribeTaskDefinition", "ecs:ListTaskDefinitionFamilies"},
		Filled: []string{
			"arn", "arn_without_revision", "container_definitions", "cpu", "enable_fault_injection", "ephemeral_storage",
			"execution_role_arn", "family", "ipc_mode", "memory", "network_mode", "pid_mode",
			"placement_constraints", "proxy_configuration", "requires_compatibilities", "revision", "runtime_platform", "tags",
			"task_role_arn", "volume",
		},
		Sensitive:  []string{"container_definitions"}, // has the environment of the containers
		ConfigOnly: []string{"skip_destroy", "track_latest"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			c := aws.Client(s, ecs.NewFromConfig)
			var families []string
			p := ecs.NewListTaskDefinitionFamiliesPaginator(c, &ecs.ListTaskDefinitionFamiliesInput{Status: ecstypes.TaskDefinitionFamilyStatusActive})
			if err := eachPage(ctx, p, func(page *ecs.ListTaskDefinitionFamiliesOutput) { families = append(families, page.Families...) }); err != nil {
				return err
			}
			return aws.Each(ctx, out, families, func(ctx context.Context, family string) error {
				got, err := c.DescribeTaskDefinition(ctx, &ecs.DescribeTaskDefinitionInput{
					TaskDefinition: &family, Include: []ecstypes.TaskDefinitionField{ecstypes.TaskDefinitionFieldTags},
				})
				if err != nil {
					it := aws.Item{ID: family, Values: map[string]any{"family": family}}
					return unread(out, ecsTaskDefinition().Filled, it, err)
				}
				if d := got.TaskDefinition; d != nil && d.Status != ecstypes.TaskDefinitionStatusInactive {
					v := ecsTaskDefinitionValues(d)
					v["tags"] = ecsTags(got.Tags)
					out.Add(aws.Item{ID: family, ARN: aws.String(d.TaskDefinitionArn), Values: v})
				}
				return nil
			})
		},
	}
}

func ecsTaskDefinitionValues(d *ecstypes.TaskDefinition) map[string]any {
	arn := aws.String(d.TaskDefinitionArn)
	v := map[string]any{
		"arn_without_revision":   arn[:max(0, strings.LastIndexByte(arn, ':'))],
		"container_definitions":  ecsContainers(d.ContainerDefinitions),
		"cpu":                    d.Cpu,
		"enable_fault_injection": d.EnableFaultInjection,
		"ephemeral_storage":      []any{},
		"execution_role_arn":     d.ExecutionRoleArn,
		"family":                 d.Family,
		"ipc_mode":               d.IpcMode,
		"memory":                 d.Memory,
		"network_mode":           d.NetworkMode,
		"pid_mode":               d.PidMode,
		"placement_constraints": aws.SetOf(d.PlacementConstraints, func(c ecstypes.TaskDefinitionPlacementConstraint) map[string]any {
			return map[string]any{"expression": c.Expression, "type": c.Type}
		}),
		"proxy_configuration":      []any{},
		"requires_compatibilities": aws.Set(d.RequiresCompatibilities),
		"revision":                 d.Revision,
		"runtime_platform":         []any{},
		"task_role_arn":            d.TaskRoleArn,
		"volume":                   aws.SetOf(d.Volumes, ecsVolume),
	}
	if e := d.EphemeralStorage; e != nil {
		v["ephemeral_storage"] = aws.Block(map[string]any{"size_in_gib": e.SizeInGiB})
	}
	if p := d.ProxyConfiguration; p != nil {
		properties := map[string]any{}
		for _, x := range p.Properties {
			properties[aws.String(x.Name)] = x.Value
		}
		v["proxy_configuration"] = aws.Block(map[string]any{"container_name": p.ContainerName, "properties": properties, "type": p.Type})
	}
	if p := d.RuntimePlatform; p != nil {
		v["runtime_platform"] = aws.Block(map[string]any{
			"cpu_architecture": p.CpuArchitecture, "operating_system_family": p.OperatingSystemFamily,
		})
	}
	return v
}

func ecsVolume(o ecstypes.Volume) map[string]any {
	docker, efs, fsx := []any{}, []any{}, []any{}
	if d := o.DockerVolumeConfiguration; d != nil {
		docker = aws.Block(map[string]any{
			"autoprovision": d.Autoprovision, "driver": d.Driver, "driver_opts": d.DriverOpts, "labels": d.Labels, "scope": d.Scope,
		})
	}
	if e := o.EfsVolumeConfiguration; e != nil {
		authorization := []any{}
		if a := e.AuthorizationConfig; a != nil {
			authorization = aws.Block(map[string]any{"access_point_id": a.AccessPointId, "iam": a.Iam})
		}
		efs = aws.Block(map[string]any{
			"authorization_config": authorization, "file_system_id": e.FileSystemId, "root_directory": e.RootDirectory,
			"transit_encryption": e.TransitEncryption, "transit_encryption_port": e.TransitEncryptionPort,
		})
	}
	if f := o.FsxWindowsFileServerVolumeConfiguration; f != nil {
		authorization := []any{}
		if a := f.AuthorizationConfig; a != nil {
			authorization = aws.Block(map[string]any{"credentials_parameter": a.CredentialsParameter, "domain": a.Domain})
		}
		fsx = aws.Block(map[string]any{
			"authorization_config": authorization, "file_system_id": f.FileSystemId, "root_directory": f.RootDirectory,
		})
	}
	v := map[string]any{
		"configure_at_launch": o.ConfiguredAtLaunch, "docker_volume_configuration": docker, "efs_volume_configuration": efs,
		"fsx_windows_file_server_volume_configuration": fsx, "name": o.Name,
	}
	if o.Host != nil {
		v["host_path"] = o.Host.SourcePath
	}
	return v
}
