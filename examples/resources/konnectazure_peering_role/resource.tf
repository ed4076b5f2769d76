variable "subscription_ids" {
  type        = set(string)
  description = "The subscriptions of the networks that are peered with Kong."
}

# One role for the whole tenant: custom role names are unique there, so a further subscription is one more scope.
resource "konnectazure_peering_role" "kong" {
  assignable_scopes = [for id in var.subscription_ids : "/subscriptions/${id}"]
}

# Where another team owns the role, only our scope is added to it, and taken away again by a destroy.
resource "konnectazure_peering_role" "shared" {
  purpose           = "private_dns_link"
  assignable_scopes = ["/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"]
  use_existing      = true
}
