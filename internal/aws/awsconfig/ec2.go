package awsconfig

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
)

func ec2Types() []Type {
	return []Type{
		securityGroup(),
		single("aws_ebs_volume", "AWS::EC2::Volume", aws.Regional, "volumeId", map[string]value{
			"availability_zone":    text("availabilityZone"),
			"encrypted":            boolean("encrypted"),
			"iops":                 number("iops"),
			"kms_key_id":           text("kmsKeyId"),
			"multi_attach_enabled": boolean("multiAttachEnabled"),
			"outpost_arn":          text("outpostArn"),
			"size":                 number("size"),
			"snapshot_id":          text("snapshotId"),
			"tags":                 tagged,
			"throughput":           number("throughput"),
			"type":                 text("volumeType"),
		}),
		instance(),
		single("aws_vpc", "AWS::EC2::VPC", aws.Regional, "vpcId", map[string]value{
			"cidr_block":       text("cidrBlock"),
			"dhcp_options_id":  text("dhcpOptionsId"),
			"instance_tenancy": text("instanceTenancy"),
			"owner_id":         text("ownerId"),
			"tags":             tagged,
		}),
		single("aws_subnet", "AWS::EC2::Subnet", aws.Regional, "subnetId", map[string]value{
			"assign_ipv6_address_on_creation": boolean("assignIpv6AddressOnCreation"),
			"availability_zone":               text("availabilityZone"),
			"cidr_block":                      text("cidrBlock"),
			"map_public_ip_on_launch":         boolean("mapPublicIpOnLaunch"),
			"outpost_arn":                     text("outpostArn"),
			"owner_id":                        text("ownerId"),
			"tags":                            tagged,
			"vpc_id":                          text("vpcId"),
		}),
		single("aws_flow_log", "AWS::EC2::FlowLog", aws.Regional, "flowLogId", map[string]value{
			"iam_role_arn":             text("deliverLogsPermissionArn"),
			"log_destination_type":     text("logDestinationType"),
			"log_format":               text("logFormat"),
			"max_aggregation_interval": number("maxAggregationInterval"),
			"tags":                     tagged,
			"traffic_type":             text("trafficType"),
		}),
	}
}

// instance: the item holds the volumes' ids but not how they are encrypted, and
// no user data. An instance that is terminated is gone to the provider.
func instance() Type {
	return single("aws_instance", "AWS::EC2::Instance", aws.Regional, "instanceId", map[string]value{
		"ami":                         text("imageId"),
		"associate_public_ip_address": hasPublicAddress,
		"availability_zone":           text("placement.availabilityZone"),
		"ebs_optimized":               boolean("ebsOptimized"),
		"iam_instance_profile":        profileName,
		"instance_type":               text("instanceType"),
		"key_name":                    text("keyName"),
		"metadata_options": block("metadataOptions", map[string]value{
			"http_endpoint":               text("httpEndpoint"),
			"http_protocol_ipv6":          text("httpProtocolIpv6"),
			"http_put_response_hop_limit": number("httpPutResponseHopLimit"),
			"http_tokens":                 text("httpTokens"),
			"instance_metadata_tags":      text("instanceMetadataTags"),
		}),
		"monitoring":             is("monitoring.state", "enabled"),
		"private_ip":             text("privateIpAddress"),
		"public_ip":              text("publicIpAddress"),
		"source_dest_check":      boolean("sourceDestCheck"),
		"subnet_id":              text("subnetId"),
		"tags":                   tagged,
		"tenancy":                text("placement.tenancy"),
		"vpc_security_group_ids": texts("securityGroups", "groupId"),
	}, func(it *item) bool { return it.text("state.name") == "terminated" })
}

// profileName is the name of the instance profile: the item has its ARN, of
// which the provider shows the last part.
func profileName(it *item) (any, []string) {
	v, ok := it.get("iamInstanceProfile")
	if !ok {
		return nil, nil
	}
	if v == nil {
		return nil, whole
	}
	arn := it.text("iamInstanceProfile.arn")
	if arn == "" {
		return nil, nil
	}
	return arn[strings.LastIndexByte(arn, '/')+1:], whole
}

// hasPublicAddress tells, as the provider does, whether the first interface has
// an address of its own in the Internet.
func hasPublicAddress(it *item) (any, []string) {
	v, ok := it.get("networkInterfaces")
	l, isList := list(v)
	if !ok || !isList {
		return nil, nil
	}
	for _, e := range l {
		m, isObject := object(e)
		if !isObject {
			return nil, nil
		}
		nic := &item{conf: m}
		index, known := nic.get("attachment.deviceIndex")
		if n, isNumber := index.(json.Number); !known || !isNumber || n != "0" {
			continue
		}
		association, _ := nic.get("association")
		return association != nil, whole
	}
	return nil, nil
}

// groupKeys says which keys the attributes of a security group are made of.
var groupKeys = map[string]string{
	"description": "description",
	"egress":      "ipPermissionsEgress groupId ownerId",
	"ingress":     "ipPermissions groupId ownerId",
	"name":        "groupName",
	"owner_id":    "ownerId",
	"tags":        "tags",
	"vpc_id":      "vpcId",
}

func securityGroup() Type {
	attributes := append(slices.Sorted(maps.Keys(groupKeys)), "arn")
	return Type{
		Type: aws.Type{Name: "aws_security_group", Filled: attributes}, Config: "AWS::EC2::SecurityGroup",
		read: func(it *item) ([]entry, error) {
			copied := *it
			copied.conf = maps.Clone(it.conf)
			permissions(copied.conf, "ipPermissions")
			permissions(copied.conf, "ipPermissionsEgress")
			group, known := decode[ec2types.SecurityGroup](&copied, keysOf(groupKeys))
			if group.GroupId == nil {
				return nil, errors.New("it has no groupId")
			}
			described := collect.SecurityGroupItem(group, it.ARN)
			e := pick(described, groupKeys, known, attributes)
			e.tags(it)
			return []entry{e}, nil
		},
	}
}

// permissions gives rules the form of the API. Config lists the IPv4 ranges
// twice: as texts in ipRanges, which EC2 has as objects, and as those objects in
// ipv4Ranges. Items of 2016 and before have only the texts and say nothing of
// IPv6; their rules are not known.
func permissions(conf map[string]any, key string) {
	v, ok := lookup(conf, key)
	if !ok {
		return
	}
	rules, ok := list(v)
	var fixed []any
	for _, r := range rules {
		rule, isObject := object(r)
		ok = ok && isObject
		for _, source := range []string{"ipv4Ranges", "ipv6Ranges", "prefixListIds", "userIdGroupPairs"} {
			_, has := lookup(rule, source)
			ok = ok && has
		}
		ranges, _ := lookup(rule, "ipv4Ranges")
		rule = maps.Clone(rule)
		maps.DeleteFunc(rule, func(k string, _ any) bool {
			return strings.EqualFold(k, "ipRanges") || strings.EqualFold(k, "ipv4Ranges")
		})
		if rule != nil {
			rule["ipRanges"] = ranges
		}
		fixed = append(fixed, rule)
	}
	maps.DeleteFunc(conf, func(k string, _ any) bool { return strings.EqualFold(k, key) })
	if ok {
		conf[key] = fixed
	}
}
