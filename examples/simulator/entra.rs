//! Microsoft Entra: the token endpoint and the admin consent page.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use webpki::{EndEntityCert, ring as algorithms};

use crate::clock;
use crate::cloud::Cloud;
use crate::exchange::{Answer, Call, Service};
use crate::graph;
use crate::world::{FederatedCredential, World, new_id};

/// Audiences under which Azure Resource Manager is known, in every cloud.
const RESOURCE_MANAGER_AUDIENCES: [&str; 6] = [
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://management.usgovcloudapi.net",
    "https://management.core.usgovcloudapi.net",
    "https://management.chinacloudapi.cn",
    "https://management.core.chinacloudapi.cn",
];
const GRAPH_AUDIENCES: [&str; 4] = [
    "https://graph.microsoft.com",
    "https://graph.microsoft.us",
    "https://dod-graph.microsoft.us",
    "https://microsoftgraph.chinacloudapi.cn",
];
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Tokens given out, with what each one is good for.
#[derive(Default)]
pub(crate) struct Tokens {
    issued: HashMap<String, Issued>,
}

struct Issued {
    audience: String,
    expires: i64,
}

/// Why a bearer token was refused.
pub(crate) enum TokenFault {
    Missing,
    Unknown,
    Expired,
    WrongAudience,
}

impl Tokens {
    pub(crate) fn check(&self, call: &Call) -> Result<(), TokenFault> {
        let token = call.bearer_token().ok_or(TokenFault::Missing)?;
        let issued = self.issued.get(token).ok_or(TokenFault::Unknown)?;
        if issued.expires <= clock::unix_seconds() {
            return Err(TokenFault::Expired);
        }
        let audiences: &[&str] = if call.service == Service::Graph {
            &GRAPH_AUDIENCES
        } else {
            &RESOURCE_MANAGER_AUDIENCES
        };
        if audiences.contains(&issued.audience.as_str()) {
            Ok(())
        } else {
            Err(TokenFault::WrongAudience)
        }
    }

    /// Makes every token given out so far unknown to the services.
    pub(crate) fn revoke_all(&mut self) {
        self.issued.clear();
    }
}

pub(crate) fn handle(cloud: &mut Cloud, call: &Call) -> Answer {
    let segments = call.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    match (call.method.as_str(), parts.as_slice()) {
        ("POST", [tenant, "oauth2", "v2.0", "token"]) => token(cloud, call, tenant),
        ("GET", [tenant, "adminconsent"] | [tenant, "v2.0", "adminconsent"]) => {
            admin_consent(cloud, call, tenant)
        }
        _ => Answer::json(404, &json!({ "error": "not_found" }), "no such endpoint"),
    }
}

struct Refused {
    status: u16,
    error: &'static str,
    number: u32,
    text: String,
}

fn refuse(status: u16, error: &'static str, number: u32, text: impl Into<String>) -> Refused {
    Refused {
        status,
        error,
        number,
        text: text.into(),
    }
}

fn token(cloud: &mut Cloud, call: &Call, tenant: &str) -> Answer {
    match issue(cloud, call, tenant) {
        Ok((body, meaning)) => {
            Answer::json(200, &body, meaning).with_header("cache-control", "no-store, no-cache")
        }
        Err(Refused {
            status,
            error,
            number,
            text,
        }) => {
            let trace_id = new_id();
            let correlation_id = call
                .header("client-request-id")
                .map_or_else(new_id, str::to_owned);
            let timestamp = clock::entra_timestamp().replace('T', " ");
            let body = json!({
                "error": error,
                "error_description":
                    format!("AADSTS{number}: {text} Trace ID: {trace_id} Correlation ID: {correlation_id} Timestamp: {timestamp}"),
                "error_codes": [number],
                "timestamp": timestamp,
                "trace_id": trace_id,
                "correlation_id": correlation_id,
                "error_uri": format!("{}/error?code={number}", call.base_url),
            });
            Answer::json(status, &body, format!("AADSTS{number} {error}"))
        }
    }
}

