# By the VNET's id. Taking it from the role assignment makes the peering wait for the right, and go before it on destroy.
resource "konnectazure_vnet_peering" "orders" {
  name       = "orders"
  network_id = data.konnectazure_network.gateways.id
  vnet_id    = konnectazure_role_assignment.kong.scope
}

# By the VNET's parts, with a timeout for a slow day, protected from a replacement by mistake.
resource "konnectazure_vnet_peering" "billing" {
  name                = "billing"
  network_id          = data.konnectazure_network.gateways.id
  subscription_id     = "b8e2f1a3-4d6c-4f80-9a27-7c5e1d0b3f94"
  resource_group_name = "rg-network"
  vnet_name           = "vnet-billing"

  timeouts = {
    create = "90m"
  }

  lifecycle {
    prevent_destroy = true
  }
}
