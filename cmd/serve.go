package cmd

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/parapet-dev/parapet/internal/diag"
	"github.com/parapet-dev/parapet/internal/input"
	"github.com/parapet-dev/parapet/internal/runtask"
)

// serveOptions are the flags of parapet serve.
type serveOptions struct {
	evaluation
	runTask         bool
	listen          string
	path            string
	tlsCert, tlsKey string
	keyFile, keyEnv string
	hosts           []string
	planHosts       []string
	workers, queue  int
	maxPlan         int64 // MiB
	taskTimeout     time.Duration
	grace           time.Duration
}

// serveKeyEnv holds the HMAC key unless a flag says where it is.
const serveKeyEnv = "PARAPET_RUN_TASK_KEY"

func serveCommand(s Streams) *cobra.Command {
	o := serveOptions{evaluation: evaluation{verb: "parapet serve"}}
	c := &cobra.Command{
		Use:   "serve --run-task",
		Short: "Serve an HCP Terraform run task that gates every plan",
		Long: `Serve a run task for HCP Terraform or Terraform Enterprise: it is told of every
plan, fetches it, evaluates the policies and reports passed or failed. Whatever
cannot be fetched or evaluated is reported as failed.

Set the run task to the post-plan stage, with the URL of this server and an HMAC
key. The key is read from --key-file or from the environment, never from the
command line. Requests without its signature are refused. The server calls
nobody but app.terraform.io and the hosts that are named with --host, and goes
where a plan is stored, without the token of the run, only on archivist.terraform.io
and what is named with --plan-host.

GET /healthz answers 200, and 503 while the server stops. On Ctrl-C and SIGTERM
it takes no more tasks, lets those under way end within --grace and reports the
others as failed.`,
		Example: `  PARAPET_RUN_TASK_KEY=$(cat key) parapet serve --run-task --listen :8080
  parapet serve --run-task --key-file key --tls-cert cert.pem --tls-key key.pem --listen :8443
  parapet serve --run-task --key-file key --host tfe.example.com --plan-host tfe.example.com
  parapet serve --run-task --key-file key --policy ./policies --fail-on high --exceptions exceptions.yaml`,
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			for _, name := range notServed {
				if c.Flags().Changed(name) {
					return usagef(o.verb, "--%s means nothing here: a run task is a plan, and its report goes to HCP Terraform", name)
				}
			}
			return s.serve(c.Context(), o)
		},
	}
	o.register(c)
	o.documents.register(c)
	f := c.Flags()
	f.BoolVar(&o.runTask, "run-task", false, "serve the run task protocol (required)")
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "listen on `ADDRESS`")
	f.StringVar(&o.path, "path", "/run-task", "take run tasks at `PATH`")
	f.StringVar(&o.tlsCert, "tls-cert", "", "serve https with the certificate in `FILE` (PEM)")
	f.StringVar(&o.tlsKey, "tls-key", "", "private key of --tls-cert in `FILE` (PEM)")
	f.StringVar(&o.keyFile, "key-file", "", "read the HMAC key of the run task from `FILE`")
	f.StringVar(&o.keyEnv, "key-env", serveKeyEnv, "read the HMAC key of the run task from the environment variable `NAME`")
	f.StringSliceVar(&o.hosts, "host", nil, "call `NAME[:PORT]` too, with the token of a run (repeatable; app.terraform.io always)")
	f.StringSliceVar(&o.planHosts, "plan-host", nil, "follow redirects of plans to `NAME[:PORT]` too (repeatable; archivist.terraform.io always)")
	f.IntVar(&o.workers, "workers", 2, "evaluate `N` plans at once")
	f.IntVar(&o.queue, "queue", 64, "let `N` more tasks wait; others are told to come again")
	f.Int64Var(&o.maxPlan, "max-plan", 512, "fail plans larger than `N` MiB")
	f.DurationVar(&o.taskTimeout, "task-timeout", 10*time.Minute, "fail tasks that take longer than `TIME`")
	f.DurationVar(&o.grace, "grace", time.Minute, "on a stop, let tasks end within `TIME`")
	for _, name := range notServed {
		_ = f.MarkHidden(name) // fails only for a flag that does not exist
	}
	return c
}

// notServed are flags of an evaluation that have no meaning for a server.
var notServed = []string{"format", "write-baseline", "kind"}

