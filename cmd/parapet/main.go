// Parapet finds what violates policy in Terraform plans and in AWS, and
// compiles the policy into the guardrail that prevents it next time.
package main

import (
	"os"

	"github.com/parapet-dev/parapet/cmd"
)

// version is set by the linker in releases.
var version string

func main() { os.Exit(cmd.Main(os.Args[1:], cmd.System(version))) }
