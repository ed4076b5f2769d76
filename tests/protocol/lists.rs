//! Queries: streamed, bounded, and ended by whoever has enough.

use std::sync::Arc;

use konnectazure::{
    tf::attr::Attr,
    wire::generated::{get_metadata, list_resource, stop_provider},
};
use serde_json::json;

use crate::{
    support::core::{Core, Listed, Value, checked, has_errors, texts},
    toy::{THING, Thing, Toy, World},
};

async fn start(things: usize) -> (Core, Arc<World>) {
    let (toy, world) = Toy::new();
    for number in 0..things {
        let thing = Thing {
            id: Attr::Known(format!("{number:03}")),
            name: Attr::Known(format!("THING {number}")),
            place: Attr::Known(if number == 0 { "cellar" } else { "attic" }.to_owned()),
            ..Thing::default()
        };
        world.things().insert(format!("{number:03}"), thing);
    }
    (Core::start(toy).await, world)
}

async fn query(
    core: &mut Core,
    filters: serde_json::Value,
    limit: usize,
) -> (Vec<Listed>, Vec<String>) {
    let filters = core.filters(THING, &filters);
    let (found, diagnostics) = core.query(THING, &filters, limit, false).await;
    (found, texts(&diagnostics))
}

#[tokio::test]
async fn a_list_is_announced_wherever_schemas_are_asked_for() {
    let (mut core, _) = start(0).await;
    let metadata = core
        .client
        .get_metadata(get_metadata::Request {})
        .await
        .unwrap()
        .into_inner();
    let names: Vec<String> = metadata
        .list_resources
        .into_iter()
        .map(|list| list.type_name)
        .collect();
    assert_eq!(names, [THING]);
    assert_eq!(core.lists.keys().collect::<Vec<_>>(), [THING]);
    assert!(core.lists[THING].attribute("timeouts").is_none());
}

#[tokio::test]
async fn a_query_finds_what_its_filters_let_through() {
    let (mut core, _) = start(3).await;
    let (found, diagnostics) = query(&mut core, json!({}), 100).await;
    assert_eq!(diagnostics, [""; 0]);
    let names: Vec<&str> = found.iter().map(|one| one.display_name.as_str()).collect();
    assert_eq!(names, ["THING 0", "THING 1", "THING 2"]);
    let (found, _) = query(&mut core, json!({"place": "cellar"}), 100).await;
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].identity.get("id"), Some(&"000".into()));
}

#[tokio::test]
async fn the_object_is_what_an_import_gives() {
    let (mut core, _) = start(2).await;
    let filters = core.filters(THING, &json!({}));
    let (found, _) = core.query(THING, &filters, 100, true).await;
    assert_eq!(found.len(), 2);
    for listed in found {
        let imported = core
            .import(THING, "", Some(&listed.identity))
            .await
            .unwrap();
        assert_eq!(listed.object, Some(imported.state));
        assert_eq!(imported.identity, Some(listed.identity));
    }
}

#[tokio::test]
async fn nothing_is_looked_for_beyond_the_limit() {
    let (mut core, world) = start(9).await;
    let filters = core.filters(THING, &json!({"trouble": "refused"}));
    for limit in [0, 1, 4] {
        world.calls();
        let mut events = core.start_query(THING, &filters, limit, false).await;
        let mut count = 0;
        while let Some(event) = events.message().await.unwrap() {
            assert!(!has_errors(&checked(event.diagnostic)));
            count += 1;
        }
        assert_eq!(count, limit);
        let looked = world.calls();
        let looked = looked.iter().filter(|call| *call == "thing found").count();
        assert_eq!(looked, usize::try_from(limit).unwrap());
    }
}

#[tokio::test]
async fn what_goes_wrong_is_told_in_the_stream_after_what_was_found() {
    let (mut core, _) = start(2).await;
    let cases = [
        ("refused", "Refused"),
        ("panics", "Bug in the provider: panic during a query"),
        ("odd", "Odd"),
        ("late", "Late"),
    ];
    for (trouble, expected) in cases {
        let (found, diagnostics) = query(&mut core, json!({"trouble": trouble}), 100).await;
        assert_eq!(found.len(), 2, "{trouble}");
        assert_eq!(diagnostics, [expected]);
    }
    assert_eq!(query(&mut core, json!({}), 100).await.0.len(), 2);
}

