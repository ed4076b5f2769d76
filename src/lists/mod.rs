//! List resources, one file each: what exists, for `terraform query`.
//!
//! What a list finds is told as states of the resource of the same name, made by that resource's own conversion, so that what is
//! imported from a query is what the query showed. The provider offers what the `list` of each of the first modules makes, here
//! and in `konnect_object`.

pub mod peering_role;
pub mod role_assignment;

pub mod konnect_object;
