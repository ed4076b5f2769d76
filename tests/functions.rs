//! Functions under real Terraform, where no credential is set: functions run before the provider is configured.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use serde_json::json;
use support::terraform::{Finished, Workspace, folded};

const TENANT: &str = "7d3f9c1e-52a4-4b8e-9a60-1f2e3d4c5b6a";
const SUBSCRIPTION: &str = "a4c1d0e2-9b3f-4c7a-8e51-6d2f0b9c8a17";

/// Each output is one call, written without the functions' prefix.
fn workspace(more: &str, calls: &[(&str, &str)]) -> Workspace {
    let workspace = Workspace::new(Vec::new());
    let outputs: Vec<String> = calls
        .iter()
        .map(|(name, call)| {
            format!("output \"{name}\" {{\n  value = provider::konnectazure::{call}\n}}\n")
        })
        .collect();
    workspace.write(&format!("{more}\n{}", outputs.join("\n")));
    workspace
}

fn validate(workspace: &Workspace) -> Finished {
    workspace.run(&["validate", "-no-color"])
}

// Row 2 of docs/user-pains.md.
#[test]
fn every_function_answers_without_credentials() {
    // Rows 2, 53 and 68: the link, the overlap and the derived values are there before anything is applied.
    let id = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/rg-network/providers/Microsoft.Network/virtualNetworks/vnet-orders"
    );
    let consent = format!("https://login.microsoftonline.com/{TENANT}/adminconsent?client_id=");
    let set = "toset([{ domains = toset([\"a.example\", \"b.example\"]), target_ip_addresses = [\"10.0.0.4\"] }])";
    let workspace = workspace(
        "locals {\n  more = []\n  nothing = null\n}\n",
        &[
            ("consent", &format!("admin_consent_url(\"{TENANT}\")")),
            (
                "consent_null",
                &format!("admin_consent_url(\"{TENANT}\", local.nothing)"),
            ),
            (
                "consent_expanded",
                &format!("admin_consent_url(\"{TENANT}\", local.more...)"),
            ),
            (
                "consent_other",
                &format!("admin_consent_url(\"{TENANT}\", \"{SUBSCRIPTION}\")"),
            ),
            (
                "id",
                &format!("vnet_id(\"{SUBSCRIPTION}\", \"rg-network\", \"vnet-orders\")"),
            ),
            ("parts", &format!("parse_vnet_id(\"{id}\")")),
            (
                "apart",
                "cidrs_overlap([\"10.20.0.0/16\", \"fd00:20::/48\"], [\"10.99.98.0/21\"])",
            ),
            (
                "together",
                "cidrs_overlap(toset([\"10.20.0.0/16\"]), [\"10.20.9.9/24\"])",
            ),
            ("nothing", "cidrs_overlap([], [])"),
            // A literal list whose elements differ in type, as domains may be a set in one and a list in another.
            (
                "listed",
                "dns_mapping_type([{ domains = [\"a.example\"], target_ip_addresses = [\"10.0.0.4\"] }, { domains = toset([\"b.example\"]), target_ip_addresses = [\"10.0.0.4\", \"10.0.0.5\"], note = \"more\" }])",
            ),
            ("set", &format!("dns_mapping_type({set})")),
        ],
    );
    validate(&workspace).expect_success("validate");
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    let outputs = workspace.outputs();
    let kongs = format!("{consent}207b296f-cf25-4d23-9eba-9a2c41dc62ca");
    for (name, expected) in [
        ("consent", json!(kongs)),
        ("consent_null", json!(kongs)),
        ("consent_expanded", json!(kongs)),
        ("consent_other", json!(format!("{consent}{SUBSCRIPTION}"))),
        ("id", json!(id)),
        (
            "parts",
            json!({ "subscription_id": SUBSCRIPTION, "resource_group_name": "rg-network", "vnet_name": "vnet-orders" }),
        ),
        ("apart", json!(false)),
        ("together", json!(true)),
        ("nothing", json!(false)),
        ("listed", json!("M-to-N")),
        ("set", json!("N-to-1")),
    ] {
        assert_eq!(outputs[name]["value"], expected, "{name}");
    }
}