#[tokio::test]
async fn filters_are_checked_before_anything_is_looked_for() {
    let (mut core, world) = start(2).await;
    let cases = [
        (json!({"place": ""}), "place: Invalid place"),
        (json!({"trouble": "invalid"}), "Invalid"),
    ];
    for (filters, expected) in cases {
        assert_eq!(
            query(&mut core, filters, 100).await,
            (vec![], vec![expected.to_owned()])
        );
    }
    let unknown = Value::object([("place", Value::unknown()), ("trouble", Value::Null)]);
    assert_eq!(texts(&core.validate_query(THING, &unknown).await), [""; 0]);
    let (found, diagnostics) = core.query(THING, &unknown, 100, false).await;
    assert_eq!(found, []);
    assert_eq!(texts(&diagnostics), ["Cannot list toy_thing"]);
    // A query without a configuration is one without filters.
    let (found, _) = core.query(THING, &Value::Null, 100, false).await;
    assert_eq!(found.len(), 2);
    assert_eq!(
        world
            .calls()
            .iter()
            .filter(|call| *call == "thing found")
            .count(),
        2
    );
}

#[tokio::test]
async fn a_filter_that_makes_no_sense_is_an_error_in_the_stream() {
    let (mut core, _) = start(1).await;
    let request = list_resource::Request {
        type_name: THING.to_owned(),
        config: Some(konnectazure::wire::generated::DynamicValue {
            msgpack: vec![0xc1],
            json: Vec::new(),
        }),
        limit: 100,
        ..Default::default()
    };
    let answer = core.client.list_resource(request).await.unwrap();
    let mut events = answer.into_inner();
    let event = events.message().await.unwrap().unwrap();
    assert_eq!(
        texts(&checked(event.diagnostic)),
        ["The configuration was not understood"]
    );
    assert_eq!(events.message().await.unwrap(), None);
}

#[tokio::test]
async fn objects_arrive_while_the_search_goes_on() {
    let (mut core, _) = start(1).await;
    let filters = core.filters(THING, &json!({"trouble": "hangs"}));
    let mut events = core.start_query(THING, &filters, 100, false).await;
    let first = events.message().await.unwrap().unwrap();
    assert_eq!(first.display_name, "THING 0");
}

#[tokio::test]
async fn a_host_that_has_enough_ends_the_search_by_leaving() {
    // One that waits for its service, and one that waits for its reader.
    for (things, trouble) in [(1, "hangs"), (10_000, "")] {
        let (mut core, world) = start(things).await;
        let filters = core.filters(THING, &json!({"trouble": trouble}));
        let mut events = core.start_query(THING, &filters, 100_000, false).await;
        events.message().await.unwrap().unwrap();
        drop(events);
        world.waiting.notified().await;
        assert_eq!(world.calls().last().unwrap(), "query left");
        core.shut_down().await;
    }
}

#[tokio::test]
async fn an_interrupt_ends_a_query_with_an_error() {
    let (mut core, _) = start(1).await;
    let filters = core.filters(THING, &json!({"trouble": "waits"}));
    let mut events = core.start_query(THING, &filters, 100, false).await;
    events.message().await.unwrap().unwrap();
    core.client
        .stop_provider(stop_provider::Request {})
        .await
        .unwrap();
    let event = events.message().await.unwrap().unwrap();
    assert_eq!(texts(&checked(event.diagnostic)), ["Interrupted"]);
    assert_eq!(events.message().await.unwrap(), None);
}

#[tokio::test]
async fn an_interrupt_ends_a_query_whose_reader_is_behind() {
    let (mut core, world) = start(10_000).await;
    let filters = core.filters(THING, &json!({}));
    let mut events = core.start_query(THING, &filters, 100_000, true).await;
    events.message().await.unwrap().unwrap();
    core.client
        .stop_provider(stop_provider::Request {})
        .await
        .unwrap();
    world.waiting.notified().await;
    let mut last = None;
    while let Some(event) = events.message().await.unwrap() {
        last = Some(event);
    }
    assert_eq!(
        texts(&checked(last.unwrap().diagnostic)),
        ["The query was interrupted"]
    );
}
