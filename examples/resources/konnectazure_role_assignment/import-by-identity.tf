import {
  to = konnectazure_role_assignment.kong
  identity = {
    id = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/orders/providers/Microsoft.Authorization/roleAssignments/b69a9388-9488-4534-b470-7ec6d41beef9"
  }
}