fn issue(cloud: &mut Cloud, call: &Call, tenant: &str) -> Result<(Value, String), Refused> {
    let form = call.form();
    let field = |name: &str| {
        form.iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|text| !text.is_empty())
    };
    let required = |name: &str| {
        field(name).ok_or_else(|| {
            refuse(
                400,
                "invalid_request",
                900_144,
                format!("The request body must contain the following parameter: '{name}'."),
            )
        })
    };
    let world = &cloud.world;
    if !tenant.eq_ignore_ascii_case(&world.tenant_id)
        && !tenant.eq_ignore_ascii_case(&world.tenant_domain)
    {
        let text = format!(
            "Tenant '{tenant}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        );
        return Err(refuse(400, "invalid_request", 90_002, text));
    }
    let grant = required("grant_type")?;
    if grant != "client_credentials" {
        return Err(refuse(
            400,
            "unsupported_grant_type",
            70_003,
            format!("The app requested an unsupported grant type '{grant}'."),
        ));
    }
    let client_id = required("client_id")?;
    if !client_id.eq_ignore_ascii_case(&world.caller.client_id) {
        let text = format!(
            "Application with identifier '{client_id}' was not found in the directory '{}'.",
            world.tenant_domain
        );
        return Err(refuse(400, "unauthorized_client", 700_016, text));
    }
    match (field("client_secret"), field("client_assertion")) {
        (Some(secret), None) => check_secret(world, client_id, secret)?,
        (None, Some(assertion)) => {
            let kind = required("client_assertion_type")?;
            if kind != JWT_BEARER {
                return Err(refuse(
                    400,
                    "invalid_request",
                    50_027,
                    "The client_assertion_type is not supported.",
                ));
            }
            check_assertion(world, client_id, assertion)?;
        }
        _ => {
            let text = "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.";
            return Err(refuse(401, "invalid_client", 7_000_218, text));
        }
    }
    let scope = required("scope")?;
    let audience = scope
        .strip_suffix("/.default")
        .unwrap_or_default()
        .trim_end_matches('/');
    if audience.is_empty() {
        let text = format!(
            "The provided value for the input parameter 'scope' is not valid. The scope {scope} is not valid."
        );
        return Err(refuse(400, "invalid_scope", 70_011, text));
    }
    if !RESOURCE_MANAGER_AUDIENCES.contains(&audience) && !GRAPH_AUDIENCES.contains(&audience) {
        let text = format!(
            "The resource principal named {audience} was not found in the tenant named {}.",
            world.tenant_domain
        );
        return Err(refuse(400, "invalid_resource", 500_011, text));
    }
    let lifetime = world.settings.azure.token_lifetime_seconds;
    let expires = clock::unix_seconds().saturating_add(lifetime);
    let access_token = unsigned_jwt(world, audience, expires);
    let meaning = format!("token for {audience}");
    let body = json!({ "token_type": "Bearer", "expires_in": lifetime, "ext_expires_in": lifetime, "access_token": access_token });
    cloud.tokens.issued.insert(
        access_token,
        Issued {
            audience: audience.to_owned(),
            expires,
        },
    );
    Ok((body, meaning))
}

/// Looks like an access token and holds the usual claims; the signature is filler, the services look the text up.
fn unsigned_jwt(world: &World, audience: &str, expires: i64) -> String {
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": "local" });
    let claims = json!({
        "aud": audience,
        "iss": format!("https://sts.windows.net/{}/", world.tenant_id),
        "iat": clock::unix_seconds(),
        "exp": expires,
        "appid": world.caller.client_id,
        "oid": world.caller.object_id,
        "tid": world.tenant_id,
        "idtyp": "app",
        "uti": new_id(),
        "ver": "1.0",
    });
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.{}",
        encode(&header),
        encode(&claims),
        URL_SAFE_NO_PAD.encode(new_id())
    )
}

fn check_secret(world: &World, client_id: &str, secret: &str) -> Result<(), Refused> {
    if secret == world.caller.client_secret {
        return Ok(());
    }
    let text = format!(
        "Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, \
         for a secret added to app '{client_id}'."
    );
    Err(refuse(401, "invalid_client", 7_000_215, text))
}

