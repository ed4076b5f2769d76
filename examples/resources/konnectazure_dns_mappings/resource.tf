resource "konnectazure_dns_mappings" "corp" {
  name       = "corp"
  network_id = konnectazure_vnet_peering.orders.network_id

  mappings = [
    # 1-to-1: a domain with a server of its own
    {
      domains             = ["ldap.corp.example"]
      target_ip_addresses = ["10.20.0.4"]
    },
    # N-to-1: several domains that one server answers for
    {
      domains             = ["orders.corp.example", "billing.corp.example"]
      target_ip_addresses = ["10.20.0.5"]
    },
    # M-to-N: several domains, each with the same servers, asked in this order
    {
      domains             = ["db.corp.example", "queue.corp.example"]
      target_ip_addresses = ["10.20.0.6", "10.20.0.7"]
    },
  ]
}
