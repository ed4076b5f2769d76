//! States of other providers' types, as a `moved` block brings them here.
//!
//! The host asks before it configures the provider, so that the source's state is all there is to go by. A refresh follows, and fills
//! whatever that state does not hold.

use std::fmt::Display;
use std::str::FromStr;

use serde_json::Value as Json;

use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::resource::MoveSource;

/// A type of another provider that one of ours takes over.
pub(crate) struct Peer {
    /// Namespace and name of the provider, wherever it is hosted.
    pub(crate) provider: &'static str,
    /// The type.
    pub(crate) type_name: &'static str,
    /// The newest version of its schema that is understood, as are all before it.
    pub(crate) newest_schema: i64,
}

impl Peer {
    /// The state to move to the type `target`. `None` if it is of another type than this.
    pub(crate) fn state<'a>(
        &self,
        source: &'a MoveSource,
        target: &'static str,
    ) -> Option<Result<PeerState<'a>, Diagnostics>> {
        if !source.is(self.provider, self.type_name) {
            return None;
        }
        let state = PeerState { source, target };
        if (0..=self.newest_schema).contains(&source.schema_version) {
            return Some(Ok(state));
        }
        Some(Err(state.refuse(format!(
            "Its state was stored under version {} of its schema, and this provider knows versions up to {} only.",
            source.schema_version, self.newest_schema
        ))))
    }
}

/// The state of an object of a [`Peer`].
#[derive(Clone, Copy)]
pub(crate) struct PeerState<'a> {
    source: &'a MoveSource,
    target: &'static str,
}

impl<'a> PeerState<'a> {
    /// The whole state.
    pub(crate) const fn json(&self) -> &'a Json {
        &self.source.state
    }

    /// A text at the root. Providers of the older kind store an empty one for none.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.source.text(name).filter(|text| !text.is_empty())
    }

    /// What a text of the state names.
    ///
    /// # Errors
    /// If there is none, or it has not the form.
    pub(crate) fn parsed<T>(&self, name: &str, text: Option<&str>) -> Result<T, Diagnostics>
    where
        T: FromStr<Err: Display>,
    {
        let text = text.ok_or_else(|| self.refuse(format!("Its state holds no {name}.")))?;
        text.parse().map_err(|fault| {
            self.refuse(format!("The {name} in its state cannot be used: {fault}."))
        })
    }

    /// The error that this object cannot be moved.
    pub(crate) fn refuse(&self, reason: impl Display) -> Diagnostics {
        let MoveSource { type_name, .. } = self.source;
        let target = self.target;
        Diagnostic::error(
            format!("Cannot move {type_name} to {target}"),
            format!(
                "{reason}\n\nNothing was changed. To manage the object as a {target} all the same, take the moved block away, import the object, \
                 and let go of the {type_name} with a removed block whose lifecycle says `destroy = false`."
            ),
        )
        .into()
    }
}

/// The texts of a JSON list or set; anything else in it is passed over.
pub(crate) fn texts(list: Option<&Json>) -> Vec<String> {
    let elements = list.and_then(Json::as_array).into_iter().flatten();
    elements
        .filter_map(|element| element.as_str().map(str::to_owned))
        .collect()
}

#[cfg(test)]
pub(crate) mod samples {
    //! Sources for the tests of every type that can be moved to.

    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    /// A source of the newest release of a provider.
    pub(crate) fn source(peer: &Peer, state: Json) -> MoveSource {
        MoveSource {
            provider_address: format!("registry.terraform.io/{}", peer.provider),
            type_name: peer.type_name.to_owned(),
            schema_version: peer.newest_schema,
            state,
            identity: None,
        }
    }

    /// The text of the only error.
    pub(crate) fn refusal<T: std::fmt::Debug>(moved: Option<Result<T, Diagnostics>>) -> String {
        let diagnostics = moved.expect("a source of ours").unwrap_err();
        let mut errors = diagnostics.into_iter();
        let Diagnostic {
            summary, detail, ..
        } = errors.next().unwrap();
        assert_eq!(errors.next(), None);
        format!("{summary}\n{detail}")
    }

