//! The provider's functions, one file each.
