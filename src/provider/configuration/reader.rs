//! Reads one setting after the other, from the block or the environment, and keeps what cannot be used.

use std::path::Path as File;
use std::time::Duration;

use tokio::time::timeout;

use super::super::environment::Variables;
use crate::azure::ids::{Guid, ParseIdError};
use crate::http::scope::in_words;
use crate::http::secret::Secret;
use crate::http::{file, redact};
use crate::tf::attr::Attr;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};
use crate::tf::duration;
use crate::tf::path::Path;

/// How long a file may take. One on a network's share that hangs, or a pipe that nobody writes to, never comes to its end.
pub(super) const FILE_TIMEOUT: Duration = Duration::from_secs(30);

/// A setting: its attribute, what the block says, and the variables that stand in for it.
pub(super) struct Setting<'a, T> {
    pub(super) name: &'static str,
    pub(super) configured: &'a Attr<T>,
    pub(super) variables: &'static [&'static str],
}

/// The setting of a model's field, whose attribute has the field's name.
macro_rules! setting {
    ($model:ident.$name:ident, $variables:expr) => {
        Setting {
            name: stringify!($name),
            configured: &$model.$name,
            variables: $variables,
        }
    };
}

pub(super) use setting;

/// A setting that is a text, secret or not.
pub(super) trait Text {
    fn text(&self) -> &str;
}

impl Text for String {
    fn text(&self) -> &str {
        self
    }
}

impl Text for Secret {
    fn text(&self) -> &str {
        self.expose()
    }
}

/// A setting's value and where it came from: the attribute's or the variable's name.
pub(super) struct Found {
    pub(super) value: String,
    pub(super) source: &'static str,
    /// It stands in the block.
    pub(super) is_configured: bool,
}

/// Of two settings that say the same, the one in the block beats the one in the environment.
fn outrank(direct: Option<Found>, file: Option<Found>) -> (Option<Found>, Option<Found>) {
    let is_configured =
        |found: &Option<Found>| found.as_ref().is_some_and(|found| found.is_configured);
    match (is_configured(&direct), is_configured(&file)) {
        (true, false) => (direct, None),
        (false, true) => (None, file),
        _ => (direct, file),
    }
}

pub(super) struct Reader<'e> {
    environment: Variables<'e>,
    pub(super) diagnostics: Diagnostics,
}

impl<'e> Reader<'e> {
    pub(super) const fn new(environment: Variables<'e>) -> Self {
        Self {
            environment,
            diagnostics: Diagnostics::new(),
        }
    }

    pub(super) fn variable(&self, names: &[&'static str]) -> Option<Found> {
        names.iter().find_map(|name| {
            let value = (self.environment)(name)?;
            (!value.trim().is_empty()).then_some(Found {
                value,
                source: name,
                is_configured: false,
            })
        })
    }

    pub(super) fn text<T: Text>(&self, setting: &Setting<'_, T>) -> Option<Found> {
        match setting.configured {
            Attr::Known(value) if !value.text().trim().is_empty() => Some(Found {
                value: value.text().to_owned(),
                source: setting.name,
                is_configured: true,
            }),
            Attr::Unknown => None,
            // A variable without a value is often passed on as an empty text.
            Attr::Known(_) | Attr::Null => self.variable(setting.variables),
        }
    }

    /// The same without its source.
    pub(super) fn value<T: Text>(&self, setting: &Setting<'_, T>) -> Option<String> {
        self.text(setting).map(|found| found.value)
    }

    pub(super) fn secret(&self, setting: &Setting<'_, Secret>) -> Option<Secret> {
        self.value(setting).map(confidential)
    }

    fn refuse(&mut self, attribute: &'static str, source: &'static str, problem: &str) {
        let origin = if attribute == source {
            String::new()
        } else {
            format!(" (from the environment variable {source})")
        };
        self.diagnostics.push(
            Diagnostic::error(
                format!("Invalid {attribute}"),
                format!("The value of {attribute}{origin} cannot be used: {problem}."),
            )
            .at(Path::attribute(attribute)),
        );
    }

    pub(super) fn parsed<T>(
        &mut self,
        attribute: &'static str,
        found: Option<Found>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let found = found?;
        match parse(&found.value) {
            Ok(value) => Some(value),
            Err(problem) => {
                self.refuse(attribute, found.source, &problem);
                None
            }
        }
    }

    pub(super) fn guid(&mut self, setting: &Setting<'_, String>) -> Option<Guid> {
        let found = self.text(setting);
        self.parsed(setting.name, found, |text| {
            text.trim()
                .parse()
                .map_err(|refusal: ParseIdError| refusal.to_string())
        })
    }

    pub(super) fn duration(&mut self, setting: &Setting<'_, String>) -> Option<Duration> {
        let found = self.text(setting);
        self.parsed(setting.name, found, |text| {
            duration::parse_positive(text).map_err(|refusal| refusal.to_string())
        })
    }

    pub(super) fn switch(&mut self, setting: &Setting<'_, bool>, default: bool) -> bool {
        let found = match setting.configured {
            Attr::Known(value) => return *value,
            Attr::Unknown => None,
            Attr::Null => self.variable(setting.variables),
        };
        self.parsed(setting.name, found, |text| {
            match text.trim().to_ascii_lowercase().as_str() {
                "true" | "1" | "t" => Ok(true),
                "false" | "0" | "f" => Ok(false),
                _ => Err(format!("{text:?} is neither true nor false")),
            }
        })
        .unwrap_or(default)
    }

    /// A value and the file that may hold it instead, of the higher rank that one of them has.
    pub(super) fn text_and_file<T: Text>(
        &self,
        direct: &Setting<'_, T>,
        file: &Setting<'_, String>,
    ) -> (Option<Found>, Option<Found>) {
        outrank(self.text(direct), self.text(file))
    }

    /// A value that may also stand in a file, which is read; both may be given side by side if they agree. While one of the two is unknown,
    /// nothing else is looked at: it may be what counts, and what the environment says instead may be out of date.
    pub(super) async fn text_or_content<T: Text>(
        &mut self,
        direct: &Setting<'_, T>,
        file: &Setting<'_, String>,
    ) -> Option<String> {
        if direct.configured.is_unknown() || file.configured.is_unknown() {
            return None;
        }
        let (found, filed) = self.text_and_file(direct, file);
        let found = found.map(|found| found.value);
        let filed = match filed {
            Some(path) => {
                let content = content(&path.value).await;
                self.parsed(file.name, Some(path), |_| content)
            }
            None => None,
        };
        if found.is_some() && filed.is_some() && found != filed {
            let problem = format!(
                "the file's content differs from {}; give only one of the two",
                direct.name
            );
            self.refuse(file.name, file.name, &problem);
        }
        found.or(filed)
    }
}

/// A secret that is masked wherever a service or a tool echoes it.
pub(super) fn confidential(text: String) -> Secret {
    let secret = Secret::new(text);
    redact::remember(&secret, redact::Origin::Configured);
    secret
}

/// What a file says, without the line's end and spaces around it.
async fn content(path: &str) -> Result<String, String> {
    let reading = file::aside(File::new(path), file::read_text);
    let problem = match timeout(FILE_TIMEOUT, reading).await {
        Ok(Ok(content)) => return Ok(content.trim().to_owned()),
        Ok(Err(refusal)) => refusal.to_string(),
        Err(_) => format!(
            "it did not come to its end within {}",
            in_words(FILE_TIMEOUT)
        ),
    };
    Err(format!("the file {path} cannot be read: {problem}"))
}
