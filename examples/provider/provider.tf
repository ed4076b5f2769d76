terraform {
  required_providers {
    konnectazure = {
      source = "konnect-azure/konnectazure"
    }
  }
}

# Everything can come from the environment: KONNECT_TOKEN, and what azurerm reads (ARM_TENANT_ID, ARM_SUBSCRIPTION_ID, ARM_CLIENT_ID
# with a secret, certificate, OIDC token or managed identity); without any of these the Azure CLI's sign-in is used.
provider "konnectazure" {}
