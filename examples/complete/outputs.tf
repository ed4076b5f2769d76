output "kong_service_principal" {
  description = "Kong's application as the tenant knows it."
  value       = data.konnectazure_service_principal.kong.display_name
}

output "network" {
  description = "The gateways' network."
  value       = "${data.konnectazure_network.gateways.name} (${data.konnectazure_network.gateways.region}, ${data.konnectazure_network.gateways.cidr_block})"
}

output "peering" {
  description = "The peering's state in Konnect, and that of its half on the VNET."
  value       = "${konnectazure_vnet_peering.orders.state} in Konnect, ${try(konnectazure_vnet_peering.orders.azure_peering.state, "not readable")} in Azure"
}

output "dns_mapping_type" {
  description = "Which of Konnect's mapping types the mappings are."
  value       = konnectazure_dns_mappings.corp.mapping_type
}
