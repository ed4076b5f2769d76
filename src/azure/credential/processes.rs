//! Runs the Azure CLI, which ends with the call that waits for it.

use std::ffi::OsStr;
use std::io;
use std::process::{Output, Stdio};

use azure_identity::Executor;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};

/// Far more than a token or an account takes, in bytes.
const OUTPUT_LIMIT: u64 = 1 << 20;

/// Processes of their own group: a shell and what it starts are killed together when nobody waits for them any more.
#[derive(Debug)]
pub(super) struct Processes;

#[async_trait::async_trait]
impl Executor for Processes {
    async fn run(&self, program: &OsStr, arguments: &[&OsStr]) -> io::Result<Output> {
        let mut command = Command::new(program);
        command
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        let mut child = command.spawn()?;
        let mut group = Group::of(&child);
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let (stdout, stderr, status) =
            tokio::try_join!(whole(stdout), whole(stderr), child.wait())?;
        group.has_ended();
        Ok(Output {
            status,
            stdout,
            stderr,
        })
    }
}

async fn whole(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        let mut bounded = stream.take(OUTPUT_LIMIT + 1);
        bounded.read_to_end(&mut bytes).await?;
        if bounded.limit() == 0 {
            return Err(io::Error::other(format!(
                "it printed more than {} MiB",
                OUTPUT_LIMIT >> 20
            )));
        }
    }
    Ok(bytes)
}

/// The process group of a child, killed on drop unless it has ended. Elsewhere than on Unix the child alone is killed, by tokio.
struct Group {
    #[cfg(unix)]
    leader: Option<rustix::process::Pid>,
}

impl Group {
    #[cfg_attr(
        not(unix),
        expect(unused_variables, reason = "there are no process groups")
    )]
    fn of(child: &Child) -> Self {
        Self {
            #[cfg(unix)]
            leader: child
                .id()
                .and_then(|id| rustix::process::Pid::from_raw(id.try_into().ok()?)),
        }
    }

    fn has_ended(&mut self) {
        #[cfg(unix)]
        {
            self.leader = None;
        }
    }
}

#[cfg(unix)]
impl Drop for Group {
    fn drop(&mut self) {
        use rustix::process::{Signal, kill_process_group};

        if let Some(leader) = self.leader
            && let Err(error) = kill_process_group(leader, Signal::KILL)
        {
            tracing::debug!(%error, "a command that nobody waits for could not be ended");
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::io::{BufRead as _, BufReader, Read as _};
    use std::time::Duration;

    use super::*;

    async fn shell(line: &str) -> io::Result<Output> {
        let arguments = [OsStr::new("-c"), OsStr::new(line)];
        Processes.run(OsStr::new("/bin/sh"), &arguments).await
    }

    #[tokio::test]
    async fn output_and_status_are_told() {
        let output = shell("cat; echo out; echo err >&2; exit 3").await.unwrap();
        assert_eq!(
            (&*output.stdout, &*output.stderr),
            (&b"out\n"[..], &b"err\n"[..])
        );
        assert_eq!(output.status.code(), Some(3));
    }

    #[tokio::test]
    async fn endless_output_is_not_read_to_its_end() {
        let error = shell("exec yes").await.unwrap_err();
        assert!(error.to_string().contains("more than 1 MiB"), "{error}");
    }

    #[tokio::test]
    async fn whatever_it_started_ends_with_the_wait() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status();
        assert!(made.unwrap().success());
        // All of these processes hold the pipe open.
        let line = format!(
            "exec 3>'{}'; sleep 600 & echo begun >&3; wait",
            pipe.display()
        );
        let waiting = tokio::spawn(async move { shell(&line).await });
        let reading = tokio::task::spawn_blocking(move || {
            let mut pipe = BufReader::new(std::fs::File::open(pipe).unwrap());
            let mut line = String::new();
            pipe.read_line(&mut line).unwrap();
            (line, pipe)
        });
        let (line, mut pipe) = reading.await.unwrap();
        assert_eq!(line, "begun\n");
        waiting.abort();
        assert!(waiting.await.unwrap_err().is_cancelled());
        let ended = tokio::task::spawn_blocking(move || pipe.read_to_string(&mut String::new()));
        let ended = tokio::time::timeout(Duration::from_secs(60), ended).await;
        assert_eq!(ended.expect("they end").unwrap().unwrap(), 0);
    }
}
