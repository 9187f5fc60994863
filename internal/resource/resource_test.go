package resource

import "testing"

func TestDeleted(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		actions []Action
		want    bool
	}{
		{[]Action{ActionDelete}, true},
		{[]Action{ActionForget}, true},
		{[]Action{ActionDelete, ActionCreate}, false},
		{[]Action{ActionCreate, ActionForget}, false},
		{[]Action{ActionNoOp}, false},
		{nil, false},
	} {
		if got := (&Resource{Actions: c.actions}).Deleted(); got != c.want {
			t.Errorf("%v: %v", c.actions, got)
		}
	}
}
