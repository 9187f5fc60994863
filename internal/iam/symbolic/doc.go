// Package symbolic decides questions about all requests at once: whether any
// request satisfies an expression over policy statements, and which.
//
// An [Expr] is built of statements ([Matches]), of single elements ([Action],
// [Resource], [Holds]) and of And, Or and Not. [Solve] answers that it is
// satisfiable, with a request that satisfies it; that no request does; or that
// it does not know, with the reason. [Prove], [Subsumes], [Equivalent] and
// [Overlap] put common questions in that form.
//
// A statement means what iam/simulate makes of it, as a Deny statement of a
// policy of 2012-10-17. Every request that is returned has been judged by
// iam/simulate before; a disagreement is answered with Unknown, never with the
// request. Nothing is sampled: an answer Unsatisfiable covers all requests.
//
// # What a request may be
//
//   - The action is service:Name, with one colon and neither part empty.
//   - The resource is an ARN with partition, service and resource, or the "*"
//     of an action that takes none.
//   - A condition key is absent, has one value, or has a set of values. Only
//     keys that can be multi-valued have a set; see [Options].
//   - The caller is looked at only where a statement names principals. The
//     sessions of a role are spoken for by the role; a statement that names a
//     session is Unknown.
//
// Beyond that, everything goes: a request may lack any key and carry any value,
// also one that AWS never sends. A [Fact] takes away what AWS documents not to
// happen. The default facts are few; each names its source and can be left out.
//
// # Procedure
//
// The expression becomes clauses over atoms (cnf.go), an atom being one element
// or condition. A search that learns from conflicts (search.go) looks for a
// set of atoms, true or false, that satisfies the clauses. What it supposes of
// one key goes to that key's theory (theory.go), which finds a value or proves
// that there is none; then the smallest part that clashes becomes a clause.
// The theories are exact. For text, ARNs, actions and resources one automaton
// runs all patterns side by side (glob.go, empty.go) and looks for a text that
// some patterns match and others do not; numbers, dates, addresses and bytes
// need only the values next to the policy's own (values.go). Sets of values
// come down to single ones, for ForAnyValue asks for one value and ForAllValues
// limits all. Keys meet only in facts that join them, which are added when a
// request breaks them (facts.go), and in policy variables (variable.go), which
// are proved to the extent that they may match anything that * would.
//
// The question of whether a text matches some patterns and not others is hard
// in the worst case (it is PSPACE-complete with * alone), so the number of
// states is limited; a question over the limit is Unknown.
package symbolic
