package collect

import (
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// instanceRequirements is the block that says which instance types will do.
func instanceRequirements(r *ec2types.InstanceRequirements) []any {
	if r == nil {
		return []any{}
	}
	v := map[string]any{
		"accelerator_manufacturers": aws.Set(r.AcceleratorManufacturers),
		"accelerator_names":         aws.Set(r.AcceleratorNames),
		"accelerator_types":         aws.Set(r.AcceleratorTypes),
		"allowed_instance_types":    aws.Set(r.AllowedInstanceTypes),
		"bare_metal":                r.BareMetal,
		"burstable_performance":     r.BurstablePerformance,
		"cpu_manufacturers":         aws.Set(r.CpuManufacturers),
		"excluded_instance_types":   aws.Set(r.ExcludedInstanceTypes),
		"instance_generations":      aws.Set(r.InstanceGenerations),
		"local_storage":             r.LocalStorage,
		"local_storage_types":       aws.Set(r.LocalStorageTypes),
		"max_spot_price_as_percentage_of_optimal_on_demand_price": r.MaxSpotPriceAsPercentageOfOptimalOnDemandPrice,
		"on_demand_max_price_percentage_over_lowest_price":        r.OnDemandMaxPricePercentageOverLowestPrice,
		"require_hibernate_support":                               r.RequireHibernateSupport,
		"spot_max_price_percentage_over_lowest_price":             r.SpotMaxPricePercentageOverLowestPrice,
	}
	if b := r.AcceleratorCount; b != nil {
		v["accelerator_count"] = bounds(b.Min, b.Max)
	}
	if b := r.AcceleratorTotalMemoryMiB; b != nil {
		v["accelerator_total_memory_mib"] = bounds(b.Min, b.Max)
	}
	if b := r.BaselineEbsBandwidthMbps; b != nil {
		v["baseline_ebs_bandwidth_mbps"] = bounds(b.Min, b.Max)
	}
	if b := r.MemoryGiBPerVCpu; b != nil {
		v["memory_gib_per_vcpu"] = bounds(b.Min, b.Max)
	}
	if b := r.MemoryMiB; b != nil {
		v["memory_mib"] = bounds(b.Min, b.Max)
	}
	if b := r.NetworkBandwidthGbps; b != nil {
		v["network_bandwidth_gbps"] = bounds(b.Min, b.Max)
	}
	if b := r.NetworkInterfaceCount; b != nil {
		v["network_interface_count"] = bounds(b.Min, b.Max)
	}
	if b := r.TotalLocalStorageGB; b != nil {
		v["total_local_storage_gb"] = bounds(b.Min, b.Max)
	}
	if b := r.VCpuCount; b != nil {
		v["vcpu_count"] = bounds(b.Min, b.Max)
	}
	return aws.Block(v)
}

func bounds[N int32 | float64](least, most *N) []any {
	return aws.Block(map[string]any{"max": most, "min": least})
}
