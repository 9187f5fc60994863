package cmd

import "github.com/spf13/cobra"

// RootCommand is the whole command line, for tests that read commands without
// running them.
func RootCommand(s Streams) *cobra.Command { return rootCommand(s) }
