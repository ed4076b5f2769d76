//! The Azure object that a peering connects to, which the user names by its id or by its parts.
//!
//! One way is given, the other follows from it. Terraform sees both, so that either can be referred to, and so that going over from one to the
//! other is no change while both mean the same object.

use std::str::FromStr;

use crate::azure::ids::{Guid, ParseIdError, VhubId, VnetId};
use crate::preflight::{Kind, Place};
use crate::resources::equivalence::{same_arm_id, same_text_ignoring_case};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::schema::Attribute;
use crate::tf::types::Type;
use crate::tf::validate::{NotEmpty, Parses, Validate};

const TENANT_ID: &str = "tenant_id";
const SUBSCRIPTION_ID: &str = "subscription_id";
const RESOURCE_GROUP_NAME: &str = "resource_group_name";

/// A kind of Azure object that can be peered with.
pub(crate) trait TargetId:
    FromStr<Err = ParseIdError> + Into<Place> + ToString + Sized + 'static
{
    /// What connects a network with it.
    const KIND: Kind;
    /// What it is called.
    const WHAT: &'static str;
    /// What its whole id is called.
    const WHAT_ID: &'static str;
    /// The attribute that holds the whole id.
    const ID: &'static str;
    /// The attribute that holds the object's own name.
    const NAME: &'static str;

    /// From the parts.
    fn join(subscription: &Guid, resource_group: &str, name: &str) -> Result<Self, ParseIdError>;

    /// The subscription, the resource group's name and the object's own name.
    fn parts(&self) -> [&str; 3];
}

impl TargetId for VnetId {
    const KIND: Kind = Kind::VnetPeering;
    const WHAT: &'static str = "virtual network";
    const WHAT_ID: &'static str = "the id of a virtual network";
    const ID: &'static str = "vnet_id";
    const NAME: &'static str = "vnet_name";

    fn join(subscription: &Guid, resource_group: &str, name: &str) -> Result<Self, ParseIdError> {
        Self::new(subscription, resource_group, name)
    }

    fn parts(&self) -> [&str; 3] {
        [
            self.subscription_id().as_str(),
            self.resource_group_name(),
            self.vnet_name(),
        ]
    }
}

impl TargetId for VhubId {
    const KIND: Kind = Kind::VirtualHubPeering;
    const WHAT: &'static str = "virtual hub";
    const WHAT_ID: &'static str = "the id of a virtual hub";
    const ID: &'static str = "vhub_id";
    const NAME: &'static str = "vhub_name";

    fn join(subscription: &Guid, resource_group: &str, name: &str) -> Result<Self, ParseIdError> {
        Self::new(subscription, resource_group, name)
    }

    fn parts(&self) -> [&str; 3] {
        [
            self.subscription_id().as_str(),
            self.resource_group_name(),
            self.vhub_name(),
        ]
    }
}

/// The attributes that name a target.
///
/// None of these says `replace`: whether another target is meant is seen only when all are looked at together.
pub(crate) fn attributes<K: TargetId>() -> [Attribute; 5] {
    let what = K::WHAT;
    let alternative = format!(
        "Give either `{}`, or `{SUBSCRIPTION_ID}`, `{RESOURCE_GROUP_NAME}` and `{}`; the other form is computed.",
        K::ID,
        K::NAME
    );
    let text = |name, description: String| {
        Attribute::optional_computed(name, Type::String)
            .describe(description)
            .equivalent(same_text_ignoring_case)
    };
    [
        Attribute::optional_computed(K::ID, Type::String)
            .describe(format!(
                "ARM id of the {what}. {alternative} Changing it replaces the peering."
            ))
            .equivalent(same_arm_id)
            .validate(Parses::new(K::WHAT_ID, |text: &str| {
                text.parse::<K>().map(drop)
            })),
        text(
            TENANT_ID,
            format!(
                "Entra tenant of the {what}'s subscription. May stand beside either way of naming the {what}. \
                 Changing it replaces the peering. Default: the provider's tenant at the time of creation."
            ),
        )
        .validate(guid()),
        text(
            SUBSCRIPTION_ID,
            format!("Subscription of the {what}. {alternative} Changing it replaces the peering."),
        )
        .validate(guid()),
        text(
            RESOURCE_GROUP_NAME,
            format!("Resource group of the {what}. {alternative} Changing it replaces the peering."),
        )
        .validate(NotEmpty),
        text(
            K::NAME,
            format!("Name of the {what}. {alternative} Changing it replaces the peering."),
        )
        .validate(NotEmpty),
    ]
}

