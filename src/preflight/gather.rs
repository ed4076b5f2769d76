//! Looks at both clouds: each thing once, and as much as possible at the same time. Decides nothing.

use std::collections::HashMap;
use std::error::Error as _;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::Instant;

use crate::azure::ids::{ArmId, Guid, RoleDefinitionId, VnetId};
use crate::azure::{
    self, DenyAssignment, PrincipalType, RoleAssignment, RoleAssignmentFilter, RoleDefinition,
    ServicePrincipal, VirtualNetwork,
};
use crate::http::error::Error;
use crate::http::scope::Scope;
use crate::konnect::{
    self, Availability, CloudProvider, Network, NetworkId, PrivateDns, TransitGateway,
};

use super::consent::{foreign_cloud_warning, ways_to_consent};
use super::inputs::{Inputs, Kind, Phase, Place};
use super::observations::{Grants, Look, Observations, Sibling, Tenant, attached, others};

mod places;

use places::Places;

/// How long to look at most: the checks are a help, and must not use up the time for the work itself.
const LOOK_LIMIT: Duration = Duration::from_secs(5 * 60);
/// The same while planning, where somebody waits.
const PLAN_LOOK_LIMIT: Duration = Duration::from_secs(60);

const NETWORK_UNKNOWN: &str = "Which Konnect network is meant is not known yet.";
const OF_NO_USE: &str = "Nothing that is to be made depends on it.";
const NETWORK_UNSEEN: &str = "The network was not seen.";
const KONNECT_RIGHT: &str = "the role Network Admin or Network Viewer in Konnect";

/// The ways to both clouds.
#[derive(Clone, Copy, Debug)]
pub struct Clients<'a> {
    /// Azure, configured or not.
    pub azure: &'a azure::Access,
    /// Konnect, configured or not.
    pub konnect: &'a konnect::Access,
}

pub(super) async fn gather(inputs: &Inputs, clients: Clients<'_>, scope: &Scope) -> Observations {
    let limit = match inputs.phase {
        Phase::Plan => PLAN_LOOK_LIMIT,
        Phase::Apply | Phase::Standalone => LOOK_LIMIT,
    };
    let scope = Scope {
        deadline: scope.deadline.min(Instant::now() + limit),
        cancel: scope.cancel.clone(),
    };
    let konnect = usable(inputs, "Konnect", clients.konnect.client());
    let azure = usable(inputs, "Azure", clients.azure.client());
    let konnect = Konnect {
        client: konnect.as_ref(),
        kind: inputs.kind,
        network_id: inputs.network_id,
        scope: &scope,
    };
    let azure = Azure {
        client: azure.as_ref(),
        inputs,
        scope: &scope,
    };
    let ((network, provider), availability, (gateways, siblings), private_dns, places, rights) = tokio::join!(
        konnect.network_and_provider(),
        konnect.availability(),
        async {
            let gateways = konnect.gateways().await;
            let siblings = azure.siblings(gateways.seen()).await;
            (gateways, siblings)
        },
        konnect.private_dns(),
        azure.places(),
        azure.rights(),
    );
    let Rights {
        tenant,
        principal,
        grants,
        denials,
        elsewhere,
    } = rights;
    let Places {
        vnet,
        hub,
        behind,
        zone,
        link,
    } = places;
    Observations {
        network,
        provider,
        availability,
        gateways,
        siblings,
        vnet: missing_here(vnet, elsewhere.as_deref(), "virtual network"),
        hub: missing_here(hub, elsewhere.as_deref(), "virtual hub"),
        behind,
        zone: missing_here(zone, elsewhere.as_deref(), "private DNS zone"),
        link,
        private_dns,
        tenant,
        principal,
        grants,
        denials,
    }
}

/// From another tenant, what exists looks as if it did not.
fn missing_here<T>(seen: Look<Option<T>>, elsewhere: Option<&str>, what: &str) -> Look<Option<T>> {
    match (seen, elsewhere) {
        (Look::Seen(None), Some(why)) => Look::Blind(format!("The {what} was not found. {why}")),
        (seen, _) => seen,
    }
}

/// A client, or why there is none.
fn usable<T>(
    inputs: &Inputs,
    whom: &str,
    client: Result<Arc<T>, Error>,
) -> Result<Arc<T>, Look<()>> {
    client.map_err(|error| {
        if error.is_not_known_yet() || inputs.phase == Phase::Plan {
            Look::NotAsked(format!("{whom} cannot be asked yet: {error}."))
        } else {
            Look::Blind(format!("{whom} was not asked: {error}."))
        }
    })
}

