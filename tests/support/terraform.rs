//! Runs the built provider under the real `terraform` (or `tofu`), one working directory a test.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::OnceLock;

use serde_json::Value as Json;
use tempfile::TempDir;

/// Names the program to test with, where it is not the `terraform` or `tofu` on the `PATH`.
const PROGRAM_VARIABLE: &str = "KONNECTAZURE_TEST_TERRAFORM";

/// The provider's source address in test configurations.
pub const SOURCE: &str = "konnect-azure/konnectazure";

/// Variables of the caller's environment that would change what a test does.
const FOREIGN_PREFIXES: [&str; 6] = [
    "TF_",
    "ARM_",
    "AZURE_",
    "KONNECT",
    "TFC_",
    "ACTIONS_ID_TOKEN",
];

/// The program under which the tests run.
///
/// # Panics
/// In one line, if there is none.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        if let Some(named) = std::env::var_os(PROGRAM_VARIABLE) {
            return named.into();
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        ["terraform", "tofu"]
            .into_iter()
            .flat_map(|name| std::env::split_paths(&path).map(move |folder| folder.join(name)))
            .find(|candidate| candidate.is_file())
            .unwrap_or_else(|| {
                panic!(
                    "terraform is missing: install Terraform (https://developer.hashicorp.com/terraform/install) or OpenTofu \
                     (https://opentofu.org/docs/intro/install), or name it in {PROGRAM_VARIABLE}"
                )
            })
    })
}

/// What a command of the program printed, and how it ended.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// Standard output and standard error, in this order.
    pub text: String,
}

impl Finished {
    /// The output, of a command that has to have succeeded.
    #[track_caller]
    pub fn expect_success(self, what: &str) -> String {
        assert!(self.status.success(), "{what} failed:\n{}", self.text);
        self.text
    }

    /// The output with its box drawing and line breaks folded away, of a command that has to have failed.
    #[track_caller]
    pub fn expect_failure(self, what: &str) -> String {
        assert!(
            !self.status.success(),
            "{what} should have failed:\n{}",
            self.text
        );
        folded(&self.text)
    }
}

