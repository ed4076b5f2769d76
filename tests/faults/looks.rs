//! Whoever only looks: every list and every data source, every kind of exchange in it, every fault.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;

use futures_util::FutureExt as _;
use serde_json::{Value as Json, json};

use crate::figures::figure;
use crate::lab::{Call, ENOUGH, Lab, Settings};
use crate::matrix::{LONGEST_TEXT, block_on, chosen, in_parallel, targets, told};
use crate::subjects::{SUBJECTS, Subject};
use crate::support::core::{Diagnostics, Value, has_errors};
use crate::support::patience::eventually;
use crate::table::{Cost, Fault, Target, table};

/// How somebody looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    List,
    Data,
}

/// One list or data source, over an object that is there.
struct Look {
    kind: Kind,
    type_name: &'static str,
    /// The subject whose object is looked at.
    subject: &'static str,
    /// Filters, or the configuration; from the object's attributes.
    config: fn(&Json) -> Json,
}

const LOOKS: [Look; 12] = [
    list("konnectazure_dns_mappings", "dns_mappings", |_| json!({})),
    list("konnectazure_peering_role", "peering_role", |_| json!({})),
    list(
        "konnectazure_private_hosted_zone",
        "private_hosted_zone",
        |_| json!({}),
    ),
    list(
        "konnectazure_role_assignment",
        "role_assignment",
        |object| json!({ "scope": object["scope"] }),
    ),
    list(
        "konnectazure_virtual_hub_peering",
        "virtual_hub_peering",
        |object| json!({ "network_id": object["network_id"] }),
    ),
    list("konnectazure_vnet_peering", "vnet_peering", |_| json!({})),
    data("konnectazure_dns_mappings", "dns_mappings", by_name),
    data(
        "konnectazure_network",
        "dns_mappings",
        |object| json!({ "id": object["network_id"] }),
    ),
    data(
        "konnectazure_networks",
        "dns_mappings",
        |_| json!({ "cloud_provider": "azure" }),
    ),
    data(
        "konnectazure_preflight",
        "vnet_peering",
        |object| json!({ "network_id": object["network_id"], "vnet_id": object["vnet_id"] }),
    ),
    data(
        "konnectazure_service_principal",
        "service_principal",
        |_| json!({}),
    ),
    data("konnectazure_vnet_peering", "vnet_peering", by_name),
];

const fn list(type_name: &'static str, subject: &'static str, config: fn(&Json) -> Json) -> Look {
    Look {
        kind: Kind::List,
        type_name,
        subject,
        config,
    }
}

const fn data(type_name: &'static str, subject: &'static str, config: fn(&Json) -> Json) -> Look {
    Look {
        kind: Kind::Data,
        ..list(type_name, subject, config)
    }
}

fn by_name(object: &Json) -> Json {
    json!({ "network_id": object["network_id"], "name": object["name"] })
}

impl Look {
    fn subject(&self) -> &'static Subject {
        let found = SUBJECTS.iter().find(|subject| subject.name == self.subject);
        found.expect("the subject")
    }
}

/// What a look gave.
struct Seen {
    /// What is true of the world: identities and objects, or the data source's state.
    answer: Vec<Value>,
    diagnostics: Diagnostics,
}

/// What came of one cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The whole answer.
    Whole,
    /// The rest, and what is missing.
    Told,
    /// An error, and the next look gave the whole answer.
    Failed,
    /// The fault met no exchange.
    Missed,
}

/// A look at an object that is there.
struct Bench {
    look: &'static Look,
    lab: Lab,
    config: Json,
    /// The answer without a fault.
    expected: Vec<Value>,
}

impl Bench {
    async fn open(look: &'static Look) -> Self {
        let mut lab = Lab::open(look.subject()).await;
        lab.configure(&Settings::default()).await;
        let config = lab.config(false, ENOUGH);
        let made = lab.create(&config).await;
        assert!(!made.failed(), "{}", made.said());
        let object = made.stored.expect("an object").state.to_json();
        eventually("the networks' setting up", || {
            let networks = lab.cloud.objects("networks");
            networks.iter().all(|network| network["state"] == "ready")
        });
        let mut bench = Self {
            look,
            lab,
            config: (look.config)(&object),
            expected: Vec::new(),
        };
        bench.expected = bench.whole().await.expect("a look without a fault");
        assert!(!bench.expected.is_empty(), "nothing is seen");
        bench
    }

