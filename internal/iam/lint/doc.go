// Package lint finds statements that do not do what they say, by comparing
// policies with the service authorization reference: actions that do not exist,
// condition keys that AWS never sends with the actions, resources that the
// actions are never judged on, and statements that can never match.
//
// Everything here is a warning. The reference lags behind AWS, and some keys
// are documented nowhere, so that absence from it is a reason to look and not
// a proof.
package lint
