//! What the states of Konnect's objects mean to those who wait. Pure functions of what was read.

use std::fmt::Write as _;
use std::time::Duration;

use tokio::time::Instant;

use crate::http::poll::Progress;
use crate::konnect::{
    Network, NetworkState, PrivateDns, PrivateDnsState, StateMetadata, TransitGateway,
    TransitGatewayState,
};

/// What a state means for a wait. A state that is not known here counts as [`Phase::Progressing`]: neither ready nor a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Konnect is at work.
    Progressing,
    /// Konnect waits for somebody on the customer's side.
    NeedsUser,
    /// It works.
    Ready,
    /// Konnect gave up.
    Failed,
    /// It is being deleted.
    Terminating,
    /// It is gone, although still shown.
    Terminated,
}

impl Phase {
    /// Being deleted or gone.
    pub(crate) fn is_ending(self) -> bool {
        matches!(self, Self::Terminating | Self::Terminated)
    }
}

impl From<&TransitGatewayState> for Phase {
    fn from(state: &TransitGatewayState) -> Self {
        match state {
            TransitGatewayState::Created
            | TransitGatewayState::Initializing
            | TransitGatewayState::Unknown(_) => Self::Progressing,
            TransitGatewayState::PendingAcceptance | TransitGatewayState::PendingUserAction => {
                Self::NeedsUser
            }
            TransitGatewayState::Ready => Self::Ready,
            TransitGatewayState::Error => Self::Failed,
            TransitGatewayState::Terminating => Self::Terminating,
            TransitGatewayState::Terminated => Self::Terminated,
        }
    }
}

impl From<&PrivateDnsState> for Phase {
    fn from(state: &PrivateDnsState) -> Self {
        match state {
            PrivateDnsState::Created
            | PrivateDnsState::Initializing
            | PrivateDnsState::Unknown(_) => Self::Progressing,
            PrivateDnsState::PendingAssociation => Self::NeedsUser,
            PrivateDnsState::Ready => Self::Ready,
            PrivateDnsState::Error => Self::Failed,
            PrivateDnsState::Terminating => Self::Terminating,
            PrivateDnsState::Terminated => Self::Terminated,
        }
    }
}

/// What Konnect tells of every object besides its state.
pub(crate) struct Facts {
    /// Its id.
    pub(crate) id: String,
    /// Its name.
    pub(crate) name: String,
    /// Grows with each change.
    pub(crate) entity_version: i64,
    /// When it was made.
    pub(crate) created_at: String,
    /// When it was last changed.
    pub(crate) updated_at: String,
}

/// An object that Konnect sets up in the background.
pub(crate) trait Lifecycle {
    /// What Konnect tells of it besides its state.
    fn facts(&self) -> Facts;
    /// What its state means.
    fn phase(&self) -> Phase;
    /// Its state as Konnect writes it.
    fn state(&self) -> String;
    /// What Konnect says about the state.
    fn state_metadata(&self) -> Option<&StateMetadata>;

    /// The state in one line, with what Konnect says about it.
    fn describe(&self) -> String {
        describe(&self.state(), self.state_metadata())
    }
}

macro_rules! lifecycle {
    ($kind:ty) => {
        impl Lifecycle for $kind {
            fn facts(&self) -> Facts {
                Facts {
                    id: self.id.to_string(),
                    name: self.name.clone(),
                    entity_version: self.entity_version,
                    created_at: self.created_at.clone(),
                    updated_at: self.updated_at.clone(),
                }
            }

            fn phase(&self) -> Phase {
                Phase::from(&self.state)
            }

            fn state(&self) -> String {
                self.state.to_string()
            }

            fn state_metadata(&self) -> Option<&StateMetadata> {
                self.state_metadata.as_ref()
            }
        }
    };
}

lifecycle!(TransitGateway);
lifecycle!(PrivateDns);

fn describe(state: &str, metadata: Option<&StateMetadata>) -> String {
    let mut text = format!("state {state:?}");
    let status = metadata.and_then(|metadata| metadata.reported_status.as_deref());
    if let Some(status) = status.filter(|status| !status.eq_ignore_ascii_case(state)) {
        write!(text, ", reported status {status:?}").unwrap_or_default();
    }
    if let Some(reason) = metadata.and_then(|metadata| metadata.reason.as_deref()) {
        write!(text, ": {reason}").unwrap_or_default();
    }
    text
}

/// Whether an object that was just made or changed works now. `advice` is what somebody has to do when Konnect waits for them.
pub(crate) fn ready<T: Lifecycle>(object: T, advice: &str) -> Progress<T> {
    let described = object.describe();
    match object.phase() {
        Phase::Ready => Progress::Done(object),
        Phase::Progressing => Progress::NotYet(described),
        Phase::NeedsUser => Progress::NotYet(format!("{described}. {advice}")),
        Phase::Failed => Progress::Never(format!("Konnect could not set it up: {described}")),
        Phase::Terminating | Phase::Terminated => {
            Progress::Never(format!("It is being deleted by somebody else: {described}"))
        }
    }
}

