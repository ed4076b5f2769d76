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

use crate::konnect::{self, NetworkId, NewPrivateDns, PrivateDns, PrivateDnsConfig, PrivateDnsId};
use crate::resources::explain::Failure;
use crate::resources::konnect_object::flow::NotReady;
use crate::resources::konnect_object::phase::{Lifecycle, Phase, Settled};
use crate::resources::konnect_object::private_dns::{PrivateDnsObjects, other_kind};
use crate::resources::konnect_object::schema::state_metadata;
use crate::resources::konnect_object::{Flow, explain, import, is_set, schema as common};
use crate::resources::scope;
use crate::tf::attr::Attr;
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
        network_id: NetworkId,
        noun: String,
    ) -> Result<Flow<'a, PrivateDnsObjects>, Diagnostics> {
        let client = self
            .konnect
            .client()
            .map_err(|error| Failure::new("manage", noun.clone()).explain(&error))?;
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
        let flow = self.flow(context, network_id, noun(&planned))?;
        let body = to_body(&planned).ok_or_else(|| not_known("create", &planned))?;
        let existing = flow.adopt(&body, is_set(&planned.use_existing)).await?;
        let object = if let Some(existing) = existing {
            existing
        } else {
            flow.network_ready().await?;
            flow.create(&body, &attribute_of_field).await?
        };
        let model = apply_remote(planned, &object)?;
        save.save(&model);
        if !is_set(&model.wait_for_ready) {
            return Ok(model);
        }
        match flow.ready(object).await {
            Ok(ready) => apply_remote(model, &ready),
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
        let flow = self.flow(context, place.network_id, noun(&planned))?;
        let body = to_body(&planned).ok_or_else(|| not_known("update", &planned))?;
        let before = changeable(&flow, place.id).await?;
        let changed = flow
            .client
            .patch_private_dns(&flow.scope, &place.network_id, &place.id, &body)
            .await
            .map_err(|error| {
                let failure = flow.failure("update").fields(&attribute_of_field);
                explain(failure, &error)
            })?;
        let model = apply_remote(planned, &changed)?;
        save.save(&model);
        if !is_set(&model.wait_for_ready) {
            return Ok(model);
        }
        match flow.ready_after_change(changed, before).await {
            Ok(ready) => apply_remote(model, &ready),
            Err(not_ready) => Err(give_up(&flow, model, &not_ready, "update", save)),
        }
    }

    async fn delete(&self, context: &Context, state: DnsMappingsModel) -> Result<(), Diagnostics> {
        let place = recorded(&state)?;
        let flow = self.flow(context, place.network_id, noun(&state))?;
        flow.delete(place.id, "delete").await
    }

    async fn import(
        &self,
        _context: &Context,
        id: ImportId,
    ) -> Result<DnsMappingsModel, Diagnostics> {
        let import::Place { network_id, id } = import::place::<PrivateDnsId>(WHAT, &id)?;
        Ok(DnsMappingsModel {
            id: Attr::Known(id.to_string()),
            network_id: Attr::Known(network_id.to_string()),
            // What Konnect does not hold starts with its default, so that the plan after the import is empty.
            wait_for_ready: Attr::Known(true),
            use_existing: Attr::Known(false),
            ..DnsMappingsModel::default()
        })
    }

    fn move_from(&self, source: &MoveSource) -> Option<Result<Self::Model, Diagnostics>> {
        moved::model(source)
    }
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
    match apply_remote(model, &not_ready.last) {
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
        mapping_type: mappings::mapping_type(&mappings)
            .map(|kind| kind.to_string())
            .into(),
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
mod tests {
    use serde_json::json;

    use super::*;
    use crate::tf::attr::Set;

    fn model(mappings: &[(&[&str], &[&str])]) -> DnsMappingsModel {
        let mapping = |(domains, addresses): &(&[&str], &[&str])| DnsMapping {
            domains: Attr::Known(domains.iter().map(ToString::to_string).collect()),
            target_ip_addresses: Attr::Known(addresses.iter().map(ToString::to_string).collect()),
        };
        DnsMappingsModel {
            name: "corp".into(),
            mappings: Attr::Known(mappings.iter().map(mapping).collect()),
            wait_for_ready: Attr::Known(false),
            ..DnsMappingsModel::default()
        }
    }

    fn object(config: &serde_json::Value) -> PrivateDns {
        serde_json::from_value(json!({
            "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "name": "corp",
            "state": "initializing",
            "state_metadata": {},
            "private_dns_attachment_config": config,
            "entity_version": 2,
            "created_at": "2026-08-21T10:00:00.000Z",
            "updated_at": "2026-08-21T10:01:00.000Z",
        }))
        .unwrap()
    }

    #[test]
    fn the_body_holds_every_domain_with_its_addresses() {
        let body = to_body(&model(&[
            (&["A.example", "b.example."], &["10.0.0.4", "10.0.0.5"]),
            (&["c.example"], &["10.0.0.4"]),
        ]))
        .unwrap();
        assert_eq!(
            serde_json::to_value(&body).unwrap(),
            json!({
                "name": "corp",
                "private_dns_attachment_config": {
                    "kind": "azure-outbound-resolver",
                    "dns_config": {
                        "a.example": {"remote_dns_server_ip_addresses": ["10.0.0.4", "10.0.0.5"]},
                        "b.example": {"remote_dns_server_ip_addresses": ["10.0.0.4", "10.0.0.5"]},
                        "c.example": {"remote_dns_server_ip_addresses": ["10.0.0.4"]},
                    },
                },
            })
        );
    }

    #[test]
    fn nothing_is_sent_while_something_is_unknown() {
        let unknown = DnsMappingsModel {
            mappings: Attr::Unknown,
            ..model(&[])
        };
        assert!(to_body(&unknown).is_none());
    }

    #[test]
    fn an_import_fills_every_configurable_attribute() {
        let stored = json!({
            "kind": "azure-outbound-resolver",
            "dns_config": {
                "a.example": {"remote_dns_server_ip_addresses": ["10.0.0.4"]},
                "b.example": {"remote_dns_server_ip_addresses": ["10.0.0.4"]},
            },
        });
        let read = apply_remote(DnsMappingsModel::default(), &object(&stored)).unwrap();
        assert_eq!(read.name, "corp".into());
        assert_eq!(read.mapping_type, "N-to-1".into());
        assert_eq!(read.domain_count, Attr::Known(2));
        assert_eq!(read.entity_version, Attr::Known(2));
        assert_eq!(
            read.state_metadata,
            Attr::Null,
            "{{}} and nothing are the same"
        );
        let mappings = read.mappings.known().unwrap().all_known().unwrap();
        let [only] = mappings.as_slice() else {
            panic!("one group");
        };
        let domains: Set<String> = ["a.example".to_owned(), "b.example".to_owned()]
            .into_iter()
            .collect();
        assert_eq!(only.domains, Attr::Known(domains));
    }

    #[test]
    fn an_object_of_another_kind_is_refused_with_the_resource_for_it() {
        let zone = json!({ "kind": "azure-private-hosted-zone-attachment" });
        let refused = apply_remote(DnsMappingsModel::default(), &object(&zone)).unwrap_err();
        let detail = &refused.iter().next().unwrap().detail;
        assert!(
            detail.contains("konnectazure_private_hosted_zone"),
            "{detail}"
        );
    }

    #[test]
    fn fields_are_found_on_their_attributes() {
        for (field, expected) in [
            ("name", Some("name")),
            (
                "private_dns_attachment_config.dns_config.a.example.remote_dns_server_ip_addresses.0",
                Some("mappings"),
            ),
            ("private_dns_attachment_config.kind", None),
            ("networkId", None),
        ] {
            let found = attribute_of_field(field).map(|path| path.to_string());
            assert_eq!(found.as_deref(), expected, "{field}");
        }
    }

    #[test]
    fn a_repeated_domain_is_an_error_and_an_odd_address_a_warning() {
        let resource = DnsMappingsResource::new(Arc::default());
        let mut diagnostics = Diagnostics::new();
        let repeated = model(&[
            (&["a.example"], &["8.8.8.8"]),
            (&["A.example"], &["10.0.0.4"]),
        ]);
        resource.validate(&repeated, &mut diagnostics);
        let found: Vec<bool> = diagnostics.iter().map(Diagnostic::is_error).collect();
        assert_eq!(found, [true, false]);
        assert!(
            diagnostics
                .iter()
                .all(|diagnostic| diagnostic.path == Path::attribute("mappings"))
        );
    }
}
