package cmd_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/parapet-dev/parapet/cmd"
	"github.com/parapet-dev/parapet/internal/report"
	"github.com/parapet-dev/parapet/internal/tftest"
)

// ciFiles are what the project offers to CI systems, relative to the root.
func ciFiles(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../docs/ci/*")
	if err != nil || len(paths) < 3 {
		t.Fatalf("templates: %v, %v", paths, err)
	}
	files := map[string]string{}
	for _, p := range append(paths, "../docs/ci.md", "../action.yml", "../.pre-commit-hooks.yaml") {
		src, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(p)] = string(src)
	}
	return files
}

var fenced = regexp.MustCompile("(?ms)^```(\\w+)\n(.*?)^```$")

// TestCITemplates: templates and the examples of the documentation are YAML,
// link to what is there, and pin every action.
func TestCITemplates(t *testing.T) {
	t.Parallel()
	documents := map[string]string{}
	for name, src := range ciFiles(t) {
		if !strings.HasSuffix(name, ".md") {
			documents[name] = src
			continue
		}
		for i, m := range fenced.FindAllStringSubmatch(src, -1) {
			if m[1] == "yaml" {
				documents[fmt.Sprintf("%s block %d", name, i+1)] = m[2]
			}
		}
		for _, m := range regexp.MustCompile(`\]\((ci/[^)]+)\)`).FindAllStringSubmatch(src, -1) {
			if _, err := os.Stat("../docs/" + m[1]); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	pinned := regexp.MustCompile(`^[\w.-]+/[\w./-]+@([0-9a-f]{40}|COMMIT)$`)
	for name, src := range documents {
		var doc any
		if err := yaml.Unmarshal([]byte(src), &doc); err != nil || doc == nil {
			t.Errorf("%s: %v", name, err)
		}
		walk(doc, func(key string, value any) {
			text, _ := value.(string)
			switch {
			case key == "uses" && !pinned.MatchString(text):
				t.Errorf("%s: %s is not pinned to a commit", name, text)
			case key == "run" && strings.Contains(text, "${{"):
				t.Errorf("%s: an expression stands inside of a script: %s", name, text)
			}
		})
	}
}

// walk visits the members of all mappings in a document.
func walk(v any, visit func(key string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			visit(k, e)
			walk(e, visit)
		}
	case []any:
		for _, e := range v {
			walk(e, visit)
		}
	}
}

// TestCICommands: every command line in the templates and in the documentation
// is one that this version understands. The action and the hooks are run by
// tests of their own.
func TestCICommands(t *testing.T) {
	t.Parallel()
	seen, total := map[string]bool{}, 0
	for name, src := range ciFiles(t) {
		if !strings.HasPrefix(name, "../docs/") {
			continue
		}
		lines := [][]string{}
		if strings.HasSuffix(name, ".md") {
			var code []string
			for _, m := range fenced.FindAllStringSubmatch(src, -1) {
				code = append(code, m[2])
				if m[1] == "yaml" {
					lines = append(lines, passedOn(t, m[2])...)
				}
			}
			src = strings.Join(code, "\n")
		} else {
			lines = passedOn(t, src)
		}
		for _, args := range append(lines, commandLines(src)...) {
			if err := understood(args); err != nil {
				t.Errorf("%s: parapet %s: %v", name, strings.Join(args, " "), err)
			}
			seen[args[0]] = true
			total++
		}
	}
	for _, verb := range []string{"gate", "serve", "policy"} {
		if !seen[verb] {
			t.Errorf("no command line of parapet %s was found", verb)
		}
	}
	if total < 11 {
		t.Errorf("only %d command lines were found", total)
	}
	// The test itself can fail.
	for _, wrong := range []string{"gate plan.json --formatt json", "gate", "gaet plan.json", "gate p.json --format jsn", "serve --run-task --key x"} {
		if understood(strings.Fields(wrong)) == nil {
			t.Errorf("parapet %s is taken for right", wrong)
		}
	}
}

// commandLines returns the arguments of the calls of parapet in scripts.
func commandLines(src string) [][]string {
	var lines [][]string
	for line := range strings.Lines(src) {
		if strings.HasPrefix(strings.TrimSpace(line), "#") {
			continue
		}
		for _, m := range regexp.MustCompile(`(?:^|[\s|"/])parapet"? ((?:gate|serve|policy|compile|bundle|audit)\b.*)`).FindAllStringSubmatch(line, -1) {
			var args []string
			for _, w := range regexp.MustCompile(`"[^"]*"|'[^']*'|[^\s"']+`).FindAllString(m[1], -1) {
				if slices.Contains([]string{"|", "||", "&&", ";", ">", "#"}, w) || regexp.MustCompile(`^\d?>`).MatchString(w) {
					break
				}
				w = strings.Trim(w, `"'`)
				args = append(args, w)
			}
			lines = append(lines, args)
		}
	}
	return lines
}

// passedOn returns the command lines that users of the action and of the hooks
// make by their settings.
func passedOn(t *testing.T, src string) (lines [][]string) {
	t.Helper()
	var doc any
	if err := yaml.Unmarshal([]byte(src), &doc); err != nil {
		t.Fatal(err)
	}
	walk(doc, func(key string, value any) {
		switch key {
		case "with":
			with, _ := value.(map[string]any)
			if with["plan"] == nil {
				return
			}
			args := []string{"gate"}
			for _, input := range []string{"plan", "args", "format"} {
				text, _ := with[input].(string)
				for line := range strings.Lines(text) {
					if input == "format" {
						line = "--format=" + line
					}
					args = append(args, strings.TrimSpace(line))
				}
			}
			lines = append(lines, args)
		case "hooks":
			hooks, _ := value.([]any)
			for _, h := range hooks {
				hook, _ := h.(map[string]any)
				id, _ := hook["id"].(string)
				args := strings.Split(strings.TrimPrefix(id, "parapet-"), "-")
				list, _ := hook["args"].([]any)
				for _, a := range list {
					args = append(args, fmt.Sprint(a))
				}
				lines = append(lines, args)
			}
		}
	})
	return lines
}

// understood reads a command line without running it.
func understood(args []string) error {
	root := cmd.RootCommand(cmd.System("test"))
	c, rest, err := root.Find(args)
	if err != nil {
		return err
	}
	if !c.Runnable() || c == root {
		return fmt.Errorf("%s is no verb", args[0])
	}
	if err := c.ParseFlags(rest); err != nil {
		return err
	}
	if c.Flags().Lookup("format") != nil {
		formats, err := c.Flags().GetStringArray("format")
		if err == nil {
			for _, f := range formats {
				name, _, _ := strings.Cut(f, "=")
				if _, err := report.Lookup(name); err != nil {
					return err
				}
			}
		}
	}
	return c.ValidateArgs(c.Flags().Args())
}

// shell returns a shell to run the steps of templates with.
func shell(t *testing.T, name string) string {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skipf("skipped: %s is not taken for granted on Windows", name)
	}
	return tftest.Tool(t, name)
}

// TestAtlantisStep: Atlantis takes "fail" in the output for a failure, and in
// some versions nothing else, so that a step must say it exactly then.
func TestAtlantisStep(t *testing.T) {
	t.Parallel()
	sh := shell(t, "sh")
	var doc struct {
		Workflows map[string]struct {
			Check struct{ Steps []any } `yaml:"policy_check"`
		}
	}
	readYAML(t, "../docs/ci/atlantis.yaml", &doc)
	run := ""
	walk(doc.Workflows["parapet"].Check.Steps, func(key string, value any) {
		if key == "run" {
			run, _ = value.(string)
		}
	})
	if run == "" {
		t.Fatal("there is no step that runs")
	}
	for plan, fails := range map[string]bool{
		"plans/shop/plan.json": true, "plans/clean/plan.json": false, "plans/truncated.json": true, "plans/no-such.json": true,
	} {
		src, err := os.ReadFile("../testdata/" + plan)
		show := filepath.Join(t.TempDir(), "show file.json")
		if err == nil {
			err = os.WriteFile(show, src, 0o600)
		}
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		c := exec.CommandContext(t.Context(), sh, "-c", run)
		c.Env = append(os.Environ(), "SHOWFILE="+show)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("%s: %v: Atlantis would hide the output", plan, err)
		}
		said := strings.Contains(strings.ToLower(string(out)), "fail")
		counted := regexp.MustCompile(`(?m)^FAIL.*[1-9] failure`).Match(out)
		if said != fails || counted != fails {
			t.Errorf("%s: Atlantis would take %v for a failure, want %v:\n%s", plan, said, fails, out)
		}
	}
}

// TestPreCommitHooks runs each hook as pre-commit does.
func TestPreCommitHooks(t *testing.T) {
	t.Parallel()
	var hooks []struct {
		ID, Entry, Language, Files string
		PassFilenames              *bool `yaml:"pass_filenames"`
		Args                       []string
	}
	readYAML(t, "../.pre-commit-hooks.yaml", &hooks)
	cases := map[string]struct {
		dir  string
		args []string
		want int
		file string
	}{
		"parapet-gate":        {dir: "../testdata/plans/shop", want: 1, file: "infra/main.tf"},
		"parapet-policy-test": {dir: "..", args: []string{"policies/aws/s3"}, want: 0, file: "policies/a/policy.rego"},
	}
	for _, h := range hooks {
		c, ok := cases[h.ID]
		delete(cases, h.ID)
		if !ok || h.Language != "golang" || h.PassFilenames == nil || *h.PassFilenames {
			t.Errorf("hook %+v", h)
			continue
		}
		if files, err := regexp.Compile(h.Files); err != nil || !files.MatchString(c.file) || files.MatchString("README.md") {
			t.Errorf("%s: files %s: %v", h.ID, h.Files, err)
		}
		if c.args == nil {
			c.args = h.Args
		}
		words := append(strings.Fields(h.Entry), c.args...)
		run := exec.CommandContext(t.Context(), words[0], words[1:]...)
		run.Dir = c.dir
		out, _ := run.CombinedOutput()
		if run.ProcessState == nil || run.ProcessState.ExitCode() != c.want {
			t.Errorf("%s: %v, want %d\n%s", h.ID, run.ProcessState, c.want, out)
		}
	}
	for id := range cases {
		t.Errorf("there is no hook %s", id)
	}
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(src, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}
