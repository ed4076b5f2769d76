use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use serde_json::json;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::*;
use crate::http::error::{Failure as Cause, Refusal};
use crate::http::{Secret, Transport, TransportSettings};
use crate::konnect::{self, TransitGateway, TransitGatewayId};

const ID: &str = "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e";
const MISSING: &str = "missing";
const LIMIT: Duration = Duration::from_secs(60 * 60);

/// What the service answers, one state a look; the last one for ever.
#[derive(Default)]
struct Script {
    looks: Mutex<VecDeque<&'static str>>,
    /// One a deletion; `None` accepts.
    refusals: Mutex<VecDeque<Option<u16>>>,
    deletions: Mutex<u32>,
    named: Vec<&'static str>,
    /// What a list shows once a creation was refused.
    in_the_way: Vec<&'static str>,
    /// What a refused creation says.
    says: &'static str,
    /// One a creation; the last one for ever, 201 makes the object.
    creations: Mutex<VecDeque<u16>>,
}

fn object(state: &str) -> TransitGateway {
    serde_json::from_value(json!({
        "id": ID,
        "name": "orders",
        "state": state,
        "state_metadata": {"reason": format!("because of {state}")},
        "transit_gateway_attachment_config": {},
    }))
    .unwrap()
}

fn refusal(status: u16) -> Error {
    refusal_that_says(status, "not now")
}

fn refusal_that_says(status: u16, message: &str) -> Error {
    let refusal = Refusal {
        api: "Konnect",
        status,
        code: Some("Refused".into()),
        message: message.into(),
        method: ::http::Method::DELETE,
        path: "/v2/cloud-gateways".into(),
        trace: vec![("trace id".into(), "konnect:trace:7".into())],
        fields: Vec::new(),
        attempts: 1,
        is_passing: crate::http::retry::is_passing_status(status),
        body_excerpt: String::new(),
    };
    crate::http::Error::from(Cause::Refused(refusal)).into()
}

fn next<T: Copy>(script: &Mutex<VecDeque<T>>) -> Option<T> {
    let mut script = script.lock().unwrap_or_else(PoisonError::into_inner);
    match script.len() {
        0 => None,
        1 => script.front().copied(),
        _ => script.pop_front(),
    }
}

#[async_trait]
impl Objects for Script {
    type Id = TransitGatewayId;
    type Object = TransitGateway;
    type Body = bool;

    fn id(object: &TransitGateway) -> TransitGatewayId {
        object.id
    }

    fn name(_body: &bool) -> &'static str {
        "orders"
    }

    fn is_same(body: &bool, _object: &TransitGateway) -> bool {
        *body
    }

    async fn all(&self, _: &Scope) -> Result<Vec<TransitGateway>, Error> {
        Ok(self.in_the_way.iter().copied().map(object).collect())
    }

    async fn named(&self, _: &Scope, _: &str) -> Result<Vec<TransitGateway>, Error> {
        Ok(self.named.iter().copied().map(object).collect())
    }

    async fn create(&self, _: &Scope, _: &bool) -> Result<TransitGateway, Error> {
        match next(&self.creations) {
            Some(201) => Ok(object("initializing")),
            status => Err(refusal_that_says(status.unwrap_or(400), self.says)),
        }
    }

    async fn get(&self, _: &Scope, _: TransitGatewayId) -> Result<TransitGateway, Error> {
        match next(&self.looks) {
            None | Some(MISSING) => Err(refusal(404)),
            Some(state) => Ok(object(state)),
        }
    }

    async fn get_known(
        &self,
        scope: &Scope,
        id: TransitGatewayId,
        _: &(dyn for<'o> Fn(&'o TransitGateway) -> bool + Sync),
    ) -> Result<TransitGateway, Error> {
        self.get(scope, id).await
    }

    async fn delete(&self, _: &Scope, _: TransitGatewayId) -> Result<(), Error> {
        *self
            .deletions
            .lock()
            .unwrap_or_else(PoisonError::into_inner) += 1;
        let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        match refusals.pop_front().flatten() {
            Some(status) => Err(refusal(status)),
            None => Ok(()),
        }
    }
}

