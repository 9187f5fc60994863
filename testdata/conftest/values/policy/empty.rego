package empty

deny := []

warn_false := false
