//! `konnectazure_preflight`: what would make a peering fail, as data.
//!
//! Looks at both clouds and writes nothing. What the caller may not look at is a warning; a failure is no error here, so that a `check` block
//! or a condition can decide.

use std::sync::Arc;

use async_trait::async_trait;

use crate::azure::ids::VnetId;
use crate::konnect::NetworkId;
use crate::model;
use crate::preflight::consent::KONG_CLIENT_ID;
use crate::preflight::{self, Check, Clients, Inputs, Kind, Phase, Target};
use crate::resources::clients;
use crate::resources::{azure_target, scope};
use crate::tf::attr::{Attr, List};
use crate::tf::context::Context;
use crate::tf::data_source::DataSource;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::path::Path;
use crate::tf::schema::{Attribute, AttributeKind, Nesting, Schema};
use crate::tf::types::Type;
use crate::tf::validate::{NotEmpty, Parses};
use crate::{azure, konnect};

model! {
    /// One check's outcome.
    pub struct CheckModel {
        /// The check's stable name.
        pub id: String,
        /// `passed`, `failed`, `warning` or `skipped`.
        pub status: String,
        /// What was found.
        pub detail: String,
        /// What to do about it.
        pub fix: String,
    }
}

model! {
    /// Configuration and result of `konnectazure_preflight`.
    pub struct PreflightModel {
        /// The network.
        pub network_id: String,
        /// The virtual network's ARM id.
        pub vnet_id: String,
        /// The virtual network's tenant.
        pub tenant_id: String,
        /// The virtual network's subscription.
        pub subscription_id: String,
        /// The virtual network's resource group.
        pub resource_group_name: String,
        /// The virtual network's name.
        pub vnet_name: String,
        /// The application that peers.
        pub client_id: String,
        /// Whether no check failed.
        pub passed: bool,
        /// Every check's outcome.
        pub checks: List<CheckModel>,
    }
}

impl PreflightModel {
    /// The attributes that name the virtual network.
    fn target(&self) -> azure_target::Target {
        azure_target::Target {
            id: self.vnet_id.clone(),
            tenant_id: self.tenant_id.clone(),
            subscription_id: self.subscription_id.clone(),
            resource_group_name: self.resource_group_name.clone(),
            name: self.vnet_name.clone(),
        }
    }

    /// What is to be checked, once everything is known.
    fn inputs(&self) -> Result<Inputs, Diagnostics> {
        let network_id = parse(&self.network_id, "network_id")?;
        let vnet_id = match parse(&self.vnet_id, "vnet_id")? {
            Some(id) => id,
            None => self
                .target()
                .joined::<VnetId>()
                .ok_or_else(|| invalid("vnet_name", "The parts do not name a virtual network."))?,
        };
        let mut inputs = Inputs {
            network_id,
            target: Some(Target::ById(vnet_id.into())),
            tenant_id: parse(&self.tenant_id, "tenant_id")?,
            ..Inputs::new(Kind::VnetPeering, Phase::Standalone)
        };
        if let Some(client_id) = parse(&self.client_id, "client_id")? {
            inputs.client_id = client_id;
        }
        Ok(inputs)
    }
}

fn parse<T>(text: &Attr<String>, attribute: &str) -> Result<Option<T>, Diagnostics>
where
    T: std::str::FromStr,
    T::Err: std::fmt::Display,
{
    let parsed = text.as_str().map(str::parse::<T>).transpose();
    parsed.map_err(|fault| invalid(attribute, &format!("{fault}.")))
}

fn invalid(attribute: &str, what: &str) -> Diagnostics {
    Diagnostic::error(format!("Invalid {attribute}"), what)
        .at(Path::attribute(attribute))
        .into()
}

/// The data source.
#[derive(Debug)]
pub struct PreflightDataSource {
    azure: Arc<azure::Access>,
    konnect: Arc<konnect::Access>,
}

/// The data source over clients that are configured later.
#[must_use]
pub fn data_source(clients: &clients::Clients) -> PreflightDataSource {
    PreflightDataSource {
        azure: Arc::clone(&clients.azure),
        konnect: Arc::clone(&clients.konnect),
    }
}

#[async_trait]
impl DataSource for PreflightDataSource {
    type Model = PreflightModel;

    fn type_name(&self) -> &'static str {
        "konnectazure_preflight"
    }

    fn schema(&self) -> Schema {
        let mut attributes = vec![network_id()];
        attributes.extend(target());
        attributes.push(client_id());
        attributes.extend(computed());
        Schema::new(
            "Checks for anything that would make a `konnectazure_vnet_peering` fail, and returns the results as data for `check` blocks \
             and conditions. The peering makes the same checks itself; use this before there is a peering, or to check again later.\n\n\
             It writes nothing. A failed check is not an error of this data source, and a check that the caller lacks permission for is \
             a `warning`.",
            attributes,
        )
    }

    fn validate(&self, config: &PreflightModel, diagnostics: &mut Diagnostics) {
        diagnostics.extend(azure_target::check::<VnetId>(&config.target()));
    }

    async fn read(
        &self,
        context: &Context,
        config: PreflightModel,
    ) -> Result<PreflightModel, Diagnostics> {
        let inputs = config.inputs()?;
        let scope = scope(context);
        let clients = Clients {
            azure: &self.azure,
            konnect: &self.konnect,
        };
        let report = preflight::run(&inputs, clients, &scope).await;
        Ok(PreflightModel {
            client_id: Attr::Known(inputs.client_id.to_string()),
            passed: Attr::Known(report.passed()),
            checks: Attr::Known(report.checks.into_iter().map(CheckModel::from).collect()),
            ..config
        })
    }
}

