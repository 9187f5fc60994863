package input

import "github.com/zclconf/go-cty/cty"

// dataSource evaluates a data block as far as no cloud is needed for it: policy
// documents are rendered, and who and where is taken from the provider. All
// else is unknown.
func (e *evaluator) dataSource(o *object, local bindings) cty.Value {
	p := func() providerFacts {
		facts := e.providerOf(o)
		if facts.account == "" {
			facts.account = e.src.options.Account
		}
		if facts.region == "" {
			facts.region = e.src.options.Region
		}
		return facts
	}
	switch o.kind {
	case "aws_iam_policy_document":
		return e.policyDocument(e.body(o.block.Body, local, true))
	case "aws_caller_identity":
		return known("account_id", p().account)
	case "aws_region":
		if region := e.regionArgument(o, local); region != "" {
			return regionObject(region)
		}
		region := p().region
		if region == "" {
			return cty.DynamicVal
		}
		return regionObject(region)
	case "aws_partition":
		return known("partition", partitionOf(p().region))
	}
	return cty.DynamicVal
}

// regionArgument returns the region that an aws_region block asks for itself.
func (e *evaluator) regionArgument(o *object, local bindings) string {
	return stringMember(e.body(o.block.Body, local, true), "name")
}

// known makes an object of one string, or an unknown value without it.
func known(name, value string) cty.Value {
	if value == "" {
		return cty.DynamicVal
	}
	return cty.ObjectVal(map[string]cty.Value{name: cty.StringVal(value)})
}

func regionObject(region string) cty.Value {
	v := cty.StringVal(region)
	return cty.ObjectVal(map[string]cty.Value{"name": v, "id": v, "region": v})
}
