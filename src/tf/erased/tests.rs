use std::time::Duration;

use futures_util::future::BoxFuture;

mod found;

use super::*;
use crate::tf::attr::{Attr, Set};
use crate::tf::consistency;
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostic;
use crate::tf::resource::{Planned, Resource, Save, Timeouts};
use crate::tf::schema::Attribute;
use crate::tf::value::Members;

crate::model! {
    /// A thing.
    struct Thing {
        id: String,
        name: String,
        place: String,
        tags: Set<String>,
        wait: bool,
        password: String,
        revision: i64,
    }
}

type Outcome<'a, T> = BoxFuture<'a, Result<T, Diagnostics>>;

/// A resource whose every answer a test chooses.
struct Scripted {
    plan: fn(&mut Planned<Thing>),
    create: for<'a> fn(&'a Context, Thing, &'a Save<Thing>) -> Outcome<'a, Thing>,
    read: fn(Thing) -> Result<Option<Thing>, Diagnostics>,
    update: for<'a> fn(Thing, Thing, &'a Save<Thing>) -> Outcome<'a, Thing>,
    delete: for<'a> fn(&'a Context, Thing) -> Outcome<'a, ()>,
    import: fn(ImportId) -> Result<Thing, Diagnostics>,
    move_from: fn(&MoveSource) -> Option<Thing>,
    not_known_yet: Option<&'static str>,
}

impl Default for Scripted {
    fn default() -> Self {
        Self {
            plan: |_| {},
            move_from: |_| None,
            not_known_yet: None,
            create: |_, planned, _| Box::pin(async { Ok(made(planned)) }),
            read: |state| Ok(Some(state)),
            update: |_, planned, _| {
                Box::pin(async {
                    Ok(Thing {
                        revision: Attr::Known(2),
                        ..planned
                    })
                })
            },
            delete: |_, _| Box::pin(async { Ok(()) }),
            import: |id| match id {
                ImportId::Id(id) => Ok(Thing {
                    id: Attr::Known(id),
                    ..Thing::default()
                }),
                ImportId::Identity(_) => Err(failure()),
            },
        }
    }
}

fn made(planned: Thing) -> Thing {
    Thing {
        id: "id-1".into(),
        revision: Attr::Known(1),
        ..planned
    }
}

fn failure() -> Diagnostics {
    Diagnostic::error("No", "It did not work.").into()
}

fn ignoring_case(left: &Value, right: &Value) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        _ => false,
    }
}

#[async_trait]
impl Resource for Scripted {
    type Model = Thing;

    fn type_name(&self) -> &'static str {
        "test_thing"
    }

    fn schema(&self) -> Schema {
        Schema::new(
            "A thing.",
            vec![
                Attribute::computed("id", Type::String)
                    .describe("Its id.")
                    .keep()
                    .equivalent(ignoring_case),
                Attribute::required("name", Type::String)
                    .describe("Its name.")
                    .equivalent(ignoring_case),
                Attribute::required("place", Type::String)
                    .describe("Where it is.")
                    .replace(),
                Attribute::optional("tags", Type::set(Type::String)).describe("Tags."),
                Attribute::optional("wait", Type::Bool)
                    .describe("Whether to wait.")
                    .default_value(true)
                    .save_only(),
                Attribute::optional("password", Type::String)
                    .describe("A secret.")
                    .sensitive()
                    .write_only(),
                Attribute::computed("revision", Type::Number).describe("Counts changes."),
            ],
        )
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        vec![IdentityAttribute::required("id", "The id.")]
    }

    fn timeouts(&self) -> Timeouts {
        Timeouts {
            create: Duration::from_secs(60),
            read: Duration::from_secs(5),
            update: Duration::from_secs(50),
            delete: Duration::from_secs(30),
        }
    }

    fn not_known_yet(&self) -> Option<String> {
        self.not_known_yet.map(str::to_owned)
    }

    async fn plan(&self, _: &Context, plan: &mut Planned<Thing>) -> Result<(), Diagnostics> {
        (self.plan)(plan);
        Ok(())
    }

    async fn create(
        &self,
        context: &Context,
        planned: Thing,
        save: &Save<Thing>,
    ) -> Result<Thing, Diagnostics> {
        (self.create)(context, planned, save).await
    }

    async fn read(&self, _: &Context, state: Thing) -> Result<Option<Thing>, Diagnostics> {
        (self.read)(state)
    }

    async fn update(
        &self,
        _: &Context,
        prior: Thing,
        planned: Thing,
        save: &Save<Thing>,
    ) -> Result<Thing, Diagnostics> {
        (self.update)(prior, planned, save).await
    }

    async fn delete(&self, context: &Context, state: Thing) -> Result<(), Diagnostics> {
        (self.delete)(context, state).await
    }

    async fn import(&self, _: &Context, id: ImportId) -> Result<Thing, Diagnostics> {
        (self.import)(id)
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Thing, Diagnostics>> {
        (self.move_from)(source).map(Ok)
    }
}

