package collect

import "testing"

// TestAPIGatewayPolicy: the API escapes a policy as if it stood inside a JSON
// string, which the mock does not.
func TestAPIGatewayPolicy(t *testing.T) {
	for _, c := range []struct {
		in   string
		want any
	}{
		{``, nil},
		{`{\"Version\":\"2012-10-17\",\"Statement\":[{\"Resource\":\"execute-api:\/*\"}]}`, `{"Statement":[{"Resource":"execute-api:/*"}],"Version":"2012-10-17"}`},
		{`{\"Version\":\"2012-10-17\",\"Id\":\"a\"}`, `{"Id":"a","Version":"2012-10-17"}`},
		{`{"Version":"2012-10-17","Id":"a"}`, `{"Id":"a","Version":"2012-10-17"}`},
	} {
		if got := apiGatewayPolicy(&c.in); got != c.want {
			t.Errorf("%s becomes %v, not %v", c.in, got, c.want)
		}
	}
}