    async fn look(&mut self) -> Seen {
        let (core, name) = (&mut self.lab.core, self.look.type_name);
        match self.look.kind {
            Kind::Data => {
                let (state, diagnostics) = core.read_data(name, &self.config).await;
                Seen {
                    answer: state.into_iter().collect(),
                    diagnostics,
                }
            }
            Kind::List => {
                let filters = core.filters(name, &self.config);
                let (found, diagnostics) = core.query(name, &filters, 1000, true).await;
                // The display name is for people: an id stands in for a name that cannot be looked up.
                let answer = found
                    .into_iter()
                    .flat_map(|one| [Some(one.identity), one.object])
                    .flatten();
                Seen {
                    answer: answer.collect(),
                    diagnostics,
                }
            }
        }
    }

    /// A look by another command, to which nothing happens.
    async fn whole(&mut self) -> Result<Vec<Value>, String> {
        self.lab.configure(&Settings::default()).await;
        let seen = self.look().await;
        if !seen.diagnostics.is_empty() {
            return Err(format!("without a fault: {}", said(&seen.diagnostics)));
        }
        Ok(seen.answer)
    }

    /// The exchanges of a look.
    async fn targets(&mut self) -> Vec<Target> {
        self.lab.cloud.clear_requests();
        self.whole().await.expect("a look without a fault");
        targets(Call::Read, &self.lab.cloud.requests())
    }

    async fn cell(&mut self, fault: &Fault, target: &Target) -> Result<Outcome, String> {
        self.lab.cloud.clear_requests();
        fault.inject(&mut self.lab, target).await;
        let seen = self.look().await;
        let hits = self
            .lab
            .cloud
            .faults()
            .first()
            .map(|found| found["hits"] != 0);
        self.lab.cloud.clear_faults();
        let failed = has_errors(&seen.diagnostics);
        let is_free = (fault.cost)(target) == Cost::Nothing && !changes_the_answer(fault, target);
        if failed && is_free {
            return Err(format!("the look fails: {}", said(&seen.diagnostics)));
        }
        let longest = seen.diagnostics.iter().map(|one| one.detail.len()).max();
        if longest > Some(LONGEST_TEXT) {
            return Err(format!("a diagnostic of {longest:?} bytes"));
        }
        let outcome = if failed {
            Outcome::Failed
        } else if self.is_whole(&seen.answer, target) || changes_the_answer(fault, target) {
            Outcome::Whole
        } else if !seen.diagnostics.is_empty() || self.says_so(&seen.answer) {
            Outcome::Told
        } else {
            let (expected, answer) = (&self.expected, &seen.answer);
            return Err(format!(
                "told as all there is: {answer:?}\ninstead of {expected:?}"
            ));
        };
        let next = self.whole().await?;
        if next != self.expected {
            let expected = &self.expected;
            return Err(format!(
                "the next look gives {next:?}\ninstead of {expected:?}"
            ));
        }
        let requests = self.lab.cloud.requests();
        let write = requests
            .iter()
            .find(|request| request["method"] != "GET" && request["service"] != "entra");
        if let Some(write) = write {
            return Err(format!("it wrote: {write}"));
        }
        // Where the settings are the fault, it shows in what they cost.
        let is_met = hits.unwrap_or(outcome != Outcome::Whole);
        Ok(if is_met { outcome } else { Outcome::Missed })
    }

    /// Whether all is there. To whom Entra gives no token Azure's half of a peering is null, as documented: without Azure, Konnect can still be listed.
    fn is_whole(&self, answer: &[Value], target: &Target) -> bool {
        let mut expected = self.expected.clone();
        if self.look.kind == Kind::List && target.service == "entra" && answer != expected {
            for value in &mut expected {
                if let Value::Object(members) = value
                    && let Some(half) = members.get_mut("azure_peering")
                {
                    *half = Value::Null;
                }
            }
        }
        answer == expected
    }