impl Look<()> {
    /// The same reason for not having seen something else.
    fn instead<T>(&self) -> Look<T> {
        match self {
            Self::Seen(()) => Look::NotAsked(String::new()),
            Self::Blind(why) => Look::Blind(why.clone()),
            Self::NotAsked(why) => Look::NotAsked(why.clone()),
        }
    }
}

/// A look that failed. A missing right is told by its name.
fn blind<T>(what: &str, right: &str, error: &Error) -> Look<T> {
    let why = match error.status() {
        Some(401 | 403) => format!("The caller may not look at {what}; this needs {right}."),
        _ => format!("It was not possible to look at {what}."),
    };
    let mut causes = vec![error.to_string()];
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    Look::Blind(format!("{why}\n{}", causes.join(": ")))
}

fn look<T, E: Into<Error>>(what: &str, right: &str, answer: Result<T, E>) -> Look<T> {
    match answer {
        Ok(seen) => Look::Seen(seen),
        Err(error) => blind(what, right, &error.into()),
    }
}

struct Konnect<'a> {
    client: Result<&'a Arc<konnect::Client>, &'a Look<()>>,
    kind: Kind,
    network_id: Option<NetworkId>,
    scope: &'a Scope,
}

impl Konnect<'_> {
    /// Client and network, or why nothing of the network can be looked at.
    fn place<T>(&self) -> Result<(&konnect::Client, NetworkId), Look<T>> {
        let Some(network_id) = self.network_id else {
            return Err(Look::NotAsked(NETWORK_UNKNOWN.to_owned()));
        };
        match self.client {
            Ok(client) => Ok((client, network_id)),
            Err(why) => Err(why.instead()),
        }
    }

    async fn network_and_provider(&self) -> (Look<Option<Network>>, Look<CloudProvider>) {
        let network = self.network().await;
        let provider = match network.found() {
            Some(network) => self.provider(network).await,
            None => Look::NotAsked(NETWORK_UNSEEN.to_owned()),
        };
        (network, provider)
    }

    async fn network(&self) -> Look<Option<Network>> {
        let (client, network_id) = match self.place() {
            Ok(place) => place,
            Err(why) => return why,
        };
        let answer = match client.get_network(self.scope, &network_id).await {
            Ok(network) => Ok(Some(network)),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        };
        look("the Konnect network", KONNECT_RIGHT, answer)
    }

    async fn provider(&self, network: &Network) -> Look<CloudProvider> {
        let (client, account) = match (self.client, &network.cloud_gateway_provider_account_id) {
            (Ok(client), Some(account)) => (client, account),
            (Err(why), _) => return why.instead(),
            (_, None) => {
                return Look::Blind(
                    "Konnect does not tell which cloud the network is in.".to_owned(),
                );
            }
        };
        let answer = client.get_provider_account(self.scope, account).await;
        let what = "the account that the network runs in, which tells its cloud";
        look(
            what,
            "the role Network Admin in Konnect",
            answer.map(|account| account.provider),
        )
    }

    async fn availability(&self) -> Look<Availability> {
        if self.kind == Kind::PrivateHostedZone {
            return Look::NotAsked(OF_NO_USE.to_owned());
        }
        match self.place() {
            Ok((client, _)) => look(
                "what Konnect offers in each region",
                "nothing but a token",
                client.availability(self.scope).await,
            ),
            Err(why) => why,
        }
    }

    /// What else the network resolves, for what resolves names.
    async fn private_dns(&self) -> Look<Vec<PrivateDns>> {
        let (client, network_id) = match self.place() {
            _ if self.kind != Kind::PrivateHostedZone => {
                return Look::NotAsked(OF_NO_USE.to_owned());
            }
            Ok(place) => place,
            Err(why) => return why,
        };
        let answer = match client.list_private_dns(self.scope, &network_id, None).await {
            // The check of the network tells.
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            answer => answer,
        };
        look(
            "the network's other private DNS objects",
            "the role Network Admin in Konnect",
            answer,
        )
    }

    async fn gateways(&self) -> Look<Vec<TransitGateway>> {
        if self.kind == Kind::PrivateHostedZone {
            return Look::NotAsked(OF_NO_USE.to_owned());
        }
        let (client, network_id) = match self.place() {
            Ok(place) => place,
            Err(why) => return why,
        };
        let answer = match client
            .list_transit_gateways(self.scope, &network_id, None)
            .await
        {
            // The check of the network tells.
            Err(error) if error.is_not_found() => Ok(Vec::new()),
            answer => answer,
        };
        look("the network's other peerings", KONNECT_RIGHT, answer)
    }
}

