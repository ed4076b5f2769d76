//! Konnect's pages: `page[size]` and `page[number]`, with a total that counts objects.

mod side_by_side;

use std::collections::HashMap;
use std::hash::Hash;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::client::Client;
use super::error::Error;
use super::lenient::{maybe_integer, or_default};
use crate::http::{self as rest, Pages, Request, Scope};

/// The service's own default is not documented; fewer round trips are kinder to its rate limit.
const PAGE_SIZE: usize = 100;

/// One page of a list.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
struct Page<T> {
    #[serde(default = "Vec::new", deserialize_with = "or_default")]
    data: Vec<T>,
    #[serde(default, deserialize_with = "or_default")]
    meta: Meta,
}

#[derive(Debug, Default, Deserialize)]
struct Meta {
    #[serde(default, deserialize_with = "or_default")]
    page: PageMeta,
}

#[derive(Debug, Default, Deserialize)]
struct PageMeta {
    #[serde(default, deserialize_with = "maybe_integer")]
    size: Option<i64>,
    #[serde(default, deserialize_with = "maybe_integer")]
    total: Option<i64>,
}

/// How many objects make a page that may not be the last one. A service that caps the size says so, if anything.
fn full_page(meta: &PageMeta) -> usize {
    let size = meta.size.and_then(|size| usize::try_from(size).ok());
    size.filter(|size| *size > 0)
        .map_or(PAGE_SIZE, |size| size.min(PAGE_SIZE))
}

fn numbered(request: &Request, size: Option<usize>, number: usize) -> Request {
    let size = size.map(|size| size.to_string());
    request
        .clone()
        .query_if("page[size]", size.as_deref())
        .query("page[number]", &number.to_string())
}

/// Takes a page apart into its objects and the request for the next page.
type Split<T> = Box<dyn FnMut(Page<T>) -> (Vec<T>, Option<Request>) + Send>;

/// A list that is read page by page.
pub struct List<'c, T> {
    client: &'c Client,
    request: Request,
    pages: Pages<Page<T>, T, Split<T>>,
    /// Whether no page was read yet.
    is_new: bool,
}

impl<T: DeserializeOwned> List<'_, T> {
    /// The next page's objects; `None` after the last page.
    ///
    /// # Errors
    /// When the page cannot be read.
    pub async fn next(&mut self, scope: &Scope) -> Result<Option<Vec<T>>, Error> {
        let mut page = self.pages.next(scope).await;
        if std::mem::take(&mut self.is_new) && page.as_ref().is_err_and(speaks_of_size) {
            // The largest size is not published: where ours is too large, the service's own does.
            self.pages = pages(self.client, &self.request, None);
            page = self.pages.next(scope).await;
        }
        page.map_err(|error| self.client.explain(error))
    }

    /// Every object.
    ///
    /// # Errors
    /// When a page cannot be read: a list is whole or an error.
    pub async fn collect(mut self, scope: &Scope) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(page) = self.next(scope).await? {
            all.extend(page);
        }
        Ok(all)
    }

    /// What it can read of the objects, by their ids, for reads that share a list and can do without what it lacks.
    pub(super) async fn by_id<Id: Hash + Eq>(
        self,
        scope: &Scope,
        id: impl Fn(&T) -> Id,
    ) -> HashMap<Id, T> {
        side_by_side::by_id(self.client, &self.request, scope, id).await
    }
}

fn speaks_of_size(error: &rest::Error) -> bool {
    let refusal = error.refusal().filter(|refusal| refusal.status == 400);
    refusal.is_some_and(|refusal| {
        let mut faults = refusal.fields.iter();
        faults.any(|fault| fault.field.contains("size"))
            || refusal.message.to_lowercase().contains("size")
    })
}

/// The list that `request` asks for.
pub(super) fn list<T: DeserializeOwned>(client: &Client, request: Request) -> List<'_, T> {
    List {
        client,
        pages: pages(client, &request, Some(PAGE_SIZE)),
        request,
        is_new: true,
    }
}

