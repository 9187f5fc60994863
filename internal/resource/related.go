package resource

import (
	"slices"
	"strings"
)

// nameLinks says which attributes name another resource by something that is
// neither an ARN nor an id of a form that only AWS makes. An attribute of this
// name, at any depth, is looked up among the resources of these types by the
// attribute given.
var nameLinks = map[string][]nameLink{
	"bucket":                 {{"aws_s3_bucket", "bucket"}},
	"bucket_name":            {{"aws_s3_bucket", "bucket"}},
	"s3_bucket_name":         {{"aws_s3_bucket", "bucket"}},
	"target_bucket":          {{"aws_s3_bucket", "bucket"}},
	"role":                   {{"aws_iam_role", "name"}},
	"user":                   {{"aws_iam_user", "name"}},
	"group":                  {{"aws_iam_group", "name"}},
	"iam_instance_profile":   {{"aws_iam_instance_profile", "name"}},
	"function_name":          {{"aws_lambda_function", "function_name"}},
	"cluster_name":           {{"aws_eks_cluster", "name"}, {"aws_ecs_cluster", "name"}},
	"cluster_identifier":     {{"aws_rds_cluster", "cluster_identifier"}, {"aws_redshift_cluster", "cluster_identifier"}},
	"db_subnet_group_name":   {{"aws_db_subnet_group", "name"}},
	"parameter_group_name":   {{"aws_db_parameter_group", "name"}},
	"log_group_name":         {{"aws_cloudwatch_log_group", "name"}},
	"table_name":             {{"aws_dynamodb_table", "name"}},
	"repository":             {{"aws_ecr_repository", "name"}},
	"rest_api_id":            {{"aws_api_gateway_rest_api", "id"}},
	"api_id":                 {{"aws_apigatewayv2_api", "id"}},
	"autoscaling_group_name": {{"aws_autoscaling_group", "name"}},
	"launch_configuration":   {{"aws_launch_configuration", "name"}},
	"backup_vault_name":      {{"aws_backup_vault", "name"}},
	"replication_group_id":   {{"aws_elasticache_replication_group", "replication_group_id"}},
	"domain_name":            {{"aws_opensearch_domain", "domain_name"}, {"aws_elasticsearch_domain", "domain_name"}},
	"stream_name":            {{"aws_kinesis_stream", "name"}},
	"queue_url":              {{"aws_sqs_queue", "id"}},
}

type nameLink struct{ resourceType, attribute string }

// ownAttributes hold what a resource is, not what it refers to.
var ownAttributes = map[string]bool{"id": true, "arn": true, "tags": true, "tags_all": true}

// join finds the pairs of related resources. The work is linear in the size of
// the values and in the number of pairs: everything is looked up in an index.
// What a plan removes is related to nothing, since it will not be there to
// protect anything.
func (s *Set) join() {
	j := newJoiner(s.all)
	for i, r := range s.all {
		if r.Deleted() {
			continue
		}
		for _, ref := range r.Refs {
			j.linkRef(i, ref)
		}
		for name, v := range r.Values {
			if !ownAttributes[name] {
				j.linkValue(i, name, v)
			}
		}
	}
	for i, others := range j.links {
		if len(others) == 0 {
			continue
		}
		slices.Sort(others)
		others = slices.Compact(others)
		list := make([]*Resource, len(others))
		for k, o := range others {
			list[k] = s.all[o]
		}
		s.related[s.all[i]] = list
	}
}

type joiner struct {
	all     []*Resource
	modules []string          // per resource, the module part of its address
	links   [][]int           // per resource, the others; both ways, with duplicates
	exact   map[string][]int  // by address
	base    map[string][]int  // by address without the last instance key
	bare    map[string][]int  // by address without any instance key
	byValue map[string][]int  // by ARN and by ids that only AWS makes
	byName  map[nameKey][]int // by names that only mean something in certain attributes
}

type nameKey struct{ resourceType, attribute, value string }

