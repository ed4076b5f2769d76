import {
  to = konnectazure_service_principal.kong
  identity = {
    object_id = "6b0d7f2e-3c41-4f8a-9d52-7e1a0b9c8d34"
  }
}
