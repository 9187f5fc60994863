package report

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/parapet-dev/parapet/internal/finding"
)

// clean keeps what a plan could use against a terminal or a parser out of it:
// control characters, line separators, marks that change the direction of text,
// what is no character, and bytes that are no UTF-8.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) || r == '\ufffe' || r == '\uffff' {
			return ' '
		}
		return r
	}, s)
}

// heading is the title of a policy, or nothing where it only repeats the id.
func heading(id, title string) string {
	if title == id {
		return ""
	}
	return clean(title)
}

// clip shortens a text to at most max characters, the last of which then says
// that there was more.
func clip(s string, max int) string {
	if utf8.RuneCountInString(s) <= max {
		return s
	}
	n := 0
	for i := range s {
		if n == max-1 {
			return s[:i] + "…"
		}
		n++
	}
	return s
}

// Subject names what a finding is about. The addresses of live resources are
// those of one account.
func Subject(f finding.Finding) string {
	r := f.Resource
	if !r.Live() || r.Account == nil {
		return name(r)
	}
	place := clean(*r.Account)
	if unreadScope(f) && r.Region != nil {
		place += ", " + clean(*r.Region)
	}
	return name(r) + " in " + place
}

func name(r finding.Subject) string {
	switch {
	case r.Address != "":
		return clean(r.Address)
	case r.ARN != nil:
		return clean(*r.ARN)
	case r.ID != nil:
		return clean(r.Type + " " + *r.ID)
	case r.Type == finding.DocumentType:
		return "whole " + clean(string(r.Origin))
	}
	return clean(r.Type)
}

// message says what is wrong. What the status means for the reader comes
// first, where the format does not show it otherwise.
func message(f finding.Finding) string {
	text := clean(f.Message)
	switch f.Status {
	case finding.Unknown:
		return "undecided: " + text
	case finding.Error:
		return "could not be evaluated, so it is no pass: " + text
	case finding.Violation, finding.Exempt:
	}
	if o := owner(f); o != "" {
		text += " (" + o + ")"
	}
	return text
}

// owner says which Terraform code manages a live resource, where somebody asked
// for that.
func owner(f finding.Finding) string {
	o := f.Owner
	switch {
	case o == nil:
		return ""
	case !o.Managed:
		return "unmanaged: none of the Terraform code has it"
	case o.Input == "":
		return "managed as " + clean(o.Address)
	}
	return "managed as " + clean(o.Address) + " of " + clean(slash(o.Input))
}

// exemption says why a violation does not count: what exempts it, the reason,
// the owner and until when.
func exemption(f finding.Finding) string {
	if f.Exception == nil && f.Exemption == nil {
		return ""
	}
	var parts []string
	e := f.Exemption
	switch {
	case e != nil && e.Kind == finding.ByComment:
		parts = append(parts, "comment in the code")
	case e != nil && e.Kind == finding.ByBaseline:
		parts = append(parts, "baseline")
	case f.Exception != nil:
		parts = append(parts, "exception "+clean(*f.Exception))
	default:
		parts = append(parts, "exception")
	}
	if e != nil {
		if e.Reason != "" {
			parts = append(parts, clean(e.Reason))
		}
		if e.Owner != "" {
			parts = append(parts, "owner "+clean(e.Owner))
		}
		if !e.Expires.IsZero() {
			parts = append(parts, "until "+e.Expires.Format("2006-01-02"))
		}
	}
	return strings.Join(parts, "; ")
}

// totals is the summary in one line.
func totals(r finding.Report) string {
	resources := 0
	for _, in := range r.Inputs {
		resources += in.Resources
	}
	s := r.Summary
	text := fmt.Sprintf("%s: %s, %d exempt, %d unknown, %s, %d passed", count(resources, "resource"),
		count(s.Violation, "violation"), s.Exempt, s.Unknown, count(s.Error, "error"), s.Passed)
	if r.Unread > 0 {
		text += ", " + unread(r)
	}
	return text
}

// unread says how much of the inputs was not evaluated.
func unread(r finding.Report) string { return count(r.Unread, "part") + " not evaluated" }

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
