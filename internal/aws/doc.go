// Package aws collects live AWS state, in the shape that the Terraform AWS
// provider (5.100) gives it, so that policies run on it unchanged. It only reads.
//
// [Load] resolves the caller's credentials, [New] makes a [Collector] of a
// selection of [Type] rows, [Collector.Discover] finds the accounts, and
// [Collector.Run] collects every [Scope] (account, region, type) into a [Sink].
// The rows are in package collect. What cannot be read is never taken for what
// is not there: a scope ends with a [Status], and a failure of one resource is a
// [Gap] and costs that resource's attributes only.
//
// # How to write a collector
//
// A collector is a file of package collect named after its type without the
// aws_ (security_group.go), with one function that returns its row, and a line
// in the table (table.go). Look at the nearest one:
//
//   - security_group.go: a list call that says all, with nested blocks;
//   - s3_bucket.go: parents that are shared, an attribute read one by one;
//   - s3_bucket_versioning.go: a part of a parent, which may be absent;
//   - iam_role.go: a global type out of one shared bulk call;
//   - ebs_encryption_by_default.go: a fact that a region has once;
//   - organizations_policy.go: a type of the organization.
//
// Step by step:
//
//  1. Read the type's schema (the attributes, which are blocks, which are sets)
//     and how the provider reads it: its id, what it takes from which call, what
//     it does with absent values.
//  2. Find the calls that give most for least: one list call for all beats a
//     call for each. Only fill what policies read and what comes with those
//     calls anyway. Use the SDK's paginators; a list call without one is paged
//     by hand. Never stop after one page.
//  3. Get the client with [Client]; it belongs to the session's account and
//     region, and comes with credentials, retries and the budget. What other
//     types list too goes through [Once] (account and region) or
//     [OncePerAccount], in a function of its service's file (s3.go).
//  4. Call out.Add with an [Item] for every resource. Write values as a map of
//     the provider's names. Pointers, numbers and enumerations of the SDK are
//     taken as they are, and nil means absent: no aws.ToString. Blocks are lists:
//     [Block] for one, [Blocks] for several in the API's order, [SetOf] where the
//     provider has a set; sets of strings are [Set]. Policies go through
//     [PolicyJSON], tags through [Tags] or [TagMap]. Where the provider shows an
//     empty text or list, or a default of its own, so do we.
//  5. Where an answer needs a call for each element, use [Each], and decide what
//     a failure means. "Not there" is an answer: test for its codes with [Is]
//     before anything else. An attribute that could not be read: out.Miss before
//     out.Add. A part of a parent of which it is not known whether it is there:
//     out.Gap with the parent's id, and Parent in the row. Both give an error
//     when there is no use in going on: return it. Every other error is
//     returned as it is. Never drop one, and never make up a value.
//  6. Fill in the row: Actions are what IAM must allow (the service reference
//     names them; a test compares them with the calls that are made), Filled the
//     attributes that are set, deep enough that what is not set inside a block
//     is not promised. ConfigOnly, Overlap and Volatile say what drift must not
//     compare. Types that mean the same live things go to StandsFor.
//  7. Test it: write a resource or two of the type in testdata/SERVICE.tf, with
//     the attributes that matter set. The end-to-end test applies the file to a
//     mock of AWS (go test -tags e2e -run TestProvider/SERVICE), collects, and
//     holds what comes out to what the provider reads itself on all that is
//     filled, and the calls to Actions. It also fails for a value at no filled
//     path. What the mock cannot do is stated in that test's table, with the
//     reason, and a test with answers of tftest.FakeAWS stands in, as in
//     s3_test.go.
//
// The same state must give the same bytes: sort what the API gives in no order,
// and take no time of reading, no request id and no counter into values.
package aws
