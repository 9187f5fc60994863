package runtask

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/parapet-dev/parapet/internal/diag"
)

// hosts is a set of hosts that may be called: name and port, lower case.
type hosts map[string]bool

// parseHosts reads NAME or NAME:PORT; the port is 443 unless it is said.
func parseHosts(list []string) (hosts, error) {
	h := hosts{}
	for _, name := range list {
		u, err := url.Parse("https://" + name)
		if err != nil || u.Host != name || u.Hostname() == "" || strings.ContainsAny(name, "*@/ ") {
			return nil, diag.Errorf("runtask-host", "%q is not the name of a host", name).
				WithHint("name it without a scheme or a path: tfe.example.com or tfe.example.com:8443")
		}
		h[authority(u)] = true
	}
	return h, nil
}

// authority returns the host and port that a URL leads to.
func authority(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" {
			port = "80"
		}
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// allow returns an error unless a URL leads to one of the hosts, by https, or
// by http to this machine itself. The error holds no more of the URL than its
// host: paths and queries may be secrets.
func (h hosts) allow(raw string) error {
	u, err := url.Parse(raw)
	if err != nil {
		return errors.New("this is not a URL")
	}
	return h.allowURL(u)
}

func (h hosts) allowURL(u *url.URL) error {
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
		return fmt.Errorf("the scheme %q is not https", clip(u.Scheme, maxID))
	case u.User != nil:
		return errors.New("a URL with a user name is not followed")
	case !h[authority(u)]:
		return fmt.Errorf("%s is not among the hosts that this server may call", clip(authority(u), maxID))
	}
	return nil
}

func loopback(name string) bool {
	if name == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(name)
	return err == nil && a.IsLoopback()
}
