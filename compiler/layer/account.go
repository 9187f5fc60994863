package layer

import (
	"regexp"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/internal/diag"
)

// account is a setting of a whole account, made by a Terraform resource with
// the credentials of that account. It has no exceptions by identity: it holds
// for everyone.
var account = Layer{
	ID:         ir.Account,
	Title:      "account setting",
	Binds:      []string{"everyone in the account that it is applied in; some hold for one Region"},
	Misses:     []string{"other accounts, and those there who may change the setting: a guardrail on that call keeps it"},
	Exceptions: "none",
	check: func(g ir.Guardrail) diag.Diagnostics {
		var ds diag.Diagnostics
		if len(g.Statements) > 0 {
			ds = append(ds, unfit(g, 0, "an account setting has no statements"))
		}
		if len(g.Declaratives) > 0 {
			ds = append(ds, unfit(g, 0, "an account setting has no declarative content"))
		}
		if len(g.Settings) == 0 {
			ds = append(ds, unfit(g, 0, "it has no setting"))
		}
		for _, s := range g.Settings {
			if _, ok := AccountSettings[s.Type]; !ok {
				ds = append(ds, unfit(g, 0, "%s is not a setting of a whole account", s.Type).
					WithHint("settings: %s", strings.Join(settingTypes(), ", ")))
			}
			if !labelForm.MatchString(s.Name) {
				ds = append(ds, unfit(g, 0, "%q is not a name for a Terraform resource", s.Name))
			}
		}
		return ds
	},
}

var labelForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_-]*$`)

// Reach says where one setting holds.
type Reach string

// Reaches.
const (
	Global   Reach = "account" // once an account
	Regional Reach = "region"  // once a region: the module is applied in each
)

// AccountSettings lists the resources of the Terraform AWS provider that make
// a setting of a whole account, and how far one of them reaches. Source: the
// provider's documentation of each resource, version 5.100.
var AccountSettings = map[string]Reach{
	"aws_ebs_encryption_by_default":             Regional,
	"aws_ebs_snapshot_block_public_access":      Regional,
	"aws_ec2_image_block_public_access":         Regional,
	"aws_ec2_instance_metadata_defaults":        Regional,
	"aws_ec2_serial_console_access":             Regional,
	"aws_emr_block_public_access_configuration": Regional,
	"aws_iam_account_password_policy":           Global,
	"aws_s3_account_public_access_block":        Global,
	"aws_vpc_block_public_access_options":       Regional,
}

func settingTypes() []string {
	var names []string
	for name := range AccountSettings {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
