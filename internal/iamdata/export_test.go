package iamdata

// Open is the lazy reading of Load, for the benchmark.
var Open = open
