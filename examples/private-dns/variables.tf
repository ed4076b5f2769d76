variable "subscription_id" {
  description = "Subscription of the VNET and of the zone."
  type        = string
}

variable "resource_group_name" {
  description = "Resource group of the VNET and of the zone."
  type        = string
}

variable "vnet_name" {
  description = "The VNET to connect with the gateways."
  type        = string
}

variable "zone_name" {
  description = "The private DNS zone, such as corp.example."
  type        = string
}

variable "network_name" {
  description = "Name of the Dedicated Cloud Gateway network in Konnect."
  type        = string
}
