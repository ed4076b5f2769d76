//! Calls of functions.

use super::calls::{Call, unknown_type};
use super::generated::{FunctionError, call_function};
use super::values::{encode, try_decode};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::function::{self, Function};
use crate::tf::value::Value;

pub(super) fn call(
    call: &Call,
    request: &call_function::Request,
) -> Result<call_function::Response, Diagnostics> {
    let called = call
        .provider
        .registry()
        .functions()
        .get(request.name.as_str())
        .ok_or_else(|| unknown_type("function", &request.name))?;
    let outcome = arguments(called.as_ref(), request)
        .and_then(|arguments| function::call(called.as_ref(), arguments));
    match outcome {
        Ok(result) => Ok(call_function::Response {
            result: Some(encode("result", &result, &called.return_type())?),
            error: None,
        }),
        Err(error) => Ok(call_function::Response {
            result: None,
            error: Some(FunctionError {
                text: error.text,
                function_argument: error
                    .argument
                    .and_then(|position| i64::try_from(position).ok()),
            }),
        }),
    }
}

/// The arguments in their parameters' types. One too many has no type, and is refused by the call itself.
fn arguments(
    called: &dyn Function,
    request: &call_function::Request,
) -> Result<Vec<Value>, function::FunctionError> {
    let sent = request.arguments.iter().enumerate();
    sent.map(|(position, argument)| {
        let Some(parameter) = function::parameter_at(called, position) else {
            return Ok(Value::Null);
        };
        try_decode(Some(argument), &parameter.kind)
            .map_err(|error| function::FunctionError::at(position, error.to_string()))
    })
    .collect()
}
