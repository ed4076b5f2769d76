output "consent_url" {
  description = "For an administrator of the tenant to open and accept, once. The plan shows it before anything waits for it."
  value       = provider::konnectazure::admin_consent_url(var.tenant_id)
}

output "peering" {
  description = "The peering's state in Konnect."
  value       = konnectazure_vnet_peering.orders.state
}
