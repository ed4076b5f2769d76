//! Why no token could be had, in words that help.

use azure_core::error::ErrorKind;
use azure_core::http::RawResponse;
use http::Method as HttpMethod;
use serde::Deserialize;

use super::select::{Chosen, Method};
use crate::azure::wire::null_as_default;
use crate::http::error::chain;
use crate::http::redact::redact;
use crate::http::{Error, Failure, Refusal};

/// Entra's answer, in the form that [`super::exchange`] gives to every error body.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Answer {
    error: Option<String>,
    #[serde(deserialize_with = "null_as_default")]
    error_description: String,
    #[serde(deserialize_with = "null_as_default")]
    error_codes: Vec<i64>,
    trace_id: Option<String>,
    correlation_id: Option<String>,
}

/// What lies at the bottom of the library's layers.
enum Root {
    /// An error of ours that went through.
    Ours(Error),
    /// The service's answer.
    Answered(u16, Answer),
    /// Text of the library or of a tool it started.
    Text(String),
}

/// Turns the library's error into ours. What may pass (no connection, a server error) keeps its kind, so that a long wait
/// goes on; everything else is final.
pub(super) fn explain(chosen: &Chosen, audience: &str, error: azure_core::Error) -> Error {
    let text = match root(error) {
        Root::Ours(error) if error.is_passing() => return error,
        Root::Ours(error) => chain(&error),
        Root::Answered(status, answer) if is_passing(status) => return refused(status, answer),
        Root::Answered(status, answer) => answered(status, &answer),
        Root::Text(text) => text,
    };
    let mut message = format!(
        "no token for {} could be had with the {}: {}",
        audience.trim_end_matches("/.default"),
        chosen.method,
        redact(text.trim())
    );
    let hints = hint(chosen.method, &text).into_iter().map(str::to_owned);
    for hint in hints.chain(chosen.passed_over.iter().cloned()) {
        message.push_str(". ");
        message.push_str(&hint);
    }
    Error::credential(message)
}

fn root(mut error: azure_core::Error) -> Root {
    loop {
        if let ErrorKind::HttpResponse {
            status,
            raw_response: Some(response),
            ..
        } = error.kind()
        {
            return Root::Answered((*status).into(), read(response));
        }
        let inner = match error.into_inner() {
            Ok(inner) => inner,
            Err(last) => return Root::Text(last.to_string()),
        };
        error = match inner.downcast::<azure_core::Error>() {
            Ok(inner) => *inner,
            Err(inner) => {
                return match inner.downcast::<Error>() {
                    Ok(ours) => Root::Ours(*ours),
                    Err(other) => Root::Text(other.to_string()),
                };
            }
        };
    }
}

fn read(response: &RawResponse) -> Answer {
    serde_json::from_slice(response.body()).unwrap_or_default()
}

fn is_passing(status: u16) -> bool {
    crate::http::retry::is_passing_status(status)
}

fn refused(status: u16, answer: Answer) -> Error {
    let trace = trace(&answer);
    let Answer {
        error,
        error_description,
        ..
    } = answer;
    let message = if error_description.is_empty() {
        "no reason given".to_owned()
    } else {
        redact(&error_description).into_owned()
    };
    Failure::Refused(Refusal {
        api: "Microsoft Entra",
        status,
        code: error,
        message,
        method: HttpMethod::POST,
        path: "/oauth2/v2.0/token".to_owned(),
        trace,
        fields: Vec::new(),
        attempts: 0,
        is_passing: is_passing(status),
        body_excerpt: String::new(),
    })
    .into()
}

fn trace(answer: &Answer) -> Vec<(String, String)> {
    let ids = [
        ("trace id", &answer.trace_id),
        ("correlation id", &answer.correlation_id),
    ];
    ids.into_iter()
        .filter_map(|(label, id)| Some((label.to_owned(), id.clone()?)))
        .collect()
}

fn answered(status: u16, answer: &Answer) -> String {
    // The ids at the end of the description are shown apart.
    let description = answer.error_description.as_str();
    let description = description
        .split(" Trace ID:")
        .next()
        .unwrap_or(description)
        .trim();
    let mut text = format!("the service answered {status}");
    if let Some(error) = &answer.error {
        text.push_str(": ");
        text.push_str(error);
    }
    if !description.is_empty() {
        text.push_str(": ");
        text.push_str(description.trim_end_matches('.'));
    }
    let missing: Vec<String> = answer
        .error_codes
        .iter()
        .map(|code| format!("AADSTS{code}"))
        .filter(|code| !description.contains(code.as_str()))
        .collect();
    if !missing.is_empty() {
        text.extend([" [", missing.join(", ").as_str(), "]"]);
    }
    let ids: Vec<String> = trace(answer)
        .into_iter()
        .map(|(label, id)| format!("{label}: {id}"))
        .collect();
    if !ids.is_empty() {
        text.extend([" (", ids.join(", ").as_str(), ")"]);
    }
    text
}

/// What the user can do, by Entra's number. Only a hint: the numbers are not a contract, so nothing else follows from them.
fn hint(method: Method, text: &str) -> Option<&'static str> {
    const HINTS: &[(&[&str], &str)] = &[
        (
            &["AADSTS7000215"],
            "Give the secret's value, not its id; the portal shows the value only once, right after the secret was made",
        ),
        (
            &["AADSTS7000222"],
            "The secret has expired; make a new one for the application",
        ),
        (
            &["AADSTS700016"],
            "The application is not known in this tenant: check client_id, tenant_id and environment. One made seconds ago may need a moment",
        ),
        (
            &["AADSTS7000229"],
            "The application has no service principal in this tenant; an administrator has to consent to it first",
        ),
        (
            &["AADSTS700024"],
            "The assertion is outside its time of validity: a CI token that was given as text expires within minutes (let it be fetched through oidc_request_url or a file instead), or this machine's clock is wrong",
        ),
        (
            &[
                "AADSTS70021:",
                "AADSTS700211",
                "AADSTS700212",
                "AADSTS700213",
                "AADSTS700223",
            ],
            "No federated credential of the application matches: its issuer, subject and audience have to equal the token's, to the letter",
        ),
        (
            &["AADSTS700027"],
            "The certificate is not registered with the application, or has expired",
        ),
        (
            &["AADSTS90002"],
            "The tenant does not exist in this cloud: check tenant_id and environment",
        ),
        (
            &["AADSTS53003", "AADSTS50076", "AADSTS50079"],
            "A conditional access policy stands in the way",
        ),
    ];
    let known = HINTS
        .iter()
        .find(|(codes, _)| codes.iter().any(|code| text.contains(code)))
        .map(|(_, hint)| *hint);
    known.or(match method {
        Method::AzureCli if text.contains("not found on PATH") => {
            Some("Install the Azure CLI and log in with `az login`, or configure another way to authenticate")
        }
        Method::AzureCli => Some("Is it logged in? Try `az login`, or configure another way to authenticate"),
        Method::GitHubActions => Some("A job needs `permissions: id-token: write` to be given a token"),
        _ => None,
    })
}
