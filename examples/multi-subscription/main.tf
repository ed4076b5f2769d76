# VNETs in several subscriptions of one tenant, behind the same gateways: consent and role exist once, assignment and peering for each VNET.

terraform {
  required_providers {
    konnectazure = {
      source = "konnect-azure/konnectazure"
    }
  }
}

# Credentials come from the environment: KONNECT_TOKEN and what azurerm reads (ARM_TENANT_ID, ARM_SUBSCRIPTION_ID, ...). One block is
# enough for all subscriptions: each object says by its id where it is.
provider "konnectazure" {}

locals {
  vnets = { for name, vnet_id in var.vnet_ids : name => provider::konnectazure::parse_vnet_id(vnet_id) }
}

data "konnectazure_network" "gateways" {
  name = var.network_name
}

# A tenant has one service principal for Kong's application, whatever the number of subscriptions.
resource "konnectazure_service_principal" "kong" {}

# A custom role belongs to the tenant and its name is taken once, so that this one role is assignable in every subscription, instead of
# one role for each. A VNET in a further subscription changes the role in place.
resource "konnectazure_peering_role" "kong" {
  assignable_scopes = [for vnet in local.vnets : "/subscriptions/${vnet.subscription_id}"]
}

resource "konnectazure_role_assignment" "kong" {
  for_each = var.vnet_ids

  scope              = each.value
  role_definition_id = konnectazure_peering_role.kong.id
  principal_id       = konnectazure_service_principal.kong.object_id
}

# Chained to the assignments: each peering waits for the right on its own VNET, and goes before it.
resource "konnectazure_vnet_peering" "this" {
  for_each = konnectazure_role_assignment.kong

  name       = each.key
  network_id = data.konnectazure_network.gateways.id
  vnet_id    = each.value.scope
}
