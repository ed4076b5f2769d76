use std::collections::BTreeMap;

use tokio::runtime::{Builder, Runtime};

use super::reader::FILE_TIMEOUT;
use super::*;
use crate::azure::ids::Guid;
use crate::http::secret::Secret;
use crate::tf::model::Model as _;
use crate::tf::types::Type;
use crate::tf::value::Value;

impl From<&str> for Attr<Secret> {
    fn from(text: &str) -> Self {
        Self::Known(Secret::new(text))
    }
}

fn resolve_with(
    model: &ProviderModel,
    variables: &[(&str, &str)],
) -> Result<Settings, Diagnostics> {
    let variables: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    let variable = move |name: &str| variables.get(name).cloned();
    runtime().block_on(resolve(model, &variable))
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_time().build().unwrap()
}

fn resolved(model: &ProviderModel, variables: &[(&str, &str)]) -> Settings {
    resolve_with(model, variables).unwrap_or_else(|diagnostics| panic!("{diagnostics:?}"))
}

fn token(settings: &Settings) -> Option<&str> {
    settings.konnect.token.as_ref().map(Secret::expose)
}

#[test]
fn nothing_set_is_no_fault_and_gives_the_defaults() {
    let settings = resolved(&ProviderModel::default(), &[]);
    assert_eq!(token(&settings), None);
    assert_eq!(
        settings.konnect.server_url.as_str(),
        "https://global.api.konghq.com/"
    );
    assert_eq!(
        (
            settings.azure.max_retries,
            settings.azure.max_concurrent_requests
        ),
        (8, 32)
    );
    assert!(
        settings.azure.credential.use_cli
            && !settings.azure.credential.use_oidc
            && !settings.azure.credential.use_msi
    );
    assert!(!settings.azure.unknown && !settings.konnect.unknown);
}

#[test]
fn the_configuration_beats_the_environment_and_variables_are_asked_in_order() {
    let both = [("KONNECT_SPAT", "spat_b"), ("KONNECT_TOKEN", "kpat_a")];
    let settings = resolved(&ProviderModel::default(), &both);
    assert_eq!(
        (token(&settings), settings.konnect.token_source.as_str()),
        (Some("kpat_a"), "KONNECT_TOKEN")
    );
    let settings = resolved(
        &ProviderModel::default(),
        &[("KONNECT_TOKEN", ""), ("KONNECT_SPAT", "spat_b")],
    );
    assert_eq!(
        (token(&settings), settings.konnect.token_source.as_str()),
        (Some("spat_b"), "KONNECT_SPAT")
    );
    let model = ProviderModel {
        konnect_token: "kpat_c".into(),
        ..ProviderModel::default()
    };
    let settings = resolved(&model, &both);
    assert_eq!(
        (token(&settings), settings.konnect.token_source.as_str()),
        (Some("kpat_c"), "konnect_token")
    );
}

/// One setting as text, for the table of variables.
type Read = fn(&Settings) -> Option<String>;

fn exposed(secret: Option<&Secret>) -> Option<String> {
    secret.map(|secret| secret.expose().to_owned())
}

fn path(path: Option<&PathBuf>) -> Option<String> {
    path.map(|path| path.display().to_string())
}

