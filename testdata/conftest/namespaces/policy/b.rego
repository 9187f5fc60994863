package team.net

deny contains "team.net"

warn contains "team.net warns" if input.terraform_version
