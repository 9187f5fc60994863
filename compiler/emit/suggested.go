package emit

import (
	"fmt"
	"strconv"
	"strings"
)

// suggestedFile is the file of a module that holds suggested exceptions.
const suggestedFile = "exceptions.suggested.yaml"

// Suggestion is an exception that live state suggests.
type Suggestion struct {
	Policy     string
	Principals []string // ARNs
	Reason     string
}

// suggested writes the suggestions as records that nobody can use as they are:
// owner and expiry are for a person to fill in, and empty ones are refused. It
// is nil when there are none.
func (m module) suggested() ([]byte, error) {
	if len(m.o.Suggested) == 0 {
		return nil, nil
	}
	var b strings.Builder
	b.WriteString(`# Suggested by live state, and not in force: these identities use today what the
# guardrails will deny. Move what is meant to last into your exceptions file,
# with an owner and an expiry. Until then Parapet refuses this file.
exceptions:
`)
	seen := map[string]int{}
	for _, s := range m.o.Suggested {
		id := "suggested-" + s.Policy
		if seen[s.Policy]++; seen[s.Policy] > 1 {
			id = fmt.Sprintf("%s-%d", id, seen[s.Policy])
		}
		// Go quotes as YAML does: with \\" and \\u.
		fmt.Fprintf(&b, "  %s:\n    policies: [%s]\n    principals:\n", id, strconv.Quote(s.Policy))
		for _, p := range s.Principals {
			fmt.Fprintf(&b, "      - %s\n", strconv.Quote(p))
		}
		fmt.Fprintf(&b, "    reason: %s\n    owner: \"\" # who answers for it\n    expires: \"\" # a date, such as 2027-03-31\n", strconv.Quote(s.Reason))
	}
	return []byte(b.String()), nil
}
