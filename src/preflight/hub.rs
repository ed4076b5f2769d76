//! The Azure side of a peering with a virtual hub.

use super::check::{Checked, Outcome};
use super::inputs::{Inputs, Target};
use super::observations::Observations;

/// What Azure says of something that is and stays broken.
const FAILED: &str = "Failed";

pub(super) fn exists(inputs: &Inputs, seen: &Observations) -> Checked {
    let hub = seen.hub.as_ref()?;
    let Some(target) = &inputs.target else {
        return Ok(Outcome::skipped(inputs.unknown_place()));
    };
    let id = target.place();
    let Some(hub) = hub else {
        let missing = Outcome::failed(format!("There is no virtual hub {id}.")).fix(
            "Check its subscription, resource group and name: they are those of the hub, which may differ from those of its Virtual WAN. A hub that \
             this very configuration makes has to be referred to by its id, so that it is made first.",
        );
        return Ok(match target {
            Target::ById(_) => missing,
            Target::ByName(_) => {
                missing.lenient_at_plan(inputs.phase, "This run may still make it.")
            }
        });
    };
    let states = [
        ("provisioning state", &hub.provisioning_state),
        ("routing state", &hub.routing_state),
    ];
    let broken: Vec<_> = states
        .into_iter()
        .filter(|(_, state)| {
            state
                .as_deref()
                .is_some_and(|state| state.eq_ignore_ascii_case(FAILED))
        })
        .map(|(what, _)| format!("its {what} is {FAILED}"))
        .collect();
    if !broken.is_empty() {
        return Ok(Outcome::warning(format!("The virtual hub {id} exists, but {}.", broken.join(" and ")))
            .fix("Azure takes no connections while that is so: reset the hub or its router in the portal first."));
    }
    let prefix = hub.address_prefix.as_deref().unwrap_or("(unknown)");
    Ok(Outcome::passed(format!(
        "The virtual hub {id} exists, with the address prefix {prefix}."
    )))
}
