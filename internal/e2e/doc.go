// Package e2e tests Parapet from end to end: real Terraform plans a real
// configuration against a mock of AWS (moto_server, on loopback), Parapet gates
// the plan and compiles the findings, and Terraform applies the module to the
// mock's Organizations, where the attached policies are read back. The tests
// have the build tag e2e, because they take a minute and need tools; .ci/run
// runs them where these are.
package e2e
