//! A secret's file that never comes to its end holds up no call but the one that needs it, and that one can be interrupted.

use std::{
    fs::OpenOptions,
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::Duration,
};

use konnectazure::{
    provider::KonnectAzure,
    wire::generated::{configure_provider, get_metadata, stop_provider},
};
use tokio::{runtime, task::spawn_blocking};

use crate::support::core::{Core, Diagnostics, Value, dynamic};

/// For the whole test: where a call is held up for good, nothing else ends it.
const LIMIT: Duration = Duration::from_secs(60);

/// A pipe, which has no end while somebody holds it open to write.
fn pipe(folder: &Path) -> PathBuf {
    let pipe = folder.join("secret");
    let made = Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    pipe
}

/// Configures the provider with such a file. Once it is being read, another call is made and the provider is asked to stop.
async fn interrupted(path: PathBuf) -> Diagnostics {
    let core = Core::start(KonnectAzure::new(|_| None)).await;
    let kind = core.provider.object_type();
    let attributes = core.provider.attributes.iter();
    let members = attributes.map(|attribute| {
        let value = match attribute.name.as_str() {
            "client_secret_file_path" => path.to_str().expect("a path in UTF-8").into(),
            _ => Value::Null,
        };
        (attribute.name.clone(), value)
    });
    let request = configure_provider::Request {
        config: Some(dynamic(&Value::Object(members.collect()), &kind)),
        ..Default::default()
    };
    let (mut configuring, mut calling) = (core.client.clone(), core.client.clone());
    let others = async {
        // It opens when somebody reads.
        let writer = spawn_blocking(move || OpenOptions::new().write(true).open(path));
        let writer = writer.await.unwrap().unwrap();
        let metadata = calling.get_metadata(get_metadata::Request {}).await;
        assert!(!metadata.unwrap().into_inner().resources.is_empty());
        let stopped = calling.stop_provider(stop_provider::Request {}).await;
        assert_eq!(stopped.unwrap().into_inner().error, "");
        writer
    };
    let (configured, _writer) = tokio::join!(configuring.configure_provider(request), others);
    configured.unwrap().into_inner().diagnostics
}

#[test]
fn other_calls_are_answered_and_an_interrupt_ends_the_wait() {
    let folder = tempfile::tempdir().unwrap();
    let path = pipe(folder.path());
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let runtime = runtime::Builder::new_current_thread().enable_all().build();
        sender.send(runtime.unwrap().block_on(interrupted(path)))
    });
    let found = receiver.recv_timeout(LIMIT).expect("every call ends");
    let [only] = found.as_slice() else {
        panic!("{found:?}")
    };
    assert_eq!(
        only.summary,
        "The configuration of the provider was interrupted"
    );
}
