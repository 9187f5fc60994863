package emit_test

import (
	"bytes"
	"slices"
	"testing"

	"github.com/parapet-dev/parapet/compiler/emit"
	"github.com/parapet-dev/parapet/internal/golden"
)

// generated are the files that differ from program to program; the rest is
// copied from static/.
var generated = []string{
	"README.md", "account/main.tf", "exceptions.auto.tfvars.json", "modules/documents/statements.tf",
	"modules/documents/tests/decide/requests.tf", "modules/documents/tests/decisions.tftest.hcl",
	"proof.json", "tests/module.tftest.hcl", "variables.tf",
}

func TestModule(t *testing.T) {
	out, _ := compile(t, program(), records())
	a := golden.Open(t, "testdata/module.txtar")
	var names bytes.Buffer
	for _, f := range out.Files {
		names.WriteString(f.Path + "\n")
	}
	a.Want("out/files", names.String())
	for _, f := range out.Files {
		if slices.Contains(generated, f.Path) {
			a.Want("out/"+f.Path, string(f.Data))
		}
	}
}

// The same program in another order gives the same bytes.
func TestModuleIsStable(t *testing.T) {
	want, _ := compile(t, program(), records())
	prog, rs := program(), records()
	slices.Reverse(prog.Guardrails)
	slices.Reverse(rs)
	got, _ := compile(t, prog, rs)
	if !slices.EqualFunc(got.Files, want.Files, func(a, b emit.File) bool { return a.Path == b.Path && bytes.Equal(a.Data, b.Data) }) {
		for i, f := range got.Files {
			if !bytes.Equal(f.Data, want.Files[i].Data) {
				t.Errorf("%s differs", f.Path)
			}
		}
	}
}

func TestProofIsReadBack(t *testing.T) {
	out, _ := compile(t, program(), records())
	i := slices.IndexFunc(out.Files, func(f emit.File) bool { return f.Path == "proof.json" })
	p, err := emit.ReadProof(out.Files[i].Data, "proof.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := p.Assignment(); got["KmsWindow"] != "scp-1" || len(got) != 3 {
		t.Errorf("assignment %v", got)
	}
	changed := bytes.Replace(out.Files[i].Data, []byte("key-janitor"), []byte("key-thief"), 1)
	for _, src := range [][]byte{changed, []byte("{}"), []byte("no"), nil} {
		if _, err := emit.ReadProof(src, "proof.json"); err == nil {
			t.Errorf("read %.40q", src)
		}
	}
}