/// Every variable of the provider block whose value is taken as it is, in the order in which it is asked.
const TEXTS: &[(&[&str], Read)] = &[
    (&["KONNECT_TOKEN", "KONNECT_SPAT"], |set| {
        exposed(set.konnect.token.as_ref())
    }),
    (&["ARM_CLIENT_ID", "AZURE_CLIENT_ID"], |set| {
        set.azure.credential.client_id.clone()
    }),
    (&["ARM_CLIENT_SECRET", "AZURE_CLIENT_SECRET"], |set| {
        exposed(set.azure.credential.client_secret.as_ref())
    }),
    (&["ARM_CLIENT_CERTIFICATE"], |set| {
        exposed(set.azure.credential.client_certificate.as_ref())
    }),
    (&["ARM_CLIENT_CERTIFICATE_PATH"], |set| {
        path(set.azure.credential.client_certificate_path.as_ref())
    }),
    (&["ARM_CLIENT_CERTIFICATE_PASSWORD"], |set| {
        exposed(set.azure.credential.client_certificate_password.as_ref())
    }),
    (&["ARM_OIDC_TOKEN", "TFC_WORKLOAD_IDENTITY_TOKEN"], |set| {
        exposed(set.azure.credential.oidc_token.as_ref())
    }),
    (&["ARM_OIDC_TOKEN_FILE_PATH"], |set| {
        path(set.azure.credential.oidc_token_file_path.as_ref())
    }),
    (&["AZURE_FEDERATED_TOKEN_FILE"], |set| {
        path(set.azure.credential.federated_token_file.as_ref())
    }),
    (
        &[
            "ARM_OIDC_REQUEST_URL",
            "ACTIONS_ID_TOKEN_REQUEST_URL",
            "SYSTEM_OIDCREQUESTURI",
        ],
        |set| set.azure.credential.oidc_request_url.clone(),
    ),
    (
        &[
            "ARM_OIDC_REQUEST_TOKEN",
            "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
            "SYSTEM_ACCESSTOKEN",
        ],
        |set| exposed(set.azure.credential.oidc_request_token.as_ref()),
    ),
    (
        &[
            "ARM_ADO_PIPELINE_SERVICE_CONNECTION_ID",
            "ARM_OIDC_AZURE_SERVICE_CONNECTION_ID",
        ],
        |set| {
            set.azure
                .credential
                .ado_pipeline_service_connection_id
                .clone()
        },
    ),
];

/// The same for those whose values must have a form, each with two of it.
const FORMED: &[(&[&str], [&str; 2], Read)] = &[
    (
        &["ARM_TENANT_ID", "AZURE_TENANT_ID"],
        [
            "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11",
            "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
        ],
        |set| set.azure.tenant_id.as_ref().map(ToString::to_string),
    ),
    (
        &["ARM_SUBSCRIPTION_ID", "AZURE_SUBSCRIPTION_ID"],
        [
            "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11",
            "0b1f6471-1bf0-4dda-aec3-cb9272f09590",
        ],
        |set| set.azure.subscription_id.as_ref().map(ToString::to_string),
    ),
    (
        &["ARM_ENVIRONMENT", "AZURE_ENVIRONMENT"],
        ["usgovernment", "china"],
        |set| Some(set.azure.cloud.environment().to_string()),
    ),
    (
        &["KONNECT_SERVER_URL"],
        ["https://one.example/", "https://two.example/"],
        |set| Some(set.konnect.server_url.to_string()),
    ),
    (
        &["KONNECTAZURE_RESOURCE_MANAGER_URL"],
        ["https://one.example/", "https://two.example/"],
        |set| Some(set.azure.cloud.resource_manager().to_string()),
    ),
    (
        &["KONNECTAZURE_MICROSOFT_GRAPH_URL"],
        ["https://one.example/", "https://two.example/"],
        |set| Some(set.azure.cloud.microsoft_graph().to_string()),
    ),
    (
        &["KONNECTAZURE_ACTIVE_DIRECTORY_URL"],
        ["https://one.example/", "https://two.example/"],
        |set| Some(set.azure.cloud.active_directory().to_string()),
    ),
];

/// With all of them set the first counts; without it the next, however many are empty.
fn assert_order(names: &[&str], values: &[&str], read: Read) {
    for first in 0..names.len() {
        let variables: Vec<(&str, &str)> = names
            .iter()
            .enumerate()
            .map(|(place, name)| {
                let value = values
                    .get(place % values.len())
                    .copied()
                    .unwrap_or_default();
                (*name, if place < first { " " } else { value })
            })
            .collect();
        let found = read(&resolved(&ProviderModel::default(), &variables));
        assert_eq!(
            found.as_deref(),
            Some(values[first % values.len()]),
            "{variables:?}"
        );
    }
}

#[test]
fn every_variable_is_read_in_its_order() {
    for (names, read) in TEXTS {
        assert_order(names, &["one~value", "two~value", "three~value"], *read);
    }
    for (names, values, read) in FORMED {
        assert_order(names, values, *read);
    }
    assert_eq!(
        env::CA_CERTIFICATE_PATH,
        ["KONNECTAZURE_CA_CERTIFICATE_PATH", "SSL_CERT_FILE"]
    );
}

