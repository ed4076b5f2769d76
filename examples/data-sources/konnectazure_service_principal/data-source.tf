# For those who may read the directory but not write to it: waits until an administrator has opened the link.
data "konnectazure_service_principal" "kong" {
  wait_for_consent = "30m"
}

output "principal_id" {
  value = data.konnectazure_service_principal.kong.object_id
}
