package cmd_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/parapet-dev/parapet/cmd"
)

// run runs one command line in process.
func run(t *testing.T, change func(*cmd.Streams), args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	s := cmd.Streams{
		In: strings.NewReader(""), Out: &o, Err: &e, Version: "1.2.3",
		LookupEnv: func(string) (string, bool) { return "", false },
		Now:       func() time.Time { return time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC) },
	}
	if change != nil {
		change(&s)
	}
	code = cmd.Main(args, s)
	return code, o.String(), e.String()
}

const shop = "../testdata/plans/shop/plan.json"

// TestTerminal: colour and progress are for terminals, and can be refused.
func TestTerminal(t *testing.T) {
	t.Parallel()
	terminal := func(s *cmd.Streams) { s.OutTerminal, s.ErrTerminal = true, true }
	with := func(name, value string) func(*cmd.Streams) {
		return func(s *cmd.Streams) {
			terminal(s)
			s.LookupEnv = func(n string) (string, bool) { return value, n == name }
		}
	}
	for _, tt := range []struct {
		name            string
		change          func(*cmd.Streams)
		color, progress bool
	}{
		{"pipe", nil, false, false},
		{"terminal", terminal, true, true},
		{"NO_COLOR", with("NO_COLOR", "1"), false, true},
		{"empty NO_COLOR", with("NO_COLOR", ""), true, true},
		{"dumb terminal", with("TERM", "dumb"), false, true},
	} {
		code, out, errs := run(t, tt.change, "gate", shop)
		if code != 1 {
			t.Errorf("%s: exit code %d: %s", tt.name, code, errs)
		}
		if got := strings.Contains(out, "\x1b["); got != tt.color {
			t.Errorf("%s: colour %v", tt.name, got)
		}
		if got := strings.Contains(errs, "evaluating"); got != tt.progress {
			t.Errorf("%s: progress %v", tt.name, got)
		}
	}
}

// TestClock: exceptions end by the clock that the streams give.
func TestClock(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "e.yaml")
	record := "exceptions:\n  all:\n    policies: [\"*\"]\n    resources: [\"*aws_*\"]\n    reason: r\n    owner: o\n    expires: 2027-01-01\n"
	if err := os.WriteFile(file, []byte(record), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		now  time.Time
		code int
	}{
		{time.Date(2026, 12, 31, 23, 59, 59, 0, time.UTC), 0},
		{time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC), 1},
	} {
		code, _, errs := run(t, func(s *cmd.Streams) { s.Now = func() time.Time { return tt.now } }, "gate", shop, "--exceptions", file)
		if code != tt.code {
			t.Errorf("at %s: exit code %d, want %d: %s", tt.now, code, tt.code, errs)
		}
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("closed") }

// TestBrokenOutput: a report that cannot be written is a failed run.
func TestBrokenOutput(t *testing.T) {
	t.Parallel()
	code, _, errs := run(t, func(s *cmd.Streams) { s.Out = broken{} }, "gate", shop)
	if code != 2 || !strings.Contains(errs, "output-unwritable") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// TestOutputReplaces: a file that exists is replaced whole, and a failed run
// leaves it alone, without temporary files.
func TestOutputReplaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "f.json")
	if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, _ := run(t, nil, "gate", "../testdata/plans/truncated.json", "--format", "json="+file); code != 2 {
		t.Errorf("exit code %d", code)
	}
	if got, _ := os.ReadFile(file); string(got) != "old" {
		t.Errorf("a failed run wrote %q", got)
	}
	if code, _, errs := run(t, nil, "gate", shop, "--format", "json="+file); code != 1 {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if got, _ := os.ReadFile(file); !bytes.HasPrefix(got, []byte("{\n  \"schema\"")) {
		t.Errorf("the file begins with %.20q", got)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}
