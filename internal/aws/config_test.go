package aws_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/aws"
	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// bareEnvironment takes away whatever the surroundings have of AWS, and gives an
// instance's metadata that knows no role. It counts the requests for it.
func bareEnvironment(t *testing.T) (asked *atomic.Int64) {
	t.Helper()
	for _, pair := range os.Environ() {
		if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "AWS_") {
			t.Setenv(name, "")
		}
	}
	home := t.TempDir()
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(home, "config"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(home, "credentials"))
	asked = new(atomic.Int64)
	metadata := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusNotFound)
	}))
	t.Cleanup(metadata.Close)
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", metadata.URL)
	return asked
}

// A mock on loopback needs no credentials, but those that are named are used;
// nothing else is ever sent the mock's.
func TestLoadCredentials(t *testing.T) {
	const mock = "http://127.0.0.1:5000"
	file := func(t *testing.T, variable, text string) {
		t.Helper()
		if err := os.WriteFile(os.Getenv(variable), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	keys := func(section string) string {
		return "[" + section + "]\naws_access_key_id = FILE\naws_secret_access_key = s\n"
	}
	for _, tt := range []struct {
		name    string
		options aws.LoadOptions
		set     func(t *testing.T)
		want    string // access key; empty: there are no credentials
	}{
		{name: "mock", options: aws.LoadOptions{Endpoint: mock}, want: "test"},
		{name: "mock by name", options: aws.LoadOptions{Endpoint: "https://localhost:5000"}, want: "test"},
		{name: "mock of version 6", options: aws.LoadOptions{Endpoint: "http://[::1]:5000"}, want: "test"},
		{name: "mock of the environment", set: func(t *testing.T) { t.Helper(); t.Setenv("AWS_ENDPOINT_URL", mock) }, want: "test"},
		{name: "AWS"},
		{name: "elsewhere", options: aws.LoadOptions{Endpoint: "http://10.0.0.1:5000"}},
		{name: "a name that only looks local", options: aws.LoadOptions{Endpoint: "http://localhost.example.com"}},
		{name: "keys in the environment", options: aws.LoadOptions{Endpoint: mock}, want: "ENV", set: func(t *testing.T) {
			t.Helper()
			t.Setenv("AWS_ACCESS_KEY_ID", "ENV")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "s")
		}},
		{name: "keys in a file", options: aws.LoadOptions{Endpoint: mock}, want: "FILE", set: func(t *testing.T) {
			t.Helper()
			file(t, "AWS_SHARED_CREDENTIALS_FILE", keys("default"))
		}},
		{name: "a profile", options: aws.LoadOptions{Endpoint: mock, Profile: "p"}, want: "FILE", set: func(t *testing.T) {
			t.Helper()
			file(t, "AWS_SHARED_CREDENTIALS_FILE", keys("p"))
		}},
		{name: "a profile without credentials", options: aws.LoadOptions{Endpoint: mock, Profile: "p"}, set: func(t *testing.T) {
			t.Helper()
			file(t, "AWS_CONFIG_FILE", "[profile p]\nregion = eu-west-1\n")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked := bareEnvironment(t)
			if tt.set != nil {
				tt.set(t)
			}
			cfg, err := aws.Load(t.Context(), tt.options)
			if err != nil {
				t.Fatal(err)
			}
			got, err := cfg.Credentials.Retrieve(t.Context())
			if got.AccessKeyID != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("the access key is %q, want %q (%v)", got.AccessKeyID, tt.want, err)
			}
			if tt.want != "" && asked.Load() > 0 {
				t.Errorf("the instance's metadata was asked %d times", asked.Load())
			}
		})
	}
}

// What is wrong with the credentials or the endpoint is said at once, in words
// that tell what to do.
func TestLoadErrors(t *testing.T) {
	refuses := tftest.FakeAWS(t)
	refuses.Always("sts:GetCallerIdentity", tftest.QueryError(403, "ExpiredToken", "the token is expired"))
	for _, tt := range []struct{ name, endpoint, want string }{
		{"no credentials", "", "aws-credentials: there are no AWS credentials"},
		{"no URL", "127.0.0.1:5000", `aws-endpoint: the endpoint "127.0.0.1:5000" is not a URL`},
		{"no host", "http://:5000", `aws-endpoint: the endpoint "http://:5000" is not a URL`},
		{"nobody there", "http://127.0.0.1:1", "aws-endpoint: nothing answers at http://127.0.0.1:1: "},
		{"refused", refuses.URL, "aws-credentials: cannot tell whose credentials these are: STS GetCallerIdentity: ExpiredToken: the token is expired"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bareEnvironment(t)
			cfg, err := aws.Load(t.Context(), aws.LoadOptions{Endpoint: tt.endpoint})
			if err == nil {
				_, err = aws.New(aws.Options{Config: cfg, Types: []aws.Type{volumes()}, Clock: aws.Clock{Now: time.Now}}).Discover(t.Context())
			}
			d, ok := errors.AsType[diag.Diagnostic](err)
			if !ok || !strings.HasPrefix(d.Code+": "+d.Summary, tt.want) || len(d.Hints) == 0 {
				t.Errorf("%v\nwant %s, with a hint", err, tt.want)
			}
		})
	}
}
