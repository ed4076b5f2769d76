//! `konnectazure_dns_mappings`: which DNS servers answer for which domains in a Konnect network.
//!
//! The remote object is a private DNS object of kind `azure-outbound-resolver`, at
//! `/v2/cloud-gateways/networks/{network}/private-dns/{id}`. It is changed in place by PATCH, which replaces the whole map from domains to
//! addresses; Konnect takes changes and deletions only while the object is not in transition.
//!
//! Rights: `Network Admin` in Konnect; `Network Viewer` may not read private DNS. Import: `NETWORK_ID/PRIVATE_DNS_ID`.

mod moved;
mod schema;
mod surroundings;

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::azure;
use crate::http::lately::Lately;
use crate::http::poll::Progress;
use crate::konnect::{
    self, NetworkId, NewPrivateDns, PrivateDns, PrivateDnsConfig, PrivateDnsId, is_same_forwarding,
};
use crate::preflight::reachable;
use crate::resources::clients::Clients;
use crate::resources::konnect_object::creation::Creation;
use crate::resources::konnect_object::flow::NotReady;
use crate::resources::konnect_object::import::Place;
use crate::resources::konnect_object::lifecycle;
use crate::resources::konnect_object::managed::{IdOf, Managed, common_attributes};
use crate::resources::konnect_object::mappings::{self, RepeatedDomain};
use crate::resources::konnect_object::phase::{self, Lifecycle as _, Phase, Settled};
use crate::resources::konnect_object::private_dns::{PrivateDnsObjects, other_kind};
use crate::resources::konnect_object::{DnsMapping, Flow, is_set, schema as common};
use crate::resources::of_command::OfCommand;
use crate::resources::scope;
use crate::tf::attr::{Attr, Set};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

pub use self::schema::DnsMappingsModel;
use self::surroundings::{PlannedDomains, Surroundings};

const TIMEOUTS: Timeouts = Timeouts {
    create: Duration::from_secs(20 * 60),
    read: Duration::from_secs(5 * 60),
    update: Duration::from_secs(20 * 60),
    delete: Duration::from_secs(20 * 60),
};

/// What somebody has to do while Konnect waits for them.
const ADVICE: &str = "Konnect waits for something on the Azure side: check that a peering connects the network, and that its state is ready.";

/// The resource.
pub struct DnsMappingsResource {
    azure: Arc<azure::Access>,
    konnect: Arc<konnect::Access>,
    /// A plan of many mappings looks once at each network.
    seen: Lately<NetworkId, Arc<Surroundings>>,
    planned: OfCommand<konnect::Client, PlannedDomains>,
}

/// The resource over clients that are configured later.
#[must_use]
pub fn resource(clients: &Clients) -> DnsMappingsResource {
    DnsMappingsResource {
        azure: Arc::clone(&clients.azure),
        konnect: Arc::clone(&clients.konnect),
        seen: Lately::new(surroundings::MOMENT),
        planned: OfCommand::default(),
    }
}

impl DnsMappingsResource {
    /// What new mappings do not get along with. What cannot be looked at says nothing: nothing here fails a creation.
    async fn surroundings(
        &self,
        context: &Context,
        plan: &Planned<DnsMappingsModel>,
    ) -> Vec<Diagnostic> {
        let Planned { planned, prior, .. } = plan;
        let Some(wanted) = planned.mappings.known().and_then(mappings::expand) else {
            return Vec::new();
        };
        let network_id = planned.network_id.as_str().and_then(|id| id.parse().ok());
        let (Some(network_id), Ok(konnect)) = (network_id, self.konnect.client()) else {
            return Vec::new();
        };
        let name = planned.name.as_str().unwrap_or_default();
        let in_this_run = self.planned.of(Some(&konnect));
        in_this_run.note(network_id, name, &wanted);
        let before = prior
            .as_ref()
            .and_then(|prior| mappings::expand(prior.mappings.known()?));
        if before.is_some_and(|before| is_same_forwarding(&before, &wanted)) {
            return Vec::new();
        }
        let scope = surroundings::scope(&scope(context));
        let azure = self.azure.client();
        let look = Box::pin(async {
            let (private_dns, reachable) =
                tokio::join!(konnect.list_private_dns(&scope, &network_id, None), async {
                    match azure {
                        Ok(azure) => reachable(&azure, &konnect, &network_id, &scope).await,
                        Err(_) => None,
                    }
                });
            let private_dns = private_dns.unwrap_or_default();
            Ok::<_, Infallible>(Arc::new(Surroundings::new(private_dns, reachable)))
        });
        let Ok(around) = self.seen.get(&scope, network_id, look).await;
        let mut warnings = surroundings::shadowed(&wanted, &around);
        let own_id = prior.as_ref().and_then(|prior| prior.id.as_str());
        let own = (own_id, name);
        warnings.extend(in_this_run.repeated(network_id, &wanted, &around, own));
        warnings.extend(surroundings::unreachable(
            &wanted,
            around.reachable.as_deref(),
        ));
        warnings
    }
}

#[async_trait]
impl Resource for DnsMappingsResource {
    type Model = DnsMappingsModel;