/// How a deletion ended that Konnect had accepted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended<T> {
    /// There is nothing left.
    Gone,
    /// The object is back, or stayed.
    Failed(T),
}

/// How long and how often an object may look as before after its deletion was accepted: a look may be from before it.
const STALE_TIME: Duration = Duration::from_secs(15);
const STALE_LOOKS: u32 = 8;

/// How often in a row an object has to look stable after its deletion had begun, until that has failed.
const STABLE_LOOKS: u32 = 2;

/// What the looks at an object tell after its deletion was accepted. Konnect answers 404 in the end, or for a while `terminated`.
#[derive(Debug)]
pub(crate) struct Deletion {
    accepted: Instant,
    has_begun: bool,
    stable_looks: u32,
}

impl Deletion {
    /// Accepted just now.
    pub(crate) fn accepted() -> Self {
        Self {
            accepted: Instant::now(),
            has_begun: false,
            stable_looks: 0,
        }
    }

    /// Takes one more look into account.
    pub(crate) fn judge<T: Lifecycle>(&mut self, object: Option<T>) -> Progress<Ended<T>> {
        let Some(object) = object else {
            return Progress::Done(Ended::Gone);
        };
        let has_failed = match object.phase() {
            Phase::Terminated => return Progress::Done(Ended::Gone),
            Phase::Terminating => {
                self.has_begun = true;
                self.stable_looks = 0;
                false
            }
            Phase::Failed | Phase::Ready if self.has_begun => {
                self.stable_looks += 1;
                self.stable_looks >= STABLE_LOOKS
            }
            Phase::Failed => {
                self.stable_looks += 1;
                self.stable_looks > STALE_LOOKS && self.accepted.elapsed() > STALE_TIME
            }
            Phase::Ready | Phase::Progressing | Phase::NeedsUser => false,
        };
        if has_failed {
            Progress::Done(Ended::Failed(object))
        } else {
            Progress::NotYet(object.describe())
        }
    }
}

/// An object that is not in transition: Konnect takes changes and deletions of such objects only.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Settled<T> {
    /// It works, or has failed.
    Stable(T),
    /// Its deletion has begun.
    Terminating,
    /// There is none any more.
    Gone,
}

/// Whether an object can be changed or deleted, as far as its state tells.
pub(crate) fn settled<T: Lifecycle>(object: Option<T>) -> Progress<Settled<T>> {
    let Some(object) = object else {
        return Progress::Done(Settled::Gone);
    };
    match object.phase() {
        Phase::Ready | Phase::Failed => Progress::Done(Settled::Stable(object)),
        Phase::Progressing | Phase::NeedsUser => Progress::NotYet(object.describe()),
        Phase::Terminating => Progress::Done(Settled::Terminating),
        Phase::Terminated => Progress::Done(Settled::Gone),
    }
}