/// A subscription or tenant.
pub(crate) fn guid() -> impl Validate {
    Parses::new("a GUID", |text: &str| {
        let guid = text.parse::<Guid>();
        guid.map(drop).map_err(|fault| fault.reason().to_owned())
    })
}

/// The attributes that Konnect has fields of the same name for.
pub(crate) const fn part_names<K: TargetId>() -> [&'static str; 4] {
    [TENANT_ID, SUBSCRIPTION_ID, RESOURCE_GROUP_NAME, K::NAME]
}

/// The attributes of a model that name the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Target {
    /// The whole ARM id.
    pub(crate) id: Attr<String>,
    /// The tenant of its subscription, which the id does not tell.
    pub(crate) tenant_id: Attr<String>,
    /// Its subscription.
    pub(crate) subscription_id: Attr<String>,
    /// Its resource group's name.
    pub(crate) resource_group_name: Attr<String>,
    /// Its own name.
    pub(crate) name: Attr<String>,
}

impl Target {
    const fn parts(&self) -> [&Attr<String>; 3] {
        [&self.subscription_id, &self.resource_group_name, &self.name]
    }

    /// The target as a service names it. `None` while a part is missing.
    pub(crate) fn known(&self) -> Option<KnownTarget<'_>> {
        Some(KnownTarget {
            tenant_id: self.tenant_id.as_str()?,
            subscription_id: self.subscription_id.as_str()?,
            resource_group_name: self.resource_group_name.as_str()?,
            name: self.name.as_str()?,
        })
    }

    /// The whole id that the known parts make.
    pub(crate) fn joined<K: TargetId>(&self) -> Option<K> {
        let [subscription, group, name] = self.parts().map(Attr::as_str);
        K::join(&subscription?.parse().ok()?, group?, name?).ok()
    }
}

/// A target with all its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownTarget<'a> {
    /// The tenant.
    pub(crate) tenant_id: &'a str,
    /// The subscription.
    pub(crate) subscription_id: &'a str,
    /// The resource group's name.
    pub(crate) resource_group_name: &'a str,
    /// The object's own name.
    pub(crate) name: &'a str,
}

/// Azure looks at neither the case of GUIDs nor that of names.
fn is_same_text(left: &str, right: &str) -> bool {
    left.to_lowercase() == right.to_lowercase()
}

/// The wanted value in the spelling of before, if it says the same.
pub(crate) fn keep_spelling(prior: Option<&Attr<String>>, wanted: Option<&str>) -> Attr<String> {
    let Some(wanted) = wanted else {
        return Attr::Unknown;
    };
    match prior {
        Some(Attr::Known(prior)) if is_same_text(prior, wanted) => Attr::Known(prior.clone()),
        _ => Attr::Known(wanted.to_owned()),
    }
}

/// A setting of a generated configuration, which needs no saying where the provider's own says the same.
pub(crate) fn unless_default(value: Attr<String>, default: Option<&str>) -> Attr<String> {
    match (&value, default) {
        (Attr::Known(text), Some(default)) if is_same_text(text, default) => Attr::Null,
        _ => value,
    }
}

/// What a service tells, in the spelling of before where it says the same. A service that leaves it out says nothing about it.
pub(crate) fn keep_unless_told(prior: &Attr<String>, told: &str) -> Attr<String> {
    match (told, prior) {
        ("", Attr::Unknown) => Attr::Null,
        ("", prior) => prior.clone(),
        (told, prior) => keep_spelling(Some(prior), Some(told)),
    }
}

