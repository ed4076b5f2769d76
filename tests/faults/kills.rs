//! The provider's process is killed: the next apply recovers, or tells what to import.

use std::panic::AssertUnwindSafe;
use std::process::Command;
use std::sync::Arc;

use futures_util::FutureExt as _;
use serde_json::json;

use crate::figures::figure;
use crate::lab::{Call, ENOUGH, Lab, Settings};
use crate::matrix::{block_on, calls, in_parallel};
use crate::stops::{before, exchanges};
use crate::subjects::{SUBJECTS, Subject};
use crate::support::core::Stored;
use crate::support::patience::found;
use crate::support::simulator::Simulator;
use crate::table::Target;

/// Where the process is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// The last look before it is under way.
    BeforeTheRequest,
    /// It is carried out, and the answer is on its way.
    BeforeTheAnswer,
    /// It is answered, and the state is not saved: what follows is under way.
    BeforeTheStateIsSaved,
    /// The second look of a wait is under way.
    InTheWait,
}

#[derive(Debug, PartialEq, Eq)]
enum Recovery {
    Worked,
    Told,
}

#[test]
fn after_a_kill_at_any_moment_the_next_apply_recovers() {
    let items: Vec<(&'static Subject, Call)> = SUBJECTS
        .iter()
        .flat_map(|subject| calls(subject).map(move |call| (subject, call)))
        .filter(|(_, call)| matches!(call, Call::Create | Call::Update | Call::Delete))
        .collect();
    let all: Vec<_> = in_parallel(&items, |(subject, call)| {
        block_on(kill_each(subject, *call))
    })
    .into_iter()
    .flatten()
    .collect();
    let broken: Vec<String> = all
        .iter()
        .filter_map(|(name, result)| Some(format!("{name}\n    {}", result.as_ref().err()?)))
        .collect();
    assert!(
        broken.is_empty(),
        "{} of {}:\n{}",
        broken.len(),
        all.len(),
        broken.join("\n")
    );
    let told = all
        .iter()
        .filter(|(_, result)| *result == Ok(Recovery::Told))
        .count();
    figure(
        "kills",
        &[
            ("Kills of the provider", all.len().to_string()),
            (
                "of these, the next apply simply worked",
                (all.len() - told).to_string(),
            ),
            (
                "the next apply told the id and the import block, and the import was without changes",
                told.to_string(),
            ),
            ("Objects lost", "0".to_owned()),
        ],
    );
}

async fn kill_each(
    subject: &'static Subject,
    call: Call,
) -> Vec<(String, Result<Recovery, String>)> {
    let exchanges = exchanges(&mut Lab::open(subject).await, call).await;
    let mut results = Vec::new();
    for (moment, target) in moments(&exchanges) {
        let name = format!(
            "{} {}, {moment:?}: {} {} {}",
            subject.name,
            call.name(),
            target.service,
            target.method,
            target.shape
        );
        results.push((name, kill_in(subject, call, moment, &target).await));
    }
    results
}

/// The exchange that is under way at each moment, where the call has one.
fn moments(exchanges: &[Target]) -> Vec<(Moment, Target)> {
    let Some(write) = exchanges.iter().position(Target::is_write) else {
        return Vec::new();
    };
    let places = [
        (Moment::BeforeTheRequest, write.checked_sub(1)),
        (Moment::BeforeTheAnswer, Some(write)),
        (Moment::BeforeTheStateIsSaved, Some(write + 1)),
        (Moment::InTheWait, Some(write + 2)),
    ];
    let found = places.into_iter().filter_map(|(moment, place)| {
        let target = exchanges.get(place?)?;
        Some((moment, target.clone()))
    });
    found.collect()
}

async fn kill_in(
    subject: &'static Subject,
    call: Call,
    moment: Moment,
    target: &Target,
) -> Result<Recovery, String> {
    let mut lab = Lab::open_process(subject).await;
    let before = before(&mut lab, call).await;
    let config = lab.config(call == Call::Update, ENOUGH);
    lab.configure(&Settings::default()).await;
    lab.cloud.fault(json!({
        "service": target.service, "method": target.method, "nth": target.nth, "delay_ms": 60_000,
    }));
    let cloud = Arc::clone(&lab.cloud);
    let process = lab.core.process_id().expect("a process");
    let killer = std::thread::spawn(move || kill_when_hit(&cloud, process));
    // The call has no answer, as Terraform has none.
    let answered = AssertUnwindSafe(lab.perform(call, &before, &config))
        .catch_unwind()
        .await;
    killer.join().expect("the killer");
    if answered.is_ok() {
        return Err(format!("the call was answered at {moment:?}"));
    }
    lab.cloud.clear_faults();
    lab.start_again().await;
    recover(&mut lab, call, before).await
}

fn kill_when_hit(cloud: &Simulator, process: u32) {
    found("the exchange", || {
        (cloud.faults()[0]["hits"] == 1).then_some(())
    });
    let killed = Command::new("kill")
        .args(["-KILL", &process.to_string()])
        .status();
    assert!(killed.expect("kill").success());
}

/// The state is that of before the call, for nobody saved another.
async fn recover(lab: &mut Lab, call: Call, before: Stored) -> Result<Recovery, String> {
    let config = lab.config(call == Call::Update, ENOUGH);
    if call == Call::Delete {
        if let Some(left) = lab.read(&before).await.stored {
            let again = lab.delete(&left).await;
            if again.failed() {
                return Err(format!("the next destroy fails: {}", again.said()));
            }
        }
        return lab.check_gone().map(|()| Recovery::Worked);
    }
    let stored = (call == Call::Update).then_some(before);
    let (stored, recovery) = match lab.converge(stored, false, &config).await {
        Ok(stored) => (stored, Recovery::Worked),
        Err(told) if told.contains("import {") => {
            let imported = lab.adopt_as_told(&told).await?;
            (
                lab.converge(Some(imported), false, &config).await?,
                Recovery::Told,
            )
        }
        Err(reason) => return Err(reason),
    };
    let stored = lab.check(&stored, &config).await?;
    let gone = lab.delete(&stored).await;
    if gone.failed() {
        return Err(format!("not destroyed: {}", gone.said()));
    }
    // Consent that a killed apply gave is adopted by the next one, which then leaves it in the tenant, as documented.
    if lab.subject.type_name == "konnectazure_service_principal" {
        return Ok(recovery);
    }
    lab.check_gone().map(|()| recovery)
}
