import {
  to = konnectazure_virtual_hub_peering.wan
  id = "0b6f5d1c-7a83-4e29-9d40-c3b2a1f0e987/e3d2c1b0-9a8f-4e7d-86c5-a49382716050"
}
