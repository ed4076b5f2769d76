//! Lists whose pages are read side by side.

use std::collections::HashMap;
use std::future::ready;
use std::hash::Hash;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt as _, stream};
use serde::de::DeserializeOwned;

use super::{PAGE_SIZE, Page, full_page, numbered, speaks_of_size};
use crate::http::{self as rest, Request, Scope};
use crate::konnect::Client;

/// A list that only spares single reads is not read further: in a network of this many objects, few may be ours.
const PAGES: usize = 50;
/// How many pages are read at the same time where the list tells how many there are.
const AT_A_TIME: usize = 8;

/// The objects of as many pages as can be read, by their ids. Pages that shift meanwhile may hide some: a caller asks for those.
///
/// No page is asked for after one that is empty or cannot be read, whatever the total says; what is under way by then still counts.
pub(super) async fn by_id<T: DeserializeOwned, Id: Hash + Eq>(
    client: &Client,
    request: &Request,
    scope: &Scope,
    id: impl Fn(&T) -> Id,
) -> HashMap<Id, T> {
    let read = async |size, number| -> Result<Page<T>, rest::Error> {
        let request = numbered(request, size, number);
        client.api().json(scope, request).await
    };
    let mut size = Some(PAGE_SIZE);
    let mut first = read(size, 1).await;
    if first.as_ref().is_err_and(speaks_of_size) {
        size = None;
        first = read(size, 1).await;
    }
    let (last, at_a_time) = match first.as_ref().ok().and_then(page_count) {
        Some(pages) => (pages.min(PAGES), AT_A_TIME),
        // Each page tells whether there is another one.
        None => (PAGES, 1),
    };
    let is_over = AtomicBool::new(false);
    let rest = stream::iter(2..=last)
        .take_while(|_| ready(!is_over.load(Ordering::Relaxed)))
        .map(|number| read(size, number))
        .buffered(at_a_time);
    let mut pages = pin!(stream::once(ready(first)).chain(rest));
    let mut all = HashMap::new();
    while let Some(page) = pages.next().await {
        match page {
            Ok(page) => {
                is_over.fetch_or(ends(&page), Ordering::Relaxed);
                all.extend(page.data.into_iter().map(|object| (id(&object), object)));
            }
            Err(error) => {
                tracing::debug!(%error, "a list could not be read whole: the objects that it lacks are read one by one");
                is_over.store(true, Ordering::Relaxed);
            }
        }
    }
    all
}

/// How many pages a list has whose first one tells how many objects there are.
fn page_count<T>(first: &Page<T>) -> Option<usize> {
    let total = usize::try_from(first.meta.page.total?).ok()?;
    // Counting what came is safer than the reported size, which may differ from ours.
    Some(total.div_ceil(first.data.len().max(1)))
}

