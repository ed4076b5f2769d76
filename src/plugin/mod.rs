//! How the host process starts a plugin and talks to it: handshake, mutual TLS, services, logs, shutdown.
