# NETWORK_ID/PRIVATE_DNS_ID, both as Konnect shows them
terraform import konnectazure_dns_mappings.corp 0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987/4f3e2d1c-0b9a-4877-a655-443322110fed
