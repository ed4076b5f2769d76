//! Peerings that exist already: told before anything is made, unless they go or are adopted.

use serde_json::{Value as Json, json};

use crate::support::core::{Core, Stored};
use crate::support::simulator::{Seed, Simulator};
use crate::support::terraform::{Workspace, folded};
use crate::unplanned::{PEERING, start, whole, written};
use crate::{data, grant, peering, posts, quoted, statuses};

/// A peering of the network with `vnet-orders` that no state knows. Its id.
pub(crate) fn made_by_hand(cloud: &Simulator) -> String {
    let made = cloud.world(json!({ "add": "transit_gateway", "object": {
        "network_id": cloud.network_id("eastus2-prod"),
        "name": "by-hand",
        "state": "ready",
        "transit_gateway_attachment_config": {
            "kind": "azure-vnet-peering-attachment",
            "tenant_id": cloud.url("tenant_id"),
            "subscription_id": cloud.url("subscription_id"),
            "resource_group_name": "rg-network",
            "vnet_name": "vnet-orders",
        },
    }}));
    made["id"].as_str().unwrap().to_owned()
}

fn orders(cloud: &Simulator, name: &str, more: &str) -> String {
    let network = quoted(cloud.network_id("eastus2-prod"));
    let written = peering(name, &network, &quoted(cloud.vnet_id("vnet-orders")));
    written.replace("\n}", &format!("\n{more}}}"))
}

#[track_caller]
fn assert_untroubled(text: &str) {
    let is_troubled = ["peered already", "Could not verify"].map(|told| text.contains(told));
    assert_eq!(is_troubled, [false, false], "{text}");
}

#[test]
fn a_peering_that_no_state_knows_is_told_with_the_import_that_takes_it_over() {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    let id = made_by_hand(&cloud);
    let workspace = Workspace::new(cloud.env());
    let network = cloud.network_id("eastus2-prod");
    // Of the same name it may be what this plan replaces, as far as the provider is told: the apply decides.
    for (name, is_refused) in [("orders", true), ("by-hand", false)] {
        workspace.write(&orders(&cloud, name, ""));
        let planned = workspace.try_plan(&[]);
        assert_eq!(planned.is_err(), is_refused);
        let mut texts = vec![planned.map_or_else(|failed| failed.text, |plan| plan.text)];
        if !is_refused {
            texts.push(workspace.apply().expect_failure("a second peering"));
        }
        for said in texts {
            for part in [
                "The two networks are peered already",
                &format!("virtual network peering \"{name}\""),
                &format!("by \"by-hand\" with the id {id} (state ready)"),
                &format!(
                    "import {{ to = konnectazure_vnet_peering.NAME id = \"{network}/{id}\" }}"
                ),
            ] {
                let said = folded(&said);
                assert!(said.contains(part), "{part:?} is not in {said}");
            }
        }
    }
    assert_eq!(posts(&cloud), 0);

    // Whoever asks may ask about this very peering.
    workspace.write(&data(&cloud));
    workspace.apply().expect_success("apply");
    let state = workspace.state();
    let checks = &state[crate::DATA];
    assert!(statuses(checks).contains("address_space passed"));
    let told = checks["checks"][4]["detail"].as_str().unwrap().to_owned();
    assert!(told.contains("peered already, by \"by-hand\""), "{told}");
}

/// A check that fails is no reason not to adopt what works.
#[test]
fn what_is_adopted_is_planned_without_checks_and_what_is_not_is_checked() {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    let id = made_by_hand(&cloud);
    cloud.world(json!({ "add": "deny_assignment", "object": {
        "scope": cloud.vnet_id("vnet-orders"), "name": "stack", "actions": ["*"],
    }}));
    let workspace = Workspace::new(cloud.env());
    let adopting = "  use_existing = true\n";
    workspace.write(&orders(
        &cloud,
        "by-hand",
        &format!(
            "{adopting}  dns_config = [{{\n    remote_dns_server_ip_addresses = [\"10.20.0.4\"]\n    domain_proxy_list = [\"orders.example\"]\n  }}]\n"
        ),
    ));
    let Err(failed) = workspace.try_plan(&[]) else {
        panic!("the plan should fail")
    };
    let said = folded(&failed.text);
    assert!(
        said.contains("may not peer with the virtual network"),
        "{said}"
    );

    workspace.write(&orders(&cloud, "by-hand", adopting));
    let planned = workspace.plan();
    assert_untroubled(&planned.text);
    workspace.apply().expect_success("apply");
    let state = workspace.state();
    let adopted: &Json = &state["konnectazure_vnet_peering.by-hand"];
    assert_eq!(adopted["id"], id.as_str());
    assert_eq!(posts(&cloud), 0);
    workspace.assert_settled();
}

/// Terraform does not tell the provider of a replacement that no difference asks for.
#[test]
fn what_takes_the_place_of_a_peering_of_the_state_is_planned() {
    let cloud = Simulator::start(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    let workspace = Workspace::new(cloud.env());
    let address = "konnectazure_vnet_peering.orders";
    workspace.write(&orders(&cloud, "orders", ""));
    workspace.apply().expect_success("apply");

    let replace = format!("-replace={address}");
    for more in [vec![replace.as_str()], vec![&replace, "-refresh=false"]] {
        let Ok(planned) = workspace.try_plan(&more) else {
            panic!("{more:?} should be planned")
        };
        assert_eq!(planned.actions()[address], "replace");
        assert_untroubled(&planned.text);
    }
    workspace.run(&["taint", address]).expect_success("taint");
    let planned = workspace.plan();
    assert_eq!(planned.actions()[address], "replace");
    assert_untroubled(&planned.text);
    workspace.apply().expect_success("apply of the replacement");
    assert_eq!(posts(&cloud), 2);
}

/// Under another name, nothing says that the old one goes first: it may stay as well.
#[tokio::test]
async fn another_peering_beside_one_of_the_state_is_warned_of() {
    let cloud = Simulator::manual(Seed::Demo);
    grant(&cloud, "vnet-orders", &["Microsoft.Network/*"]);
    let mut core = start(&cloud).await;
    let config = |core: &Core, name: &str| core.config(PEERING, &written(&cloud, name));
    let (absent, first) = (Stored::default(), config(&core, "orders"));
    let planned = core.plan(PEERING, &absent, &first).await.unwrap();
    let (stored, told) = core.apply(PEERING, &absent, &planned, &first).await;
    assert_eq!(whole(&told), "");
    let second = config(&core, "renamed");
    core.shut_down().await;

    for is_refreshed in [false, true] {
        let mut core = start(&cloud).await;
        if is_refreshed {
            core.refresh(PEERING, &stored).await;
        }
        let planned = core.plan(PEERING, &absent, &second).await;
        let told = match &planned {
            Ok(planned) => whole(&planned.warnings),
            Err(told) => whole(told),
        };
        assert_eq!(planned.is_ok(), is_refreshed, "{told}");
        let says = if is_refreshed {
            "this configuration manages that peering"
        } else {
            "a `moved` block keeps it"
        };
        assert!(told.contains(says), "{told}");
        core.shut_down().await;
    }
}
