package input

import (
	tfjson "github.com/hashicorp/terraform-json"

	"github.com/parapet-dev/parapet/internal/diag"
)

// readPlanned notes whether planned_values hold a managed resource, and keeps
// nothing of them: what matters of a resource is in resource_changes.
func (p *planFile) readPlanned(sc *scanner) error {
	return sc.members(func(key string) error {
		if key != "root_module" {
			return sc.skip()
		}
		return p.readPlannedModule(sc)
	})
}

// readPlannedModule looks for a managed resource in a module and in those that
// it calls. After the first one, the rest is skipped.
func (p *planFile) readPlannedModule(sc *scanner) error {
	return sc.members(func(key string) error {
		switch {
		case p.planned:
		case key == "resources":
			return sc.list(func() error { return p.readPlannedResource(sc) })
		case key == "child_modules":
			return sc.list(func() error { return p.readPlannedModule(sc) })
		}
		return sc.skip()
	})
}

func (p *planFile) readPlannedResource(sc *scanner) error {
	if p.planned {
		return sc.skip()
	}
	mode := string(tfjson.ManagedResourceMode) // what does not say is taken for managed
	err := sc.members(func(key string) error {
		if key != "mode" {
			return sc.skip()
		}
		var err error
		mode, err = sc.text()
		return err
	})
	p.planned = mode != string(tfjson.DataResourceMode)
	return err
}

// checkChanges refuses a plan without the list of changes that it must have.
// Terraform makes planned_values of the changes, those that change nothing
// included, so that resources without changes show that the list was cut out.
func (p *planFile) checkChanges(src *source) error {
	if (p.hasPlanned || p.hasChanges) && (!p.planned || p.managed > 0) {
		return nil
	}
	detail := "It has neither resource_changes nor planned_values."
	if p.planned {
		detail = "Its planned_values hold resources, but its resource_changes are missing or hold none of them."
	}
	return diag.Errorf("plan-without-changes", "the plan does not hold its changes").At(src.place()).
		WithDetail("%s A gate cannot pass on it.", detail).
		WithHint("write it again, whole, with: terraform show -json plan.tfplan > plan.json")
}
