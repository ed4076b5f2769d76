use super::*;
use crate::tf::consistency::plan_faults;
use crate::tf::types::Type;

fn ignoring_case(left: &Value, right: &Value) -> bool {
    match (left.as_str(), right.as_str()) {
        (Some(left), Some(right)) => left.eq_ignore_ascii_case(right),
        _ => false,
    }
}

fn object(members: &[(&str, Value)]) -> Value {
    Value::object(members.iter().map(|(name, value)| (*name, value.clone())))
}

/// What a thing looks like, with one attribute for each way to plan one.
fn schema() -> Vec<Attribute> {
    vec![
        Attribute::computed("id", Type::String).keep(),
        Attribute::required("name", Type::String).equivalent(ignoring_case),
        Attribute::optional("size", Type::Number).default_value(1),
        Attribute::required("place", Type::String).replace(),
        Attribute::optional_computed("zone", Type::String).replace(),
        Attribute::optional("wait", Type::Bool)
            .default_value(true)
            .save_only(),
        Attribute::optional("password", Type::String).write_only(),
        Attribute::optional("note", Type::String),
        Attribute::computed("revision", Type::Number),
    ]
}

fn config(members: &[(&str, Value)]) -> Members {
    let given = [("name", Value::from("one")), ("place", "here".into())];
    let all = schema()
        .into_iter()
        .map(|attribute| (attribute.name.to_owned(), Value::Null));
    let given = given
        .iter()
        .chain(members)
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    all.chain(given).collect()
}

fn prior(members: &[(&str, Value)]) -> Members {
    let mut prior = config(&[
        ("id", "id-1".into()),
        ("size", 1.into()),
        ("zone", "z1".into()),
        ("wait", true.into()),
        ("revision", 7.into()),
    ]);
    prior.extend(
        members
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone())),
    );
    prior
}

/// Plans as the runtime does, for a resource that adds nothing, and demands that the host would accept it.
fn plan(
    attributes: &[Attribute],
    prior: Option<&Members>,
    config: &Members,
) -> (Members, Vec<String>) {
    let proposed = propose(attributes, prior, config);
    let planned = settle(attributes, prior, &proposed, proposed.clone());
    let before = prior.map(|prior| Value::Object(prior.clone()));
    let faults = plan_faults(
        attributes,
        before.as_ref(),
        &Value::Object(config.clone()),
        &Value::Object(planned.clone()),
    );
    assert_eq!(faults, []);
    let replace = prior.map_or_else(Vec::new, |prior| replacements(attributes, prior, &planned));
    (planned, replace.iter().map(ToString::to_string).collect())
}

