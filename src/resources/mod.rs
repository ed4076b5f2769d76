//! The managed resources, one file or folder each.
