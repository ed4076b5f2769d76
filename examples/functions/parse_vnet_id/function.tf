variable "vnet_id" {
  type = string
}

# The role may be assigned in the subscription of the VNET, whichever that is.
resource "konnectazure_peering_role" "kong" {
  assignable_scopes = ["/subscriptions/${provider::konnectazure::parse_vnet_id(var.vnet_id).subscription_id}"]
}
