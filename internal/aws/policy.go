package aws

import (
	"encoding/json"
	"slices"
)

// ReadPolicy writes, as indented JSON, the IAM policy that lets its holder
// collect the types: read actions only, which the collectors declare. With a
// role, it also lets its holder assume that role in every account of the
// partition, which the caller needs and the role itself does not.
func ReadPolicy(types []Type, partition, role string) ([]byte, error) {
	type statement struct {
		Sid      string
		Effect   string
		Action   []string
		Resource string
	}
	statements := []statement{{"ParapetSnapshot", "Allow", Actions(types), "*"}}
	if role != "" {
		statements = append(statements, statement{
			"ParapetSnapshotAccounts", "Allow", []string{"sts:AssumeRole"}, "arn:" + partition + ":iam::*:role/" + role,
		})
	}
	return json.MarshalIndent(struct {
		Version   string
		Statement []statement
	}{"2012-10-17", statements}, "", "  ")
}

// Actions are the IAM actions that collecting the types takes, sorted, those of
// finding accounts and regions included.
func Actions(types []Type) []string {
	actions := slices.Clone(DiscoveryActions)
	for _, t := range types {
		actions = append(actions, t.Actions...)
	}
	slices.Sort(actions)
	return slices.Compact(actions)
}
