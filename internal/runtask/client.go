package runtask

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// client speaks with HCP Terraform on behalf of a task.
type client struct {
	http      *http.Client
	hosts     hosts // with the token
	planHosts hosts // without
	o         Options
}

func newClient(o Options, hosts, planHosts hosts) client {
	return client{
		http: &http.Client{
			Transport: o.Transport,
			// Redirects are followed by hand, so that each is looked at first.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		hosts: hosts, planHosts: planHosts, o: o,
	}
}

const (
	attempts       = 5                // of a request that may work another time
	maxRedirects   = 3                // of a plan
	requestTimeout = 30 * time.Second // until the answer to a request begins
)

// statusError is an answer that is not the one that was hoped for.
type statusError int

func (e statusError) Error() string {
	return fmt.Sprintf("the answer is %d %s", int(e), http.StatusText(int(e)))
}

// passing reports whether an error may be gone the next time.
func passing(err error) bool {
	if s, ok := errors.AsType[statusError](err); ok {
		return s >= 500 || s == http.StatusTooManyRequests || s == http.StatusRequestTimeout
	}
	_, never := errors.AsType[*unsendable](err)
	return !never
}

// unsendable is a request that must not be sent.
type unsendable struct{ error }

// repeat calls f until it works, fails for good or has failed n times.
func (c client) repeat(ctx context.Context, n int, f func() error) error {
	wait := c.o.Backoff
	for ; ; n-- {
		err := f()
		if err == nil || n <= 1 || !passing(err) || ctx.Err() != nil {
			return err
		}
		if pause(ctx, wait) != nil {
			return err
		}
		wait *= 2
	}
}

// pause waits; the error says that ctx ended first.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// errNotReady says that Terraform has not finished the plan.
var errNotReady = errors.New("the plan is not ready")

// plan opens the plan of a task and waits for it if it is not there yet. The
// caller closes it.
func (c client) plan(ctx context.Context, p payload) (io.ReadCloser, error) {
	for {
		var body io.ReadCloser
		err := c.repeat(ctx, attempts, func() (err error) {
			body, err = c.openPlan(ctx, p)
			if errors.Is(err, errNotReady) {
				return nil
			}
			return err
		})
		if err != nil || body != nil {
			return body, err
		}
		if err := pause(ctx, c.o.Poll); err != nil {
			return nil, err
		}
	}
}

// openPlan asks for the plan once. The answer is the plan, a redirect to where
// it is stored, or 204 while Terraform still works on it.
func (c client) openPlan(ctx context.Context, p payload) (io.ReadCloser, error) {
	at, err := url.Parse(p.PlanURL)
	if err != nil {
		return nil, &unsendable{errors.New("plan_json_api_url is not a URL")}
	}
	if err := c.hosts.allowURL(at); err != nil {
		return nil, &unsendable{fmt.Errorf("plan_json_api_url: %w", err)}
	}
	home := authority(at)
	for range maxRedirects + 1 {
		token := p.AccessToken
		if authority(at) != home {
			token = "" // the token is for the host that issued it
		}
		resp, err := c.send(ctx, http.MethodGet, at, token, nil)
		if err != nil {
			return nil, err
		}
		switch resp.StatusCode {
		case http.StatusOK:
			return resp.Body, nil
		case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			next, err := resp.Location()
			discard(resp)
			if err != nil {
				return nil, &unsendable{errors.New("the redirect leads nowhere")}
			}
			if c.hosts.allowURL(next) != nil {
				if err := c.planHosts.allowURL(next); err != nil {
					return nil, &unsendable{fmt.Errorf("the redirect is not followed: %w", err)}
				}
			}
			at = next
		case http.StatusNoContent:
			discard(resp)
			return nil, errNotReady
		default:
			discard(resp)
			return nil, statusError(resp.StatusCode)
		}
	}
	return nil, &unsendable{errors.New("there are too many redirects")}
}

// callback sends a message about a task, up to n times where that can help.
func (c client) callback(ctx context.Context, p payload, n int, m message) error {
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	at, err := url.Parse(p.CallbackURL)
	if err != nil {
		return &unsendable{errors.New("task_result_callback_url is not a URL")}
	}
	if err := c.hosts.allowURL(at); err != nil {
		return &unsendable{err}
	}
	return c.repeat(ctx, n, func() error {
		ctx, cancel := context.WithTimeout(ctx, requestTimeout)
		defer cancel()
		resp, err := c.send(ctx, http.MethodPatch, at, p.AccessToken, body)
		if err != nil {
			return err
		}
		defer discard(resp)
		if resp.StatusCode < 200 || resp.StatusCode > 299 {
			return statusError(resp.StatusCode)
		}
		return nil
	})
}

// send makes one request. Its errors do not hold the URL, which may be a secret.
func (c client) send(ctx context.Context, method string, at *url.URL, token string, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, at.String(), bytes.NewReader(body))
	if err != nil {
		return nil, &unsendable{errors.New("the request cannot be made")}
	}
	req.Header.Set("User-Agent", c.o.UserAgent)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/vnd.api+json")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		if u, ok := errors.AsType[*url.Error](err); ok {
			err = u.Err
		}
		return nil, fmt.Errorf("no answer from %s: %w", at.Host, err)
	}
	return resp, nil
}

// discard ends an answer that nobody reads, so that its connection can be used
// again.
func discard(resp *http.Response) {
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
	_ = resp.Body.Close()
}

// planReader reads a plan up to a size, and remembers how that went: a gate that
// overlooks an error must not pass a plan that it has seen half of.
type planReader struct {
	r    io.Reader
	left int64
	err  error // the first; io.EOF when all was read
}

// errPlanSize says that a plan is larger than the server reads.
var errPlanSize = errors.New("the plan is larger than this server reads")

func (p *planReader) Read(b []byte) (int, error) {
	if p.err != nil {
		return 0, p.err
	}
	if int64(len(b)) > p.left+1 {
		b = b[:p.left+1]
	}
	n, err := p.r.Read(b)
	p.left -= int64(n)
	if p.left < 0 {
		n, err = 0, errPlanSize
	}
	p.err = err
	return n, err
}
