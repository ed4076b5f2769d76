//! Every resource, every lifecycle call, every kind of exchange in it, every fault.

use std::any::Any;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use futures_util::FutureExt as _;
use serde_json::Value as Json;

use crate::figures::figure;
use crate::lab::{Call, ENOUGH, Ended, Lab, SHORT, Settings};
use crate::subjects::{SUBJECTS, Subject};
use crate::support::core::Stored;
use crate::table::{Cost, Fault, Target, table};

/// Each works with a local cloud of its own, and mostly waits.
const WORKERS: usize = 8;
/// Cells that one worker does in a row, in the same local cloud.
const PORTION: usize = 40;
/// Even with a megabyte from the service, what people read stays readable.
pub(crate) const LONGEST_TEXT: usize = 16 * 1024;
/// Makes the matrix hit every single exchange, not only the first two of each kind.
const DEEP: &str = "KONNECTAZURE_FAULTS_DEEP";

/// What came of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The call succeeded.
    Passed,
    /// It failed, and the next one worked.
    Recovered,
    /// The next one told what to import.
    Told,
    /// The fault met no exchange: a wait needed fewer looks this time.
    Missed,
}

/// A part of the matrix that is done in one go.
struct Portion {
    subject: &'static Subject,
    call: Call,
    cells: Vec<(Target, usize)>,
}

#[test]
fn every_fault_in_every_call_costs_no_object_and_the_next_apply_works() {
    let faults = table();
    let lifecycles: Vec<(&'static Subject, Call)> = SUBJECTS
        .iter()
        .flat_map(|subject| calls(subject).map(move |call| (subject, call)))
        .collect();
    let portions: Vec<Portion> = in_parallel(&lifecycles, |(subject, call)| {
        portions(subject, *call, &faults)
    })
    .into_iter()
    .flatten()
    .collect();
    let count: usize = portions.iter().map(|portion| portion.cells.len()).sum();
    let results = in_parallel(&portions, |portion| run(portion, &faults));
    let mut tally: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut broken = Vec::new();
    for (name, result) in results.into_iter().flatten() {
        match result {
            Ok(outcome) => *tally.entry(outcome).or_default() += 1,
            Err(reason) => broken.push(format!("{name}\n    {reason}")),
        }
    }
    assert!(
        broken.is_empty(),
        "{} of {count} cells:\n{}",
        broken.len(),
        broken.join("\n")
    );
    let missed = tally.get(&Outcome::Missed).copied().unwrap_or_default();
    assert!(
        missed * 20 < count,
        "{missed} of {count} faults met nothing"
    );
    let of = |outcome| tally.get(&outcome).copied().unwrap_or_default();
    figure(
        "faults",
        &[
            ("Kinds of faults", faults.len().to_string()),
            (
                "Resources, or ways of using them",
                SUBJECTS.len().to_string(),
            ),
            (
                "Faults injected into create, read, update, delete and import",
                (count - missed).to_string(),
            ),
            (
                "of these, the call succeeded all the same",
                of(Outcome::Passed).to_string(),
            ),
            (
                "the call failed, and the next one simply worked",
                of(Outcome::Recovered).to_string(),
            ),
            (
                "the next one told the id and the import block",
                of(Outcome::Told).to_string(),
            ),
            ("Objects lost, doubled or left behind", "0".to_owned()),
        ],
    );
    let kinds: BTreeSet<&str> = faults.iter().map(|fault| fault.name).collect();
    assert_eq!(kinds.len(), faults.len(), "two faults of one name");
}

pub(crate) fn calls(subject: &Subject) -> impl Iterator<Item = Call> {
    Call::ALL.into_iter().filter(|call| match call {
        Call::Update => subject.changed.is_some(),
        // What is imported is owned, so that an adopted object cannot come back in this way.
        Call::Import => !subject.adopted,
        _ => true,
    })
}

/// Runs `work` on every item, on a few threads.
pub(crate) fn in_parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..WORKERS.min(items.len()) {
            scope.spawn(|| {
                while let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let result = work(item);
                    results.lock().unwrap().push(result);
                }
            });
        }
    });
    results.into_inner().unwrap()
}

