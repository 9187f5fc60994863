package collect

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

func autoscalingGroup() aws.Type {
	return aws.Type{
		Name:    "aws_autoscaling_group",
		Service: "autoscaling",
		Actions: []string{"autoscaling:DescribeAutoScalingGroups"},
		Filled: []string{
			"arn", "availability_zone_distribution", "availability_zones", "capacity_rebalance", "capacity_reservation_specification",
			"context", "default_cooldown", "default_instance_warmup", "desired_capacity", "desired_capacity_type", "enabled_metrics",
			"health_check_grace_period", "health_check_type", "instance_maintenance_policy", "launch_configuration", "launch_template",
			"load_balancers", "max_instance_lifetime", "max_size", "min_size", "mixed_instances_policy[].instances_distribution",
			"mixed_instances_policy[].launch_template[].launch_template_specification",
			"mixed_instances_policy[].launch_template[].override[].instance_type",
			"mixed_instances_policy[].launch_template[].override[].launch_template_specification",
			"mixed_instances_policy[].launch_template[].override[].weighted_capacity", "name", "placement_group",
			"predicted_capacity", "protect_from_scale_in", "service_linked_role_arn", "suspended_processes", "tag", "target_group_arns",
			"termination_policies", "traffic_source", "vpc_zone_identifier", "warm_pool", "warm_pool_size",
		},
		ConfigOnly: []string{
			"force_delete", "force_delete_warm_pool", "ignore_failed_scaling_activities", "initial_lifecycle_hook", "instance_refresh",
			"min_elb_capacity", "name_prefix", "timeouts", "wait_for_capacity_timeout", "wait_for_elb_capacity",
		},
		// aws_autoscaling_attachment, aws_autoscaling_traffic_source_attachment.
		Overlap: []string{"load_balancers", "target_group_arns", "traffic_source"},
		// What scaling is there to change.
		Volatile: []string{"desired_capacity", "predicted_capacity", "warm_pool_size"},
		Collect: func(ctx context.Context, s *aws.Session, out *aws.Out) error {
			size := int32(100) // at most; 50 if nobody says
			p := autoscaling.NewDescribeAutoScalingGroupsPaginator(aws.Client(s, autoscaling.NewFromConfig), &autoscaling.DescribeAutoScalingGroupsInput{
				MaxRecords: &size,
			})
			return eachPage(ctx, p, func(page *autoscaling.DescribeAutoScalingGroupsOutput) {
				for _, g := range page.AutoScalingGroups {
					if g.Status == nil { // else it is being deleted
						out.Add(autoscalingGroupItem(g))
					}
				}
			})
		},
	}
}

func autoscalingGroupItem(g astypes.AutoScalingGroup) aws.Item {
	v := map[string]any{
		"availability_zone_distribution":     []any{},
		"availability_zones":                 aws.Set(g.AvailabilityZones),
		"capacity_rebalance":                 g.CapacityRebalance,
		"capacity_reservation_specification": autoscalingReservations(g.CapacityReservationSpecification),
		"context":                            g.Context,
		"default_cooldown":                   g.DefaultCooldown,
		"default_instance_warmup":            g.DefaultInstanceWarmup,
		"desired_capacity":                   g.DesiredCapacity,
		"desired_capacity_type":              g.DesiredCapacityType,
		"enabled_metrics":                    textsOf(g.EnabledMetrics, func(m astypes.EnabledMetric) *string { return m.Metric }),
		"health_check_grace_period":          g.HealthCheckGracePeriod,
		"health_check_type":                  g.HealthCheckType,
		"instance_maintenance_policy":        []any{},
		"launch_configuration":               g.LaunchConfigurationName,
		"launch_template":                    []any{},
		"load_balancers":                     aws.Set(g.LoadBalancerNames),
		"max_instance_lifetime":              g.MaxInstanceLifetime,
		"max_size":                           g.MaxSize,
		"min_size":                           g.MinSize,
		"mixed_instances_policy":             autoscalingMixed(g.MixedInstancesPolicy),
		"name":                               g.AutoScalingGroupName,
		"placement_group":                    g.PlacementGroup,
		"predicted_capacity":                 g.PredictedCapacity,
		"protect_from_scale_in":              g.NewInstancesProtectedFromScaleIn,
		"service_linked_role_arn":            g.ServiceLinkedRoleARN,
		"suspended_processes":                textsOf(g.SuspendedProcesses, func(p astypes.SuspendedProcess) *string { return p.ProcessName }),
		"tag":                                autoscalingTags(g.Tags),
		"target_group_arns":                  aws.Set(g.TargetGroupARNs),
		"termination_policies":               []any{},
		"traffic_source": aws.SetOf(g.TrafficSources, func(t astypes.TrafficSourceIdentifier) map[string]any {
			return map[string]any{"identifier": t.Identifier, "type": t.Type}
		}),
		"vpc_zone_identifier": []any{},
		"warm_pool":           []any{},
		"warm_pool_size":      g.WarmPoolSize,
	}
	if d := g.AvailabilityZoneDistribution; d != nil {
		v["availability_zone_distribution"] = aws.Block(map[string]any{"capacity_distribution_strategy": d.CapacityDistributionStrategy})
	}
	if p := g.InstanceMaintenancePolicy; p != nil {
		v["instance_maintenance_policy"] = aws.Block(map[string]any{
			"max_healthy_percentage": p.MaxHealthyPercentage, "min_healthy_percentage": p.MinHealthyPercentage,
		})
	}
	if t := g.LaunchTemplate; t != nil {
		v["launch_template"] = aws.Block(map[string]any{"id": t.LaunchTemplateId, "name": t.LaunchTemplateName, "version": t.Version})
	}
	// Groups that were given no policies say that they have the default one.
	if p := g.TerminationPolicies; len(p) != 1 || p[0] != "Default" {
		v["termination_policies"] = inOrder(p)
	}
	if subnets := aws.String(g.VPCZoneIdentifier); subnets != "" {
		v["vpc_zone_identifier"] = aws.Set(strings.Split(subnets, ","))
	}
	if w := g.WarmPoolConfiguration; w != nil {
		block := map[string]any{
			"instance_reuse_policy": []any{}, "max_group_prepared_capacity": -1, // when it is not set
			"min_size": w.MinSize, "pool_state": w.PoolState,
		}
		if w.MaxGroupPreparedCapacity != nil {
			block["max_group_prepared_capacity"] = w.MaxGroupPreparedCapacity
		}
		if r := w.InstanceReusePolicy; r != nil {
			block["instance_reuse_policy"] = aws.Block(map[string]any{"reuse_on_scale_in": r.ReuseOnScaleIn})
		}
		v["warm_pool"] = aws.Block(block)
	}
	name := aws.String(g.AutoScalingGroupName)
	return aws.Item{ID: name, ARN: aws.String(g.AutoScalingGroupARN), Values: v}
}

