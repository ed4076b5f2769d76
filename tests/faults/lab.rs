//! One local cloud and one provider in this process, driven call by call as Terraform drives them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use konnectazure::provider::KonnectAzure;
use serde_json::{Value as Json, json};

use crate::subjects::Subject;
use crate::support::core::{Action, Core, Diagnostics, Stored, Value, has_errors};
use crate::support::host::Host;
use crate::support::simulator::{Seed, Simulator};

/// Half an hour of setting up in a few milliseconds.
const SPEED: &str = "400000";

/// The time for a call that shall succeed, on a busy machine.
pub(crate) const ENOUGH: &str = "60s";
/// The time for a call during an outage that outlasts it.
pub(crate) const SHORT: &str = "1500ms";

/// The provider's environment, as the provider reads it whenever it is configured.
type Environment = Arc<Mutex<BTreeMap<String, String>>>;

/// How the provider is configured for one call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// Attributes of the provider block.
    pub(crate) block: Vec<(&'static str, Json)>,
    /// Variables that replace, or with an empty text take away, those that point to the local cloud.
    pub(crate) variables: Vec<(&'static str, String)>,
}

/// A lifecycle call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Call {
    Create,
    Read,
    Update,
    Delete,
    Import,
}

impl Call {
    pub(crate) const ALL: [Self; 5] = [
        Self::Create,
        Self::Read,
        Self::Update,
        Self::Delete,
        Self::Import,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Import => "import",
        }
    }
}

/// How a call ended: what Terraform would have in its state now.
pub(crate) struct Ended {
    pub(crate) stored: Option<Stored>,
    pub(crate) diagnostics: Diagnostics,
}

impl Ended {
    pub(crate) fn failed(&self) -> bool {
        has_errors(&self.diagnostics)
    }

    pub(crate) fn said(&self) -> String {
        let texts = self
            .diagnostics
            .iter()
            .map(|diagnostic| format!("{}: {}", diagnostic.summary, diagnostic.detail));
        texts.collect::<Vec<_>>().join("\n")
    }
}

pub(crate) struct Lab {
    pub(crate) cloud: Arc<Simulator>,
    pub(crate) core: Core,
    pub(crate) subject: &'static Subject,
    environment: Environment,
    usual: BTreeMap<String, String>,
    /// What others had made before.
    leftovers: Vec<String>,
}

impl Lab {
    /// With the provider in this process.
    pub(crate) async fn open(subject: &'static Subject) -> Self {
        let (cloud, usual) = cloud_for(subject);
        let environment: Environment = Arc::default();
        let read = Arc::clone(&environment);
        let provider = KonnectAzure::new(move |name| read.lock().unwrap().get(name).cloned());
        Self::new(
            subject,
            cloud,
            usual,
            environment,
            Core::start(provider).await,
        )
    }

    /// With the provider as a process of its own, which can be killed.
    pub(crate) async fn open_process(subject: &'static Subject) -> Self {
        let (cloud, usual) = cloud_for(subject);
        let core = start_process(&usual).await;
        Self::new(subject, cloud, usual, Environment::default(), core)
    }

    /// Starts another provider process in place of one that was killed.
    pub(crate) async fn start_again(&mut self) {
        self.core = start_process(&self.usual).await;
        self.configure(&Settings::default()).await;
    }

    fn new(
        subject: &'static Subject,
        cloud: Simulator,
        usual: BTreeMap<String, String>,
        environment: Environment,
        core: Core,
    ) -> Self {
        let leftovers = cloud.leftovers();
        Self {
            cloud: Arc::new(cloud),
            core,
            subject,
            environment,
            usual,
            leftovers,
        }
    }
    /// Configures the provider anew, as each command does: new clients, tokens and connections.
    pub(crate) async fn configure(&mut self, settings: &Settings) {
        let mut variables = self.usual.clone();
        for (name, value) in &settings.variables {
            if value.is_empty() {
                variables.remove(*name);
            } else {
                variables.insert((*name).to_owned(), value.clone());
            }
        }
        *self.environment.lock().unwrap() = variables;
        let block: serde_json::Map<String, Json> = settings
            .block
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect();
        let kind = self.core.provider.object_type();
        let config = Value::from_json(&Json::Object(block), &kind);
        let diagnostics = self.core.configure(&config).await;
        assert!(!has_errors(&diagnostics), "{diagnostics:?}");
    }

    /// The object, stored with this time for each call.
    pub(crate) fn timed(&self, stored: &Stored, time: &str) -> Stored {
        let mut attributes = stored.state.to_json();
        attributes["timeouts"] = timeouts(time);
        let kind = self.core.kind(self.subject.type_name);
        Stored {
            state: Value::from_json(&attributes, &kind),
            ..stored.clone()
        }
    }