/// What was found out about who may do what.
struct Rights {
    tenant: Tenant,
    principal: Look<Option<ServicePrincipal>>,
    grants: Look<Grants>,
    denials: Look<Vec<DenyAssignment>>,
    /// Why nothing that is missing can be believed to be missing.
    elsewhere: Option<String>,
}

struct Azure<'a> {
    client: Result<&'a Arc<azure::Client>, &'a Look<()>>,
    inputs: &'a Inputs,
    scope: &'a Scope,
}

impl Azure<'_> {
    fn place<T>(&self) -> Result<(&azure::Client, &Place), Look<T>> {
        let Some(place) = self.inputs.place() else {
            return Err(Look::NotAsked(self.inputs.unknown_place()));
        };
        match self.client {
            Ok(client) => Ok((client, place)),
            Err(why) => Err(why.instead()),
        }
    }

    /// What the network's other peerings lead to. Their rights are others' matter: what cannot be read is left unseen.
    async fn siblings(&self, gateways: Option<&Vec<TransitGateway>>) -> Vec<Sibling> {
        let Ok((client, place)) = self.place::<()>() else {
            return Vec::new();
        };
        let gateways = gateways.map_or(&[][..], Vec::as_slice);
        let mut named: Vec<(String, VnetId)> = Vec::new();
        for gateway in others(gateways, &self.inputs.leaving) {
            if let Some(other) = attached(gateway).filter(|other| other != place)
                && let Place::Vnet(vnet_id) = other
                && named.iter().all(|(_, known)| *known != vnet_id)
            {
                named.push((gateway.name.clone(), vnet_id));
            }
        }
        let read = named.into_iter().map(async |(name, vnet_id)| {
            let vnet = read_vnet(client, self.scope, &vnet_id).await;
            Sibling {
                name,
                vnet_id,
                vnet,
            }
        });
        join_all(read).await
    }

    async fn rights(&self) -> Rights {
        let inputs = self.inputs;
        let client = match self.client {
            Ok(client) => client,
            Err(why) => {
                return Rights {
                    tenant: Tenant::default(),
                    principal: why.instead(),
                    grants: why.instead(),
                    denials: why.instead(),
                    elsewhere: None,
                };
            }
        };
        let ((tenant, elsewhere, principal, grants), denials) = tokio::join!(
            async {
                let signed_in = client.tenant_id(self.scope).await;
                let (tenant, elsewhere) = tenant(inputs, client.cloud(), signed_in.ok());
                let principal = match &elsewhere {
                    Some(why) => Look::Blind(format!(
                        "The service principal of {} cannot be looked up. {why}",
                        inputs.client_id
                    )),
                    None => self.principal(client, &inputs.client_id).await,
                };
                let grants = match principal.found() {
                    Some(principal) => self.grants(&principal.id).await,
                    None => Look::NotAsked("The service principal was not seen.".to_owned()),
                };
                (tenant, elsewhere, principal, grants)
            },
            self.denials()
        );
        Rights {
            tenant,
            principal,
            grants,
            denials,
            elsewhere,
        }
    }

    async fn principal(
        &self,
        client: &azure::Client,
        client_id: &Guid,
    ) -> Look<Option<ServicePrincipal>> {
        let answer = match client.find_service_principal(self.scope, client_id).await {
            // Replicas lag: what this very run made counts, although it is not shown yet.
            Ok(None) => Ok(client.just_made_service_principal(client_id)),
            answer => answer,
        };
        look(
            &format!("the service principal of the application {client_id}"),
            "Application.Read.All in Microsoft Graph",
            answer,
        )
    }

    async fn grants(&self, principal: &Guid) -> Look<Grants> {
        let (client, place) = match self.place() {
            Ok(place) => place,
            Err(why) => return why,
        };
        let at = place.as_arm_id();
        let listed = async |filter| {
            client
                .list_role_assignments(at, &filter)
                .collect(self.scope)
                .await
        };
        let mut answer = listed(RoleAssignmentFilter::AtScopeOf(principal.clone())).await;
        let is_doubtful = match &answer {
            Ok(found) => found.is_empty(),
            Err(error) => error.status() == Some(400),
        };
        if is_doubtful {
            // The filter that looks into groups is answered by the directory, which may not know a new principal everywhere yet.
            answer = listed(RoleAssignmentFilter::Principal(principal.clone())).await;
        }
        match answer {
            Ok(mut assignments) => {
                // A service that does not know the filter shows everybody's.
                assignments.retain(|assignment| may_be_of(assignment, principal));
                assignments.extend(client.just_made_role_assignments(principal));
                Look::Seen(self.read_roles(client, place, assignments).await)
            }
            Err(error) => blind(
                &format!("the role assignments at the {}", self.inputs.kind.place()),
                "Microsoft.Authorization/roleAssignments/read there, as in the role Reader",
                &error,
            ),
        }
    }

    /// Each role once, however often it is assigned.
    async fn read_roles(
        &self,
        client: &azure::Client,
        place: &Place,
        assignments: Vec<RoleAssignment>,
    ) -> Grants {
        let mut scopes: HashMap<RoleDefinitionId, Vec<ArmId>> = HashMap::new();
        for assignment in assignments {
            let known = scopes.entry(assignment.role_definition_id).or_default();
            if !known.contains(&assignment.scope) {
                known.push(assignment.scope);
            }
        }
        // A role is seen where it can be assigned: in the subscription, or only in a group of it.
        let views = [
            ArmId::subscription(place.subscription_id()),
            place.as_arm_id().clone(),
        ];
        let read = scopes.into_iter().map(async |(id, scopes)| {
            let role = match client.just_made_role_definition(id.guid()) {
                Some(role) => Ok(Some(role)),
                None => {
                    client
                        .find_role_definition(self.scope, id.guid(), &views)
                        .await
                }
            };
            (id, scopes, role)
        });
        let mut grants = Grants::default();
        for (id, scopes, role) in join_all(read).await {
            match role {
                Ok(Some(role)) => grants.add(&role, scopes),
                Ok(None) => grants.unread.push(format!("{id}: it was not found")),
                Err(error) => grants.unread.push(format!("{id}: {error}")),
            }
        }
        grants.sort();
        grants
    }

    async fn denials(&self) -> Look<Vec<DenyAssignment>> {
        let (client, place) = match self.place() {
            Ok(place) => place,
            Err(why) => return why,
        };
        let answer = client
            .list_deny_assignments(place.as_arm_id())
            .collect(self.scope)
            .await;
        look(
            &format!("the deny assignments at the {}", self.inputs.kind.place()),
            "Microsoft.Authorization/denyAssignments/read there, as in the role Reader",
            answer,
        )
    }
}

