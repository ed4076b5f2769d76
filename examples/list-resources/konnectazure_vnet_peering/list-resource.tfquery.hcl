# Every peering in every network that the token may see:
#   terraform query -generate-config-out=peerings.tf
list "konnectazure_vnet_peering" "all" {
  provider = konnectazure
}

# Those of one network, with all their attributes.
list "konnectazure_vnet_peering" "prod" {
  provider         = konnectazure
  include_resource = true

  config {
    network_id = "36ae63d3-efd1-4bec-b246-62aa5d3f5695"
  }
}
