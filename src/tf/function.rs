//! Functions that configurations call: pure, and usable before the provider is configured.

use super::types::Type;
use super::value::Value;

/// One parameter of a function.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its name, an identifier.
    pub name: &'static str,
    /// The type that arguments are converted to.
    pub kind: Type,
    /// What it is, in Markdown.
    pub description: &'static str,
    /// Whether null may be given.
    pub allow_null: bool,
}

impl Parameter {
    /// One that must not be null.
    #[must_use]
    pub const fn new(name: &'static str, kind: Type, description: &'static str) -> Self {
        Self {
            name,
            kind,
            description,
            allow_null: false,
        }
    }
}

/// Why a call failed, and which argument is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct FunctionError {
    /// What is wrong, without a full stop at the end: Terraform writes its own sentence around it.
    pub text: String,
    /// The argument's position from 0, variadic ones counted on; none if no single one is at fault.
    pub argument: Option<usize>,
}

impl FunctionError {
    /// A failure that no single argument causes.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            argument: None,
        }
    }

    /// A failure that the argument at this position causes.
    pub fn at(argument: usize, text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            argument: Some(argument),
        }
    }
}

/// A function. The same arguments always lead to the same result.
pub trait Function: Send + Sync + 'static {
    /// Its name, an identifier.
    fn name(&self) -> &'static str;

    /// What it does, in one line.
    fn summary(&self) -> &'static str;

    /// What it does, in Markdown.
    fn description(&self) -> &'static str;

    /// The parameters, without the variadic one.
    fn parameters(&self) -> Vec<Parameter>;

    /// The parameter that takes any number of further arguments.
    fn variadic(&self) -> Option<Parameter> {
        None
    }

    /// The type of the result.
    fn return_type(&self) -> Type;

    /// Calls it. Arguments are of the right number and types and wholly known; null only where a parameter allows it.
    ///
    /// # Errors
    /// If the arguments make no sense together or one by one.
    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError>;
}

/// The parameter that the argument at this position is for.
#[must_use]
pub fn parameter_at(function: &dyn Function, position: usize) -> Option<Parameter> {
    let mut parameters = function.parameters();
    if position < parameters.len() {
        Some(parameters.swap_remove(position))
    } else {
        function.variadic()
    }
}

/// Checks number and nullness of the arguments, then calls the function; an unknown among them makes the result unknown.
///
/// # Errors
/// Those of the function, and for arguments that it must never see.
pub fn call(function: &dyn Function, arguments: Vec<Value>) -> Result<Value, FunctionError> {
    let least = function.parameters().len();
    if arguments.len() < least || (arguments.len() > least && function.variadic().is_none()) {
        return Err(FunctionError::new(format!(
            "{} takes {}{least} argument(s), not {}",
            function.name(),
            if function.variadic().is_some() {
                "at least "
            } else {
                ""
            },
            arguments.len()
        )));
    }
    for (position, argument) in arguments.iter().enumerate() {
        let null_allowed =
            parameter_at(function, position).is_some_and(|parameter| parameter.allow_null);
        if argument.is_null() && !null_allowed {
            return Err(FunctionError::at(position, "the argument must not be null"));
        }
    }
    if !arguments.iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown());
    }
    function.call(arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Join;

    impl Function for Join {
        fn name(&self) -> &'static str {
            "join"
        }

        fn summary(&self) -> &'static str {
            "Joins texts"
        }

        fn description(&self) -> &'static str {
            "Joins texts."
        }

        fn parameters(&self) -> Vec<Parameter> {
            vec![Parameter::new(
                "between",
                Type::String,
                "What stands between them.",
            )]
        }

        fn variadic(&self) -> Option<Parameter> {
            Some(Parameter::new("texts", Type::String, "The texts."))
        }

        fn return_type(&self) -> Type {
            Type::String
        }

        fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
            let texts: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
            let (between, texts) = texts
                .split_first()
                .ok_or_else(|| FunctionError::new("none"))?;
            Ok(Value::string(texts.join(between)))
        }
    }

    #[test]
    fn variadic_arguments_follow_the_others() {
        assert_eq!(
            call(&Join, vec!["-".into(), "a".into(), "b".into()]),
            Ok("a-b".into())
        );
        assert_eq!(call(&Join, vec!["-".into()]), Ok("".into()));
    }

    #[test]
    fn arguments_that_must_not_be_are_refused_by_position() {
        assert_eq!(
            call(&Join, vec![]).map_err(|error| error.argument),
            Err(None)
        );
        let null = call(&Join, vec!["-".into(), Value::Null]);
        assert_eq!(null.map_err(|error| error.argument), Err(Some(1)));
    }

    #[test]
    fn an_unknown_argument_makes_the_result_unknown() {
        assert_eq!(
            call(&Join, vec!["-".into(), Value::unknown()]),
            Ok(Value::unknown())
        );
    }
}
