# Where another team administers the Entra tenant: this configuration never writes there. It shows the link that the other team opens, goes
# on as soon as they have accepted, and leaves their consent alone when it is destroyed.

terraform {
  required_providers {
    konnectazure = {
      source = "konnect-azure/konnectazure"
    }
  }
}

# Credentials come from the environment: KONNECT_TOKEN and what azurerm reads (ARM_TENANT_ID, ARM_SUBSCRIPTION_ID, ...). In Entra the
# Microsoft Graph permission Application.Read.All is enough.
provider "konnectazure" {}

data "konnectazure_network" "gateways" {
  name = var.network_name
}

resource "konnectazure_peering_role" "kong" {
  assignable_scopes = ["/subscriptions/${provider::konnectazure::parse_vnet_id(var.vnet_id).subscription_id}"]
}

# Read after the role is made, which is during the first apply and not while planning it: so the plan shows the link at once, and the
# apply waits for the other team.
data "konnectazure_service_principal" "kong" {
  wait_for_consent = var.wait_for_consent

  depends_on = [konnectazure_peering_role.kong]
}

resource "konnectazure_role_assignment" "kong" {
  scope              = var.vnet_id
  role_definition_id = konnectazure_peering_role.kong.id
  principal_id       = data.konnectazure_service_principal.kong.object_id
}

resource "konnectazure_vnet_peering" "orders" {
  name       = "orders"
  network_id = data.konnectazure_network.gateways.id
  vnet_id    = konnectazure_role_assignment.kong.scope
}
