use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

const SUBSCRIPTION: &str = "0b1f6471-1bf0-4dda-aec3-cb9272f09590";
const ROLE: &str = "4d97b98b-1d4f-4787-a291-c67834d212e7";

fn in_group(rest: &str) -> String {
    format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/network/providers/{rest}")
}

#[test]
#[expect(clippy::too_many_lines, reason = "one table")]
fn every_kind_of_scope_is_told_apart() {
    // id, kind, subscription there, resource group, resource type, name
    type Row<'a> = (
        &'a str,
        ArmKind,
        bool,
        Option<&'a str>,
        Option<&'a str>,
        &'a str,
    );
    let vnet = in_group("Microsoft.Network/virtualNetworks/hub");
    let table: &[Row<'_>] = &[
        ("/", ArmKind::Tenant, false, None, None, ""),
        (
            &format!("/subscriptions/{SUBSCRIPTION}"),
            ArmKind::Subscription,
            true,
            None,
            None,
            SUBSCRIPTION,
        ),
        (
            &format!("/SUBSCRIPTIONS/{SUBSCRIPTION}/resourcegroups/My_Group-(1).x"),
            ArmKind::ResourceGroup,
            true,
            Some("My_Group-(1).x"),
            None,
            "My_Group-(1).x",
        ),
        (
            "/providers/microsoft.management/managementgroups/platform",
            ArmKind::ManagementGroup,
            false,
            None,
            Some("microsoft.management/managementgroups"),
            "platform",
        ),
        (
            &vnet,
            ArmKind::Resource,
            true,
            Some("network"),
            Some("Microsoft.Network/virtualNetworks"),
            "hub",
        ),
        (
            &format!("{vnet}/virtualNetworkPeerings/kong"),
            ArmKind::Resource,
            true,
            Some("network"),
            Some("Microsoft.Network/virtualNetworks/virtualNetworkPeerings"),
            "kong",
        ),
        (
            &format!("{vnet}/providers/Microsoft.Authorization/roleAssignments/{ROLE}"),
            ArmKind::Resource,
            true,
            Some("network"),
            Some("Microsoft.Authorization/roleAssignments"),
            ROLE,
        ),
        (
            &format!(
                "/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"
            ),
            ArmKind::Resource,
            true,
            None,
            Some("Microsoft.Authorization/roleDefinitions"),
            ROLE,
        ),
        (
            &format!("/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"),
            ArmKind::Resource,
            false,
            None,
            Some("Microsoft.Authorization/roleDefinitions"),
            ROLE,
        ),
        (
            &format!(
                "/providers/Microsoft.Management/managementGroups/platform/providers/Microsoft.Authorization/roleDefinitions/{ROLE}"
            ),
            ArmKind::Resource,
            false,
            None,
            Some("Microsoft.Authorization/roleDefinitions"),
            ROLE,
        ),
        (
            // A name that reads like the keyword stays a name.
            &in_group("Microsoft.Network/virtualNetworks/providers/subnets/providers"),
            ArmKind::Resource,
            true,
            Some("network"),
            Some("Microsoft.Network/virtualNetworks/subnets"),
            "providers",
        ),
    ];
    for (text, kind, in_subscription, group, resource_type, name) in table {
        let id: ArmId = text
            .parse()
            .unwrap_or_else(|fault| panic!("{text}: {fault}"));
        assert_eq!(id.kind(), *kind, "{text}");
        assert_eq!(id.subscription_id().is_some(), *in_subscription, "{text}");
        assert_eq!(id.resource_group_name(), *group, "{text}");
        assert_eq!(id.resource_type().as_deref(), *resource_type, "{text}");
        assert_eq!(id.name(), *name, "{text}");
        assert_eq!(id.to_string(), *text);
    }
}

#[test]
fn what_is_no_id_says_why() {
    let table = [
        ("", "does not begin with a slash"),
        ("subscriptions/x", "does not begin with a slash"),
        (
            "https://portal.azure.com/#@t/resource/subscriptions/x",
            "is a URL",
        ),
        ("/subscriptions", "GUID is missing"),
        ("/subscriptions/prod", "is not a GUID"),
        ("/resourceGroups/network", "not with /subscriptions"),
        (&format!("/subscriptions/{SUBSCRIPTION}/"), "empty part"),
        (
            &format!("/subscriptions/{SUBSCRIPTION}/resourceGroups"),
            "name is missing",
        ),
        (
            &format!("/subscriptions/{SUBSCRIPTION}/groups/network"),
            "not resourceGroups",
        ),
        (
            &format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/net."),
            "cannot be a resource group",
        ),
        (
            &format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/net/x"),
            "not providers",
        ),
        (&in_group("Microsoft.Network"), "resource type after"),
        (
            "/providers/Microsoft.Network/providers/Microsoft.Network/a/b",
            "resource type after",
        ),
        (&in_group("Microsoft.Network/virtualNetworks"), "name after"),
        (&in_group("virtualNetworks/hub"), "not a provider namespace"),
        (
            &in_group("Microsoft.Network/virtualNetworks/.."),
            "cannot be a name",
        ),
        (
            &in_group("Microsoft.Network/virtualNetworks/a?b"),
            "character '?'",
        ),
        (
            &in_group("Microsoft.Network/virtualNetworks/a%2fb"),
            "character '%'",
        ),
    ];
    for (text, reason) in table {
        let fault = text.parse::<ArmId>().expect_err(text).to_string();
        assert!(fault.contains(reason), "{text}: {fault}");
        assert!(fault.contains("for example /subscriptions/"), "{fault}");
    }
}

