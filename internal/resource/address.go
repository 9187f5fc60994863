package resource

import "strings"

// SplitAddress cuts an address into its steps, keys included:
// module.app["a.b"].aws_instance.web[0] gives module, app["a.b"],
// aws_instance, web[0].
func SplitAddress(address string) []string {
	if !strings.Contains(address, "[") {
		return strings.Split(address, ".")
	}
	var steps []string
	start, depth, quoted := 0, 0, false
	for i := 0; i < len(address); i++ {
		c := address[i]
		switch {
		case quoted:
			if c == '\\' {
				i++
			} else if c == '"' {
				quoted = false
			}
		case depth > 0 && c == '"':
			quoted = true
		case c == '[':
			depth++
		case c == ']' && depth > 0:
			depth--
		case c == '.' && depth == 0:
			steps = append(steps, address[start:i])
			start = i + 1
		}
	}
	return append(steps, address[start:])
}

// SplitKey cuts the instance key, brackets included, off the last step of an
// address: aws_instance.web[0] gives aws_instance.web and [0]. The key is
// empty when there is none.
func SplitKey(address string) (base, key string) {
	if !strings.HasSuffix(address, "]") {
		return address, ""
	}
	steps := SplitAddress(address)
	last := steps[len(steps)-1]
	i := strings.IndexByte(last, '[')
	if i < 0 {
		return address, ""
	}
	key = last[i:]
	return strings.TrimSuffix(address, key), key
}

// covers reports whether a reference means an address: the steps are the same,
// and where the reference has an instance key, the keys are too. A step of the
// reference without key stands for every instance.
func covers(ref, address string) bool {
	want, have := SplitAddress(ref), SplitAddress(address)
	if len(want) != len(have) {
		return false
	}
	for i, w := range want {
		if w == have[i] {
			continue
		}
		name, _ := SplitKey(have[i])
		if w != name {
			return false
		}
	}
	return true
}

// ModuleOf returns the module part of an address with its keys, empty for the
// root module.
func ModuleOf(address string) string {
	if !strings.HasPrefix(address, "module.") {
		return ""
	}
	steps := SplitAddress(address)
	n := 0
	for n+1 < len(steps) && steps[n] == "module" {
		n += 2
	}
	return strings.Join(steps[:n], ".")
}
