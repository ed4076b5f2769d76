//! List resources, one file each.
