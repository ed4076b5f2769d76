//! Arbitrary types and values for property tests.

use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Union;

use super::number::Number;
use super::types::Type;
use super::value::{Refinement, Value};

/// Cases enough to meet each combination of two kinds, few enough for a test run of seconds without optimisation.
///
/// Failures are not written to files: what one teaches becomes a test with a name.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// How likely a value in any place is null, and how likely unknown, in percent.
const RARE: u32 = 10;

/// Any type, up to three containers deep.
pub(crate) fn any_type() -> impl Strategy<Value = Type> {
    let leaf = prop_oneof![
        Just(Type::String),
        Just(Type::Number),
        Just(Type::Bool),
        Just(Type::Dynamic),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Type::list),
            inner.clone().prop_map(Type::set),
            inner.clone().prop_map(Type::map),
            btree_map(any_text(), inner.clone(), 0..4).prop_map(Type::Object),
            vec(inner, 0..4).prop_map(Type::Tuple),
        ]
    })
}

/// A type that a value in a dynamic place brings along.
fn any_static_type() -> impl Strategy<Value = Type> {
    any_type().prop_filter("a dynamic value brings a type of its own", |kind| {
        *kind != Type::Dynamic
    })
}

/// Any value of this type: null and unknown at any depth.
pub(crate) fn any_value(kind: &Type) -> BoxedStrategy<Value> {
    value_of(kind, true, 2)
}

/// Any value of this type without unknowns and infinities, as state has it.
pub(crate) fn any_known_value(kind: &Type) -> BoxedStrategy<Value> {
    value_of(kind, false, 2)
}

/// `dynamics` is how many dynamic values may lie within each other: each brings a type that may be dynamic again.
fn value_of(kind: &Type, unknown: bool, dynamics: u32) -> BoxedStrategy<Value> {
    let mut choices = vec![
        (100 - 2 * RARE, present_value(kind, unknown, dynamics)),
        (RARE, Just(Value::Null).boxed()),
    ];
    if unknown {
        choices.push((RARE, any_refinement().prop_map(Value::Unknown).boxed()));
    }
    Union::new_weighted(choices).boxed()
}

fn present_value(kind: &Type, unknown: bool, dynamics: u32) -> BoxedStrategy<Value> {
    match kind {
        Type::String => any_text().prop_map(Value::String).boxed(),
        Type::Number if unknown => any_number().prop_map(Value::Number).boxed(),
        Type::Number => any_decimal().prop_map(Value::Number).boxed(),
        Type::Bool => any::<bool>().prop_map(Value::Bool).boxed(),
        Type::Dynamic => match dynamics.checked_sub(1) {
            None => Just(Value::Null).boxed(),
            Some(left) => any_static_type()
                .prop_flat_map(move |kind| {
                    let value = value_of(&kind, unknown, left);
                    (Just(kind), value)
                })
                .prop_map(|typed| Value::Dynamic(Box::new(typed)))
                .boxed(),
        },
        Type::List(element) => vec(value_of(element, unknown, dynamics), 0..4)
            .prop_map(Value::List)
            .boxed(),
        Type::Set(element) => vec(value_of(element, unknown, dynamics), 0..4)
            .prop_map(Value::set)
            .boxed(),
        Type::Map(element) => btree_map(any_text(), value_of(element, unknown, dynamics), 0..4)
            .prop_map(Value::Map)
            .boxed(),
        Type::Tuple(elements) => elements
            .iter()
            .map(|kind| value_of(kind, unknown, dynamics))
            .collect::<Vec<_>>()
            .prop_map(Value::Tuple)
            .boxed(),
        Type::Object(attributes) => attributes
            .iter()
            .map(|(name, kind)| (Just(name.clone()), value_of(kind, unknown, dynamics)))
            .collect::<Vec<_>>()
            .prop_map(Value::object)
            .boxed(),
    }
}

/// Short text of any script, controls included.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    vec(any::<char>(), 0..6).prop_map(String::from_iter)
}

/// A finite number: machine integers and their neighbours, floats, and decimals beyond both.
pub(crate) fn any_decimal() -> impl Strategy<Value = Number> {
    prop_oneof![
        any::<i64>().prop_map(Number::from),
        any::<u64>().prop_map(Number::from),
        any::<i16>().prop_map(|small| Number::from(i64::from(small))),
        prop::num::f64::NORMAL.prop_map(|float| Number::from_f64(float).unwrap()),
        (any::<i16>(), 0..12_u32)
            .prop_map(|(digits, halvings)| f64::from(digits) / f64::from(1_u32 << halvings))
            .prop_map(|float| Number::from_f64(float).unwrap()),
        "-?[0-9]{1,40}(\\.[0-9]{1,40})?(e-?[0-9]{1,3})?".prop_map(|text| text.parse().unwrap()),
    ]
}

/// Any number, the infinities included.
pub(crate) fn any_number() -> impl Strategy<Value = Number> {
    prop_oneof![
        12 => any_decimal(),
        1 => Just(Number::PositiveInfinity),
        1 => Just(Number::NegativeInfinity),
    ]
}

/// What may be known about an unknown, short enough to be sent whole.
pub(crate) fn any_refinement() -> impl Strategy<Value = Refinement> {
    let bound = || {
        let short = any_number().prop_filter("both bounds fit into what may be sent", |number| {
            number.to_string().len() < 400
        });
        option::of((short, any::<bool>()))
    };
    (
        option::of(any::<bool>()),
        option::of(any_text()),
        bound(),
        bound(),
        option::of(any::<u64>()),
        option::of(any::<u64>()),
    )
        .prop_map(
            |(null, prefix, lower, upper, shortest, longest)| Refinement {
                null,
                prefix,
                lower,
                upper,
                shortest,
                longest,
            },
        )
}

/// The bytes with a few of them changed, or cut short.
pub(crate) fn mutated(bytes: impl Strategy<Value = Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    let changes = vec((any::<prop::sample::Index>(), any::<u8>()), 0..4);
    (bytes, changes, option::of(any::<prop::sample::Index>())).prop_map(
        |(mut bytes, changes, cut)| {
            for (place, byte) in changes {
                if !bytes.is_empty() {
                    let place = place.index(bytes.len());
                    bytes[place] = byte;
                }
            }
            if let Some(cut) = cut
                && !bytes.is_empty()
            {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        },
    )
}