// autoscalingTags makes the blocks of tags, without those of AWS itself.
func autoscalingTags(tags []astypes.TagDescription) []any {
	var own []astypes.TagDescription
	for _, t := range tags {
		if !strings.HasPrefix(aws.String(t.Key), "aws:") {
			own = append(own, t)
		}
	}
	return aws.SetOf(own, func(t astypes.TagDescription) map[string]any {
		return map[string]any{"key": t.Key, "propagate_at_launch": t.PropagateAtLaunch, "value": aws.String(t.Value)}
	})
}

func autoscalingReservations(c *astypes.CapacityReservationSpecification) []any {
	if c == nil {
		return []any{}
	}
	target := []any{}
	if t := c.CapacityReservationTarget; t != nil {
		target = aws.Block(map[string]any{
			"capacity_reservation_ids":                 inOrder(t.CapacityReservationIds),
			"capacity_reservation_resource_group_arns": inOrder(t.CapacityReservationResourceGroupArns),
		})
	}
	return aws.Block(map[string]any{
		"capacity_reservation_preference": c.CapacityReservationPreference, "capacity_reservation_target": target,
	})
}

func autoscalingMixed(p *astypes.MixedInstancesPolicy) []any {
	if p == nil {
		return []any{}
	}
	distribution, template := []any{}, []any{}
	if d := p.InstancesDistribution; d != nil {
		distribution = aws.Block(map[string]any{
			"on_demand_allocation_strategy":            d.OnDemandAllocationStrategy,
			"on_demand_base_capacity":                  d.OnDemandBaseCapacity,
			"on_demand_percentage_above_base_capacity": d.OnDemandPercentageAboveBaseCapacity,
			"spot_allocation_strategy":                 d.SpotAllocationStrategy,
			"spot_instance_pools":                      d.SpotInstancePools,
			"spot_max_price":                           d.SpotMaxPrice,
		})
	}
	if t := p.LaunchTemplate; t != nil {
		template = aws.Block(map[string]any{
			"launch_template_specification": autoscalingTemplate(t.LaunchTemplateSpecification),
			"override": aws.Blocks(t.Overrides, func(o astypes.LaunchTemplateOverrides) map[string]any {
				return map[string]any{
					"instance_type":                 o.InstanceType,
					"launch_template_specification": autoscalingTemplate(o.LaunchTemplateSpecification),
					"weighted_capacity":             o.WeightedCapacity,
				}
			}),
		})
	}
	return aws.Block(map[string]any{"instances_distribution": distribution, "launch_template": template})
}

func autoscalingTemplate(t *astypes.LaunchTemplateSpecification) []any {
	if t == nil {
		return []any{}
	}
	return aws.Block(map[string]any{
		"launch_template_id": t.LaunchTemplateId, "launch_template_name": t.LaunchTemplateName, "version": t.Version,
	})
}
