// Package input turns files into resources: Terraform plans, configuration
// directories and state. It only reads; what a resource means is for others.
//
// [Load] sniffs what it was given, JSON by its content, and calls the loader of
// that kind from one table. Every loader fails closed: an input
// that is cut off, that Terraform marked as errored or that is of another
// format is an error, and what could not be read whole but is usable is a
// warning.
//
// A configuration is loaded in two steps: the tree of its modules is parsed
// (configtree.go), then every module instance is evaluated, value by value as
// something asks for it (configeval.go). What cannot be known without a cloud is
// unknown, and so is what Parapet cannot evaluate. A file may be hostile: the
// nesting of its syntax is bounded before it is parsed, and the work of its
// evaluation while it is done (configlimits.go).
//
// Plans are read as a stream by a scanner of our own (scan.go), since a plan
// repeats every resource in parts that are not needed and since nulls, which
// make up most of a plan, are never stored. Numbers stay json.Number, so that
// large integers survive.
package input
