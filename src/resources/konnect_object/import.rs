//! Import ids of objects in a Konnect network.

use std::str::FromStr;

use serde::Deserialize;

use crate::konnect::NetworkId;
use crate::tf::attr::Attr;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::resource::ImportId;
use crate::tf::value::Members;

/// The examples in errors; ids of nobody.
const EXAMPLE_NETWORK: &str = "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21";
const EXAMPLE_OBJECT: &str = "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e";

/// The form of Kong's own provider.
#[derive(Deserialize)]
struct JsonId {
    id: String,
    network_id: String,
}

/// Where an object is: its network, and its id there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place<I> {
    /// The network.
    pub(crate) network_id: NetworkId,
    /// The object.
    pub(crate) id: I,
}

/// Reads what an import names. `what` names the kind of object, as in `virtual network peering`.
pub(crate) fn place<I: FromStr>(what: &str, import: &ImportId) -> Result<Place<I>, Diagnostics> {
    match import {
        ImportId::Id(text) => parse(text).ok_or_else(|| refuse(what, text).into()),
        ImportId::Identity(identity) => Ok(Place {
            network_id: member(identity, "network_id")?,
            id: member(identity, "id")?,
        }),
    }
}

fn parse<I: FromStr>(text: &str) -> Option<Place<I>> {
    let text = text.trim();
    let (network_id, id) = if text.starts_with('{') {
        let JsonId { id, network_id } = serde_json::from_str(text).ok()?;
        (network_id, id)
    } else {
        let (network_id, id) = text.split_once('/')?;
        (network_id.to_owned(), id.to_owned())
    };
    Some(Place {
        network_id: network_id.trim().parse().ok()?,
        id: id.trim().parse().ok()?,
    })
}

fn refuse(what: &str, given: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid import id",
        format!(
            "{given:?} does not name a {what}. Its import id is the network's id, a slash and the object's own id, both UUIDs:\n\n  \
             {EXAMPLE_NETWORK}/{EXAMPLE_OBJECT}\n\n\
             The JSON form of Kong's own provider is taken as well:\n\n  \
             {{\"id\": \"{EXAMPLE_OBJECT}\", \"network_id\": \"{EXAMPLE_NETWORK}\"}}"
        ),
    )
}

fn member<I: FromStr>(identity: &Members, name: &str) -> Result<I, Diagnostics> {
    let text = identity.get(name).and_then(|value| value.as_str());
    recorded_id(name, &text.map(str::to_owned).into())
}

/// Where the object of a state is.
pub(crate) fn recorded<I: FromStr>(
    network_id: &Attr<String>,
    id: &Attr<String>,
) -> Result<Place<I>, Diagnostics> {
    Ok(Place {
        network_id: recorded_network(network_id)?,
        id: recorded_id("id", id)?,
    })
}

/// The network of a plan or state.
pub(crate) fn recorded_network(network_id: &Attr<String>) -> Result<NetworkId, Diagnostics> {
    recorded_id("network_id", network_id)
}

pub(super) fn recorded_id<I: FromStr>(name: &str, id: &Attr<String>) -> Result<I, Diagnostics> {
    let text = id.as_str().unwrap_or_default();
    text.parse().map_err(|_| {
        Diagnostic::error(
            format!("Invalid {name}"),
            format!("{name} must be a UUID, such as {EXAMPLE_OBJECT}; it is {text:?}."),
        )
        .at(Path::attribute(name))
        .into()
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn expected() -> Place<Uuid> {
        Place {
            network_id: EXAMPLE_NETWORK.parse().unwrap(),
            id: EXAMPLE_OBJECT.parse().unwrap(),
        }
    }

    fn import(text: &str) -> Result<Place<Uuid>, Diagnostics> {
        place("virtual network peering", &ImportId::Id(text.to_owned()))
    }

    #[test]
    fn slashes_and_json_name_the_same() {
        // Row 72 of docs/user-pains.md.
        for text in [
            format!("{EXAMPLE_NETWORK}/{EXAMPLE_OBJECT}"),
            format!(" {EXAMPLE_NETWORK}/{EXAMPLE_OBJECT}\n"),
            format!(r#"{{"id":"{EXAMPLE_OBJECT}","network_id":"{EXAMPLE_NETWORK}"}}"#),
            format!(r#"{{ "network_id": "{EXAMPLE_NETWORK}", "id": "{EXAMPLE_OBJECT}" }}"#),
        ] {
            assert_eq!(import(&text).unwrap(), expected(), "{text}");
        }
    }

    #[test]
    fn an_identity_names_the_same() {
        let identity = [
            ("network_id".to_owned(), EXAMPLE_NETWORK.into()),
            ("id".to_owned(), EXAMPLE_OBJECT.into()),
        ];
        let import = ImportId::Identity(identity.into());
        assert_eq!(place("peering", &import).unwrap(), expected());
    }

    #[test]
    fn a_bad_id_is_answered_with_the_form_and_an_example() {
        for text in [
            "",
            EXAMPLE_OBJECT,
            "network/peering",
            &format!("{EXAMPLE_NETWORK}/{EXAMPLE_OBJECT}/more"),
            &format!(r#"{{"id":"{EXAMPLE_OBJECT}"}}"#),
            "{",
        ] {
            let diagnostics = import(text).unwrap_err();
            let detail = &diagnostics.iter().next().unwrap().detail;
            let example = format!("{EXAMPLE_NETWORK}/{EXAMPLE_OBJECT}");
            assert!(detail.contains(&example), "{text:?}: {detail}");
        }
    }

    #[test]
    fn a_bad_identity_is_answered_on_the_attribute() {
        let identity = [("network_id".to_owned(), EXAMPLE_NETWORK.into())];
        let diagnostics =
            place::<Uuid>("peering", &ImportId::Identity(identity.into())).unwrap_err();
        assert_eq!(
            diagnostics.iter().next().unwrap().path,
            Path::attribute("id")
        );
    }
}
