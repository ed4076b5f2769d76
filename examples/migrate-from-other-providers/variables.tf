variable "subscription_id" {
  description = "Subscription of the VNET."
  type        = string
}

variable "resource_group_name" {
  description = "Resource group of the VNET."
  type        = string
}

variable "vnet_name" {
  description = "The VNET that is connected with the gateways."
  type        = string
}

variable "network_id" {
  description = "Id of the Dedicated Cloud Gateway network in Konnect."
  type        = string
}

variable "dns_server" {
  description = "DNS server in the VNET that answers for the mapped domains."
  type        = string
}