impl From<Check> for CheckModel {
    fn from(check: Check) -> Self {
        Self {
            id: check.id.as_str().into(),
            status: check.status.as_str().into(),
            detail: Attr::Known(check.detail),
            fix: Attr::Known(check.fix),
        }
    }
}

fn network_id() -> Attribute {
    Attribute::required("network_id", Type::String)
        .describe("Id of the Dedicated Cloud Gateway network in Konnect.")
        .validate(Parses::new("a UUID", |text: &str| {
            let id = text.parse::<NetworkId>();
            id.map(drop).map_err(|fault| fault.reason())
        }))
}

fn target() -> [Attribute; 5] {
    let alternative =
        "Give either `vnet_id`, or `subscription_id`, `resource_group_name` and `vnet_name`.";
    [
        Attribute::optional("vnet_id", Type::String)
            .describe(format!("ARM id of the virtual network. {alternative}"))
            .validate(Parses::new("the id of a virtual network", |text: &str| {
                text.parse::<VnetId>().map(drop)
            })),
        Attribute::optional("tenant_id", Type::String)
            .describe(
                "Entra tenant of the virtual network's subscription. Default: the provider's. Nothing can be looked up in another one.",
            )
            .validate(azure_target::guid()),
        Attribute::optional("subscription_id", Type::String)
            .describe(format!(
                "Subscription of the virtual network. {alternative}"
            ))
            .validate(azure_target::guid()),
        Attribute::optional("resource_group_name", Type::String)
            .describe(format!(
                "Resource group of the virtual network. {alternative}"
            ))
            .validate(NotEmpty),
        Attribute::optional("vnet_name", Type::String)
            .describe(format!("Name of the virtual network. {alternative}"))
            .validate(NotEmpty),
    ]
}

fn client_id() -> Attribute {
    Attribute::optional("client_id", Type::String)
        .describe(format!(
            "Client id of the application that peers. Default: `{KONG_CLIENT_ID}`, Kong's app for virtual network peering."
        ))
        .default_value(KONG_CLIENT_ID)
        .validate(azure_target::guid())
}

fn computed() -> [Attribute; 2] {
    let check = vec![
        Attribute::computed("id", Type::String).describe(
            "Name of the check: `network_exists`, `network_is_azure`, `network_ready`, `vnet_exists`, `address_space`, `service_principal`, \
             `role_assignment`, `vnet_peerings`, `quota` or `regions`. The last two are for information and never fail; `quota` is always `skipped`, \
             since no API of Konnect tells how many peerings a network may have.",
        ),
        Attribute::computed("status", Type::String).describe(
            "`passed`; `failed`: a peering would fail; `warning`: it may fail, or the caller lacks permission to check; `skipped`: another check did \
             not pass, or there is nothing to check.",
        ),
        Attribute::computed("detail", Type::String).describe("What was found."),
        Attribute::computed("fix", Type::String)
            .describe("What to do about it; empty if there is nothing to do."),
    ];
    [
        Attribute::computed("passed", Type::Bool)
            .describe("Whether no check failed. Warnings and skipped checks do not count; `checks` tells what the caller could not check."),
        Attribute::computed("checks", AttributeKind::Nested(Nesting::List, check))
            .describe("The outcome of every check, always in the same order."),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NETWORK: &str = "36ae63d3-efd1-4bec-b246-62aa5d3f5695";
    const SUBSCRIPTION: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";

    fn by_parts() -> PreflightModel {
        PreflightModel {
            network_id: NETWORK.into(),
            subscription_id: SUBSCRIPTION.into(),
            resource_group_name: "net".into(),
            vnet_name: "orders".into(),
            ..PreflightModel::default()
        }
    }

    #[test]
    fn both_ways_of_naming_the_virtual_network_mean_the_same() {
        let by_parts = by_parts().inputs().unwrap();
        let id = by_parts.target.as_ref().unwrap().place().to_string();
        let by_id = PreflightModel {
            network_id: NETWORK.into(),
            vnet_id: Attr::Known(id),
            client_id: SUBSCRIPTION.into(),
            ..PreflightModel::default()
        };
        let by_id = by_id.inputs().unwrap();
        assert_eq!(by_id.target, by_parts.target);
        assert_eq!(by_parts.client_id.as_str(), KONG_CLIENT_ID);
        assert_eq!(by_id.client_id.as_str(), SUBSCRIPTION);
    }

    #[test]
    fn a_name_that_makes_no_id_is_an_error_on_its_attribute() {
        let bad = PreflightModel {
            vnet_name: "a/b".into(),
            ..by_parts()
        };
        let told = bad.inputs().unwrap_err();
        let paths: Vec<_> = told.iter().map(|one| one.path.to_string()).collect();
        assert_eq!(paths, ["vnet_name"]);
    }
}
