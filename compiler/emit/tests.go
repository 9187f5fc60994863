package emit

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/parapet-dev/parapet/compiler/ir"
	"github.com/parapet-dev/parapet/compiler/pack"
	"github.com/parapet-dev/parapet/internal/iam"
)

// requests writes the requests that the tests decide: what the findings and
// the policies' examples come to as API calls, with the answer that each must
// get.
func (m module) requests() ([]byte, error) {
	f := hclwrite.NewEmptyFile()
	f.Body().AppendUnstructuredTokens(comments([]string{
		"The API calls that findings and examples come to. One with deny = true must be",
		"denied to everyone without an exception, the others to nobody.",
	}))
	f.Body().AppendNewline()
	var members []member
	for _, g := range m.guardrails() {
		for _, t := range g.Tests {
			members = append(members, member{name: requestName(t, members), value: request(g, t)})
		}
	}
	f.Body().AppendNewBlock("locals", nil).Body().SetAttributeRaw("requests", object(members...))
	return render(f), nil
}

// requestName is what a failing test prints: the guardrail, where the request
// comes from and the call; numbered when that is not one of a kind.
func requestName(t ir.TestRequest, taken []member) string {
	name := fmt.Sprintf("%s: %s: %s on %s", t.Guardrail, t.Name, t.Action, t.Resource)
	for n := 2; slices.ContainsFunc(taken, func(m member) bool { return m.name == name }); n++ {
		name = fmt.Sprintf("%s: %s (%d): %s on %s", t.Guardrail, t.Name, n, t.Action, t.Resource)
	}
	return name
}

func request(g ir.Guardrail, t ir.TestRequest) hclwrite.Tokens {
	var context []member
	for _, k := range slices.Sorted(maps.Keys(t.Context)) {
		context = append(context, member{name: k, value: list(t.Context[k])})
	}
	members := []member{
		{name: "guardrail", value: text(g.ID)},
		{name: "action", value: text(t.Action)},
		{name: "resource", value: text(t.Resource)},
		{name: "context", value: object(context...)},
		{name: "deny", value: boolean(t.Deny)},
	}
	if t.Finding != "" {
		members[0].comment = []string{"finding " + t.Finding}
	}
	return object(members...)
}

// testFile collects the run blocks of a test file; the first error stays.
type testFile struct {
	file  *hclwrite.File
	names []string // of the runs
	err   error
}

func newTestFile(notes ...string) *testFile {
	f := &testFile{file: hclwrite.NewEmptyFile()}
	f.file.Body().AppendUnstructuredTokens(comments(notes))
	return f
}

// setting is an attribute given as the text of an expression.
type setting struct{ name, value string }

// run is one run block.
type run struct {
	name      string
	comment   string
	source    string    // module under test; empty: the one that the tests stand in
	variables []setting // of the run
	fails     string    // what must fail
	asserts   [][2]string
}

func (f *testFile) set(b *hclwrite.Body, name, value string) {
	toks, err := expression(value)
	if err != nil && f.err == nil {
		f.err = err
	}
	b.SetAttributeRaw(name, toks)
}

func (f *testFile) block(b *hclwrite.Body, kind string, settings ...setting) {
	inner := b.AppendNewBlock(kind, nil).Body()
	for _, s := range settings {
		f.set(inner, s.name, s.value)
	}
}

func (f *testFile) run(r run) {
	body := f.file.Body()
	body.AppendNewline()
	if r.comment != "" {
		body.AppendUnstructuredTokens(comments([]string{r.comment}))
	}
	b := body.AppendNewBlock("run", []string{f.runName(r.name)}).Body()
	b.SetAttributeTraversal("command", hcl.Traversal{hcl.TraverseRoot{Name: "plan"}})
	if r.source != "" {
		b.AppendNewline()
		b.AppendNewBlock("module", nil).Body().SetAttributeRaw("source", text(r.source))
	}
	if len(r.variables) > 0 {
		b.AppendNewline()
		f.block(b, "variables", r.variables...)
	}
	for _, a := range r.asserts {
		b.AppendNewline()
		f.block(b, "assert", setting{"condition", a[0]}, setting{"error_message", a[1]})
	}
	if r.fails != "" {
		b.AppendNewline()
		b.SetAttributeRaw("expect_failures", hclwrite.TokensForTuple([]hclwrite.Tokens{tokens(hclsyntax.TokenIdent, r.fails)}))
	}
}

