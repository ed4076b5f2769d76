variable "vhub_id" {
  description = "ARM id of the virtual hub."
  type        = string
}

variable "network_name" {
  description = "Name of the Dedicated Cloud Gateway network in Konnect."
  type        = string
}
