data "konnectazure_vnet_peering" "orders" {
  network_id = data.konnectazure_network.gateways.id
  name       = "orders"
}

output "peered_vnet" {
  value = data.konnectazure_vnet_peering.orders.vnet_id
}
