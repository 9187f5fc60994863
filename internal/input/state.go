package input

import (
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"

	tfjson "github.com/hashicorp/terraform-json"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// isState recognizes a state file (terraform.tfstate, terraform state pull)
// and the JSON form of a state (terraform show -json).
func isState(keys []string) bool {
	has := func(k string) bool { return slices.Contains(keys, k) }
	return has("version") && (has("lineage") || has("serial") || has("resources")) ||
		has("format_version") && has("values")
}

// dataMode marks data resources, which are read and not managed. What does not
// say its mode is taken for managed.
const dataMode = string(tfjson.DataResourceMode)

// stateFile is what is kept of a state while it streams by.
type stateFile struct {
	version   json.Number
	format    string // of the JSON form
	shown     bool   // the JSON form of terraform show
	known     bool   // the member that holds resources was there
	legacy    string // a resource whose attributes have the form of Terraform 0.11
	resources []*resource.Resource
	providers map[string][]*resource.Resource // by provider configuration, which its module and alias name
}

// loadState reads a state file of version 4, or the JSON form of a state.
func loadState(src *source) ([]*resource.Resource, error) {
	sc := newScanner(src.r)
	f := &stateFile{providers: map[string][]*resource.Resource{}}
	err := sc.object(func(key string) error {
		switch key {
		case "version":
			v, err := sc.scalar("a version")
			f.version, _ = v.(json.Number)
			return err
		case "format_version":
			var err error
			f.format, err = sc.text()
			return err
		case "resources":
			f.known = true
			return sc.list(func() error { return f.resource(sc) })
		case "values":
			f.known, f.shown = true, true
			return sc.only("root_module", func() error { return f.module(sc) })
		}
		return sc.skip()
	})
	if err == nil {
		var clean bool
		if clean, err = sc.done(); err == nil && !clean {
			err = sc.syntax("the state is followed by something else")
		}
	}
	switch {
	case errors.Is(err, errTruncated):
		return nil, diag.Errorf("state-truncated", "the state ends in the middle of a value").At(src.place()).
			WithDetail("The file was cut after %d bytes.", sc.offset()).
			WithHint("write it again with: terraform state pull > terraform.tfstate")
	case err != nil:
		return nil, src.locate(err)
	case !f.shown && f.version != "4":
		return nil, diag.Errorf("state-format", "the state has version %q, which is not supported", f.version.String()).
			At(src.place()).WithHint("use the JSON form: terraform show -json terraform.tfstate > state.json")
	case f.shown && (&tfjson.State{FormatVersion: f.format}).Validate() != nil:
		return nil, diag.Errorf("state-format", "the JSON form of the state has format %q, which is not supported", f.format).
			At(src.place()).WithHint("write it with Terraform 0.13 or later, or read it with a newer parapet")
	case f.legacy != "":
		return nil, diag.Errorf("state-format", "the state holds %s as Terraform 0.11 wrote it", f.legacy).At(src.place()).
			WithDetail("Its attributes cannot be read before Terraform has upgraded them.").
			WithHint("run terraform apply -refresh-only with a newer Terraform, and read the state again")
	case !f.known:
		return nil, diag.Errorf("state-format", "the state holds no list of resources").At(src.place())
	}
	for _, list := range f.providers {
		settle(list)
	}
	for _, r := range f.resources {
		identify(r, src.options)
	}
	return f.resources, markSecrets(f.resources)
}

// stateInstance is one instance of a resource in a state file.
type stateInstance struct {
	key       any
	deposed   bool
	legacy    bool
	values    map[string]any
	sensitive any
}

// resource reads one element of resources in a state file.
func (f *stateFile) resource(sc *scanner) error {
	var module, mode, kind, name, provider string
	var instances []stateInstance
	err := sc.object(func(key string) error {
		var err error
		switch key {
		case "module":
			module, err = sc.text()
		case "mode":
			mode, err = sc.text()
		case "type":
			kind, err = sc.text()
		case "name":
			name, err = sc.text()
		case "provider":
			provider, err = sc.text()
		case "instances":
			err = sc.list(func() error {
				i, err := sc.stateInstance()
				instances = append(instances, i)
				return err
			})
		default:
			err = sc.skip()
		}
		return err
	})
	if err != nil || mode == dataMode {
		return err
	}
	for _, i := range instances {
		if i.deposed {
			continue
		}
		if i.legacy && i.values == nil {
			f.legacy = join(module, kind+"."+name)
		}
		r := &resource.Resource{
			Type: kind, Name: name, Address: join(module, kind+"."+name) + keyText(i.key),
			Provider: providerSource(provider), Origin: resource.OriginState,
			Values: i.values, Sensitive: i.sensitive,
		}
		f.resources = append(f.resources, r)
		f.providers[provider] = append(f.providers[provider], r)
	}
	return nil
}

func (s *scanner) stateInstance() (stateInstance, error) {
	var i stateInstance
	err := s.object(func(key string) error {
		var err error
		switch key {
		case "index_key":
			i.key, err = s.scalar("an instance key")
		case "deposed":
			i.deposed = true
			err = s.skip()
		case "attributes_flat":
			i.legacy = true
			err = s.skip()
		case "attributes":
			i.values, err = s.values()
		case "sensitive_attributes":
			i.sensitive, err = s.sensitivePaths()
		default:
			err = s.skip()
		}
		return err
	})
	return i, err
}

// sensitivePaths reads the paths of sensitive values in a state file, each a
// list of steps {"type": "get_attr" or "index", "value": …}. Under an index the
// whole collection is marked, since the mark tree needs its length.
func (s *scanner) sensitivePaths() (any, error) {
	var tree any
	err := s.list(func() error {
		var path []string
		whole := false
		err := s.list(func() error {
			var kind string
			var value any
			err := s.object(func(key string) error {
				var err error
				switch key {
				case "type":
					kind, err = s.text()
				case "value":
					value, err = s.value()
				default:
					err = s.skip()
				}
				return err
			})
			name, ok := value.(string)
			if kind != "get_attr" || !ok {
				whole = true
			} else if !whole {
				path = append(path, name)
			}
			return err
		})
		var mark any = true
		for _, name := range slices.Backward(path) {
			mark = map[string]any{name: mark}
		}
		tree = mergeMarks(tree, mark)
		return err
	})
	return tree, err
}

// keyText writes an instance key as it stands in addresses.
func keyText(key any) string {
	switch k := key.(type) {
	case json.Number:
		return "[" + k.String() + "]"
	case string:
		return "[" + quoteKey(k) + "]"
	}
	return ""
}

// quoteKey quotes a key as HCL does: template markers are doubled.
func quoteKey(k string) string {
	q := strconv.Quote(k)
	q = strings.ReplaceAll(q, "${", "$${")
	return strings.ReplaceAll(q, "%{", "%%{")
}

// providerSource takes the source address out of provider["…"].alias.
func providerSource(s string) string {
	_, rest, ok := strings.Cut(s, `["`)
	if !ok {
		return s
	}
	source, _, _ := strings.Cut(rest, `"]`)
	return source
}

// module reads one module of the JSON form, with its child modules.
func (f *stateFile) module(sc *scanner) error {
	return sc.members(func(key string) error {
		switch key {
		case "resources":
			return sc.list(func() error { return f.shownResource(sc) })
		case "child_modules":
			return sc.list(func() error { return f.module(sc) })
		}
		return sc.skip()
	})
}

func (f *stateFile) shownResource(sc *scanner) error {
	r := &resource.Resource{Origin: resource.OriginState}
	var mode string
	deposed := false
	err := sc.object(func(key string) error {
		var err error
		switch key {
		case "address":
			r.Address, err = sc.text()
		case "mode":
			mode, err = sc.text()
		case "type":
			r.Type, err = sc.text()
		case "name":
			r.Name, err = sc.text()
		case "provider_name":
			r.Provider, err = sc.text()
		case "deposed_key":
			deposed = true
			err = sc.skip()
		case "values":
			r.Values, err = sc.values()
		case "sensitive_values":
			r.Sensitive, err = sc.marks()
		default:
			err = sc.skip()
		}
		return err
	})
	if err == nil && mode != dataMode && !deposed {
		f.resources = append(f.resources, r)
	}
	return err
}
