resource "aws_ssm_document" "main" {
  name          = "main"
  document_type = "Command"
  tags          = { Owner = "platform" }
  permissions = {
    type        = "Share"
    account_ids = "all"
  }
  content = jsonencode({
    schemaVersion = "2.2", description = "of the test"
    mainSteps     = [{ action = "aws:runShellScript", name = "run", inputs = { runCommand = ["true"] } }]
  })
}

resource "aws_ssm_document" "automation" {
  name          = "automation"
  document_type = "Automation"
  content = jsonencode({
    schemaVersion = "0.3", description = "of the test"
    mainSteps     = [{ action = "aws:sleep", name = "wait", inputs = { Duration = "PT1S" } }]
  })
}
