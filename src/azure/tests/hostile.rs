//! Whatever is given as an id or a name: a request goes to the endpoint that was meant, or nowhere.

use proptest::prelude::*;
use url::Url;

use super::super::ids::{PrivateDnsZoneId, VhubId};
use super::*;
use crate::http::hostile::{hostile, hostile_around, pairs, segments};

/// Where the requests go for the calls that this makes, each of which is answered alike; without the one for the token.
fn sent<F: Future<Output = ()>>(
    status: u16,
    body: &str,
    calls: impl FnOnce(Client) -> F,
) -> Vec<Url> {
    let (client, script) = client((0..16).map(|_| Answer::json(status, body)));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(calls(client));
    let seen = script.seen().into_iter().map(|outgoing| outgoing.url);
    seen.filter(|url| url.host_str() != Some("login.microsoftonline.com"))
        .collect()
}

/// The id of a resource whose group and name are hostile.
fn id(group: &str, kind: &str, name: &str) -> String {
    format!("{SUBSCRIPTION}/resourceGroups/{group}/providers/Microsoft.Network/{kind}/{name}")
}

/// That the path is the id, part by part, and the rest.
fn is_below(url: &Url, id: &ArmId, rest: &[&str]) -> bool {
    let parts: Vec<String> = id
        .segments()
        .chain(rest.iter().copied())
        .map(str::to_owned)
        .collect();
    url.host_str() == Some("management.azure.com")
        && segments(url) == parts
        && url.fragment().is_none()
}

fn only_the_version(url: &Url) -> bool {
    let keys: Vec<String> = pairs(url).into_iter().map(|(key, _)| key).collect();
    keys.iter()
        .all(|key| key == "api-version" || key == "$expand")
}

