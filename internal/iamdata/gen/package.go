package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/iamdata"
)

// npmPackage is what the tarball holds of use.
type npmPackage struct {
	version, updated string
	services         []iamdata.Service
}

// The files of the package.
type (
	manifest struct {
		Version   string `json:"version"`
		UpdatedAt string `json:"updatedAt"`
	}
	action struct {
		Name             string        `json:"name"`
		AccessLevel      string        `json:"accessLevel"`
		ResourceTypes    []resourceRow `json:"resourceTypes"`
		ConditionKeys    []string      `json:"conditionKeys"`
		DependentActions []string      `json:"dependentActions"`
	}
	resourceRow struct {
		Name             string   `json:"name"`
		Required         bool     `json:"required"`
		ConditionKeys    []string `json:"conditionKeys"`
		DependentActions []string `json:"dependentActions"`
	}
	resourceType struct {
		Key           string   `json:"key"`
		ARN           string   `json:"arn"`
		ConditionKeys []string `json:"conditionKeys"`
	}
	conditionKey struct {
		Key  string `json:"key"`
		Type string `json:"type"`
	}
)

// maxFile bounds what is read of a file; the largest has one megabyte.
const maxFile = 64 << 20

// readPackage reads the services from the tarball.
func readPackage(tarball []byte) (*npmPackage, error) {
	files, err := untar(tarball)
	if err != nil {
		return nil, err
	}
	var m manifest
	var titles map[string]string
	var rcp []string
	for name, into := range map[string]any{
		"package/package.json":                   &m,
		"package/data/serviceNames.json":         &titles,
		"package/data/rcpSupportedServices.json": &rcp,
	} {
		if err := decode(files, name, into); err != nil {
			return nil, err
		}
	}
	p := &npmPackage{version: m.Version, updated: m.UpdatedAt}
	for name := range files {
		dir, file := path.Split(name)
		if prefix, ok := strings.CutSuffix(file, ".json"); ok && dir == "package/data/actions/" {
			s, err := readService(files, prefix)
			if err != nil {
				return nil, err
			}
			s.Title, s.RCP = titles[prefix], slices.Contains(rcp, prefix)
			p.services = append(p.services, *s)
		}
	}
	if len(p.services) == 0 {
		return nil, errors.New("the tarball holds no services")
	}
	return p, nil
}

// untar returns the files of a gzipped tar archive.
func untar(data []byte) (map[string][]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, fmt.Errorf("read the tarball: %w", err)
	}
	files := map[string][]byte{}
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the tarball: %w", err)
		}
		if files[h.Name], err = io.ReadAll(io.LimitReader(r, maxFile)); err != nil {
			return nil, fmt.Errorf("read %s in the tarball: %w", h.Name, err)
		}
	}
}

func decode(files map[string][]byte, name string, into any) error {
	data, ok := files[name]
	if !ok {
		return fmt.Errorf("the tarball has no %s", name)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("%s in the tarball: %w", name, err)
	}
	return nil
}

func readService(files map[string][]byte, prefix string) (*iamdata.Service, error) {
	var actions map[string]action
	var types map[string]resourceType
	var keys map[string]conditionKey
	for dir, into := range map[string]any{"actions": &actions, "resourceTypes": &types, "conditionKeys": &keys} {
		if err := decode(files, "package/data/"+dir+"/"+prefix+".json", into); err != nil {
			return nil, err
		}
	}
	s := &iamdata.Service{Prefix: prefix}
	for _, k := range keys {
		s.Keys = append(s.Keys, iamdata.Key{Name: k.Key, Type: k.Type})
	}
	for _, t := range types {
		s.ResourceTypes = append(s.ResourceTypes, iamdata.ResourceType{Name: t.Key, ARN: t.ARN, Keys: unique(t.ConditionKeys)})
	}
	for _, a := range actions {
		level, err := access(a.AccessLevel)
		if err != nil {
			return nil, fmt.Errorf("%s:%s: %w", prefix, a.Name, err)
		}
		out := iamdata.Action{Service: prefix, Name: a.Name, Access: level, Keys: unique(a.ConditionKeys)}
		dependents := a.DependentActions
		for _, r := range a.ResourceTypes {
			out.Resources = append(out.Resources, iamdata.ActionResource{Type: r.Name, Required: r.Required, Keys: unique(r.ConditionKeys)})
			dependents = append(dependents, r.DependentActions...)
		}
		slices.SortFunc(out.Resources, func(a, b iamdata.ActionResource) int { return strings.Compare(a.Type, b.Type) })
		out.Dependents = unique(dependents)
		s.Actions = append(s.Actions, out)
	}
	return s, nil
}

// unique sorts names and drops duplicates; an empty list is nil.
func unique(names []string) []string {
	if len(names) == 0 {
		return nil
	}
	out := slices.Clone(names)
	slices.Sort(out)
	return slices.Compact(out)
}

// access reads an access level. The source writes "Tagging, Write" for what is
// a kind of writing.
func access(s string) (iamdata.Access, error) {
	first, _, _ := strings.Cut(s, ",")
	switch level := iamdata.Access(first); level {
	case iamdata.Read, iamdata.List, iamdata.Write, iamdata.Tagging, iamdata.PermissionsManagement:
		return level, nil
	}
	return "", fmt.Errorf("unknown access level %q", s)
}
