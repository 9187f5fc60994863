package team.app

deny contains "team.app"

warn contains "team.app warns" if input.terraform_version