/// The thing's attributes: null but for these.
fn object(members: &[(&str, Value)]) -> Value {
    let resource = ErasedResource::new(Scripted::default());
    let names = resource.shape().schema.attributes.iter();
    let nulls = names.map(|attribute| (attribute.name.to_owned(), Value::Null));
    let given = members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Value::Object(nulls.chain(given).collect::<Members>())
}

fn config(more: &[(&str, Value)]) -> Value {
    let basics = [("name", Value::from("one")), ("place", "here".into())];
    object(&[&basics, more].concat())
}

fn stored(more: &[(&str, Value)]) -> Value {
    let basics = [
        ("id", Value::from("id-1")),
        ("name", "one".into()),
        ("place", "here".into()),
        ("wait", true.into()),
        ("revision", 1.into()),
    ];
    object(&[&basics, more].concat())
}

#[expect(clippy::unnecessary_wraps, reason = "as answers hold it")]
fn identity(id: &str) -> Option<Value> {
    Some(Value::object([("id", Value::from(id))]))
}

async fn plan(script: Scripted, prior: Value, config: Value) -> PlanAnswer {
    ErasedResource::new(script)
        .plan(PlanRequest {
            destroys: false,
            prior,
            config,
            private: b"private".to_vec(),
            identity: None,
            cancel: CancellationToken::new(),
        })
        .await
}

/// Plans and applies with the same script.
async fn apply(script: Scripted, prior: Value, config: Value) -> StateAnswer {
    apply_until(script, prior, config, CancellationToken::new()).await
}

async fn apply_until(
    script: Scripted,
    prior: Value,
    config: Value,
    cancel: CancellationToken,
) -> StateAnswer {
    let resource = ErasedResource::new(script);
    let planned = resource
        .plan(PlanRequest {
            destroys: false,
            prior: prior.clone(),
            config: config.clone(),
            private: b"private".to_vec(),
            identity: None,
            cancel: CancellationToken::new(),
        })
        .await;
    assert_eq!(planned.diagnostics, Diagnostics::new());
    resource
        .apply(ApplyRequest {
            prior,
            planned: planned.planned,
            config,
            private: planned.private,
            identity: planned.identity,
            cancel,
        })
        .await
}

async fn read(
    script: Scripted,
    state: Value,
    identity: Option<Value>,
    private: &[u8],
) -> StateAnswer {
    ErasedResource::new(script)
        .read(ReadRequest {
            state,
            private: private.to_vec(),
            identity,
            cancel: CancellationToken::new(),
        })
        .await
}

fn summaries(diagnostics: &Diagnostics) -> Vec<&str> {
    diagnostics
        .iter()
        .map(|diagnostic| diagnostic.summary.as_str())
        .collect()
}

#[test]
fn the_schema_of_the_test_is_sound() {
    assert_eq!(
        ErasedResource::new(Scripted::default()).schema_faults(),
        Vec::<String>::new()
    );
}

#[tokio::test]
async fn create_answers_state_identity_and_private() {
    let answer = apply(Scripted::default(), Value::Null, config(&[])).await;
    assert_eq!(answer.diagnostics, Diagnostics::new());
    assert_eq!(answer.state, stored(&[]));
    assert_eq!(answer.identity, identity("id-1"));
    assert_eq!(answer.private, b"private");
}

