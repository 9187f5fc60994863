package input

import (
	"errors"
	"fmt"
	"strconv"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// planFile is what is kept of a plan while it streams by. The configuration
// comes after the changes in the file, so that they are joined at the end.
type planFile struct {
	format   string
	errored  bool
	complete bool
	seen     []string
	isPlan   bool // a member that only plans have was there

	hasChanges, hasPlanned bool // resource_changes, planned_values were there
	planned                bool // planned_values hold a managed resource
	deferred               int  // changes put off to a later plan

	only      func(address string) bool // which changes are wanted; nil: all
	managed   int                       // changes of managed resources
	changes   []*change
	variables map[string]any
	config    *planConfig
}

// change is one managed resource instance of resource_changes.
type change struct {
	*resource.Resource
	module string // address of the module instance, empty for the root
	key    string // instance key with brackets
}

// loadPlan reads the JSON form of a plan, formats 0.1 to 1.x.
func loadPlan(src *source) ([]*resource.Resource, error) {
	sc := newScanner(src.r)
	p := &planFile{complete: true, only: src.options.Only}
	err := p.read(sc)
	if err == nil {
		var clean bool
		if clean, err = sc.done(); err == nil && !clean {
			err = sc.syntax("the plan is followed by something else")
		}
	}
	if err != nil {
		return nil, src.planError(sc, err)
	}
	if err := p.check(src); err != nil {
		return nil, err
	}
	p.warnIncomplete(src)
	return p.resources(src.options), nil
}

func (p *planFile) warnIncomplete(src *source) {
	if !p.complete || p.deferred > 0 {
		src.warn(diag.Warningf(codePlanIncomplete, "the plan does not hold every change").At(src.place()).
			WithDetail("%s", p.missing()).
			WithHint("plan again after applying, or without -target"))
	}
}

// missing says why a plan does not hold every change.
func (p *planFile) missing() string {
	if p.deferred > 0 {
		return fmt.Sprintf("Terraform put off %d of its changes to a later plan, because too much is not known yet.", p.deferred)
	}
	return "Terraform says that it is not complete: changes were deferred, or the plan was limited with -target."
}

func (p *planFile) read(sc *scanner) error {
	return sc.object(func(key string) error {
		if len(p.seen) < 16 {
			p.seen = append(p.seen, key)
		}
		var err error
		switch key {
		case "format_version":
			p.format, err = sc.text()
		case "errored":
			p.errored, err = sc.boolean()
		case "complete":
			p.complete, err = sc.boolean()
		case "variables":
			p.variables, err = sc.variables()
		case "resource_changes":
			p.isPlan, p.hasChanges = true, true
			err = sc.list(func() error { return p.readChange(sc) })
		case "deferred_changes":
			err = p.readDeferred(sc)
		case "configuration":
			p.isPlan = true
			if p.only == nil {
				p.config, err = readPlanConfig(sc)
			} else {
				p.config, err = readPlanVariables(sc)
			}
		case "planned_values":
			p.isPlan, p.hasPlanned = true, true
			err = p.readPlanned(sc)
		default:
			err = sc.skip()
		}
		return err
	})
}

// readDeferred counts the changes that were put off.
func (p *planFile) readDeferred(sc *scanner) error {
	return sc.list(func() error {
		p.deferred++
		return sc.skip()
	})
}

// check refuses what is no usable plan.
func (p *planFile) check(src *source) error {
	if p.format == "" || !p.isPlan {
		return unrecognized(src, p.seen)
	}
	if err := (&tfjson.Plan{FormatVersion: p.format}).Validate(); err != nil {
		return diag.Errorf("plan-format", "the plan has format %s, which is not supported", strconv.Quote(p.format)).
			At(src.place()).WithDetail("%v.", err).
			WithHint("plan with Terraform 0.13 or later, or with a newer parapet")
	}
	if p.errored {
		return diag.Errorf("plan-errored", "Terraform could not finish this plan").At(src.place()).
			WithDetail("It is marked as errored, so that it does not hold every change. A gate cannot pass on it.").
			WithHint("mend the errors that terraform plan prints and plan again")
	}
	return p.checkChanges(src)
}

// planError turns what went wrong in the stream into a diagnostic.
func (s *source) planError(sc *scanner, err error) error {
	if errors.Is(err, errTruncated) {
		return diag.Errorf("plan-truncated", "the plan ends in the middle of a value").At(s.place()).
			WithDetail("The file was cut after %d bytes, so that it does not hold every change.", sc.offset()).
			WithHint("write it again with: terraform show -json plan.tfplan > plan.json")
	}
	return s.locate(err)
}

// readChange reads one element of resource_changes.
func (p *planFile) readChange(sc *scanner) error {
	c := &change{Resource: &resource.Resource{Origin: resource.OriginPlan}}
	mode, deposed := string(tfjson.ManagedResourceMode), false
	err := sc.object(func(key string) error {
		var err error
		switch key {
		case "address":
			c.Address, err = sc.text()
		case "module_address":
			c.module, err = sc.text()
		case "mode":
			mode, err = sc.text()
		case "type":
			c.Type, err = sc.text()
		case "name":
			c.Name, err = sc.text()
		case "provider_name":
			c.Provider, err = sc.text()
		case "deposed":
			deposed = true
			err = sc.skip()
		case "change":
			if mode != string(tfjson.ManagedResourceMode) || c.Address != "" && !p.wants(c.Address) {
				return sc.skip()
			}
			err = c.read(sc)
		default:
			err = sc.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	// Data sources change nothing. A deposed object is the rest of an earlier
	// replacement that is only deleted.
	if mode != string(tfjson.ManagedResourceMode) || deposed {
		return nil
	}
	p.managed++
	if c.Address != "" && !p.wants(c.Address) {
		return nil
	}
	if c.Address == "" || c.Type == "" || len(c.Actions) == 0 {
		return sc.syntax("an element of resource_changes has no address, type or actions")
	}
	_, c.key = resource.SplitKey(c.Address)
	p.changes = append(p.changes, c)
	return nil
}

func (p *planFile) wants(address string) bool { return p.only == nil || p.only(address) }

// read reads the change itself. Values are what is there after it; what a plan
// only deletes keeps the values that it had.
func (c *change) read(sc *scanner) error {
	var beforeSensitive any
	err := sc.object(func(key string) error {
		var err error
		switch key {
		case "actions":
			err = sc.list(func() error {
				a, err := sc.text()
				c.Actions = append(c.Actions, resource.Action(a))
				return err
			})
		case "before":
			c.Before, err = sc.values()
		case "after":
			c.Values, err = sc.values()
		case "after_unknown":
			c.Unknown, err = sc.marks()
		case "after_sensitive":
			c.Sensitive, err = sc.marks()
		case "before_sensitive":
			beforeSensitive, err = sc.marks()
		default:
			err = sc.skip()
		}
		return err
	})
	if c.Values == nil && c.Unknown == nil {
		c.Values = c.Before
	}
	c.Sensitive = mergeMarks(c.Sensitive, beforeSensitive)
	return err
}

// resources completes the changes with what the configuration tells.
func (p *planFile) resources(o Options) []*resource.Resource {
	tree, secrets := p.tree(), p.secretTexts()
	out := make([]*resource.Resource, len(p.changes))
	for i, c := range p.changes {
		if tree != nil {
			tree.describe(c)
		}
		markTags(c.Resource, secrets)
		identify(c.Resource, o)
		out[i] = c.Resource
	}
	return out
}

// text reads a string; null is the empty string.
func (s *scanner) text() (string, error) {
	v, err := s.scalar("a string")
	t, ok := v.(string)
	if err == nil && !ok && v != nil {
		err = s.syntax("found %v where a string is expected", v)
	}
	return t, err
}

func (s *scanner) boolean() (bool, error) {
	v, err := s.scalar("true or false")
	b, ok := v.(bool)
	if err == nil && !ok && v != nil {
		err = s.syntax("found %v where true or false is expected", v)
	}
	return b, err
}

// scalar reads a value that is no object and no array.
func (s *scanner) scalar(what string) (any, error) {
	c, err := s.peek()
	if err != nil {
		return nil, err
	}
	if c == '{' || c == '[' {
		return nil, s.syntax("found %q where %s is expected", c, what)
	}
	return s.value()
}

// null takes a null if one comes next.
func (s *scanner) null() (bool, error) {
	c, err := s.peek()
	if err != nil || c != 'n' {
		return false, err
	}
	return true, s.literal("null")
}

// list reads an array or null.
func (s *scanner) list(element func() error) error {
	if null, err := s.null(); null || err != nil {
		return err
	}
	return s.array(element)
}

// members reads an object or null.
func (s *scanner) members(member func(key string) error) error {
	if null, err := s.null(); null || err != nil {
		return err
	}
	return s.object(member)
}

// values reads an object of attributes or null.
func (s *scanner) values() (map[string]any, error) {
	c, err := s.peek()
	if err != nil {
		return nil, err
	}
	if c != '{' && c != 'n' {
		return nil, s.syntax("found %q where an object of attributes is expected", c)
	}
	v, err := s.value()
	m, _ := v.(map[string]any)
	return m, err
}

// variables reads the values of the root module's variables.
func (s *scanner) variables() (map[string]any, error) {
	vars := map[string]any{}
	err := s.members(func(name string) error {
		return s.members(func(key string) error {
			if key != "value" {
				return s.skip()
			}
			v, err := s.value()
			vars[name] = v
			return err
		})
	})
	return vars, err
}
