// Package iam is the IAM policy language: its documents, parsed, checked,
// printed and matched. It decides nothing; iam/simulate does.
//
// [Parse] reads a document into a [Policy] and tells what is wrong with it,
// with line and column. A [Profile] adds the rules of the layer that the
// document is for: what an SCP, an RCP or a trust policy may hold.
// [Policy.JSON] prints the canonical form. For every policy p,
//
//	Parse(p.JSON()) equals p.Canonical()
//
// so parsing and printing are inverse to each other. [Policy.TerraformJSON]
// prints the bytes that Terraform's jsonencode gives for the same object.
//
// Matching follows the IAM User Guide: [Match] for wildcards, [MatchAction]
// for actions, [MatchARN] for ArnLike and [MatchResource] for the Resource
// element. Text with policy variables is read by [ParseTemplate]; whoever has
// the request's context fills them in.
package iam