/// Whether no page follows this one. In a list that does not tell how many objects it has, a page that is not full is the last.
fn ends<T>(page: &Page<T>) -> bool {
    let (meta, length) = (&page.meta.page, page.data.len());
    length == 0 || (meta.total.is_none() && length < full_page(meta))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::time::Duration;

    use super::super::super::client::tests::client;
    use super::*;
    use crate::http::transport::scripted::{Answer, Script};

    async fn listed(answers: Vec<Answer>) -> (BTreeSet<u32>, Vec<String>) {
        let script = Script::new(answers);
        let scope = Scope::detached(Duration::from_secs(60));
        let client = client(&script);
        let request = Request::get(["v2", "things"]);
        let all = by_id(&client, &request, &scope, |thing: &u32| *thing).await;
        let pages = script.calls().into_iter().map(|call| {
            let (_, query) = call.split_once('?').unwrap();
            query
                .replace("page%5Bsize%5D=", "")
                .replace("page%5Bnumber%5D=", "")
        });
        (all.into_keys().collect(), pages.collect())
    }

    fn page(from: u32, to: u32, meta: &str) -> Answer {
        let data: Vec<u32> = (from..to).collect();
        Answer::json(
            200,
            format!(r#"{{"data":{data:?},"meta":{{"page":{meta}}}}}"#),
        )
    }

    #[tokio::test]
    async fn every_page_is_read_once() {
        let meta = r#"{"number":1,"size":100,"total":250}"#;
        let answers = vec![
            page(0, 100, meta),
            page(100, 200, meta),
            page(200, 250, meta),
        ];
        let (all, pages) = listed(answers).await;
        assert_eq!(all, (0..250).collect());
        assert_eq!(pages, ["100&1", "100&2", "100&3"]);
    }

    #[tokio::test]
    async fn a_service_may_have_smaller_pages() {
        let answers = vec![
            page(0, 2, r#"{"total":5}"#),
            page(2, 4, r#"{"total":5}"#),
            page(4, 5, r#"{"total":5}"#),
        ];
        let (all, pages) = listed(answers).await;
        assert_eq!(all, (0..5).collect());
        assert_eq!(pages.len(), 3);
    }

    #[tokio::test]
    async fn a_size_that_is_refused_is_not_asked_for_again() {
        let refusal = Answer::json(400, r#"{"title":"page size is too large"}"#);
        let meta = r#"{"total":3}"#;
        let (all, pages) = listed(vec![refusal, page(0, 2, meta), page(2, 3, meta)]).await;
        assert_eq!(all, (0..3).collect());
        assert_eq!(pages, ["100&1", "1", "2"]);
    }

    #[tokio::test]
    async fn without_a_total_full_pages_lead_on() {
        let meta = r#"{"size":2}"#;
        let (all, pages) = listed(vec![page(0, 2, meta), page(2, 4, meta), page(4, 5, meta)]).await;
        assert_eq!(all, (0..5).collect());
        assert_eq!(pages.len(), 3);
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_lacking() {
        let meta = r#"{"total":3}"#;
        let refused = || Answer::json(403, "{}");
        let (all, _) = listed(vec![page(0, 2, meta), refused()]).await;
        assert_eq!(all, (0..2).collect());
        assert!(listed(vec![refused()]).await.0.is_empty());
    }

    #[tokio::test]
    async fn a_total_that_lies_costs_no_more_than_what_is_under_way() {
        let meta = r#"{"total":9000000}"#;
        let empty = std::iter::repeat_with(|| page(0, 0, meta)).take(AT_A_TIME);
        let answers = std::iter::once(page(0, 1, meta)).chain(empty).collect();
        let (all, pages) = listed(answers).await;
        assert_eq!((all.len(), pages.len()), (1, 1 + AT_A_TIME));
    }

    #[tokio::test]
    async fn a_refusal_is_the_last_answer_that_is_waited_for_but_for_those_under_way() {
        let meta = r#"{"total":9000000}"#;
        let refused = std::iter::repeat_with(|| Answer::json(403, "{}")).take(AT_A_TIME);
        let answers = std::iter::once(page(0, 1, meta)).chain(refused).collect();
        let (all, pages) = listed(answers).await;
        assert_eq!((all.len(), pages.len()), (1, 1 + AT_A_TIME));
    }

    #[tokio::test]
    async fn pages_beside_one_that_is_refused_count() {
        let meta = r#"{"total":8}"#;
        let answers = vec![
            page(0, 2, meta),
            Answer::json(403, "{}"),
            page(4, 6, meta),
            page(6, 8, meta),
        ];
        let (all, pages) = listed(answers).await;
        assert_eq!(all, BTreeSet::from([0, 1, 4, 5, 6, 7]));
        assert_eq!(pages.len(), 4);
    }

    #[tokio::test]
    async fn no_list_is_read_without_end() {
        let full = |number: u32| page(number, number + 1, r#"{"size":1}"#);
        let (all, pages) = listed((0..60).map(full).collect()).await;
        assert_eq!((all.len(), pages.len()), (PAGES, PAGES));
    }
}