fn pages<T: DeserializeOwned>(
    client: &Client,
    request: &Request,
    size: Option<usize>,
) -> Pages<Page<T>, T, Split<T>> {
    let request = request.clone();
    let first = numbered(&request, size, 1);
    let mut number = 1;
    let mut seen = 0;
    let split = move |page: Page<T>| {
        number += 1;
        seen += page.data.len();
        let has_more = match page.meta.page.total {
            // The total counts objects. Counting what came is safer than the reported size, which may differ from ours.
            Some(total) => usize::try_from(total).is_ok_and(|total| seen < total),
            None => page.data.len() >= full_page(&page.meta.page),
        };
        let next = (has_more && !page.data.is_empty()).then(|| numbered(&request, size, number));
        (page.data, next)
    };
    Pages::new(client.api(), first, Box::new(split))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::client::tests::client;
    use super::*;
    use crate::http::transport::scripted::{Answer, Script};

    async fn listed(answers: &[&str]) -> (Vec<u32>, Vec<String>) {
        let script = Script::new(answers.iter().map(|body| Answer::json(200, *body)));
        let scope = Scope::detached(Duration::from_secs(60));
        let client = client(&script);
        let all = list(&client, Request::get(["v2", "things"]));
        let all = all.collect(&scope).await;
        (all.unwrap(), script.calls())
    }

    #[tokio::test]
    async fn pages_are_read_until_the_total_is_reached() {
        let (all, calls) = listed(&[
            r#"{"data":[1,2],"meta":{"page":{"number":1.0,"size":2.0,"total":3.0}}}"#,
            r#"{"data":[3],"meta":{"page":{"number":2,"size":2,"total":3}}}"#,
        ])
        .await;
        assert_eq!(all, [1, 2, 3]);
        assert_eq!(
            calls,
            [
                "GET /v2/things?page%5Bsize%5D=100&page%5Bnumber%5D=1",
                "GET /v2/things?page%5Bsize%5D=100&page%5Bnumber%5D=2"
            ]
        );
    }

    #[tokio::test]
    async fn a_page_is_asked_for_when_it_is_wanted() {
        let pages = [
            r#"{"data":[1,2],"meta":{"page":{"total":3}}}"#,
            r#"{"data":[3],"meta":{"page":{"total":3}}}"#,
        ];
        let script = Script::new(pages.map(|body| Answer::json(200, body)));
        let client = client(&script);
        let scope = Scope::detached(Duration::from_secs(60));
        let mut all = list::<u32>(&client, Request::get(["v2", "things"]));
        assert_eq!(all.next(&scope).await.unwrap(), Some(vec![1, 2]));
        assert_eq!(script.calls().len(), 1);
        assert_eq!(all.next(&scope).await.unwrap(), Some(vec![3]));
        assert_eq!(all.next(&scope).await.unwrap(), None);
        assert_eq!(script.calls().len(), 2);
    }

    #[tokio::test]
    async fn an_empty_page_ends_the_list_whatever_the_total_says() {
        let (all, calls) = listed(&[
            r#"{"data":[1],"meta":{"page":{"total":9}}}"#,
            r#"{"data":[],"meta":{"page":{"total":9}}}"#,
        ])
        .await;
        assert_eq!(all, [1]);
        assert_eq!(calls.len(), 2);
    }

    #[tokio::test]
    async fn a_list_without_a_count_goes_on_after_a_page_that_is_full_by_its_own_size() {
        let (all, calls) = listed(&[
            r#"{"data":[1,2],"meta":{"page":{"number":1,"size":2}}}"#,
            r#"{"data":[3],"meta":{"page":{"number":2,"size":2}}}"#,
        ])
        .await;
        assert_eq!(all, [1, 2, 3]);
        assert_eq!(calls.len(), 2);
    }

    #[tokio::test]
    async fn a_service_that_refuses_our_page_size_is_asked_for_its_own() {
        let script = Script::new([
            Answer::json(
                400,
                r#"{"title":"Invalid Request","invalid_parameters":[{"field":"page.size","rule":"max","maximum":50,"reason":"too large"}]}"#,
            ),
            Answer::json(200, r#"{"data":[1],"meta":{"page":{"total":2}}}"#),
            Answer::json(200, r#"{"data":[2],"meta":{"page":{"total":2}}}"#),
        ]);
        let scope = Scope::detached(Duration::from_secs(60));
        let client = client(&script);
        let all = list::<u32>(&client, Request::get(["v2", "things"]));
        assert_eq!(all.collect(&scope).await.unwrap(), [1, 2]);
        let expected = [
            "GET /v2/things?page%5Bsize%5D=100&page%5Bnumber%5D=1",
            "GET /v2/things?page%5Bnumber%5D=1",
            "GET /v2/things?page%5Bnumber%5D=2",
        ];
        assert_eq!(script.calls(), expected);
    }

    #[tokio::test]
    async fn a_list_without_a_count_ends_with_a_short_page() {
        for body in [
            r#"{"data":[1]}"#,
            r#"{"data":[1],"meta":null}"#,
            r#"{"data":[1],"meta":{"page":null}}"#,
        ] {
            assert_eq!(listed(&[body]).await.0, [1]);
        }
        assert_eq!(listed(&["{}"]).await.0, [0; 0]);
        assert_eq!(listed(&[r#"{"data":null}"#]).await.0, [0; 0]);
    }
}