/// Text as one line of words, so that an expected sentence is found wherever the program broke its lines.
pub fn folded(text: &str) -> String {
    text.split(|character: char| character.is_whitespace() || "│╷╵".contains(character))
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

/// A working directory with a provider of ours and an environment of its own.
pub struct Workspace {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

impl Workspace {
    /// An empty working directory; `environment` is what the provider is configured by.
    pub fn new(environment: Vec<(String, String)>) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let binary = Path::new(env!("CARGO_BIN_EXE_terraform-provider-konnectazure"));
        let binaries = binary.parent().expect("the folder of the binary").display();
        let settings = format!(
            "provider_installation {{\n  dev_overrides {{\n    \"{SOURCE}\" = \"{binaries}\"\n  }}\n  direct {{}}\n}}\n"
        );
        std::fs::write(folder.path().join("cli.tfrc"), settings)
            .expect("the command line's settings");
        Self {
            folder,
            environment,
        }
    }

    /// The working directory.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Adds a variable, or replaces it.
    pub fn set(&mut self, name: &str, value: &str) {
        self.unset(name);
        self.environment.push((name.to_owned(), value.to_owned()));
    }

    /// Takes a variable away.
    pub fn unset(&mut self, name: &str) {
        self.environment.retain(|(known, _)| known != name);
    }

    /// Makes `configuration` the whole configuration; the `terraform` block is added.
    pub fn write(&self, configuration: &str) {
        let whole = format!(
            "terraform {{\n  required_providers {{\n    konnectazure = {{\n      source = \"{SOURCE}\"\n    }}\n  }}\n}}\n\n{configuration}\n"
        );
        std::fs::write(self.folder().join("main.tf"), whole).expect("the configuration");
    }

    /// Copies the `.tf` files of an example of the repository as the whole configuration.
    pub fn copy_example(&self, example: &str) {
        let source = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("examples")
            .join(example);
        for entry in std::fs::read_dir(&source)
            .expect("the example's folder")
            .flatten()
        {
            if entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "tf")
            {
                std::fs::copy(entry.path(), self.folder().join(entry.file_name())).expect("a copy");
            }
        }
    }

    /// A command of the program, not yet started.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        for (name, _) in std::env::vars_os() {
            if FOREIGN_PREFIXES
                .iter()
                .any(|prefix| name.to_string_lossy().starts_with(prefix))
            {
                command.env_remove(&name);
            }
        }
        command
            .args(arguments)
            .current_dir(self.folder())
            .env("TF_CLI_CONFIG_FILE", self.folder().join("cli.tfrc"))
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("CHECKPOINT_DISABLE", "1")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs a command of the program to its end.
    pub fn run(&self, arguments: &[&str]) -> Finished {
        let output = self
            .command(arguments)
            .output()
            .expect("the program starts");
        let text = format!(
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        Finished {
            status: output.status,
            text,
        }
    }

    /// Starts a command of the program and gives it back running.
    pub fn start(&self, arguments: &[&str]) -> Running {
        let child = self
            .command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        Running { child }
    }

    /// Applies the configuration.
    pub fn apply(&self) -> Finished {
        self.run(&["apply", "-auto-approve", "-no-color"])
    }

    /// Destroys everything in the state.
    pub fn destroy(&self) -> Finished {
        self.run(&["destroy", "-auto-approve", "-no-color"])
    }

    /// Plans; `None` with the text if planning failed.
    pub fn try_plan(&self, more: &[&str]) -> Result<Plan, Finished> {
        let file = self.folder().join("plan.bin");
        let file = file.to_str().expect("a path in UTF-8");
        let out = format!("-out={file}");
        let planned = self.run(&[&["plan", "-no-color", &out], more].concat());
        if !planned.status.success() {
            return Err(planned);
        }
        let json = self
            .run(&["show", "-json", "-no-color", file])
            .expect_success("show of the plan");
        let line = json
            .lines()
            .find(|line| line.starts_with('{'))
            .expect("the plan's JSON");
        Ok(Plan {
            json: serde_json::from_str(line).expect("JSON"),
            text: planned.text,
        })
    }

    /// Plans, which has to succeed.
    #[track_caller]
    pub fn plan(&self) -> Plan {
        self.try_plan(&[])
            .unwrap_or_else(|failed| panic!("plan failed:\n{}", failed.text))
    }

    /// Asserts that neither a plan with nor one without refresh would do anything.
    #[track_caller]
    pub fn assert_settled(&self) {
        for more in [
            &["-detailed-exitcode"][..],
            &["-detailed-exitcode", "-refresh=false"],
        ] {
            let planned = self.run(&[&["plan", "-no-color"], more].concat());
            assert_eq!(
                planned.status.code(),
                Some(0),
                "a plan that should be empty ({more:?}):\n{}",
                planned.text
            );
        }
    }

    /// The state: each resource's and data source's attributes by address.
    pub fn state(&self) -> BTreeMap<String, Json> {
        let json = self
            .run(&["show", "-json", "-no-color"])
            .expect_success("show of the state");
        let line = json
            .lines()
            .find(|line| line.starts_with('{'))
            .expect("the state's JSON");
        let whole: Json = serde_json::from_str(line).expect("JSON");
        let resources = whole["values"]["root_module"]["resources"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        resources
            .into_iter()
            .map(|resource| {
                (
                    resource["address"].as_str().unwrap_or_default().to_owned(),
                    resource["values"].clone(),
                )
            })
            .collect()
    }

    /// The output values by name.
    pub fn outputs(&self) -> Json {
        let json = self
            .run(&["output", "-json", "-no-color"])
            .expect_success("output");
        let start = json.find('{').expect("JSON");
        let end = json.rfind('}').expect("JSON");
        let object = json.get(start..=end).expect("JSON");
        serde_json::from_str(object).expect("JSON")
    }
}

/// A plan, as `terraform show -json` tells it.
pub struct Plan {
    json: Json,
    /// What the plan printed.
    pub text: String,
}

impl Plan {
    /// The planned actions by address, those that do nothing and reads left out: `create`, `update`, `delete`, `replace`.
    pub fn actions(&self) -> BTreeMap<String, String> {
        let changes = self.json["resource_changes"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        changes
            .iter()
            .filter_map(|change| {
                let actions: Vec<&str> = change["change"]["actions"]
                    .as_array()?
                    .iter()
                    .filter_map(Json::as_str)
                    .collect();
                let action = match actions.as_slice() {
                    ["no-op" | "read"] => return None,
                    [single] => (*single).to_owned(),
                    _ => "replace".to_owned(),
                };
                Some((change["address"].as_str()?.to_owned(), action))
            })
            .collect()
    }

    /// The planned change of one resource: `before`, `after`, `after_unknown`, `replace_paths`, `importing`.
    pub fn change(&self, address: &str) -> Json {
        let changes = self.json["resource_changes"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        changes
            .into_iter()
            .find(|change| change["address"] == address)
            .map_or(Json::Null, |change| change["change"].clone())
    }
}

/// A command that is still running; dropped, it is killed.
pub struct Running {
    child: Child,
}

impl Running {
    /// The process id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, such as `INT`.
    pub fn signal(&self, name: &str) {
        signal(self.id(), name);
    }

    /// Sends a signal to the plugin that the command has started.
    #[cfg(target_os = "linux")]
    pub fn signal_plugin(&self, name: &str) {
        signal(self.plugin().expect("the plugin's process"), name);
    }

    /// The plugin's process: a child of one of the command's threads, or of a program that the command runs in turn.
    #[cfg(target_os = "linux")]
    fn plugin(&self) -> Option<u32> {
        let mut unseen = vec![self.id()];
        while let Some(id) = unseen.pop() {
            let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            if id != self.id() && "terraform-provider-konnectazure".starts_with(name.trim()) {
                return Some(id);
            }
            let threads = std::fs::read_dir(format!("/proc/{id}/task"));
            for thread in threads.into_iter().flatten().flatten() {
                let children = std::fs::read_to_string(thread.path().join("children"));
                let children = children.unwrap_or_default();
                unseen.extend(
                    children
                        .split_whitespace()
                        .filter_map(|id| id.parse::<u32>().ok()),
                );
            }
        }
        None
    }

    /// Waits until the command has ended.
    pub fn finish(mut self) -> Finished {
        let (mut stdout, mut stderr) = (
            self.child.stdout.take().expect("piped"),
            self.child.stderr.take().expect("piped"),
        );
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).map(|_| text)
        });
        let mut text = String::new();
        stdout.read_to_string(&mut text).expect("standard output");
        text.push_str(&errors.join().expect("the reader").expect("standard error"));
        let status = self.child.wait().expect("the program's end");
        Finished { status, text }
    }
}