/// What is wrong with how a configuration names the target. What is unknown is given the benefit of the doubt.
pub(crate) fn check<K: TargetId>(config: &Target) -> Diagnostics {
    let names = [SUBSCRIPTION_ID, RESOURCE_GROUP_NAME, K::NAME];
    let ways = format!(
        "Name the {} either by `{}`, or by `{SUBSCRIPTION_ID}`, `{RESOURCE_GROUP_NAME}` and `{}`. `{TENANT_ID}` may stand beside either.",
        K::WHAT,
        K::ID,
        K::NAME
    );
    let parts = config.parts();
    let mut diagnostics = Diagnostics::new();
    if says_the_same_twice::<K>(config) {
        diagnostics.push(
            Diagnostic::warning(
                format!("`{}` already identifies the {}", K::ID, K::WHAT),
                format!("{ways} Here both say the same, as in a configuration that was generated for an import: keep `{}`.", K::ID),
            )
            .at(Path::attribute(K::ID)),
        );
    } else if config.id.known().is_some() {
        let generated = format!(
            "In a configuration that was generated for an import, keep `{}`.",
            K::ID
        );
        for (name, part) in names.into_iter().zip(parts) {
            if part.known().is_some() {
                diagnostics.push(
                    Diagnostic::error(
                        format!("`{}` and `{name}` exclude each other", K::ID),
                        format!("{ways} {generated}"),
                    )
                    .at(Path::attribute(name)),
                );
            }
        }
    } else if config.id.is_null() && parts.into_iter().all(Attr::is_null) {
        diagnostics.push(
            Diagnostic::error(format!("No {} is specified", K::WHAT), &ways)
                .at(Path::attribute(K::ID)),
        );
    } else if config.id.is_null() {
        for (name, part) in names.into_iter().zip(parts) {
            if part.is_null() {
                diagnostics.push(
                    Diagnostic::error(format!("`{name}` is missing"), &ways)
                        .at(Path::attribute(name)),
                );
            }
        }
        diagnostics.extend(check_joined::<K>(config));
    }
    diagnostics
}

/// Whether the id stands beside everything that follows from it, with no contradiction. Nobody writes that by hand, but hosts that
/// cannot ask for a configuration (Terraform before 1.14, `OpenTofu`) write every settable attribute into the one they generate for an
/// import, and that has to plan nothing.
fn says_the_same_twice<K: TargetId>(config: &Target) -> bool {
    let id = config.id.as_str().and_then(|id| id.parse::<K>().ok());
    id.zip(config.known()).is_some_and(|(id, given)| {
        let given = [given.subscription_id, given.resource_group_name, given.name];
        id.parts()
            .into_iter()
            .zip(given)
            .all(|(part, given)| is_same_text(part, given))
    })
}

/// Parts that are well-formed one by one may still not make an id, as with a `/` in a name.
fn check_joined<K: TargetId>(config: &Target) -> Option<Diagnostic> {
    let [subscription, group, name] = config.parts().map(Attr::as_str);
    // A subscription that is not a GUID is its own validator's matter.
    let subscription = subscription?.parse().ok()?;
    let fault = K::join(&subscription, group?, name?).err()?;
    Some(
        Diagnostic::error(
            format!("The parts do not name a {}", K::WHAT),
            format!("{fault}."),
        )
        .at(Path::attribute(K::NAME)),
    )
}

/// What a planned target is made of.
pub(crate) struct TargetPlan<'a> {
    /// What the user wrote.
    pub(crate) config: &'a Target,
    /// What the runtime planned: the user's values in the spelling to keep.
    pub(crate) planned: &'a Target,
    /// What was before.
    pub(crate) prior: Option<&'a Target>,
    /// The tenant of the provider, where that is known.
    pub(crate) default_tenant: Option<&'a str>,
}

