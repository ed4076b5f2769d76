variable "vnet_id" {
  type = string
}

data "konnectazure_network" "gateways" {
  name = "eastus2-prod"
}

check "peering_can_work" {
  data "konnectazure_preflight" "orders" {
    network_id = data.konnectazure_network.gateways.id
    vnet_id    = var.vnet_id
  }

  assert {
    condition = data.konnectazure_preflight.orders.passed
    error_message = join("\n", [
      for check in data.konnectazure_preflight.orders.checks : "${check.id}: ${check.detail} ${check.fix}"
      if check.status == "failed"
    ])
  }
}
