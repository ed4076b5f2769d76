# By the hub's id. Taking it from the role assignment makes the peering wait for the right, and go before it on destroy.
resource "konnectazure_virtual_hub_peering" "wan" {
  name       = "wan"
  network_id = data.konnectazure_network.gateways.id
  vhub_id    = konnectazure_role_assignment.hub.scope
}

# By the hub's parts, which may differ from those of its Virtual WAN.
resource "konnectazure_virtual_hub_peering" "europe" {
  name                = "europe"
  network_id          = data.konnectazure_network.gateways.id
  subscription_id     = "a4c1d0e2-9b3f-4c7a-8e51-6d2f0b9c8a17"
  resource_group_name = "rg-wan"
  vhub_name           = "hub-westeurope"
}