/// Whether an assignment can be one that the principal holds, itself or by a group.
fn may_be_of(assignment: &RoleAssignment, principal: &Guid) -> bool {
    let by_group = matches!(
        assignment.principal_type,
        None | Some(PrincipalType::Group | PrincipalType::ForeignGroup | PrincipalType::Unknown(_))
    );
    by_group || assignment.principal_id == *principal
}

impl Grants {
    fn add(&mut self, role: &RoleDefinition, scopes: Vec<ArmId>) {
        let granted = scopes.into_iter().map(|scope| (scope, role.clone()));
        self.roles.extend(granted);
    }

    /// The services promise no order, and messages must not change without a reason.
    fn sort(&mut self) {
        self.roles.sort_by_key(|(scope, role)| {
            (role.role_name.to_lowercase(), scope.as_str().to_lowercase())
        });
        self.unread.sort();
    }
}

async fn read_vnet(
    client: &azure::Client,
    scope: &Scope,
    vnet_id: &VnetId,
) -> Look<Option<VirtualNetwork>> {
    let answer = client.get_virtual_network(scope, vnet_id).await;
    look(
        &format!("the virtual network {vnet_id}"),
        "Microsoft.Network/virtualNetworks/read there, as in the role Reader",
        answer,
    )
}

/// The tenant to act in, and why the caller cannot look into it.
fn tenant(
    inputs: &Inputs,
    cloud: &azure::Cloud,
    signed_in: Option<Guid>,
) -> (Tenant, Option<String>) {
    let elsewhere = match (&inputs.tenant_id, &signed_in) {
        (Some(wanted), Some(signed_in)) if wanted != signed_in => Some(format!(
            "Azure is asked in the tenant {signed_in}, and the virtual network is said to be in the tenant {wanted}."
        )),
        _ => None,
    };
    let id = inputs.tenant_id.clone().or(signed_in);
    // "organizations" is the home tenant of whoever opens the page.
    let place = id.as_ref().map_or("organizations", Guid::as_str);
    let client_id = inputs.client_id.as_str();
    let tenant = Tenant {
        ways_to_consent: ways_to_consent(cloud, place, client_id),
        doubt: foreign_cloud_warning(cloud, client_id),
        id,
    };
    (tenant, elsewhere)
}
