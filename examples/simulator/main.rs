//! A local cloud for demos and tests: Entra, Microsoft Graph, Azure Resource Manager and Konnect Cloud Gateways in one process on
//! loopback, with the published APIs' semantics, a clock that can be driven, faults on demand and a status page.
//!
//! - [`exchange`], [`server`], [`tls`], [`faults`], [`traffic`], [`journal`]: HTTP, from the socket to one call and its answer.
//! - [`world`], [`settings`], [`seed`], [`change`]: what exists, how it behaves, what it starts with, what outsiders change.
//! - [`clock`], [`progress`], [`judge`]: how objects move from state to state, and whether Azure lets them.
//! - [`entra`], [`graph`], [`arm`], [`konnect`], [`odata`]: the four services.
//! - [`control`], [`options`], [`ready`]: how people and tests get at it.

mod arm;
mod change;
mod clock;
mod cloud;
mod control;
mod entra;
mod exchange;
mod faults;
mod graph;
mod journal;
mod judge;
mod konnect;
mod odata;
mod options;
mod progress;
mod ready;
mod seed;
mod server;
mod settings;
mod tls;
mod traffic;
mod world;

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::Ipv4Addr;
use std::process::ExitCode;
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::clock::Clock;
use crate::cloud::{Cloud, Shared};
use crate::exchange::Service;
use crate::options::Options;
use crate::ready::Addresses;
use crate::server::{Endpoint, serve};

fn main() -> ExitCode {
    let options = match options::parse(std::env::args().skip(1)) {
        Ok(options) if options.help => return say(options::HELP, ExitCode::SUCCESS),
        Ok(options) => options,
        Err(error) => return say(&format!("{error}\n"), ExitCode::from(2)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    match runtime
        .map_err(Box::<dyn Error>::from)
        .and_then(|runtime| runtime.block_on(run(options)))
    {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => say(
            &format!("the local cloud could not start: {error}\n"),
            ExitCode::FAILURE,
        ),
    }
}

fn say(text: &str, code: ExitCode) -> ExitCode {
    write!(std::io::stderr(), "{text}").ok();
    code
}

async fn run(options: Options) -> Result<(), Box<dyn Error>> {
    let tls = tls::generate(&options.tls_domain)?;
    let mut clock = Clock::real(options.speed);
    if options.manual_clock {
        clock.stop();
    }
    let shared = Arc::new(Shared::new(Cloud::new(seed::world(options.seed), clock)));

    let listen =
        async |service: Service, secure: bool, port: u16| -> Result<String, Box<dyn Error>> {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
            let port = listener.local_addr()?.port();
            let base_url = if secure {
                format!("https://{}:{port}", options.tls_domain)
            } else {
                format!("http://127.0.0.1:{port}")
            };
            let endpoint = Endpoint {
                service,
                base_url: base_url.clone(),
                tls: secure.then(|| tls.acceptor.clone()),
                shared: Arc::clone(&shared),
                log: options.log,
            };
            tokio::spawn(serve(listener, endpoint));
            Ok(base_url)
        };
    let addresses = Addresses {
        control: listen(Service::Control, false, options.control_port).await?,
        konnect_http: listen(Service::Konnect, false, 0).await?,
        konnect_https: listen(Service::Konnect, true, 0).await?,
        resource_manager: listen(Service::Arm, true, 0).await?,
        microsoft_graph: listen(Service::Graph, true, 0).await?,
        active_directory: listen(Service::Entra, true, 0).await?,
        resource_manager_http: listen(Service::Arm, false, 0).await?,
        microsoft_graph_http: listen(Service::Graph, false, 0).await?,
        active_directory_http: listen(Service::Entra, false, 0).await?,
    };
    announce(&shared, &addresses, &options, &tls.authority_pem)?;

    if options.exit_with_parent {
        end_of_input().await;
        return Ok(());
    }
    std::future::pending().await
}

/// Writes the files and lines that say where everything is; the ready file last.
fn announce(
    shared: &Shared,
    addresses: &Addresses,
    options: &Options,
    authority_pem: &str,
) -> Result<(), Box<dyn Error>> {
    let cloud = shared.lock();
    ready::write_whole(&options.ca_file, authority_pem)?;
    let lines = ready::shell_lines(&cloud.world, addresses, options);
    if let Some(path) = &options.env_file {
        ready::write_whole(path, &lines)?;
    }
    if options.print_env {
        std::io::stdout().write_all(lines.as_bytes())?;
        std::io::stdout().flush()?;
    }
    let ready = ready::describe(&cloud.world, addresses, options).to_string();
    match &options.ready_file {
        Some(path) if path.as_os_str() == "-" => {
            writeln!(std::io::stdout(), "{ready}")?;
            std::io::stdout().flush()?;
        }
        Some(path) => ready::write_whole(path, &ready)?,
        None => {}
    }
    if options.log == server::Log::Text {
        writeln!(
            std::io::stderr(),
            "the local cloud is up; its status page: {}/",
            addresses.control
        )?;
    }
    Ok(())
}

/// Resolves when standard input closes, which it does when the parent is gone.
async fn end_of_input() {
    let ended = Arc::new(Notify::new());
    let notify = Arc::clone(&ended);
    std::thread::spawn(move || {
        let mut buffer = [0_u8; 256];
        while std::io::stdin()
            .read(&mut buffer)
            .is_ok_and(|read| read > 0)
        {}
        notify.notify_one();
    });
    ended.notified().await;
}