fn looks(states: &[&'static str]) -> Script {
    Script {
        looks: Mutex::new(states.iter().copied().collect()),
        ..Script::default()
    }
}

fn context() -> Context {
    Context::new(LIMIT, CancellationToken::new())
}

fn flow(context: &Context, objects: Script) -> Flow<'_, Script> {
    let access = konnect::Access::default();
    access.configure(konnect::Settings {
        transport: Transport::new(TransportSettings::default()),
        server_url: Url::parse("https://global.api.konghq.com").unwrap(),
        token: Some(Secret::new("kpat_1")),
        token_source: "KONNECT_TOKEN".to_owned(),
        unknown: false,
        max_retries: 0,
        max_concurrent_requests: 1,
        poll_step: None,
    });
    Flow {
        context,
        scope: crate::resources::scope(context),
        step: None,
        client: access.client().unwrap(),
        network_id: "6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21".parse().unwrap(),
        objects,
        type_name: "konnectazure_vnet_peering",
        noun: "virtual network peering \"orders\"".to_owned(),
        advice: "Grant the role.".to_owned(),
    }
}

fn text(diagnostics: &Diagnostics) -> String {
    let texts: Vec<_> = diagnostics
        .iter()
        .map(|diagnostic| format!("{}\n{}", diagnostic.summary, diagnostic.detail))
        .collect();
    texts.join("\n")
}

