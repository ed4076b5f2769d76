data "konnectazure_networks" "azure" {
  cloud_provider = "azure"
  state          = "ready"
}

output "blocks" {
  value = { for network in data.konnectazure_networks.azure.networks : network.name => network.cidr_block }
}