#[test]
fn a_resource_of_another_type_is_refused_with_its_type() {
    let subnet = in_group("Microsoft.Network/virtualNetworks/hub/subnets/a");
    let fault = subnet.parse::<VnetId>().unwrap_err().to_string();
    assert!(
        fault.contains("names a Microsoft.Network/virtualNetworks/subnets"),
        "{fault}"
    );
    assert!(
        fault.contains(
            "/resourceGroups/RESOURCE_GROUP/providers/Microsoft.Network/virtualNetworks/VNET_NAME"
        ),
        "{fault}"
    );
    let scope = format!("/subscriptions/{SUBSCRIPTION}");
    let fault = scope.parse::<RoleAssignmentId>().unwrap_err().to_string();
    assert!(fault.contains("it names a scope"), "{fault}");
    let at_subscription =
        format!("/subscriptions/{SUBSCRIPTION}/providers/Microsoft.Network/virtualNetworks/hub");
    let fault = at_subscription.parse::<VnetId>().unwrap_err().to_string();
    assert!(fault.contains("not in a resource group"), "{fault}");
}

#[test]
fn network_ids_give_their_parts_in_the_spelling_given() {
    let text = format!(
        "/subscriptions/{SUBSCRIPTION}/resourcegroups/Net/providers/microsoft.network/virtualnetworks/Hub"
    );
    let id: VnetId = text.parse().unwrap();
    assert_eq!(id.subscription_id().as_str(), SUBSCRIPTION);
    assert_eq!(id.resource_group_name(), "Net");
    assert_eq!(id.vnet_name(), "Hub");
    assert_eq!(id.to_string(), text);
    let built = VnetId::new(&SUBSCRIPTION.parse().unwrap(), "net", "hub").unwrap();
    assert_eq!(id, built);
    assert_eq!(HashSet::from([id, built]).len(), 1);
    assert!(VnetId::new(&SUBSCRIPTION.parse().unwrap(), "net/x", "hub").is_err());
    assert!(VnetId::new(&SUBSCRIPTION.parse().unwrap(), "net", "a/providers/b").is_err());
    let hub: VhubId = in_group("Microsoft.Network/virtualHubs/west")
        .parse()
        .unwrap();
    assert_eq!(hub.vhub_name(), "west");
    let zone: PrivateDnsZoneId = in_group("Microsoft.Network/privateDnsZones/internal.example.com")
        .parse()
        .unwrap();
    assert_eq!(zone.zone_name(), "internal.example.com");
}

#[test]
fn a_role_is_the_same_through_every_scope() {
    let tenant = format!("/providers/Microsoft.Authorization/roleDefinitions/{ROLE}");
    let views = [
        tenant.clone(),
        format!("/subscriptions/{SUBSCRIPTION}{tenant}"),
        format!("/providers/Microsoft.Management/managementGroups/platform{tenant}"),
        format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/network{}",
            tenant.to_uppercase()
        ),
    ];
    let ids: Vec<RoleDefinitionId> = views.iter().map(|view| view.parse().unwrap()).collect();
    let scopes: Vec<ArmKind> = ids.iter().map(|id| id.scope().kind()).collect();
    assert_eq!(
        scopes,
        [
            ArmKind::Tenant,
            ArmKind::Subscription,
            ArmKind::ManagementGroup,
            ArmKind::ResourceGroup
        ]
    );
    assert_eq!(ids.iter().collect::<HashSet<_>>().len(), 1);
    for (view, id) in views.iter().zip(&ids) {
        assert_eq!(&id.to_string(), view);
        assert!(same_role_definition(view, &tenant));
        assert!(same_role_definition(view, ROLE));
    }
    assert!(!same_role_definition(
        &tenant,
        &tenant.replace("4d97", "4d98")
    ));
    assert!(same_role_definition("/Not/A/Guid/", "/not/a/guid"));
}

#[test]
fn joined_ids_parse_back() {
    let role: Guid = ROLE.parse().unwrap();
    for scope in [
        ArmId::tenant(),
        ArmId::subscription(&SUBSCRIPTION.parse().unwrap()),
    ] {
        let joined = RoleDefinitionId::new(&scope, &role);
        let parsed: RoleDefinitionId = joined.to_string().parse().unwrap();
        assert_eq!(parsed.scope(), &scope);
        assert_eq!(parsed.guid(), &role);
        let joined = RoleAssignmentId::new(&scope, &role);
        let parsed: RoleAssignmentId = joined.to_string().parse().unwrap();
        assert_eq!(parsed, joined);
        assert_eq!(parsed.scope(), &scope);
        assert_eq!(parsed.name(), &role);
    }
}

