resource "aws_lambda_function_url" "open" {
  function_name      = "open"
  authorization_type = "NONE"
}
