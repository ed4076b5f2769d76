data "konnectazure_dns_mappings" "corp" {
  network_id = data.konnectazure_network.gateways.id
  name       = "corp"
}

output "mapped_domains" {
  value = flatten([for mapping in data.konnectazure_dns_mappings.corp.mappings : mapping.domains])
}
