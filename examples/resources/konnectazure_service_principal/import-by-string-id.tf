import {
  to = konnectazure_service_principal.kong
  id = "207b296f-cf25-4d23-9eba-9a2c41dc62ca"
}
