//! What people copy works: each example is applied, planned again and destroyed against the local cloud, and every configuration in the
//! examples and the documentation is valid. [`support::snippets`] says which blocks of a page count as configurations.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;

use konnectazure::provider::KonnectAzure;
use konnectazure::tf::provider::Provider as _;
use serde_json::{Value as Json, json};
use support::pages::root;
use support::patience::eventually;
use support::simulator::{Seed, Simulator};
use support::snippets::{self, Kind, Snippet};
use support::terraform::Workspace;
use support::version::Feature;

/// Folders of `examples` that the registry's layout asks for; all others with a `main.tf` are examples to apply.
const REGISTRY_LAYOUT: [&str; 5] = [
    "data-sources",
    "functions",
    "list-resources",
    "provider",
    "resources",
];

/// An example in a workspace of its own, its variables set.
fn example(simulator: &Simulator, name: &str, variables: &str) -> Workspace {
    let workspace = Workspace::new(simulator.env());
    workspace.copy_example(name);
    std::fs::write(workspace.folder().join("terraform.tfvars"), variables).unwrap();
    workspace
}

fn created(addresses: &[&str]) -> BTreeMap<String, String> {
    addresses
        .iter()
        .map(|address| ((*address).to_owned(), "create".to_owned()))
        .collect()
}

fn assert_nothing_left(simulator: &Simulator) {
    assert_eq!(
        simulator.leftovers(),
        Vec::<String>::new(),
        "left after destroy"
    );
}

/// Row 51: by references alone, what a right was needed for is gone before the right.
const ORDER: [&str; 3] = [
    "/transit-gateways/",
    "/roleAssignments/",
    "/roleDefinitions/",
];

fn destroy(simulator: &Simulator, workspace: &Workspace, order: &[&str]) {
    simulator.clear_requests();
    workspace.destroy().expect_success("destroy");
    simulator.assert_destroyed_in_order(order);
}

fn peered_vnets(simulator: &Simulator, names: &[&str]) -> String {
    let vnets: Vec<String> = names
        .iter()
        .map(|name| {
            format!(
                "  {name} = \"{}\"\n",
                simulator.vnet_id(&format!("vnet-{name}"))
            )
        })
        .collect();
    format!(
        "network_name = \"eastus2-prod\"\nvnet_ids = {{\n{}}}\n",
        vnets.concat()
    )
}

#[test]
fn multi_subscription_shares_one_role_between_subscriptions() {
    // Row 84 of docs/user-pains.md.
    // Rows 17 and 84: one role and one provider block for all subscriptions.
    let simulator = Simulator::start(Seed::Demo);
    let workspace = example(
        &simulator,
        "multi-subscription",
        &peered_vnets(&simulator, &["orders", "billing"]),
    );
    let expected = created(&[
        "konnectazure_peering_role.kong",
        "konnectazure_role_assignment.kong[\"billing\"]",
        "konnectazure_role_assignment.kong[\"orders\"]",
        "konnectazure_service_principal.kong",
        "konnectazure_vnet_peering.this[\"billing\"]",
        "konnectazure_vnet_peering.this[\"orders\"]",
    ]);
    assert_eq!(workspace.plan().actions(), expected);
    workspace.apply().expect_success("apply");
    workspace.assert_settled();

    let subscriptions: BTreeSet<&str> = ["orders", "billing"]
        .map(|name| {
            simulator
                .vnet_id(&format!("vnet-{name}"))
                .split('/')
                .nth(2)
                .unwrap()
        })
        .into();
    assert_eq!(subscriptions.len(), 2, "the VNETs are in two subscriptions");
    let peerings = &workspace.outputs()["peerings"]["value"];
    for name in ["orders", "billing"] {
        let text = peerings[name].as_str().unwrap();
        assert!(text.starts_with("ready, subscription "), "{text}");
    }
    destroy(&simulator, &workspace, &ORDER);
    assert_nothing_left(&simulator);
}

