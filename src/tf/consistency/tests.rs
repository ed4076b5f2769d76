use super::*;
use crate::tf::schema::Schema;

fn nested(nesting: Nesting) -> AttributeKind {
    AttributeKind::Nested(
        nesting,
        vec![
            Attribute::required("key", Type::String),
            Attribute::computed("token", Type::String),
        ],
    )
}

fn schema() -> Vec<Attribute> {
    vec![
        Attribute::required("name", Type::String),
        Attribute::optional_computed("zone", Type::String),
        Attribute::optional("password", Type::String).write_only(),
        Attribute::optional("list", nested(Nesting::List)),
        Attribute::optional("set", nested(Nesting::Set)),
        Attribute::optional("map", nested(Nesting::Map)),
        Attribute::optional("single", nested(Nesting::Single)),
    ]
}

fn kind() -> Type {
    Schema::new("Samples.", schema()).object_type()
}

fn state(members: &[(&str, Value)]) -> Value {
    let all = schema()
        .into_iter()
        .map(|attribute| (attribute.name.to_owned(), Value::Null));
    let given = members
        .iter()
        .map(|(name, value)| ((*name).to_owned(), value.clone()));
    Value::Object(
        all.chain([("name".to_owned(), "one".into())])
            .chain(given)
            .collect(),
    )
}

fn item(key: &str) -> Value {
    Value::object([("key", key.into()), ("token", Value::Null)])
}

fn planned_paths(
    prior: &[(&str, Value)],
    config: &[(&str, Value)],
    planned: &[(&str, Value)],
) -> Vec<String> {
    let faults = plan_faults(
        &schema(),
        Some(&state(prior)),
        &state(config),
        &state(planned),
    );
    faults.iter().map(|fault| fault.path.to_string()).collect()
}

fn applied_paths(planned: &[(&str, Value)], actual: &[(&str, Value)]) -> Vec<String> {
    let faults = apply_faults(&schema(), &kind(), &state(planned), &state(actual));
    faults.iter().map(|fault| fault.path.to_string()).collect()
}

#[test]
fn a_plan_takes_the_configured_or_the_prior_value_and_no_third() {
    let name = |name: &str| [("name", Value::from(name))];
    assert!(planned_paths(&name("a"), &name("b"), &name("b")).is_empty());
    assert!(planned_paths(&name("a"), &name("b"), &name("a")).is_empty());
    assert_eq!(planned_paths(&name("a"), &name("b"), &name("c")), ["name"]);
    assert_eq!(
        planned_paths(&name("a"), &name("b"), &[("name", Value::unknown())]),
        ["name"]
    );
}

#[test]
fn computed_attributes_are_free_only_without_configuration() {
    assert!(planned_paths(&[], &[], &[("zone", Value::unknown())]).is_empty());
    assert!(planned_paths(&[], &[], &[("zone", "z".into())]).is_empty());
    assert_eq!(
        planned_paths(&[], &[("zone", "z".into())], &[("zone", Value::unknown())]),
        ["zone"]
    );
}

#[test]
fn write_only_values_are_never_planned_nor_stored() {
    let password = [("password", Value::from("hidden"))];
    assert_eq!(planned_paths(&[], &password, &password), ["password"]);
    assert!(planned_paths(&[], &password, &[]).is_empty());
    let faults = state_faults(&schema(), &kind(), &state(&password));
    assert_eq!(faults.len(), 1);
    assert!(!faults[0].to_string().contains("hidden"));
}

#[test]
fn nested_objects_are_planned_one_for_one() {
    let list = |items: Vec<Value>| [("list", Value::List(items))];
    let with_token = Value::object([("key", "a".into()), ("token", Value::unknown())]);
    assert!(planned_paths(&[], &list(vec![item("a")]), &list(vec![with_token])).is_empty());
    assert_eq!(
        planned_paths(&[], &list(vec![item("a")]), &list(vec![])),
        ["list"]
    );
    assert_eq!(
        planned_paths(&[], &list(vec![item("a")]), &list(vec![item("b")])),
        ["list[0].key"]
    );
    let unknown = [("list", Value::unknown())];
    assert_eq!(
        planned_paths(&[], &list(vec![item("a")]), &unknown),
        ["list"]
    );
    assert_eq!(planned_paths(&[], &[], &list(vec![])), ["list"]);

    let map = |key: &str| [("map", Value::Map([(key.to_owned(), item("a"))].into()))];
    assert_eq!(planned_paths(&[], &map("a"), &map("b")), ["map"]);
    let single = [("single", item("a"))];
    assert_eq!(planned_paths(&[], &single, &[]), ["single"]);
    assert_eq!(planned_paths(&[], &[], &single), ["single"]);
}

