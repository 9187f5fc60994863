package snapshot

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/resource"
)

// maxShard bounds what one shard may unpack to, in bytes: a shard is the
// resources of one scope.
const maxShard = 1 << 30

// Is reports whether a directory holds a snapshot, finished or not.
func Is(dir string) bool {
	for _, name := range []string{manifestFile, journalFile} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		begin, _ := io.ReadAll(io.LimitReader(f, 64)) // what cannot be read is none
		_ = f.Close()
		if isSnapshot.Match(begin) {
			return true
		}
	}
	return false
}

var isSnapshot = regexp.MustCompile(`^\{\s*"schema":\s*"parapet\.snapshot/`)

// Open reads the manifest of a finished snapshot and the hash of its content.
func Open(dir string) (Manifest, string, error) {
	shown := filepath.ToSlash(dir)
	at := diag.Place{File: shown + "/" + manifestFile}
	src, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		d := diag.Errorf("snapshot-unfinished", "%s is no finished snapshot: it has no %s", shown, manifestFile)
		if _, err := os.Stat(filepath.Join(dir, journalFile)); err == nil {
			d = d.WithDetail("Its collection was interrupted.").WithHint("finish it: parapet snapshot --resume --out %s", shown)
		}
		return Manifest{}, "", d
	}
	if err != nil {
		return Manifest{}, "", diag.Errorf("snapshot-unreadable", "%v", err).At(at)
	}
	var m Manifest
	bad := func(format string, args ...any) (Manifest, string, error) {
		return Manifest{}, "", diag.Errorf("snapshot-unreadable", "%s is not the manifest of a snapshot", at.File).At(at).WithDetail(format, args...)
	}
	dec := json.NewDecoder(bytes.NewReader(src))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return bad("%v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return bad("more follows after the end of the document")
	}
	if m.Schema != Schema {
		return bad("its schema is %q; this version reads %s", m.Schema, Schema)
	}
	for i, e := range m.Scopes {
		switch {
		case !slices.Contains(Statuses, e.Status):
			return bad("scope %d has the status %q", i+1, e.Status)
		case e.Type == "" || !resource.IsAccount(e.Account):
			return bad("scope %d lacks its type or account", i+1)
		case e.Region != "" && !resource.IsRegion(e.Region):
			return bad("scope %d has the Region %q", i+1, e.Region)
		case (e.Resources > 0) != (e.Shard != ""):
			return bad("scope %d has %d resources and the shard %q", i+1, e.Resources, e.Shard)
		case e.Shard != "" && !isHash(e.Shard):
			return bad("scope %d has the shard %q", i+1, e.Shard)
		}
	}
	sum := sha256.Sum256(src)
	return m, hex.EncodeToString(sum[:]), nil
}

// isHash keeps names from leading out of the directory.
func isHash(s string) bool {
	b, err := hex.DecodeString(s)
	return err == nil && len(b) == sha256.Size
}

// Read reads the resources of a finished snapshot, scope by scope, with their
// gaps. A shard that is missing, cut or changed is an error.
func Read(ctx context.Context, dir string, m Manifest) ([]*resource.Resource, error) {
	var all []*resource.Resource
	for _, e := range m.Scopes {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if e.Shard == "" {
			continue
		}
		list, err := m.readShard(dir, e)
		if err != nil {
			return nil, err
		}
		all = append(all, list...)
	}
	m.markGaps(all)
	return all, nil
}

// markGaps tells parents of what could not be read for them. A gap whose parent
// is not there itself belongs to a scope that is not complete.
func (m Manifest) markGaps(all []*resource.Resource) {
	type name struct{ account, typ, id string }
	var byName map[name][]*resource.Resource
	for _, e := range m.Scopes {
		for _, g := range e.Gaps {
			if g.Related == "" {
				continue // the resource's own Filled says it
			}
			if byName == nil {
				byName = make(map[name][]*resource.Resource, len(all))
				for _, r := range all {
					n := name{r.Account, r.Type, r.ID}
					byName[n] = append(byName[n], r)
				}
			}
			for _, r := range byName[name{e.Account, g.Type, g.ID}] {
				if !slices.Contains(r.Unread, g.Related) {
					r.Unread = append(r.Unread, g.Related)
				}
			}
		}
	}
}

func (m Manifest) readShard(dir string, e Entry) ([]*resource.Resource, error) {
	path := filepath.Join(dir, shardDir, e.Shard+shardSuffix)
	damaged := func(err error) ([]*resource.Resource, error) {
		return nil, diag.Errorf("snapshot-damaged", "a part of the snapshot cannot be read: %v", err).
			At(diag.Place{File: filepath.ToSlash(path)}).
			WithDetail("It holds %s of account %s.", e.Type, e.Account).WithHint("collect the snapshot again")
	}
	data, err := unpack(path)
	if err != nil {
		return damaged(err)
	}
	if got := name(data); got != e.Shard {
		return damaged(errors.New("its content is not what its name says"))
	}
	var list []*resource.Resource
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	for {
		var l line
		err := dec.Decode(&l)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return damaged(err)
		}
		list = append(list, l.resource(e, m))
	}
	if len(list) != e.Resources {
		return damaged(fmt.Errorf("it holds %d resources, not %d", len(list), e.Resources))
	}
	return list, nil
}

func unpack(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(bufio.NewReader(f))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(z, maxShard+1))
	if err == nil && len(data) > maxShard {
		err = fmt.Errorf("it is larger than %d bytes", maxShard)
	}
	return data, err
}

// intact reports whether a shard is there and what its name says.
func intact(path, want string) bool {
	data, err := unpack(path)
	return err == nil && name(data) == want
}

func (l line) resource(e Entry, m Manifest) *resource.Resource {
	filled := m.Types[e.Type].Filled
	if l.Filled != nil {
		filled = *l.Filled
	}
	if filled == nil {
		filled = []string{} // a type without a word on it has nothing filled
	}
	return &resource.Resource{
		Type: e.Type, Name: l.Name, Address: l.Address, ID: l.ID, ARN: l.ARN,
		Account: e.Account, Region: e.Region, Partition: m.Request.Partition,
		Origin: resource.OriginSnapshot, Values: l.Values,
		Sensitive: l.Sensitive, Unknown: l.Unknown, Filled: filled, Unread: l.Unread,
	}
}
