//! The command line.

use std::path::PathBuf;

use crate::seed::Seed;
use crate::server::Log;

pub(crate) const HELP: &str = "\
A local Azure and Konnect for demos and tests: nothing leaves this machine.

  --seed demo|empty      what exists at start (demo)
  --ready-file PATH      written once everything listens: addresses, ids and credentials as JSON;
                         - for one line on standard output
  --env-file PATH        the same as `export` lines for a shell
  --print-env            print those lines
  --ca-file PATH         certificate of the authority made for this run, PEM
  --tls-domain NAME      host name in addresses and certificate (localhost)
  --speed FACTOR         how much faster than real time objects change state (600)
  --manual-clock         objects change state only when the clock is advanced through the control port
  --control-port PORT    port of the status page and control port (any free one)
  --poll-interval TIME   KONNECTAZURE_POLL_INTERVAL in the environment lines (250ms)
  --exit-with-parent     end when standard input closes
  --log-json             one JSON object for each request instead of a line of text
  --quiet                no log
";

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one switch of the command line"
)]
pub(crate) struct Options {
    pub(crate) seed: Seed,
    pub(crate) ready_file: Option<PathBuf>,
    pub(crate) env_file: Option<PathBuf>,
    pub(crate) print_env: bool,
    pub(crate) ca_file: PathBuf,
    pub(crate) tls_domain: String,
    pub(crate) speed: f64,
    pub(crate) manual_clock: bool,
    pub(crate) control_port: u16,
    pub(crate) poll_interval: String,
    pub(crate) exit_with_parent: bool,
    pub(crate) log: Log,
    pub(crate) help: bool,
}

pub(crate) fn parse(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        seed: Seed::Demo,
        ready_file: None,
        env_file: None,
        print_env: false,
        ca_file: std::env::temp_dir()
            .join(format!("konnectazure-simulator-{}.pem", std::process::id())),
        tls_domain: "localhost".to_owned(),
        speed: 600.0,
        manual_clock: false,
        control_port: 0,
        poll_interval: "250ms".to_owned(),
        exit_with_parent: false,
        log: Log::Text,
        help: false,
    };
    let mut arguments = arguments;
    while let Some(argument) = arguments.next() {
        let mut value = || {
            arguments
                .next()
                .ok_or_else(|| format!("{argument} needs a value"))
        };
        match argument.as_str() {
            "--seed" => options.seed = Seed::parse(&value()?).ok_or("--seed is demo or empty")?,
            "--ready-file" => options.ready_file = Some(value()?.into()),
            "--env-file" => options.env_file = Some(value()?.into()),
            "--print-env" => options.print_env = true,
            "--ca-file" => options.ca_file = value()?.into(),
            "--tls-domain" => options.tls_domain = value()?,
            "--speed" => options.speed = value()?.parse().map_err(|_| "--speed is a number")?,
            "--manual-clock" => options.manual_clock = true,
            "--control-port" => {
                options.control_port = value()?
                    .parse()
                    .map_err(|_| "--control-port is a port number")?;
            }
            "--poll-interval" => options.poll_interval = value()?,
            "--exit-with-parent" => options.exit_with_parent = true,
            "--log-json" => options.log = Log::Json,
            "--quiet" => options.log = Log::Off,
            "--help" | "-h" => options.help = true,
            other => return Err(format!("unknown argument {other}; see --help")),
        }
    }
    Ok(options)
}
