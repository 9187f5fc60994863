// Package cmd is the command line: one file per verb, each of which reads its
// flags into an options struct and then makes one call. It alone touches the
// process, the clock and the environment, through [Streams].
//
// To add a verb, write a function that takes [Streams] and returns a
// *cobra.Command, in a file of the verb's name, and add it to the table in this
// file. Results go to Out, everything else to Err. Return an error to exit with
// 2: diagnostics are printed with their codes. [Main] does the rest.
package cmd

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// verbs is the table of verbs, in the order of the help text.
var verbs = []func(Streams) *cobra.Command{
	gateCommand,
	snapshotCommand,
	auditCommand,
	driftCommand,
	compileCommand,
	proveCommand,
	explainCommand,
	simulateCommand,
	policyCommand,
	bundleCommand,
	serveCommand,
	demoCommand,
	versionCommand,
}

// Main runs one command line, without the program's name, and returns the exit
// code: 0 clean, 1 violations, 2 the run failed or its usage or input was bad.
func Main(args []string, s Streams) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends a run that does not end by itself
	root := rootCommand(s)
	root.SetArgs(args)
	return s.exitCode(root.ExecuteContext(ctx))
}

func rootCommand(s Streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "parapet",
		Short: "Policy as code that finds violations and compiles the guardrail that prevents them",
		Long: `Parapet evaluates Rego policies on Terraform plans, and compiles what they
flag into the guardrails that make it impossible next time. It changes nothing
in the cloud: it writes code that you review and apply.

Exit codes: 0 clean, 1 violations, 2 the run failed or its input was bad.`,
		Example: `  parapet gate plan.json
  parapet gate plan.json --format json=findings.json
  parapet policy list`,
		Args:              cobra.NoArgs,
		SilenceErrors:     true,
		SilenceUsage:      true,
		DisableAutoGenTag: true,
		RunE:              func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetIn(s.In)
	root.SetOut(s.Out)
	root.SetErr(s.Err)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return usageError{c.CommandPath(), err}
	})
	for _, verb := range verbs {
		root.AddCommand(verb(s))
	}
	checkArgs(root)
	return root
}

// checkArgs makes wrong arguments usage errors, for every command below c.
func checkArgs(c *cobra.Command) {
	if check := c.Args; check != nil {
		c.Args = func(c *cobra.Command, args []string) error {
			if err := check(c, args); err != nil {
				return usageError{c.CommandPath(), err}
			}
			return nil
		}
	}
	for _, sub := range c.Commands() {
		checkArgs(sub)
	}
}
