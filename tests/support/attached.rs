//! A provider that outlives the commands of its hosts, and what its process holds.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

/// The variable that leads a host to it.
pub const VARIABLE: &str = "TF_REATTACH_PROVIDERS";

/// A provider under `--debug`, until it is dropped.
pub struct Attached {
    process: Child,
    /// What [`VARIABLE`] has to be.
    pub value: String,
}

/// What a process holds.
#[derive(Clone, Copy, Debug)]
pub struct Sample {
    pub kibibytes: u64,
    pub most_kibibytes: u64,
    pub descriptors: usize,
    pub threads: u64,
}

impl Attached {
    /// Started with `environment` added to the caller's.
    pub fn start(environment: Vec<(String, String)>) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"));
        let mut process = Command::new(program)
            .arg("--debug")
            .envs(environment)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the provider starts");
        let lines = BufReader::new(process.stdout.take().expect("its output")).lines();
        let value = lines.map_while(Result::ok).find_map(|line| {
            let value = line
                .trim()
                .strip_prefix(VARIABLE)?
                .strip_prefix("='")?
                .trim_end_matches('\'');
            Some(value.to_owned())
        });
        Self {
            process,
            value: value.expect("the line to copy"),
        }
    }

    /// Whether its process has not ended.
    pub fn is_running(&mut self) -> bool {
        self.process.try_wait().expect("its status").is_none()
    }

    /// How it ends after Ctrl-C in its own terminal.
    pub fn interrupt(&mut self) -> ExitStatus {
        let id = self.process.id().to_string();
        let sent = Command::new("kill").args(["-INT", &id]).status();
        assert!(sent.expect("kill starts").success());
        self.process.wait().expect("its end")
    }

    fn folder(&self) -> PathBuf {
        Path::new("/proc").join(self.process.id().to_string())
    }

    /// What it holds now. On Linux only.
    pub fn sample(&self) -> Sample {
        let folder = self.folder();
        let status = std::fs::read_to_string(folder.join("status")).expect("the process runs");
        let number = |name: &str| {
            let line = status.lines().find(|line| line.starts_with(name)).unwrap();
            line.split_whitespace().nth(1).unwrap().parse().unwrap()
        };
        Sample {
            kibibytes: number("VmRSS:"),
            most_kibibytes: number("VmHWM:"),
            descriptors: std::fs::read_dir(folder.join("fd")).unwrap().count(),
            threads: number("Threads:"),
        }
    }

    /// The time its threads spent on a CPU so far. On Linux only; threads that have ended are not counted.
    pub fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(self.folder().join("task")).expect("the process runs");
        let nanoseconds = tasks.map(|task| {
            let path = task.expect("a thread").path().join("schedstat");
            let text = std::fs::read_to_string(path).unwrap_or_default();
            let first = text.split(' ').next().and_then(|text| text.parse().ok());
            first.unwrap_or(0)
        });
        Duration::from_nanos(nanoseconds.sum())
    }
}

impl Drop for Attached {
    fn drop(&mut self) {
        // Its process may have ended by itself; either way it is gone afterwards.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
