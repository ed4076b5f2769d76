//! Looks at who may do what in Azure, and at what the network's other peerings lead to.

use std::collections::HashMap;
use std::sync::Arc;

use futures_util::future::join_all;

use crate::azure::ids::{ArmId, Guid, RoleDefinitionId, VnetId};
use crate::azure::{
    self, DenyAssignment, PrincipalType, RoleAssignment, RoleAssignmentFilter, RoleDefinition,
    ServicePrincipal, VirtualNetwork,
};
use crate::http::scope::Scope;
use crate::konnect::TransitGateway;

use super::super::consent::{foreign_cloud_warning, ways_to_consent};
use super::super::inputs::{Inputs, Place};
use super::super::observations::{
    Found as _, Grants, Look, Sibling, Tenant, Unseen, attached, others,
};
use super::look;

/// What was found out about who may do what.
pub(super) struct Rights {
    pub(super) tenant: Tenant,
    pub(super) principal: Look<Option<ServicePrincipal>>,
    pub(super) grants: Look<Grants>,
    pub(super) denials: Look<Vec<DenyAssignment>>,
    /// Why nothing that is missing can be believed to be missing.
    pub(super) elsewhere: Option<String>,
}

/// The look at Azure.
pub(super) struct Azure<'a> {
    pub(super) client: Result<&'a Arc<azure::Client>, &'a Unseen>,
    pub(super) inputs: &'a Inputs,
    pub(super) scope: &'a Scope,
}

impl Azure<'_> {
    /// Client and place, or why nothing of the place can be looked at.
    pub(super) fn place(&self) -> Look<(&azure::Client, &Place)> {
        let Some(place) = self.inputs.place() else {
            return Err(Unseen::NotAsked(self.inputs.unknown_place()));
        };
        let client = self.client.map_err(Unseen::clone)?;
        Ok((client, place))
    }

    /// What the network's other peerings lead to. Their rights are others' matter: what cannot be read is left unseen.
    pub(super) async fn siblings(&self, gateways: &[TransitGateway]) -> Vec<Sibling> {
        let Ok((client, place)) = self.place() else {
            return Vec::new();
        };
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

    pub(super) async fn rights(&self) -> Rights {
        let inputs = self.inputs;
        let client = match self.client {
            Ok(client) => client,
            Err(why) => {
                return Rights {
                    tenant: Tenant::default(),
                    principal: Err(why.clone()),
                    grants: Err(why.clone()),
                    denials: Err(why.clone()),
                    elsewhere: None,
                };
            }
        };
        let ((tenant, elsewhere, principal, grants), denials) = tokio::join!(
            async {
                let signed_in = client.tenant_id(self.scope).await;
                let (tenant, elsewhere) = tenant(inputs, client.cloud(), signed_in.ok());
                let principal = match &elsewhere {
                    Some(why) => Err(Unseen::blind(format!(
                        "The service principal of {} cannot be looked up. {why}",
                        inputs.client_id
                    ))),
                    None => self.principal(client, &inputs.client_id).await,
                };
                let grants = match principal.found() {
                    Some(principal) => self.grants(&principal.id).await,
                    None => Err(Unseen::NotAsked(
                        "The service principal was not seen.".to_owned(),
                    )),
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
        let (client, place) = self.place()?;
        let at = place.as_arm_id();
        let filter = RoleAssignmentFilter::AtScopeOf(principal.clone());
        let listed = client.list_role_assignments(at, &filter);
        let mut answer = listed.collect(self.scope).await.map_err(azure::Error::from);
        let is_without_groups = answer.as_ref().is_err_and(azure::Error::is_filter_refused);
        if is_without_groups || answer.as_ref().is_ok_and(Vec::is_empty) {
            // The filter that looks into groups is answered by the directory, which may not know a new principal everywhere yet.
            answer = client.role_assignments_of(self.scope, at, principal).await;
        }
        let mut assignments = look(
            &format!("the role assignments at the {}", self.inputs.kind.place()),
            "Microsoft.Authorization/roleAssignments/read there, as in the role Reader",
            answer,
        )?;
        // A service that does not know the filter shows everybody's.
        assignments.retain(|assignment| may_be_of(assignment, principal));
        assignments.extend(client.just_made_role_assignments(principal));
        Ok(Grants {
            is_without_groups,
            ..self.read_roles(client, place, assignments).await
        })
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
        let (client, place) = self.place()?;
        let answer = client
            .list_deny_assignments(place.as_arm_id())
            .collect(self.scope)
            .await;
        // Not every Azure has them; where there are none to be listed, there is no right to lack.
        if let Err(error) = &answer
            && matches!(error.status(), Some(400 | 404 | 405 | 501))
        {
            return Err(Unseen::NotAsked(format!(
                "The service lists no deny assignments: {error}"
            )));
        }
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

pub(super) async fn read_vnet(
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
