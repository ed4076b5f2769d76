# NETWORK_ID/PRIVATE_DNS_ID, both as Konnect shows them
terraform import konnectazure_private_hosted_zone.corp 0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987/5a4f3e2d-1c0b-4988-b766-5544332211fe
