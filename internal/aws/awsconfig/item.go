package awsconfig

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/parapet-dev/parapet/internal/aws"
)

// item is a configuration item. Files that are delivered and answers of the API
// name the account and the ARN differently.
type item struct {
	Type    string          `json:"resourceType"`
	ID      string          `json:"resourceId"`
	Name    string          `json:"resourceName"`
	ARN     string          `json:"ARN"` // matches arn too
	Account string          `json:"awsAccountId"`
	Owner   string          `json:"accountId"`
	Region  string          `json:"awsRegion"` // "global" for IAM
	Status  string          `json:"configurationItemStatus"`
	Tags    json.RawMessage `json:"tags"`
	Config  json.RawMessage `json:"configuration"` // an object, or a text that is one
	Extra   json.RawMessage `json:"supplementaryConfiguration"`
	conf    map[string]any
	extra   map[string]any
	place   string // region of the snapshot
}

// account returns the account of an item, empty where it does not say.
func (it *item) account() string {
	if it.Account != "" {
		return it.Account
	}
	return it.Owner
}

// The states of an item, of the Config API's ConfigurationItemStatus.
// https://docs.aws.amazon.com/config/latest/APIReference/API_ConfigurationItem.html
func (it *item) deleted() bool     { return strings.HasPrefix(it.Status, "ResourceDeleted") }
func (it *item) notRecorded() bool { return it.Status == "ResourceNotRecorded" }

// String names an item for people.
func (it *item) String() string {
	if it.Name != "" && it.Name != it.ID {
		return it.Type + " " + it.Name + " (" + it.ID + ")"
	}
	return it.Type + " " + it.ID
}

// open decodes what the item holds.
func (it *item) open() error {
	conf, err := decodeAny(it.Config)
	if err != nil {
		return fmt.Errorf("its configuration is no JSON: %w", err)
	}
	var ok bool
	if it.conf, ok = object(conf); !ok {
		return errors.New("it has no configuration")
	}
	extra, err := decodeAny(it.Extra)
	if err != nil {
		return fmt.Errorf("its supplementaryConfiguration is no JSON: %w", err)
	}
	it.extra, _ = object(extra)
	return nil
}

func decodeAny(raw []byte) (any, error) {
	if len(raw) == 0 {
		return nil, nil //nolint:nilnil // absent, which JSON's null is too
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, err
	}
	if d.More() {
		return nil, errors.New("more follows after its end")
	}
	return v, nil
}

// unwrap takes the JSON out of texts that hold JSON: items of the API and some
// supplementary parts are encoded twice, bucket ACLs three times.
func unwrap(v any) any {
	for range 3 {
		s, ok := v.(string)
		s = strings.TrimSpace(s)
		if !ok || s == "" || !strings.ContainsRune(`{["`, rune(s[0])) {
			return v
		}
		inner, err := decodeAny([]byte(s))
		if err != nil {
			return v
		}
		v = inner
	}
	return v
}

func object(v any) (map[string]any, bool) {
	m, ok := unwrap(v).(map[string]any)
	return m, ok
}

func list(v any) ([]any, bool) {
	l, ok := unwrap(v).([]any)
	return l, ok
}

// lookup finds a member by its name without regard to case: AWS writes dBName,
// dbclusterArn and kmskeyArn.
func lookup(m map[string]any, name string) (any, bool) {
	if v, ok := m[name]; ok {
		return v, true
	}
	var found []string
	for k := range m {
		if strings.EqualFold(k, name) {
			found = append(found, k)
		}
	}
	if len(found) == 0 {
		return nil, false
	}
	return m[slices.Min(found)], true
}

// get finds a key of the configuration, or with a leading + of the supplementary
// configuration. What lies below null is null.
func (it *item) get(path string) (any, bool) {
	at := it.conf
	if rest, ok := strings.CutPrefix(path, "+"); ok {
		at, path = it.extra, rest
	}
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		v, ok := lookup(at, step)
		if !ok {
			return nil, false
		}
		if v == nil {
			return nil, true
		}
		if at, ok = object(v); !ok {
			return nil, false
		}
	}
	return lookup(at, steps[len(steps)-1])
}

// text returns a text of the item, empty if there is none.
func (it *item) text(path string) string {
	v, _ := it.get(path)
	s, _ := v.(string)
	return s
}

// tags returns the tags of an item, and whether they are known. Those of the item
// itself are a map. It is empty for types of which Config records no tags, so an
// empty one counts only if a second place has tags, be they none.
func (it *item) tags() (map[string]any, bool) {
	if raw, err := decodeAny(it.Tags); err == nil {
		if m, ok := tagMap(raw); ok && len(m) > 0 {
			return m, true
		}
	}
	for _, path := range []string{"+Tags", "tags", "tagList"} {
		if v, ok := it.get(path); ok {
			if m, ok := tagMap(v); ok {
				return m, true
			}
		}
	}
	return nil, false
}

// tagMap makes a map of tags in any of the forms that services have.
func tagMap(v any) (map[string]any, bool) {
	tags := map[string]string{}
	switch v := unwrap(v).(type) {
	case map[string]any:
		for k, e := range v {
			s, ok := e.(string)
			if !ok {
				return nil, false
			}
			tags[k] = s
		}
	case []any:
		for _, e := range v {
			pair, ok := e.(map[string]any)
			if !ok {
				return nil, false
			}
			key, known := firstText(pair, "key", "tagKey")
			if !known {
				return nil, false
			}
			tags[key], _ = firstText(pair, "value", "tagValue")
		}
	default:
		return nil, false
	}
	return aws.TagMap(tags), true
}

func firstText(m map[string]any, names ...string) (string, bool) {
	for _, n := range names {
		if v, ok := lookup(m, n); ok {
			s, ok := v.(string)
			return s, ok
		}
	}
	return "", false
}
