//! How data sources find an object in a Konnect network: by its id or its name.

use std::str::FromStr;

use crate::http::scope::Scope;
use crate::konnect::{InvalidId, NetworkId};
use crate::resources::explain::Failure;
use crate::tf::attr::Attr;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::schema::Attribute;
use crate::tf::types::Type;
use crate::tf::validate::{NotEmpty, Parses};

use super::flow::Objects;
use super::import;
use super::phase::{Lifecycle, Phase};

const MISSING: &str = "Konnect has no such object, or the token may not see it.";

/// The attributes by which an object is found, in an order that is that of the docs.
pub(crate) fn attributes<I>(what: &str) -> [Attribute; 3]
where
    I: FromStr<Err = InvalidId> + 'static,
{
    [
        Attribute::required("network_id", Type::String)
            .describe("Id of the Dedicated Cloud Gateway network in Konnect.")
            .validate(Parses::new("a UUID", |text: &str| {
                let id = text.parse::<NetworkId>();
                id.map(drop).map_err(|fault| fault.reason())
            })),
        Attribute::optional_computed("id", Type::String)
            .describe(format!(
                "Id of the {what} in Konnect. Give either this or `name`."
            ))
            .validate(Parses::new("a UUID", |text: &str| {
                let id = text.parse::<I>();
                id.map(drop).map_err(|fault| fault.reason())
            })),
        Attribute::optional_computed("name", Type::String)
            .describe(format!("Name of the {what}. Give either this or `id`."))
            .validate(NotEmpty),
    ]
}

/// What a configuration says that names both ways, or none.
pub(crate) fn check(id: &Attr<String>, name: &Attr<String>, what: &str) -> Option<Diagnostic> {
    let fault = match (id, name) {
        (Attr::Known(_), Attr::Known(_)) => "`id` and `name` exclude each other".to_owned(),
        (Attr::Null, Attr::Null) => format!("No {what} is specified"),
        _ => return None,
    };
    Some(Diagnostic::error(fault, "Give either `id` or `name`.").at(Path::attribute("id")))
}

/// How the object is named.
pub(crate) enum Wanted<I> {
    /// By its id.
    Id(I),
    /// By its name.
    Name(String),
}

/// One look for one object.
pub(crate) struct Lookup<O: Objects> {
    /// What is looked for: `virtual network peering`.
    pub(crate) what: &'static str,
    /// Where.
    pub(crate) objects: O,
    /// Which.
    pub(crate) wanted: Wanted<O::Id>,
    /// Whether an object is of the kind that is looked for.
    pub(crate) is_of_kind: fn(&O::Object) -> bool,
}

impl<I: FromStr> Wanted<I> {
    /// Reads how a configuration names the object.
    pub(crate) fn of(id: &Attr<String>, name: &Attr<String>) -> Result<Self, Diagnostics> {
        if id.known().is_some() {
            return import::recorded_id("id", id).map(Self::Id);
        }
        Ok(Self::Name(name.as_str().unwrap_or_default().to_owned()))
    }
}

impl<I: std::fmt::Display> Wanted<I> {
    /// What failed when it is not found.
    pub(crate) fn failure(&self, what: &str) -> Failure<'static> {
        let object = match self {
            Self::Id(id) => format!("{what} {id}"),
            Self::Name(name) => format!("{what} {name:?}"),
        };
        Failure::new("read", object)
    }
}

impl<O: Objects> Lookup<O> {
    /// The object. One that was named by id may be of another kind.
    pub(crate) async fn find(&self, scope: &Scope) -> Result<O::Object, Diagnostics> {
        let failure = self.wanted.failure(self.what);
        match &self.wanted {
            Wanted::Id(id) => self.objects.get(scope, *id).await.map_err(|error| {
                if error.is_not_found() {
                    failure
                        .at(Path::attribute("id"))
                        .next(MISSING)
                        .explain(&error)
                } else {
                    failure.explain(&error)
                }
            }),
            Wanted::Name(name) => {
                let found = self.objects.named(scope, name).await;
                let found = found.map_err(|error| failure.clone().explain(&error))?;
                only::<O>(self.what, self.is_of_kind, found)
                    .map_err(|what| failure.at(Path::attribute("name")).because(what))
            }
        }
    }
}