#[test]
fn a_creation_fills_defaults_and_leaves_computed_attributes_unknown() {
    let (planned, replace) = plan(&schema(), None, &config(&[("password", "hidden".into())]));
    let expected = config(&[
        ("id", Value::unknown()),
        ("size", 1.into()),
        ("zone", Value::unknown()),
        ("wait", true.into()),
        ("revision", Value::unknown()),
    ]);
    assert_eq!(planned, expected);
    assert!(replace.is_empty());
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn changes_are_planned_by_what_each_attribute_says() {
    struct Case {
        name: &'static str,
        config: Vec<(&'static str, Value)>,
        prior: Vec<(&'static str, Value)>,
        changed: Vec<(&'static str, Value)>,
        replace: Vec<&'static str>,
    }
    let unknown = Value::unknown;
    let cases = [
        Case {
            name: "nothing",
            config: vec![],
            prior: vec![],
            changed: vec![],
            replace: vec![],
        },
        Case {
            name: "another spelling",
            config: vec![("name", "ONE".into())],
            prior: vec![],
            changed: vec![],
            replace: vec![],
        },
        Case {
            name: "an update keeps what never changes and recomputes the rest",
            config: vec![("name", "two".into())],
            prior: vec![],
            changed: vec![("name", "two".into()), ("revision", unknown())],
            replace: vec![],
        },
        Case {
            name: "a removed value falls back to its default",
            config: vec![],
            prior: vec![("size", 5.into())],
            changed: vec![("size", 1.into()), ("revision", unknown())],
            replace: vec![],
        },
        Case {
            name: "a removed optional value becomes null",
            config: vec![],
            prior: vec![("note", "old".into())],
            changed: vec![("note", Value::Null), ("revision", unknown())],
            replace: vec![],
        },
        Case {
            name: "a removed computed value stays",
            config: vec![],
            prior: vec![("zone", "z2".into())],
            changed: vec![],
            replace: vec![],
        },
        Case {
            name: "save-only attributes change nothing else",
            config: vec![("wait", false.into())],
            prior: vec![],
            changed: vec![("wait", false.into())],
            replace: vec![],
        },
        Case {
            name: "a write-only value is no change",
            config: vec![("password", "hidden".into())],
            prior: vec![],
            changed: vec![],
            replace: vec![],
        },
        Case {
            name: "a replacement names its cause",
            config: vec![("place", "there".into())],
            prior: vec![],
            changed: vec![("place", "there".into()), ("revision", unknown())],
            replace: vec!["place"],
        },
        Case {
            name: "what may change may replace",
            config: vec![("place", unknown()), ("zone", "z2".into())],
            prior: vec![],
            changed: vec![
                ("place", unknown()),
                ("zone", "z2".into()),
                ("revision", unknown()),
            ],
            replace: vec!["place", "zone"],
        },
        Case {
            name: "an unknown value is a change",
            config: vec![("note", unknown())],
            prior: vec![],
            changed: vec![("note", unknown()), ("revision", unknown())],
            replace: vec![],
        },
        Case {
            name: "what a stored state lacks is filled in by an update",
            config: vec![("name", "two".into())],
            prior: vec![("id", Value::Null)],
            changed: vec![
                ("name", "two".into()),
                ("id", unknown()),
                ("revision", unknown()),
            ],
            replace: vec![],
        },
    ];
    for case in cases {
        let prior = prior(&case.prior);
        let (planned, replace) = plan(&schema(), Some(&prior), &config(&case.config));
        let mut expected = prior.clone();
        expected.extend(
            case.changed
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value)),
        );
        assert_eq!(planned, expected, "{}", case.name);
        assert_eq!(replace, case.replace, "{}", case.name);
    }
}

fn nested(nesting: Nesting) -> Vec<Attribute> {
    let inside = vec![
        Attribute::required("key", Type::String).equivalent(ignoring_case),
        Attribute::computed("token", Type::String),
        Attribute::optional("fixed", Type::String).replace(),
    ];
    vec![
        Attribute::optional("items", AttributeKind::Nested(nesting, inside)),
        Attribute::optional("note", Type::String),
    ]
}

fn item(key: &str, token: impl Into<Value>) -> Value {
    object(&[
        ("key", key.into()),
        ("token", token.into()),
        ("fixed", Value::Null),
    ])
}

fn items(value: Value, note: &str) -> Members {
    [
        ("items".to_owned(), value),
        ("note".to_owned(), note.into()),
    ]
    .into()
}

fn map_of(key: &str, item: Value) -> Value {
    Value::Map([(key.to_owned(), item)].into())
}

#[test]
fn nested_computed_members_follow_their_object() {
    type Arrange = fn(Value) -> Value;
    let arranged: [(Nesting, Arrange); 4] = [
        (Nesting::Single, |item| item),
        (Nesting::List, |item| Value::List(vec![item])),
        (Nesting::Set, |item| Value::set(vec![item])),
        (Nesting::Map, |item| map_of("a", item)),
    ];
    for (nesting, arrange) in arranged {
        let attributes = nested(nesting);
        let configured = items(arrange(item("k", Value::Null)), "n");
        let stored = items(arrange(item("K", "t-1")), "n");

        let (created, _) = plan(&attributes, None, &configured);
        assert_eq!(
            created,
            items(arrange(item("k", Value::unknown())), "n"),
            "{nesting:?}"
        );
        let (same, _) = plan(&attributes, Some(&stored), &configured);
        assert_eq!(same, stored, "{nesting:?}");
        let (updated, _) = plan(
            &attributes,
            Some(&items(arrange(item("K", "t-1")), "old")),
            &configured,
        );
        assert_eq!(
            updated,
            items(arrange(item("K", Value::unknown())), "n"),
            "{nesting:?}"
        );
        let (removed, _) = plan(&attributes, Some(&stored), &items(Value::Null, "n"));
        assert_eq!(removed, items(Value::Null, "n"), "{nesting:?}");
    }
}

#[test]
fn a_new_element_has_no_computed_values_yet() {
    let attributes = nested(Nesting::List);
    let configured = Value::List(vec![item("a", Value::Null), item("b", Value::Null)]);
    let stored = items(Value::List(vec![item("a", "t-1")]), "n");
    let (planned, _) = plan(&attributes, Some(&stored), &items(configured, "n"));
    let unknown = |key| item(key, Value::unknown());
    assert_eq!(
        planned,
        items(Value::List(vec![unknown("a"), unknown("b")]), "n")
    );
}

#[test]
fn replacement_paths_reach_into_lists_and_stop_at_sets() {
    let with_fixed = |fixed: &str| {
        object(&[
            ("key", "k".into()),
            ("token", Value::Null),
            ("fixed", fixed.into()),
        ])
    };
    let replace = |nesting, arrange: fn(Vec<Value>) -> Value| {
        let before = items(arrange(vec![item("j", "t-1"), with_fixed("x")]), "n");
        let after = items(arrange(vec![item("j", Value::Null), with_fixed("y")]), "n");
        plan(&nested(nesting), Some(&before), &after).1
    };
    assert_eq!(replace(Nesting::List, Value::List), ["items[1].fixed"]);
    assert_eq!(replace(Nesting::Set, Value::set), ["items"]);
}

#[test]
fn an_unknown_collection_stays_as_the_host_sent_it() {
    let attributes = nested(Nesting::List);
    let configured = items(Value::unknown(), "n");
    let stored = items(Value::List(vec![item("a", "t-1")]), "n");
    assert_eq!(plan(&attributes, Some(&stored), &configured).0, configured);
    let partly = items(Value::List(vec![Value::unknown()]), "n");
    assert_eq!(plan(&attributes, Some(&stored), &partly).0, partly);
}

#[test]
fn a_change_by_the_resource_alone_is_told_from_one_by_the_configuration() {
    let attributes = schema();
    let (prior, config) = (prior(&[]), config(&[]));
    let proposed = propose(&attributes, Some(&prior), &config);
    assert_eq!(proposed, prior);
    let alone = |proposed: &Members, planned: &Members| {
        is_changed_by_resource_alone(&attributes, &prior, proposed, planned)
    };
    let mut planned = proposed.clone();
    assert!(!alone(&proposed, &planned));
    planned.insert("id".to_owned(), "id-2".into());
    assert!(alone(&proposed, &planned));
    assert!(!alone(&planned, &planned));
    let changing = propose_change(&attributes, &prior, &config);
    assert_eq!(changing["revision"], Value::unknown());
    assert_eq!(changing["zone"], "z1".into());
}

#[test]
fn the_resource_may_fill_in_another_spelling_of_what_was_there() {
    let attributes = [Attribute::computed("name", Type::String).equivalent(ignoring_case)];
    let state = |name: &str| -> Members { [("name".to_owned(), name.into())].into() };
    let settled = settle(
        &attributes,
        Some(&state("one")),
        &state("one"),
        state("ONE"),
    );
    assert_eq!(settled, state("one"));
}

#[test]
fn what_the_host_knows_about_an_unknown_value_is_kept() {
    use crate::tf::value::Refinement;

    let refined = Value::Unknown(Refinement {
        null: Some(false),
        ..Refinement::default()
    });
    let proposed: Members = [("note".to_owned(), refined)].into();
    // As it comes back from a model, which cannot carry what is known.
    let planned: Members = [("note".to_owned(), Value::unknown())].into();
    let attributes = [Attribute::optional("note", Type::String)];
    let settled = settle(&attributes, None, &proposed, planned);
    let Some(Value::Unknown(refinement)) = settled.get("note") else {
        panic!("still unknown");
    };
    assert_eq!(refinement.null, Some(false));
}

#[test]
fn defaults_fill_a_configuration_without_state() {
    let filled = with_defaults(&schema(), config(&[("wait", Value::unknown())]));
    assert_eq!(filled["size"], 1.into());
    assert_eq!(filled["wait"], Value::unknown());
    assert_eq!(filled["id"], Value::Null);
}