/// How a wait for readiness ends: the last state, and why it ended if not well.
async fn ready(states: &[&'static str]) -> (String, Option<String>) {
    let context = context();
    match flow(&context, looks(states))
        .ready(object("initializing"))
        .await
    {
        Ok(object) => (object.state.to_string(), None),
        Err(NotReady { last, ended }) => (last.state.to_string(), Some(ended.to_string())),
    }
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_with_ready_and_with_what_cannot_become_ready() {
    let fine = ready(&["created", "initializing", "pending-moon-phase", "ready"]).await;
    assert_eq!(fine, ("ready".into(), None));
    let (last, why) = ready(&["initializing", "error", "ready"]).await;
    assert_eq!(last, "error");
    assert!(why.unwrap().contains("because of error"));
    let (last, why) = ready(&["terminating"]).await;
    assert_eq!(last, "terminating");
    assert!(why.unwrap().contains("deleted by somebody else"));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_is_not_shown_at_once_is_looked_for_again_and_a_deleted_one_is_not() {
    let late = ready(&[MISSING, MISSING, "ready"]).await;
    assert_eq!(late, ("ready".into(), None));
    let slips = [
        "initializing",
        MISSING,
        MISSING,
        MISSING,
        "initializing",
        MISSING,
        "ready",
    ];
    assert_eq!(ready(&slips).await, ("ready".into(), None));
    let (last, why) = ready(&["initializing", MISSING]).await;
    assert_eq!(last, "initializing");
    assert!(why.unwrap().contains("deleted by somebody else"));
    let (_, why) = ready(&[MISSING]).await;
    assert!(why.unwrap().contains("deleted by somebody else"));
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_person_is_told_once_and_again_at_the_end() {
    let context = context();
    let states = ["pending-acceptance", "pending-user-action"];
    let ended = flow(&context, looks(&states))
        .ready(object("initializing"))
        .await;
    let warnings = context.take_warnings();
    assert_eq!(warnings.iter().count(), 1);
    assert!(text(&warnings).contains("Grant the role."));
    let ended = ended.err().unwrap().ended;
    assert!(
        matches!(&ended, Waited::Deadline { last_state, .. } if last_state.contains("Grant the role."))
    );
}

#[tokio::test(start_paused = true)]
async fn a_failure_of_before_is_not_taken_for_one_of_the_change() {
    let context = context();
    let seen = ["error", "initializing", "ready"];
    let changed = flow(&context, looks(&seen))
        .ready_after_change(object("error"), Phase::Failed)
        .await;
    assert!(changed.is_ok());
    let failed_for_good = flow(&context, looks(&["error"]))
        .ready_after_change(object("error"), Phase::Failed)
        .await;
    assert!(matches!(
        failed_for_good,
        Err(NotReady {
            ended: Waited::Never(_),
            ..
        })
    ));
    let failed_by_the_change = flow(&context, looks(&["error", "ready"]))
        .ready_after_change(object("initializing"), Phase::Ready)
        .await;
    assert!(failed_by_the_change.is_err());
}

/// How a deletion ends, and how often it was asked for.
async fn delete(states: &[&'static str], refusals: &[Option<u16>]) -> (Result<(), String>, u32) {
    let context = context();
    let script = Script {
        refusals: Mutex::new(refusals.iter().copied().collect()),
        ..looks(states)
    };
    let flow = flow(&context, script);
    let ended = flow.delete(ID.parse().unwrap(), "delete").await;
    let asked = *flow
        .objects
        .deletions
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    (ended.map_err(|diagnostics| text(&diagnostics)), asked)
}

#[tokio::test(start_paused = true)]
async fn a_deletion_waits_until_the_object_is_gone() {
    // Row 49 of docs/user-pains.md.
    for states in [
        ["terminating", "terminating", MISSING].as_slice(),
        &["ready", "terminating", "terminated"],
        &[MISSING],
    ] {
        assert_eq!(delete(states, &[]).await, (Ok(()), 1), "{states:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_deletion_waits_for_the_end_of_the_transition() {
    for status in [400, 409] {
        let states = [
            "initializing",
            "initializing",
            "ready",
            "terminating",
            MISSING,
        ];
        assert_eq!(
            delete(&states, &[Some(status), None]).await,
            (Ok(()), 2),
            "{status}"
        );
    }
    let gone_meanwhile = delete(&["initializing", MISSING], &[Some(400)]).await;
    assert_eq!(gone_meanwhile, (Ok(()), 1));
    let deleted_by_somebody = delete(&["terminating", "terminating", MISSING], &[Some(400)]).await;
    assert_eq!(deleted_by_somebody, (Ok(()), 1));
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_is_refused_for_another_reason_is_final() {
    let started = Instant::now();
    let (ended, asked) = delete(&["ready"], &[Some(400), Some(400), None]).await;
    assert_eq!(
        asked, 2,
        "the state may have changed just then, so that it is tried once more"
    );
    let ended = ended.unwrap_err();
    assert!(
        ended.contains("konnect:trace:7") && ended.contains(ID),
        "{ended}"
    );
    let (ended, asked) = delete(&["ready"], &[Some(403)]).await;
    assert!(ended.is_err());
    assert_eq!(asked, 1);
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn an_interrupted_deletion_says_that_the_object_stays() {
    let context = context();
    let flow = flow(&context, looks(&["terminating"]));
    let cancel = context.cancel.clone();
    let (ended, ()) = tokio::join!(flow.delete(ID.parse().unwrap(), "delete"), async {
        tokio::time::sleep(Duration::from_secs(90)).await;
        cancel.cancel();
    });
    let ended = text(&ended.unwrap_err());
    assert!(
        ended
            .contains("Interrupted while waiting until virtual network peering \"orders\" is gone"),
        "{ended}"
    );
    assert!(ended.contains("stays in the state"), "{ended}");
}

#[tokio::test(start_paused = true)]
async fn what_has_the_name_is_adopted_refused_or_waited_for() {
    let context = context();
    let named = |states: &[&'static str], seen: &[&'static str]| Script {
        named: states.to_vec(),
        ..looks(seen)
    };
    let standing = || named(&["ready"], &["ready"]);
    let adopted = flow(&context, standing()).adopt(&true, true).await;
    assert!(adopted.unwrap().is_some());
    for (is_same, use_existing) in [(true, false), (false, true)] {
        let refused = flow(&context, standing())
            .adopt(&is_same, use_existing)
            .await;
        let refused = refused.unwrap_err();
        assert_eq!(refused.iter().next().unwrap().path, Path::attribute("name"));
        let refused = text(&refused);
        let place = format!("id = \"6b5e4a6c-32a7-4f0b-9c6e-1f1b0d9f7a21/{ID}\"");
        assert!(refused.contains(&place), "{refused}");
    }
    // A list may lag behind a deletion, whatever state it shows.
    let going = ["terminating", MISSING];
    for (states, seen) in [
        ([].as_slice(), going.as_slice()),
        (&["terminated"], &going),
        (&["terminating"], &going),
        (&["ready"], &going),
        (&["ready"], &[MISSING]),
        (&["ready"], &["terminated"]),
    ] {
        let none = flow(&context, named(states, seen)).adopt(&true, true).await;
        assert!(none.unwrap().is_none(), "{states:?} {seen:?}");
    }
    let beside = flow(&context, named(&["terminating", "ready"], &["ready"]))
        .adopt(&true, true)
        .await;
    assert!(
        beside
            .unwrap()
            .is_some_and(|object| object.phase() == Phase::Ready)
    );
}

/// Row 46: what turns out to exist only once it is in the way is what it would have been before.
#[tokio::test(start_paused = true)]
async fn what_is_in_the_way_of_a_creation_is_adopted_refused_or_waited_for() {
    let context = context();
    let script = |creations: &[u16], in_the_way: &[&'static str]| Script {
        creations: Mutex::new(creations.iter().copied().collect()),
        in_the_way: in_the_way.to_vec(),
        says: "not now",
        ..looks(&["terminating", MISSING])
    };
    let create = async |script, body, use_existing| {
        let flow = flow(&context, script);
        let created = flow.create(&body, use_existing, &|_| None).await;
        created.map_err(|failed| text(&failed))
    };
    for status in [400, 409] {
        let adopted = create(script(&[status], &["ready"]), true, true).await;
        assert_eq!(adopted.unwrap().state.to_string(), "ready");
        for (is_same, use_existing) in [(true, false), (false, true)] {
            let refused = create(script(&[status], &["ready"]), is_same, use_existing).await;
            let refused = refused.unwrap_err();
            assert!(
                refused.contains("not now") && refused.contains(&format!("/{ID}\"")),
                "{refused}"
            );
        }
        let replaced = create(script(&[status, 201], &["terminating"]), true, false).await;
        assert_eq!(replaced.unwrap().state.to_string(), "initializing");
    }
}

/// Row 65: a conflict that nothing explains may pass, and is final after seconds.
#[tokio::test(start_paused = true)]
async fn an_unexplained_conflict_is_tried_again_a_few_times() {
    let context = context();
    let script = |creations: &[u16]| Script {
        creations: Mutex::new(creations.iter().copied().collect()),
        ..Script::default()
    };
    let started = Instant::now();
    let create = async |script| flow(&context, script).create(&true, false, &|_| None).await;
    assert!(create(script(&[409, 409, 201])).await.is_ok());
    let failed = create(script(&[409])).await.unwrap_err();
    assert!(text(&failed).contains("konnect:trace:7"));
    assert!(started.elapsed() < Duration::from_secs(30));
    let misfit = create(script(&[400, 201])).await;
    assert!(misfit.is_err(), "a 400 that says nothing is final");
}

/// A network that shows as ready may be so for some of Konnect later than for the rest.
#[tokio::test(start_paused = true)]
async fn what_is_refused_for_not_being_ready_is_asked_for_again_for_a_minute() {
    let context = context();
    let script = |creations: &[u16]| Script {
        creations: Mutex::new(creations.iter().copied().collect()),
        says: "Network is not ready.",
        ..Script::default()
    };
    let create = async |script| flow(&context, script).create(&true, false, &|_| None).await;
    let started = Instant::now();
    assert!(
        create(script(&[400, 400, 400, 400, 400, 201]))
            .await
            .is_ok()
    );
    assert!(started.elapsed() > Duration::from_secs(5), "steps grow");
    let started = Instant::now();
    let failed = create(script(&[400])).await.unwrap_err();
    assert!(text(&failed).contains("not ready"));
    assert!(READINESS_LIMIT <= started.elapsed() && started.elapsed() < 2 * READINESS_LIMIT);
}

#[tokio::test(start_paused = true)]
async fn a_deletion_that_fails_in_the_background_is_asked_for_once_more() {
    let again = ["terminating", "error", "error", "terminating", MISSING];
    assert_eq!(delete(&again, &[]).await, (Ok(()), 2));
    let started = Instant::now();
    let (ended, asked) = delete(&["terminating", "error"], &[]).await;
    assert_eq!(asked, 2);
    let ended = ended.unwrap_err();
    assert!(
        ended.contains("because of error") && ended.contains(ID),
        "{ended}"
    );
    assert!(started.elapsed() < Duration::from_secs(5 * 60));
    // What had failed before may be shown as before for a while.
    assert_eq!(
        delete(&["error", "error", "terminating", MISSING], &[]).await,
        (Ok(()), 1)
    );
}
