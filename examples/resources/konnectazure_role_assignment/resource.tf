resource "konnectazure_service_principal" "kong" {}

resource "konnectazure_peering_role" "kong" {
  assignable_scopes = ["/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"]
}

resource "konnectazure_role_assignment" "kong" {
  scope              = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/orders"
  role_definition_id = konnectazure_peering_role.kong.id
  principal_id       = konnectazure_service_principal.kong.object_id
  description        = "Lets Kong's Dedicated Cloud Gateways peer with this network."
}
