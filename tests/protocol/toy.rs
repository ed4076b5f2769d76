//! A provider for these tests: things in memory, made and remade the way each test wants.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use konnectazure::tf::{
    attr::{Attr, List, Set},
    context::Context,
    data_source::DataSource,
    diagnostics::{Diagnostic, Diagnostics},
    function::{Function, FunctionError, Parameter},
    number::Number,
    provider::{Provider, Registry},
    resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts},
    schema::{Attribute, AttributeKind, IdentityAttribute, Nesting, Schema},
    types::Type,
    validate::{NotEmpty, OneOf},
    value::Value,
};
use tokio::sync::Notify;

use crate::toy_list::ThingList;

pub const THING: &str = "toy_thing";
pub const COUNT: &str = "toy_count";

konnectazure::model! {
    /// A thing.
    pub struct Thing {
        pub id: String,
        pub name: String,
        pub place: String,
        pub amount: Number,
        pub tags: Set<String>,
        pub parts: List<Part>,
        pub finish: Finish,
        pub secret: String,
        pub wait: bool,
        pub revision: i64,
    }
}

konnectazure::model! {
    /// A part of a thing.
    pub struct Part {
        pub label: String,
        pub serial: i64,
    }
}

konnectazure::model! {
    /// How a thing looks.
    pub struct Finish {
        pub colour: String,
    }
}

konnectazure::model! {
    /// How many things there are.
    pub struct Count {
        pub place: String,
        pub things: i64,
    }
}

konnectazure::model! {
    /// The provider block.
    pub struct Config {
        pub region: String,
        pub retries: i64,
    }
}

/// The remote side, and what it was asked.
#[derive(Default)]
pub struct World {
    things: Mutex<BTreeMap<String, Thing>>,
    calls: Mutex<Vec<String>>,
    ids: AtomicU64,
    /// A thing named `slow` is made when this is notified.
    pub gate: Notify,
    /// Notified when a creation waits.
    pub waiting: Notify,
    pub configured: Mutex<Vec<Config>>,
}

impl World {
    pub fn things(&self) -> MutexGuard<'_, BTreeMap<String, Thing>> {
        self.things.lock().unwrap()
    }

    /// What was asked since the last time.
    pub fn calls(&self) -> Vec<String> {
        std::mem::take(&mut self.calls.lock().unwrap())
    }

    pub fn called(&self, what: &str) {
        self.calls.lock().unwrap().push(what.to_owned());
    }

    /// Services have their own way of spelling things.
    fn store(&self, thing: &Thing) {
        let mut stored = thing.clone();
        stored.name = thing.name.known().map(|name| name.to_uppercase()).into();
        stored.secret = Attr::Null;
        let id = thing.id.as_str().unwrap().to_owned();
        self.things().insert(id, stored);
    }
}

pub struct ThingResource(pub Arc<World>);

fn ignoring_case(left: &Value, right: &Value) -> bool {
    left.as_str().map(str::to_lowercase) == right.as_str().map(str::to_lowercase)
}

fn error(summary: &str) -> Diagnostics {
    Diagnostic::error(summary, "As the test wanted.").into()
}

fn with_serials(mut thing: Thing) -> Thing {
    if let Attr::Known(parts) = &mut thing.parts {
        for (part, serial) in parts.0.iter_mut().zip(1..) {
            if let Attr::Known(part) = part {
                part.serial = Attr::Known(serial);
            }
        }
    }
    thing
}

#[async_trait]
impl Resource for ThingResource {
    type Model = Thing;