#[tokio::test]
async fn create_saves_state_when_it_fails() {
    let script = Scripted {
        create: |_, planned, save| {
            Box::pin(async move {
                save.save(&Thing {
                    id: "id-1".into(),
                    ..planned
                });
                Err(failure())
            })
        },
        ..Scripted::default()
    };
    let answer = apply(script, Value::Null, config(&[])).await;
    assert_eq!(summaries(&answer.diagnostics), ["No"]);
    assert_eq!(answer.state, stored(&[("revision", Value::Null)]));
    assert_eq!(answer.identity, identity("id-1"));
}

#[tokio::test]
async fn create_saves_state_when_it_panics() {
    let script = Scripted {
        create: |_, planned, save| {
            Box::pin(async move {
                save.save(&made(planned));
                panic!("out of cheese")
            })
        },
        ..Scripted::default()
    };
    let answer = apply(script, Value::Null, config(&[])).await;
    assert_eq!(
        summaries(&answer.diagnostics),
        ["Bug in the provider: panic during creation"]
    );
    assert_eq!(answer.state, stored(&[]));
}

#[tokio::test]
async fn create_saves_state_when_cancelled() {
    let script = Scripted {
        create: |context, planned, save| {
            Box::pin(async move {
                save.save(&made(planned));
                context.cancel.cancelled().await;
                Err(failure())
            })
        },
        ..Scripted::default()
    };
    let cancel = CancellationToken::new();
    let applying = apply_until(script, Value::Null, config(&[]), cancel.clone());
    let (answer, ()) = futures_util::future::join(applying, async { cancel.cancel() }).await;
    assert!(answer.diagnostics.has_errors());
    assert_eq!(answer.state, stored(&[]));
}

#[tokio::test]
async fn create_that_saved_nothing_leaves_nothing() {
    let script = Scripted {
        create: |_, _, _| Box::pin(async { Err(failure()) }),
        ..Scripted::default()
    };
    let answer = apply(script, Value::Null, config(&[])).await;
    assert_eq!(answer.state, Value::Null);
    assert_eq!(answer.identity, None);
}

#[tokio::test]
async fn a_result_keeps_the_planned_spelling() {
    let script = Scripted {
        create: |_, planned, _| {
            Box::pin(async {
                Ok(Thing {
                    name: "ONE".into(),
                    tags: Attr::Known(Set(Vec::new())),
                    ..made(planned)
                })
            })
        },
        ..Scripted::default()
    };
    let answer = apply(script, Value::Null, config(&[])).await;
    assert_eq!(answer.diagnostics, Diagnostics::new());
    assert_eq!(answer.state, stored(&[]));
}

#[tokio::test]
async fn a_result_that_contradicts_the_plan_is_our_fault() {
    let script = Scripted {
        create: |_, planned, _| {
            Box::pin(async {
                Ok(Thing {
                    name: "two".into(),
                    ..made(planned)
                })
            })
        },
        ..Scripted::default()
    };
    let answer = apply(script, Value::Null, config(&[])).await;
    let faults: Vec<String> = answer
        .diagnostics
        .iter()
        .map(|fault| fault.path.to_string())
        .collect();
    assert_eq!(faults, ["name"]);
    assert_eq!(answer.state, stored(&[("name", "two".into())]));
}

#[tokio::test]
async fn a_result_with_unknowns_is_our_fault_and_is_kept() {
    let script = Scripted {
        create: |_, planned, _| {
            Box::pin(async {
                Ok(Thing {
                    revision: Attr::Unknown,
                    ..made(planned)
                })
            })
        },
        ..Scripted::default()
    };
    let answer = apply(script, Value::Null, config(&[])).await;
    assert!(answer.diagnostics.has_errors());
    assert_eq!(answer.state, stored(&[("revision", Value::Null)]));
}

#[tokio::test]
async fn write_only_values_reach_the_handler_and_are_not_stored() {
    let script = Scripted {
        create: |_, planned, _| {
            Box::pin(async {
                assert_eq!(planned.password.as_str(), Some("hidden"));
                Ok(made(planned))
            })
        },
        ..Scripted::default()
    };
    let answer = apply(
        script,
        Value::Null,
        config(&[("password", "hidden".into())]),
    )
    .await;
    assert_eq!(answer.diagnostics, Diagnostics::new());
    assert_eq!(answer.state, stored(&[]));
}

