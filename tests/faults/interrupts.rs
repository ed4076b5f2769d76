//! Ctrl-C under real Terraform in the wait of everything that waits. The local cloud's clock stands meanwhile, so that no wait ends by itself.

use std::fmt::Write as _;

use serde_json::{Value as Json, json};

use crate::matrix::in_parallel;
use crate::subjects::{SUBJECTS, Subject};
use crate::support::patience::eventually;
use crate::support::simulator::{Seed, Simulator};
use crate::support::terraform::Workspace;

/// What Terraform is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum During {
    Create,
    Update,
    Destroy,
}

/// A wait: what was written, and what is asked again and again then.
struct Wait {
    subject: &'static str,
    during: During,
    service: &'static str,
    write: &'static str,
    look: &'static str,
    /// Of what both ask.
    path: &'static str,
    /// What makes it wait, where the clock alone does not.
    settings: fn() -> Json,
}

const fn konnect(subject: &'static str, during: During, path: &'static str) -> Wait {
    let write = match during {
        During::Create => "POST",
        During::Update => "PATCH",
        During::Destroy => "DELETE",
    };
    Wait {
        subject,
        during,
        service: "konnect",
        write,
        look: "GET",
        path,
        settings: || json!({}),
    }
}

const GATEWAYS: &str = "/transit-gateways";
const PRIVATE_DNS: &str = "/private-dns";
const ASSIGNMENTS: &str = "/roleAssignments";

/// Longer than any test, in seconds of the local cloud's clock at a stand.
const LONG: u32 = 600;

const WAITS: [Wait; 15] = [
    konnect("vnet_peering", During::Create, GATEWAYS),
    konnect("vnet_peering", During::Destroy, GATEWAYS),
    konnect("virtual_hub_peering", During::Create, GATEWAYS),
    konnect("virtual_hub_peering", During::Destroy, GATEWAYS),
    konnect("private_hosted_zone", During::Create, PRIVATE_DNS),
    konnect("private_hosted_zone", During::Destroy, PRIVATE_DNS),
    konnect("dns_mappings", During::Create, PRIVATE_DNS),
    konnect("dns_mappings", During::Update, PRIVATE_DNS),
    konnect("dns_mappings", During::Destroy, PRIVATE_DNS),
    Wait {
        subject: "service_principal",
        during: During::Create,
        service: "graph",
        write: "POST",
        look: "GET",
        path: "/servicePrincipals",
        settings: || json!({ "lag": { "service_principal": LONG } }),
    },
    Wait {
        subject: "peering_role",
        during: During::Create,
        service: "arm",
        write: "PUT",
        look: "GET",
        path: "/roleDefinitions/",
        settings: || json!({ "lag": { "role_definition": LONG } }),
    },
    Wait {
        subject: "peering_role",
        during: During::Update,
        service: "arm",
        write: "PUT",
        look: "GET",
        path: "/roleDefinitions/",
        settings: || json!({ "lag": { "role_definition_update": LONG } }),
    },
    Wait {
        subject: "peering_role",
        during: During::Destroy,
        service: "arm",
        write: "DELETE",
        look: "GET",
        path: "/roleDefinitions/",
        settings: || json!({ "lag": { "role_definition_deletion": LONG } }),
    },
    Wait {
        subject: "role_assignment",
        during: During::Create,
        service: "arm",
        write: "PUT",
        look: "GET",
        path: ASSIGNMENTS,
        settings: || json!({ "lag": { "role_assignment": LONG } }),
    },
    // The principal is not known yet: the assignment itself is asked for again and again.
    Wait {
        subject: "role_assignment",
        during: During::Create,
        service: "arm",
        write: "PUT",
        look: "PUT",
        path: ASSIGNMENTS,
        settings: || {
            json!({ "lag": { "service_principal_in_resource_manager": LONG },
                    "azure": { "strict_principal_check": true } })
        },
    },
];

impl Wait {
    fn subject(&self) -> &'static Subject {
        let found = SUBJECTS.iter().find(|subject| subject.name == self.subject);
        found.expect("the subject")
    }

    fn address(&self) -> String {
        format!("{}.this", self.subject().type_name)
    }

    fn name(&self) -> String {
        format!(
            "{} {:?}, {} {}",
            self.subject, self.during, self.look, self.path
        )
    }

    /// How often was looked since it was written.
    fn looks(&self, cloud: &Simulator) -> usize {
        let requests = cloud.requests();
        let is = |request: &&Json, method: &str| {
            request["service"] == self.service
                && request["method"] == method
                && request["path"]
                    .as_str()
                    .is_some_and(|path| path.contains(self.path))
        };
        let written = requests.iter().position(|request| is(&request, self.write));
        written.map_or(0, |place| {
            requests[place + 1..]
                .iter()
                .filter(|request| is(request, self.look))
                .count()
        })
    }
}

