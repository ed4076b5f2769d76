use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use http::Method;
use serde::Deserialize;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use super::*;
use crate::http::authorize::StaticToken;
use crate::http::page::Pages;
use crate::http::redact;
use crate::http::secret::Secret;
use crate::http::transport::TransportSettings;
use crate::http::transport::scripted::{Answer, Script};

const MINUTE: Duration = Duration::from_secs(60);

fn silent(_status: u16, _headers: &HeaderMap, _body: &[u8]) -> RefusalParts {
    RefusalParts::default()
}

fn settings(script: &Script, authorize: impl Authorize + 'static) -> ApiSettings {
    ApiSettings {
        trace_headers: &[("x-request-id", "request id")],
        ..ApiSettings::new(
            "Sample",
            Url::parse("https://api.example").unwrap(),
            Transport::scripted(script.clone()),
            Arc::new(authorize),
            silent,
        )
    }
}

fn token() -> StaticToken {
    StaticToken::bearer(&Secret::new("kpat_secret\n")).unwrap()
}

fn api(script: &Script) -> Api {
    Api::new(settings(script, token()))
}

fn ok() -> Answer {
    Answer::json(200, "{}")
}

fn lost() -> Answer {
    Answer::Broken(InterruptionKind::Lost)
}

fn with_header(status: u16, name: &'static str, value: &str) -> Answer {
    Answer::Status(status, vec![(name, value.to_owned())], String::new())
}

