variable "network_name" {
  description = "Name of the Dedicated Cloud Gateway network in Konnect."
  type        = string
}

variable "vnet_ids" {
  description = "The VNETs to connect with the gateways, by the name that each peering gets. Their address spaces must not overlap."
  type        = map(string)
}