#[test]
fn a_bad_argument_is_refused_at_validation_by_its_name() {
    let long = format!("/subscriptions/{SUBSCRIPTION}");
    let cases = [
        ("admin_consent_url(\"contoso\")".to_owned(), "tenant_id", "\"contoso\" is not a GUID"),
        (format!("admin_consent_url(\"{TENANT}\", \"kong\")"), "client_id", "\"kong\" is not a GUID"),
        (
            format!("admin_consent_url(\"{TENANT}\", \"{TENANT}\", \"{TENANT}\")"),
            "client_id",
            "a page is for one application; call the function once for each.",
        ),
        (format!("vnet_id(\"{long}\", \"rg\", \"hub\")"), "subscription_id", "give it without /subscriptions/"),
        (format!("vnet_id(\"{SUBSCRIPTION}\", \"a/b\", \"hub\")"), "resource_group_name", "\"a/b\" cannot be a resource group"),
        (format!("vnet_id(\"{SUBSCRIPTION}\", \"rg\", \"a/b\")"), "vnet_name", "\"a/b\" cannot be a virtual network"),
        (format!("parse_vnet_id(\"{long}\")"), "id", "it names a scope, not a Microsoft.Network/virtualNetworks"),
        ("cidrs_overlap([\"10.0.0.0\"], [])".to_owned(), "cidrs", "element 0: \"10.0.0.0\" is not an address block"),
        ("cidrs_overlap([], [\"10.0.0.0/8\", null])".to_owned(), "other_cidrs", "element 1: it must not be null."),
        ("cidrs_overlap(null, [])".to_owned(), "cidrs", "argument must not be null"),
        ("dns_mapping_type([])".to_owned(), "mappings", "there is no mapping in it."),
        (
            "dns_mapping_type([{ domains = [\"*.a.example\"], target_ip_addresses = [\"10.0.0.4\"] }])".to_owned(),
            "mappings",
            "element 0: \"*.a.example\" in domains is not a domain: wildcards",
        ),
        ("dns_mapping_type([{ domains = [\"a.example\"] }])".to_owned(), "mappings", "attribute \"target_ip_addresses\" is required"),
        ("vnet_id(\"a\")".to_owned(), "", "Not enough function arguments"),
    ];
    let names: Vec<String> = (0..cases.len())
        .map(|number| format!("call{number}"))
        .collect();
    let calls: Vec<(&str, &str)> = names
        .iter()
        .zip(&cases)
        .map(|(name, (call, ..))| (name.as_str(), call.as_str()))
        .collect();
    let said = validate(&workspace("", &calls));
    assert!(!said.status.success(), "{}", said.text);
    let errors: Vec<String> = said.text.split("Error: ").map(folded).collect();
    for (name, (call, parameter, reason)) in names.iter().zip(&cases) {
        let error = errors
            .iter()
            .find(|error| error.contains(&format!("in output \"{name}\"")))
            .unwrap_or_else(|| panic!("{call} was not refused:\n{}", said.text));
        assert!(error.contains(reason), "{call}: {error}");
        let at = format!("Invalid value for \"{parameter}\" parameter: ");
        assert!(
            parameter.is_empty() || error.contains(&at),
            "{call}: {error}"
        );
        assert!(!error.ends_with(".."), "{call}: {error}");
    }
}

#[test]
fn an_unknown_argument_waits_for_the_apply() {
    let unknown = "resource \"terraform_data\" \"later\" {\n  input = \"10.20.0.0/16\"\n}\n";
    let workspace = workspace(
        unknown,
        &[
            (
                "overlap",
                "cidrs_overlap([terraform_data.later.output], [\"10.0.0.0/8\"])",
            ),
            (
                "kind",
                "dns_mapping_type([{ domains = [terraform_data.later.id], target_ip_addresses = [split(\"/\", terraform_data.later.output)[0]] }])",
            ),
        ],
    );
    let plan = workspace.plan();
    assert!(plan.text.contains("(known after apply)"), "{}", plan.text);
    workspace.apply().expect_success("apply");
    let outputs = workspace.outputs();
    assert_eq!(outputs["overlap"]["value"], true);
    assert_eq!(outputs["kind"]["value"], "1-to-1");
    workspace.assert_settled();
}
