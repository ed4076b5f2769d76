//! Diagnostics and paths, outwards.

use super::generated::{self, AttributePath, attribute_path, diagnostic};
use crate::tf::diagnostics::{Diagnostic, Diagnostics, Severity};
use crate::tf::path::{Path, Step};

/// An answer that can hold errors.
pub(super) trait Answer: Send + 'static {
    /// Adds diagnostics.
    fn add(&mut self, diagnostics: Diagnostics);

    /// Whether one of them is an error.
    fn has_errors(&self) -> bool;
}

macro_rules! answers {
    ($($message:ident),* $(,)?) => {
        $(impl Answer for generated::$message::Response {
            fn add(&mut self, diagnostics: Diagnostics) {
                self.diagnostics.extend(encode(diagnostics));
            }

            fn has_errors(&self) -> bool {
                self.diagnostics.iter().any(|one| one.severity() == diagnostic::Severity::Error)
            }
        })*
    };
}

answers!(
    apply_resource_change,
    configure_provider,
    generate_resource_config,
    import_resource_state,
    move_resource_state,
    plan_resource_change,
    read_data_source,
    read_resource,
    upgrade_resource_identity,
    upgrade_resource_state,
    validate_data_resource_config,
    validate_list_resource_config,
    validate_provider_config,
    validate_resource_config,
);

impl Answer for generated::call_function::Response {
    /// A function has one error, without headline.
    fn add(&mut self, diagnostics: Diagnostics) {
        let texts: Vec<String> = diagnostics
            .into_iter()
            .map(|diagnostic| format!("{}: {}", diagnostic.summary, diagnostic.detail))
            .collect();
        self.error = Some(generated::FunctionError {
            text: texts.join("\n"),
            function_argument: None,
        });
    }

    fn has_errors(&self) -> bool {
        self.error.is_some()
    }
}

pub(super) fn encode(diagnostics: Diagnostics) -> Vec<generated::Diagnostic> {
    diagnostics.into_iter().map(encode_one).collect()
}

fn encode_one(diagnostic: Diagnostic) -> generated::Diagnostic {
    let severity = match diagnostic.severity {
        Severity::Error => diagnostic::Severity::Error,
        Severity::Warning => diagnostic::Severity::Warning,
    };
    generated::Diagnostic {
        severity: severity.into(),
        summary: diagnostic.summary,
        detail: diagnostic.detail,
        attribute: encode_path(&diagnostic.path),
    }
}

/// A path as hosts read it. `None` for the root: a path without steps would lose the place in the user's file.
#[must_use]
pub fn encode_path(path: &Path) -> Option<AttributePath> {
    let steps = path.steps().iter().map(|step| attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => attribute_path::step::Selector::AttributeName(name.clone()),
            Step::Key(key) => attribute_path::step::Selector::ElementKeyString(key.clone()),
            Step::Index(index) => attribute_path::step::Selector::ElementKeyInt(*index),
        }),
    });
    (!path.is_root()).then(|| AttributePath {
        steps: steps.collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::tf::arbitrary::{any_text, config};

    #[test]
    fn the_root_has_no_path() {
        let sent = encode(Diagnostic::error("No", "Never.").into());
        assert_eq!(sent[0].attribute, None);
        assert_eq!(sent[0].severity, i32::from(diagnostic::Severity::Error));
    }

    #[test]
    fn every_kind_of_step_is_sent() {
        let path = Path::attribute("a")
            .index(1)
            .join(Step::Key("k".to_owned()))
            .child("b");
        let steps = encode_path(&path).expect("a path").steps;
        assert_eq!(steps.len(), 4);
        assert!(steps.iter().all(|step| step.selector.is_some()));
    }

    fn any_step() -> impl Strategy<Value = Step> {
        prop_oneof![
            any_text().prop_map(Step::Attribute),
            any_text().prop_map(Step::Key),
            any::<i64>().prop_map(Step::Index),
        ]
    }

    /// The step that a host reads.
    fn read(step: attribute_path::Step) -> Step {
        match step
            .selector
            .expect("a step without selector loses the place")
        {
            attribute_path::step::Selector::AttributeName(name) => Step::Attribute(name),
            attribute_path::step::Selector::ElementKeyString(key) => Step::Key(key),
            attribute_path::step::Selector::ElementKeyInt(index) => Step::Index(index),
        }
    }

    proptest! {
        #![proptest_config(config())]

        #[test]
        fn any_path_arrives_as_it_was_sent(steps in vec(any_step(), 0..6)) {
            let path = steps.iter().fold(Path::root(), |path, step| path.join(step.clone()));
            let arrived = encode_path(&path).map(|path| path.steps.into_iter().map(read).collect());
            prop_assert_eq!(arrived, (!steps.is_empty()).then_some(steps));
        }
    }
}
