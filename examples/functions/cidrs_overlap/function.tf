variable "address_space" {
  description = "What the new VNET shall hold."
  type        = list(string)
  default     = ["10.20.0.0/16"]

  validation {
    condition     = !provider::konnectazure::cidrs_overlap(var.address_space, ["10.99.96.0/21", "192.168.0.0/16"])
    error_message = "The gateways and the sites already use some of these addresses."
  }
}
