//! The provider's program: started by Terraform it serves, started by hand it says what it is.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use konnectazure::plugin::{self, Launch, LaunchError};
use konnectazure::provider::KonnectAzure;
use konnectazure::wire;

const NAME: &str = "terraform-provider-konnectazure";
const ADDRESS: &str = "registry.terraform.io/konnect-azure/konnectazure";

const HELP: &str = "\
Usage: terraform-provider-konnectazure [OPTION]

Terraform starts this program by itself; see README.md for how to use it in a configuration.

Options:
  --debug    serve without Terraform as parent, and print the TF_REATTACH_PROVIDERS line to use
  --version  print the version
  --help     print this text
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments.as_slice() {
        [] => start(false),
        // The Go toolchain's single dash is accepted, since it is what documentation of other providers shows.
        ["--debug" | "-debug"] => start(true),
        ["--version" | "-version"] => say(&format!("{NAME} {}\n", env!("CARGO_PKG_VERSION"))),
        ["--help" | "-help" | "-h"] => say(HELP),
        [unknown, ..] => complain(&format!("unknown argument {unknown:?}\n\n{HELP}")),
    }
}

fn start(debug: bool) -> ExitCode {
    plugin::logs::install(&plugin::process_environment);
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return complain(&format!("cannot start: {error}")),
    };
    let provider = Arc::new(KonnectAzure::new(|name| plugin::process_environment(name)));
    let server = wire::Server::new(provider, plugin::MAX_MESSAGE_BYTES);
    let code = runtime.block_on(async {
        let work = server.work();
        let stop_work = || async move { work.stop().await };
        if debug {
            return match plugin::debug::serve(ADDRESS, &plugin::process_environment, server.routes(), stop_work).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => complain(&chain(&error)),
            };
        }
        match Launch::from_environment(&plugin::process_environment) {
            Err(LaunchError::NotAPlugin) => complain(&plugin::by_hand_message(NAME)),
            Err(error) => complain(&chain(&error)),
            Ok(launch) => match plugin::serve(launch, server.routes(), stop_work).await {
                Ok(()) => ExitCode::SUCCESS,
                Err(error) => complain(&chain(&error)),
            },
        }
    });
    runtime.shutdown_timeout(Duration::ZERO);
    code
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

#[expect(clippy::print_stdout, reason = "asked for on the command line; no host reads it")]
fn say(text: &str) -> ExitCode {
    print!("{text}");
    ExitCode::SUCCESS
}

#[expect(clippy::print_stderr, reason = "the only way to tell a person, or the host's log, why there is no server")]
fn complain(text: &str) -> ExitCode {
    eprintln!("{}", text.trim_end());
    ExitCode::FAILURE
}