pub(crate) fn block_on<F: Future>(future: F) -> F::Output {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// What a call without faults asks, and the cells made of it.
fn portions(subject: &'static Subject, call: Call, faults: &[Fault]) -> Vec<Portion> {
    let targets = block_on(async {
        let mut lab = Lab::open(subject).await;
        lab.configure(&Settings::default()).await;
        let mut stored = Stored::default();
        if call != Call::Create {
            stored = lab
                .create(&lab.config(false, ENOUGH))
                .await
                .stored
                .expect("an object");
        }
        lab.configure(&Settings::default()).await;
        lab.cloud.clear_requests();
        let ended = lab
            .perform(call, &stored, &lab.config(call == Call::Update, ENOUGH))
            .await;
        assert!(
            !ended.failed(),
            "{} {}: {}",
            subject.name,
            call.name(),
            ended.said()
        );
        targets(call, &lab.cloud.requests())
    });
    assert!(
        !targets.is_empty(),
        "{} {} asks nothing",
        subject.name,
        call.name()
    );
    let cells: Vec<(Target, usize)> = faults
        .iter()
        .enumerate()
        .flat_map(|(number, fault)| {
            let applying: Vec<&Target> = targets
                .iter()
                .filter(|target| (fault.applies)(target))
                .collect();
            chosen(&applying, number)
                .into_iter()
                .map(move |target| (target.clone(), number))
        })
        .collect();
    let portions = cells.chunks(PORTION).map(|cells| Portion {
        subject,
        call,
        cells: cells.to_vec(),
    });
    portions.collect()
}

/// Which exchanges a fault hits: all of them in the deep matrix; else the first write, and one of the others in turn.
pub(crate) fn chosen<'t>(targets: &[&'t Target], number: usize) -> Vec<&'t Target> {
    if std::env::var_os(DEEP).is_some() {
        return targets.to_vec();
    }
    let write = targets.iter().position(|target| target.is_write());
    let others: Vec<&Target> = targets
        .iter()
        .enumerate()
        .filter(|(place, _)| Some(*place) != write)
        .map(|(_, target)| *target)
        .collect();
    let other = others.get(number % others.len().max(1)).copied();
    write
        .map(|place| targets[place])
        .into_iter()
        .chain(other)
        .collect()
}

/// The exchanges to hit: of each kind the first two, which are the look and the look again of a wait.
pub(crate) fn targets(call: Call, journal: &[Json]) -> Vec<Target> {
    let is_deep = std::env::var_os(DEEP).is_some();
    let mut places: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut kinds: BTreeMap<(String, String, String), usize> = BTreeMap::new();
    let mut after_write = false;
    let mut found = Vec::new();
    for entry in journal {
        let text = |key: &str| entry[key].as_str().unwrap().to_owned();
        let (service, method, shape) = (text("service"), text("method"), shape(&text("path")));
        let nth = places.entry((service.clone(), method.clone())).or_default();
        *nth += 1;
        let seen = kinds
            .entry((service.clone(), method.clone(), shape.clone()))
            .or_default();
        *seen += 1;
        if *seen <= 2 || is_deep {
            found.push(Target {
                call,
                service: service.clone(),
                method: method.clone(),
                shape,
                nth: *nth,
                after_write,
            });
        }
        after_write |= method != "GET" && service != "entra";
    }
    found
}