// serve runs the server until it is told to stop.
func (s Streams) serve(ctx context.Context, o serveOptions) error {
	switch {
	case !o.runTask:
		return usagef(o.verb, "say what to serve: --run-task")
	case (o.tlsCert == "") != (o.tlsKey == ""):
		return usagef(o.verb, "--tls-cert and --tls-key go together")
	case o.workers < 1 || o.queue < 1 || o.maxPlan < 1 || o.maxPlan > 1<<20:
		return usagef(o.verb, "--workers, --queue and --max-plan (MiB) are positive numbers")
	case o.taskTimeout <= 0 || o.taskTimeout > time.Hour:
		return usagef(o.verb, "--task-timeout %s is not between 0 and 1h, after which HCP Terraform gives up", o.taskTimeout)
	case o.grace <= 0:
		return usagef(o.verb, "--grace %s is not a time to wait", o.grace)
	}
	key, err := s.runTaskKey(o)
	if err != nil {
		return err
	}
	o.load.Kind = input.KindPlan // whatever else it looks like
	j, err := s.judge(ctx, o.evaluation)
	if err != nil {
		return err
	}
	// What is wrong with the exceptions is told now, not with the first plan.
	if _, err := j.fork(s.Err).exceptions("-"); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(s.Err, nil))
	server, err := runtask.New(runtask.Options{
		Key: key, Gate: j.gatePlan, Path: o.path,
		Hosts:     append([]string{runtask.DefaultHosts}, o.hosts...),
		PlanHosts: append([]string{runtask.DefaultPlanHosts}, o.planHosts...),
		UserAgent: "parapet/" + s.Version, Log: log, Now: s.Now,
		Workers: o.workers, Queue: o.queue, MaxPlan: o.maxPlan << 20, TaskTimeout: o.taskTimeout, Grace: o.grace,
	})
	if err != nil {
		return err
	}
	l, err := s.listen(ctx, o)
	if err != nil {
		return err
	}
	log.Info("listening", "address", l.Addr().String(), "path", o.path, "tls", o.tlsCert != "", "policies", len(j.engine.Catalog()))
	if err := server.Serve(ctx, l); err != nil {
		return diag.Errorf("serve-failed", "the server ended: %v", err)
	}
	return nil
}

// listen opens the address, with TLS where a certificate is given.
func (s Streams) listen(ctx context.Context, o serveOptions) (net.Listener, error) {
	var config *tls.Config
	if o.tlsCert != "" {
		cert, err := tls.LoadX509KeyPair(o.tlsCert, o.tlsKey)
		if err != nil {
			return nil, diag.Errorf("serve-certificate", "the certificate cannot be used: %v", err)
		}
		config = &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.listen)
	if err != nil {
		return nil, diag.Errorf("serve-listen", "cannot listen on %s: %v", o.listen, err)
	}
	if config != nil {
		l = tls.NewListener(l, config)
	}
	return l, nil
}

// runTaskKey reads the HMAC key. White space around it is none of it.
func (s Streams) runTaskKey(o serveOptions) ([]byte, error) {
	var key []byte
	where := "the environment variable " + o.keyEnv
	if o.keyFile != "" {
		where = filepath.ToSlash(o.keyFile)
		src, err := os.ReadFile(o.keyFile)
		if err != nil {
			return nil, diag.Errorf("serve-key", "the HMAC key cannot be read: %v", err)
		}
		key = src
	} else if v, ok := s.LookupEnv(o.keyEnv); ok {
		key = []byte(v)
	}
	key = bytes.TrimSpace(key)
	if len(key) == 0 {
		return nil, diag.Errorf("serve-key", "there is no HMAC key in %s", where).
			WithDetail("Without it anybody could make the server fetch and report.").
			WithHint("give the run task a long random key, and the same to the server: --key-file FILE or %s", serveKeyEnv)
	}
	return key, nil
}

// gatePlan is the gate of a run task. What it warns of goes with the verdict.
func (j *judge) gatePlan(ctx context.Context, name string, plan io.Reader) (runtask.Verdict, error) {
	var notes bytes.Buffer
	k := j.fork(&notes)
	r := k.start()
	r.code = nil // what stands in the server's directory is not the code of the plan
	load := k.loadOptions("-")
	load.Name = name
	in, err := input.Load(ctx, "-", plan, load)
	k.warn(in.Warnings...)
	if err == nil {
		err = r.add(ctx, "-", in)
	}
	switch {
	case errors.Is(err, errReported):
		return runtask.Verdict{}, diag.Errorf("failed", "the run failed").WithDetail("%s", notes.String())
	case err != nil:
		return runtask.Verdict{}, err
	}
	rep := r.report()
	k.unused(r, rep)
	err = k.verdict(rep, k.o)
	switch {
	case err == nil, errors.Is(err, errViolations), errors.Is(err, errReported):
		return runtask.Verdict{Report: rep, Failed: err != nil, Notes: notes.String()}, nil
	}
	return runtask.Verdict{}, err
}
