//! Ids of Azure Resource Manager, whatever they name.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

use super::{Guid, ParseIdError, Shape};

const SHAPE: Shape = Shape {
    what: "an Azure Resource Manager id",
    form: "the id of a subscription, resource group, management group or resource",
    example: "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/hub",
};

/// What an [`ArmId`] names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArmKind {
    /// `/`: the whole tenant.
    Tenant,
    /// `/providers/Microsoft.Management/managementGroups/NAME`
    ManagementGroup,
    /// `/subscriptions/GUID`
    Subscription,
    /// `/subscriptions/GUID/resourceGroups/NAME`
    ResourceGroup,
    /// Anything with a resource type, nested and extension resources included.
    Resource,
}

/// Any Resource Manager id: a scope, a resource, a child or an extension of a resource.
///
/// Keeps the user's spelling; compares without regard to case.
#[derive(Clone)]
pub struct ArmId {
    text: String,
    kind: ArmKind,
}

impl ArmId {
    /// The scope that holds everything in the tenant.
    #[must_use]
    pub fn tenant() -> Self {
        Self {
            text: "/".to_owned(),
            kind: ArmKind::Tenant,
        }
    }

    /// The scope of a subscription.
    #[must_use]
    pub fn subscription(id: &Guid) -> Self {
        Self {
            text: format!("/subscriptions/{id}"),
            kind: ArmKind::Subscription,
        }
    }

    /// What this id names.
    #[must_use]
    pub fn kind(&self) -> ArmKind {
        self.kind
    }

    /// The text as it was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The parts between the slashes; none for the tenant.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.text.split('/').filter(|segment| !segment.is_empty())
    }

    /// The subscription this object lives in, if it lives in one.
    #[must_use]
    pub fn subscription_id(&self) -> Option<Guid> {
        let mut segments = self.segments();
        let root = segments.next()?;
        root.eq_ignore_ascii_case("subscriptions")
            .then(|| segments.next())
            .flatten()?
            .parse()
            .ok()
    }

    /// The resource group this object is or lives in, if there is one.
    #[must_use]
    pub fn resource_group_name(&self) -> Option<&str> {
        let mut segments = self.segments();
        let in_subscription = segments.next()?.eq_ignore_ascii_case("subscriptions");
        let in_group = segments.nth(1)?.eq_ignore_ascii_case("resourceGroups");
        (in_subscription && in_group)
            .then(|| segments.next())
            .flatten()
    }

    /// The full type of a resource, such as `Microsoft.Network/virtualNetworks/subnets`, in this id's spelling.
    #[must_use]
    pub fn resource_type(&self) -> Option<String> {
        let (_, last) = rsplit_providers(&self.text)?;
        let mut segments = last.split('/').filter(|segment| !segment.is_empty());
        let mut resource_type = segments.next()?.to_owned();
        for kind in segments.step_by(2) {
            resource_type.push('/');
            resource_type.push_str(kind);
        }
        Some(resource_type)
    }

    /// Whether this is a resource of the given full type.
    #[must_use]
    pub fn is_type(&self, resource_type: &str) -> bool {
        self.resource_type()
            .is_some_and(|own| own.eq_ignore_ascii_case(resource_type))
    }

    /// The last part: the object's own name. Empty for the tenant.
    #[must_use]
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// What the last `/providers/…` part hangs on: for an extension resource the object it extends, for a resource
    /// its resource group or subscription. `None` for a scope without that part.
    #[must_use]
    pub fn extended_scope(&self) -> Option<Self> {
        let (scope, _) = rsplit_providers(&self.text)?;
        if scope.is_empty() {
            return Some(Self::tenant());
        }
        scope.parse().ok()
    }

    /// Whether `self` is `other` or holds it. Management groups and subscriptions nest by assignment, not by name,
    /// so a management group never contains a subscription by this test.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        let own = self.folded();
        let theirs = other.folded();
        own.is_empty()
            || theirs
                .strip_prefix(own.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    fn folded(&self) -> String {
        self.text.trim_end_matches('/').to_lowercase()
    }
}

/// Splits at the last `/providers/` that opens a resource type: the text before it and what follows it.
fn rsplit_providers(text: &str) -> Option<(&str, &str)> {
    const MARK: &str = "/providers/";
    // A resource may itself be called "providers", so walk the pairs instead of searching the text.
    let mut offset = 0;
    let mut found = None;
    let mut expects_name = false;
    for segment in text.split('/').skip(1) {
        if expects_name {
            expects_name = false;
        } else {
            if segment.eq_ignore_ascii_case("providers") {
                found = Some(offset);
            }
            expects_name = true;
        }
        offset += segment.len() + 1;
    }
    let start = found?;
    Some((text.get(..start)?, text.get(start + MARK.len()..)?))
}

impl FromStr for ArmId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        kind_of(text)
            .map(|kind| Self {
                text: text.to_owned(),
                kind,
            })
            .map_err(|reason| SHAPE.refuse(text, reason))
    }
}