fn check_assertion(world: &World, client_id: &str, assertion: &str) -> Result<(), Refused> {
    let malformed = || {
        refuse(
            401,
            "invalid_client",
            50_027,
            "JWT token is invalid or malformed.",
        )
    };
    let mut pieces = assertion.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (pieces.next(), pieces.next(), pieces.next(), pieces.next())
    else {
        return Err(malformed());
    };
    let decode = |piece: &str| URL_SAFE_NO_PAD.decode(piece).ok();
    let parse =
        |piece: &str| decode(piece).and_then(|bytes| serde_json::from_slice::<Value>(&bytes).ok());
    let (Some(head), Some(body), Some(signature)) =
        (parse(header), parse(claims), decode(signature))
    else {
        return Err(malformed());
    };
    let now = clock::unix_seconds();
    let moment = |claim: &str| body.get(claim).and_then(Value::as_i64);
    if moment("exp").is_some_and(|expires| expires <= now)
        || moment("nbf").is_some_and(|start| start > now + 300)
    {
        let text = "Client assertion is not within its valid time range.";
        return Err(refuse(401, "invalid_client", 700_024, text));
    }
    let claim = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    if claim("iss").eq_ignore_ascii_case(client_id) {
        if !claim("sub").eq_ignore_ascii_case(client_id)
            || !claim("aud").ends_with("/oauth2/v2.0/token")
        {
            return Err(refuse(
                401,
                "invalid_client",
                700_023,
                "Client assertion audience claim does not match Realm issuer.",
            ));
        }
        let signed = format!("{header}.{claims}");
        return check_certificate(
            &world.caller.certificates,
            &head,
            signed.as_bytes(),
            &signature,
        );
    }
    check_federation(
        &world.caller.federated_credentials,
        claim("iss"),
        claim("sub"),
        &body,
    )
}

fn check_federation(
    known: &[FederatedCredential],
    issuer: &str,
    subject: &str,
    claims: &Value,
) -> Result<(), Refused> {
    let audience = |wanted: &str| match claims.get("aud") {
        Some(Value::String(text)) => text == wanted,
        Some(Value::Array(items)) => items.iter().any(|item| item == wanted),
        _ => false,
    };
    let matches = known.is_empty()
        || known.iter().any(|entry| {
            entry.issuer == issuer && entry.subject == subject && audience(&entry.audience)
        });
    if matches {
        return Ok(());
    }
    let text = format!(
        "No matching federated identity record found for presented assertion subject '{subject}'. Assertion issuer: '{issuer}'."
    );
    Err(refuse(401, "invalid_client", 700_213, text))
}

fn check_certificate(
    known: &[String],
    header: &Value,
    signed: &[u8],
    signature: &[u8],
) -> Result<(), Refused> {
    let algorithm = match header.get("alg").and_then(Value::as_str) {
        Some("PS256") => algorithms::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        Some("RS256") => algorithms::RSA_PKCS1_2048_8192_SHA256,
        _ => {
            return Err(refuse(
                401,
                "invalid_client",
                5_002_738,
                "Invalid JWT token. 'alg' is not supported.",
            ));
        }
    };
    let thumbprint = header.get("x5t#S256").or_else(|| header.get("x5t"));
    if thumbprint.is_none() {
        return Err(refuse(
            401,
            "invalid_client",
            5_002_730,
            "Invalid JWT token. 'x5t' or 'x5t#S256' is missing.",
        ));
    }
    let verified = known.is_empty()
        || known
            .iter()
            .filter_map(|text| certificate_der(text))
            .any(|der| {
                let certificate = CertificateDer::from(der);
                EndEntityCert::try_from(&certificate).is_ok_and(|certificate| {
                    certificate
                        .verify_signature(algorithm, signed, signature)
                        .is_ok()
                })
            });
    if verified {
        return Ok(());
    }
    let text = "Client assertion contains an invalid signature. The key was not found.";
    Err(refuse(401, "invalid_client", 700_027, text))
}

fn certificate_der(text: &str) -> Option<Vec<u8>> {
    let encoded: String = text
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    STANDARD.decode(encoded.trim()).ok()
}

/// What a browser shows an administrator: opening the link is the consent.
fn admin_consent(cloud: &mut Cloud, call: &Call, tenant: &str) -> Answer {
    let known = tenant.eq_ignore_ascii_case(&cloud.world.tenant_id)
        || tenant.eq_ignore_ascii_case(&cloud.world.tenant_domain)
        || tenant == "organizations";
    if !known {
        return Answer::html(
            400,
            "<h1>AADSTS90002</h1><p>Tenant not found.</p>",
            "consent: unknown tenant",
        );
    }
    let app_id = call.query_value("client_id").unwrap_or_default().to_owned();
    let now = cloud.clock.now();
    match graph::consent(&mut cloud.world, now, &app_id) {
        Ok(principal) => {
            let page = format!(
                "<h1>Consent given</h1><p>The enterprise application <b>{}</b> is now in tenant {}.</p>",
                principal.display_name, cloud.world.tenant_id
            );
            Answer::html(
                200,
                page,
                format!("admin consent given to \"{}\"", principal.display_name),
            )
        }
        Err(reason) => Answer::html(
            400,
            "<h1>AADSTS700016</h1><p>Application not found.</p>",
            reason,
        ),
    }
}
