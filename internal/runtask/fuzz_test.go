package runtask_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/internal/runtask"
)

// recorder answers every request and notes where they went.
type recorder struct {
	t    *testing.T
	sent *bool
}

func (r recorder) RoundTrip(req *http.Request) (*http.Response, error) {
	*r.sent = true
	if !strings.EqualFold(req.URL.Hostname(), "app.terraform.io") || strings.Trim(req.URL.Port(), "43") != "" || req.URL.Scheme != "https" {
		r.t.Errorf("a request to %s", req.URL)
	}
	if req.Method == http.MethodPatch {
		body, err := io.ReadAll(req.Body)
		if err != nil || bytes.Contains(body, []byte(`"status":"passed"`)) && !bytes.Contains(body, []byte("0 violations, 7 passed")) {
			r.t.Errorf("%s, %v", body, err)
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(plan)), Request: req}, nil
}

// FuzzWebhook: whatever is posted, nothing breaks; without the signature nothing
// comes of it, and with it requests go to the hosts that are allowed.
func FuzzWebhook(f *testing.F) {
	const good = `{"payload_version":1,"stage":"post_plan","access_token":"t","run_id":"r","task_result_id":"i",` +
		`"task_result_callback_url":"https://app.terraform.io/c","plan_json_api_url":"https://app.terraform.io/p"}`
	f.Add([]byte(good), true)
	f.Add([]byte(good), false)
	for _, to := range []string{
		"https://APP.terraform.io:443/", "http://app.terraform.io/", "https://app.terraform.io@example.com/", `https://app.terraform.io\\@example.com`,
		"//app.terraform.io/", "https://example.com#app.terraform.io", "https://[::1]/", "https://app.terraform.io.:443/", "gopher://app.terraform.io",
	} {
		f.Add([]byte(strings.ReplaceAll(good, "https://app.terraform.io/p", to)), true)
		f.Add([]byte(strings.ReplaceAll(good, "https://app.terraform.io/c", to)), true)
	}
	f.Add([]byte(strings.ReplaceAll(good, "post_plan", "pre_plan")), true)
	f.Add([]byte(`{"access_token":"test-token"}`), true)
	f.Add([]byte(`[]`), true)
	f.Fuzz(func(t *testing.T, body []byte, signed bool) {
		var sent bool
		s, err := runtask.New(runtask.Options{
			Key: []byte(key), Gate: gate(passes), Transport: recorder{t, &sent},
			Log: slog.New(slog.DiscardHandler), Now: time.Now, Backoff: time.Microsecond, Poll: time.Microsecond,
		})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/run-task", bytes.NewReader(body))
		if signed {
			r.Header.Set(runtask.SignatureHeader, sign(body, key))
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		s.Stop()
		switch {
		case !signed && (w.Code != http.StatusUnauthorized || sent):
			t.Errorf("unsigned: %d, sent %v", w.Code, sent)
		case sent && w.Code != http.StatusOK:
			t.Errorf("refused with %d, and yet something was sent", w.Code)
		}
	})
}
