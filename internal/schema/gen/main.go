// Command gen packs what `terraform providers schema -json` prints into the
// data that package schema embeds.
package main

import (
	"flag"
	"fmt"
	"os"

	"github.com/parapet-dev/parapet/internal/schema"
)

func main() {
	name := flag.String("provider", "aws", "`NAME` of the provider")
	version := flag.String("version", "", "`VERSION` of the provider")
	flag.Parse()
	if flag.NArg() != 2 || *version == "" {
		fmt.Fprintln(os.Stderr, "usage: gen -version VERSION SCHEMA.json OUT.bin")
		os.Exit(2)
	}
	if err := run(flag.Arg(0), flag.Arg(1), *name, *version); err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(in, out, name, version string) error {
	text, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	data, err := schema.Encode(text, name, version)
	if err != nil {
		return err
	}
	p, err := schema.Decode(data)
	if err != nil {
		return err
	}
	fmt.Printf("%s %s: %d resource types in %d bytes\n", p.Name, p.Version, len(p.Types()), len(data))
	return os.WriteFile(out, data, 0o644) //nolint:gosec // data for everybody
}
