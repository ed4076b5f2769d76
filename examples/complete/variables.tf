variable "subscription_id" {
  description = "Subscription of the VNET."
  type        = string
}

variable "resource_group_name" {
  description = "Resource group of the VNET."
  type        = string
}

variable "vnet_name" {
  description = "The VNET to connect with the gateways."
  type        = string
}

variable "network_name" {
  description = "Name of the Dedicated Cloud Gateway network in Konnect."
  type        = string
}

variable "dns_server" {
  description = "DNS server in the VNET that answers for the mapped domains, such as the inbound endpoint of an Azure DNS Private Resolver."
  type        = string
}
