//! Refresh, import, move and upgrade.

use super::*;

#[tokio::test]
async fn a_refresh_keeps_the_users_spelling_and_what_is_only_saved() {
    let script = Scripted {
        read: |state| {
            Ok(Some(Thing {
                name: "ONE".into(),
                tags: Attr::Known(Set(Vec::new())),
                wait: Attr::Null,
                revision: Attr::Known(9),
                ..state
            }))
        },
        ..Scripted::default()
    };
    let before = stored(&[("wait", false.into())]);
    let answer = read(script, before, identity("id-1"), b"private").await;
    assert_eq!(answer.diagnostics, Diagnostics::new());
    assert_eq!(
        answer.state,
        stored(&[("wait", false.into()), ("revision", 9.into())])
    );
    assert_eq!(answer.private, b"private");
    assert_eq!(answer.identity, identity("id-1"));
}

#[tokio::test]
async fn an_object_that_is_gone_leaves_the_state() {
    let script = Scripted {
        read: |_| Ok(None),
        ..Scripted::default()
    };
    let answer = read(script, stored(&[]), identity("id-1"), b"private").await;
    assert_eq!(answer.state, Value::Null);
    assert_eq!(answer.diagnostics, Diagnostics::new());
}

#[tokio::test]
async fn a_failed_refresh_changes_nothing() {
    type Read = fn(Thing) -> Result<Option<Thing>, Diagnostics>;
    let failing: [Read; 3] = [
        |_| Err(failure()),
        |_| panic!("out of cheese"),
        |state| {
            Ok(Some(Thing {
                revision: Attr::Unknown,
                ..state
            }))
        },
    ];
    for read_it in failing {
        let script = Scripted {
            read: read_it,
            ..Scripted::default()
        };
        let answer = read(script, stored(&[]), identity("id-1"), b"private").await;
        assert!(answer.diagnostics.has_errors());
        assert_eq!(answer.state, stored(&[]));
        assert_eq!(answer.private, b"private");
        assert_eq!(answer.identity, identity("id-1"));
    }
}

#[tokio::test]
async fn a_refresh_never_finds_another_object() {
    let another = || Scripted {
        read: |state| {
            Ok(Some(Thing {
                id: "id-2".into(),
                ..state
            }))
        },
        ..Scripted::default()
    };
    let answer = read(another(), stored(&[]), identity("id-1"), b"").await;
    assert_eq!(
        summaries(&answer.diagnostics),
        ["The identity of test_thing changed"]
    );
    let detail = &answer.diagnostics.iter().next().unwrap().detail;
    assert!(
        detail.contains(r#"id: stored "id-1", found "id-2""#),
        "{detail}"
    );
    assert_eq!(answer.state, stored(&[]));
    let without_identity = read(another(), stored(&[]), None, b"").await;
    assert_eq!(without_identity.identity, identity("id-2"));
}

#[tokio::test]
async fn an_import_is_completed_by_the_refresh_that_follows() {
    let found = ErasedResource::new(Scripted::default())
        .import(ImportId::Id("ID-1".to_owned()), CancellationToken::new())
        .await;
    assert_eq!(found.diagnostics, Diagnostics::new());
    assert_eq!(
        found.state,
        object(&[("id", "ID-1".into()), ("wait", true.into())])
    );
    let complete = Scripted {
        read: |_| {
            Ok(Some(Thing {
                name: "one".into(),
                place: "here".into(),
                tags: Attr::Known(Set(Vec::new())),
                ..made(Thing::default())
            }))
        },
        ..Scripted::default()
    };
    let answer = read(complete, found.state, found.identity, &found.private).await;
    assert_eq!(answer.diagnostics, Diagnostics::new());
    // The id keeps the spelling of the import; that no tags are there is told by absence.
    assert_eq!(answer.state, stored(&[("id", "ID-1".into())]));
    assert_eq!(answer.private, b"");
    let planned = plan(Scripted::default(), answer.state.clone(), config(&[])).await;
    assert_eq!(planned.planned, answer.state);
}

#[tokio::test]
async fn a_failed_import_finds_nothing() {
    let by_identity = ImportId::Identity(Members::new());
    let answer = ErasedResource::new(Scripted::default())
        .import(by_identity, CancellationToken::new())
        .await;
    assert!(answer.diagnostics.has_errors());
    assert_eq!(answer.state, Value::Null);
}

fn source() -> MoveSource {
    MoveSource {
        provider_address: "example.com/other/other".to_owned(),
        type_name: "other_thing".to_owned(),
        schema_version: 0,
        state: serde_json::json!({}),
        identity: None,
    }
}

/// What a move holds is planned with like any state: with settings that are not known yet, or without a refresh.
#[tokio::test]
async fn a_moved_object_is_an_object_like_any_other() {
    let script = |not_known_yet| Scripted {
        move_from: |_| {
            Some(Thing {
                name: "one".into(),
                place: "here".into(),
                ..made(Thing::default())
            })
        },
        read: |_| Err(failure()),
        not_known_yet,
        ..Scripted::default()
    };
    let moved = ErasedResource::new(script(None)).move_from(&source());
    assert_eq!(moved.diagnostics, Diagnostics::new());
    assert_eq!(moved.state, stored(&[]));
    assert_eq!(moved.identity, identity("id-1"));
    let unknown = script(Some("the token is not known yet"));
    let answer = read(unknown, moved.state, moved.identity, &moved.private).await;
    assert_eq!(
        summaries(&answer.diagnostics),
        ["Not refreshed: the provider's settings are not known yet"]
    );
    assert_eq!(answer.state, stored(&[]));

    let another = Scripted {
        read: |state| {
            Ok(Some(Thing {
                id: "id-2".into(),
                ..state
            }))
        },
        ..Scripted::default()
    };
    let answer = read(another, answer.state, answer.identity, &answer.private).await;
    assert_eq!(
        summaries(&answer.diagnostics),
        ["The identity of test_thing changed"]
    );
}

#[test]
fn a_move_from_a_stranger_is_refused() {
    let source = source();
    let answer = ErasedResource::new(Scripted::default()).move_from(&source);
    assert_eq!(
        summaries(&answer.diagnostics),
        ["Cannot move to test_thing"]
    );
    assert!(source.is("other/other", "other_thing"));
    assert!(!source.is("other/another", "other_thing"));
}

/// What others made may not be what the rules here allow: it is written down all the same, with what is wrong about it.
#[test]
fn a_generated_configuration_that_is_not_valid_comes_with_a_warning() {
    let generate = |state| ErasedResource::new(Scripted::default()).generate_config(&state);
    let (written, diagnostics) = generate(stored(&[]));
    assert_eq!(written, config(&[]));
    assert_eq!(diagnostics, Diagnostics::new());
    let (written, diagnostics) = generate(stored(&[("name", Value::Null)]));
    assert_eq!(written, config(&[("name", Value::Null)]));
    assert!(!diagnostics.has_errors());
    let told: Vec<_> = diagnostics
        .iter()
        .map(|one| (one.summary.as_str(), one.path.to_string()))
        .collect();
    assert_eq!(
        told,
        [(
            "The generated configuration needs a change: Missing value",
            "name".to_owned()
        )]
    );
}

#[test]
fn an_upgrade_from_an_unknown_version_is_refused() {
    let outcome = ErasedResource::new(Scripted::default()).upgrade(-1, serde_json::json!({}));
    assert!(outcome.is_err());
}