fn kind_of(text: &str) -> Result<ArmKind, String> {
    if text == "/" {
        return Ok(ArmKind::Tenant);
    }
    if text.contains("://") {
        return Err(
            "it is a URL; the id is the part that begins with /subscriptions/ or /providers/"
                .to_owned(),
        );
    }
    let Some(path) = text.strip_prefix('/') else {
        return Err("it does not begin with a slash".to_owned());
    };
    let segments: Vec<&str> = path.split('/').collect();
    for segment in &segments {
        check_segment(segment)?;
    }
    let Some((root, rest)) = segments.split_first() else {
        return Err("it is empty".to_owned());
    };
    if root.eq_ignore_ascii_case("subscriptions") {
        return in_subscription(rest);
    }
    if root.eq_ignore_ascii_case("providers") {
        return in_providers(&segments, None);
    }
    Err(format!(
        "it begins with /{root}, not with /subscriptions or /providers"
    ))
}

fn check_segment(segment: &str) -> Result<(), String> {
    if segment.is_empty() {
        return Err("it has an empty part (a doubled slash, or one at the end)".to_owned());
    }
    if segment == "." || segment == ".." || segment.trim() != segment {
        return Err(format!("{segment:?} cannot be a name"));
    }
    let is_refused = |character: char| character.is_control() || "%&\\?#<>\"|".contains(character);
    match segment.chars().find(|character| is_refused(*character)) {
        Some(character) => Err(format!("{segment:?} holds the character {character:?}")),
        None => Ok(()),
    }
}

fn in_subscription(segments: &[&str]) -> Result<ArmKind, String> {
    let Some((subscription, rest)) = segments.split_first() else {
        return Err("the subscription's GUID is missing".to_owned());
    };
    subscription.parse::<Guid>().map_err(|fault| {
        format!(
            "the subscription {subscription:?} is not a GUID: {}",
            fault.reason()
        )
    })?;
    match rest {
        [] => Ok(ArmKind::Subscription),
        [word, ..] if word.eq_ignore_ascii_case("resourceGroups") => in_resource_group(rest),
        [word, ..] if word.eq_ignore_ascii_case("providers") => in_providers(rest, None),
        [word, ..] => Err(format!(
            "after the subscription comes {word:?}, not resourceGroups or providers"
        )),
    }
}

fn in_resource_group(segments: &[&str]) -> Result<ArmKind, String> {
    match segments {
        [_, name] => check_resource_group_name(name).map(|()| ArmKind::ResourceGroup),
        [_, name, rest @ ..] => {
            check_resource_group_name(name)?;
            match rest {
                [word, ..] if word.eq_ignore_ascii_case("providers") => in_providers(rest, None),
                [word, ..] => Err(format!(
                    "after the resource group comes {word:?}, not providers"
                )),
                [] => Ok(ArmKind::ResourceGroup),
            }
        }
        _ => Err("the resource group's name is missing".to_owned()),
    }
}

/// Azure's own rule: at most 90 letters, digits, and `-_.()`, not ending in a full stop.
pub(super) fn check_resource_group_name(name: &str) -> Result<(), String> {
    let allowed = |character: char| character.is_alphanumeric() || "-_.()".contains(character);
    if name.is_empty() {
        return Err("the resource group's name is empty".to_owned());
    }
    if name.chars().count() > 90 || name.ends_with('.') || !name.chars().all(allowed) {
        return Err(format!(
            "{name:?} cannot be a resource group: at most 90 letters, digits, hyphens, underscores, parentheses and full stops, the last not a full stop"
        ));
    }
    Ok(())
}

/// One or more `providers/NAMESPACE/TYPE/NAME[/TYPE/NAME…]`, each extending what stands before it.
fn in_providers(segments: &[&str], before: Option<ArmKind>) -> Result<ArmKind, String> {
    let (namespace, pairs) = match segments {
        [_, namespace, pairs @ ..] if namespace.contains('.') => (namespace, pairs),
        [_, namespace, ..] => {
            return Err(format!(
                "{namespace:?} is not a provider namespace such as Microsoft.Network"
            ));
        }
        _ => return Err("the provider namespace is missing".to_owned()),
    };
    let mut rest = pairs;
    let mut depth = 0_usize;
    let mut first_type = "";
    loop {
        match rest {
            [] if depth == 0 => {
                return Err(format!("the resource type after {namespace} is missing"));
            }
            [word, ..] if depth == 0 && word.eq_ignore_ascii_case("providers") => {
                return Err(format!("the resource type after {namespace} is missing"));
            }
            [] => break,
            [word, ..] if word.eq_ignore_ascii_case("providers") => break,
            [resource_type] => return Err(format!("the name after {resource_type:?} is missing")),
            [resource_type, _, tail @ ..] => {
                if depth == 0 {
                    first_type = resource_type;
                }
                depth += 1;
                rest = tail;
            }
        }
    }
    let is_management_group = before.is_none()
        && depth == 1
        && namespace.eq_ignore_ascii_case("Microsoft.Management")
        && first_type.eq_ignore_ascii_case("managementGroups");
    let kind = if is_management_group {
        ArmKind::ManagementGroup
    } else {
        ArmKind::Resource
    };
    if rest.is_empty() {
        Ok(kind)
    } else {
        in_providers(rest, Some(kind))
    }
}

impl fmt::Display for ArmId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl fmt::Debug for ArmId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl PartialEq for ArmId {
    fn eq(&self, other: &Self) -> bool {
        self.folded() == other.folded()
    }
}

impl Eq for ArmId {}

impl Hash for ArmId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.folded().hash(state);
    }
}
