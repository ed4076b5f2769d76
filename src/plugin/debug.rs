//! Serving without a parent: the user starts the process, perhaps in a debugger, and tells the host where it is.

use std::future::Future;

use serde_json::json;

use super::{
    Environment, LaunchError, Routes, ServeError, Server,
    handshake::{APP_PROTOCOL, Address, Launch},
    server::write_to_stdout,
    shutdown::{Interrupt, Signals},
};

/// Why debugging cannot start.
#[derive(Debug, thiserror::Error)]
pub enum DebugError {
    /// The environment asks for something impossible.
    #[error("cannot use the environment")]
    Launch(#[from] LaunchError),
    /// Serving failed.
    #[error("cannot serve")]
    Serve(#[from] ServeError),
}

/// Serves `routes` to every host that is told where, one after the other or at once, until the process is interrupted.
/// `provider` is the provider's source address without a host (`namespace/type`): each host reads it with its own default registry,
/// which is not the same for all of them. Prints to stdout what to put into the hosts' environment.
///
/// There is neither cookie nor TLS: a host that attaches offers none. File permissions keep other users away.
/// `stop_work` is as in [`super::serve`].
///
/// # Errors
/// When there is no place for a socket, or the gRPC server fails.
pub async fn serve<Stop>(
    provider: &str,
    environment: Environment<'_>,
    routes: Routes,
    stop_work: impl FnOnce() -> Stop,
) -> Result<(), DebugError>
where
    Stop: Future<Output = ()>,
{
    let signals = Signals::install(Interrupt::Terminates).map_err(ServeError::Signals)?;
    let server = Server::bind(Launch::unauthenticated(environment)?)
        .await?
        .outliving_hosts();
    let text = instructions(provider, std::process::id(), &server.address());
    write_to_stdout(&text).map_err(ServeError::Announce)?;
    server.run(routes, signals.ending(), stop_work).await?;
    Ok(())
}

fn instructions(provider: &str, process: u32, address: &Address) -> String {
    let attach = json!({
        provider: {
            "Protocol": "grpc",
            "ProtocolVersion": APP_PROTOCOL,
            "Pid": process,
            // Otherwise the host would kill this process when it is done.
            "Test": true,
            "Addr": { "Network": address.network(), "String": address.text() },
        }
    });
    format!(
        "The provider is running. To use it, set this where Terraform or OpenTofu runs:\n\n\
         \tTF_REATTACH_PROVIDERS='{attach}'\n\n\
         Press Ctrl-C to end it.\n"
    )
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::Value;

    use super::*;

    #[test]
    fn the_line_to_copy_holds_what_a_host_needs_to_attach() {
        let address = Address::Unix(PathBuf::from("/tmp/plugin-1/socket"));
        let text = instructions("space/thing", 42, &address);
        let line = text
            .lines()
            .find_map(|line| line.trim().strip_prefix("TF_REATTACH_PROVIDERS='"))
            .unwrap();
        let attach: Value = serde_json::from_str(line.strip_suffix('\'').unwrap()).unwrap();
        let expected = json!({
            "space/thing": {
                "Protocol": "grpc",
                "ProtocolVersion": 6,
                "Pid": 42,
                "Test": true,
                "Addr": { "Network": "unix", "String": "/tmp/plugin-1/socket" },
            }
        });
        assert_eq!(attach, expected);
    }
}
