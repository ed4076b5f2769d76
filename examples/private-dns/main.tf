# A zone of Azure Private DNS that the gateways resolve names in, next to the peering over which they reach the addresses.

terraform {
  required_providers {
    konnectazure = {
      source = "konnect-azure/konnectazure"
    }
  }
}

# Credentials come from the environment: KONNECT_TOKEN and what azurerm reads (ARM_TENANT_ID, ARM_SUBSCRIPTION_ID, ...).
provider "konnectazure" {}

locals {
  subscription = "/subscriptions/${var.subscription_id}"
  group        = "${local.subscription}/resourceGroups/${var.resource_group_name}"
  vnet_id      = "${local.group}/providers/Microsoft.Network/virtualNetworks/${var.vnet_name}"
  zone_id      = "${local.group}/providers/Microsoft.Network/privateDnsZones/${var.zone_name}"
}

data "konnectazure_network" "gateways" {
  name = var.network_name
}

resource "konnectazure_service_principal" "kong" {}

# Two roles, each assigned where it is needed and nowhere else.
resource "konnectazure_peering_role" "peering" {
  assignable_scopes = [local.subscription]
}

resource "konnectazure_peering_role" "link" {
  purpose           = "private_dns_link"
  assignable_scopes = [local.subscription]
}

resource "konnectazure_role_assignment" "peering" {
  scope              = local.vnet_id
  role_definition_id = konnectazure_peering_role.peering.id
  principal_id       = konnectazure_service_principal.kong.object_id
}

resource "konnectazure_role_assignment" "link" {
  scope              = local.zone_id
  role_definition_id = konnectazure_peering_role.link.id
  principal_id       = konnectazure_service_principal.kong.object_id
}

resource "konnectazure_vnet_peering" "orders" {
  name       = "orders"
  network_id = data.konnectazure_network.gateways.id
  vnet_id    = konnectazure_role_assignment.peering.scope
}

# Konnect makes the link on the zone, under a name that must still be free.
resource "konnectazure_private_hosted_zone" "corp" {
  name                = "corp"
  network_id          = konnectazure_vnet_peering.orders.network_id
  domain_name         = var.zone_name
  subscription_id     = var.subscription_id
  resource_group_name = var.resource_group_name
  vnet_link_name      = "kong-gateways"

  # The right to make the link, which nothing above refers to.
  depends_on = [konnectazure_role_assignment.link]
}

output "zone" {
  description = "The linked zone's state in Konnect."
  value       = konnectazure_private_hosted_zone.corp.state
}
