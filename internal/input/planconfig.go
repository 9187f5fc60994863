package input

import (
	"strings"

	"github.com/parapet-dev/parapet/internal/resource"
)

// planConfig is what is kept of a plan's configuration: which expression
// refers to what. The texts of expressions are not in a plan, only their
// references and their value if it is constant.
type planConfig struct {
	providers map[string]planProvider
	root      *planModule
}

type planProvider struct {
	module string // address of the module that configures it, without keys
	config expr
}

type planModule struct {
	resources map[string]*planResource // by type.name
	calls     map[string]*planCall
	outputs   map[string]expr
	defaults  map[string]any
	sensitive map[string]bool // variables
}

type planResource struct {
	provider string
	forEach  expr
	uses     []expr // the expressions that refer to something
	config   expr   // its arguments
}

type planCall struct {
	forEach   expr
	arguments map[string]expr
	module    *planModule
}

// expr is an expression, or a block of them.
type expr struct {
	references []string
	constant   any             // nil when not constant, or null
	null       bool            // the constant is null, which is as good as not set
	members    map[string]expr // of a nested block
	elements   []expr          // of repeated nested blocks
}

func readPlanConfig(sc *scanner) (*planConfig, error) {
	c := &planConfig{providers: map[string]planProvider{}, root: &planModule{}}
	err := sc.members(func(key string) error {
		switch key {
		case "provider_config":
			return sc.members(func(name string) error {
				p, err := sc.planProvider()
				c.providers[name] = p
				return err
			})
		case "root_module":
			var err error
			c.root, err = sc.planModule()
			return err
		}
		return sc.skip()
	})
	return c, err
}

func (s *scanner) planProvider() (planProvider, error) {
	var p planProvider
	err := s.members(func(key string) error {
		var err error
		switch key {
		case "module_address":
			p.module, err = s.text()
		case "expressions":
			p.config, err = s.expr()
		default:
			err = s.skip()
		}
		return err
	})
	return p, err
}

func (s *scanner) planModule() (*planModule, error) {
	m := &planModule{
		resources: map[string]*planResource{}, calls: map[string]*planCall{},
		outputs: map[string]expr{}, defaults: map[string]any{}, sensitive: map[string]bool{},
	}
	err := s.members(func(key string) error {
		switch key {
		case "resources":
			return s.list(func() error { return s.planResource(m) })
		case "module_calls":
			return s.members(func(name string) error {
				c, err := s.planCall()
				m.calls[name] = c
				return err
			})
		case "outputs":
			return s.members(func(name string) error {
				return s.only("expression", func() error {
					e, err := s.expr()
					m.outputs[name] = e
					return err
				})
			})
		case "variables":
			return s.planVariables(m)
		}
		return s.skip()
	})
	return m, err
}

func (s *scanner) planVariables(m *planModule) error {
	return s.members(func(name string) error {
		return s.members(func(key string) error {
			var err error
			switch key {
			case "default":
				m.defaults[name], err = s.value()
			case "sensitive":
				m.sensitive[name], err = s.boolean()
			default:
				err = s.skip()
			}
			return err
		})
	})
}

// readPlanVariables reads of a configuration no more than the variables of its
// root module.
func readPlanVariables(sc *scanner) (*planConfig, error) {
	c := &planConfig{root: &planModule{defaults: map[string]any{}, sensitive: map[string]bool{}}}
	return c, sc.only("root_module", func() error {
		return sc.only("variables", func() error { return sc.planVariables(c.root) })
	})
}

// only reads one member of an object and skips the others.
func (s *scanner) only(want string, read func() error) error {
	return s.members(func(key string) error {
		if key == want {
			return read()
		}
		return s.skip()
	})
}

func (s *scanner) planResource(m *planModule) error {
	r := &planResource{}
	var mode, kind, name string
	err := s.members(func(key string) error {
		var err error
		switch key {
		case "mode":
			mode, err = s.text()
		case "type":
			kind, err = s.text()
		case "name":
			name, err = s.text()
		case "provider_config_key":
			r.provider, err = s.text()
		case "for_each_expression":
			r.forEach, err = s.expr()
		case "expressions":
			if mode == "data" {
				return s.skip()
			}
			r.config, err = s.expr()
			r.uses = r.config.uses(nil)
		default:
			err = s.skip()
		}
		return err
	})
	if mode != "data" {
		m.resources[kind+"."+name] = r
	}
	return err
}

