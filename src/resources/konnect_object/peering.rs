//! What the peerings with a virtual network and with a virtual hub share: both are transit gateways, and differ in what they attach to.

use crate::azure;
use crate::azure::ids::Guid;
use crate::konnect::{Attachment, NewTransitGateway, TransitGateway};
use crate::preflight::{self, CheckId, Inputs, Phase};
use crate::resources::azure_target::{self, KnownTarget, Target, TargetId, TargetPlan};
use crate::resources::explain::Failure;
use crate::resources::scope;
use crate::tf::attr::{Attr, List};
use crate::tf::context::Context;
use crate::tf::diagnostics::Diagnostics;
use crate::tf::path::Path;
use crate::tf::resource::Planned;

use super::dns_config::{self, DnsConfigModel};
use super::gateways::{self, Gateways};
use super::managed::Managed;
use super::preflight::Checked;
use super::{is_set, provider_tenant};

/// A model of a peering.
pub(crate) trait Peering: Managed<Objects = Gateways> {
    /// The id of what it attaches to.
    type TargetId: TargetId;

    /// The attributes that name what it attaches to.
    fn target(&self) -> Target;

    /// Names something else, or the same in another way.
    fn set_target(&mut self, target: Target);

    /// Whether a creation checks first.
    fn preflight(&self) -> &Attr<bool>;

    /// The DNS servers that it is made with.
    fn dns_config(&mut self) -> &mut Attr<List<DnsConfigModel>>;

    /// The target as Konnect is told it.
    fn attachment(target: &KnownTarget<'_>) -> Attachment;

    /// The target that Konnect tells; nothing where the attachment is of another kind.
    fn attached(attachment: &Attachment) -> Option<KnownTarget<'_>>;
}

/// The methods of [`Peering`] that reach into a model, given the attributes that hold the target's id and name.
macro_rules! target_attributes {
    ($id:ident, $name:ident) => {
        fn target(&self) -> $crate::resources::azure_target::Target {
            $crate::resources::azure_target::Target {
                id: self.$id.clone(),
                tenant_id: self.tenant_id.clone(),
                subscription_id: self.subscription_id.clone(),
                resource_group_name: self.resource_group_name.clone(),
                name: self.$name.clone(),
            }
        }

        fn set_target(&mut self, target: $crate::resources::azure_target::Target) {
            let $crate::resources::azure_target::Target {
                id,
                tenant_id,
                subscription_id,
                resource_group_name,
                name,
            } = target;
            self.$id = id;
            self.tenant_id = tenant_id;
            self.subscription_id = subscription_id;
            self.resource_group_name = resource_group_name;
            self.$name = name;
        }

        fn preflight(&self) -> &$crate::tf::attr::Attr<bool> {
            &self.preflight
        }

        fn dns_config(
            &mut self,
        ) -> &mut $crate::tf::attr::Attr<
            $crate::tf::attr::List<$crate::resources::konnect_object::dns_config::DnsConfigModel>,
        > {
            &mut self.dns_config
        }
    };
}

pub(crate) use target_attributes;

impl<P: Peering> Checked for P {
    fn wants_checks(&self) -> bool {
        is_set(self.preflight())
    }

    fn inputs(&self, config: &Self, phase: Phase) -> Inputs {
        let known = self.target();
        let name = if config.target().id.is_null() {
            preflight::Target::ByName
        } else {
            preflight::Target::ById
        };
        Inputs {
            network_id: self
                .settings()
                .network_id
                .as_str()
                .and_then(|id| id.parse().ok()),
            name: self.settings().name.as_str().map(str::to_owned),
            adopts: is_set(self.settings().use_existing),
            target: known.joined::<P::TargetId>().map(Into::into).map(name),
            tenant_id: known.tenant_id.as_str().and_then(|id| id.parse().ok()),
            ..Inputs::new(P::TargetId::KIND, phase)
        }
    }

    fn attribute_of_check(config: &Self, _check: CheckId) -> Option<&'static str> {
        let is_named_by_id = !config.target().id.is_null();
        Some(if is_named_by_id {
            P::TargetId::ID
        } else {
            P::TargetId::NAME
        })
    }

    /// Nothing of a peering can be changed, so that every difference but ours alone replaces it. The target's are told by the plan.
    fn is_replaced(prior: &Self, planned: &Self) -> bool {
        let (mut prior, mut planned) = (prior.clone(), planned.clone());
        prior.dns_config() != planned.dns_config()
    }
}

