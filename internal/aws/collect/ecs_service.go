package collect

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/ecs"
	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func ecsService() aws.Type {
	return aws.Type{
		Name:    "aws_ecs_service",
		Service: "ecs",
		Parent:  "aws_ecs_cluster",
		Actions: []string{"ecs:DescribeServices", ecsListAction, "ecs:ListServices"},
		Filled: []string{
			"availability_zone_rebalancing", "cluster", "deployment_circuit_breaker", "deployment_controller",
			"deployment_maximum_percent", "deployment_minimum_healthy_percent", "desired_count", "enable_ecs_managed_tags",
			"enable_execute_command", "health_check_grace_period_seconds", "launch_type", "load_balancer", "name",
			"network_configuration", "platform_version", "propagate_tags", "scheduling_strategy", "service_registries", "tags",
			"task_definition",
		},
		ConfigOnly: []string{"force_delete", "force_new_deployment", "timeouts", "triggers", "wait_for_steady_state"},
		Volatile:   []string{"desired_count"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			clusters, err := ecsClusters(ctx, s)
			if err != nil {
				return err
			}
			c := aws.Client(s, ecs.NewFromConfig)
			return aws.Each(ctx, out, clusters, func(ctx context.Context, cluster string) error {
				var arns []string
				p := ecs.NewListServicesPaginator(c, &ecs.ListServicesInput{Cluster: &cluster})
				for p.HasMorePages() {
					page, err := p.NextPage(ctx)
					if aws.Is(err, "ClusterNotFoundException") { // deleted meanwhile
						return nil
					}
					if err != nil {
						return out.Gap(cluster, err)
					}
					arns = append(arns, page.ServiceArns...)
				}
				for batch := range slices.Chunk(arns, 10) { // the most that one call describes
					got, err := c.DescribeServices(ctx, &ecs.DescribeServicesInput{
						Cluster: &cluster, Services: batch, Include: []ecstypes.ServiceField{ecstypes.ServiceFieldTags},
					})
					if err != nil {
						return out.Gap(cluster, err)
					}
					for _, f := range got.Failures {
						if aws.String(f.Reason) != ecsMissing {
							err := fmt.Errorf("%s was not described: %s %s", aws.String(f.Arn), aws.String(f.Reason), aws.String(f.Detail))
							if err := out.Gap(cluster, err); err != nil {
								return err
							}
						}
					}
					for _, d := range got.Services {
						if aws.String(d.Status) != ecsInactive {
							out.Add(aws.Item{
								ID: aws.String(d.ServiceArn), ARN: aws.String(d.ServiceArn), Name: aws.String(d.ServiceName), Values: ecsServiceValues(d),
							})
						}
					}
				}
				return nil
			})
		},
	}
}

func ecsServiceValues(d ecstypes.Service) map[string]any {
	v := map[string]any{
		"availability_zone_rebalancing":     d.AvailabilityZoneRebalancing,
		"cluster":                           d.ClusterArn,
		"deployment_circuit_breaker":        []any{},
		"deployment_controller":             aws.Block(map[string]any{"type": ecstypes.DeploymentControllerTypeEcs}),
		"desired_count":                     d.DesiredCount,
		"enable_ecs_managed_tags":           d.EnableECSManagedTags,
		"enable_execute_command":            d.EnableExecuteCommand,
		"health_check_grace_period_seconds": d.HealthCheckGracePeriodSeconds,
		"launch_type":                       d.LaunchType,
		"load_balancer": aws.SetOf(d.LoadBalancers, func(l ecstypes.LoadBalancer) map[string]any {
			return map[string]any{
				"container_name": l.ContainerName, "container_port": l.ContainerPort, "elb_name": l.LoadBalancerName, "target_group_arn": l.TargetGroupArn,
			}
		}),
		"name":                  d.ServiceName,
		"network_configuration": []any{},
		"platform_version":      d.PlatformVersion,
		"propagate_tags":        d.PropagateTags,
		"scheduling_strategy":   d.SchedulingStrategy,
		"service_registries": aws.Blocks(d.ServiceRegistries, func(r ecstypes.ServiceRegistry) map[string]any {
			return map[string]any{
				"container_name": r.ContainerName, "container_port": r.ContainerPort, "port": r.Port, "registry_arn": r.RegistryArn,
			}
		}),
		"tags":            ecsTags(d.Tags),
		"task_definition": d.TaskDefinition,
	}
	if c := d.DeploymentController; c != nil {
		v["deployment_controller"] = aws.Block(map[string]any{"type": c.Type})
	}
	if c := d.DeploymentConfiguration; c != nil {
		v["deployment_maximum_percent"], v["deployment_minimum_healthy_percent"] = c.MaximumPercent, c.MinimumHealthyPercent
		if b := c.DeploymentCircuitBreaker; b != nil {
			v["deployment_circuit_breaker"] = aws.Block(map[string]any{"enable": b.Enable, "rollback": b.Rollback})
		}
	}
	if n := d.NetworkConfiguration; n != nil && n.AwsvpcConfiguration != nil {
		a := n.AwsvpcConfiguration
		v["network_configuration"] = aws.Block(map[string]any{
			"assign_public_ip": a.AssignPublicIp == ecstypes.AssignPublicIpEnabled,
			"security_groups":  aws.Set(a.SecurityGroups),
			"subnets":          aws.Set(a.Subnets),
		})
	}
	return v
}