#[test]
fn multi_subscription_takes_a_further_subscription_in_place_and_gives_it_back() {
    // Row 21.
    let simulator = Simulator::start(Seed::Demo);
    let one = peered_vnets(&simulator, &["orders"]);
    let both = peered_vnets(&simulator, &["orders", "billing"]);
    let workspace = example(&simulator, "multi-subscription", &one);
    workspace.apply().expect_success("apply with one");
    for (variables, action) in [(&both, "create"), (&one, "delete")] {
        std::fs::write(workspace.folder().join("terraform.tfvars"), variables).unwrap();
        let expected: BTreeMap<String, String> = [
            ("konnectazure_peering_role.kong", "update"),
            ("konnectazure_role_assignment.kong[\"billing\"]", action),
            ("konnectazure_vnet_peering.this[\"billing\"]", action),
        ]
        .map(|(address, action)| (address.to_owned(), action.to_owned()))
        .into();
        assert_eq!(workspace.plan().actions(), expected);
        workspace.apply().expect_success(action);
        workspace.assert_settled();
    }
    workspace.destroy().expect_success("destroy");
    assert_nothing_left(&simulator);
}

// Row 12 of docs/user-pains.md.
#[test]
fn consent_by_another_team_shows_the_link_waits_and_leaves_their_consent_alone() {
    // Rows 2 and 12.
    let simulator = Simulator::start(Seed::Demo);
    simulator.settings(json!({ "rights": { "graph_create": false, "graph_delete": false } }));
    let variables = format!(
        "tenant_id = \"{}\"\nvnet_id = \"{}\"\nnetwork_name = \"eastus2-prod\"\n",
        simulator.url("tenant_id"),
        simulator.vnet_id("vnet-orders")
    );
    let workspace = example(&simulator, "consent-by-another-team", &variables);
    let plan = workspace.plan();
    let expected = created(&[
        "konnectazure_peering_role.kong",
        "konnectazure_role_assignment.kong",
        "konnectazure_vnet_peering.orders",
    ]);
    assert_eq!(plan.actions(), expected);
    let link = format!(
        "https://login.microsoftonline.com/{}/adminconsent?client_id=",
        simulator.url("tenant_id")
    );
    assert!(plan.text.contains(&link), "{}", plan.text);

    simulator.clear_requests();
    let applying = workspace.start(&["apply", "-auto-approve", "-no-color"]);
    // The second look shows that it waits; nothing may be assigned before there is a principal.
    eventually("a second look for the service principal", || {
        simulator
            .requests_matching("graph", "GET", "/servicePrincipals")
            .len()
            > 1
    });
    assert!(
        simulator
            .requests_matching("arm", "PUT", "/roleAssignments/")
            .is_empty()
    );
    let principal = simulator.consent();
    applying.finish().expect_success("apply");
    workspace.assert_settled();
    assert_eq!(workspace.outputs()["peering"]["value"], "ready");

    let written = |simulator: &Simulator| simulator.requests_matching("graph", "POST", "");
    assert_eq!(written(&simulator), [] as [Json; 0], "a write in Entra");
    destroy(&simulator, &workspace, &ORDER);
    let principal = principal["id"].as_str().unwrap();
    assert_eq!(
        simulator.leftovers(),
        [format!("service_principals {principal}")]
    );
    assert!(
        written(&simulator).is_empty(),
        "a write in Entra on destroy"
    );
}

#[test]
fn virtual_hub_connects_a_hub_with_a_role_of_its_own() {
    let simulator = Simulator::start(Seed::Demo);
    let hub = simulator.ready()["virtual_hubs"]["hub-eastus2"].clone();
    let variables = format!("vhub_id = {hub}\nnetwork_name = \"eastus2-prod\"\n");
    let workspace = example(&simulator, "virtual-hub", &variables);
    let expected = created(&[
        "konnectazure_peering_role.hub",
        "konnectazure_role_assignment.hub",
        "konnectazure_service_principal.kong",
        "konnectazure_virtual_hub_peering.wan",
    ]);
    assert_eq!(workspace.plan().actions(), expected);
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    assert_eq!(workspace.outputs()["peering"]["value"], "ready");
    destroy(&simulator, &workspace, &ORDER);
    assert_nothing_left(&simulator);
}