#[tokio::test(start_paused = true)]
async fn the_users_timeouts_reach_the_handlers() {
    let script = || Scripted {
        create: |context, planned, _| {
            assert_eq!(context.timeout, Duration::from_secs(90));
            Box::pin(async { Ok(made(planned)) })
        },
        delete: |context, _| {
            assert_eq!(context.timeout, Duration::from_secs(30));
            Box::pin(async { Ok(()) })
        },
        ..Scripted::default()
    };
    let names = ["create", "read", "update", "delete"];
    let mut timeouts: Members = names.map(|name| (name.to_owned(), Value::Null)).into();
    timeouts.insert("create".to_owned(), "1m30s".into());
    let timeouts = [("timeouts", Value::Object(timeouts))];
    let answer = apply(script(), Value::Null, config(&timeouts)).await;
    assert_eq!(answer.diagnostics, Diagnostics::new());
    assert_eq!(answer.state, stored(&timeouts));

    let deleted = ErasedResource::new(script())
        .apply(ApplyRequest {
            prior: answer.state,
            planned: Value::Null,
            config: Value::Null,
            private: Vec::new(),
            identity: None,
            cancel: CancellationToken::new(),
        })
        .await;
    assert_eq!(deleted.diagnostics, Diagnostics::new());
    assert_eq!(deleted.state, Value::Null);
}

#[tokio::test]
async fn a_change_of_what_is_only_saved_calls_no_handler() {
    let script = Scripted {
        update: |_, _, _| panic!("nothing to send"),
        ..Scripted::default()
    };
    let answer = apply(script, stored(&[]), config(&[("wait", false.into())])).await;
    assert_eq!(answer.diagnostics, Diagnostics::new());
    assert_eq!(answer.state, stored(&[("wait", false.into())]));
    assert_eq!(answer.identity, identity("id-1"));
}

#[tokio::test]
async fn an_update_that_fails_answers_what_was_saved_or_else_the_prior_state() {
    let silent = Scripted {
        update: |_, _, _| Box::pin(async { Err(failure()) }),
        ..Scripted::default()
    };
    let answer = apply(silent, stored(&[]), config(&[("name", "two".into())])).await;
    assert_eq!(answer.state, stored(&[]));
    assert_eq!(answer.identity, identity("id-1"));

    let saving = Scripted {
        update: |_, planned, save| {
            Box::pin(async move {
                save.save(&planned);
                Err(failure())
            })
        },
        ..Scripted::default()
    };
    let answer = apply(saving, stored(&[]), config(&[("name", "two".into())])).await;
    // What the update had not told yet is what it was before.
    assert_eq!(answer.state, stored(&[("name", "two".into())]));
}

