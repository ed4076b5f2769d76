output "peerings" {
  description = "The state of each peering in Konnect, and the subscription of its VNET."
  value = {
    for name, peering in konnectazure_vnet_peering.this : name => "${peering.state}, subscription ${local.vnets[name].subscription_id}"
  }
}
