data "konnectazure_network" "gateways" {
  name = "eastus2-prod"
}

output "cidr_block" {
  value = data.konnectazure_network.gateways.cidr_block
}
