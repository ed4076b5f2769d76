//! Calls of functions.

use super::calls::{Call, unknown_type};
use super::generated::{FunctionError, call_function};
use super::values::{decode, encode};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::function;
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
    let arguments = request
        .arguments
        .iter()
        .enumerate()
        .map(|(position, argument)| {
            // An argument too many has no type; the call below refuses it.
            function::parameter_at(called.as_ref(), position).map_or(Ok(Value::Null), |parameter| {
                decode("argument", Some(argument), &parameter.kind)
            })
        })
        .collect::<Result<_, _>>()?;
    match function::call(called.as_ref(), arguments) {
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