#[test]
fn private_dns_links_a_zone_beside_the_peering() {
    let simulator = Simulator::start(Seed::Demo);
    let variables = format!(
        "subscription_id = \"{}\"\nresource_group_name = \"rg-network\"\nvnet_name = \"vnet-orders\"\nzone_name = \"corp.example\"\n\
         network_name = \"eastus2-prod\"\n",
        simulator.url("subscription_id")
    );
    let workspace = example(&simulator, "private-dns", &variables);
    let expected = created(&[
        "konnectazure_peering_role.link",
        "konnectazure_peering_role.peering",
        "konnectazure_private_hosted_zone.corp",
        "konnectazure_role_assignment.link",
        "konnectazure_role_assignment.peering",
        "konnectazure_service_principal.kong",
        "konnectazure_vnet_peering.orders",
    ]);
    assert_eq!(workspace.plan().actions(), expected);
    workspace.apply().expect_success("apply");
    workspace.assert_settled();
    assert_eq!(workspace.outputs()["zone"]["value"], "ready");
    // Row 51 of docs/user-pains.md: each right stays until what it was needed for is gone.
    let assigned =
        |place: &str| format!("/{place}/providers/Microsoft.Authorization/roleAssignments/");
    destroy(
        &simulator,
        &workspace,
        &[
            "/private-dns/",
            "/transit-gateways/",
            &assigned("vnet-orders"),
        ],
    );
    simulator.assert_destroyed_in_order(&["/private-dns/", &assigned("corp.example")]);
    assert_nothing_left(&simulator);
}

#[test]
fn every_example_is_applied_by_a_test() {
    let tests = [
        include_str!("examples.rs"),
        include_str!("flow.rs"),
        include_str!("moves.rs"),
    ]
    .concat();
    let entries = std::fs::read_dir(root().join("examples"))
        .unwrap()
        .flatten();
    let mut untested = Vec::new();
    for entry in entries.filter(|entry| entry.path().join("main.tf").is_file()) {
        let name = entry.file_name().into_string().unwrap();
        if !REGISTRY_LAYOUT.contains(&name.as_str()) && !tests.contains(&format!("\"{name}\"")) {
            untested.push(name);
        }
    }
    assert!(
        untested.is_empty(),
        "add a test to tests/examples.rs that applies {}",
        untested.join(", ")
    );
}

/// Everything to validate: as many files as one configuration has, by where it stands.
fn configurations() -> BTreeMap<String, String> {
    let root = root();
    let identity = Feature::ImportByIdentity.is_there();
    let mut found = BTreeMap::new();
    let examples = snippets::files(&root, "examples", "tf");
    let mut folders: BTreeMap<&str, String> = BTreeMap::new();
    for Snippet { place, text } in &examples {
        let (folder, file) = place.rsplit_once('/').unwrap();
        if REGISTRY_LAYOUT
            .iter()
            .any(|layout| folder.starts_with(&format!("examples/{layout}")))
        {
            // Two import blocks for one object exclude each other, so each file is a configuration; the object is declared for it.
            let is_import = file.starts_with("import-by-");
            if identity || !(is_import && file.contains("identity")) {
                found.insert(place.clone(), text.clone());
            }
        } else {
            folders.entry(folder).or_default().push_str(text);
        }
    }
    found.extend(
        folders
            .into_iter()
            .map(|(folder, text)| (folder.to_owned(), text)),
    );
    for page in &pages(&root) {
        for snippet in snippets::fenced(&page.place, &page.text, Kind::Configuration) {
            // Generated pages repeat the example files.
            let is_repeated = examples
                .iter()
                .any(|example| example.text.trim_end() == snippet.text.trim_end());
            if !is_repeated {
                found.insert(snippet.place, snippet.text);
            }
        }
    }
    for place in ["README.md", "examples/complete", "examples/resources"] {
        let is_there = found.keys().any(|key| key.starts_with(place));
        assert!(is_there, "nothing of {place} was found");
    }
    found
}

