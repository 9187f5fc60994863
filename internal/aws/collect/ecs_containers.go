package collect

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	ecstypes "github.com/aws/aws-sdk-go-v2/service/ecs/types"

	"github.com/parapet-dev/parapet/internal/aws"
)

// ecsContainers writes container definitions as the provider keeps them: the
// JSON of the API itself, sorted by name.
func ecsContainers(list []ecstypes.ContainerDefinition) any {
	sorted := slices.SortedStableFunc(slices.Values(list), func(a, b ecstypes.ContainerDefinition) int {
		return strings.Compare(aws.String(a.Name), aws.String(b.Name))
	})
	b, err := json.Marshal(apiJSON(reflect.ValueOf(sorted)))
	if err != nil { // apiJSON leaves nothing that JSON cannot say
		return nil
	}
	return string(b)
}

// apiJSON gives a value of the SDK the form that it has on the wire of ECS:
// members are named as the fields are, from a small letter on, and what was not
// sent is left out.
func apiJSON(v reflect.Value) any {
	switch v.Kind() { //nolint:exhaustive // the rest are plain
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return apiJSON(v.Elem())
	case reflect.Slice:
		if v.IsNil() {
			return nil
		}
		list := make([]any, v.Len())
		for i := range list {
			list[i] = apiJSON(v.Index(i))
		}
		return list
	case reflect.Struct:
		m := map[string]any{}
		for i := range v.NumField() {
			field, value := v.Type().Field(i), v.Field(i)
			// Lists and maps that were sent empty are not nil, so not zero.
			if field.IsExported() && !value.IsZero() {
				m[strings.ToLower(field.Name[:1])+field.Name[1:]] = apiJSON(value)
			}
		}
		return m
	}
	return aws.Plain(v.Interface())
}
