// Command cmd writes a generated plan to standard output:
//
//	go run ./internal/input/plangen/cmd 10000 > plan.json
package main

import (
	"fmt"
	"os"
	"strconv"

	"github.com/parapet-dev/parapet/internal/input/plangen"
)

func main() {
	n := 1000
	if len(os.Args) > 1 {
		var err error
		if n, err = strconv.Atoi(os.Args[1]); err != nil || n < 0 {
			fmt.Fprintln(os.Stderr, "usage: plangen [resources]")
			os.Exit(2)
		}
	}
	if err := plangen.Write(os.Stdout, n, 1); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}
