resource "aws_elasticache_cluster" "main" {
  cluster_id               = "main"
  engine                   = "redis"
  engine_version           = "7.0"
  node_type                = "cache.t3.micro"
  num_cache_nodes          = 1
  snapshot_retention_limit = 5
  tags                     = { Owner = "platform" }
}