func (s *scanner) planCall() (*planCall, error) {
	c := &planCall{module: &planModule{}}
	err := s.members(func(key string) error {
		var err error
		switch key {
		case "for_each_expression":
			c.forEach, err = s.expr()
		case "expressions":
			var e expr
			e, err = s.expr()
			c.arguments = e.members
		case "module":
			c.module, err = s.planModule()
		default:
			err = s.skip()
		}
		return err
	})
	return c, err
}

// expr reads an expression, a block of expressions or a list of such blocks.
func (s *scanner) expr() (expr, error) {
	var e expr
	c, err := s.peek()
	switch {
	case err != nil:
		return e, err
	case c == '[':
		err = s.array(func() error {
			element, err := s.expr()
			e.elements = append(e.elements, element)
			return err
		})
		return e, err
	case c != '{':
		return e, s.skip()
	}
	err = s.object(func(key string) error {
		next, err := s.peek()
		switch {
		case err != nil:
			return err
		case key == "constant_value":
			e.constant, err = s.value()
			e.null = err == nil && e.constant == nil
		case key == "references" && next == '[':
			err = s.array(func() error {
				ref, err := s.text()
				e.references = append(e.references, ref)
				return err
			})
			e.references = wholeReferences(e.references)
		default:
			// An expression without references or a constant, such as a call of a
			// function, is kept too: it says that the argument is set.
			if e.members == nil {
				e.members = map[string]expr{}
			}
			e.members[key], err = s.expr()
		}
		return err
	})
	return e, err
}

// uses collects the expressions that refer to something, at any depth.
func (e expr) uses(out []expr) []expr {
	if len(e.references) > 0 {
		out = append(out, expr{references: e.references})
	}
	for _, m := range e.members {
		out = m.uses(out)
	}
	for _, m := range e.elements {
		out = m.uses(out)
	}
	return out
}

// wholeReferences drops the references that are only the beginning of another
// one: Terraform lists aws_instance.web[0].id together with aws_instance.web[0]
// and aws_instance.web.
func wholeReferences(refs []string) []string {
	var whole []string
	for i, r := range refs {
		part := false
		for k, o := range refs {
			if i != k && len(o) > len(r) && strings.HasPrefix(o, r) && (o[len(r)] == '.' || o[len(r)] == '[') {
				part = true
				break
			}
		}
		if !part {
			whole = append(whole, r)
		}
	}
	return whole
}

// planTree relates the instances in a plan to its configuration.
type planTree struct {
	config    *planConfig
	variables map[string]any
	addresses map[string]bool
	scopes    map[string]*scope
}

func (p *planFile) tree() *planTree {
	if p.config == nil {
		return nil
	}
	t := &planTree{
		config:    p.config,
		variables: p.variables,
		addresses: make(map[string]bool, len(p.changes)),
		scopes:    map[string]*scope{"": {module: p.config.root}},
	}
	for _, c := range p.changes {
		t.addresses[c.Address] = true
		t.scope(c.module)
	}
	return t
}

// scope is one module instance.
type scope struct {
	address string // empty for the root
	key     string // instance key of the module call, with brackets
	parent  *scope
	call    *planCall
	module  *planModule
}

// scope returns the module instance at an address, nil when the configuration
// does not know it.
func (t *planTree) scope(address string) *scope {
	if s, ok := t.scopes[address]; ok {
		return s
	}
	steps := resource.SplitAddress(address)
	if len(steps) < 2 {
		return nil
	}
	parent := t.scope(strings.Join(steps[:len(steps)-2], "."))
	s := t.child(parent, steps[len(steps)-1])
	t.scopes[address] = s
	return s
}

// child returns the instance of a module call in a scope; step is the name of
// the call with or without instance key.
func (t *planTree) child(parent *scope, step string) *scope {
	if parent == nil {
		return nil
	}
	name, key := resource.SplitKey(step)
	call := parent.module.calls[name]
	if call == nil {
		return nil
	}
	return &scope{address: join(parent.address, "module."+step), key: key, parent: parent, call: call, module: call.module}
}

func join(module, rest string) string {
	if module == "" {
		return rest
	}
	return module + "." + rest
}

// describe adds to a change what the configuration says of it.
func (t *planTree) describe(c *change) {
	s := t.scope(c.module)
	if s == nil {
		return
	}
	r := s.module.resources[c.Type+"."+c.Name]
	if r == nil {
		return
	}
	c.Refs = t.references(s, r, c.key)
	t.place(c.Resource, r.provider)
	c.Unset = unset(c.Resource, r.config)
}
