resource "aws_cloudfront_distribution" "main" {
  enabled             = true
  comment             = "of the test"
  default_root_object = "index.html"
  price_class         = "PriceClass_100"
  web_acl_id          = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/main/11111111-2222-3333-4444-555555555555"
  wait_for_deployment = false
  tags                = { Owner = "platform" }
  origin {
    domain_name = "origin.example.com"
    origin_id   = "main"
    custom_origin_config {
      http_port              = 80
      https_port             = 443
      origin_protocol_policy = "https-only"
      origin_ssl_protocols   = ["TLSv1.2"]
    }
  }
  default_cache_behavior {
    allowed_methods        = ["GET", "HEAD"]
    cached_methods         = ["GET", "HEAD"]
    target_origin_id       = "main"
    viewer_protocol_policy = "redirect-to-https"
    forwarded_values {
      query_string = false
      cookies {
        forward = "none"
      }
    }
  }
  logging_config {
    bucket = "logs-of-the-test.s3.amazonaws.com"
    prefix = "cdn/"
  }
  restrictions {
    geo_restriction {
      restriction_type = "none"
    }
  }
  viewer_certificate {
    cloudfront_default_certificate = true
  }
}
