resource "konnectazure_private_hosted_zone" "corp" {
  name                = "corp"
  network_id          = konnectazure_vnet_peering.orders.network_id
  domain_name         = "corp.example"
  resource_group_name = "rg-network"

  # Konnect makes a link of this name on the zone.
  vnet_link_name = "kong-gateways"

  # The role with purpose = "private_dns_link", assigned at the zone.
  depends_on = [konnectazure_role_assignment.link]
}