    fn type_name(&self) -> &'static str {
        THING
    }

    fn schema(&self) -> Schema {
        let part = vec![
            Attribute::required("label", Type::String).describe("Its label."),
            Attribute::computed("serial", Type::Number).describe("Its number."),
        ];
        let finish = vec![
            Attribute::required("colour", Type::String)
                .describe("The colour.")
                .validate(OneOf(&["red", "blue"])),
        ];
        let mut schema = Schema::new(
            "A thing.",
            vec![
                Attribute::computed("id", Type::String)
                    .describe("The id.")
                    .keep(),
                Attribute::required("name", Type::String)
                    .describe("The name.")
                    .validate(NotEmpty)
                    .equivalent(ignoring_case),
                Attribute::required("place", Type::String)
                    .describe("Where it is.")
                    .replace(),
                Attribute::optional("amount", Type::Number).describe("How much of it."),
                Attribute::optional("tags", Type::set(Type::String)).describe("Tags."),
                Attribute::optional("parts", AttributeKind::Nested(Nesting::List, part))
                    .describe("Parts."),
                Attribute::optional("finish", AttributeKind::Nested(Nesting::Single, finish))
                    .describe("Its look."),
                Attribute::optional("secret", Type::String)
                    .describe("Never stored.")
                    .sensitive()
                    .write_only(),
                Attribute::optional("wait", Type::Bool)
                    .describe("Whether to wait.")
                    .default_value(true)
                    .save_only(),
                Attribute::computed("revision", Type::Number).describe("Counts updates."),
            ],
        );
        schema.version = 1;
        schema
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![
            IdentityAttribute::required("id", "The id."),
            IdentityAttribute::optional("place", "Where it is."),
        ]
    }

    fn timeouts(&self) -> Timeouts {
        let minute = Duration::from_secs(60);
        Timeouts {
            create: minute,
            read: minute,
            update: minute,
            delete: minute,
        }
    }

    fn validate(&self, config: &Thing, diagnostics: &mut Diagnostics) {
        match config.name.as_str() {
            Some("invalid") => diagnostics.extend(error("Invalid together")),
            Some("panics in validate") => panic!("out of cheese"),
            _ => {}
        }
    }

    async fn plan(&self, context: &Context, plan: &mut Planned<Thing>) -> Result<(), Diagnostics> {
        if plan.config.name.as_str() == Some("odd") {
            context.warn(Diagnostic::warning("Odd", "As the test wanted."));
        }
        Ok(())
    }

    async fn create(
        &self,
        context: &Context,
        planned: Thing,
        save: &Save<Thing>,
    ) -> Result<Thing, Diagnostics> {
        self.0.called("create");
        assert!(!planned.secret.is_unknown());
        let thing = with_serials(Thing {
            id: Attr::Known(format!("id-{}", self.0.ids.fetch_add(1, Ordering::Relaxed))),
            revision: Attr::Known(1),
            ..planned
        });
        match thing.name.as_str() {
            Some("refused") => return Err(error("Refused")),
            Some("slow") => {
                self.0.waiting.notify_one();
                self.0.gate.notified().await;
            }
            _ => {}
        }
        self.0.store(&thing);
        save.save(&thing);
        match thing.name.as_str() {
            Some("half") => Err(error("Half made")),
            Some("panics") => panic!("out of cheese"),
            Some("endless") => {
                self.0.waiting.notify_one();
                context.cancel.cancelled().await;
                Err(error("Cancelled"))
            }
            _ => Ok(Thing {
                name: thing.name.known().map(|name| name.to_uppercase()).into(),
                ..thing
            }),
        }
    }

    async fn read(&self, _: &Context, state: Thing) -> Result<Option<Thing>, Diagnostics> {
        self.0.called("read");
        Ok(state
            .id
            .as_str()
            .and_then(|id| self.0.things().get(id).cloned()))
    }

    async fn update(
        &self,
        _: &Context,
        prior: Thing,
        planned: Thing,
        _: &Save<Thing>,
    ) -> Result<Thing, Diagnostics> {
        self.0.called("update");
        let thing = with_serials(Thing {
            revision: prior.revision.known().map(|revision| revision + 1).into(),
            ..planned
        });
        if thing.name.as_str() == Some("refused") {
            return Err(error("Refused"));
        }
        self.0.store(&thing);
        Ok(thing)
    }

    async fn delete(&self, _: &Context, state: Thing) -> Result<(), Diagnostics> {
        self.0.called("delete");
        if state.name.as_str() == Some("sticky") {
            return Err(error("Sticks"));
        }
        self.0.things().remove(state.id.as_str().unwrap());
        Ok(())
    }

    async fn import(&self, _: &Context, id: ImportId) -> Result<Thing, Diagnostics> {
        let id = match id {
            ImportId::Id(id) => id,
            ImportId::Identity(identity) => identity["id"].as_str().unwrap().to_owned(),
        };
        if id.contains(' ') {
            return Err(error("Not an id"));
        }
        Ok(Thing {
            id: Attr::Known(id),
            ..Thing::default()
        })
    }

    fn upgrade(
        &self,
        _: i64,
        mut state: serde_json::Value,
    ) -> Result<serde_json::Value, Diagnostics> {
        // Version 0 called the name a title.
        let members = state
            .as_object_mut()
            .ok_or_else(|| error("Not an object"))?;
        if let Some(title) = members.remove("title") {
            members.insert("name".to_owned(), title);
        }
        Ok(state)
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Thing, Diagnostics>> {
        if !source.is("other/other", "other_thing") {
            return None;
        }
        Some(match source.text("thing_id") {
            Some(id) => Ok(Thing {
                id: id.into(),
                ..Thing::default()
            }),
            None => Err(error("Not one of ours")),
        })
    }
}

