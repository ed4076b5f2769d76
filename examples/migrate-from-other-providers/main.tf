# Takes over a peering that azuread, azurerm and Kong's own provider made, without touching anything in Azure or Konnect (Terraform 1.8 and later).
#
# How to:
#
# 1. Replace the old resource blocks by those below and add a moved block for each, from the old address to the new one. Addresses with keys
#    (azurerm_role_assignment.kong["orders"]) and in modules (module.peering.azurerm_role_assignment.kong) are moved one by one or all at once,
#    as with any moved block.
# 2. terraform init -upgrade, then terraform plan. It has to say of every object that it "has moved to" its new address, and end without any
#    change. Where it shows one, the new block says something else than the old one did: correct it before going on.
# 3. terraform apply. From now on the old providers are not needed for these objects any more.
# 4. Take the moved blocks away once every state that uses this configuration was applied.
#
# Going back is a matter of the state alone, too: keep a copy of it (terraform state pull > before.tfstate).
#
# What moves where:
#
#   azuread_service_principal                                -> konnectazure_service_principal
#   azurerm_role_definition                                  -> konnectazure_peering_role
#   azurerm_role_assignment                                  -> konnectazure_role_assignment
#   konnect_cloud_gateway_transit_gateway, to a VNET         -> konnectazure_vnet_peering
#   konnect_cloud_gateway_private_dns, an outbound resolver  -> konnectazure_dns_mappings
#
# A service principal that was made with use_existing = true stays in the tenant when it is destroyed here; any other one is deleted, as before.
# A moved role is this configuration's own, and is deleted with it.

terraform {
  required_version = ">= 1.8"

  required_providers {
    konnectazure = {
      source = "konnect-azure/konnectazure"
    }
  }
}

provider "konnectazure" {}

locals {
  subscription = "/subscriptions/${var.subscription_id}"
  vnet_id      = "${local.subscription}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Network/virtualNetworks/${var.vnet_name}"
}

moved {
  from = azuread_service_principal.kong
  to   = konnectazure_service_principal.kong
}

resource "konnectazure_service_principal" "kong" {}

moved {
  from = azurerm_role_definition.kong
  to   = konnectazure_peering_role.kong
}

resource "konnectazure_peering_role" "kong" {
  name              = "Kong peering"
  description       = "Lets Kong's gateways in."
  assignable_scopes = [local.subscription]

  actions = [
    "Microsoft.Network/virtualNetworks/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/read",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write",
    "Microsoft.Network/virtualNetworks/virtualNetworkPeerings/delete",
    "Microsoft.Network/virtualNetworks/peer/action",
  ]
}

moved {
  from = azurerm_role_assignment.kong
  to   = konnectazure_role_assignment.kong
}

# An existing assignment keeps its own random name; left out here, it is no change.
resource "konnectazure_role_assignment" "kong" {
  scope              = local.vnet_id
  role_definition_id = konnectazure_peering_role.kong.id
  principal_id       = konnectazure_service_principal.kong.object_id
}

moved {
  from = konnect_cloud_gateway_transit_gateway.orders
  to   = konnectazure_vnet_peering.orders
}

resource "konnectazure_vnet_peering" "orders" {
  name       = "orders"
  network_id = var.network_id
  vnet_id    = konnectazure_role_assignment.kong.scope
}

moved {
  from = konnect_cloud_gateway_private_dns.corp
  to   = konnectazure_dns_mappings.corp
}

# One mapping for all domains with the same servers, instead of one entry for each domain.
resource "konnectazure_dns_mappings" "corp" {
  name       = "corp"
  network_id = konnectazure_vnet_peering.orders.network_id

  mappings = [
    {
      domains             = ["orders.corp.example", "billing.corp.example"]
      target_ip_addresses = [var.dns_server]
    },
  ]
}
