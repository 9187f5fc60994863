package awsconfig

import (
	"errors"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/aws/collect"
	"github.com/parapet-dev/parapet/internal/resource"
)

// Type is a row of the table: a resource type of the Terraform provider and the
// type of the configuration items that it is made of.
type Type struct {
	aws.Type        // of package collect's table where it has the type; Filled is what an import can fill
	Config   string // AWS::EC2::Volume

	// read makes the resources of an item: none, if it is no such resource, or has
	// no such part. It returns errUnsaid if the item does not tell.
	read func(it *item) ([]entry, error)
}

// entry is a resource as an item describes it, with the paths that are known.
type entry struct {
	aws.Item
	filled []string
}

// errUnsaid says that an item lacks the key that a part of it is made of.
var errUnsaid = errors.New("the configuration item does not tell")

// Types returns the table, sorted by type. There is a row for a type that no
// collector reads, too.
func Types() []Type {
	rows := slices.Concat(ec2Types(), iamTypes(), s3Types(), rdsTypes(), otherTypes(), moreTypes())
	table := map[string]aws.Type{}
	for _, t := range collect.Types() {
		table[t.Name] = t
	}
	for i, row := range rows {
		if t, ok := table[row.Name]; ok {
			t.Filled, t.Parent = row.Filled, row.Parent // collectors list some parts by themselves
			rows[i].Type = t
		}
		slices.Sort(rows[i].Filled)
	}
	slices.SortFunc(rows, func(a, b Type) int { return strings.Compare(a.Name, b.Name) })
	return rows
}

// Select returns the rows of the types, or of types that they stand for, and the
// names that cannot be imported, both sorted.
func Select(table []Type, names []string) (rows []Type, missing []string) {
	plain := make([]aws.Type, len(table))
	for i, t := range table {
		plain[i] = t.Type
	}
	chosen, missing := aws.Select(plain, names)
	for _, t := range table {
		if slices.ContainsFunc(chosen, func(c aws.Type) bool { return c.Name == t.Name }) {
			rows = append(rows, t)
		}
	}
	return rows, missing
}

// resource makes the resource of an entry. What is not known has no value.
func (t Type) resource(e entry, account, region, partition string) *resource.Resource {
	row := t.Type
	row.Filled = slices.DeleteFunc(e.filled, func(p string) bool { return p == "arn" })
	if !strings.HasPrefix(e.ARN, "arn:") {
		e.ARN = ""
	} else if slices.Contains(t.Filled, "arn") {
		row.Filled = append(row.Filled, "arn")
	}
	known := map[string]bool{}
	for _, p := range row.Filled {
		known[topOf(p)] = true
	}
	for name := range e.Values {
		if !known[name] {
			delete(e.Values, name)
		}
	}
	return row.Resource(e.Item, account, region, partition)
}

// topOf returns the attribute that a path begins with.
func topOf(path string) string {
	top, _, _ := strings.Cut(path, "[]")
	return top
}

// single makes a row of resources that an item each describes: the attributes
// that it fills, the key of the id, and which items are not of the type.
func single(name, config string, reach aws.Reach, id string, attributes map[string]value, not ...func(it *item) bool) Type {
	return Type{
		Type: aws.Type{Name: name, Reach: reach, Filled: filled(attributes)}, Config: config,
		read: func(it *item) ([]entry, error) {
			for _, n := range not {
				if n(it) {
					return nil, nil
				}
			}
			e := entry{Item: aws.Item{ID: it.text(id), ARN: it.ARN, Name: it.Name}}
			if id == "" {
				e.ID = it.ID
			}
			if e.ID == "" {
				return nil, errors.New("it has no " + id)
			}
			e.Values, e.filled = read(it, attributes)
			return []entry{e}, nil
		},
	}
}

// filled lists what attributes fill of an item that holds everything.
func filled(attributes map[string]value) []string {
	list := []string{"arn"}
	for name := range attributes {
		list = append(list, name)
	}
	return list
}

// part makes a row of what belongs to the resource of another type and comes in
// its items. Every attribute of it is known, or it is not known at all.
func part(name, config, parent string, reach aws.Reach, attributes []string, read func(it *item) ([]aws.Item, error)) Type {
	return Type{
		Type: aws.Type{Name: name, Reach: reach, Parent: parent, Filled: attributes}, Config: config,
		read: func(it *item) ([]entry, error) {
			items, err := read(it)
			entries := make([]entry, len(items))
			for i, part := range items {
				entries[i] = entry{part, slices.Clone(attributes)}
			}
			return entries, err
		},
	}
}
