//! `konnectazure_dns_mappings`: which DNS servers answer for which domains in a Konnect network.
//!
//! The remote object is a private DNS object of kind `azure-outbound-resolver`, at
//! `/v2/cloud-gateways/networks/{network}/private-dns/{id}`. It is changed in place by PATCH, which replaces the whole map from domains to
//! addresses; Konnect takes changes and deletions only while the object is not in transition.
//!
//! Rights: `Network Admin` in Konnect; `Network Viewer` may not read private DNS. Import: `NETWORK_ID/PRIVATE_DNS_ID`.

mod mappings;
mod moved;
mod schema;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::http::poll::Progress;
use crate::konnect::{self, NetworkId, NewPrivateDns, PrivateDns, PrivateDnsConfig, PrivateDnsId};
use crate::resources::explain::Failure;
use crate::resources::konnect_object::flow::NotReady;
use crate::resources::konnect_object::phase::{self, Lifecycle, Phase, Settled};
use crate::resources::konnect_object::private_dns::{PrivateDnsObjects, other_kind};
use crate::resources::konnect_object::schema::state_metadata;
use crate::resources::konnect_object::{Flow, explain, import, is_set, schema as common};
use crate::resources::scope;
use crate::tf::attr::{Attr, Set};
use crate::tf::context::Context;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::resource::{ImportId, MoveSource, Planned, Resource, Save, Timeouts};
use crate::tf::schema::{IdentityAttribute, Schema};

pub use self::mappings::DnsMapping;
use self::mappings::RepeatedDomain;
pub use self::schema::DnsMappingsModel;

const TYPE_NAME: &str = "konnectazure_dns_mappings";
const WHAT: &str = "DNS mappings";

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
    konnect: Arc<konnect::Access>,
}

impl DnsMappingsResource {
    /// A resource that uses this client once it is configured.
    #[must_use]
    pub const fn new(konnect: Arc<konnect::Access>) -> Self {
        Self { konnect }
    }

    fn flow<'a>(
        &self,
        context: &'a Context,
        action: &'static str,
        network_id: NetworkId,
        noun: String,
    ) -> Result<Flow<'a, PrivateDnsObjects>, Diagnostics> {
        let client = self
            .konnect
            .client()
            .map_err(|error| Failure::new(action, noun.clone()).explain(&error))?;
        let objects = PrivateDnsObjects {
            client: Arc::clone(&client),
            network_id,
        };
        Ok(Flow {
            context,
            scope: scope(context),
            step: self.konnect.poll_step(),
            client,
            network_id,
            objects,
            type_name: TYPE_NAME,
            noun,
            advice: ADVICE.to_owned(),
        })
    }
}

#[async_trait]
impl Resource for DnsMappingsResource {
    type Model = DnsMappingsModel;

