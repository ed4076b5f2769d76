# The service principal's object id, or the application's client id.
terraform import konnectazure_service_principal.kong 207b296f-cf25-4d23-9eba-9a2c41dc62ca