#[test]
fn every_switch_has_a_variable_that_the_block_beats() {
    type Switch = (
        &'static str,
        fn(&mut ProviderModel) -> &mut Attr<bool>,
        fn(&CredentialSettings) -> bool,
    );
    let switches: [Switch; 4] = [
        (
            "ARM_USE_OIDC",
            |model| &mut model.use_oidc,
            |set| set.use_oidc,
        ),
        (
            "ARM_USE_AKS_WORKLOAD_IDENTITY",
            |model| &mut model.use_aks_workload_identity,
            |set| set.use_aks_workload_identity,
        ),
        ("ARM_USE_MSI", |model| &mut model.use_msi, |set| set.use_msi),
        ("ARM_USE_CLI", |model| &mut model.use_cli, |set| set.use_cli),
    ];
    for (variable, attribute, read) in switches {
        for (text, expected) in [
            ("true", true),
            ("1", true),
            ("True", true),
            ("false", false),
            ("0", false),
        ] {
            let settings = resolved(&ProviderModel::default(), &[(variable, text)]);
            assert_eq!(
                read(&settings.azure.credential),
                expected,
                "{variable}={text}"
            );
            let mut model = ProviderModel::default();
            *attribute(&mut model) = Attr::Known(!expected);
            let settings = resolved(&model, &[(variable, text)]);
            assert_eq!(
                read(&settings.azure.credential),
                !expected,
                "{variable}={text}"
            );
        }
    }
}

#[test]
fn an_empty_text_in_the_block_is_as_good_as_none() {
    let empty = ProviderModel {
        konnect_token: "".into(),
        konnect_server_url: "".into(),
        tenant_id: " ".into(),
        subscription_id: "".into(),
        client_id: "".into(),
        client_secret: "".into(),
        environment: "".into(),
        request_timeout: "".into(),
        endpoints: Attr::Known(EndpointsModel {
            resource_manager: "".into(),
            ..EndpointsModel::default()
        }),
        ..ProviderModel::default()
    };
    let members = empty.clone().into_members();
    let found =
        crate::tf::config::validate(&super::super::schema::schema().attributes, &members, false);
    assert!(found.is_empty(), "{found:?}");

    let tenant = "2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11";
    let settings = resolved(
        &empty,
        &[
            ("KONNECT_SPAT", "spat_b"),
            ("ARM_TENANT_ID", tenant),
            ("ARM_CLIENT_ID", "app"),
            ("ARM_ENVIRONMENT", "china"),
            ("KONNECTAZURE_RESOURCE_MANAGER_URL", "https://one.example"),
        ],
    );
    assert_eq!(token(&settings), Some("spat_b"));
    assert_eq!(settings.konnect.token_source, "KONNECT_SPAT");
    assert_eq!(
        settings.konnect.server_url.as_str(),
        "https://global.api.konghq.com/"
    );
    assert_eq!(
        settings.azure.tenant_id.as_ref().map(Guid::as_str),
        Some(tenant)
    );
    assert_eq!(settings.azure.subscription_id, None);
    assert_eq!(settings.azure.credential.client_id.as_deref(), Some("app"));
    assert!(settings.azure.credential.client_secret.is_none());
    assert_eq!(settings.azure.cloud.environment(), Environment::China);
    assert_eq!(
        settings.azure.cloud.resource_manager().as_str(),
        "https://one.example/"
    );
}

#[test]
fn a_geo_host_becomes_the_global_one() {
    // Row 78 of docs/user-pains.md.
    let settings = resolved(
        &ProviderModel::default(),
        &[("KONNECT_SERVER_URL", "https://eu.api.konghq.com/v2/")],
    );
    assert_eq!(
        settings.konnect.server_url.as_str(),
        "https://global.api.konghq.com/"
    );
}

#[test]
fn a_malformed_value_is_named_with_the_variable_it_came_from() {
    for (variable, value, attribute) in [
        ("ARM_TENANT_ID", "contoso", "tenant_id"),
        ("ARM_SUBSCRIPTION_ID", "12", "subscription_id"),
        ("ARM_ENVIRONMENT", "moon", "environment"),
        ("ARM_USE_OIDC", "perhaps", "use_oidc"),
        (
            "KONNECT_SERVER_URL",
            "ftp://example.com",
            "konnect_server_url",
        ),
    ] {
        let diagnostics =
            resolve_with(&ProviderModel::default(), &[(variable, value)]).expect_err(variable);
        let found = diagnostics
            .iter()
            .find(|diagnostic| diagnostic.path == Path::attribute(attribute));
        assert!(
            found.is_some_and(|diagnostic| diagnostic.detail.contains(variable)),
            "{variable}: {diagnostics:?}"
        );
    }
}

