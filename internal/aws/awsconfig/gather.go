package awsconfig

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// gathering is what one snapshot holds of some types.
type gathering struct {
	file      File
	partition string
	byConfig  map[string][]Type
	found     map[string]*finds // by type
	seen      map[string]bool   // items, by type and id
	recorders map[string]bool   // types that the recorder says it records
	items     map[string]int    // recorded items, by their type
	missing   map[string]int    // items that exist and are not recorded
}

// finds is what was found of a type.
type finds struct {
	resources []*resource.Resource
	gaps      []aws.Gap
	problems  []string // of items that could not be read
}

func newGathering(f File, partition string, types []Type) *gathering {
	g := &gathering{
		file: f, partition: partition, byConfig: map[string][]Type{}, found: map[string]*finds{},
		seen: map[string]bool{}, recorders: map[string]bool{}, items: map[string]int{}, missing: map[string]int{},
	}
	for _, t := range types {
		g.byConfig[t.Config] = append(g.byConfig[t.Config], t)
		g.found[t.Name] = &finds{}
	}
	return g
}

// recorderType is the type of the items of recorders themselves.
const recorderType = "AWS::Config::ConfigurationRecorder"

// take takes an item.
func (g *gathering) take(it *item) error {
	if err := g.check(it); err != nil {
		return err
	}
	if it.Type == recorderType && !it.deleted() {
		g.recorder(it)
		return nil
	}
	types := g.byConfig[it.Type]
	if len(types) == 0 || it.deleted() {
		return nil
	}
	key := it.Type + "\x00" + it.ID
	if g.seen[key] {
		return diag.Errorf("config-duplicate", "%s holds %s twice", place(g.file.Path).File, it).At(place(g.file.Path)).
			WithDetail("A snapshot holds a resource once; a configuration history holds every change of it.")
	}
	g.seen[key] = true
	if it.notRecorded() {
		g.missing[it.Type]++
		return nil
	}
	g.items[it.Type]++
	it.place = g.file.Region
	broken := it.open()
	for _, t := range types {
		g.read(t, it, broken)
	}
	return nil
}

// check holds an item to the account and Region of its file.
func (g *gathering) check(it *item) error {
	mixed := func(what, got, want string) error {
		return diag.Errorf("config-mixed", "%s of %s is of %s %s, the file of %s", it, place(g.file.Path).File, what, got, want).At(place(g.file.Path)).
			WithDetail("A snapshot is of one account and Region.")
	}
	if a := it.account(); a != "" && a != g.file.Account {
		return mixed("account", a, g.file.Account)
	}
	if resource.IsRegion(it.Region) && it.Region != g.file.Region {
		return mixed("Region", it.Region, cmp.Or(g.file.Region, "none"))
	}
	return nil
}

// recorder notes which types a recorder lists. One that records all supported
// types says nothing of a type: not every Region supports every one.
// https://docs.aws.amazon.com/config/latest/developerguide/what-is-resource-config-coverage.html
func (g *gathering) recorder(it *item) {
	if it.open() != nil {
		return
	}
	if on, _ := it.get("Recording"); on != true {
		return
	}
	if only := it.text("RecordingGroup.RecordingStrategy.UseOnly"); only != "" && only != "INCLUSION_BY_RESOURCE_TYPES" {
		return
	}
	v, _ := it.get("RecordingGroup.ResourceTypes")
	listed, _ := toTexts(v, "value")
	for _, t := range listed {
		g.recorders[t] = true
	}
}

func (g *gathering) read(t Type, it *item, broken error) {
	f := g.found[t.Name]
	var entries []entry
	err := broken
	if err == nil {
		entries, err = t.read(it)
	}
	switch {
	case errors.Is(err, errUnsaid):
		f.gaps = append(f.gaps, aws.Gap{Type: t.Parent, ID: parentID(it), Related: t.Name, Status: aws.Unsupported, Detail: errUnsaid.Error()})
	case err != nil:
		f.problems = append(f.problems, fmt.Sprintf("%s: %v", it, err))
	}
	for _, e := range entries {
		f.resources = append(f.resources, t.resource(e, g.file.Account, g.file.Region, g.partition))
	}
}

// parentID is the id of the resource that an item with parts is: all of them are
// known by their names.
func parentID(it *item) string {
	for _, key := range []string{"name", "roleName", "userName", "groupName"} {
		if s := it.text(key); s != "" {
			return s
		}
	}
	return cmp.Or(it.Name, it.ID)
}

// recorded reports whether the snapshot shows that a type is recorded.
func (g *gathering) recorded(t Type) bool {
	return g.items[t.Config] > 0 || g.missing[t.Config] > 0 || g.recorders[t.Config]
}

// outcome sums up what was found of a type.
func (g *gathering) outcome(t Type) aws.Outcome {
	scope := aws.Scope{Account: g.file.Account, Type: t.Name}
	if t.Reach == aws.Regional {
		scope.Region = g.file.Region
	}
	if !g.recorded(t) {
		return unrecorded(scope, t)
	}
	f := g.found[t.Name]
	out := aws.Outcome{Scope: scope, Status: aws.Complete, Resources: f.resources, Gaps: f.gaps}
	slices.SortFunc(out.Gaps, func(a, b aws.Gap) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(out.Resources, func(a, b *resource.Resource) int {
		return cmp.Or(cmp.Compare(a.Address, b.Address), cmp.Compare(a.ARN, b.ARN))
	})
	items := g.items[t.Config]
	switch {
	case len(f.problems) > 0:
		out.Status, out.Detail = aws.Failed, slices.Min(f.problems)
		if more := len(f.problems) - 1; more > 0 {
			out.Detail += fmt.Sprintf(" (and %d more)", more)
		}
	case g.missing[t.Config] > 0:
		out.Status = aws.Unsupported
		out.Detail = fmt.Sprintf("%d of %d %s are not recorded", g.missing[t.Config], g.missing[t.Config]+items, t.Config)
	case items > 0 && len(f.gaps) == items:
		out.Status, out.Detail = aws.Unsupported, "the items of "+t.Config+" do not tell"
	}
	return out
}