    /// Whether each check of the preflight with another outcome says that it did not pass.
    fn says_so(&self, answer: &[Value]) -> bool {
        let checks = |answer: &[Value]| {
            let checks = answer.first()?.get("checks")?.elements()?;
            Some(checks.to_vec())
        };
        let Some((expected, found)) = checks(&self.expected).zip(checks(answer)) else {
            return false;
        };
        expected.len() == found.len()
            && expected.iter().zip(&found).all(|(expected, found)| {
                let status = |check: &Value| check.get("status").cloned();
                status(expected) == status(found) || status(found) != Some("passed".into())
            })
    }
}

/// Whether the service itself says something else, which is then the truth: to whoever only looks, also that there is no such thing.
fn changes_the_answer(fault: &Fault, target: &Target) -> bool {
    let script = (fault.script)(target);
    if script["status"] == 404 {
        return true;
    }
    ["set_keys", "remove_keys"]
        .iter()
        .any(|key| !script[key].is_null())
}

fn said(diagnostics: &Diagnostics) -> String {
    let texts = diagnostics
        .iter()
        .map(|one| format!("{}: {}", one.summary, one.detail));
    texts.collect::<Vec<_>>().join("\n")
}

async fn run(look: &'static Look, faults: &[Fault]) -> Vec<(String, Result<Outcome, String>)> {
    let mut bench = Bench::open(look).await;
    let targets = bench.targets().await;
    let mut results = Vec::new();
    for (number, fault) in faults.iter().enumerate() {
        let applying: Vec<&Target> = targets
            .iter()
            .filter(|target| (fault.applies)(target))
            .collect();
        for target in chosen(&applying, number) {
            let outcome = AssertUnwindSafe(bench.cell(fault, target)).catch_unwind();
            let outcome = outcome.await;
            let outcome = outcome.unwrap_or_else(|panic| Err(told(panic.as_ref())));
            if outcome.is_err() {
                bench = Bench::open(look).await;
            }
            let name = format!(
                "{:?} of {}, {} {} {} (no. {}): {}",
                look.kind,
                look.type_name,
                target.service,
                target.method,
                target.shape,
                target.nth,
                fault.name
            );
            results.push((name, outcome));
        }
    }
    results
}

#[test]
fn every_fault_in_every_look_is_told_or_without_consequence_and_nothing_is_written() {
    let faults = table();
    let looks: Vec<&'static Look> = LOOKS.iter().collect();
    let results = in_parallel(&looks, |look| block_on(run(look, &faults)));
    let mut tally: BTreeMap<Outcome, usize> = BTreeMap::new();
    let mut broken = Vec::new();
    let mut count = 0;
    for (name, result) in results.into_iter().flatten() {
        count += 1;
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
    let of = |outcome| tally.get(&outcome).copied().unwrap_or_default();
    let missed = of(Outcome::Missed);
    assert!(
        count > 300 && missed * 20 < count,
        "{missed} of {count} faults met nothing"
    );
    let number = |kind| LOOKS.iter().filter(|look| look.kind == kind).count();
    figure(
        "looks",
        &[
            (
                "Lists and data sources",
                format!("{} and {}", number(Kind::List), number(Kind::Data)),
            ),
            ("Faults injected", (count - missed).to_string()),
            (
                "of these, the answer was whole all the same",
                of(Outcome::Whole).to_string(),
            ),
            (
                "the answer said what could not be looked up",
                of(Outcome::Told).to_string(),
            ),
            (
                "the look failed, said why, and the next one gave the whole answer",
                of(Outcome::Failed).to_string(),
            ),
            ("Writes", "0".to_owned()),
        ],
    );
}

#[test]
fn every_list_and_data_source_is_looked_at() {
    block_on(async {
        let lab = Lab::open(&SUBJECTS[0]).await;
        let names = |kind| -> BTreeSet<&str> {
            let looks = LOOKS.iter().filter(|look| look.kind == kind);
            looks.map(|look| look.type_name).collect()
        };
        let all: BTreeSet<&str> = lab.core.lists.keys().map(String::as_str).collect();
        assert_eq!(names(Kind::List), all);
        let all: BTreeSet<&str> = lab.core.data_sources.keys().map(String::as_str).collect();
        assert_eq!(names(Kind::Data), all);
    });
}
