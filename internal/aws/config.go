package aws

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"

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
// the SDK that reads the environment here, on behalf of cmd.
func Load(ctx context.Context, o LoadOptions) (sdk.Config, error) {
	if o.Timeout == 0 {
		o.Timeout = time.Minute
	}
	options := []func(*config.LoadOptions) error{
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTimeout(o.Timeout).WithTransportOptions(transport)),
	}
	if o.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(o.Profile))
	}
	if o.Endpoint != "" {
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return sdk.Config{}, diag.Errorf("aws-endpoint", "the endpoint %q is not a URL", o.Endpoint).
				WithHint("write it as http://127.0.0.1:5000")
		}
		options = append(options, config.WithBaseEndpoint(o.Endpoint))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return sdk.Config{}, diag.Errorf("aws-credentials", "cannot load the AWS configuration: %s", describe(err)).
			WithHint("see aws sts get-caller-identity, with the same profile")
	}
	if cfg.BaseEndpoint != nil {
		return pinned(cfg, o.Timeout)
	}
	return cfg, nil
}

// transport keeps enough idle connections for every request in flight.
func transport(t *http.Transport) {
	t.MaxIdleConns = 256
	t.MaxIdleConnsPerHost = 64
	t.ResponseHeaderTimeout = 30 * time.Second
}

// pinned makes every connection go to the endpoint, whatever the host's name:
// S3 Control puts the account's id in front of it, even if that is an address.
func pinned(cfg sdk.Config, timeout time.Duration) (sdk.Config, error) {
	u, err := url.Parse(*cfg.BaseEndpoint)
	if err != nil || u.Host == "" {
		return cfg, diag.Errorf("aws-endpoint", "the endpoint %q is not a URL", *cfg.BaseEndpoint)
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	address := net.JoinHostPort(u.Hostname(), port)
	var dialer net.Dialer
	cfg.HTTPClient = awshttp.NewBuildableClient().WithTimeout(timeout).WithTransportOptions(transport, func(t *http.Transport) {
		t.Proxy = nil
		t.DialContext = func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, address)
		}
	})
	return cfg, nil
}
