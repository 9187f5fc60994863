package drift

import (
	"testing"

	"github.com/parapet-dev/parapet/internal/resource"
)

func TestNames(t *testing.T) {
	t.Parallel()
	const arn = "arn:aws:ecs:eu-west-1:111122223333:"
	for _, tt := range []struct {
		cluster, task string
		want          Status
	}{
		{"main", "web:3", Same},
		{"main", "web", Same},
		{arn + "cluster/main", arn + "task-definition/web:3", Same},
		{"other", "web:3", Changed},
		{"main", "web:2", Changed},
		{"main", "we", Changed},
		{arn + "cluster/other", "web:3", Changed},
	} {
		d := &resource.Resource{
			Type: "aws_ecs_service", Address: "aws_ecs_service.a", ID: "s", Origin: resource.OriginState,
			Values: map[string]any{"cluster": tt.cluster, "task_definition": tt.task},
		}
		l := &resource.Resource{
			Type: "aws_ecs_service", ID: "s", Origin: resource.OriginSnapshot, Filled: []string{"cluster", "task_definition"},
			Values: map[string]any{"cluster": arn + "cluster/main", "task_definition": arn + "task-definition/web:3"},
		}
		if r := Compare([]*resource.Resource{d}, Live{Resources: []*resource.Resource{l}}); len(r) != 1 || r[0].Status != tt.want {
			t.Errorf("%s, %s: %+v, want %s", tt.cluster, tt.task, r, tt.want)
		}
	}
}