// runName makes the name of a run an identifier that no other run has.
func (f *testFile) runName(name string) string {
	name = strings.Map(func(r rune) rune {
		if hclsyntax.ValidIdentifier("x" + string(r)) {
			return r
		}
		return '_'
	}, name)
	if !hclsyntax.ValidIdentifier(name) {
		name = "_" + name
	}
	unique := name
	for n := 2; slices.Contains(f.names, unique); n++ {
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	f.names = append(f.names, unique)
	return unique
}

func (f *testFile) bytes() ([]byte, error) { return render(f.file), f.err }

// The identities of the tests, and a deadline that no test outlives.
const (
	testRole      = "arn:aws:iam::111122223333:role/parapet-test-exempt"
	testNeighbour = "arn:aws:iam::111122223333:role/parapet-test-exempt-not"
	testDeadline  = "2999-01-01T00:00:00Z"
	testBefore    = "2998-12-31T23:59:59Z"
)

// decisions writes the tests of modules/documents, which need no provider: every
// request gets its answer, exceptions let through whom they name and nobody
// else, until they end, and bad exceptions are refused.
func (m module) decisions() ([]byte, error) {
	f := newTestFile("Run with: terraform init && terraform test", "No provider and no account are needed.")
	f.run(run{name: "documents", comment: "The documents without exceptions."})
	m.decideAll(f, here, "documents")
	f.run(run{
		name: "documents_with_exception", comment: "One role is exempt until a deadline.",
		variables: []setting{{"exceptions", exceptionText("principals", testRole, testDeadline)}},
	})
	f.run(decide(here, "exempt_role_passes", "documents_with_exception", "",
		setting{"exempt", "true"}, caller(testRole, testBefore)))
	f.run(decide(here, "its_neighbour_does_not", "documents_with_exception", "", caller(testNeighbour, testBefore)))
	f.run(decide(here, "nor_does_it_after_the_deadline", "documents_with_exception", "", caller(testRole, testDeadline)))
	if ids := m.resourceGuardrails(); len(ids) > 0 {
		f.run(decide(here, "nor_does_a_caller_without_an_arn", "documents_with_exception", "An RCP binds anonymous callers too.",
			setting{"guardrails", fmt.Sprintf("[\"%s\"]", strings.Join(ids, `", "`))},
			setting{"caller", fmt.Sprintf("{\n\"aws:CurrentTime\" = [%q]\n}", testBefore)}))
	}
	for _, r := range []struct{ name, exceptions string }{
		{"expired", exceptionText("principals", testRole, "2020-01-01")},
		{"malformed_date", exceptionText("principals", testRole, "next year")},
		{"session", exceptionText("principals", "arn:aws:sts::111122223333:assumed-role/deploy/session", testDeadline)},
		{"malformed_principal", exceptionText("principals", "role/deploy", testDeadline)},
		{"everyone", exceptionText("principals", "*", testDeadline)},
		{"every_role", exceptionText("principals", "arn:aws:iam::*:role/*", testDeadline)},
		{"malformed_account", exceptionText("accounts", "1234", testDeadline)},
		{"nobody", testRecord(`reason = "test"`, `owner = "test"`)},
		{"unexplained", testRecord(fmt.Sprintf("principals = [%q]", testRole), `reason = " "`, `owner = ""`)},
	} {
		f.run(run{name: "refuses_" + r.name, variables: []setting{{"exceptions", r.exceptions}}, fails: "output.documents"})
	}
	return f.bytes()
}

// resourceGuardrails returns the ids of guardrails on RCPs alone that deny
// whoever calls, sorted.
func (m module) resourceGuardrails() []string {
	var ids []string
	for _, g := range m.guardrails() {
		other := slices.ContainsFunc(m.guardrails(), func(o ir.Guardrail) bool {
			return o.ID == g.ID && (o.Layer != ir.RCP || readsPrincipal(o))
		})
		if !other {
			ids = append(ids, g.ID)
		}
	}
	return ids
}

// readsPrincipal reports whether a guardrail asks who calls.
func readsPrincipal(g ir.Guardrail) bool {
	return slices.ContainsFunc(g.Statements, func(st ir.Statement) bool {
		return slices.ContainsFunc(st.Conditions, func(c iam.Condition) bool {
			return strings.HasPrefix(strings.ToLower(c.Key), "aws:principal")
		})
	})
}

// The test module, seen from modules/documents and from the root.
const (
	here = "./tests/decide"
	root = "./modules/documents/tests/decide"
)

// decideAll decides every guardrail's requests on documents without exceptions.
func (m module) decideAll(f *testFile, source, documents string) {
	gs := m.guardrails()
	for i, g := range gs {
		if slices.ContainsFunc(gs[:i], func(o ir.Guardrail) bool { return o.ID == g.ID }) {
			continue // on two layers: decided together
		}
		all, denied := 0, 0
		for _, o := range gs {
			for _, t := range o.Tests {
				if o.ID == g.ID {
					all++
					denied += map[bool]int{true: 1}[t.Deny]
				}
			}
		}
		if all > 0 {
			f.run(decide(source, g.ID, documents, fmt.Sprintf("%s: denies %d, lets through %d.", cmp.Or(g.Title, g.ID), denied, all-denied),
				setting{"guardrails", fmt.Sprintf("[%q]", g.ID)}))
		}
	}
}

// decide is a run that lets the test module decide requests on the documents
// of an earlier run.
func decide(source, name, documents, comment string, more ...setting) run {
	return run{
		name: name, comment: comment, source: source,
		variables: append([]setting{
			{"documents", "run." + documents + ".documents"},
			{"statements", "run." + documents + ".statements"},
		}, more...),
		asserts: [][2]string{{`length(output.wrong) == 0`, `join("\n", output.wrong)`}},
	}
}

func caller(role, now string) setting {
	return setting{"caller", fmt.Sprintf(
		"{\n\"aws:PrincipalArn\" = [%q]\n\"aws:PrincipalAccount\" = [\"111122223333\"]\n\"aws:CurrentTime\" = [%q]\n}", role, now)}
}

// exceptionText writes var.exceptions with one record for every guardrail.
func exceptionText(kind, identity, expires string) string {
	return testRecord(fmt.Sprintf("%s = [%q]", kind, identity), `reason = "test"`, `owner = "test"`, fmt.Sprintf("expires = %q", expires))
}

func testRecord(lines ...string) string {
	return "{\ntest = {\npolicies = [\"*\"]\n" + strings.Join(lines, "\n") + "\n}\n}"
}

// wiring writes the tests of the root module, whose provider is a mock.
func (m module) wiring() ([]byte, error) {
	f := newTestFile("Run with: terraform init && terraform test", "The provider is a mock: no account is needed.")
	f.file.Body().AppendNewline()
	f.file.Body().AppendNewBlock("mock_provider", []string{"aws"})
	f.file.Body().AppendNewline()
	f.block(f.file.Body(), "variables",
		setting{"exceptions", "{}"},
		setting{"targets", `["ou-ab12-11111111", "111122223333"]`},
	)
	const attaches = "attaches_every_document_to_every_target"
	organization := slices.DeleteFunc(slices.Clone(m.docs), func(d pack.Document) bool { return d.Layer == ir.Boundary })
	n := len(organization)
	f.run(run{
		name: attaches,
		asserts: [][2]string{
			{fmt.Sprintf("length(aws_organizations_policy.guardrail) == %d", n), fmt.Sprintf(`"Policies: not %d."`, n)},
			{fmt.Sprintf("length(aws_organizations_policy_attachment.guardrail) == %d", 2*n), fmt.Sprintf(`"Attachments: not %d."`, 2*n)},
		},
	})
	if n == 0 {
		return f.bytes()
	}
	m.decideAll(f, root, attaches)
	var full []string
	largest := 0
	for _, d := range organization {
		full = append(full, fmt.Sprintf("%s = %d", d.PolicyType, m.o.Limits.Attachments(d.Layer)))
		if d.Content == nil {
			largest = max(largest, d.Limit)
		}
	}
	f.run(run{
		name:      "refuses_more_policies_than_a_target_takes",
		variables: []setting{{"attached_policies", "{\n" + strings.Join(sorted(full), "\n") + "\n}"}},
		fails:     "aws_organizations_policy_attachment.guardrail",
	})
	if largest > 0 { // declarative policies take no exceptions
		f.run(run{
			name: "refuses_documents_that_exceptions_make_too_large",
			variables: []setting{{"exceptions", testRecord(
				fmt.Sprintf(`principals = [for i in range(%d) : "arn:aws:iam::111122223333:role/parapet-test-${i}"]`, largest/40),
				`reason = "test"`, `owner = "test"`,
			)}},
			fails: "aws_organizations_policy.guardrail",
		})
	}
	f.run(run{
		name:      "refuses_targets_that_are_none",
		variables: []setting{{"targets", `["production"]`}},
		fails:     "var.targets",
	})
	f.run(run{
		name:      "refuses_misspelt_members_of_exceptions",
		variables: []setting{{"exceptions", `{ a = { policies = ["*"], principals = ["arn:aws:iam::*:role/a"], reason = "r", owner = "o", expirez = "2020-01-01" } }`}},
		fails:     "var.exceptions",
	})
	return f.bytes()
}