proptest! {
    #[test]
    fn no_resources_id_reaches_another_endpoint(group in hostile_around("network"), name in hostile_around("hub")) {
        let vnet = id(&group, "virtualNetworks", &name).parse::<VnetId>().ok();
        let hub = id(&group, "virtualHubs", &name).parse::<VhubId>().ok();
        let zone = id(&group, "privateDnsZones", &name).parse::<PrivateDnsZoneId>().ok();
        let mut expected = 0;
        let seen = sent(404, "{}", async |client| {
            let scope = scope();
            if let Some(id) = &vnet {
                expected += 1;
                drop(client.get_virtual_network(&scope, id).await);
            }
            if let Some(id) = &hub {
                expected += 1;
                drop(client.get_virtual_hub(&scope, id).await);
            }
            if let Some(id) = &zone {
                expected += 1;
                drop(client.get_private_dns_zone(&scope, id).await);
            }
        });
        prop_assert_eq!(seen.len(), expected);
        for url in seen {
            let path = segments(&url);
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let [_, _, _, its_group, _, _, kind, its_name] = path.as_slice() else {
                return Err(TestCaseError::fail(url.to_string()));
            };
            prop_assert!(["virtualNetworks", "virtualHubs", "privateDnsZones"].contains(kind), "{}", url);
            prop_assert_eq!((*its_group, *its_name), (group.as_str(), name.as_str()));
            prop_assert!(only_the_version(&url), "{}", url);
        }
    }

    #[test]
    fn no_scope_reaches_another_endpoint(group in hostile_around("network"), name in hostile_around("hub")) {
        let scopes = [
            format!("{SUBSCRIPTION}/resourceGroups/{group}"),
            id(&group, "virtualNetworks", &name),
            format!("/providers/Microsoft.Management/managementGroups/{name}"),
            format!("/{name}"),
        ];
        for text in scopes {
            let Ok(at) = text.parse::<ArmId>() else {
                continue;
            };
            let role = RoleDefinitionId::new(&at, &guid(ROLE));
            let assignment = RoleAssignmentId::new(&at, &guid(ROLE));
            let seen = sent(404, "{}", async |client| {
                let scope = scope();
                drop(client.get_role_definition(&scope, &role).await);
                drop(client.delete_role_definition(&scope, &role).await);
                drop(client.get_role_assignment(&scope, &assignment).await);
                drop(client.delete_role_assignment(&scope, &assignment).await);
                drop(client.list_role_assignments(&at, &RoleAssignmentFilter::All).next(&scope).await);
                drop(client.list_role_definitions(&at, None).next(&scope).await);
                drop(client.list_deny_assignments(&at).next(&scope).await);
            });
            // Of what is not found to be deleted, a read has to say the same.
            prop_assert_eq!(seen.len(), 9, "{}", at);
            for url in seen {
                const AUTHORIZATION: [&str; 2] = ["providers", "Microsoft.Authorization"];
                let is_meant = ["roleDefinitions", "roleAssignments", "denyAssignments"].iter().any(|kind| {
                    let list = [&AUTHORIZATION[..], &[kind]].concat();
                    is_below(&url, &at, &list) || is_below(&url, &at, &[&list[..], &[ROLE]].concat())
                });
                prop_assert!(is_meant, "{} for {}", url, at);
            }
        }
    }

    #[test]
    fn no_links_name_reaches_another_endpoint(name in hostile()) {
        let zone: PrivateDnsZoneId = id("network", "privateDnsZones", "corp.example").parse().unwrap();
        let seen = sent(404, "{}", async |client| {
            drop(client.get_private_dns_zone_link(&scope(), &zone, &name).await);
        });
        // The names that no address can hold are refused.
        prop_assert_eq!(seen.is_empty(), ["", ".", ".."].contains(&name.as_str()));
        for url in seen {
            prop_assert!(is_below(&url, zone.as_arm_id(), &["virtualNetworkLinks", &name]), "{}", url);
            prop_assert!(only_the_version(&url), "{}", url);
        }
    }

    #[test]
    fn no_name_of_a_role_ends_its_filter(name in hostile()) {
        let view: ArmId = SUBSCRIPTION.parse().unwrap();
        let seen = sent(200, r#"{"value":[]}"#, async |client| {
            let views = std::slice::from_ref(&view);
            let names = std::slice::from_ref(&name);
            client.find_role_definitions_by_name(&scope(), views, names).await.unwrap();
        });
        let named = format!("roleName eq '{}'", name.replace('\'', "''"));
        prop_assert!(!seen.is_empty());
        for url in seen {
            let filters: Vec<String> = pairs(&url)
                .into_iter()
                .filter(|(key, _)| key != "api-version")
                .map(|(key, value)| format!("{key}: {value}"))
                .collect();
            // The tenant's own list is looked through, too.
            let list = ["providers", "Microsoft.Authorization", "roleDefinitions"];
            let tenant = ArmId::tenant();
            prop_assert!(is_below(&url, &view, &list) || is_below(&url, &tenant, &list), "{}", url);
            prop_assert!(filters.len() <= 1, "{}", url);
            if let Some(filter) = filters.first().filter(|filter| filter.contains("roleName")) {
                prop_assert_eq!(filter, &format!("$filter: {named}"));
            }
        }
    }

    #[test]
    fn no_object_id_reaches_another_endpoint_of_graph(text in hostile_around(OBJECT)) {
        // Only what is a GUID is an id here, and a GUID holds nothing that an address could take for its own.
        let id = text.parse::<Guid>();
        prop_assert_eq!(id.is_ok(), text == OBJECT);
        let Ok(id) = id else {
            return Ok(());
        };
        let seen = sent(404, "{}", async |client| {
            let scope = scope();
            drop(client.get_service_principal(&scope, &id).await);
            drop(client.delete_service_principal(&scope, &id).await);
            drop(client.find_service_principal(&scope, &id).await);
        });
        for url in seen {
            prop_assert_eq!(url.host_str(), Some("graph.microsoft.com"));
            let path = segments(&url);
            let path: Vec<&str> = path.iter().map(String::as_str).collect();
            let by_key = format!("servicePrincipals(appId='{OBJECT}')");
            let is_meant = match path.as_slice() {
                ["v1.0", "servicePrincipals"] | ["v1.0", "servicePrincipals", OBJECT] => true,
                ["v1.0", last] => *last == by_key,
                _ => false,
            };
            prop_assert!(is_meant, "{}", url);
        }
    }
}