    fn type_name(&self) -> &'static str {
        TYPE_NAME
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
                    format!("The domain {domain} stands in several mappings"),
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
        _context: &Context,
        plan: &mut Planned<DnsMappingsModel>,
    ) -> Result<(), Diagnostics> {
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
        let network_id = import::recorded_network(&planned.network_id)?;
        let flow = self.flow(context, "create", network_id, noun(&planned))?;
        let body = to_body(&planned).ok_or_else(|| not_known("create", &planned))?;
        let existing = flow.adopt(&body, is_set(&planned.use_existing)).await?;
        let object = if let Some(existing) = existing {
            existing
        } else {
            flow.network_ready().await?;
            flow.create(&body, &attribute_of_field).await?
        };
        let model = accepted(planned, &object)?;
        save.save(&model);
        if !is_set(&model.wait_for_ready) {
            return Ok(model);
        }
        match flow.ready(object).await {
            Ok(ready) => accepted(model, &ready),
            Err(not_ready) => Err(give_up(&flow, model, &not_ready, "create", save)),
        }
    }

    async fn read(
        &self,
        context: &Context,
        state: DnsMappingsModel,
    ) -> Result<Option<DnsMappingsModel>, Diagnostics> {
        let place = recorded(&state)?;
        let failure = || Failure::new("read", noun(&state));
        let client = self
            .konnect
            .client()
            .map_err(|error| failure().explain(&error))?;
        match client
            .get_private_dns(&scope(context), &place.network_id, &place.id)
            .await
        {
            Ok(object) if object.phase() == Phase::Terminated => Ok(None),
            Ok(object) => apply_remote(state, &object).map(Some),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(explain(failure(), &error)),
        }
    }

    async fn update(
        &self,
        context: &Context,
        prior: DnsMappingsModel,
        planned: DnsMappingsModel,
        save: &Save<DnsMappingsModel>,
    ) -> Result<DnsMappingsModel, Diagnostics> {
        let place = recorded(&prior)?;
        let flow = self.flow(context, "update", place.network_id, noun(&planned))?;
        let body = to_body(&planned).ok_or_else(|| not_known("update", &planned))?;
        let (before, changed) = change(&flow, place.id, &body).await?;
        let model = accepted(planned, &changed)?;
        save.save(&model);
        if !is_set(&model.wait_for_ready) {
            return Ok(model);
        }
        match flow.ready_after_change(changed, before).await {
            Ok(ready) => accepted(model, &ready),
            Err(not_ready) => Err(give_up(&flow, model, &not_ready, "update", save)),
        }
    }

    async fn delete(&self, context: &Context, state: DnsMappingsModel) -> Result<(), Diagnostics> {
        let place = recorded(&state)?;
        let flow = self.flow(context, "delete", place.network_id, noun(&state))?;
        flow.delete(place.id, "delete").await
    }

    async fn import(
        &self,
        _context: &Context,
        id: ImportId,
    ) -> Result<DnsMappingsModel, Diagnostics> {
        import::place(WHAT, &id).map(imported)
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }
}

/// Changes the object once it is not in transition; tells how it was before, and how it is now.
async fn change(
    flow: &Flow<'_, PrivateDnsObjects>,
    id: PrivateDnsId,
    body: &NewPrivateDns,
) -> Result<(Phase, PrivateDns), Diagnostics> {
    loop {
        let before = changeable(flow, id).await?;
        let changed = flow
            .client
            .patch_private_dns(&flow.scope, &flow.network_id, &id, body)
            .await;
        let error = match changed {
            Ok(changed) => return Ok((before, changed)),
            Err(error) => error,
        };
        // Somebody else may have begun a change between the look and the request.
        if is_refused_in_transition(flow, id, &error).await {
            continue;
        }
        let failure = flow.failure("update").fields(&attribute_of_field);
        return Err(explain(failure, &error));
    }
}

async fn is_refused_in_transition(
    flow: &Flow<'_, PrivateDnsObjects>,
    id: PrivateDnsId,
    error: &konnect::Error,
) -> bool {
    let may_pass = error.is_conflict() || error.is_bad_request() && !error.is_field_fault();
    may_pass
        && flow
            .look(id)
            .await
            .is_ok_and(|object| matches!(phase::settled(object), Progress::NotYet(_)))
}

/// The least state from which a refresh finds the object.
fn imported(place: import::Place<PrivateDnsId>) -> DnsMappingsModel {
    DnsMappingsModel {
        id: Attr::Known(place.id.to_string()),
        network_id: Attr::Known(place.network_id.to_string()),
        // What Konnect does not hold starts with its default, so that the plan after the import is empty.
        wait_for_ready: Attr::Known(true),
        use_existing: Attr::Known(false),
        ..DnsMappingsModel::default()
    }
}

/// What an import followed by a refresh makes of a private DNS object.
///
/// # Errors
/// If it is of another kind.
pub(crate) fn listed(
    network_id: NetworkId,
    object: &PrivateDns,
) -> Result<DnsMappingsModel, Diagnostics> {
    let id = object.id;
    apply_remote(imported(import::Place { network_id, id }), object)
}

/// Waits until the object can be changed, and tells how it was then.
async fn changeable(
    flow: &Flow<'_, PrivateDnsObjects>,
    id: PrivateDnsId,
) -> Result<Phase, Diagnostics> {
    match flow.settled(id).await {
        Ok(Settled::Stable(object)) => Ok(object.phase()),
        Ok(Settled::Terminating) => Err(flow
            .failure("update")
            .because("It is being deleted by somebody else.")),
        Ok(Settled::Gone) => Err(flow
            .failure("update")
            .next("The next plan finds it missing and makes it anew.")
            .because("It does not exist in Konnect any more.")),
        Err(ended) => Err(flow
            .failure("update")
            .now("Nothing was changed.")
            .waited(&ended)),
    }
}

