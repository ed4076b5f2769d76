//! Lists that come in pages.

use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use super::api::Api;
use super::error::Error;
use super::request::Request;
use super::scope::Scope;

/// No list of ours is this long; a service that keeps pointing onwards is going in circles.
const PAGE_LIMIT: u32 = 10_000;

/// A list read page by page. `split` takes a page apart into its items and the request for the next page.
#[derive(Debug)]
pub struct Pages<B, T, F> {
    api: Api,
    next: Option<Request>,
    split: F,
    count: u32,
    page: PhantomData<fn() -> (B, T)>,
}

impl<B, T, F> Pages<B, T, F>
where
    B: DeserializeOwned,
    F: FnMut(B) -> (Vec<T>, Option<Request>),
{
    /// A list that begins with `first`.
    #[must_use]
    pub fn new(api: &Api, first: Request, split: F) -> Self {
        Self {
            api: api.clone(),
            next: Some(first),
            split,
            count: 0,
            page: PhantomData,
        }
    }

    /// The next page's items; `None` after the last page. A page that failed can be asked for again.
    ///
    /// # Errors
    /// As [`Api::json`].
    pub async fn next(&mut self, scope: &Scope) -> Result<Option<Vec<T>>, Error> {
        let Some(request) = self.next.clone() else {
            return Ok(None);
        };
        if self.count >= PAGE_LIMIT {
            return Err(Error::unsendable(format!(
                "{} gave more than {PAGE_LIMIT} pages of one list",
                self.api.name()
            )));
        }
        let page = self.api.json::<B>(scope, request).await?;
        let (items, next) = (self.split)(page);
        self.next = next;
        self.count += 1;
        Ok(Some(items))
    }

    /// All items.
    ///
    /// # Errors
    /// As [`Api::json`]; a list is whole or an error.
    pub async fn collect(mut self, scope: &Scope) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(items) = self.next(scope).await? {
            all.extend(items);
        }
        Ok(all)
    }
}