pub struct CountSource(pub Arc<World>);

#[async_trait]
impl DataSource for CountSource {
    type Model = Count;

    fn type_name(&self) -> &'static str {
        COUNT
    }

    fn schema(&self) -> Schema {
        Schema::new(
            "How many things there are.",
            vec![
                Attribute::required("place", Type::String)
                    .describe("Where.")
                    .validate(NotEmpty),
                Attribute::computed("things", Type::Number).describe("How many."),
            ],
        )
    }

    async fn read(&self, context: &Context, config: Count) -> Result<Count, Diagnostics> {
        match config.place.as_str() {
            Some("nowhere") => return Err(error("No such place")),
            Some("panics") => panic!("out of cheese"),
            Some("odd") => context.warn(Diagnostic::warning("Odd", "As the test wanted.")),
            _ => {}
        }
        let things = self.0.things();
        let here = things
            .values()
            .filter(|thing| thing.place == config.place)
            .count();
        Ok(Count {
            things: Attr::Known(i64::try_from(here).unwrap()),
            ..config
        })
    }
}

pub struct Repeat;

impl Function for Repeat {
    fn name(&self) -> &'static str {
        "repeat"
    }

    fn summary(&self) -> &'static str {
        "Repeats a text"
    }

    fn description(&self) -> &'static str {
        "Repeats a text as often as all the numbers say together."
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new("text", Type::String, "The text.")]
    }

    fn variadic(&self) -> Option<Parameter> {
        Some(Parameter::new("times", Type::Number, "How often."))
    }

    fn return_type(&self) -> Type {
        Type::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        let (text, times) = arguments.split_first().unwrap();
        let mut result = String::new();
        for (position, times) in times.iter().enumerate() {
            let Value::Number(times) = times else {
                panic!("arguments have their parameters' types");
            };
            let times = times
                .to_i64()
                .and_then(|times| usize::try_from(times).ok())
                .ok_or_else(|| {
                    FunctionError::at(position + 1, "It is not a whole number from 0.")
                })?;
            result += &text.as_str().unwrap().repeat(times);
        }
        Ok(Value::String(result))
    }
}

pub struct Toy {
    world: Arc<World>,
    registry: Registry,
}

impl Toy {
    pub fn new() -> (Self, Arc<World>) {
        let world = Arc::<World>::default();
        let registry = Registry::new()
            .resource(ThingResource(world.clone()))
            .data_source(CountSource(world.clone()))
            .list(ThingList(world.clone()))
            .function(Repeat);
        assert_eq!(registry.faults(), Vec::<String>::new());
        let toy = Self {
            world: world.clone(),
            registry,
        };
        (toy, world)
    }
}

#[async_trait]
impl Provider for Toy {
    type Model = Config;

    fn schema(&self) -> Schema {
        Schema::new(
            "Things.",
            vec![
                Attribute::optional("region", Type::String)
                    .describe("Where.")
                    .validate(OneOf(&["north", "south"])),
                Attribute::optional("retries", Type::Number)
                    .describe("How often.")
                    .default_value(3),
            ],
        )
    }

    fn registry(&self) -> &Registry {
        &self.registry
    }

    fn validate(&self, config: &Config, diagnostics: &mut Diagnostics) {
        if config.retries.known().is_some_and(|retries| *retries > 10) {
            diagnostics.push(Diagnostic::warning("Many retries", "That may take long."));
        }
    }

    async fn configure(&self, config: Config) -> Diagnostics {
        if config.retries.known() == Some(&0) {
            return error("No retries");
        }
        self.world.configured.lock().unwrap().push(config);
        Diagnostics::new()
    }
}
