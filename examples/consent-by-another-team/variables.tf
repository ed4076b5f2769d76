variable "tenant_id" {
  description = "The Entra tenant of the VNET."
  type        = string
}

variable "vnet_id" {
  description = "The VNET to connect with the gateways."
  type        = string
}

variable "network_name" {
  description = "Name of the Dedicated Cloud Gateway network in Konnect."
  type        = string
}

variable "wait_for_consent" {
  description = "How long an apply waits for the other team. After that it fails with the link, and the next apply goes on from there."
  type        = string
  default     = "30m"
}
