// Package simulate decides requests as AWS would, and explains the decision.
//
// [Compile] turns the policies that meet a request, a [Hierarchy], into an
// [Evaluator]; [Evaluator.Decide] answers one [Request] and
// [Evaluator.Explain] says why. Nothing is read from AWS, from the clock or
// from the environment: the request's context is taken as it stands, and
// [Request.Derive] adds the keys that follow from the rest of the request.
//
// The rules are those of the IAM User Guide (reference_policies_evaluation-logic,
// _elements_condition_operators, _multi-value-conditions, _variables,
// access_policies_boundaries) and the Organizations User Guide
// (orgs_manage_policies_scps, _rcps). Each is a case in facts_test.go with its
// page. An explicit deny at any layer wins. Otherwise every layer that limits
// the request must allow it: each level of SCPs, the endpoint policy, and
// either the caller's own policies within boundary and session policy, or the
// resource's policy, or both, according to whether the accounts differ.
//
// # Unknown keys
//
// A key of the context is present, absent or unknown. An element that hangs on
// an unknown key matches perhaps. The decision is then [Depends], with the
// keys, unless it is the same whatever the keys are: [Allowed] and
// [ExplicitlyDenied] hold for all values, and [ImplicitlyDenied] says that
// access is denied for all values, though for some a deny may apply as well.
//
// # Where the documentation is silent
//
//   - A multi-valued key under an operator without a set operator never
//     matches, not even when the operator is negated: no value can be chosen.
//   - An empty string is present for Null, and no value for a set operator. So
//     is a list without values.
//   - ArnLike and its kin match ARNs only; "*" matches nothing.
//   - A value that its operator cannot read, such as the number "many", matches
//     nothing, so a negated operator holds.
//   - NotResource with a variable that has no value: such a pattern matches no
//     resource, which would let the statement apply to all. A Deny does apply,
//     an Allow does not: the safe side of both.
//   - "Principal": "*" in a resource policy of the same account grants directly,
//     as if it named the session, so boundary and session policy do not limit it.
//   - Every level of RCPs holds RCPFullAWSAccess, which cannot be detached; so
//     RCPs only deny. The service-linked roles are exempt, as for SCPs.
//   - A role's trust policy or a key policy that is not given is taken to trust
//     its own account.
package simulate
