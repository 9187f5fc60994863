# METADATA
# title: Helpers for comparing values
# description: >-
#   Small functions that policies share. Each is written so that the compiler
#   can lower it: a body tests one value against data that is known.
package parapet.lib

# matches_any holds when a value matches one of the patterns. An asterisk
# stands for any run of characters, a question mark for one, as in an IAM
# policy. Without delimiters (null) an asterisk crosses dots and slashes too.
matches_any(value, patterns) if {
	some pattern in patterns
	glob.match(pattern, null, value)
}

# is_true holds for the values that Terraform reads as true. Some attributes
# of the provider are strings that hold a boolean.
is_true(value) if value == true

is_true(value) if value == "true"
