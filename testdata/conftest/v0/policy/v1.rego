package extra

import rego.v1

deny contains msg if {
	some name, variable in input.variables
	is_array(variable.value)
	msg := sprintf("variable %s is a list of %d", [name, count(variable.value)])
}
