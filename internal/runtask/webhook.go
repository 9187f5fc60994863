package runtask

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// SignatureHeader carries the hex HMAC-SHA512 of the body.
const SignatureHeader = "X-TFC-Task-Signature"

// probeToken is the access token of the request that HCP Terraform sends when a
// run task is set up. It wants 200 and no callback.
const probeToken = "test-token"

// Stages of a run at which a task may be called.
const (
	stagePrePlan   = "pre_plan"
	stagePostPlan  = "post_plan"
	stagePreApply  = "pre_apply"
	stagePostApply = "post_apply"
)

// payload is what is used of a webhook's body.
type payload struct {
	Version      int    `json:"payload_version"`
	Stage        string `json:"stage"`
	AccessToken  string `json:"access_token"`
	Capabilities struct {
		Outcomes bool `json:"outcomes"`
	} `json:"capabilities"`
	ResultID     string `json:"task_result_id"`
	CallbackURL  string `json:"task_result_callback_url"`
	PlanURL      string `json:"plan_json_api_url"`
	RunID        string `json:"run_id"`
	Organization string `json:"organization_name"`
	Workspace    string `json:"workspace_name"`
}

// maxID bounds the ids and names that are kept and logged.
const maxID = 256

// check returns what is missing for a task to be answered at all.
func (p payload) check() error {
	switch {
	case p.AccessToken == "":
		return errors.New("access_token is missing")
	case strings.ContainsAny(p.AccessToken, "\r\n"):
		return errors.New("access_token is not a token")
	case p.ResultID == "" || p.RunID == "":
		return errors.New("task_result_id or run_id is missing")
	case len(p.ResultID) > maxID || len(p.RunID) > maxID:
		return errors.New("task_result_id or run_id is too long")
	case p.CallbackURL == "":
		return errors.New("task_result_callback_url is missing")
	}
	return nil
}

// unfit says why the plan of this task cannot be judged, whatever it is; empty
// if it can.
func (p payload) unfit() string {
	switch {
	case p.Version != 1:
		return fmt.Sprintf("payload_version %d is not known; this version of Parapet reads version 1", p.Version)
	case p.Stage == stagePrePlan:
		return "there is no plan yet in the pre-plan stage: set the run task to the post-plan stage"
	case p.Stage != stagePostPlan && p.Stage != stagePreApply && p.Stage != stagePostApply:
		return fmt.Sprintf("the stage %q is not known: set the run task to the post-plan stage", clip(p.Stage, maxID))
	case p.PlanURL == "":
		return "the request names no plan (plan_json_api_url)"
	}
	return ""
}

// Handler answers the webhook at its path, and /healthz.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc(s.o.Path, s.webhook)
	mux.HandleFunc("/healthz", s.health)
	return mux
}

func (s *Server) health(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	stopping := s.stopping
	s.mu.Unlock()
	if stopping {
		http.Error(w, "stopping", http.StatusServiceUnavailable)
		return
	}
	_, _ = io.WriteString(w, "ok\n")
}

// webhook takes a task on, or says why not. HCP Terraform asks again unless the
// answer is 200.
func (s *Server) webhook(w http.ResponseWriter, r *http.Request) {
	refuse := func(status int, why string) {
		s.o.Log.Warn("refused", "status", status, "reason", why, "from", r.RemoteAddr)
		http.Error(w, why, status)
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		refuse(http.StatusMethodNotAllowed, "run tasks are posted")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.o.MaxBody))
	if err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			refuse(http.StatusRequestEntityTooLarge, "the request is too large")
			return
		}
		refuse(http.StatusBadRequest, "the request was cut off")
		return
	}
	// Nothing is read of a body before it is known whose it is.
	if !signed(body, r.Header.Values(SignatureHeader), s.o.Key) {
		refuse(http.StatusUnauthorized, "the signature is missing or wrong: the HMAC key of the run task must be that of this server")
		return
	}
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		refuse(http.StatusBadRequest, "the body is not a run task request")
		return
	}
	if p.AccessToken == probeToken {
		s.o.Log.Info("verified", "from", r.RemoteAddr)
		w.WriteHeader(http.StatusOK)
		return
	}
	if err := p.check(); err != nil {
		refuse(http.StatusBadRequest, err.Error())
		return
	}
	if err := s.client.hosts.allow(p.CallbackURL); err != nil {
		refuse(http.StatusForbidden, "task_result_callback_url: "+err.Error())
		return
	}
	switch s.admit(p.RunID + " " + p.ResultID) {
	case admitted:
		go s.perform(p)
	case duplicate: // it was taken on before: HCP Terraform may not have heard the answer
		s.o.Log.Info("duplicate", "run", p.RunID, "result", p.ResultID)
	case full:
		w.Header().Set("Retry-After", "30")
		refuse(http.StatusServiceUnavailable, "too many tasks are waiting")
		return
	case closed:
		w.Header().Set("Retry-After", "60")
		refuse(http.StatusServiceUnavailable, "the server is stopping")
		return
	}
	w.WriteHeader(http.StatusOK)
}

// signed reports whether there is one signature and it is that of the body
// under the key. The comparison takes the same time wherever they differ.
func signed(body []byte, signatures []string, key []byte) bool {
	if len(signatures) != 1 {
		return false
	}
	got, err := hex.DecodeString(signatures[0])
	if err != nil {
		return false
	}
	mac := hmac.New(sha512.New, key)
	mac.Write(body)
	return hmac.Equal(got, mac.Sum(nil))
}
