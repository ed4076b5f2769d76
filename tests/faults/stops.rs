//! The host asks to stop while an exchange is under way: reads end at once, writes end and are saved, and the provider serves on.

use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

use konnectazure::wire::generated::stop_provider;
use serde_json::json;

use crate::figures::figure;
use crate::lab::{Call, ENOUGH, Ended, Lab, Settings};
use crate::matrix::{block_on, calls, in_parallel, targets};
use crate::subjects::{SUBJECTS, Subject};
use crate::support::core::Stored;
use crate::support::patience::PATIENCE;
use crate::support::simulator::Simulator;
use crate::table::Target;

/// An answer to a read that nobody waits for: a call that ends before it did not.
const HELD_READ: Duration = Duration::from_secs(30);
/// An answer to a write that is waited for, long enough for the stop to come before it.
const HELD_WRITE: Duration = Duration::from_millis(400);

/// Longer than this no call goes on after a stop. One that waits for something goes on as long each time it is tried; a busy machine does not.
const LIMIT: Duration = Duration::from_secs(2);
const TRIES: u32 = 3;

struct Stopped {
    name: String,
    /// From the request to stop until the answer to the call; of writes, after the held answer. Nothing where the call did without the exchange.
    took: Result<Option<Duration>, String>,
}

#[test]
fn a_stop_in_any_exchange_ends_the_call_and_loses_nothing() {
    let items: Vec<(&'static Subject, Call)> = SUBJECTS
        .iter()
        .flat_map(|subject| calls(subject).map(move |call| (subject, call)))
        .collect();
    let all: Vec<Stopped> = in_parallel(&items, |(subject, call)| {
        block_on(stop_each(subject, *call))
    })
    .into_iter()
    .flatten()
    .collect();
    let broken: Vec<String> = all
        .iter()
        .filter_map(|stopped| {
            let reason = stopped.took.as_ref().err()?;
            Some(format!("{}\n    {reason}", stopped.name))
        })
        .collect();
    assert!(
        broken.is_empty(),
        "{} of {}:\n{}",
        broken.len(),
        all.len(),
        broken.join("\n")
    );
    let took: Vec<Duration> = all
        .iter()
        .filter_map(|stopped| stopped.took.clone().ok().flatten())
        .collect();
    assert!(
        took.len() * 10 >= all.len() * 9,
        "only {} of {} exchanges were met",
        took.len(),
        all.len()
    );
    let longest = took.iter().max().unwrap();
    figure(
        "stops",
        &[
            ("Stops in the middle of an exchange", took.len().to_string()),
            ("Objects lost or left behind", "0".to_owned()),
            (
                "Longest time from the stop to the end of the call",
                format!("{} ms", longest.as_millis()),
            ),
        ],
    );
}

async fn stop_each(subject: &'static Subject, call: Call) -> Vec<Stopped> {
    let mut lab = Lab::open(subject).await;
    let exchanges = exchanges(&mut lab, call).await;
    let mut stopped = Vec::new();
    for target in exchanges {
        let name = format!(
            "{} {}, {} {} {}",
            subject.name,
            call.name(),
            target.service,
            target.method,
            target.shape
        );
        let mut took = stop_in(subject, call, &target).await;
        for _ in 1..TRIES {
            if !matches!(took, Ok(Some(took)) if took >= LIMIT) {
                break;
            }
            took = stop_in(subject, call, &target).await;
        }
        let took = match took {
            Ok(Some(took)) if took >= LIMIT => {
                Err(format!("it went on for {} ms", took.as_millis()))
            }
            took => took,
        };
        stopped.push(Stopped { name, took });
    }
    stopped
}

/// What an undisturbed call asks.
pub(crate) async fn exchanges(lab: &mut Lab, call: Call) -> Vec<Target> {
    let before = before(lab, call).await;
    lab.configure(&Settings::default()).await;
    lab.cloud.clear_requests();
    let config = lab.config(call == Call::Update, ENOUGH);
    let ended = lab.perform(call, &before, &config).await;
    assert!(!ended.failed(), "{}", ended.said());
    targets(call, &lab.cloud.requests())
}

/// The object that a call needs.
pub(crate) async fn before(lab: &mut Lab, call: Call) -> Stored {
    lab.configure(&Settings::default()).await;
    if call == Call::Create {
        return Stored::default();
    }
    let config = lab.config(false, ENOUGH);
    lab.create(&config)
        .await
        .stored
        .expect("an object to begin with")
}

/// How long the call went on after the stop; nothing where it did without the exchange this time.
async fn stop_in(
    subject: &'static Subject,
    call: Call,
    target: &Target,
) -> Result<Option<Duration>, String> {
    let lab = &mut Lab::open(subject).await;
    let before = before(lab, call).await;
    let config = lab.config(call == Call::Update, ENOUGH);
    lab.configure(&Settings::default()).await;
    let held = if target.is_write() {
        HELD_WRITE
    } else {
        HELD_READ
    };
    lab.cloud.fault(json!({
        "service": target.service, "method": target.method, "nth": target.nth, "delay_ms": held.as_millis(),
    }));
    let cloud = Arc::clone(&lab.cloud);
    let mut client = lab.core.another_client().await;
    let over = Cell::new(false);
    let stopping = async {
        if !hit(&cloud, &over).await {
            return None;
        }
        let asked = Instant::now();
        client
            .stop_provider(stop_provider::Request {})
            .await
            .unwrap();
        Some(asked)
    };
    let calling = async {
        let ended = lab.perform(call, &before, &config).await;
        over.set(true);
        (ended, Instant::now())
    };
    let (asked, (ended, answered)) = tokio::join!(stopping, calling);
    lab.cloud.clear_faults();
    let Some(asked) = asked else {
        return recover(lab, call, before, ended).await.map(|()| None);
    };
    let mut took = answered.duration_since(asked);
    if target.is_write() {
        took = took.saturating_sub(held);
    } else if took >= held {
        return Err("the call waited for the answer to a read".to_owned());
    }
    recover(lab, call, before, ended).await.map(|()| Some(took))
}

/// Waits until a request has arrived whose answer is held back. `false` where the call was over without it: how often a call looks again depends on
/// the moment.
async fn hit(cloud: &Simulator, over: &Cell<bool>) -> bool {
    let started = Instant::now();
    while cloud.faults()[0]["hits"] != 1 {
        if over.get() {
            return false;
        }
        assert!(started.elapsed() < PATIENCE, "neither request nor answer");
        tokio::task::yield_now().await;
    }
    true
}

/// The provider serves on: the same call again, and all is well.
async fn recover(lab: &mut Lab, call: Call, before: Stored, ended: Ended) -> Result<(), String> {
    let (failed, said) = (ended.failed(), ended.said());
    if failed && !said.to_lowercase().contains("interrupt") {
        return Err(format!("does not say that it was interrupted: {said}"));
    }
    let config = lab.config(call == Call::Update, ENOUGH);
    let stored = match ended.stored {
        None if call == Call::Delete => return lab.check_gone(),
        Some(left) if call == Call::Delete => {
            if let Some(left) = lab.read(&left).await.stored {
                let again = lab.delete(&left).await;
                if again.failed() {
                    return Err(format!(
                        "after {said}\nthe next destroy fails: {}",
                        again.said()
                    ));
                }
            }
            return lab.check_gone();
        }
        None if call == Call::Import => Some(before),
        stored => stored,
    };
    let stored = lab
        .converge(stored, failed && call == Call::Create, &config)
        .await
        .map_err(|reason| format!("after {said}\n{reason}"))?;
    let stored = lab.check(&stored, &config).await?;
    let gone = lab.delete(&stored).await;
    if gone.failed() {
        return Err(format!("not destroyed: {}", gone.said()));
    }
    lab.check_gone()
}
