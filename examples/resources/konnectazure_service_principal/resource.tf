# Adopts Kong's application where an administrator has given consent already, and makes its service principal otherwise.
resource "konnectazure_service_principal" "kong" {}
