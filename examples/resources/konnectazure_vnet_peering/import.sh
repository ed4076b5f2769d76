# NETWORK_ID/PEERING_ID, both as Konnect shows them
terraform import konnectazure_vnet_peering.orders 0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987/d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e
