// Parapet finds what violates policy in Terraform plans and in AWS, and
// compiles the policy into the guardrail that prevents it next time.
package main

import (
	"os"
	"runtime/debug"

	"github.com/parapet-dev/parapet/cmd"
)

// version is set by the linker in releases.
var version string

// collectAt is how much the heap grows, in percent, before garbage is collected.
// On large plans it saves a sixth of the memory for a sixth of the time.
const collectAt = 60

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(collectAt)
	}
	os.Exit(cmd.Main(os.Args[1:], cmd.System(version)))
}