fn cause(error: &Error) -> String {
    std::error::Error::source(error)
        .map(ToString::to_string)
        .unwrap_or_default()
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_post_is_not_sent_again() {
    for answer in [
        lost(),
        Answer::json(500, ""),
        Answer::json(503, ""),
        Answer::json(408, ""),
    ] {
        let script = Script::new([answer]);
        let error = api(&script)
            .send(&Scope::detached(MINUTE), Request::post(["things"]))
            .await
            .unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert!(!cause(&error).is_empty());
        assert_eq!(script.calls(), ["POST /things"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_post_that_was_not_carried_out_is_sent_again() {
    let script = Script::new([
        Answer::Broken(InterruptionKind::NotConnected),
        Answer::json(429, ""),
        Answer::json(201, "{}"),
    ]);
    let response = api(&script)
        .send(&Scope::detached(MINUTE), Request::post(["things"]))
        .await
        .unwrap();
    assert_eq!(response.status.as_u16(), 201);
    assert_eq!(script.calls().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn repeatable_requests_are_sent_again() {
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        let script = Script::new([
            lost(),
            Answer::json(502, "<html>"),
            Answer::json(500, ""),
            ok(),
        ]);
        let request = Request::new(method, ["things", "1"]);
        let answer = api(&script).send(&Scope::detached(MINUTE), request).await;
        assert!(answer.is_ok());
        assert_eq!(script.left(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn retries_end_and_the_error_counts_them() {
    let script = Script::new(vec![Answer::json(503, "busy"); 4]);
    let mut settings = settings(&script, token());
    settings.retry.max_retries = 3;
    let error = Api::new(settings)
        .send(&Scope::detached(MINUTE), Request::get(["things"]))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Sample answered 503 Service Unavailable to GET /things: busy, tried 4 times"
    );
    assert!(error.is_passing());
    assert_eq!(script.left(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_read_without_answer_and_a_write_without_answer_are_told_apart() {
    let script = Script::new([lost(), lost()]);
    let mut settings = settings(&script, token());
    settings.retry.max_retries = 0;
    let api = Api::new(settings);
    let scope = Scope::detached(MINUTE);
    let read = api.send(&scope, Request::get(["a"])).await.unwrap_err();
    let write = api.send(&scope, Request::put(["a"])).await.unwrap_err();
    assert!(read.is_passing() && !read.is_outcome_unknown());
    assert!(write.is_outcome_unknown());
}

#[tokio::test(start_paused = true)]
async fn a_change_that_was_lost_once_stays_unclear() {
    let not_connected = || Answer::Broken(InterruptionKind::NotConnected);
    let throttled = || Answer::json(429, "");
    for first in [lost(), Answer::json(503, ""), Answer::json(500, "")] {
        for rest in [
            vec![not_connected(); 8],
            vec![throttled(); 8],
            vec![Answer::Broken(InterruptionKind::Untrusted)],
            vec![Answer::json(401, "")],
            vec![Answer::json(403, "")],
        ] {
            let script = Script::new([first.clone()].into_iter().chain(rest.clone()));
            let error = api(&script)
                .send(&Scope::detached(60 * MINUTE), Request::put(["a"]))
                .await
                .unwrap_err();
            assert!(error.may_have_happened(), "{first:?} {rest:?} {error}");
            let is_refused_at_the_door = matches!(error.status(), Some(401 | 403));
            assert!(
                error.is_outcome_unknown() || is_refused_at_the_door,
                "{first:?} {rest:?} {error}"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_ran_out_of_time_tells_whether_it_may_have_happened() {
    for (answers, may_have_happened) in [
        (vec![with_header(429, "retry-after", "3600")], false),
        (
            vec![Answer::Broken(InterruptionKind::NotConnected); 9],
            false,
        ),
        (vec![lost(), with_header(429, "retry-after", "3600")], true),
        (vec![with_header(503, "retry-after", "3600")], true),
    ] {
        let script = Script::new(answers.clone());
        let error = api(&script)
            .send(&Scope::detached(MINUTE), Request::put(["a"]))
            .await
            .unwrap_err();
        assert_eq!(
            error.may_have_happened(),
            may_have_happened,
            "{answers:?} {error}"
        );
    }
    let script = Script::new([]);
    let scope = Scope::detached(MINUTE);
    scope.cancel.cancel();
    let never_begun = api(&script).send(&scope, Request::put(["a"])).await;
    assert!(!never_begun.unwrap_err().may_have_happened());
}

#[tokio::test(start_paused = true)]
async fn a_final_refusal_says_that_the_change_was_not_made_before_either() {
    for status in [400, 404, 409, 412] {
        let script = Script::new([lost(), Answer::json(status, "")]);
        let error = api(&script)
            .send(&Scope::detached(MINUTE), Request::put(["a"]))
            .await
            .unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert!(!error.may_have_happened());
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_leaves_nothing_behind() {
    for answer in [
        lost(),
        Answer::json(503, ""),
        Answer::json(200, "no JSON"),
        Answer::Silence,
    ] {
        for request in [Request::get(["a"]), Request::post(["token"]).reads()] {
            let script = Script::new(vec![answer.clone(); 9]);
            let error = api(&script)
                .json::<Page>(&Scope::detached(60 * MINUTE), request)
                .await
                .unwrap_err();
            assert!(!error.may_have_happened() && !error.is_outcome_unknown());
        }
    }
    let script = Script::new([Answer::json(201, "no JSON")]);
    let written = api(&script)
        .json::<Page>(&Scope::detached(MINUTE), Request::put(["a"]))
        .await;
    assert!(written.unwrap_err().may_have_happened());
}

#[tokio::test(start_paused = true)]
async fn a_host_that_cannot_be_reached_is_given_up_in_seconds() {
    let script = Script::new(vec![Answer::Broken(InterruptionKind::NotConnected); 9]);
    let started = Instant::now();
    let error = api(&script)
        .send(&Scope::detached(60 * MINUTE), Request::get(["a"]))
        .await
        .unwrap_err();
    assert!(error.is_passing());
    assert_eq!(script.calls().len(), 5);
    let took = started.elapsed().as_secs_f64();
    // Long enough for an outage of a few seconds, short enough for a mistyped name.
    assert!((6.0..=12.0).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_of_nothing_does_not_spend_all_retries_at_once() {
    for (name, value) in [
        ("retry-after", "0"),
        ("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
    ] {
        let script = Script::new(vec![with_header(429, name, value); 9]);
        let started = Instant::now();
        let scope = Scope::detached(60 * MINUTE);
        let answer = api(&script).send(&scope, Request::get(["a"])).await;
        assert_eq!(answer.unwrap_err().status(), Some(429));
        assert_eq!(script.left(), 0);
        assert!(started.elapsed() > Duration::from_secs(1), "{value}");
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_queued_before_the_pause_began_waits_for_its_end_too() {
    let throttled = with_header(429, "retry-after", "20");
    let script = Script::new([
        Answer::Slow(Duration::from_secs(1), Box::new(throttled)),
        ok(),
        ok(),
    ]);
    let mut settings = settings(&script, token());
    settings.max_concurrent_requests = 1;
    let api = Api::new(settings);
    let scope = Scope::detached(MINUTE);
    let started = Instant::now();
    let queued = async {
        tokio::task::yield_now().await;
        let answer = api.send(&scope, Request::get(["queued"])).await;
        answer.map(|_| started.elapsed())
    };
    let (first, queued) = tokio::join!(api.send(&scope, Request::get(["first"])), queued);
    assert!(first.is_ok());
    assert!(queued.unwrap() >= Duration::from_secs(21));
}

#[tokio::test(start_paused = true)]
async fn callers_do_not_all_wake_in_the_same_instant() {
    let script = Script::new(
        [with_header(429, "retry-after", "20")]
            .into_iter()
            .chain(vec![ok(); 9]),
    );
    let api = api(&script);
    let scope = Scope::detached(MINUTE);
    let throttled = api.send(&scope, Request::get(["a"]));
    let others = (0..8).map(|_| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        api.send(&scope, Request::get(["a"])).await.unwrap();
        Instant::now()
    });
    let (first, woken) = tokio::join!(throttled, futures_util::future::join_all(others));
    assert!(first.is_ok());
    assert!(woken.iter().any(|at| *at != woken[0]), "{woken:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_api_lists_as_passing_passes_for_a_long_wait_too() {
    let script = Script::new([Answer::json(424, ""), Answer::json(418, "")]);
    let mut settings = settings(&script, token());
    settings.retry.max_retries = 0;
    settings.retry.passing_statuses = &[424];
    let api = Api::new(settings);
    let scope = Scope::detached(MINUTE);
    let listed = api.send(&scope, Request::get(["a"])).await.unwrap_err();
    let other = api.send(&scope, Request::get(["a"])).await.unwrap_err();
    assert!(listed.is_passing() && !other.is_passing());
}

#[tokio::test(start_paused = true)]
async fn an_untrusted_certificate_fails_at_once() {
    let script = Script::new([Answer::Broken(InterruptionKind::Untrusted)]);
    let error = api(&script)
        .send(&Scope::detached(MINUTE), Request::get(["a"]))
        .await
        .unwrap_err();
    assert!(matches!(error.failure(), Failure::NotSent { .. }) && !error.is_passing());
}

#[tokio::test(start_paused = true)]
async fn the_pause_that_was_asked_for_holds_for_everyone() {
    // Row 81 of docs/user-pains.md.
    let script = Script::new([with_header(429, "retry-after", "20"), ok(), ok()]);
    let api = api(&script);
    let scope = Scope::detached(MINUTE);
    let started = Instant::now();
    let first = api.send(&scope, Request::get(["first"]));
    let second = async {
        tokio::time::sleep(Duration::from_secs(5)).await;
        api.send(&scope, Request::get(["second"])).await
    };
    let (first, second) = tokio::join!(first, second);
    assert!(first.is_ok() && second.is_ok());
    // And not much longer.
    assert_eq!(started.elapsed().as_secs(), 20);
}

#[tokio::test(start_paused = true)]
async fn a_date_and_milliseconds_are_understood_as_a_pause() {
    let script = Script::new([
        with_header(503, "retry-after", "Sun, 06 Nov 1994 08:49:37 GMT"),
        with_header(500, "x-ms-retry-after-ms", "2500"),
        ok(),
    ]);
    let started = Instant::now();
    let scope = Scope::detached(MINUTE);
    api(&script)
        .send(&scope, Request::get(["a"]))
        .await
        .unwrap();
    let took = started.elapsed().as_secs_f64();
    assert!((2.5..3.2).contains(&took), "{took}");
}

#[tokio::test(start_paused = true)]
async fn a_pause_longer_than_the_time_left_fails_now() {
    let script = Script::new([with_header(429, "retry-after", "3600")]);
    let api = api(&script);
    let scope = Scope::detached(MINUTE);
    let started = Instant::now();
    let error = api.send(&scope, Request::get(["a"])).await.unwrap_err();
    assert_eq!(started.elapsed(), Duration::ZERO);
    assert!(error.is_deadline());
    assert!(error.to_string().contains("only in 1 h"), "{error}");
    assert_eq!(error.last().and_then(Error::status), Some(429));
    // The next caller need not even ask.
    let error = api.send(&scope, Request::get(["b"])).await.unwrap_err();
    assert!(error.is_deadline());
    assert_eq!(script.calls(), ["GET /a"]);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_keeps_the_last_failure() {
    let script = Script::new([Answer::json(503, "try later"), Answer::Silence]);
    let error = api(&script)
        .send(&Scope::detached(MINUTE), Request::get(["a"]))
        .await
        .unwrap_err();
    assert!(error.is_deadline());
    assert!(error.to_string().ends_with("tried 2 times"), "{error}");
    assert!(cause(&error).contains("try later"), "{}", cause(&error));
}

#[tokio::test(start_paused = true)]
async fn cancellation_cuts_a_read_and_a_pause() {
    for answer in [Answer::Silence, with_header(503, "retry-after", "30")] {
        let script = Script::new([answer]);
        let scope = Scope::detached(MINUTE);
        let started = Instant::now();
        let api = api(&script);
        let sending = api.send(&scope, Request::get(["a"]));
        let cancelling = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            scope.cancel.cancel();
        };
        let (answer, ()) = tokio::join!(sending, cancelling);
        assert!(answer.is_err_and(|error| error.is_cancelled()));
        assert_eq!(started.elapsed(), Duration::from_secs(3));
    }
}

#[tokio::test(start_paused = true)]
async fn cancellation_and_deadline_let_a_write_in_flight_finish() {
    for method in [Method::PUT, Method::POST, Method::PATCH, Method::DELETE] {
        let slow = Answer::Slow(Duration::from_secs(50), Box::new(Answer::json(201, "{}")));
        let script = Script::new([slow]);
        let scope = Scope::detached(Duration::from_secs(10));
        let api = api(&script);
        let sending = api.send(&scope, Request::new(method, ["a"]));
        let cancelling = async {
            tokio::time::sleep(Duration::from_secs(3)).await;
            scope.cancel.cancel();
        };
        let (answer, ()) = tokio::join!(sending, cancelling);
        assert_eq!(answer.unwrap().status.as_u16(), 201);
    }
}

/// An API on this machine that may take its time for everything.
async fn local(scheme: &str) -> (TcpListener, Api) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let settings = ApiSettings::new(
        "Sample",
        Url::parse(&format!("{scheme}://localhost:{port}")).unwrap(),
        Transport::new(TransportSettings {
            request_timeout: 200 * MINUTE,
            connect_timeout: 100 * MINUTE,
            ..TransportSettings::default()
        }),
        Arc::new(token()),
        silent,
    );
    (listener, Api::new(settings))
}

#[tokio::test]
async fn a_write_that_has_not_left_is_given_up() {
    let (listener, api) = local("https").await;
    let scope = Scope::detached(100 * MINUTE);
    // Nobody answers the TLS handshake.
    let connected = async {
        let connection = listener.accept().await.unwrap();
        scope.cancel.cancel();
        connection
    };
    let (answer, _connection) = tokio::join!(api.send(&scope, Request::delete(["a"])), connected);
    let error = answer.unwrap_err();
    assert!(
        error.is_cancelled() && !error.may_have_happened(),
        "{error}"
    );
}

#[tokio::test]
async fn a_write_that_has_left_is_waited_for() {
    let (listener, api) = local("http").await;
    let scope = Scope::detached(100 * MINUTE);
    let served = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        let mut method = [0; 6];
        connection.read_exact(&mut method).await.unwrap();
        scope.cancel.cancel();
        tokio::task::yield_now().await;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        connection.write_all(answer).await.unwrap();
        method
    };
    let (answer, method) = tokio::join!(api.send(&scope, Request::delete(["a"])), served);
    assert_eq!(&method, b"DELETE");
    assert_eq!(answer.unwrap().status.as_u16(), 200);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_begun_after_cancellation() {
    let script = Script::new([]);
    let scope = Scope::detached(MINUTE);
    scope.cancel.cancel();
    let error = api(&script)
        .send(&scope, Request::put(["a"]))
        .await
        .unwrap_err();
    assert!(error.is_cancelled());
    assert!(script.calls().is_empty());
}

#[tokio::test(start_paused = true)]
async fn exchanges_at_a_time_are_limited_but_pauses_do_not_count() {
    // Row 81 of docs/user-pains.md.
    let slow = || Answer::Slow(Duration::from_secs(1), Box::new(ok()));
    let script = Script::new((0..6).map(|_| slow()));
    let mut settings = settings(&script, token());
    settings.max_concurrent_requests = 2;
    let api = Api::new(settings);
    let scope = Scope::detached(MINUTE);
    let started = Instant::now();
    let calls = (0..6).map(|_| api.send(&scope, Request::get(["a"])));
    let answers = futures_util::future::join_all(calls).await;
    assert!(answers.iter().all(Result::is_ok));
    assert_eq!(started.elapsed(), Duration::from_secs(3));
}

/// Counts how often it is asked, and gives a new token each time it is told to renew.
#[derive(Default)]
struct Renewing {
    renewals: AtomicUsize,
    asked: Arc<Mutex<Vec<bool>>>,
}

#[async_trait]
impl Authorize for Renewing {
    async fn authorization(&self, refused: Option<&HeaderValue>) -> Result<HeaderValue, Error> {
        let renew = refused.is_some();
        self.asked.lock().unwrap().push(renew);
        let renewals = self
            .renewals
            .fetch_add(usize::from(renew), Ordering::SeqCst)
            + usize::from(renew);
        Ok(HeaderValue::from_str(&format!("Bearer {renewals}")).unwrap())
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    let script = Script::new([Answer::json(401, ""), Answer::json(201, "")]);
    let api = Api::new(settings(&script, Renewing::default()));
    let scope = Scope::detached(MINUTE);
    api.send(&scope, Request::post(["a"])).await.unwrap();
    let sent: Vec<_> = script
        .seen()
        .iter()
        .map(|outgoing| outgoing.headers[AUTHORIZATION].clone())
        .collect();
    assert_eq!(sent, ["Bearer 0", "Bearer 1"]);

    let script = Script::new([Answer::json(401, ""), Answer::json(401, "no")]);
    let renewing = Renewing::default();
    let asked = renewing.asked.clone();
    let api = Api::new(settings(&script, renewing));
    let error = api.send(&scope, Request::get(["a"])).await.unwrap_err();
    assert_eq!(error.status(), Some(401));
    assert_eq!(*asked.lock().unwrap(), [false, true]);
}

#[tokio::test(start_paused = true)]
async fn a_fixed_token_is_not_tried_twice_and_not_shown() {
    let script = Script::new([Answer::json(401, "")]);
    let scope = Scope::detached(MINUTE);
    let error = api(&script)
        .send(&scope, Request::get(["a"]))
        .await
        .unwrap_err();
    assert_eq!(error.status(), Some(401));
    let seen = script.seen();
    assert_eq!(seen[0].headers[AUTHORIZATION], "Bearer kpat_secret");
    assert!(!format!("{seen:?}").contains("kpat_secret"));
}

#[tokio::test(start_paused = true)]
async fn an_echo_of_the_token_is_masked_and_a_megabyte_is_cut() {
    let echo = "you sent kpat_secret, secret twice: kpat_secret";
    let echoing = |_: u16, _: &HeaderMap, _: &[u8]| RefusalParts {
        code: Some("plain words".to_owned()),
        message: format!("plain words {}", "and more ".repeat(100_000)),
        trace: vec![("trace id".to_owned(), "plain words".to_owned())],
        fields: vec![FieldFault {
            field: "plain words".to_owned(),
            rule: None,
            reason: "plain words".to_owned(),
        }],
    };
    let script = Script::new([Answer::json(400, echo), Answer::json(400, "plain words")]);
    let scope = Scope::detached(MINUTE);
    let error = api(&script)
        .send(&scope, Request::get(["a"]))
        .await
        .unwrap_err();
    assert!(!error.to_string().contains("kpat_secret"), "{error}");
    // A token need not look like one.
    let secret = Secret::new("plain words");
    redact::remember(&secret, redact::Origin::Configured);
    let token = StaticToken::bearer(&secret).unwrap();
    let api = Api::new(ApiSettings {
        read_refusal: echoing,
        ..settings(&script, token)
    });
    let error = api.send(&scope, Request::get(["a"])).await.unwrap_err();
    let refusal = error.refusal().unwrap();
    let all = format!("{error} {}", refusal.body_excerpt);
    assert!(!all.contains("plain words"), "{all}");
    assert!(all.len() < 5_000 && all.contains("more bytes"), "{all}");
}

#[tokio::test(start_paused = true)]
async fn a_gateways_page_is_told_in_one_line() {
    let page = "<html><head><title>502</title></head><body>\n<h1>502 Bad Gateway</h1><hr>nginx \
                for token kpat_abcdef</body></html>";
    let script = Script::new([Answer::Status(
        502,
        vec![("x-request-id", "r-1".to_owned())],
        page.to_owned(),
    )]);
    let mut settings = settings(&script, token());
    settings.retry.max_retries = 0;
    let scope = Scope::detached(MINUTE);
    let error = Api::new(settings)
        .send(&scope, Request::get(["a"]))
        .await
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "Sample answered 502 Bad Gateway to GET /a: 502 Bad Gateway nginx for token [redacted] (request id: r-1)"
    );
}

#[tokio::test(start_paused = true)]
async fn an_empty_refusal_still_says_something() {
    let script = Script::new([
        Answer::json(404, ""),
        with_header(302, "location", "https://login.example/?x=1"),
    ]);
    let api = api(&script);
    let scope = Scope::detached(MINUTE);
    let empty = api.send(&scope, Request::get(["a"])).await.unwrap_err();
    assert_eq!(
        empty.to_string(),
        "Sample answered 404 Not Found to GET /a: Not Found, and nothing more"
    );
    let redirect = api.send(&scope, Request::get(["a"])).await.unwrap_err();
    assert!(
        redirect.to_string().contains("redirects to login.example"),
        "{redirect}"
    );
}

#[derive(Debug, Deserialize)]
struct Page {
    items: Vec<u32>,
    next: Option<String>,
}

async fn all_pages(script: &Script) -> Result<Vec<u32>, Error> {
    let split = |page: Page| (page.items, page.next.as_deref().map(Request::absolute));
    let pages = Pages::new(&api(script), Request::get(["things"]), split);
    pages.collect(&Scope::detached(MINUTE)).await
}

#[tokio::test(start_paused = true)]
async fn pages_are_followed_to_the_end() {
    let script = Script::new([
        Answer::json(
            200,
            r#"{"items":[1,2],"next":"https://api.example/things?after=2"}"#,
        ),
        Answer::json(200, r#"{"items":[3]}"#),
    ]);
    assert_eq!(all_pages(&script).await.unwrap(), [1, 2, 3]);
    assert_eq!(script.calls(), ["GET /things", "GET /things?after=2"]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_failed_is_not_the_end_of_the_list() {
    let script = Script::new([Answer::json(400, ""), Answer::json(200, r#"{"items":[3]}"#)]);
    let split = |page: Page| (page.items, page.next.as_deref().map(Request::absolute));
    let mut pages = Pages::new(&api(&script), Request::get(["things"]), split);
    let scope = Scope::detached(MINUTE);
    assert!(pages.next(&scope).await.is_err());
    assert_eq!(pages.next(&scope).await.unwrap(), Some(vec![3]));
    assert_eq!(pages.next(&scope).await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_said_to_be_on_another_host_is_asked_of_our_own() {
    let script = Script::new([
        Answer::json(
            200,
            r#"{"items":[1],"next":"https://evil.example/x?token=t"}"#,
        ),
        Answer::json(200, r#"{"items":[2],"next":"mailto:x?token=t"}"#),
    ]);
    let error = all_pages(&script).await.unwrap_err().to_string();
    assert!(
        error.contains("mailto") && !error.contains("token"),
        "{error}"
    );
    let hosts: Vec<_> = script
        .seen()
        .iter()
        .map(|one| one.url.host_str().map(str::to_owned))
        .collect();
    assert_eq!(hosts.len(), 2);
    assert_eq!(hosts.first(), hosts.last());
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_named_by_path_and_id() {
    let script = Script::new([Answer::Status(
        200,
        vec![("x-request-id", "r-2".to_owned())],
        r#"{"items":[1,"kpat_abc"]}"#.to_owned(),
    )]);
    let error = api(&script)
        .json::<Page>(&Scope::detached(MINUTE), Request::get(["things"]))
        .await
        .unwrap_err();
    let text = error.to_string();
    assert!(error.is_undecodable());
    assert!(
        text.starts_with("Sample answered GET /things with something unexpected at items[1]: "),
        "{text}"
    );
    assert!(
        text.ends_with("(request id: r-2)") && !text.contains("kpat_abc"),
        "{text}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_that_cannot_be_sent_is_refused_without_showing_it() {
    let error = StaticToken::bearer(&Secret::new("kpat\nx")).unwrap_err();
    assert!(error.is_not_configured());
    assert!(!error.to_string().contains("kpat"));
}
