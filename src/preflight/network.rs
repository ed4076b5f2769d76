//! The Konnect side: is there a network in Azure that takes a peering?

use crate::konnect::{CloudProvider, Network, NetworkState};

use super::check::{CheckId, Checked, Outcome};
use super::inputs::{Inputs, Kind, Phase};
use super::observations::{Found as _, Observations};

pub(super) fn exists(inputs: &Inputs, seen: &Observations) -> Checked {
    let network = seen.network.as_ref()?;
    if let Some(network) = network {
        return Ok(Outcome::passed(format!(
            "The network {:?} exists, with the address block {}.",
            network.name,
            block(network)
        )));
    }
    let id = inputs
        .network_id
        .map(|id| id.to_string())
        .unwrap_or_default();
    Ok(Outcome::failed(format!(
        "There is no network with the id {id} in the organisation that the token belongs to."
    ))
    .fix(
        "Check the id and the token: Konnect shows the ids under Gateway Manager, Networks; data \"konnectazure_network\" finds a network by its \
         name.",
    ))
}

fn block(network: &Network) -> &str {
    match network.cidr_block.as_str() {
        "" => "(unknown)",
        block => block,
    }
}

pub(super) fn is_azure(seen: &Observations) -> Checked {
    let network = seen.network.require(CheckId::NetworkExists)?;
    let other = match &seen.provider {
        Ok(CloudProvider::Azure) => {
            return Ok(Outcome::passed(format!(
                "The network is in Azure, in {}.",
                network.region
            )));
        }
        Ok(other @ (CloudProvider::Aws | CloudProvider::Gcp)) => other,
        Ok(CloudProvider::Unknown(_)) | Err(_) if is_azure_by_region(network, seen) => {
            return Ok(Outcome::passed(format!(
                "The network is in {}, a region of Azure.",
                network.region
            )));
        }
        Ok(CloudProvider::Unknown(name)) => {
            return Ok(Outcome::warning(format!(
                "The network {:?} is in the cloud {name:?}, which is not known here, and in the region {:?}, which Konnect does not list for Azure.",
                network.name, network.region
            )));
        }
        Err(unseen) => return Err(unseen.into()),
    };
    Ok(Outcome::failed(format!(
        "The network {:?} is in the cloud {other}, region {}.",
        network.name, network.region
    ))
    .fix("Only a network in Azure can be connected with Azure. Choose another network, or have one made in an Azure region."))
}

/// Regions are named differently by each cloud, so that the name tells where the account may not be read.
fn is_azure_by_region(network: &Network, seen: &Observations) -> bool {
    let Ok(availability) = &seen.availability else {
        return false;
    };
    let has_region = |is_azure: bool| {
        availability
            .providers
            .iter()
            .filter(|provider| (provider.provider == CloudProvider::Azure) == is_azure)
            .any(|provider| {
                provider
                    .regions
                    .iter()
                    .any(|region| region.region == network.region)
            })
    };
    has_region(true) && !has_region(false)
}

pub(super) fn is_ready(inputs: &Inputs, seen: &Observations) -> Checked {
    let network = seen.network.require(CheckId::NetworkExists)?;
    let state = &network.state;
    let reported = network
        .state_metadata
        .as_ref()
        .map(|metadata| format!(" Konnect says: {metadata}."))
        .unwrap_or_default();
    let found = format!("The network is in the state {state}.{reported}");
    Ok(match state {
        NetworkState::Ready => Outcome::passed(found),
        NetworkState::Terminating | NetworkState::Terminated => {
            Outcome::failed(found).fix("It is being deleted. Choose another network.")
        }
        NetworkState::Offline => Outcome::failed(found)
            .fix("It has no infrastructure yet: Konnect provisions it once a gateway's configuration uses it. Private networking waits until then.")
            .lenient_unless_alone(inputs.phase, "The creation waits for it."),
        NetworkState::Created | NetworkState::Initializing | NetworkState::Unknown(_) => Outcome::failed(found)
            .fix("Provisioning a network takes 30 to 40 minutes.")
            .lenient_unless_alone(inputs.phase, "The creation waits for it."),
    })
}

/// For information. None of the quotas that the API publishes is about peerings; one that is used up is told by the refusal of a creation.
pub(super) fn quota(inputs: &Inputs, seen: &Observations) -> Checked {
    let network = seen.network.require(CheckId::NetworkExists)?;
    let others = if inputs.phase == Phase::Standalone {
        "in all"
    } else {
        "so far"
    };
    Ok(Outcome::skipped(format!(
        "No API of Konnect tells how many peerings a network may have; this one has {} {others}.",
        network.transit_gateway_count
    )))
}

pub(super) fn regions(inputs: &Inputs, seen: &Observations) -> Checked {
    let network = seen.network.require(CheckId::NetworkExists)?;
    let location = match inputs.kind {
        Kind::VirtualHubPeering => &seen.hub.require(CheckId::HubExists)?.location,
        Kind::VnetPeering | Kind::PrivateHostedZone => {
            &seen.vnet.require(CheckId::VnetExists)?.location
        }
    };
    let there = location.as_deref().unwrap_or("an unknown region");
    let remark = if is_same_region(&network.region, there) {
        "Traffic stays in the region."
    } else {
        "Azure peers across regions; traffic between them costs more and takes longer."
    };
    Ok(Outcome::passed(format!(
        "The network is in {}, the {} in {there}. {remark}",
        network.region,
        inputs.kind.place()
    )))
}

/// Azure writes `eastus2` as well as `East US 2`.
fn is_same_region(left: &str, right: &str) -> bool {
    let fold = |region: &str| region.replace(' ', "").to_lowercase();
    fold(left) == fold(right)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_the_same_in_both_of_azures_spellings() {
        assert!(is_same_region("eastus2", "East US 2"));
        assert!(!is_same_region("eastus2", "eastus"));
    }
}
