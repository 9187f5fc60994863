package cmd

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/snapshot"
)

// remembered are the flags that a snapshot which is gone on with takes from how
// it was begun. Those that choose types are not among them: the types themselves
// are kept.
var remembered = []string{"regions", "accounts", "ous", "role", "external-id", "session-name", "profile", "endpoint", "rate"}

// note keeps what was given of the remembered flags.
func (o *collection) note(c *cobra.Command) {
	o.given = map[string][]string{}
	for _, name := range remembered {
		f := c.Flags().Lookup(name)
		if !f.Changed {
			continue
		}
		o.given[name] = []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			o.given[name] = list.GetSlice()
		}
	}
}

// recall sets the remembered flags that are not given to what they were when
// the snapshot was begun, and returns what it was asked to hold. Without it,
// --resume would go on with other credentials, or at another endpoint.
func (o *collection) recall(c *cobra.Command) (snapshot.Request, error) {
	if !o.resume || o.out == "" {
		return snapshot.Request{}, nil
	}
	request, flags, err := snapshot.Begun(o.out)
	if err != nil {
		return request, err
	}
	for _, name := range remembered {
		f, values := c.Flags().Lookup(name), flags[name]
		if f.Changed || len(values) == 0 {
			continue
		}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			err = list.Replace(values)
		} else {
			err = f.Value.Set(values[0])
		}
		if err != nil {
			return request, diag.Errorf("snapshot-journal", "the journal of %s holds the flag --%s %s: %v", o.out, name, strings.Join(values, ","), err).
				WithHint("begin again in another directory")
		}
	}
	return request, nil
}

// begunRows returns the collectors of the types that a snapshot was begun with;
// nothing when it was not begun.
func begunRows(request snapshot.Request) ([]aws.Type, error) {
	if len(request.Types) == 0 {
		return nil, nil
	}
	rows, missing := aws.Select(collect.Types(), request.Types)
	if len(missing) > 0 {
		return nil, diag.Errorf("snapshot-version", "this version collects no %s, with which the snapshot was begun", strings.Join(missing, ", ")).
			WithHint("finish it with the version that began it, or begin again in another directory")
	}
	return rows, nil
}
