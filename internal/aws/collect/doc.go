// Package collect is the table of collectors: one file for each resource type,
// named after it. How to write one is in the documentation of package aws.
package collect
