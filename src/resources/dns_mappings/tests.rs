use serde_json::json;

use super::*;

fn model(mappings: &[(&[&str], &[&str])]) -> DnsMappingsModel {
    let mapping = |(domains, addresses): &(&[&str], &[&str])| DnsMapping {
        domains: Attr::Known(domains.iter().map(ToString::to_string).collect()),
        target_ip_addresses: Attr::Known(addresses.iter().map(ToString::to_string).collect()),
    };
    DnsMappingsModel {
        name: "corp".into(),
        mappings: Attr::Known(mappings.iter().map(mapping).collect()),
        wait_for_ready: Attr::Known(false),
        ..DnsMappingsModel::default()
    }
}

fn object(config: &serde_json::Value) -> PrivateDns {
    serde_json::from_value(json!({
        "id": "d2c1b0a9-8f7e-4d6c-b5a4-938271605f4e",
        "name": "corp",
        "state": "initializing",
        "state_metadata": {},
        "private_dns_attachment_config": config,
        "entity_version": 2,
        "created_at": "2026-08-21T10:00:00.000Z",
        "updated_at": "2026-08-21T10:01:00.000Z",
    }))
    .unwrap()
}

#[test]
fn the_body_holds_every_domain_with_its_addresses() {
    let body = model(&[
        (&["A.example", "b.example."], &["10.0.0.4", "10.0.0.5"]),
        (&["c.example"], &["10.0.0.4"]),
    ])
    .to_body()
    .unwrap();
    assert_eq!(
        serde_json::to_value(&body).unwrap(),
        json!({
            "name": "corp",
            "private_dns_attachment_config": {
                "kind": "azure-outbound-resolver",
                "dns_config": {
                    "a.example": {"remote_dns_server_ip_addresses": ["10.0.0.4", "10.0.0.5"]},
                    "b.example": {"remote_dns_server_ip_addresses": ["10.0.0.4", "10.0.0.5"]},
                    "c.example": {"remote_dns_server_ip_addresses": ["10.0.0.4"]},
                },
            },
        })
    );
}

#[test]
fn nothing_is_sent_while_something_is_unknown() {
    let unknown = DnsMappingsModel {
        mappings: Attr::Unknown,
        ..model(&[])
    };
    assert!(unknown.to_body().is_none());
}

#[test]
fn an_import_fills_every_configurable_attribute() {
    let stored = json!({
        "kind": "azure-outbound-resolver",
        "dns_config": {
            "a.example": {"remote_dns_server_ip_addresses": ["10.0.0.4"]},
            "b.example": {"remote_dns_server_ip_addresses": ["10.0.0.4"]},
        },
    });
    let read = DnsMappingsModel::default()
        .apply_remote(&object(&stored))
        .unwrap();
    assert_eq!(read.name, "corp".into());
    assert_eq!(read.mapping_type, "N-to-1".into());
    assert_eq!(read.domain_count, Attr::Known(2));
    assert_eq!(read.entity_version, Attr::Known(2));
    assert_eq!(
        read.state_metadata,
        Attr::Null,
        "{{}} and nothing are the same"
    );
    let mappings = read.mappings.known().unwrap().all_known().unwrap();
    let [only] = mappings.as_slice() else {
        panic!("one group");
    };
    let domains: Set<String> = ["a.example".to_owned(), "b.example".to_owned()]
        .into_iter()
        .collect();
    assert_eq!(only.domains, Attr::Known(domains));
}

#[test]
fn an_object_of_another_kind_is_refused_with_the_resource_for_it() {
    let zone = json!({ "kind": "azure-private-hosted-zone-attachment" });
    let refused = DnsMappingsModel::default()
        .apply_remote(&object(&zone))
        .unwrap_err();
    let detail = &refused.iter().next().unwrap().detail;
    assert!(
        detail.contains("konnectazure_private_hosted_zone"),
        "{detail}"
    );
}

#[test]
fn fields_are_found_on_their_attributes() {
    for (field, expected) in [
        ("name", Some("name")),
        (
            "private_dns_attachment_config.dns_config.a.example.remote_dns_server_ip_addresses.0",
            Some("mappings"),
        ),
        ("private_dns_attachment_config.kind", None),
        ("networkId", None),
    ] {
        let found = DnsMappingsModel::attribute_of_field(field).map(|path| path.to_string());
        assert_eq!(found.as_deref(), expected, "{field}");
    }
}

#[test]
fn a_repeated_domain_is_an_error_and_an_odd_address_a_warning() {
    let resource = resource(&Clients::default());
    let mut diagnostics = Diagnostics::new();
    let repeated = model(&[
        (&["a.example"], &["8.8.8.8"]),
        (&["A.example"], &["10.0.0.4"]),
    ]);
    resource.validate(&repeated, &mut diagnostics);
    let found: Vec<bool> = diagnostics.iter().map(Diagnostic::is_error).collect();
    assert_eq!(found, [true, false]);
    assert!(
        diagnostics
            .iter()
            .all(|diagnostic| diagnostic.path == Path::attribute("mappings"))
    );
}
