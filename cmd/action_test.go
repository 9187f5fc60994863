package cmd_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/parapet-dev/parapet/internal/report"
)

// action is what is read of action.yml.
type action struct {
	Inputs map[string]struct {
		Required bool
		Default  string
	}
	Outputs map[string]struct{ Value string }
	Runs    struct {
		Using string
		Steps []struct {
			Name, ID, Shell, Run string
			Uses                 string
			Dir                  string `yaml:"working-directory"`
			Env                  map[string]string
		}
	}
}

// runner plays GitHub's runner to the action.
type runner struct {
	t    *testing.T
	bash string
	root string // of the repository: the path of the action
	temp string
	a    action
}

// expression resolves ${{ inputs.x }} and ${{ github.action_ref }}.
var expression = regexp.MustCompile(`\$\{\{\s*([\w.-]+)\s*\}\}`)

// use runs the steps from one on, and returns the exit code, the log, the
// outputs and the summary.
func (r *runner) use(from int, dir string, with map[string]string) (code int, log string, outputs map[string]string, summary string) {
	r.t.Helper()
	output, sum := filepath.Join(r.t.TempDir(), "output"), filepath.Join(r.t.TempDir(), "summary")
	resolve := func(s string) string {
		return expression.ReplaceAllStringFunc(s, func(m string) string {
			name := expression.FindStringSubmatch(m)[1]
			input, ok := strings.CutPrefix(name, "inputs.")
			if !ok {
				if name != "github.action_ref" {
					r.t.Errorf("the runner does not know %s", name)
				}
				return "v1.2.3"
			}
			if _, ok := r.a.Inputs[input]; !ok {
				r.t.Errorf("there is no input %s", input)
			}
			if v, ok := with[input]; ok {
				return v
			}
			return r.a.Inputs[input].Default
		})
	}
	for _, s := range r.a.Runs.Steps[from:] {
		if s.Shell != "bash" || s.Uses != "" {
			r.t.Errorf("step %s: shell %q, uses %q", s.Name, s.Shell, s.Uses)
		}
		script := filepath.Join(r.t.TempDir(), "step.sh")
		if err := os.WriteFile(script, []byte(s.Run), 0o600); err != nil {
			r.t.Fatal(err)
		}
		c := exec.CommandContext(r.t.Context(), r.bash, "--noprofile", "--norc", "-eo", "pipefail", script)
		c.Dir = filepath.Join(dir, resolve(s.Dir))
		c.Env = append(os.Environ(), "GITHUB_ACTION_PATH="+r.root, "GITHUB_OUTPUT="+output,
			"GITHUB_STEP_SUMMARY="+sum, "RUNNER_TEMP="+r.temp)
		for k, v := range s.Env {
			c.Env = append(c.Env, k+"="+resolve(v))
		}
		out, err := c.CombinedOutput()
		log += string(out)
		if err != nil {
			code = c.ProcessState.ExitCode()
			break
		}
	}
	outputs = map[string]string{}
	text, _ := os.ReadFile(output) // not there: no outputs
	for line := range strings.Lines(string(text)) {
		k, v, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		outputs[k] = v
	}
	text, _ = os.ReadFile(sum)
	return code, log, outputs, string(text)
}