/// A path without its ids.
fn shape(path: &str) -> String {
    let is_id = |part: &&str| part.len() == 36 && part.matches('-').count() == 4;
    let parts = path
        .split('/')
        .map(|part| if is_id(&part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

fn run(portion: &Portion, faults: &[Fault]) -> Vec<(String, Result<Outcome, String>)> {
    block_on(async {
        let mut bench = Bench::open(portion).await;
        let mut results = Vec::new();
        for (target, number) in &portion.cells {
            let fault = &faults[*number];
            let name = format!(
                "{} {}, {} {} {} (no. {}): {}",
                portion.subject.name,
                portion.call.name(),
                target.service,
                target.method,
                target.shape,
                target.nth,
                fault.name
            );
            let outcome = AssertUnwindSafe(bench.cell(fault, target))
                .catch_unwind()
                .await;
            let outcome = outcome.unwrap_or_else(|panic| Err(told(panic.as_ref())));
            if outcome.is_err() {
                bench = Bench::open(portion).await;
            }
            results.push((name, outcome));
        }
        results
    })
}

/// What a panic says.
pub(crate) fn told(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().cloned();
    let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
    text.unwrap_or_else(|| "a panic".to_owned())
}

/// A lab with the object that the call needs.
struct Bench {
    lab: Lab,
    call: Call,
    stored: Option<Stored>,
    changed: bool,
}

impl Bench {
    async fn open(portion: &Portion) -> Self {
        let mut lab = Lab::open(portion.subject).await;
        lab.configure(&Settings::default()).await;
        Self {
            lab,
            call: portion.call,
            stored: None,
            changed: false,
        }
    }

    async fn cell(&mut self, fault: &Fault, target: &Target) -> Result<Outcome, String> {
        let call = self.call;
        let time = if fault.lasts { SHORT } else { ENOUGH };
        let before = self.before(time).await?;
        if call == Call::Update {
            self.changed = !self.changed;
        }
        let config = self.lab.config(self.changed, time);
        fault.inject(&mut self.lab, target).await;
        let began = Instant::now();
        let mut ended = self.lab.perform(call, &before, &config).await;
        let took = began.elapsed();
        // From here on there is time again.
        let before = match call {
            Call::Create => before,
            _ => self.lab.timed(&before, ENOUGH),
        };
        ended.stored = ended.stored.map(|stored| self.lab.timed(&stored, ENOUGH));
        let was_hit = self.was_hit(fault, &ended);
        fault.clear(&self.lab);
        if was_hit && took < fault.pause {
            return Err(format!("it took {} ms only", took.as_millis()));
        }
        // The next command is another process, unless all is well and only looked at.
        if ended.failed() || fault.lasts {
            self.lab.configure(&Settings::default()).await;
        }

        if ended.failed() && (fault.cost)(target) == Cost::Nothing {
            return Err(format!("the call fails: {}", ended.said()));
        }
        let longest = ended
            .diagnostics
            .iter()
            .map(|diagnostic| diagnostic.detail.len())
            .max();
        if longest > Some(LONGEST_TEXT) {
            return Err(format!("a diagnostic of {longest:?} bytes"));
        }
        let config = self.lab.config(self.changed, ENOUGH);
        let outcome = self.recover(fault, target, before, ended, &config).await?;
        Ok(if was_hit { outcome } else { Outcome::Missed })
    }

    /// The state in which the call begins.
    async fn before(&mut self, time: &str) -> Result<Stored, String> {
        if self.call == Call::Create {
            return Ok(Stored::default());
        }
        let config = self.lab.config(self.changed, ENOUGH);
        let stored = if let Some(stored) = self.stored.take() {
            stored
        } else {
            let made = self.lab.create(&config).await;
            let said = made.said();
            made.stored
                .ok_or_else(|| format!("not made to begin with: {said}"))?
        };
        Ok(self.lab.timed(&stored, time))
    }

    fn was_hit(&self, fault: &Fault, ended: &Ended) -> bool {
        let faults = self.lab.cloud.faults();
        match faults.first() {
            Some(found) => found["hits"].as_u64().unwrap() > 0,
            // What is wrong with the settings is met by whoever asks that service at all.
            None => fault.lasts && ended.failed(),
        }
    }

    /// What the user does next, and whether all is well then.
    async fn recover(
        &mut self,
        fault: &Fault,
        target: &Target,
        before: Stored,
        ended: Ended,
        config: &Json,
    ) -> Result<Outcome, String> {
        let failed = ended.failed();
        let said = ended.said();
        let mut outcome = if failed {
            Outcome::Recovered
        } else {
            Outcome::Passed
        };
        if self.call == Call::Delete {
            if let Some(left) = ended.stored {
                if !failed {
                    return Err("a deletion left a state".to_owned());
                }
                let seen = self.lab.read(&left).await;
                if let Some(left) = seen.stored {
                    let again = self.lab.delete(&left).await;
                    if again.failed() {
                        return Err(format!(
                            "after {said}\nthe next destroy fails: {}",
                            again.said()
                        ));
                    }
                }
            }
            self.lab.check_gone()?;
            return Ok(outcome);
        }
        let stored = match ended.stored {
            Some(stored) if !failed => stored,
            // An import that failed is imported again; a refresh that failed left the state alone.
            _ if failed && matches!(self.call, Call::Read | Call::Import) => {
                let again = self.lab.perform(self.call, &before, config).await;
                if again.failed() {
                    return Err(format!(
                        "after {said}\nthe next {} fails: {}",
                        self.call.name(),
                        again.said()
                    ));
                }
                again.stored.ok_or("the object is gone from the state")?
            }
            None if !failed => return Err("the object is gone from the state".to_owned()),
            stored => {
                let tainted = self.call == Call::Create && failed;
                match self.lab.converge(stored, tainted, config).await {
                    Ok(stored) => stored,
                    Err(told)
                        if told.contains("import {") && (fault.cost)(target) == Cost::ToldNext =>
                    {
                        outcome = Outcome::Told;
                        self.lab.adopt_as_told(&told).await?
                    }
                    Err(reason) => return Err(format!("after {said}\n{reason}")),
                }
            }
        };
        // An import knows no timeouts, and those of an outage were shorter.
        let stored = if self.call == Call::Create && !fault.lasts {
            stored
        } else {
            self.lab.converge(Some(stored), false, config).await?
        };
        let stored = self.lab.check(&stored, config).await?;
        if self.call == Call::Create {
            let gone = self.lab.delete(&stored).await;
            if gone.failed() {
                return Err(format!("not destroyed: {}", gone.said()));
            }
            self.lab.check_gone()?;
        } else {
            self.stored = Some(stored);
        }
        Ok(outcome)
    }
}