    fn type_name(&self) -> &'static str {
        DnsMappingsModel::TYPE_NAME
    }

    fn schema(&self) -> Schema {
        schema::schema()
    }

    fn identity(&self) -> Vec<IdentityAttribute> {
        common::identity()
    }

    fn timeouts(&self) -> Timeouts {
        TIMEOUTS
    }

    fn validate(&self, config: &DnsMappingsModel, diagnostics: &mut Diagnostics) {
        let Some(mappings) = config.mappings.known() else {
            return;
        };
        for RepeatedDomain(domain) in mappings::repeated_domains(mappings) {
            diagnostics.push(
                Diagnostic::error(
                    format!("The domain {domain} appears in more than one mapping"),
                    "Konnect holds one list of addresses for a domain. Give all addresses of a domain in one mapping.",
                )
                .at(Path::attribute("mappings")),
            );
        }
        for warning in mappings::address_warnings(mappings) {
            diagnostics.push(
                Diagnostic::warning(warning.summary, warning.detail)
                    .at(Path::attribute("mappings")),
            );
        }
    }

    async fn plan(
        &self,
        context: &Context,
        plan: &mut Planned<DnsMappingsModel>,
    ) -> Result<(), Diagnostics> {
        for warning in self.surroundings(context, plan).await {
            context.warn(warning);
        }
        let planned = &mut plan.planned;
        planned.mapping_type = mappings::mapping_type(&planned.mappings)
            .map_or(Attr::Unknown, |kind| Attr::Known(kind.to_string()));
        planned.domain_count =
            mappings::domain_count(&planned.mappings).map_or(Attr::Unknown, Attr::Known);
        Ok(())
    }

    async fn create(
        &self,
        context: &Context,
        planned: DnsMappingsModel,
        save: &Save<DnsMappingsModel>,
    ) -> Result<DnsMappingsModel, Diagnostics> {
        let creation = Creation {
            flow: lifecycle::flow(
                &self.konnect,
                context,
                "create",
                &planned,
                ADVICE.to_owned(),
            )?,
            azure: None,
            hints: None,
            checked: None,
            turn: None,
            save,
        };
        let existing = creation.existing(&planned).await?;
        let (model, _) = creation.finish(planned, existing).await?;
        Ok(model)
    }

    fn not_known_yet(&self) -> Option<String> {
        self.konnect.not_known_yet()
    }

    async fn read(
        &self,
        context: &Context,
        state: DnsMappingsModel,
    ) -> Result<Option<DnsMappingsModel>, Diagnostics> {
        lifecycle::read(&self.konnect, context, state).await
    }

    async fn update(
        &self,
        context: &Context,
        prior: DnsMappingsModel,
        planned: DnsMappingsModel,
        save: &Save<DnsMappingsModel>,
    ) -> Result<DnsMappingsModel, Diagnostics> {
        let Place { id, .. } = prior.place()?;
        let flow = lifecycle::flow(
            &self.konnect,
            context,
            "update",
            &planned,
            ADVICE.to_owned(),
        )?;
        let body = planned.to_body().ok_or_else(|| {
            flow.failure("update")
                .because("Its configuration is not wholly known.")
        })?;
        let (before, changed) = change(&flow, &planned, id, &body).await?;
        let model = planned.accepted(&changed)?;
        save.save(&model);
        if !is_set(&model.wait_for_ready) {
            return Ok(model);
        }
        match flow.ready_after_change(changed, before).await {
            Ok(ready) => model.accepted(&ready),
            Err(not_ready) => Err(give_up(&flow, model, &not_ready, save)),
        }
    }

    async fn delete(&self, context: &Context, state: DnsMappingsModel) -> Result<(), Diagnostics> {
        lifecycle::delete(&self.konnect, context, &state).await
    }

    async fn import(
        &self,
        _context: &Context,
        id: ImportId,
    ) -> Result<DnsMappingsModel, Diagnostics> {
        DnsMappingsModel::imported(&id)
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }
}

/// What to do after a refused change.
enum AfterRefusal {
    /// Nothing: it took effect before, and only its answer was lost.
    Changed(Box<PrivateDns>),
    /// Try again. The flag tells whether the object is in transition.
    TryAgain { is_in_transition: bool },
    /// Give up.
    Final,
}

/// Changes the object once it is not in transition; tells how it was before, and how it is now.
async fn change(
    flow: &Flow<'_, PrivateDnsObjects>,
    model: &DnsMappingsModel,
    id: PrivateDnsId,
    body: &NewPrivateDns,
) -> Result<(Phase, PrivateDns), Diagnostics> {
    let mut refused_while_stable = false;
    loop {
        let before = changeable(flow, model, id).await?;
        let changed = flow
            .client
            .patch_private_dns(&flow.scope, &flow.network_id, &id, body)
            .await;
        let error = match changed {
            Ok(changed) => return Ok((before, changed)),
            Err(error) => error,
        };
        match after_refusal(flow, id, body, &error).await {
            AfterRefusal::Changed(object) => return Ok((before, *object)),
            // A transition may have begun after one look, and have ended before the next.
            AfterRefusal::TryAgain { is_in_transition }
                if is_in_transition || !refused_while_stable =>
            {
                refused_while_stable = !is_in_transition;
            }
            AfterRefusal::TryAgain { .. } | AfterRefusal::Final => {
                let failure = flow
                    .failure("update")
                    .fields(&DnsMappingsModel::attribute_of_field);
                return Err(failure.explain(&error));
            }
        }
    }
}

