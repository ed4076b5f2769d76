# A Konnect network behind the virtual hub of an Azure Virtual WAN: the gateways reach every network that the hub routes to.

terraform {
  required_providers {
    konnectazure = {
      source = "konnect-azure/konnectazure"
    }
  }
}

# Credentials come from the environment: KONNECT_TOKEN and what azurerm reads (ARM_TENANT_ID, ARM_SUBSCRIPTION_ID, ...).
provider "konnectazure" {}

# The Dedicated Cloud Gateway network that exists in Konnect already.
data "konnectazure_network" "gateways" {
  name = var.network_name
}

resource "konnectazure_service_principal" "kong" {}

# The actions for hub connections, in the hub's own subscription.
resource "konnectazure_peering_role" "hub" {
  purpose           = "virtual_hub_peering"
  assignable_scopes = [regex("^/subscriptions/[^/]+", var.vhub_id)]
}

resource "konnectazure_role_assignment" "hub" {
  scope              = var.vhub_id
  role_definition_id = konnectazure_peering_role.hub.id
  principal_id       = konnectazure_service_principal.kong.object_id
}

# Taking the hub from the assignment makes the peering wait for the right, and go before it.
resource "konnectazure_virtual_hub_peering" "wan" {
  name       = "wan"
  network_id = data.konnectazure_network.gateways.id
  vhub_id    = konnectazure_role_assignment.hub.scope
}

output "peering" {
  description = "The peering's state in Konnect."
  value       = konnectazure_virtual_hub_peering.wan.state
}
