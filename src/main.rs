//! The provider's program: started by Terraform it serves, started by hand it says what it is.

mod doctor;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use konnectazure::http::error::chain;
use konnectazure::plugin::{self, Environment, Launch, LaunchError, Routes, logs};
use konnectazure::provider::KonnectAzure;
use konnectazure::wire;
use tracing::subscriber::SetGlobalDefaultError;

const NAME: &str = "terraform-provider-konnectazure";
const SHORT_NAME: &str = "konnectazure";
const ADDRESS: &str = "konnect-azure/konnectazure";

/// For what blocks: names are looked up and files are read there. More threads would be more memory, and no faster.
const BLOCKING_THREADS: usize = 8;

const HELP: &str = "\
Usage: terraform-provider-konnectazure [OPTION]
       terraform-provider-konnectazure doctor --network-id ID --vnet-id ID [--client-id ID] [--json]

Terraform starts this program by itself; its documentation says how to use it in a configuration.

Options:
  --debug    serve without Terraform as parent, and print the TF_REATTACH_PROVIDERS line to use
  --version  print the version
  --help     print this text

doctor checks, before anything is created, what would make the peering of a VNET with a Konnect network fail. It is configured by the
environment variables of the provider (KONNECT_TOKEN, ARM_TENANT_ID, ...) and ends with 0 only if all is well.

  --network-id ID  the Dedicated Cloud Gateway network's UUID
  --vnet-id ID     the VNET's Azure Resource Manager id
  --client-id ID   the application that peers; Kong's by default
  --json           print JSON instead of a table
";

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    // What is no text is no argument of ours, and is shown as well as it can be.
    let arguments: Vec<Cow<'_, str>> = arguments
        .iter()
        .map(|argument| argument.to_string_lossy())
        .collect();
    let arguments: Vec<&str> = arguments.iter().map(AsRef::as_ref).collect();
    match arguments.as_slice() {
        [] => run(logs::install, launched()),
        // A single dash is accepted too: providers in Go document their flags so.
        ["--debug" | "-debug"] => run(logs::install, debugged()),
        ["--help" | "-help" | "-h"] | ["doctor", "--help" | "-help" | "-h"] => say(HELP),
        ["doctor", rest @ ..] => diagnose(rest),
        ["--version" | "-version"] => say(&format!("{NAME} {}\n", env!("CARGO_PKG_VERSION"))),
        [
            "--debug" | "-debug" | "--help" | "-help" | "-h" | "--version" | "-version",
            unknown,
            ..,
        ]
        | [unknown, ..] => complain(&format!("unknown argument {unknown:?}\n\n{HELP}")),
    }
}

async fn launched() -> Result<(), String> {
    plugin::forbid_core_dumps();
    let launch =
        Launch::from_environment(&plugin::process_environment).map_err(|error| match error {
            LaunchError::NotAPlugin => plugin::by_hand_message(NAME),
            other => chain(&other),
        })?;
    let server = wire::Server::new(KonnectAzure::new(plugin::process_environment));
    let prepare = || server.prepare();
    plugin::serve(launch, routes(&server), prepare, || server.stop_work())
        .await
        .map_err(|error| chain(&error))
}

async fn debugged() -> Result<(), String> {
    let server = wire::Server::new(KonnectAzure::new(plugin::process_environment));
    plugin::debug::serve(
        ADDRESS,
        &plugin::process_environment,
        routes(&server),
        || server.stop_work(),
    )
    .await
    .map_err(|error| chain(&error))
}

fn routes(server: &wire::Server) -> Routes {
    Routes::default().add_service(server.service(plugin::MAX_MESSAGE_BYTES))
}

fn diagnose(arguments: &[&str]) -> ExitCode {
    let request = match doctor::Request::parse(arguments) {
        Ok(request) => request,
        Err(error) => return complain(&format!("{error}\n\n{HELP}")),
    };
    run(logs::install_plain, async move {
        plugin::forbid_core_dumps();
        let report = request.check(plugin::process_environment).await?;
        // https://no-color.org: present and not empty.
        let no_colours =
            plugin::process_environment("NO_COLOR").is_some_and(|value| !value.is_empty());
        let colours = io::stdout().is_terminal() && !no_colours;
        write(&request.render(&report, colours, columns()))?;
        if doctor::is_healthy(&report) {
            Ok(())
        } else {
            Err("Not all checks passed.".to_owned())
        }
    })
}

/// How wide the terminal is, where output goes to one.
fn columns() -> Option<u16> {
    #[cfg(unix)]
    {
        let size = rustix::termios::tcgetwinsize(io::stdout()).ok()?;
        Some(size.ws_col).filter(|columns| *columns > 0)
    }
    #[cfg(not(unix))]
    None
}

/// Installs what receives the logs.
type InstallLogs = fn(Environment<'_>, &str) -> Result<(), SetGlobalDefaultError>;

fn run(install_logs: InstallLogs, serving: impl Future<Output = Result<(), String>>) -> ExitCode {
    if let Err(error) = install_logs(&plugin::process_environment, SHORT_NAME) {
        return complain(&format!("cannot log: {}", chain(&error)));
    }
    let runtime = match tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(BLOCKING_THREADS)
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("cannot start: {error}")),
    };
    let served = runtime.block_on(serving);
    // What is still stuck in a blocking call must not hold the process: the host kills it after two seconds.
    runtime.shutdown_background();
    served.map_or_else(|error| complain(&error), |()| ExitCode::SUCCESS)
}

fn say(text: &str) -> ExitCode {
    write(text).map_or_else(|error| complain(&error), |()| ExitCode::SUCCESS)
}

/// Writes to stdout, for a person: no host reads it. Whoever closed the pipe (`| head`) has seen enough.
fn write(text: &str) -> Result<(), String> {
    let mut stdout = io::stdout().lock();
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("cannot write: {error}"))
        }
        _ => Ok(()),
    }
}

/// Tells a person, or the host's log, why nothing is served. Where nobody listens, the exit status has to say it alone.
fn complain(text: &str) -> ExitCode {
    drop(writeln!(io::stderr(), "{}", text.trim_end()));
    ExitCode::FAILURE
}