#[test]
fn addresses_are_https_or_on_loopback_and_never_plain_for_sign_in() {
    // Row 79 of docs/user-pains.md.
    for (variable, value, accepted) in [
        (
            "KONNECTAZURE_RESOURCE_MANAGER_URL",
            "http://127.0.0.1:1",
            true,
        ),
        (
            "KONNECTAZURE_RESOURCE_MANAGER_URL",
            "http://example.com",
            false,
        ),
        (
            "KONNECTAZURE_MICROSOFT_GRAPH_URL",
            "https://example.com",
            true,
        ),
        (
            "KONNECTAZURE_ACTIVE_DIRECTORY_URL",
            "http://127.0.0.1:1",
            false,
        ),
    ] {
        let result = resolve_with(&ProviderModel::default(), &[(variable, value)]);
        assert_eq!(result.is_ok(), accepted, "{variable}={value}");
        if let Err(diagnostics) = result {
            assert!(
                diagnostics
                    .iter()
                    .all(|diagnostic| diagnostic.path.to_string().starts_with("endpoints.")),
                "{diagnostics:?}"
            );
        }
    }
}

#[test]
fn a_secret_may_stand_in_a_file_but_not_differ_from_the_one_given() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "from-file\n").expect("the file");
    let file = file.to_str().expect("UTF-8");
    let settings = resolved(
        &ProviderModel::default(),
        &[("ARM_CLIENT_SECRET_FILE_PATH", file)],
    );
    assert_eq!(
        settings
            .azure
            .credential
            .client_secret
            .as_ref()
            .map(Secret::expose),
        Some("from-file")
    );
    let both = [
        ("ARM_CLIENT_SECRET_FILE_PATH", file),
        ("ARM_CLIENT_SECRET", "other"),
    ];
    let diagnostics = resolve_with(&ProviderModel::default(), &both).expect_err("they differ");
    let text = format!("{diagnostics:?}");
    assert!(
        text.contains("differs") && !text.contains("from-file") && !text.contains("other\""),
        "{text}"
    );
}

#[cfg(unix)]
#[test]
fn a_file_without_an_end_is_given_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let pipe = folder.path().join("secret");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.expect("mkfifo starts").success());
    let model = ProviderModel {
        client_secret_file_path: pipe.to_str().expect("UTF-8").into(),
        ..ProviderModel::default()
    };
    let runtime = runtime();
    let (resolved, ()) = runtime.block_on(async {
        tokio::time::pause();
        tokio::join!(
            resolve(&model, &|_| None),
            tokio::time::advance(FILE_TIMEOUT + Duration::from_secs(1))
        )
    });
    // The thread that reads goes on for good.
    runtime.shutdown_background();
    let found = format!("{:?}", resolved.expect_err("it has no end"));
    assert!(
        found.contains("client_secret_file_path") && found.contains("within 30 s"),
        "{found}"
    );
}

#[test]
fn a_file_in_the_block_beats_a_value_in_the_environment_and_the_other_way_round() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("secret");
    std::fs::write(&file, "in-the-file\n").expect("the file");
    let file = file.to_str().expect("UTF-8");
    let settings = resolved(
        &ProviderModel {
            client_secret_file_path: file.into(),
            client_certificate_path: "bundle.pfx".into(),
            oidc_token_file_path: "token".into(),
            ..ProviderModel::default()
        },
        &[
            ("ARM_CLIENT_SECRET", "of-the-environment"),
            ("ARM_CLIENT_CERTIFICATE", "of-the-environment"),
            ("ARM_OIDC_TOKEN", "of-the-environment"),
        ],
    );
    let credential = &settings.azure.credential;
    assert_eq!(
        exposed(credential.client_secret.as_ref()).as_deref(),
        Some("in-the-file")
    );
    assert!(
        credential.client_certificate.is_none() && credential.client_certificate_path.is_some()
    );
    assert!(credential.oidc_token.is_none() && credential.oidc_token_file_path.is_some());

    let settings = resolved(
        &ProviderModel {
            client_secret: "of-the-block".into(),
            client_certificate: "of-the-block".into(),
            oidc_token: "of-the-block".into(),
            ..ProviderModel::default()
        },
        &[
            ("ARM_CLIENT_SECRET_FILE_PATH", "/nowhere"),
            ("ARM_CLIENT_CERTIFICATE_PATH", "/nowhere"),
            ("ARM_OIDC_TOKEN_FILE_PATH", "/nowhere"),
        ],
    );
    let credential = &settings.azure.credential;
    assert_eq!(
        exposed(credential.client_secret.as_ref()).as_deref(),
        Some("of-the-block")
    );
    assert!(
        credential.client_certificate.is_some() && credential.client_certificate_path.is_none()
    );
    assert!(credential.oidc_token.is_some() && credential.oidc_token_file_path.is_none());
}

