//! The Azure side of a hosted zone, and what else the network resolves.

use crate::konnect::domains::DomainName;
use crate::konnect::{PrivateDns, PrivateDnsConfig};

use super::check::{CheckId, Checked, Outcome};
use super::inputs::{Inputs, Phase};
use super::observations::{Found as _, Observations};

pub(super) fn exists(inputs: &Inputs, seen: &Observations) -> Checked {
    let zone = seen.zone.as_ref()?;
    let Some(id) = inputs.place() else {
        return Ok(Outcome::skipped(inputs.unknown_place()));
    };
    if zone.is_some() {
        return Ok(Outcome::passed(format!(
            "The private DNS zone {id} exists."
        )));
    }
    Ok(Outcome::failed(format!("There is no private DNS zone {id}."))
        .fix(
            "Check its name, resource group and subscription. A zone that this very configuration makes has to be referred to, so that it is made \
             first.",
        )
        .lenient_at_plan(inputs.phase, "This run may still make it."))
}

pub(super) fn link_name_is_free(inputs: &Inputs, seen: &Observations) -> Checked {
    seen.zone.require(CheckId::ZoneExists)?;
    let link = seen.link.as_ref()?;
    let name = inputs.link_name.as_deref().unwrap_or_default();
    let Some(taken) = link else {
        return Ok(Outcome::passed(format!(
            "The zone has no link named {name:?} yet."
        )));
    };
    let linked = taken.vnet_id.as_deref().unwrap_or("an unknown network");
    let outcome = Outcome::failed(format!(
        "The zone has a link named {name:?} already, to {linked}."
    ))
    .fix(
        "Konnect makes a link of its own, whose name must be free: choose another. The link to your own virtual network is not the one that Konnect \
         needs.",
    );
    Ok(if is_of_before(inputs, seen, name) {
        outcome.lenient_at_plan(inputs.phase, "It should go with what is replaced.")
    } else {
        outcome
    })
}

/// Whether the link may belong to an object whose place the new one takes; one in another network is not seen.
fn is_of_before(inputs: &Inputs, seen: &Observations, link: &str) -> bool {
    if !inputs.leaving.is_empty() {
        return true;
    }
    let objects = seen.private_dns.iter().flatten();
    objects
        .filter(|object| is_own(inputs, object))
        .any(|object| match &object.config {
            PrivateDnsConfig::AzureHostedZone {
                peer_vnet_link_name,
                ..
            } => peer_vnet_link_name.eq_ignore_ascii_case(link),
            PrivateDnsConfig::AzureOutboundResolver { .. } | PrivateDnsConfig::Other(_) => false,
        })
}

/// Whether this is the object of before: by its id, or by its name where it is replaced without being told. Once something is made, the creation
/// itself tells of one that has the name.
fn is_own(inputs: &Inputs, object: &PrivateDns) -> bool {
    let id = object.id.to_string();
    let has_the_name = inputs.name.as_deref() == Some(object.name.as_str());
    inputs.leaving.contains(&id)
        || has_the_name && (inputs.phase != Phase::Plan || inputs.is_managed(&id))
}

/// All zones of a network hang on one virtual network of Kong's, and Azure links none to two zones of one name.
pub(super) fn is_unique(inputs: &Inputs, seen: &Observations) -> Checked {
    let others = seen.private_dns.as_ref()?;
    let Some(domain) = inputs.domain_name.as_deref().and_then(parsed) else {
        return Ok(Outcome::skipped("Which domain is meant is not known yet."));
    };
    let mut others = others
        .iter()
        .filter(|other| is_there(other) && !is_own(inputs, other));
    if let Some(twin) = others.clone().find(|other| is_zone_of(other, &domain)) {
        let outcome = Outcome::failed(format!(
            "{}The network is linked to a zone of this name already, by the private DNS object {:?} with id {}.",
            inputs.name_taken(&twin.name),
            twin.name,
            twin.id
        ))
        .fix(format!(
            "Azure links a virtual network to one zone of a name only, and all zones of a Konnect network hang on one: merge two zones of one name. {}",
            inputs.ways_on(twin.id)
        ));
        let has_the_name = inputs.name.as_deref() == Some(twin.name.as_str());
        // A replacement is planned once more in its apply, by a process that has not seen what it replaces; refused there, it would leave the old object
        // set aside in the state.
        return Ok(if has_the_name || inputs.is_managed(&twin.id.to_string()) {
            outcome.lenient_at_plan(
                inputs.phase,
                "The apply fails unless that one is deleted first.",
            )
        } else {
            outcome
        });
    }
    let mapped = others.find_map(|other| {
        let mapped = mapped_domains(other).find(|mapped| mapped.is_within(&domain))?;
        Some((other, mapped))
    });
    if let Some((other, mapped)) = mapped {
        return Ok(Outcome::warning(format!(
            "The DNS mappings {:?} with id {} forward {mapped}, which the zone {domain} holds.",
            other.name, other.id
        ))
        .fix(
            "A linked zone answers before mappings are looked at: names below the domain that the zone does not hold are not found any more. Take the \
             domain out of the one or the other.",
        ));
    }
    Ok(Outcome::passed(format!(
        "Nothing else of the network answers for {domain}."
    )))
}

fn parsed(domain: &str) -> Option<DomainName> {
    domain.parse().ok()
}

fn is_there(object: &PrivateDns) -> bool {
    !object.state.is_ending()
}

fn is_zone_of(object: &PrivateDns, domain: &DomainName) -> bool {
    match &object.config {
        PrivateDnsConfig::AzureHostedZone { domain_name, .. } => {
            parsed(domain_name).as_ref() == Some(domain)
        }
        PrivateDnsConfig::AzureOutboundResolver { .. } | PrivateDnsConfig::Other(_) => false,
    }
}

fn mapped_domains(object: &PrivateDns) -> impl Iterator<Item = DomainName> {
    let domains = match &object.config {
        PrivateDnsConfig::AzureOutboundResolver { dns_config } => Some(dns_config.keys()),
        PrivateDnsConfig::AzureHostedZone { .. } | PrivateDnsConfig::Other(_) => None,
    };
    domains
        .into_iter()
        .flatten()
        .filter_map(|domain| parsed(domain))
}
