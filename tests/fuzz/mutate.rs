//! Inputs that resemble those of a corpus.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Enough to meet most places of most inputs, few enough for seconds without optimisation. What fails is printed, and belongs into the
/// corpus by hand: files that a failure leaves behind would be found by nobody.
pub(crate) fn config() -> ProptestConfig {
    ProptestConfig {
        cases: 512,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

/// What is done to an input, at a place of it.
#[derive(Clone, Debug)]
enum Change<T> {
    Replace(Index, T),
    Insert(Index, T),
    Remove(Index),
    Repeat(Index),
    Cut(Index),
}

fn change<T: Clone + std::fmt::Debug + 'static>(
    piece: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Change<T>> {
    prop_oneof![
        (any::<Index>(), piece.clone()).prop_map(|(at, piece)| Change::Replace(at, piece)),
        (any::<Index>(), piece).prop_map(|(at, piece)| Change::Insert(at, piece)),
        any::<Index>().prop_map(Change::Remove),
        any::<Index>().prop_map(Change::Repeat),
        any::<Index>().prop_map(Change::Cut),
    ]
}

fn changed<T: Clone>(mut input: Vec<T>, changes: Vec<Change<T>>) -> Vec<T> {
    for change in changes {
        let place = |at: Index| at.index(input.len().max(1));
        match change {
            Change::Insert(at, piece) => {
                let at = place(at).min(input.len());
                input.insert(at, piece);
            }
            _ if input.is_empty() => {}
            Change::Replace(at, piece) => {
                let at = place(at);
                input[at] = piece;
            }
            Change::Remove(at) => drop(input.remove(place(at))),
            Change::Repeat(at) => {
                let at = place(at);
                let piece = input[at].clone();
                input.insert(at, piece);
            }
            Change::Cut(at) => input.truncate(place(at)),
        }
    }
    input
}

/// Two inputs, of which the first's beginning is put before the second's end, and then changed here and there.
fn like<T: Clone + std::fmt::Debug + 'static>(
    inputs: Vec<Vec<T>>,
    piece: impl Strategy<Value = T> + Clone + 'static,
) -> impl Strategy<Value = Vec<T>> {
    let one = select(inputs);
    let spliced = (one.clone(), one.clone(), any::<Index>(), any::<Index>()).prop_map(
        |(first, second, until, from)| {
            let until = until.index(first.len() + 1);
            let from = from.index(second.len() + 1);
            [&first[..until], &second[from..]].concat()
        },
    );
    let begun = prop_oneof![3 => one, 1 => spliced];
    (begun, vec(change(piece), 0..4)).prop_map(|(input, changes)| changed(input, changes))
}

/// Bytes that resemble these.
pub(crate) fn bytes_like(inputs: Vec<Vec<u8>>) -> impl Strategy<Value = Vec<u8>> {
    like(inputs, any::<u8>())
}

/// Texts that resemble these.
pub(crate) fn texts_like(inputs: &[String]) -> impl Strategy<Value = String> + use<> {
    let inputs = inputs.iter().map(|text| text.chars().collect()).collect();
    let usual = select("/.:-_|%+*[]{}\"\\ \n0189aezAZ".chars().collect::<Vec<_>>());
    let piece = prop_oneof![4 => usual, 1 => any::<char>()];
    like(inputs, piece.boxed()).prop_map(String::from_iter)
}
