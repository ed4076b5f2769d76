//! Input that nobody wrote on purpose. Whatever is read does not panic, and what is taken survives being written and read again.
//!
//! Each target is given its corpus, `tests/data/corpus/TARGET.txt` with one JSON value a line, and then a bounded number of mutations of
//! it. An input that once made a target fail is added there.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

#[path = "fuzz/calls.rs"]
mod calls;
#[path = "fuzz/mutate.rs"]
mod mutate;

use std::fmt::{Debug, Display};
use std::str::FromStr;

use konnectazure::azure::ids::{
    ArmId, Guid, PrivateDnsZoneId, RoleAssignmentId, RoleDefinitionId, VhubId, VnetId,
};
use konnectazure::konnect::domains::DomainName;
use konnectazure::konnect::{NetworkId, PrivateDnsId, TransitGatewayId, server_url};
use konnectazure::preflight::cidr::Cidr;
use konnectazure::tf::duration;
use konnectazure::tf::path::{Path, Step};
use konnectazure::tf::types::Type;
use konnectazure::wire::generated::{AttributePath, attribute_path::step::Selector};
use konnectazure::wire::{encode_path, json, msgpack, type_json};
use mutate::{bytes_like, config, texts_like};
use proptest::test_runner::TestRunner;
use prost::Message as _;
use serde_json::Value as Json;

/// The inputs of a target.
fn corpus(target: &str) -> Vec<Json> {
    let file = format!("tests/data/corpus/{target}.txt");
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
    let text = std::fs::read_to_string(path).expect("the corpus");
    let cases: Vec<Json> = text
        .lines()
        .enumerate()
        .map(|(number, line)| {
            serde_json::from_str(line)
                .unwrap_or_else(|error| panic!("{file}:{}: {error}", number + 1))
        })
        .collect();
    assert!(cases.len() > 9, "{file} has hardly a case");
    cases
}

/// Gives a target its corpus of texts and mutations of it. Some are taken and some refused, or the target would prove nothing.
fn over_texts(target: &str, takes: impl Fn(&str) -> bool) {
    let texts: Vec<String> = corpus(target)
        .iter()
        .map(|case| case.as_str().expect("a text").to_owned())
        .collect();
    let accepted = texts.iter().filter(|text| takes(text)).count();
    assert!(
        0 < accepted && accepted < texts.len(),
        "{accepted} of {}",
        texts.len()
    );
    TestRunner::new(config())
        .run(&texts_like(&texts), |text| {
            takes(&text);
            Ok(())
        })
        .unwrap();
}

/// Whether the text is a `T`; one that is reads as the same again when it is written.
fn reads<T>(text: &str) -> bool
where
    T: FromStr + Display,
    T::Err: Display + Debug,
{
    match text.parse::<T>() {
        Ok(id) => {
            let written = id.to_string();
            let again: T = written.parse().expect("what was written can be read");
            assert_eq!(again.to_string(), written);
            true
        }
        Err(fault) => {
            assert!(!fault.to_string().is_empty());
            false
        }
    }
}

#[test]
fn ids() {
    over_texts("ids", |text| {
        // Every kind is tried: one text may be several.
        [
            reads::<ArmId>(text),
            reads::<Guid>(text),
            reads::<NetworkId>(text),
            reads::<PrivateDnsId>(text),
            reads::<PrivateDnsZoneId>(text),
            reads::<RoleAssignmentId>(text),
            reads::<RoleDefinitionId>(text),
            reads::<TransitGatewayId>(text),
            reads::<VhubId>(text),
            reads::<VnetId>(text),
        ]
        .contains(&true)
    });
}

#[test]
fn cidrs() {
    let others: Vec<Cidr> = [
        "0.0.0.0/0",
        "10.0.0.0/9",
        "10.128.0.0/9",
        "::/0",
        "fd00::/8",
    ]
    .iter()
    .map(|text| text.parse().unwrap())
    .collect();
    over_texts("cidrs", |text| {
        let Ok(block) = text.parse::<Cidr>() else {
            return false;
        };
        assert_eq!(block.as_str(), text);
        assert!(block.overlaps(&block) && block.holds(&block));
        for other in &others {
            assert_eq!(block.overlaps(other), other.overlaps(&block));
            assert!(!block.holds(other) || block.overlaps(other));
        }
        true
    });
}

#[test]
fn durations() {
    over_texts("durations", |text| {
        let Ok(read) = duration::parse(text) else {
            return false;
        };
        assert_eq!(duration::parse(&duration::format(read)), Ok(read));
        true
    });
}