#[test]
fn sets_need_only_a_possible_number_of_elements() {
    let set = |items: Vec<Value>| [("set", Value::set(items))];
    assert!(planned_paths(&[], &set(vec![item("a")]), &set(vec![item("b")])).is_empty());
    assert_eq!(
        planned_paths(&[], &set(vec![item("a")]), &set(vec![])),
        ["set"]
    );
}

#[test]
fn existence_is_planned_as_configured() {
    let faults =
        |config: &Value, planned: &Value| plan_faults(&schema(), None, config, planned).len();
    assert_eq!(faults(&state(&[]), &Value::Null), 1);
    assert_eq!(faults(&Value::Null, &state(&[])), 1);
    assert_eq!(faults(&Value::Null, &Value::Null), 0);
}

#[test]
fn known_plans_come_true_to_the_letter() {
    let cases: [(&str, Value, Value, bool); 13] = [
        ("zone", Value::unknown(), "z".into(), true),
        ("zone", Value::unknown(), Value::Null, true),
        ("zone", Value::unknown(), Value::unknown(), false),
        ("zone", "z".into(), "z".into(), true),
        ("zone", "z".into(), "y".into(), false),
        ("zone", "z".into(), Value::Null, false),
        ("zone", Value::Null, "z".into(), false),
        (
            "list",
            Value::List(vec![item("a")]),
            Value::List(vec![]),
            false,
        ),
        (
            "set",
            Value::set(vec![item("a")]),
            Value::set(vec![item("a")]),
            true,
        ),
        (
            "set",
            Value::set(vec![item("a")]),
            Value::set(vec![item("b")]),
            false,
        ),
        (
            "set",
            Value::set(vec![]),
            Value::set(vec![item("b")]),
            false,
        ),
        (
            "set",
            Value::set(vec![Value::unknown()]),
            Value::set(vec![item("b")]),
            true,
        ),
        (
            "map",
            Value::Map(Members::new()),
            Value::Map([("a".to_owned(), item("a"))].into()),
            false,
        ),
    ];
    for (name, planned, actual, sound) in cases {
        let faults = applied_paths(&[(name, planned.clone())], &[(name, actual.clone())]);
        assert_eq!(
            faults.is_empty(),
            sound,
            "{name}: {planned:?} then {actual:?}: {faults:?}"
        );
    }
}

#[test]
fn a_promise_about_an_unknown_value_is_kept() {
    let promise = Refinement {
        null: Some(false),
        prefix: Some("z-".to_owned()),
        ..Refinement::default()
    };
    let planned = [("zone", Value::Unknown(promise))];
    assert!(applied_paths(&planned, &[("zone", "z-1".into())]).is_empty());
    assert_eq!(applied_paths(&planned, &[("zone", "y-1".into())]), ["zone"]);
    assert_eq!(applied_paths(&planned, &[("zone", Value::Null)]), ["zone"]);
}

#[test]
fn objects_neither_vanish_nor_appear_unplanned() {
    assert_eq!(
        apply_faults(&schema(), &kind(), &state(&[]), &Value::Null).len(),
        1
    );
    assert_eq!(
        apply_faults(&schema(), &kind(), &Value::Null, &state(&[])).len(),
        1
    );
    assert_eq!(
        apply_faults(&schema(), &kind(), &Value::Null, &Value::Null),
        []
    );
}

#[test]
fn states_have_the_schemas_type_in_every_part() {
    let wrong = state(&[
        ("zone", true.into()),
        (
            "list",
            Value::List(vec![Value::object([
                ("key", "a".into()),
                ("extra", "b".into()),
            ])]),
        ),
    ]);
    let paths: Vec<String> = state_faults(&schema(), &kind(), &wrong)
        .iter()
        .map(|fault| fault.path.to_string())
        .collect();
    assert_eq!(paths, ["list[0].token", "list[0].extra", "zone"]);
}
