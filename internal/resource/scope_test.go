package resource

import (
	"fmt"
	"testing"
)

func TestNotRead(t *testing.T) {
	t.Parallel()
	set := NewSet(nil,
		Scope{Type: "b", Account: "111122223333", Region: "eu-west-1", Status: "throttled"},
		Scope{Type: "a", Account: "111122223333"},
		Scope{Type: "a", Account: "111122223333"},
	)
	if n := len(set.Incomplete()); n != 2 {
		t.Errorf("%d scopes", n)
	}
	for _, tt := range []struct {
		r    Resource
		want string
	}{
		{Resource{Account: "111122223333", Region: "eu-west-1"}, "[a b]"},
		{Resource{Account: "111122223333", Region: "eu-west-2"}, "[a]"},
		{Resource{Account: "111122223333"}, "[a b]"},
		{Resource{Account: "444455556666", Region: "eu-west-1"}, "[]"},
		{Resource{}, "[a b]"},
		{Resource{Account: "444455556666", Unread: []string{"c"}}, "[c]"},
	} {
		types := []string{}
		for _, c := range set.NotRead(&tt.r) {
			types = append(types, c.Type)
		}
		if got := fmt.Sprint(types); got != tt.want {
			t.Errorf("%+v: %s, want %s", tt.r, got, tt.want)
		}
	}
}
