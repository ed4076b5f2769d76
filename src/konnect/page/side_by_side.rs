//! Lists whose pages are read side by side.

use std::collections::HashMap;
use std::hash::Hash;

use futures_util::{StreamExt as _, stream};
use serde::de::DeserializeOwned;

use super::{PAGE_SIZE, Page, full_page, numbered, speaks_of_size};
use crate::http::{self as rest, Request, Scope};
use crate::konnect::Client;

/// A list that only spares single reads is not read further: in a network of this many objects, few may be ours.
const PAGES: usize = 50;
/// How many pages are read at the same time.
const AT_A_TIME: usize = 8;

/// The objects of as many pages as can be read, by their ids. Pages that shift meanwhile may hide some: a caller asks for those.
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
    let mut extent = first.as_ref().map_or(Extent::default(), Extent::of);
    let mut all = HashMap::new();
    let mut number = 1;
    let mut pages = vec![first];
    while !pages.is_empty() {
        number += pages.len();
        for page in pages {
            match page {
                Ok(page) => {
                    extent.see(&page);
                    all.extend(page.data.into_iter().map(|object| (id(&object), object)));
                }
                Err(error) => {
                    tracing::debug!(%error, "a list could not be read whole: the objects that it lacks are read one by one");
                    return all;
                }
            }
        }
        let wanted = (number..=extent.pages.min(PAGES)).map(|number| read(size, number));
        pages = stream::iter(wanted).buffered(AT_A_TIME).collect().await;
    }
    all
}

/// How far a list reaches.
#[derive(Default)]
struct Extent {
    /// How many pages are known of.
    pages: usize,
}

impl Extent {
    fn of<T>(first: &Page<T>) -> Self {
        let total = first.meta.page.total;
        let total = total.and_then(|total| usize::try_from(total).ok());
        // Counting what came is safer than the reported size, which may differ from ours.
        let pages = total.and_then(|total| {
            let length = first.data.len();
            (length > 0).then(|| total.div_ceil(length))
        });
        Self {
            pages: pages.unwrap_or(1),
        }
    }

    /// In a list that does not tell how many objects it has, a page that is full tells that there is another one.
    fn see<T>(&mut self, page: &Page<T>) {
        let (meta, length) = (&page.meta.page, page.data.len());
        if meta.total.is_none() && length > 0 && length >= full_page(meta) {
            self.pages += 1;
        }
    }
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
    async fn a_total_that_lies_ends_somewhere() {
        let meta = r#"{"total":9000000}"#;
        let empty = std::iter::repeat_with(|| page(0, 0, meta)).take(PAGES);
        let answers = std::iter::once(page(0, 1, meta)).chain(empty).collect();
        let (all, pages) = listed(answers).await;
        assert_eq!((all.len(), pages.len()), (1, PAGES));
    }
}
