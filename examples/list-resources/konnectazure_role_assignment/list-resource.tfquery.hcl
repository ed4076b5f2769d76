list "konnectazure_role_assignment" "network" {
  provider = konnectazure
  limit    = 500

  config {
    scope = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/rg-network"
  }
}
