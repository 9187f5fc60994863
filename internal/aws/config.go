package aws

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/smithy-go/logging"

	"github.com/parapet-dev/parapet/internal/diag"
)

// LoadOptions say whose credentials are used, and where requests go.
type LoadOptions struct {
	Profile  string // of the shared configuration, SSO included; empty: as the environment says
	Endpoint string // URL for every service; empty: AWS, or as the environment says

	// Timeout bounds one attempt of one request, the reading of its answer
	// included. Zero means a minute.
	Timeout time.Duration
}

// Load resolves the caller's configuration as every tool of AWS does: flags,
// environment, shared files, SSO, the roles of containers and instances. It is
// the SDK that reads the environment here, on behalf of cmd. A mock on loopback
// needs no credentials: see mockCredentials.
func Load(ctx context.Context, o LoadOptions) (sdk.Config, error) {
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(o.Timeout).WithTransportOptions(transport)),
		// What is wrong comes back as an error; the SDK would also print it.
		config.WithLogger(logging.Nop{}),
	}
	if o.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Endpoint != "" {
		if _, err := endpoint(o.Endpoint); err != nil {
			return sdk.Config{}, err
		}
		options = append(options, config.WithBaseEndpoint(o.Endpoint))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return sdk.Config{}, diag.Errorf("aws-credentials", "cannot load the AWS configuration: %s", describe(err)).
			WithHint("see aws sts get-caller-identity, with the same profile")
	}
	if cfg.BaseEndpoint == nil {
		return cfg, nil
	}
	u, err := endpoint(*cfg.BaseEndpoint)
	if err != nil {
		return sdk.Config{}, err
	}
	cfg.HTTPClient = pinned(cfg.HTTPClient, u)
	if o.Profile == "" && isLoopback(u.Hostname()) && fromInstance(cfg.Credentials) {
		cfg.Credentials = mockCredentials()
	}
	return cfg, nil
}

// endpoint parses the URL of an endpoint.
func endpoint(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	if err != nil || u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, diag.Errorf("aws-endpoint", "the endpoint %q is not a URL", text).
			WithHint("write it as http://127.0.0.1:5000")
	}
	return u, nil
}

// isLoopback reports whether a host is this machine by its very name.
func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// fromInstance reports whether nothing names credentials, so that the SDK's last
// resort is to ask the instance that it may be running on.
func fromInstance(p sdk.CredentialsProvider) bool {
	source, ok := p.(sdk.CredentialProviderSource)
	return ok && slices.Equal(source.ProviderSources(), []sdk.CredentialSource{sdk.CredentialSourceIMDS})
}

// mockCredentials are what mocks of AWS take from everybody. Without them, the
// caller of a mock on loopback would wait for an instance's metadata, or send a
// mock what is good for AWS.
func mockCredentials() sdk.CredentialsProvider {
	return credentials.NewStaticCredentialsProvider("test", "test", "")
}

// transport keeps enough idle connections for every request in flight.
func transport(t *http.Transport) {
	t.MaxIdleConns = 256
	t.MaxIdleConnsPerHost = 64
	t.ResponseHeaderTimeout = 30 * time.Second
}

// pinned makes every connection go to the endpoint, whatever the host's name:
// S3 Control puts the account's id in front of it, even if that is an address.
// The certificates of AWS_CA_BUNDLE are kept.
func pinned(client sdk.HTTPClient, u *url.URL) sdk.HTTPClient {
	buildable, ok := client.(*awshttp.BuildableClient)
	if !ok { // of what Load gives the SDK it makes nothing else
		return client
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	address := net.JoinHostPort(u.Hostname(), port)
	var dialer net.Dialer
	return buildable.WithTransportOptions(func(t *http.Transport) {
		t.Proxy = nil
		t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		}
	})
}
