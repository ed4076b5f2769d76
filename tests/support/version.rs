//! What the program under test can do, for tests of what only newer ones can.

use std::io::Write as _;
use std::sync::OnceLock;

use super::terraform::{Workspace, program};

/// Something that not every supported program can do, with the version of Terraform since which it can. Of `OpenTofu` it is not asked.
#[derive(Clone, Copy, Debug)]
pub enum Feature {
    /// `identity` in import blocks.
    ImportByIdentity,
    /// `terraform query`, and configuration that the provider writes.
    Query,
}

impl Feature {
    const fn since(self) -> u32 {
        match self {
            Self::ImportByIdentity => 12,
            Self::Query => 14,
        }
    }

    /// Whether the program under test can do it.
    pub fn is_there(self) -> bool {
        minor_of_terraform().is_some_and(|minor| minor >= self.since())
    }

    /// The same, for a test that is about nothing else: says that it is skipped where the program cannot.
    pub fn is_there_or_skipped(self) -> bool {
        let is_there = self.is_there();
        if !is_there {
            // Past the capture of the test's output: who runs the tests is to see it.
            writeln!(
                std::io::stderr(),
                "skipped: {self:?} needs Terraform 1.{} or later, and {} is {}",
                self.since(),
                program().display(),
                version().lines().next().unwrap_or("unknown"),
            )
            .ok();
        }
        is_there
    }
}

/// What the program says it is.
fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| {
        Workspace::new(Vec::new())
            .run(&["version"])
            .expect_success("version")
    })
}

/// The 11 of Terraform 1.11.4; `None` for other programs.
fn minor_of_terraform() -> Option<u32> {
    let rest = version().strip_prefix("Terraform v1.")?;
    rest.split('.').next()?.parse().ok()
}
