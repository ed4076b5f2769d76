# The role's Resource Manager id, or its name, which is looked up in the provider's subscription.
terraform import konnectazure_peering_role.kong "Kong Cloud Gateway Peering Creator"