fn signal(process: u32, name: &str) {
    let sent = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(process.to_string())
        .status()
        .expect("kill");
    assert!(sent.success(), "signal {name} was not sent");
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail only if the program has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A look at the state after an apply.
type Check<'s> = Box<dyn Fn(&BTreeMap<String, Json>) + 's>;

/// One step of a [`Case`].
pub enum Step<'s> {
    /// Plans and applies a configuration; afterwards two plans must be empty.
    Apply {
        /// The configuration.
        configuration: String,
        /// The planned actions by address.
        actions: Vec<(&'s str, &'s str)>,
        /// Looks at the state after the apply.
        check: Check<'s>,
    },
    /// Plans a configuration, which must fail and say all of this. It stays for what follows, the destruction at the end included.
    PlanFails(String, Vec<&'s str>),
    /// Applies a configuration, which must fail and say all of this. It stays for what follows, as above.
    ApplyFails(String, Vec<&'s str>),
    /// Forgets an address and imports it again by id; afterwards two plans must be empty.
    Reimport(&'s str, Box<dyn Fn(&Json) -> String + 's>),
    /// Does something behind the provider's back, or looks at what the services saw.
    Outside(Box<dyn FnOnce(&Workspace) + 's>),
}

/// Declared steps, run in order in one workspace; everything is destroyed at the end.
pub struct Case<'s> {
    workspace: Workspace,
    steps: Vec<Step<'s>>,
}

impl<'s> Case<'s> {
    /// A case without steps.
    pub fn new(environment: Vec<(String, String)>) -> Self {
        Self {
            workspace: Workspace::new(environment),
            steps: Vec::new(),
        }
    }

    /// Adds [`Step::Apply`].
    pub fn apply(
        self,
        configuration: impl Into<String>,
        actions: &[(&'s str, &'s str)],
        check: impl Fn(&BTreeMap<String, Json>) + 's,
    ) -> Self {
        self.step(Step::Apply {
            configuration: configuration.into(),
            actions: actions.to_vec(),
            check: Box::new(check),
        })
    }

    /// Adds [`Step::PlanFails`].
    pub fn plan_fails(self, configuration: impl Into<String>, says: &[&'s str]) -> Self {
        self.step(Step::PlanFails(configuration.into(), says.to_vec()))
    }

    /// Adds [`Step::ApplyFails`].
    pub fn apply_fails(self, configuration: impl Into<String>, says: &[&'s str]) -> Self {
        self.step(Step::ApplyFails(configuration.into(), says.to_vec()))
    }

    /// Adds [`Step::Reimport`]; `id` makes the import id out of the object's attributes.
    pub fn reimport(self, address: &'s str, id: impl Fn(&Json) -> String + 's) -> Self {
        self.step(Step::Reimport(address, Box::new(id)))
    }

    /// Adds [`Step::Outside`].
    pub fn outside(self, act: impl FnOnce(&Workspace) + 's) -> Self {
        self.step(Step::Outside(Box::new(act)))
    }

    /// Adds a step.
    pub fn step(mut self, step: Step<'s>) -> Self {
        self.steps.push(step);
        self
    }

    /// Runs the steps, then destroys what there is.
    #[track_caller]
    pub fn run(self) {
        let workspace = self.workspace;
        for (position, step) in self.steps.into_iter().enumerate() {
            let number = position + 1;
            match step {
                Step::Apply {
                    configuration,
                    actions,
                    check,
                } => {
                    workspace.write(&configuration);
                    let expected: BTreeMap<String, String> = actions
                        .into_iter()
                        .map(|(address, action)| (address.to_owned(), action.to_owned()))
                        .collect();
                    let plan = workspace.plan();
                    assert_eq!(
                        plan.actions(),
                        expected,
                        "step {number}: planned actions\n{}",
                        plan.text
                    );
                    workspace
                        .apply()
                        .expect_success(&format!("step {number}: apply"));
                    check(&workspace.state());
                    workspace.assert_settled();
                }
                Step::PlanFails(configuration, says) => {
                    workspace.write(&configuration);
                    let said = match workspace.try_plan(&[]) {
                        Ok(plan) => {
                            panic!("step {number}: plan should have failed:\n{}", plan.text)
                        }
                        Err(failed) => folded(&failed.text),
                    };
                    assert_says(number, &said, &says);
                }
                Step::ApplyFails(configuration, says) => {
                    workspace.write(&configuration);
                    let said = workspace
                        .apply()
                        .expect_failure(&format!("step {number}: apply"));
                    assert_says(number, &said, &says);
                }
                Step::Reimport(address, id) => {
                    let state = workspace.state();
                    let id = id(state
                        .get(address)
                        .unwrap_or_else(|| panic!("step {number}: {address} is not in the state")));
                    workspace
                        .run(&["state", "rm", address])
                        .expect_success("state rm");
                    workspace
                        .run(&["import", "-no-color", address, &id])
                        .expect_success(&format!("step {number}: import of {id}"));
                    workspace.assert_settled();
                }
                Step::Outside(act) => act(&workspace),
            }
        }
        workspace.destroy().expect_success("destroy");
    }
}

#[track_caller]
fn assert_says(number: usize, said: &str, expected: &[&str]) {
    let mut missing = String::new();
    for sentence in expected
        .iter()
        .filter(|sentence| !said.contains(**sentence))
    {
        writeln!(missing, "  {sentence}").expect("a string takes any text");
    }
    assert!(
        missing.is_empty(),
        "step {number}: not said:\n{missing}in:\n{said}"
    );
}
