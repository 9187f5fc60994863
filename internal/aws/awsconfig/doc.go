// Package awsconfig imports what AWS Config recorded: the configuration
// snapshots that an organization's recorders deliver to S3, synced to disk. It
// is a collector that makes no call.
//
// [Find] finds the snapshots of a directory, [Types] is the table of the types
// that can be imported, and [Import] reads the newest snapshot of every account
// and Region into the sink of package aws.
//
// # What is known of a resource
//
// A configuration item holds what a describe call answered, in the names of the
// AWS SDK for Java: lowerCamelCase, with enumerations as text. Not all that the
// provider reads is in it, and an older item holds less than a newer one. An
// attribute is filled only if its key is in the item; a key that is there with
// null is known to have no value. What is not there is unknown.
//
// # What is known of a scope
//
// A snapshot does not say what its recorder records. A type of which it holds an
// item is recorded, so the scope is complete. A type without items is known to
// have none only if the snapshot holds the recorder's own item
// (AWS::Config::ConfigurationRecorder) and that one records the type. Otherwise
// the scope is unsupported: nobody knows whether there are any.
//
// # Sources
//
// The shape of the file and of items is AWS's example
// (https://docs.aws.amazon.com/config/latest/developerguide/example-s3-snapshot.html);
// the keys of every type are those of AWS's schema of configuration items
// (https://github.com/awslabs/aws-config-resource-schema), and their values were
// compared with the example items of AWS's rule development kit
// (https://github.com/awslabs/aws-config-rdk, rdk/template/example_ci). The
// comments of the mappings say what is peculiar to a type.
package awsconfig
