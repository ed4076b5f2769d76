locals {
  mappings = [
    { domains = ["orders.corp.example", "billing.corp.example"], target_ip_addresses = ["10.20.0.4"] },
  ]
}

# N-to-1: two domains share a DNS server.
output "mapping_type" {
  value = provider::konnectazure::dns_mapping_type(local.mappings)
}