    /// The configuration, the changed one where `changed`, with this time for each call.
    pub(crate) fn config(&self, changed: bool, time: &str) -> Json {
        let mut config = match self.subject.changed {
            Some(config) if changed => config(&self.cloud),
            _ => (self.subject.config)(&self.cloud),
        };
        config["timeouts"] = timeouts(time);
        config
    }

    /// Plans and makes the object.
    pub(crate) async fn create(&mut self, config: &Json) -> Ended {
        let name = self.subject.type_name;
        let config = self.core.config(name, config);
        let absent = Stored::default();
        let plan = match self.core.plan(name, &absent, &config).await {
            Ok(plan) => plan,
            Err(diagnostics) => {
                return Ended {
                    stored: None,
                    diagnostics,
                };
            }
        };
        let (stored, diagnostics) = self.core.apply(name, &absent, &plan, &config).await;
        Ended {
            stored: Some(stored).filter(|stored| !stored.state.is_null()),
            diagnostics,
        }
    }

    pub(crate) async fn read(&mut self, stored: &Stored) -> Ended {
        let (stored, diagnostics) = self.core.refresh(self.subject.type_name, stored).await;
        Ended {
            stored,
            diagnostics,
        }
    }

    /// Plans and makes the change.
    pub(crate) async fn update(&mut self, stored: &Stored, config: &Json) -> Ended {
        let name = self.subject.type_name;
        let config = self.core.config(name, config);
        let plan = match self.core.plan(name, stored, &config).await {
            Ok(plan) => plan,
            Err(diagnostics) => {
                return Ended {
                    stored: Some(stored.clone()),
                    diagnostics,
                };
            }
        };
        assert!(
            matches!(plan.action, Action::Update | Action::NoOp),
            "{:?} was planned",
            plan.action
        );
        let (stored, diagnostics) = self.core.apply(name, stored, &plan, &config).await;
        Ended {
            stored: Some(stored),
            diagnostics,
        }
    }

    pub(crate) async fn delete(&mut self, stored: &Stored) -> Ended {
        let name = self.subject.type_name;
        let plan = match self.core.plan_destroy(name, stored).await {
            Ok(plan) => plan,
            Err(diagnostics) => {
                return Ended {
                    stored: Some(stored.clone()),
                    diagnostics,
                };
            }
        };
        let (stored, diagnostics) = self.core.apply(name, stored, &plan, &Value::Null).await;
        Ended {
            stored: Some(stored).filter(|stored| !stored.state.is_null()),
            diagnostics,
        }
    }

    pub(crate) async fn import(&mut self, id: &str) -> Ended {
        match self.core.import(self.subject.type_name, id, None).await {
            Ok(stored) => Ended {
                stored: Some(stored),
                diagnostics: Vec::new(),
            },
            Err(diagnostics) => Ended {
                stored: None,
                diagnostics,
            },
        }
    }

    /// Does one lifecycle call on an object that is there, except for a creation.
    pub(crate) async fn perform(&mut self, call: Call, before: &Stored, config: &Json) -> Ended {
        match call {
            Call::Create => self.create(config).await,
            Call::Read => self.read(before).await,
            Call::Update => self.update(before, config).await,
            Call::Delete => self.delete(before).await,
            Call::Import => {
                let id = (self.subject.import_id)(&before.state.to_json());
                self.import(&id).await
            }
        }
    }

    /// What the next `terraform apply` does: refreshes, replaces what is tainted, and plans until nothing is to be done.
    pub(crate) async fn converge(
        &mut self,
        stored: Option<Stored>,
        tainted: bool,
        config: &Json,
    ) -> Result<Stored, String> {
        let mut current = None;
        if let Some(stored) = stored {
            let seen = self.read(&stored).await;
            if seen.failed() {
                return Err(format!("the next refresh fails: {}", seen.said()));
            }
            current = seen.stored;
        }
        if let Some(object) = current.as_ref().filter(|_| tainted) {
            let gone = self.delete(object).await;
            if gone.failed() {
                return Err(format!(
                    "the next apply does not replace it: {}",
                    gone.said()
                ));
            }
            current = gone.stored;
        }
        let applied = match &current {
            Some(object) => self.update(object, config).await,
            None => self.create(config).await,
        };
        match applied.stored {
            Some(stored) if !has_errors(&applied.diagnostics) => Ok(stored),
            _ => Err(format!(
                "the next apply fails: {}",
                Ended {
                    stored: None,
                    ..applied
                }
                .said()
            )),
        }
    }