/// Keeps what was seen last and says why the wait ended.
fn give_up(
    flow: &Flow<'_, PrivateDnsObjects>,
    model: DnsMappingsModel,
    not_ready: &NotReady<PrivateDns>,
    action: &'static str,
    save: &Save<DnsMappingsModel>,
) -> Diagnostics {
    let id = not_ready.last.id;
    match accepted(model, &not_ready.last) {
        Ok(model) => save.save(&model),
        Err(other_kind) => return other_kind,
    }
    flow.failure(action)
        .now(format!(
            "The object exists in Konnect with id {id}, and stays in the state."
        ))
        .waited(&not_ready.ended)
}

/// The object in messages.
fn noun(model: &DnsMappingsModel) -> String {
    let name = model
        .name
        .as_str()
        .or(model.id.as_str())
        .unwrap_or_default();
    format!("{WHAT} {name:?}")
}

fn recorded(state: &DnsMappingsModel) -> Result<import::Place<PrivateDnsId>, Diagnostics> {
    import::recorded(&state.network_id, &state.id)
}

fn not_known(action: &'static str, model: &DnsMappingsModel) -> Diagnostics {
    Failure::new(action, noun(model)).because("Its configuration is not wholly known.")
}

/// What is sent to make or change the object, always whole. `None` while something is unknown.
fn to_body(model: &DnsMappingsModel) -> Option<NewPrivateDns> {
    Some(NewPrivateDns {
        name: model.name.as_str()?.to_owned(),
        config: PrivateDnsConfig::AzureOutboundResolver {
            dns_config: mappings::expand(model.mappings.known()?)?,
        },
    })
}

/// The model after Konnect accepted what was asked for. That stays as it was asked, for an answer may still show what was before the change; a
/// difference that lasts is seen by the next refresh.
fn accepted(asked: DnsMappingsModel, object: &PrivateDns) -> Result<DnsMappingsModel, Diagnostics> {
    let (name, mappings) = (asked.name.clone(), asked.mappings.clone());
    let seen = apply_remote(asked, object)?;
    if (&seen.name, &seen.mappings) != (&name, &mappings) {
        tracing::info!(
            "Konnect shows other mappings for {} than were asked for",
            object.id
        );
    }
    Ok(DnsMappingsModel {
        mapping_type: mapping_type(&mappings),
        domain_count: mappings::domain_count(&mappings).into(),
        name,
        mappings,
        ..seen
    })
}

fn mapping_type(mappings: &Attr<Set<DnsMapping>>) -> Attr<String> {
    mappings::mapping_type(mappings)
        .map(|kind| kind.to_string())
        .into()
}

/// The model with everything that Konnect tells, in the user's groups and spelling where they mean the same.
fn apply_remote(
    model: DnsMappingsModel,
    object: &PrivateDns,
) -> Result<DnsMappingsModel, Diagnostics> {
    let PrivateDnsConfig::AzureOutboundResolver { dns_config } = &object.config else {
        return Err(other_kind(object.id, &object.config));
    };
    let mappings = Attr::Known(mappings::reconcile(&model.mappings, dns_config));
    Ok(DnsMappingsModel {
        id: Attr::Known(object.id.to_string()),
        name: Attr::Known(object.name.clone()),
        mapping_type: mapping_type(&mappings),
        domain_count: mappings::domain_count(&mappings).into(),
        mappings,
        state: Attr::Known(object.state.to_string()),
        state_metadata: state_metadata(object.state_metadata()),
        entity_version: Attr::Known(object.entity_version),
        created_at: Attr::Known(object.created_at.clone()),
        updated_at: Attr::Known(object.updated_at.clone()),
        ..model
    })
}

/// The attribute of a field that Konnect objects to. Elements of a set have no path of their own, so that every one is the set's fault.
fn attribute_of_field(field: &str) -> Option<Path> {
    let mut steps = field.split('.');
    match (steps.next()?, steps.next()) {
        ("name", _) => Some(Path::attribute("name")),
        ("private_dns_attachment_config", Some("dns_config")) => Some(Path::attribute("mappings")),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