/// Every text of the repository that people read as a page.
fn pages(root: &Path) -> Vec<Snippet> {
    let mut found = snippets::files(root, "docs", "md");
    found.extend(snippets::files(root, "templates", "md"));
    for entry in std::fs::read_dir(root).unwrap().flatten() {
        if entry.path().extension().is_some_and(|found| found == "md") {
            let place = entry.file_name().into_string().unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            found.push(Snippet { place, text });
        }
    }
    found
}

#[test]
fn every_block_that_people_read_is_of_a_kind_that_is_validated() {
    let mut count = 0;
    let mut unknown = Vec::new();
    for page in pages(&root()) {
        for block in snippets::blocks(&page.place, &page.text) {
            count += 1;
            if snippets::kind(&block.text).is_none() {
                unknown.push(block.place);
            }
        }
    }
    assert!(unknown.is_empty(), "nothing validates {unknown:?}");
    assert!(count > 50, "only {count} blocks were found");
}

#[test]
fn values_that_people_read_are_those_that_an_example_asks_for() {
    let root = root();
    let configurations = configurations();
    let mut count = 0;
    for page in pages(&root) {
        for values in snippets::fenced(&page.place, &page.text, Kind::Values) {
            count += 1;
            let given = snippets::assigned(&values.text).unwrap();
            let is_for = |(place, text): (&String, &String)| {
                let variables = place.starts_with("examples/").then(|| variables(text));
                variables.is_some_and(|(all, required)| {
                    required.is_subset(&given) && given.is_subset(&all)
                })
            };
            assert!(
                configurations.iter().any(is_for),
                "{} is for no example: {given:?}",
                values.place
            );
            let workspace = Workspace::new(Vec::new());
            workspace.write(&format!("locals {{\n{}}}\n", values.text));
            let validated = workspace.run(&["validate", "-no-color"]);
            assert!(
                validated.status.success(),
                "{}\n{}",
                values.place,
                validated.text
            );
        }
    }
    assert!(count > 0, "no values were found");
}

/// The variables that a configuration declares: all of them, and those without a default.
fn variables(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let mut all = BTreeSet::new();
    let mut required = BTreeSet::new();
    for block in text.split("variable \"").skip(1) {
        let (name, rest) = block.split_once('"').unwrap();
        let body = rest.split("\n}").next().unwrap_or_default();
        all.insert(name.to_owned());
        if !body.contains("default ") {
            required.insert(name.to_owned());
        }
    }
    (all, required)
}

#[test]
fn every_query_that_people_read_is_valid() {
    if !Feature::Query.is_there_or_skipped() {
        return;
    }
    let root = root();
    let mut found = snippets::files(&root, "examples/list-resources", "hcl");
    for page in pages(&root) {
        found.extend(snippets::fenced(&page.place, &page.text, Kind::Query));
    }
    assert!(found.len() > 6, "queries were found");
    let provider = KonnectAzure::new(|_| None);
    let workspace = Workspace::new(Vec::new());
    let validate = |text: &str| {
        let configuration = snippets::complete("", provider.registry());
        std::fs::write(workspace.folder().join("main.tf"), configuration).unwrap();
        std::fs::write(workspace.folder().join("main.tfquery.hcl"), text).unwrap();
        workspace.run(&["validate", "-query", "-no-color"])
    };
    for Snippet { place, text } in found {
        let validated = validate(&text);
        assert!(
            validated.status.success(),
            "{place}\n{}\n{text}",
            validated.text
        );
    }
    let mistake = "list \"konnectazure_vnet_peering\" \"all\" {\n  provider = konnectazure\n\n  config {\n    network = \"x\"\n  }\n}\n";
    assert!(!validate(mistake).status.success());
}

