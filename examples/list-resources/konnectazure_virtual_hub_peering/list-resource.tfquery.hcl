list "konnectazure_virtual_hub_peering" "prod" {
  provider = konnectazure

  # Without it, every network that the token may see.
  config {
    network_id = "36ae63d3-efd1-4bec-b246-62aa5d3f5695"
  }
}
