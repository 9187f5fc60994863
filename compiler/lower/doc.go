// Package lower turns a policy's deny rule into guardrail statements.
//
// The way down has four steps, one file or two each:
//
//  1. residual.go: OPA evaluates the rule partially, with the whole input
//     unknown and shallow inlining. What is left, the residual, is the
//     condition under which a request must be denied. Default inlining would
//     lose definedness (a missing attribute would read as a false one), so it
//     is not used.
//  2. eval.go, walk.go, builtin.go: the residual is evaluated symbolically, once
//     per resource type, into a [formula] over tests of attributes. A test of a
//     missing attribute is false, so `not` is plain negation of a formula and
//     the three states (missing, true, false) need no logic of their own.
//  3. disjunct.go, domain.go: the formula becomes a disjunction of constraints,
//     one per attribute.
//  4. condition.go, lower.go: each constraint meets the bindings of the
//     attribute and becomes IAM conditions of a statement.
//
// Everything is refused by default: a form that is not understood, or an
// attribute that no request carries, yields a [Refusal] with its place and
// reason, never a guess.
package lower