/// Whether private networking can be set up in a network. Networks have no state for failures: what Konnect says about the state is all there is.
pub(crate) fn network_ready(network: Network) -> Progress<Network> {
    let described = describe(&network.state.to_string(), network.state_metadata.as_ref());
    match network.state {
        NetworkState::Ready => Progress::Done(network),
        NetworkState::Created | NetworkState::Initializing | NetworkState::Unknown(_) => {
            Progress::NotYet(described)
        }
        NetworkState::Offline => Progress::NotYet(format!(
            "{described}. An offline network has no infrastructure; it starts when a data plane configuration first uses it"
        )),
        NetworkState::Terminating | NetworkState::Terminated => {
            Progress::Never(format!("The network is being deleted: {described}"))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(reason: Option<&str>) -> serde_json::Value {
        reason.map_or(
            json!({}),
            |reason| json!({ "reported_status": "ERROR", "reason": reason }),
        )
    }

    fn gateway(state: &str, reason: Option<&str>) -> TransitGateway {
        serde_json::from_value(json!({
            "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "state": state,
            "state_metadata": metadata(reason),
            "transit_gateway_attachment_config": {},
        }))
        .unwrap()
    }

    fn private_dns(state: &str) -> PrivateDns {
        serde_json::from_value(json!({
            "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
            "state": state,
            "private_dns_attachment_config": {},
        }))
        .unwrap()
    }

    fn network(state: &str, reason: Option<&str>) -> Network {
        serde_json::from_value(json!({
            "id": "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21",
            "state": state,
            "state_metadata": metadata(reason),
        }))
        .unwrap()
    }

    /// `done`, `not yet` or `never`.
    fn kind<T>(progress: &Progress<T>) -> &'static str {
        match progress {
            Progress::Done(_) => "done",
            Progress::NotYet(_) => "not yet",
            Progress::Never(_) => "never",
        }
    }

    #[test]
    fn each_state_of_a_peering_means_one_thing_to_each_wait() {
        // Row 41 of docs/user-pains.md: one state is success.
        for (state, is_ready, is_gone, is_settled) in [
            ("created", "not yet", "not yet", "not yet"),
            ("initializing", "not yet", "not yet", "not yet"),
            ("pending-acceptance", "not yet", "not yet", "not yet"),
            ("pending-user-action", "not yet", "not yet", "not yet"),
            ("ready", "done", "not yet", "done"),
            ("error", "never", "not yet", "done"),
            ("terminating", "never", "not yet", "done"),
            ("terminated", "never", "done", "done"),
            ("pending-moon-phase", "not yet", "not yet", "not yet"),
            ("", "not yet", "not yet", "not yet"),
        ] {
            let gateway = gateway(state, None);
            let mut deletion = Deletion::accepted();
            assert_eq!(
                kind(&deletion.judge(Some(gateway.clone()))),
                is_gone,
                "{state}"
            );
            assert_eq!(kind(&settled(Some(gateway.clone()))), is_settled, "{state}");
            assert_eq!(kind(&ready(gateway, "")), is_ready, "{state}");
        }
    }

    #[test]
    fn each_state_of_private_dns_means_one_thing_to_each_wait() {
        for (state, is_ready, is_settled) in [
            ("created", "not yet", "not yet"),
            ("initializing", "not yet", "not yet"),
            ("pending-association", "not yet", "not yet"),
            ("ready", "done", "done"),
            ("error", "never", "done"),
            ("terminating", "never", "done"),
            ("terminated", "never", "done"),
            ("pending-moon-phase", "not yet", "not yet"),
        ] {
            let object = private_dns(state);
            assert_eq!(kind(&settled(Some(object.clone()))), is_settled, "{state}");
            assert_eq!(kind(&ready(object, "")), is_ready, "{state}");
        }
    }

    /// How often an object may be seen like this, once a second, until its deletion counts as failed; `None` where that is never so.
    async fn failed_after(states: &[&str]) -> Option<usize> {
        let mut deletion = Deletion::accepted();
        for (position, state) in states.iter().enumerate() {
            let looked = deletion.judge(Some(gateway(state, None)));
            if matches!(looked, Progress::Done(Ended::Failed(_))) {
                return Some(position);
            }
            tokio::time::advance(Duration::from_secs(1)).await;
        }
        None
    }

    #[tokio::test(start_paused = true)]
    async fn a_deletion_has_failed_once_the_object_is_back_and_not_by_one_look_from_before() {
        let back = failed_after(&["terminating", "error", "error"]).await;
        assert_eq!(back, Some(2));
        let back = failed_after(&["terminating", "ready", "ready"]).await;
        assert_eq!(back, Some(2));
        let flapping = ["terminating", "error", "terminating", "error"];
        assert_eq!(failed_after(&flapping).await, None);
        assert_eq!(failed_after(&["ready"; 40]).await, None);
        let never_begun = failed_after(&["error"; 40]).await;
        assert_eq!(never_begun, Some(16));
    }

    #[test]
    fn what_is_missing_is_gone_and_settled() {
        let missing = Deletion::accepted().judge::<TransitGateway>(None);
        assert_eq!(missing, Progress::Done(Ended::Gone));
        assert_eq!(
            settled::<TransitGateway>(None),
            Progress::Done(Settled::Gone)
        );
        let ending = settled(Some(gateway("terminating", None)));
        assert_eq!(ending, Progress::Done(Settled::Terminating));
    }

    #[test]
    fn each_state_of_a_network_means_one_thing() {
        for (state, expected) in [
            ("created", "not yet"),
            ("initializing", "not yet"),
            ("offline", "not yet"),
            ("ready", "done"),
            ("terminating", "never"),
            ("terminated", "never"),
            ("hibernating", "not yet"),
        ] {
            assert_eq!(
                kind(&network_ready(network(state, None))),
                expected,
                "{state}"
            );
        }
    }

    #[test]
    fn what_konnect_says_about_a_state_is_passed_on() {
        // Row 40 of docs/user-pains.md.
        let failed = ready(gateway("error", Some("no consent")), "");
        assert_eq!(
            failed,
            Progress::Never("Konnect could not set it up: state \"error\": no consent".to_owned())
        );
        let waiting = ready(gateway("pending-user-action", None), "Accept it.");
        assert_eq!(
            waiting,
            Progress::NotYet("state \"pending-user-action\". Accept it.".to_owned())
        );
        let Progress::NotYet(text) = network_ready(network("initializing", Some("no capacity")))
        else {
            panic!("not ready");
        };
        assert_eq!(
            text,
            "state \"initializing\", reported status \"ERROR\": no capacity"
        );
    }
}
