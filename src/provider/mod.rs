//! The provider itself: schema, configuration and its environment, clients, the registry.