#[tokio::test]
async fn an_update_never_makes_another_object() {
    let script = Scripted {
        plan: |plan| plan.planned.id = Attr::Unknown,
        update: |_, planned, _| {
            Box::pin(async {
                Ok(Thing {
                    id: "id-2".into(),
                    revision: Attr::Known(2),
                    ..planned
                })
            })
        },
        ..Scripted::default()
    };
    let answer = apply(script, stored(&[]), config(&[("name", "two".into())])).await;
    assert_eq!(
        summaries(&answer.diagnostics),
        ["The identity of test_thing changed"]
    );
    let detail = &answer.diagnostics.iter().next().unwrap().detail;
    assert!(
        detail.contains(r#"id: stored "id-1", found "id-2""#),
        "{detail}"
    );
    assert_eq!(answer.state.get("id"), Some(&"id-2".into()));
}

#[tokio::test]
async fn a_failed_deletion_keeps_the_object() {
    let script = Scripted {
        delete: |_, _| Box::pin(async { Err(failure()) }),
        ..Scripted::default()
    };
    let answer = ErasedResource::new(script)
        .apply(ApplyRequest {
            prior: stored(&[]),
            planned: Value::Null,
            config: Value::Null,
            private: b"private".to_vec(),
            identity: identity("id-1"),
            cancel: CancellationToken::new(),
        })
        .await;
    assert!(answer.diagnostics.has_errors());
    assert_eq!(answer.state, stored(&[]));
    assert_eq!(answer.private, b"private");
    assert_eq!(answer.identity, identity("id-1"));
}

#[tokio::test]
async fn a_destruction_plans_nothing() {
    let answer = ErasedResource::new(Scripted::default())
        .plan(PlanRequest {
            prior: stored(&[]),
            destroys: true,
            config: Value::Null,
            private: b"private".to_vec(),
            identity: None,
            cancel: CancellationToken::new(),
        })
        .await;
    assert_eq!(answer.planned, Value::Null);
    assert_eq!(answer.private, b"private");
    assert_eq!(answer.diagnostics, Diagnostics::new());
}

#[tokio::test]
async fn an_identity_to_come_is_left_out_of_a_plan() {
    let answer = plan(
        Scripted::default(),
        stored(&[]),
        config(&[("place", "there".into())]),
    )
    .await;
    assert_eq!(answer.replace, [Path::attribute("place")]);
    assert_eq!(answer.planned.get("id"), Some(&"id-1".into()));
    let again = plan(
        Scripted::default(),
        Value::Null,
        config(&[("place", "there".into())]),
    )
    .await;
    assert_eq!(again.identity, None);
    let update = plan(
        Scripted::default(),
        stored(&[]),
        config(&[("name", "two".into())]),
    )
    .await;
    assert_eq!(update.identity, identity("id-1"));
}

#[tokio::test]
async fn the_resource_may_demand_replacement() {
    let script = Scripted {
        plan: |plan| {
            plan.replace.push(Path::attribute("name"));
            plan.replace.push(Path::attribute("place"));
        },
        ..Scripted::default()
    };
    let changed = config(&[("name", "two".into()), ("place", "there".into())]);
    let answer = plan(script, stored(&[]), changed).await;
    assert_eq!(
        answer.replace,
        [Path::attribute("place"), Path::attribute("name")]
    );
}

#[tokio::test]
async fn what_follows_from_a_change_by_the_resource_alone_is_asked_of_it() {
    let silent = Scripted {
        plan: |plan| plan.planned.id = Attr::Unknown,
        ..Scripted::default()
    };
    let answer = plan(silent, stored(&[]), config(&[])).await;
    let changed = [("id", Value::unknown()), ("revision", Value::unknown())];
    assert_eq!(answer.planned, stored(&changed));
    let telling = Scripted {
        plan: |plan| {
            plan.planned.id = Attr::Unknown;
            if plan.planned.revision.is_unknown() {
                plan.planned.revision = Attr::Known(1);
            }
        },
        ..Scripted::default()
    };
    let answer = plan(telling, stored(&[]), config(&[])).await;
    assert_eq!(answer.planned, stored(&[("id", Value::unknown())]));
}

#[tokio::test]
async fn while_nothing_can_be_asked_a_refresh_leaves_what_was_and_an_import_fails() {
    let script = || Scripted {
        read: |_| Err(failure()),
        not_known_yet: Some("the token is not known yet"),
        ..Scripted::default()
    };
    let answer = read(script(), stored(&[]), identity("id-1"), b"private").await;
    assert_eq!(
        summaries(&answer.diagnostics),
        ["Not refreshed: the provider's settings are not known yet"]
    );
    assert!(!answer.diagnostics.has_errors());
    assert_eq!(answer.state, stored(&[]));
    assert_eq!(answer.private, b"private");
    assert_eq!(answer.identity, identity("id-1"));

    let imported = ErasedResource::new(script())
        .import(ImportId::Id("id-1".to_owned()), CancellationToken::new())
        .await;
    let answer = read(script(), imported.state, None, &imported.private).await;
    assert_eq!(summaries(&answer.diagnostics), ["No"]);
}

#[tokio::test]
async fn an_illegal_plan_is_our_fault() {
    let script = Scripted {
        plan: |plan| plan.planned.name = "mine".into(),
        ..Scripted::default()
    };
    let answer = plan(script, Value::Null, config(&[])).await;
    assert!(answer.diagnostics.has_errors());
}

#[test]
fn every_state_of_these_tests_is_one_that_hosts_accept() {
    let resource = ErasedResource::new(Scripted::default());
    let shape = resource.shape();
    let faults =
        consistency::state_faults(&shape.schema.attributes, shape.object_type(), &stored(&[]));
    assert_eq!(faults, []);
}
