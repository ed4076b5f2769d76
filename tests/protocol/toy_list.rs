//! A list of the things, which stumbles where a test wants it to.

use std::sync::Arc;

use async_trait::async_trait;
use konnectazure::tf::{
    context::Context,
    diagnostics::{Diagnostic, Diagnostics},
    list::{Ended, Found, List},
    schema::{Attribute, Schema},
    types::Type,
    validate::NotEmpty,
};

use crate::toy::{THING, Thing, World};

konnectazure::model! {
    /// Which things.
    pub struct Filter {
        pub place: String,
        pub trouble: String,
    }
}

pub struct ThingList(pub Arc<World>);

/// Tells that a query was left.
struct Left(Arc<World>);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.called("query left");
        self.0.waiting.notify_one();
    }
}

#[async_trait]
impl List for ThingList {
    type Config = Filter;
    type Object = Thing;

    fn type_name(&self) -> &'static str {
        THING
    }

    fn schema(&self) -> Schema {
        Schema::new(
            "Things.",
            vec![
                Attribute::optional("place", Type::String)
                    .describe("Where.")
                    .validate(NotEmpty),
                Attribute::optional("trouble", Type::String).describe("What is to happen."),
            ],
        )
    }

    fn validate(&self, filter: &Filter, diagnostics: &mut Diagnostics) {
        if filter.trouble.as_str() == Some("invalid") {
            diagnostics.push(Diagnostic::error("Invalid", "As the test wanted."));
        }
    }

    async fn list(
        &self,
        context: &Context,
        filter: Filter,
        found: &mut Found<'_, Thing>,
    ) -> Result<(), Ended> {
        let _left = Left(self.0.clone());
        let trouble = filter.trouble.as_str().unwrap_or_default();
        let things: Vec<Thing> = self.0.things().values().cloned().collect();
        for (number, thing) in things.into_iter().enumerate() {
            if filter.place.known().is_some() && filter.place != thing.place {
                continue;
            }
            if trouble == "odd" && number == 1 {
                context.warn(Diagnostic::warning("Odd", "As the test wanted."));
            }
            self.0.called("thing found");
            let name = thing.name.as_str().unwrap().to_owned();
            found.send(name, thing).await?;
        }
        match trouble {
            "refused" => return Err(Diagnostic::error("Refused", "As the test wanted.").into()),
            "panics" => panic!("out of cheese"),
            "waits" => context.cancel.cancelled().await,
            "hangs" => std::future::pending().await,
            "late" => context.warn(Diagnostic::warning("Late", "As the test wanted.")),
            _ => return Ok(()),
        }
        if context.cancel.is_cancelled() {
            return Err(Diagnostic::error("Interrupted", "As the test wanted.").into());
        }
        Ok(())
    }
}
