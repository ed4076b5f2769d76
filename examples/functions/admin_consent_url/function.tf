# The link to send to the team that administers the tenant.
output "consent" {
  value = provider::konnectazure::admin_consent_url("7d3f9c1e-52a4-4b8e-9a60-1f2e3d4c5b6a")
}
