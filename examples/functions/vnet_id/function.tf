resource "konnectazure_vnet_peering" "orders" {
  name       = "orders"
  network_id = "0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987"
  vnet_id    = provider::konnectazure::vnet_id("a4c1d0e2-9b3f-4c7a-8e51-6d2f0b9c8a17", "rg-network", "vnet-orders")
}
