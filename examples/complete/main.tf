# The whole flow in one apply: Kong's application in the tenant, the role, its assignment on the VNET, the peering until it is ready,
# and the DNS mappings. Each object refers to the one before it, so that creation and destruction keep the right order by themselves.

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
  vnet_id      = "${local.subscription}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Network/virtualNetworks/${var.vnet_name}"
}

# The Dedicated Cloud Gateway network that exists in Konnect already.
data "konnectazure_network" "gateways" {
  name = var.network_name
}

# 1. Kong's application in the Entra tenant: what opening the consent link in a browser would do.
resource "konnectazure_service_principal" "kong" {}

# What the tenant says about it afterwards. A team without rights in Entra uses this alone, with wait_for_consent = "30m".
data "konnectazure_service_principal" "kong" {
  depends_on = [konnectazure_service_principal.kong]
}

# 2. The right to peer, and nothing else.
resource "konnectazure_peering_role" "kong" {
  assignable_scopes = [local.subscription]
}

# 3. That right, to Kong's application, on this VNET only.
resource "konnectazure_role_assignment" "kong" {
  scope              = local.vnet_id
  role_definition_id = konnectazure_peering_role.kong.id
  principal_id       = konnectazure_service_principal.kong.object_id
}

# 4. The peering. Taking the VNET from the assignment makes it wait for the right, and go before it.
resource "konnectazure_vnet_peering" "orders" {
  name       = "orders"
  network_id = data.konnectazure_network.gateways.id
  vnet_id    = konnectazure_role_assignment.kong.scope
}

# 5. Names that the gateways resolve over the peering, by a DNS server in the VNET.
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
