use std::collections::BTreeMap;

use super::*;

fn resolve_with(
    model: &ProviderModel,
    variables: &[(&str, &str)],
) -> Result<Settings, Diagnostics> {
    let variables: BTreeMap<String, String> = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    resolve(model, &move |name| variables.get(name).cloned())
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

#[test]
fn a_geo_host_becomes_the_global_one() {
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
fn settings_print_no_secret() {
    let model = ProviderModel {
        konnect_token: "kpat_hidden".into(),
        client_secret: "hidden-too".into(),
        ..ProviderModel::default()
    };
    let printed = format!("{:?}", resolved(&model, &[]));
    assert!(!printed.contains("hidden"), "{printed}");
}