// TestAction runs the steps of the GitHub Action as a runner does: it builds
// Parapet from the action's own sources and gates plans with it.
func TestAction(t *testing.T) {
	t.Parallel()
	bash := shell(t, "bash")
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	r := &runner{t: t, bash: bash, root: root, temp: t.TempDir()}
	readYAML(t, "../action.yml", &r.a)
	if r.a.Runs.Using != "composite" || len(r.a.Runs.Steps) != 2 || !r.a.Inputs["plan"].Required {
		t.Fatalf("action %+v", r.a)
	}
	plans := filepath.Join(root, "testdata", "plans")
	work := t.TempDir()
	code, log, outputs, summary := r.use(0, work, map[string]string{
		"plan": filepath.Join(plans, "shop", "plan.json"), "format": "sarif=parapet.sarif\njunit=junit.xml\n",
	})
	if code != 1 || outputs["exit-code"] != "1" {
		t.Fatalf("the shop: exit code %d, outputs %v\n%s", code, outputs, log)
	}
	if version, err := exec.CommandContext(t.Context(), filepath.Join(r.temp, "parapet", "bin", "parapet"), "version").Output(); err != nil || !strings.Contains(string(version), "v1.2.3") {
		t.Errorf("version %s, %v", version, err)
	}
	if !strings.HasPrefix(summary, report.MarkdownMarker) || !strings.Contains(summary, "aws-ec2-imdsv2") {
		t.Errorf("summary:\n%s", summary)
	}
	// The table stands where the runner obeys nothing, the annotations after it.
	stop := regexp.MustCompile(`(?s)^::stop-commands::([0-9a-f]{32})\n(.*)\n::([0-9a-f]{32})::\n(.*)$`).FindStringSubmatch(log)
	if stop == nil || stop[1] != stop[3] || !strings.Contains(stop[2], "aws-ec2-imdsv2") || !strings.Contains(stop[4], "\n::error ") {
		t.Errorf("log:\n%s", log)
	}
	var doc struct{ Schema string }
	for _, path := range []string{outputs["findings"], filepath.Join(work, "parapet.sarif")} {
		src, err := os.ReadFile(path)
		if err != nil || json.Unmarshal(src, &doc) != nil {
			t.Errorf("%s: %v", path, err)
		}
	}
	if doc.Schema != "parapet.findings/v1" {
		t.Errorf("findings: schema %q", doc.Schema)
	}

	cases := []struct {
		name string
		dir  string
		with map[string]string
		want int
		log  string
	}{
		{"a clean plan", "", map[string]string{"plan": filepath.Join(plans, "clean", "plan.json")}, 0, "0 violations"},
		{"a directory of its own", plans, map[string]string{"plan": "plan.json", "working-directory": "clean"}, 0, "0 violations"},
		{"a threshold", "", map[string]string{"plan": filepath.Join(plans, "shop", "plan.json"), "fail-on": "none"}, 0, "aws-ec2-imdsv2"},
		{"arguments", "", map[string]string{"plan": filepath.Join(plans, "shop", "plan.json"), "args": "--select=aws-no-such-policy"}, 2, "no policy matches"},
		{"several plans", "", map[string]string{"plan": filepath.Join(plans, "clean", "plan.json") + "\n" + filepath.Join(plans, "shop", "plan.json") + "\n"}, 1, "aws-ec2-imdsv2"},
		{"a plan that is cut off", "", map[string]string{"plan": filepath.Join(plans, "truncated.json")}, 2, "plan-truncated"},
		{"no plan", "", map[string]string{"plan": ""}, 2, "error[usage]"},
		{"a command for a plan", "", map[string]string{"plan": `x"; touch pwned; echo "$(touch pwned)` + "`touch pwned`"}, 2, "error["},
		{"a command for an argument", "", map[string]string{"plan": "x.json", "args": "$(touch pwned)\n; touch pwned"}, 2, "error["},
		{"a command for a format", "", map[string]string{"plan": "x.json", "format": "$(touch pwned)"}, 2, "is not one of"},
		{"a flag for a plan", "", map[string]string{"plan": "--help"}, 2, "--help"},
	}
	for _, c := range cases {
		dir := c.dir
		if dir == "" {
			dir = t.TempDir()
		}
		code, log, outputs, summary := r.use(1, dir, c.with)
		if code != c.want || !strings.Contains(log, c.log) {
			t.Errorf("%s: exit code %d, want %d with %q\n%s", c.name, code, c.want, c.log, log)
		}
		if outputs["exit-code"] != string(rune('0'+c.want)) {
			t.Errorf("%s: outputs %v", c.name, outputs)
		}
		if c.want == 2 {
			if _, err := os.Stat(outputs["findings"]); err == nil || !strings.Contains(summary, "could not be evaluated") {
				t.Errorf("%s: findings of an earlier run are left, or the summary is silent:\n%s", c.name, summary)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "pwned")); err == nil {
			t.Errorf("%s: it was run", c.name)
		}
	}
}
