use std::convert::Infallible;
use std::future::ready;

use super::*;
use crate::http::error::{Failure, Interruption, InterruptionKind};

impl LookError for &'static str {
    fn doubt(&self) -> Option<String> {
        None
    }
}

fn poll() -> Poll {
    Poll::new("waiting for the thing to become ready", None)
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "stands for a look, which may fail"
)]
fn not_yet() -> Result<Progress<u8>, Infallible> {
    Ok(Progress::NotYet("initializing".into()))
}

/// Row 38 of docs/user-pains.md: silence is the pain.
#[tokio::test(start_paused = true)]
async fn each_change_is_told_once_and_what_lasts_again_each_minute() {
    let mut journal = Journal::new("waiting for the thing to become ready");
    let mut lines = Vec::new();
    for second in 0..240_u64 {
        let state = if second < 180 {
            "initializing"
        } else {
            "attaching"
        };
        lines.extend(
            journal
                .note(state.to_owned())
                .map(|line| format!("{second} s: {line}")),
        );
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    assert_eq!(
        lines,
        [
            "0 s: waiting for the thing to become ready: initializing",
            "60 s: waiting for the thing to become ready: still initializing",
            "120 s: waiting for the thing to become ready: still initializing",
            "180 s: waiting for the thing to become ready: attaching",
        ]
    );
}

fn as_seen<T>(seen: T) -> T {
    seen
}

// Row 23 of docs/user-pains.md.
// Row 33 of docs/user-pains.md.
#[tokio::test(start_paused = true)]
async fn looks_at_once_then_after_a_second_then_in_growing_steps() {
    let started = Instant::now();
    let mut looks = Vec::new();
    let ended = poll()
        .until(
            &Scope::detached(Duration::from_secs(300)),
            None,
            || {
                looks.push(started.elapsed());
                ready(not_yet())
            },
            as_seen,
        )
        .await;
    assert!(matches!(ended, Err(Waited::Deadline { .. })));
    assert_eq!(looks[0], Duration::ZERO);
    assert_eq!(looks[1], Duration::from_secs(1));
    let steps: Vec<_> = looks
        .windows(2)
        .map(|pair| pair[1].abs_diff(pair[0]))
        .collect();
    assert!(steps.iter().all(|step| *step <= LONGEST_STEP));
    assert!(
        steps[10..]
            .iter()
            .all(|step| *step >= Duration::from_secs(12))
    );
}

#[tokio::test(start_paused = true)]
async fn a_fixed_step_is_kept() {
    let started = Instant::now();
    let mut looks = 0;
    let poll = Poll::new("waiting", Some(Duration::from_millis(50)));
    let found = poll
        .until(
            &Scope::detached(Duration::from_secs(9)),
            None,
            || {
                looks += 1;
                ready(if looks == 5 {
                    Ok(Progress::Done(7))
                } else {
                    not_yet()
                })
            },
            as_seen,
        )
        .await;
    assert_eq!(found.unwrap(), 7);
    assert_eq!(started.elapsed(), Duration::from_millis(200));
}

#[tokio::test(start_paused = true)]
async fn an_object_seen_just_now_is_not_read_again_at_once() {
    let started = Instant::now();
    let scope = Scope::detached(Duration::from_secs(9));
    let first = Progress::NotYet("initializing".to_owned());
    let found = poll()
        .until(
            &scope,
            Some(first),
            || ready(Ok::<_, Infallible>(Progress::Done(()))),
            as_seen,
        )
        .await;
    assert!(found.is_ok());
    assert_eq!(started.elapsed(), FIRST_STEP);
    let done = poll()
        .until(
            &scope,
            Some(Progress::Done(3)),
            || ready(not_yet()),
            as_seen,
        )
        .await;
    assert_eq!(done.unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_wavering_answer_does_not_count_as_agreed() {
    let mut looks = [true, false, true, true, true].into_iter();
    let mut used = 0;
    let found = poll()
        .agreements(3)
        .until(
            &Scope::detached(Duration::from_secs(60)),
            None,
            || {
                used += 1;
                ready(if looks.next() == Some(true) {
                    Ok(Progress::Done(0))
                } else {
                    not_yet()
                })
            },
            as_seen,
        )
        .await;
    assert!(found.is_ok());
    assert_eq!(used, 5);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_names_what_was_seen_last() {
    let ended = poll()
        .until(
            &Scope::detached(Duration::from_secs(90)),
            None,
            || ready(not_yet()),
            as_seen,
        )
        .await
        .unwrap_err();
    assert_eq!(
        ended.to_string(),
        "time ran out after 1 m 30 s while waiting for the thing to become ready; last seen: initializing"
    );
}

#[tokio::test(start_paused = true)]
async fn cancellation_ends_the_wait_at_once() {
    let scope = Scope::detached(Duration::from_secs(3600));
    let started = Instant::now();
    let poll = poll();
    let waiting = poll.until(&scope, None, || ready(not_yet()), as_seen);
    let cancelling = async {
        tokio::time::sleep(Duration::from_millis(1500)).await;
        scope.cancel.cancel();
    };
    let (ended, ()) = tokio::join!(waiting, cancelling);
    assert!(
        matches!(ended, Err(Waited::Cancelled { ref last_state, .. }) if last_state == "initializing")
    );
    assert_eq!(started.elapsed(), Duration::from_millis(1500));
}

#[tokio::test(start_paused = true)]
async fn a_look_that_the_scope_cut_short_counts_as_the_end() {
    let scope = Scope::detached(Duration::from_secs(60));
    let mut looks = 0;
    let ended = poll()
        .until(
            &scope,
            None,
            || {
                looks += 1;
                let (is_first, scope) = (looks == 1, &scope);
                async move {
                    if is_first {
                        return Ok::<_, &str>(Progress::NotYet("initializing".into()));
                    }
                    scope
                        .bound(std::future::pending::<()>())
                        .await
                        .map_err(|_| "cut")?;
                    Ok(Progress::Done(()))
                }
            },
            as_seen,
        )
        .await;
    assert!(
        matches!(ended, Err(Waited::Deadline { ref last_state, .. }) if last_state == "initializing")
    );
}

#[tokio::test]
async fn a_failed_look_ends_the_wait() {
    let scope = Scope::detached(Duration::from_secs(60));
    let ended = poll()
        .until(
            &scope,
            None,
            || ready(Err::<Progress<()>, _>("refused")),
            as_seen,
        )
        .await;
    assert!(matches!(ended, Err(Waited::Failed("refused"))));
}

#[tokio::test]
async fn what_can_never_be_ends_at_once() {
    let ended = poll()
        .until(
            &Scope::detached(Duration::from_secs(60)),
            None,
            || {
                ready(Ok::<_, Infallible>(Progress::<()>::Never(
                    "no consent".into(),
                )))
            },
            as_seen,
        )
        .await;
    assert!(matches!(ended, Err(Waited::Never(reason)) if reason == "no consent"));
}

#[test]
fn an_outage_is_tolerated_and_a_final_failure_is_not() {
    let lost = |kind| {
        Error::from(Failure::NotSent {
            api: "Sample",
            call: "GET /a".into(),
            attempts: 9,
            source: Interruption {
                kind,
                message: "connection refused".into(),
            },
        })
    };
    let passed = tolerate::<()>(lost(InterruptionKind::NotConnected)).unwrap();
    assert_eq!(
        passed,
        Progress::NotYet(
            "Sample could not be reached for GET /a, tried 9 times: connection refused".into()
        )
    );
    assert!(tolerate::<()>(lost(InterruptionKind::Untrusted)).is_err());
}

#[test]
fn steps_never_leave_their_bounds() {
    for looks in 0..2000 {
        for unit in [0.0, 0.5, 0.999] {
            let step = step(looks, unit);
            assert!(step >= Duration::from_millis(800) && step <= LONGEST_STEP);
        }
    }
}

fn undecodable() -> Error {
    Failure::Undecodable {
        api: "Konnect",
        call: "GET /x".to_owned(),
        at: None,
        reason: "EOF".to_owned(),
        trace: Vec::new(),
    }
    .into()
}

fn refused(method: http::Method, status: u16) -> Error {
    Failure::Refused(crate::http::Refusal {
        api: "Konnect",
        status,
        code: None,
        message: "no".to_owned(),
        method,
        path: "/x".to_owned(),
        trace: Vec::new(),
        fields: Vec::new(),
        attempts: 1,
        is_passing: false,
        body_excerpt: String::new(),
    })
    .into()
}

/// How a wait with these looks ends, how many were needed, and how long it took.
async fn doubted(
    mut looks: Vec<Result<Progress<u8>, Error>>,
) -> (Result<u8, Waited<Error>>, usize, Duration) {
    let started = Instant::now();
    let all = looks.len();
    looks.reverse();
    let scope = Scope::detached(Duration::from_secs(600));
    let ended = poll()
        .until(&scope, None, || ready(looks.pop().unwrap()), as_seen)
        .await;
    (ended, all - looks.len(), started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_slip_in_a_wait_is_looked_over_and_what_lasts_fails_in_seconds() {
    let doubtful: [fn() -> Error; 3] = [
        undecodable,
        || refused(http::Method::GET, 401),
        || refused(http::Method::GET, 403),
    ];
    let not_yet = || Ok(Progress::NotYet("initializing".to_owned()));
    for error in doubtful {
        let slips = vec![
            not_yet(),
            Err(error()),
            Err(error()),
            Err(error()),
            not_yet(),
            Err(error()),
            Ok(Progress::Done(7)),
        ];
        let (ended, _, _) = doubted(slips).await;
        assert_eq!(ended.unwrap(), 7);
        let lasting = std::iter::repeat_with(|| Err(error())).take(9).collect();
        let (ended, looks, took) = doubted(lasting).await;
        assert!(matches!(ended, Err(Waited::Failed(_))));
        assert_eq!((looks, took), (4, Duration::from_secs(3)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_and_another_refusal_of_a_read_are_no_slips() {
    let refusals = [
        refused(http::Method::PUT, 403),
        refused(http::Method::GET, 400),
        undecodable().after_change(true),
    ];
    for error in refusals {
        let (ended, looks, _) = doubted(vec![Err(error), Ok(Progress::Done(7))]).await;
        assert!(matches!(ended, Err(Waited::Failed(_))));
        assert_eq!(looks, 1);
    }
}