func newJoiner(all []*Resource) *joiner {
	j := &joiner{
		all:     all,
		modules: make([]string, len(all)),
		links:   make([][]int, len(all)),
		exact:   make(map[string][]int, len(all)),
		base:    make(map[string][]int, len(all)),
		bare:    make(map[string][]int, len(all)),
		byValue: map[string][]int{},
		byName:  map[nameKey][]int{},
	}
	named := map[string][]string{}
	for _, links := range nameLinks {
		for _, l := range links {
			if !slices.Contains(named[l.resourceType], l.attribute) {
				named[l.resourceType] = append(named[l.resourceType], l.attribute)
			}
		}
	}
	for i, r := range all {
		j.modules[i] = ModuleOf(r.Address)
		if r.Deleted() {
			continue
		}
		base, _ := SplitKey(r.Address)
		j.base[base] = append(j.base[base], i)
		j.exact[r.Address] = append(j.exact[r.Address], i)
		bare := StripInstanceKeys(r.Address)
		j.bare[bare] = append(j.bare[bare], i)
		if specific(r.ID) {
			j.byValue[r.ID] = append(j.byValue[r.ID], i)
		}
		if specific(r.ARN) && r.ARN != r.ID {
			j.byValue[r.ARN] = append(j.byValue[r.ARN], i)
		}
		for _, attribute := range named[r.Type] {
			value, _ := r.Values[attribute].(string)
			if value == "" && r.ID != "" && !specific(r.ID) {
				value = r.ID
			}
			if value != "" {
				k := nameKey{r.Type, attribute, value}
				j.byName[k] = append(j.byName[k], i)
			}
		}
	}
	return j
}

func (j *joiner) link(a, b int) {
	if a != b {
		j.links[a] = append(j.links[a], b)
		j.links[b] = append(j.links[b], a)
	}
}

// linkRef links what a reference of the configuration means. An address without
// instance keys means, in this order: the resource of that address, the
// instances in that module instance, those in the module instance of the one
// that refers, and those in every instance of the module.
func (j *joiner) linkRef(from int, ref string) {
	if j.linkAll(from, j.exact[ref]) || j.linkAll(from, j.base[ref]) {
		return
	}
	module, local := ModuleOf(ref), j.modules[from]
	if module != "" && StripInstanceKeys(local) == module && j.linkAll(from, j.base[local+strings.TrimPrefix(ref, module)]) {
		return
	}
	for _, to := range j.bare[StripInstanceKeys(ref)] {
		if covers(ref, j.all[to].Address) {
			j.link(from, to)
		}
	}
}

// linkAll links to every resource of a list and reports whether there is one.
func (j *joiner) linkAll(from int, to []int) bool {
	for _, i := range to {
		j.link(from, i)
	}
	return len(to) > 0
}

// linkValue links what the strings in an attribute identify.
func (j *joiner) linkValue(from int, name string, v any) {
	switch v := v.(type) {
	case string:
		j.linkString(from, name, v)
	case []any:
		for _, e := range v {
			j.linkValue(from, name, e)
		}
	case map[string]any:
		for k, e := range v {
			j.linkValue(from, k, e)
		}
	}
}

func (j *joiner) linkString(from int, name, v string) {
	if specific(v) {
		for _, to := range j.byValue[v] {
			j.link(from, to)
		}
	}
	for _, l := range nameLinks[name] {
		for _, to := range j.byName[nameKey{l.resourceType, l.attribute, v}] {
			if samePlace(j.all[from], j.all[to]) {
				j.link(from, to)
			}
		}
	}
}

// samePlace reports whether nothing known says that two resources live in
// different accounts or regions. Names repeat across those, ids do not.
func samePlace(a, b *Resource) bool {
	return mayMeet(a.Account, b.Account) && mayMeet(a.Region, b.Region)
}

// mayMeet reports whether two names may mean the same; an empty one may mean
// anything.
func mayMeet(a, b string) bool { return a == "" || b == "" || a == b }

// specific reports whether a string identifies one thing wherever it is seen:
// an ARN, an id with a hexadecimal tail such as sg-0a1b2c3d, or a UUID.
func specific(s string) bool {
	if strings.HasPrefix(s, "arn:") {
		return strings.Count(s, ":") >= 5
	}
	if len(s) < 9 || len(s) > 64 {
		return false
	}
	if len(s) == 36 && s[8] == '-' && s[13] == '-' && s[18] == '-' && s[23] == '-' {
		return hex(strings.ReplaceAll(s, "-", ""))
	}
	prefix, tail, ok := cutLast(s, '-')
	if !ok || prefix == "" || len(tail) < 8 || !hex(tail) {
		return false
	}
	for _, c := range prefix {
		if c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return true
}

func cutLast(s string, sep byte) (before, after string, ok bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

func hex(s string) bool {
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
