package collect

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/resource"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// same holds values to the JSON of what they must be, all of them.
func same(t *testing.T, values map[string]any, want string) {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(want))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	have, err := json.Marshal(values)
	if err != nil {
		t.Fatal(err)
	}
	wanted, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if string(have) != string(wanted) {
		t.Errorf("the values are\n  %s\nnot\n  %s", have, wanted)
	}
}

// TestUnread: a resource that a list names and nobody may describe is there, and
// nothing but its name is known of it.
func TestUnread(t *testing.T) {
	fake := tftest.FakeAWS(t)
	fake.Always("eks:GET /clusters", tftest.Answer{Body: `{"clusters": ["closed", "gone"]}`})
	fake.Always("eks:GET /clusters/closed", tftest.Answer{Status: 403, Body: `{"__type": "AccessDeniedException", "message": "not authorized"}`})
	fake.Always("eks:GET /clusters/gone", tftest.Answer{Status: 404, Body: `{"__type": "ResourceNotFoundException", "message": "no cluster"}`})
	got := collectFrom(t, mock(t, fake.URL), "us-east-1", "aws_eks_cluster")["aws_eks_cluster"]
	if got.Status != aws.Complete || len(got.Resources) != 1 || len(got.Gaps) != 1 {
		t.Fatalf("%+v", got)
	}
	closed := got.Resources[0]
	same(t, closed.Values, `{"id": "closed", "name": "closed", "arn": "arn:aws:eks:us-east-1:111111111111:cluster/closed"}`)
	for _, path := range []resource.Path{{"vpc_config"}, {"access_config"}, {"tags"}, {"encryption_config"}} {
		if !resource.Marked(closed.Unknown, path) {
			t.Errorf("%v is not unknown", path)
		}
	}
	if resource.Marked(closed.Unknown, resource.Path{"name"}) {
		t.Error("the name is unknown")
	}
}
