//! Checks that join both clouds before something is created.