    /// Imports by the block that an error shows.
    pub(crate) async fn adopt_as_told(&mut self, told: &str) -> Result<Stored, String> {
        let id = told
            .split_once("import {")
            .and_then(|(_, block)| {
                block
                    .split_once("id = \"")
                    .or_else(|| block.split_once("id  = \""))
            })
            .and_then(|(_, rest)| rest.split_once('"'))
            .map(|(id, _)| id.to_owned())
            .ok_or_else(|| format!("no id in the import block: {told}"))?;
        let imported = self.import(&id).await;
        let said = imported.said();
        imported
            .stored
            .ok_or_else(|| format!("not imported as told: {said}"))
    }

    /// That the plan is empty, that there is one object, and that it is what the configuration says.
    pub(crate) async fn check(&mut self, stored: &Stored, config: &Json) -> Result<Stored, String> {
        let seen = self.read(stored).await;
        if seen.failed() {
            return Err(format!("a refresh fails: {}", seen.said()));
        }
        let Some(seen) = seen.stored else {
            return Err("the object in the state is not there".to_owned());
        };
        let name = self.subject.type_name;
        let configured = self.core.config(name, config);
        let plan = self.core.plan(name, &seen, &configured).await;
        let plan = plan.map_err(|diagnostics| format!("a plan fails: {diagnostics:?}"))?;
        if plan.action != Action::NoOp {
            return Err(format!("{:?} is still planned", plan.action));
        }
        let id = seen.state.to_json()["id"]
            .as_str()
            .unwrap_or_default()
            .to_lowercase();
        let (own, others): (Vec<_>, Vec<_>) = self
            .standing()
            .into_iter()
            .partition(|remote| id.ends_with(remote["id"].as_str().unwrap_or("?")));
        let others: Vec<_> = others
            .iter()
            .filter(|remote| !self.was_there(remote))
            .collect();
        if !others.is_empty() {
            return Err(format!("there are others besides it: {others:?}"));
        }
        match own.as_slice() {
            [remote] if (self.subject.is_true)(remote, config) => Ok(seen),
            _ => Err(format!("the state is not true: {own:?}")),
        }
    }

    /// That a destruction left nothing that was not there before.
    pub(crate) fn check_gone(&self) -> Result<(), String> {
        let mut left = self.cloud.leftovers();
        left.retain(|object| !self.leftovers.contains(object));
        if left.is_empty() {
            Ok(())
        } else {
            Err(format!("left behind: {left:?}"))
        }
    }

    /// The objects of the subject's kind that are not on their way out.
    fn standing(&self) -> Vec<Json> {
        let mut objects = self.cloud.objects(self.subject.kind);
        objects.retain(|remote| {
            let state = remote["state"].as_str().unwrap_or_default();
            !state.starts_with("terminat")
                && remote["deleted"].is_null()
                && remote["built_in"] != true
        });
        objects
    }

    fn was_there(&self, remote: &Json) -> bool {
        let id = remote["id"].as_str().unwrap_or_default();
        let seeded = |left: &String| left.ends_with(id);
        self.leftovers.iter().any(seeded) || !self.cloud.leftovers().iter().any(seeded)
    }
}

fn timeouts(time: &str) -> Json {
    json!({ "create": time, "read": time, "update": time, "delete": time })
}

/// A local cloud in which the others have done their part, and the variables that point to it.
fn cloud_for(subject: &Subject) -> (Simulator, BTreeMap<String, String>) {
    let arguments = ["--speed", SPEED, "--poll-interval", "4ms", "--quiet"];
    let cloud = Simulator::start_with(Seed::Demo, &arguments);
    (subject.prepare)(&cloud);
    let mut usual: BTreeMap<String, String> = cloud.env().into_iter().collect();
    // Without TLS where it may be left out: there are thousands of connections.
    for (variable, address) in [
        ("KONNECT_SERVER_URL", "konnect_http"),
        ("KONNECTAZURE_RESOURCE_MANAGER_URL", "resource_manager_http"),
        ("KONNECTAZURE_MICROSOFT_GRAPH_URL", "microsoft_graph_http"),
    ] {
        usual.insert(variable.to_owned(), cloud.url(address).to_owned());
    }
    (cloud, usual)
}

async fn start_process(environment: &BTreeMap<String, String>) -> Core {
    let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"));
    let variables: Vec<(&str, &str)> = environment
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    Core::load(Host::new().start_binary(binary, &variables).await).await
}

/// The usual settings, with patience for nothing.
pub(crate) fn impatient() -> Settings {
    Settings {
        block: vec![("max_retries", json!(1))],
        ..Settings::default()
    }
}
