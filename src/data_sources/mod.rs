//! The data sources, one file each.