#[test]
fn every_configuration_that_people_read_is_valid() {
    let provider = KonnectAzure::new(|_| None);
    let queue: Mutex<Vec<(String, String)>> = Mutex::new(configurations().into_iter().collect());
    let invalid = Mutex::new(Vec::new());
    let work = || {
        let workspace = Workspace::new(Vec::new());
        let next = || queue.lock().unwrap().pop();
        while let Some((place, text)) = next() {
            let whole = snippets::complete(&text, provider.registry());
            std::fs::write(workspace.folder().join("main.tf"), &whole).unwrap();
            let validated = workspace.run(&["validate", "-no-color"]);
            if !validated.status.success() {
                invalid
                    .lock()
                    .unwrap()
                    .push(format!("{place}\n{}\n{whole}", validated.text));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(work);
        }
    });
    let invalid = invalid.into_inner().unwrap();
    assert!(invalid.is_empty(), "{}", invalid.join("\n\n"));
}

#[test]
fn every_configuration_that_people_read_is_in_the_canonical_format() {
    let workspace = Workspace::new(Vec::new());
    let mut places = BTreeMap::new();
    for (number, (place, text)) in configurations().into_iter().enumerate() {
        let file = format!("{number}.tf");
        std::fs::write(workspace.folder().join(&file), text).unwrap();
        places.insert(file, place);
    }
    let output = workspace
        .command(&["fmt", "-check", "-no-color"])
        .output()
        .unwrap();
    let listed = String::from_utf8(output.stdout).unwrap();
    let unformatted: Vec<&String> = listed.lines().filter_map(|file| places.get(file)).collect();
    assert!(
        unformatted.is_empty(),
        "run `terraform fmt`: {unformatted:?}"
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

#[test]
fn a_mistake_in_a_snippet_is_found_and_what_it_leaves_out_is_not_one() {
    let provider = KonnectAzure::new(|_| None);
    let workspace = Workspace::new(Vec::new());
    let validate = |text: &str| {
        assert_eq!(snippets::kind(text), Some(Kind::Configuration));
        let whole = snippets::complete(text, provider.registry());
        std::fs::write(workspace.folder().join("main.tf"), whole).unwrap();
        workspace.run(&["validate", "-no-color"]).status.success()
    };
    let peering = |line: &str| {
        format!(
            "resource \"konnectazure_vnet_peering\" \"this\" {{\n  name = \"${{var.prefix}}-${{local.stage}}\"\n  \
             network_id = data.konnectazure_network.gateways.id\n  {line}\n}}\n"
        )
    };
    assert!(validate(&peering(
        "vnet_id = konnectazure_role_assignment.kong.scope"
    )));
    assert!(!validate(&peering("vnet_id = \"vnet-orders\"")));
    assert!(!validate(&peering(
        "vnet = konnectazure_role_assignment.kong.scope"
    )));
    assert!(!validate(&peering(
        "vnet_id = konnectazure_role_assignment.kong.range"
    )));
    assert!(!validate(&peering(
        "vnet_id = konnectazure_role_assignments.kong.scope"
    )));
}

#[test]
fn a_block_is_of_the_kind_of_its_file() {
    let page = "```hcl\nresource \"a\" \"b\" {}\n```\n```hcl\n# why\nname = 1\n```\n```sh\nimport\n```\n  ```terraform\nlist \"a\" \"b\" {\n}\n  ```\n\
                ```hcl\nrange(3)\n```\n```hcl\na = 1\nb {\n}\n```\n";
    let found: Vec<(String, Option<Kind>)> = snippets::blocks("page.md", page)
        .into_iter()
        .map(|block| (block.place, snippets::kind(&block.text)))
        .collect();
    let expected = [
        ("page.md:1", Some(Kind::Configuration)),
        ("page.md:4", Some(Kind::Values)),
        ("page.md:11", Some(Kind::Query)),
        ("page.md:15", None),
        ("page.md:18", None),
    ]
    .map(|(place, kind)| (place.to_owned(), kind));
    assert_eq!(found, expected);
}
