// Package source finds the Terraform code behind a resource: the file and line
// of an attribute, the chain of module calls, the lines around it, and the
// comments that exempt it. It needs syntax only and evaluates nothing, so that
// it works beside a plan and is fast: files are indexed by the headers of their
// blocks and parsed when something in them is asked for.
//
// Comments that exempt look like this:
//
//	# parapet:ignore aws-s3-public-acl,aws-ec2-* until=2027-01-31 reason="behind a firewall" owner=team
//
// They begin with #, // or stand in /* */, name policies by id or by a pattern
// in which * stands for any run of characters, and must give a reason. until is
// the first instant at which the comment no longer holds, like expires in an
// exceptions file. What a comment covers depends on where it stands:
//
//   - above a block or an attribute, with no blank line between, or at the end of
//     its first line: that block or attribute;
//   - on its own line inside a block, before a blank line or the closing brace:
//     that block;
//   - for a module block: everything inside the module.
//
// A comment on part of a resource covers findings that are about that part
// alone. A comment in a module that was downloaded covers nothing: whoever wrote
// the module does not decide what is exempt where it is used. Code in JSON has
// no comments; an exceptions file covers it.
package source