    /// Texts that stand in such states, whole and spoilt.
    const TEXTS: [&str; 8] = [
        "",
        "|",
        "/",
        "ä/é|ü",
        "azure-vnet-peering-attachment",
        "azure-outbound-resolver",
        "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21",
        "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7",
    ];

    /// Any state whose attributes have these names more often than not.
    pub(crate) fn any_state(names: &'static [&'static str]) -> impl Strategy<Value = Json> {
        let name = move || {
            prop_oneof![
                9 => proptest::sample::select(names).prop_map(str::to_owned),
                1 => any::<String>(),
            ]
        };
        let leaf = prop_oneof![
            Just(Json::Null),
            any::<bool>().prop_map(Json::Bool),
            any::<f64>().prop_map(|number| json!(number)),
            any::<i64>().prop_map(|number| json!(number)),
            proptest::sample::select(&TEXTS[..]).prop_map(Json::from),
            any::<String>().prop_map(Json::String),
        ];
        leaf.prop_recursive(5, 64, 12, move |inner| {
            prop_oneof![
                1 => vec(inner.clone(), 0..4).prop_map(Json::Array),
                4 => btree_map(name(), inner, 0..12)
                    .prop_map(|members| Json::Object(members.into_iter().collect())),
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::samples::{refusal, source};
    use super::*;

    const PEER: Peer = Peer {
        provider: "acme/clouds",
        type_name: "clouds_thing",
        newest_schema: 1,
    };

    #[test]
    fn only_this_type_of_this_provider_is_taken_wherever_it_is_hosted() {
        let with = |address: &str, type_name: &str| MoveSource {
            provider_address: address.to_owned(),
            type_name: type_name.to_owned(),
            ..source(&PEER, json!({}))
        };
        for (address, type_name, expected) in [
            ("registry.terraform.io/acme/clouds", "clouds_thing", true),
            ("registry.opentofu.org/acme/clouds", "clouds_thing", true),
            ("mirror.example:8443/acme/clouds", "clouds_thing", true),
            ("registry.terraform.io/acme/clouds", "clouds_other", false),
            ("registry.terraform.io/other/clouds", "clouds_thing", false),
            ("registry.terraform.io/acme/other", "clouds_thing", false),
            ("clouds", "clouds_thing", false),
            ("", "", false),
        ] {
            let found = PEER
                .state(&with(address, type_name), "ours_thing")
                .is_some();
            assert_eq!(found, expected, "{address} {type_name}");
        }
    }

    #[test]
    fn schema_versions_that_nobody_knows_yet_are_refused() {
        for (version, expected) in [(-1, false), (0, true), (1, true), (2, false)] {
            let source = MoveSource {
                schema_version: version,
                ..source(&PEER, json!({}))
            };
            let state = PEER.state(&source, "ours_thing").unwrap();
            assert_eq!(state.is_ok(), expected, "{version}");
        }
        let source = MoveSource {
            schema_version: 7,
            ..source(&PEER, json!({}))
        };
        let state = PEER.state(&source, "ours_thing");
        let text = refusal(state.map(|state| state.map(|_| ())));
        assert!(
            text.starts_with("Cannot move clouds_thing to ours_thing\n"),
            "{text}"
        );
        assert!(
            text.contains("version 7") && text.contains("removed block"),
            "{text}"
        );
    }

    #[test]
    fn missing_and_malformed_texts_are_named() {
        let source = source(&PEER, json!({ "id": "x", "empty": "", "number": 5 }));
        let state = PEER.state(&source, "ours_thing").unwrap().unwrap();
        let parsed = |name| refusal(Some(state.parsed::<u8>(name, state.text(name))));
        assert!(parsed("id").contains("The id in its state cannot be used: invalid digit"));
        for name in ["empty", "number", "missing"] {
            assert!(parsed(name).contains(&format!("holds no {name}.")));
        }
        assert_eq!(texts(Some(&json!(["a", 1, null, "b"]))), ["a", "b"]);
        assert_eq!(texts(Some(&json!("a"))), Vec::<String>::new());
    }
}
