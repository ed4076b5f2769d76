//! Shapes that all of Azure's lists and bodies share.

use std::str::FromStr;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

use super::ids::{Guid, RoleAssignmentId, RoleDefinitionId};
use crate::http::{Api, Pages, Request};

/// One page of a list.
#[derive(Debug, Deserialize)]
#[serde(bound = "T: DeserializeOwned")]
pub struct Page<T> {
    #[serde(default, deserialize_with = "null_as_default")]
    value: Vec<Item<T>>,
    #[serde(default, rename = "nextLink", alias = "@odata.nextLink")]
    next_link: Option<String>,
}

/// One odd object must not hide the others of its list.
#[derive(Debug, Deserialize)]
#[serde(untagged, bound = "T: DeserializeOwned")]
enum Item<T> {
    Read(T),
    Unread(serde::de::IgnoredAny),
}

/// A list that is read page by page.
pub type List<T> = Pages<Page<T>, T, fn(Page<T>) -> (Vec<T>, Option<Request>)>;

/// The list that begins with `first`.
pub(super) fn list<T: DeserializeOwned>(api: &Api, first: Request) -> List<T> {
    Pages::new(api, first, split)
}

fn split<T>(page: Page<T>) -> (Vec<T>, Option<Request>) {
    let items = page.value.into_iter().filter_map(|item| match item {
        Item::Read(item) => Some(item),
        Item::Unread(_) => {
            tracing::debug!("left out an object of a list that could not be read");
            None
        }
    });
    let next = page.next_link.filter(|link| !link.is_empty());
    (items.collect(), next.map(|link| Request::absolute(&link)))
}

/// Absent and `null` both mean empty.
pub(super) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// A text in an `OData` filter.
pub(super) fn odata_literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Ids are sometimes answered without their first slash.
fn rooted<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: std::fmt::Display,
{
    let text = String::deserialize(deserializer)?;
    let rooted = if text.starts_with('/') {
        text
    } else {
        format!("/{text}")
    };
    rooted.parse().map_err(D::Error::custom)
}

impl<'de> Deserialize<'de> for Guid {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?
            .parse()
            .map_err(D::Error::custom)
    }
}

impl<'de> Deserialize<'de> for RoleDefinitionId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        rooted(deserializer)
    }
}

impl<'de> Deserialize<'de> for RoleAssignmentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        rooted(deserializer)
    }
}

/// A text enum of the service that keeps what it does not know.
macro_rules! remote_enum {
    ($(#[$doc:meta])+ $name:ident { $($(#[$variant_doc:meta])+ $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$variant_doc])+ $variant,)+
            /// A value this program does not know.
            Unknown(String),
        }

        impl $name {
            /// The service's own word.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Unknown(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                $(if text.eq_ignore_ascii_case($text) {
                    return Self::$variant;
                })+
                Self::Unknown(text)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer).map(Self::from)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}

pub(super) use remote_enum;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_odd_object_does_not_hide_the_others() {
        let page: Page<Guid> = serde_json::from_str(
            r#"{"value":["4d97b98b-1d4f-4787-a291-c67834d212e7","odd",null],"nextLink":"https://h/n"}"#,
        )
        .unwrap();
        let (items, next) = split(page);
        assert_eq!(items.len(), 1);
        assert!(next.is_some());
    }

    #[test]
    fn an_empty_list_may_be_written_in_any_way() {
        for body in [
            "{}",
            r#"{"value":null,"nextLink":null}"#,
            r#"{"value":[],"nextLink":""}"#,
        ] {
            let (items, next) = split(serde_json::from_str::<Page<Guid>>(body).unwrap());
            assert!(items.is_empty() && next.is_none(), "{body}");
        }
        let graph: Page<Guid> =
            serde_json::from_str(r#"{"@odata.nextLink":"https://h/n"}"#).unwrap();
        assert!(split(graph).1.is_some());
    }

    #[test]
    fn apostrophes_are_doubled_in_filters() {
        assert_eq!(odata_literal("Kong's role"), "'Kong''s role'");
    }

    #[test]
    fn an_id_without_its_slash_is_read() {
        let id: RoleDefinitionId = serde_json::from_str(
            r#""providers/Microsoft.Authorization/roleDefinitions/4d97b98b-1d4f-4787-a291-c67834d212e7""#,
        )
        .unwrap();
        assert!(id.to_string().starts_with("/providers/"));
    }
}