/// What is sent to make the peering. `None` while something is unknown.
pub(crate) fn to_body<P: Peering>(
    model: &P,
    dns_config: &Attr<List<DnsConfigModel>>,
) -> Option<NewTransitGateway> {
    let target = model.target();
    Some(NewTransitGateway {
        name: model.settings().name.as_str()?.to_owned(),
        attachment: P::attachment(&target.known()?),
        dns_config: dns_config::to_body(dns_config)?,
    })
}

/// The model with everything that Konnect tells, in the user's spelling where that means the same.
pub(crate) fn apply_remote<P: Peering>(
    mut model: P,
    gateway: &TransitGateway,
) -> Result<P, Diagnostics> {
    let remote = P::attached(&gateway.attachment)
        .ok_or_else(|| gateways::other_kind(gateway.id, &gateway.attachment))?;
    let target = azure_target::from_remote::<P::TargetId>(&model.target(), remote);
    model.set_target(target);
    let dns_config = dns_config::from_remote(model.dns_config(), &gateway.dns_config);
    *model.dns_config() = dns_config;
    model.told().fill(gateway);
    Ok(model)
}

/// What stays as it was asked for: see [`Managed::accepted`].
pub(crate) fn accepted<P: Peering>(
    mut asked: P,
    gateway: &TransitGateway,
) -> Result<P, Diagnostics> {
    let (name, dns_config) = (asked.settings().name.clone(), asked.dns_config().clone());
    let target = asked.target();
    let mut seen = asked.apply_remote(gateway)?;
    if target.known().is_some() && target.id.known().is_some() {
        seen.set_target(target);
    }
    *seen.told().name = name;
    *seen.dns_config() = dns_config;
    Ok(seen)
}

/// The state holds both ways of naming the target, of which a configuration takes one, and the provider's tenant is the default.
pub(crate) fn tidy_generated<P: Peering>(azure: &azure::Access, config: &mut P) {
    let mut target = config.target();
    if !target.id.is_null() {
        target = Target {
            id: target.id,
            tenant_id: target.tenant_id,
            ..Target::default()
        };
    }
    if let Ok(client) = azure.client() {
        let default = client.known_tenant_id().map(Guid::as_str);
        target.tenant_id = azure_target::unless_default(target.tenant_id, default);
    }
    config.set_target(target);
}

/// The attribute of a field that Konnect objects to.
pub(crate) fn attribute_of_field<P: Peering>(field: &str) -> Option<Path> {
    let mut steps = field.split('.');
    match steps.next()? {
        "name" => Some(Path::attribute("name")),
        "dns_config" => Some(dns_config::attribute_of_field(steps)),
        "transit_gateway_attachment_config" => {
            let attribute = steps.next()?;
            azure_target::part_names::<P::TargetId>()
                .contains(&attribute)
                .then(|| Path::attribute(attribute))
        }
        _ => None,
    }
}

/// Plans what the peering attaches to: the way of naming it that the user did not take, the provider's tenant, and what another one replaces.
pub(crate) async fn plan_target<P: Peering>(
    azure: &azure::Access,
    context: &Context,
    plan: &mut Planned<P>,
) {
    let config = plan.config.target();
    let prior = plan.prior.as_ref().map(P::target);
    let default_tenant = if config.tenant_id.is_null() {
        provider_tenant(azure, &scope(context)).await.ok()
    } else {
        None
    };
    let filled = TargetPlan {
        config: &config,
        planned: &plan.planned.target(),
        prior: prior.as_ref(),
        default_tenant: default_tenant.as_deref(),
    }
    .fill::<P::TargetId>();
    if let Some(prior) = &prior {
        let replaced = azure_target::replaced_attributes::<P::TargetId>(prior, &filled);
        plan.replace.extend(replaced);
    }
    plan.planned.set_target(filled);
}

/// The model with the provider's tenant where there is no other.
pub(crate) async fn with_tenant<P: Peering>(
    azure: &azure::Access,
    context: &Context,
    mut model: P,
) -> Result<P, Diagnostics> {
    let mut target = model.target();
    if target.tenant_id.known().is_some() {
        return Ok(model);
    }
    let tenant = provider_tenant(azure, &scope(context)).await;
    let tenant = tenant.map_err(|error| {
        Failure::new("create", model.noun())
            .next(format!(
                "Give tenant_id, here or in the provider block: the tenant of the {}'s subscription.",
                P::TargetId::WHAT
            ))
            .at(Path::attribute("tenant_id"))
            .explain(&error)
    })?;
    target.tenant_id = Attr::Known(tenant);
    model.set_target(target);
    Ok(model)
}
