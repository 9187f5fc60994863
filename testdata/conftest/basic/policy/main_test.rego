package main

test_nothing if count(deny) == 0 with input as {}