#[test]
fn assignments_at_two_scopes_differ_although_their_names_agree() {
    let role: Guid = ROLE.parse().unwrap();
    let here = RoleAssignmentId::new(&ArmId::subscription(&SUBSCRIPTION.parse().unwrap()), &role);
    assert_ne!(here, RoleAssignmentId::new(&ArmId::tenant(), &role));
}

#[test]
fn containment_goes_by_whole_parts() {
    let subscription: ArmId = format!("/subscriptions/{SUBSCRIPTION}").parse().unwrap();
    let group: ArmId = format!("/Subscriptions/{SUBSCRIPTION}/resourceGroups/net")
        .parse()
        .unwrap();
    let longer: ArmId = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/net2")
        .parse()
        .unwrap();
    assert!(subscription.contains(&group) && subscription.contains(&subscription));
    assert!(!group.contains(&subscription) && !group.contains(&longer));
    assert!(ArmId::tenant().contains(&group));
}

#[test]
fn case_and_a_trailing_slash_do_not_make_ids_differ() {
    assert!(same_arm_id("/Subscriptions/A/", "/subscriptions/a"));
    assert!(!same_arm_id("/subscriptions/a", "/subscriptions/b"));
}

#[test]
fn guids_take_the_hyphenated_form_only() {
    let guid: Guid = ROLE.to_uppercase().parse().unwrap();
    assert_eq!(guid, ROLE.parse().unwrap());
    assert_eq!(guid.to_string(), ROLE.to_uppercase());
    let bare = ROLE
        .replace('-', "")
        .parse::<Guid>()
        .unwrap_err()
        .to_string();
    assert!(bare.contains(&format!("write it as {ROLE}")), "{bare}");
    for text in [
        "",
        "x",
        &format!("{{{ROLE}}}"),
        &format!("urn:uuid:{ROLE}"),
        &ROLE.replace('4', "g"),
        &"é".repeat(18),
    ] {
        assert!(text.parse::<Guid>().is_err(), "{text}");
    }
}

#[test]
fn a_long_paste_is_cut_in_the_error() {
    let fault = "x"
        .repeat(100_000)
        .parse::<ArmId>()
        .unwrap_err()
        .to_string();
    assert!(fault.len() < 1_000);
}

fn segment() -> impl Strategy<Value = String> {
    prop_oneof![
        Just("subscriptions".to_owned()),
        Just("resourceGroups".to_owned()),
        Just("providers".to_owned()),
        Just("Microsoft.Network".to_owned()),
        Just("Microsoft.Management".to_owned()),
        Just("managementGroups".to_owned()),
        Just("virtualNetworks".to_owned()),
        Just(SUBSCRIPTION.to_owned()),
        "\\PC{0,8}",
        "[A-Za-z0-9._()-]{1,12}",
    ]
}

proptest! {
    #[test]
    fn no_text_makes_a_parser_panic(text in "\\PC*") {
        drop(text.parse::<ArmId>());
        drop(text.parse::<VnetId>());
        drop(text.parse::<VhubId>());
        drop(text.parse::<PrivateDnsZoneId>());
        drop(text.parse::<RoleDefinitionId>());
        drop(text.parse::<RoleAssignmentId>());
        drop(text.parse::<Guid>());
        prop_assert!(same_role_definition(&text, &text));
    }

    #[test]
    fn whatever_parses_keeps_its_text_and_equals_its_other_spellings(segments in proptest::collection::vec(segment(), 0..12)) {
        let text = format!("/{}", segments.join("/"));
        if let Ok(id) = text.parse::<ArmId>() {
            prop_assert_eq!(id.to_string(), text.as_str());
            if text.is_ascii() {
                let shouted: ArmId = text.to_uppercase().parse().unwrap();
                prop_assert_eq!(&id, &shouted);
                prop_assert_eq!(id.kind(), shouted.kind());
            }
            prop_assert!(same_arm_id(&text, id.as_str()));
            if id.resource_type().is_some() {
                prop_assert!(id.extended_scope().is_some_and(|scope| scope.contains(&id)));
            }
        }
    }

    #[test]
    fn network_ids_survive_being_taken_apart_and_joined(group in "[A-Za-z0-9_-]{1,40}", name in "[A-Za-z0-9][A-Za-z0-9._-]{0,40}") {
        let subscription: Guid = SUBSCRIPTION.parse().unwrap();
        let id = VnetId::new(&subscription, &group, &name).unwrap();
        let again: VnetId = id.to_string().parse().unwrap();
        prop_assert_eq!(again.resource_group_name(), group.as_str());
        prop_assert_eq!(again.vnet_name(), name.as_str());
    }
}
