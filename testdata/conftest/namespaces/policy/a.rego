package main

deny contains "main"

warn contains "main warns" if input.terraform_version