/// A resource as Terraform reads it; JSON's values are those of its language, too.
pub(crate) fn resource(type_name: &str, attributes: &Json) -> String {
    let mut text = format!("resource \"{type_name}\" \"this\" {{\n");
    for (name, value) in attributes.as_object().unwrap() {
        writeln!(text, "  {name} = {value}").unwrap();
    }
    text + "}\n"
}

/// The ids of what there is and not on its way out.
fn standing(cloud: &Simulator, kind: &str) -> Vec<String> {
    let objects = cloud.objects(kind).into_iter().filter(|object| {
        let state = object["state"].as_str().unwrap_or_default();
        !state.starts_with("terminat") && object["deleted"].is_null()
    });
    let id = |object: Json| object["id"].as_str().unwrap().to_owned();
    objects.map(id).collect()
}

fn interrupt(wait: &Wait) -> Result<(), String> {
    let subject = wait.subject();
    let cloud = Simulator::manual(Seed::Demo);
    cloud.settings((wait.settings)());
    (subject.prepare)(&cloud);
    let (leftovers, before) = (cloud.leftovers(), standing(&cloud, subject.kind));
    let workspace = Workspace::new(cloud.env());
    let address = wait.address();
    let write = |config: fn(&Simulator) -> Json| {
        workspace.write(&resource(subject.type_name, &config(&cloud)));
    };
    let passes = || cloud.run_clock(50_000.0);
    write(subject.config);
    if wait.during != During::Create {
        passes();
        workspace.apply().expect_success("the first apply");
        cloud.stop_clock();
        cloud.clear_requests();
    }
    if let Some(changed) = subject.changed.filter(|_| wait.during == During::Update) {
        write(changed);
    }

    let command = if wait.during == During::Destroy {
        "destroy"
    } else {
        "apply"
    };
    let running = workspace.start(&[command, "-auto-approve", "-no-color"]);
    eventually(&format!("a wait: {}", wait.name()), || {
        wait.looks(&cloud) > 1
    });
    running.signal("INT");
    // That it ends at all is what counts: nothing else could end the wait.
    let said = running.finish().text;
    if said.contains("panic") || said.contains("failed to respond") {
        return Err(said);
    }

    let mut made = standing(&cloud, subject.kind);
    made.retain(|id| !before.contains(id));
    let state = workspace.state();
    let held = state
        .get(&address)
        .map(|object| object["id"].as_str().unwrap());
    match (made.as_slice(), held) {
        ([], None) => {}
        ([made], Some(held)) if held.ends_with(made.as_str()) => {}
        // On its way out, and still in the state: the next command sees to it.
        ([], Some(_)) if wait.during == During::Destroy => {}
        _ => return Err(format!("there is {made:?}, the state has {held:?}\n{said}")),
    }

    passes();
    if wait.during == During::Destroy {
        workspace.destroy().expect_success("the next destroy");
    } else {
        workspace.apply().expect_success("the next apply");
        workspace.assert_settled();
        let now = standing(&cloud, subject.kind).len();
        if now != before.len() + 1 {
            return Err(format!("{now} instead of {} objects", before.len() + 1));
        }
        workspace.destroy().expect_success("destroy");
    }
    match cloud.leftovers() {
        left if left == leftovers => Ok(()),
        left => Err(format!("left behind: {left:?}")),
    }
}

#[test]
fn ctrl_c_in_any_wait_ends_it_and_the_next_command_goes_on() {
    let waits: Vec<&Wait> = WAITS.iter().collect();
    let results = in_parallel(&waits, |wait| {
        let run = std::panic::catch_unwind(|| interrupt(wait));
        let run = run.unwrap_or_else(|panic| Err(crate::matrix::told(panic.as_ref())));
        run.map_err(|reason| format!("{}\n    {reason}", wait.name()))
    });
    let broken: Vec<String> = results.into_iter().filter_map(Result::err).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn ctrl_c_while_nobody_gives_consent_ends_the_wait_of_the_data_source() {
    let cloud = Simulator::manual(Seed::Demo);
    let workspace = Workspace::new(cloud.env());
    workspace.write(
        "data \"konnectazure_service_principal\" \"kong\" {\n  wait_for_consent = \"1h\"\n}\n",
    );
    // A plan of its own: to the plan that an apply makes, Terraform passes no interrupt on.
    let running = workspace.start(&["plan", "-no-color"]);
    eventually("a wait for consent", || {
        let looks = cloud.requests_matching("graph", "GET", "servicePrincipals");
        looks.len() > 2
    });
    running.signal("INT");
    let said = running.finish().expect_failure("an interrupted plan");
    assert!(said.contains("Interrupted"), "{said}");
    cloud.consent();
    workspace.apply().expect_success("apply after the consent");
    workspace.assert_settled();
}