/// The one object of the wanted kind.
fn only<O: Objects>(
    what: &str,
    is_of_kind: fn(&O::Object) -> bool,
    found: Vec<O::Object>,
) -> Result<O::Object, String> {
    let line = |object: &O::Object| format!("- {} in {}", O::id(object), object.describe());
    let (fitting, others): (Vec<_>, Vec<_>) = found
        .into_iter()
        .filter(|object| object.phase() != Phase::Terminated)
        .partition(is_of_kind);
    let is_going = |object: &O::Object| object.phase() == Phase::Terminating;
    one_of(fitting, "objects", is_going, line)?.ok_or_else(|| {
        if others.is_empty() {
            MISSING.to_owned()
        } else {
            let others = listed(&others, line);
            format!("What has this name is no {what}:\n{others}")
        }
    })
}

/// The only one of those that have a name; one that is being deleted counts where no other has the name. Several, which are `things`, are told with
/// a `line` for each.
pub(crate) fn one_of<T>(
    mut found: Vec<T>,
    things: &str,
    is_going: impl Fn(&T) -> bool,
    line: impl Fn(&T) -> String,
) -> Result<Option<T>, String> {
    if !found.iter().all(&is_going) {
        found.retain(|one| !is_going(one));
    }
    if found.len() > 1 {
        return Err(format!(
            "{} {things} have this name. Give the `id` of one instead:\n{}",
            found.len(),
            listed(&found, line)
        ));
    }
    Ok(found.pop())
}

fn listed<T>(all: &[T], line: impl Fn(&T) -> String) -> String {
    let mut lines: Vec<String> = all.iter().map(line).collect();
    lines.sort();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::konnect::{Attachment, TransitGateway};
    use crate::resources::konnect_object::gateways::Gateways;

    fn gateway(last: char, kind: &str, state: &str) -> TransitGateway {
        serde_json::from_value(json!({
            "id": format!("d2c1b0a9-8f7e-4d6c-b5a4-938271605f4{last}"),
            "name": "orders",
            "state": state,
            "transit_gateway_attachment_config": {"kind": kind},
        }))
        .unwrap()
    }

    fn only(found: Vec<TransitGateway>) -> Result<TransitGateway, String> {
        let is_vnet =
            |gateway: &TransitGateway| matches!(gateway.attachment, Attachment::AzureVnet { .. });
        super::only::<Gateways>("virtual network peering", is_vnet, found)
    }

    #[test]
    fn one_of_the_kind_is_taken_and_several_are_listed() {
        let vnet = |last, state| gateway(last, "azure-vnet-peering-attachment", state);
        let hub = |last| gateway(last, "azure-vhub-peering-attachment", "ready");
        let taken = only(vec![hub('1'), vnet('2', "ready"), vnet('3', "terminated")]).unwrap();
        assert!(taken.id.to_string().ends_with('2'));
        let several = only(vec![vnet('3', "ready"), vnet('2', "error")]).unwrap_err();
        let (first, second) = (several.find("5f42").unwrap(), several.find("5f43").unwrap());
        assert!(first < second && several.contains("2 objects"), "{several}");
        // One that was made anew under the name of before, while that one goes.
        let anew = only(vec![vnet('3', "terminating"), vnet('2', "initializing")]).unwrap();
        assert!(anew.id.to_string().ends_with('2'));
        let going = only(vec![hub('1'), vnet('2', "terminating")]).unwrap();
        assert!(going.id.to_string().ends_with('2'));
        let other = only(vec![hub('1')]).unwrap_err();
        assert!(other.contains("is no virtual network peering"), "{other}");
        assert_eq!(only(Vec::new()).unwrap_err(), MISSING);
    }

    #[test]
    fn one_way_of_naming_is_needed_and_enough() {
        let (given, unknown, null) = ("x".into(), Attr::Unknown, Attr::Null);
        for (id, name, is_fault) in [
            (&given, &null, false),
            (&null, &given, false),
            (&unknown, &null, false),
            (&given, &given, true),
            (&null, &null, true),
        ] {
            assert_eq!(check(id, name, "peering").is_some(), is_fault);
        }
    }
}