#[test]
fn domains() {
    over_texts("domains", reads::<DomainName>);
}

#[test]
fn addresses() {
    over_texts("addresses", |text| match server_url(text) {
        Ok(url) => {
            // Only the last `/v2` is the API's: a server below a path of that name keeps its own.
            for ending in ["/v2", "/v2/"] {
                let text = format!("{url}{ending}");
                assert_eq!(server_url(&text).as_ref(), Ok(&url), "{text}");
            }
            true
        }
        Err(fault) => {
            assert!(!fault.to_string().is_empty());
            false
        }
    });
}

#[test]
fn types() {
    over_texts("types", |text| {
        let Ok(kind) = type_json::parse(text.as_bytes()) else {
            return false;
        };
        assert_eq!(type_json::parse(&type_json::write(&kind)).unwrap(), kind);
        true
    });
}

/// A text as a list of steps: `["rules", 2, {"key": "a"}]`.
fn steps(text: &str) -> Option<Vec<Step>> {
    let Json::Array(steps) = serde_json::from_str(text).ok()? else {
        return None;
    };
    let step = |step: &Json| match step {
        Json::String(name) => Some(Step::Attribute(name.clone())),
        Json::Number(index) => index.as_i64().map(Step::Index),
        Json::Object(map) if map.len() == 1 => {
            let key = map.get("key")?.as_str()?;
            Some(Step::Key(key.to_owned()))
        }
        _ => None,
    };
    steps.iter().map(step).collect()
}

#[test]
fn attribute_paths() {
    over_texts("paths", |text| {
        let Some(steps) = steps(text) else {
            return false;
        };
        let path = steps
            .iter()
            .fold(Path::root(), |path, step| path.join(step.clone()));
        let inwards = steps.iter().rev();
        assert_eq!(
            inwards.fold(Path::root(), |path, step| path.within(step.clone())),
            path
        );
        assert_eq!(path.steps(), steps);
        assert!(path.label("wrong").ends_with("wrong"));
        let sent = encode_path(&path);
        assert_eq!(sent.is_none(), path.is_root());
        let Some(sent) = sent else {
            return true;
        };
        let arrived = AttributePath::decode(sent.encode_to_vec().as_slice()).unwrap();
        let read = arrived
            .steps
            .into_iter()
            .map(|step| match step.selector.unwrap() {
                Selector::AttributeName(name) => Step::Attribute(name),
                Selector::ElementKeyString(key) => Step::Key(key),
                Selector::ElementKeyInt(index) => Step::Index(index),
            });
        assert_eq!(read.collect::<Vec<_>>(), steps);
        true
    });
}

fn type_of(case: &Json) -> Type {
    type_json::from_json(&case[0]).expect("a type")
}

fn of_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// As [`over_texts`], for bytes that are read as a type's value.
fn over_values(cases: Vec<(Type, Vec<u8>)>, takes: impl Fn(&Type, &[u8]) -> bool) {
    let accepted = cases
        .iter()
        .filter(|(kind, bytes)| takes(kind, bytes))
        .count();
    assert!(
        0 < accepted && accepted < cases.len(),
        "{accepted} of {}",
        cases.len()
    );
    let kinds: Vec<Type> = cases.iter().map(|(kind, _)| kind.clone()).collect();
    let bytes = cases.into_iter().map(|(_, bytes)| bytes).collect();
    TestRunner::new(config())
        .run(&bytes_like(bytes), |bytes| {
            for kind in &kinds {
                takes(kind, &bytes);
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn msgpack_values() {
    let cases = corpus("msgpack");
    let cases = cases
        .iter()
        .map(|case| (type_of(case), of_hex(case[1].as_str().unwrap())));
    over_values(cases.collect(), |kind, bytes| {
        let Ok(value) = msgpack::decode(bytes, kind) else {
            return false;
        };
        let written = msgpack::encode(&value, kind).expect("what was read can be written");
        assert_eq!(msgpack::decode(&written, kind), Ok(value));
        true
    });
}

#[test]
fn stored_states() {
    let cases = corpus("states");
    let cases = cases
        .iter()
        .map(|case| (type_of(case), case[1].as_str().unwrap().as_bytes().to_vec()));
    over_values(cases.collect(), |kind, bytes| {
        let Ok(value) = json::decode_json(bytes, kind) else {
            return false;
        };
        let written = json::encode_json(&value, kind).expect("what was read can be written");
        assert_eq!(json::decode_json(&written, kind), Ok(value));
        true
    });
}