#[test]
fn a_token_file_wins_over_the_token_that_hcp_terraform_hands_out() {
    let hcp = ("TFC_WORKLOAD_IDENTITY_TOKEN", "hcp");
    let settings = resolved(&ProviderModel::default(), &[hcp]);
    assert_eq!(
        settings
            .azure
            .credential
            .oidc_token
            .as_ref()
            .map(Secret::expose),
        Some("hcp")
    );
    let settings = resolved(
        &ProviderModel::default(),
        &[hcp, ("ARM_OIDC_TOKEN_FILE_PATH", "/token")],
    );
    assert_eq!(
        settings
            .azure
            .credential
            .oidc_token
            .as_ref()
            .map(Secret::expose),
        None
    );
}

#[test]
fn an_unknown_setting_holds_back_only_the_client_that_needs_it() {
    let konnect = ProviderModel {
        konnect_token: Attr::Unknown,
        ..ProviderModel::default()
    };
    let azure = ProviderModel {
        client_secret: Attr::Unknown,
        ..ProviderModel::default()
    };
    let shared = ProviderModel {
        ca_certificate_path: Attr::Unknown,
        ..ProviderModel::default()
    };
    for (model, expected) in [
        (konnect, (true, false)),
        (azure, (false, true)),
        (shared, (true, true)),
    ] {
        let settings = resolved(&model, &[]);
        assert_eq!(
            (settings.konnect.unknown, settings.azure.unknown),
            expected,
            "{model:?}"
        );
    }
}

#[test]
fn an_unknown_setting_is_not_looked_for_elsewhere() {
    let unknown_secret = ProviderModel {
        client_secret: Attr::Unknown,
        ..ProviderModel::default()
    };
    let unknown_file = ProviderModel {
        client_secret_file_path: Attr::Unknown,
        ..ProviderModel::default()
    };
    let unknown_switch = ProviderModel {
        use_msi: Attr::Unknown,
        ..ProviderModel::default()
    };
    // What the environment holds may be out of date, and must not fail a plan.
    let stale = [
        ("ARM_CLIENT_SECRET_FILE_PATH", "/nowhere"),
        ("ARM_CLIENT_SECRET", "of-the-environment"),
    ];
    for model in [unknown_secret, unknown_file] {
        let settings = resolved(&model, &stale);
        assert!(settings.azure.unknown && settings.azure.credential.client_secret.is_none());
    }
    assert!(
        resolved(&unknown_switch, &[("ARM_USE_MSI", "perhaps")])
            .azure
            .unknown
    );
}

#[test]
fn settings_print_no_secret() {
    let model = ProviderModel {
        konnect_token: "kpat_hidden".into(),
        client_secret: "hidden-too".into(),
        ..ProviderModel::default()
    };
    for printed in [format!("{:?}", resolved(&model, &[])), format!("{model:?}")] {
        assert!(!printed.contains("hidden"), "{printed}");
    }
}

#[test]
fn what_is_sensitive_in_the_schema_is_secret_in_the_model() {
    let printed = |name: &str| {
        let members = [(name.to_owned(), Value::from("hidden"))].into();
        let model = ProviderModel::from_members(members, &Path::root());
        format!("{:?}", model.unwrap())
    };
    for attribute in super::super::schema::schema().attributes {
        if attribute.kind.value_type() == Type::String {
            assert_ne!(
                printed(attribute.name).contains("hidden"),
                attribute.sensitive,
                "{}",
                attribute.name
            );
        }
    }
}
