import {
  to = konnectazure_dns_mappings.corp
  identity = {
    network_id = "0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987"
    id         = "4f3e2d1c-0b9a-4877-a655-443322110fed"
  }
}