/// Konnect refuses what is in transition without a code of its own: the object tells whether that was the reason.
async fn after_refusal(
    flow: &Flow<'_, PrivateDnsObjects>,
    id: PrivateDnsId,
    body: &NewPrivateDns,
    error: &konnect::Error,
) -> AfterRefusal {
    let may_pass = error.is_conflict() || error.is_bad_request() && !error.is_field_fault();
    if !may_pass || error.is_name_taken() {
        return AfterRefusal::Final;
    }
    match flow.look(id).await {
        Ok(Some(object)) if object.is_same(body) => AfterRefusal::Changed(Box::new(object)),
        Ok(object) => AfterRefusal::TryAgain {
            is_in_transition: matches!(phase::settled(object), Progress::NotYet(_)),
        },
        Err(_) => AfterRefusal::Final,
    }
}

/// Waits until the object can be changed, and tells how it was then.
async fn changeable(
    flow: &Flow<'_, PrivateDnsObjects>,
    model: &DnsMappingsModel,
    id: PrivateDnsId,
) -> Result<Phase, Diagnostics> {
    match flow.settled(id).await {
        Ok(Settled::Stable(object)) => Ok(object.phase()),
        Ok(Settled::Terminating) => Err(flow
            .failure("update")
            .because("It is being deleted by somebody else.")),
        Ok(Settled::Gone) => Err(model.missing()),
        Err(ended) => Err(flow
            .failure("update")
            .now("Nothing was changed.")
            .waited(&ended)),
    }
}

/// Keeps what was seen last and says why the wait after a change ended.
fn give_up(
    flow: &Flow<'_, PrivateDnsObjects>,
    model: DnsMappingsModel,
    not_ready: &NotReady<PrivateDns>,
    save: &Save<DnsMappingsModel>,
) -> Diagnostics {
    let id = not_ready.last.id;
    match model.accepted(&not_ready.last) {
        Ok(model) => save.save(&model),
        Err(other_kind) => return other_kind,
    }
    flow.failure("update")
        .now(format!(
            "The object exists in Konnect with id {id}, and stays in the state."
        ))
        .waited(&not_ready.ended)
}

impl Managed for DnsMappingsModel {
    type Objects = PrivateDnsObjects;
    const TYPE_NAME: &'static str = "konnectazure_dns_mappings";
    const WHAT: &'static str = "DNS mappings";

    common_attributes!();

    fn at(place: Place<IdOf<Self>>) -> Self {
        Self {
            id: Attr::Known(place.id.to_string()),
            network_id: Attr::Known(place.network_id.to_string()),
            wait_for_ready: Attr::Known(true),
            use_existing: Attr::Known(false),
            ..Self::default()
        }
    }

    fn to_body(&self) -> Option<NewPrivateDns> {
        Some(NewPrivateDns {
            name: self.name.as_str()?.to_owned(),
            config: PrivateDnsConfig::AzureOutboundResolver {
                dns_config: mappings::expand(self.mappings.known()?)?,
            },
        })
    }

    fn apply_remote(mut self, object: &PrivateDns) -> Result<Self, Diagnostics> {
        let PrivateDnsConfig::AzureOutboundResolver { dns_config } = &object.config else {
            return Err(other_kind(object.id, &object.config));
        };
        self.told().fill(object);
        let mappings = Attr::Known(mappings::reconcile(&self.mappings, dns_config));
        self.mapping_type = mapping_type(&mappings);
        self.domain_count = mappings::domain_count(&mappings).into();
        self.mappings = mappings;
        Ok(self)
    }

    fn accepted(self, object: &PrivateDns) -> Result<Self, Diagnostics> {
        let (name, mappings) = (self.name.clone(), self.mappings.clone());
        let seen = self.apply_remote(object)?;
        if (&seen.name, &seen.mappings) != (&name, &mappings) {
            tracing::info!(
                "Konnect shows other mappings for {} than were asked for",
                object.id
            );
        }
        Ok(Self {
            mapping_type: mapping_type(&mappings),
            domain_count: mappings::domain_count(&mappings).into(),
            name,
            mappings,
            ..seen
        })
    }

    /// Elements of a set have no path of their own, so that every one is the set's fault.
    fn attribute_of_field(field: &str) -> Option<Path> {
        let mut steps = field.split('.');
        match (steps.next()?, steps.next()) {
            ("name", _) => Some(Path::attribute("name")),
            ("private_dns_attachment_config", Some("dns_config")) => {
                Some(Path::attribute("mappings"))
            }
            _ => None,
        }
    }
}

fn mapping_type(mappings: &Attr<Set<DnsMapping>>) -> Attr<String> {
    mappings::mapping_type(mappings)
        .map(|kind| kind.to_string())
        .into()
}

#[cfg(test)]
mod tests;