impl TargetPlan<'_> {
    /// The planned target, with what follows from the user's way of naming it.
    pub(crate) fn fill<K: TargetId>(&self) -> Target {
        let mut target = self.planned.clone();
        if self.config.id.is_null() {
            let joined = self.planned.joined::<K>().map(|id| id.to_string());
            target.id = keep_spelling(self.prior.map(|prior| &prior.id), joined.as_deref());
        } else {
            let id = self
                .planned
                .id
                .as_str()
                .and_then(|text| text.parse::<K>().ok());
            let [subscription, group, name] =
                id.as_ref().map_or([None; 3], |id| id.parts().map(Some));
            let prior = self.prior;
            // A part that stands beside the id says the same, and keeps the user's spelling.
            if self.config.subscription_id.is_null() {
                target.subscription_id =
                    keep_spelling(prior.map(|prior| &prior.subscription_id), subscription);
            }
            if self.config.resource_group_name.is_null() {
                target.resource_group_name =
                    keep_spelling(prior.map(|prior| &prior.resource_group_name), group);
            }
            if self.config.name.is_null() {
                target.name = keep_spelling(prior.map(|prior| &prior.name), name);
            }
        }
        if self.config.tenant_id.is_null() {
            target.tenant_id = self.tenant(&target);
        }
        target
    }

    /// The tenant of an object never changes: while the object is the same, another default in the provider block is no reason to replace.
    fn tenant(&self, target: &Target) -> Attr<String> {
        match self.prior {
            Some(prior) if prior.tenant_id.known().is_some() && !is_other_object(prior, target) => {
                prior.tenant_id.clone()
            }
            prior => keep_spelling(prior.map(|prior| &prior.tenant_id), self.default_tenant),
        }
    }
}

fn is_other(prior: &Attr<String>, planned: &Attr<String>) -> bool {
    match (prior, planned) {
        (Attr::Known(prior), Attr::Known(planned)) => !is_same_text(prior, planned),
        _ => true,
    }
}

fn is_other_object(prior: &Target, planned: &Target) -> bool {
    prior
        .parts()
        .into_iter()
        .zip(planned.parts())
        .any(|(prior, planned)| is_other(prior, planned))
}

/// The attributes through which the target becomes another one. What is unknown may become another, and then it is too late to replace.
pub(crate) fn replaced_attributes<K: TargetId>(prior: &Target, planned: &Target) -> Vec<Path> {
    let names = [SUBSCRIPTION_ID, RESOURCE_GROUP_NAME, K::NAME];
    let mut changed: Vec<&str> = names
        .into_iter()
        .zip(prior.parts().into_iter().zip(planned.parts()))
        .filter(|(_, (prior, planned))| is_other(prior, planned))
        .map(|(name, _)| name)
        .collect();
    if !changed.is_empty() {
        changed.push(K::ID);
    }
    if is_other(&prior.tenant_id, &planned.tenant_id) {
        changed.push(TENANT_ID);
    }
    changed.into_iter().map(Path::attribute).collect()
}

/// The target that a service names, in the spelling of before where it is the same.
pub(crate) fn from_remote<K: TargetId>(prior: &Target, remote: KnownTarget<'_>) -> Target {
    let mut target = Target {
        id: Attr::Null,
        tenant_id: keep_unless_told(&prior.tenant_id, remote.tenant_id),
        subscription_id: keep_unless_told(&prior.subscription_id, remote.subscription_id),
        resource_group_name: keep_unless_told(
            &prior.resource_group_name,
            remote.resource_group_name,
        ),
        name: keep_unless_told(&prior.name, remote.name),
    };
    // Konnect checks none of the parts, so that they may not make an id: then there is none.
    if let Some(id) = target.joined::<K>() {
        target.id = keep_spelling(Some(&prior.id), Some(&id.to_string()));
    }
    target
}

#[cfg(test)]
mod tests;
