// Package schema knows the resource types and the data sources of the Terraform
// provider for AWS: their attributes, nested blocks and what kind of value each holds. Policies
// are checked against it, since a misspelt attribute is merely missing to Rego,
// and the policy would pass or flag everything.
//
// The data is embedded in a compact form. To bring it up to date, run the
// generator on what Terraform says of the provider:
//
//	terraform providers schema -json > schema.json
//	go run ./internal/schema/gen -version 5.100.0 schema.json internal/schema/aws.bin
//
// The provider is MPL-2.0; what is taken from it are names and types, no code
// and no descriptions.
package schema
