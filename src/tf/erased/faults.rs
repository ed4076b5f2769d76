//! Our own faults, told apart from the user's and the service's.

use std::any::Any;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};

use futures_util::FutureExt as _;

use crate::tf::attr::ConversionError;
use crate::tf::diagnostics::{Diagnostic, Diagnostics};

/// Runs a handler; a panic in it becomes an error, so that nothing that it saved is lost.
pub(super) async fn guarded<T>(
    action: &str,
    work: impl Future<Output = Result<T, Diagnostics>>,
) -> Result<T, Diagnostics> {
    AssertUnwindSafe(work)
        .catch_unwind()
        .await
        .unwrap_or_else(|panic| Err(panicked(action, panic.as_ref()).into()))
}

/// Runs a handler that waits for nothing, in the same way.
pub(super) fn guarded_now<T>(
    action: &str,
    work: impl FnOnce() -> Result<T, Diagnostics>,
) -> Result<T, Diagnostics> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(panicked(action, panic.as_ref()).into()))
}

/// The error for a caught panic. Only a fixed message is shown: a formatted one may hold anything that was in the values.
pub(crate) fn panicked(action: &str, panic: &(dyn Any + Send)) -> Diagnostic {
    let message = panic
        .downcast_ref::<&'static str>()
        .copied()
        .unwrap_or("an invariant was broken");
    Diagnostic::bug(
        format_args!("panic during {action}"),
        format_args!(
            "The provider failed in a way that it should not: {message}.\n\nWhat the state held, and what was saved since, is kept."
        ),
    )
}

/// The error for a value that does not fit the model.
pub(super) fn unfit(what: &str, error: &ConversionError) -> Diagnostic {
    Diagnostic::error(format!("Invalid value in the {what}"), format!("{error}."))
        .at(error.path.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_a_fixed_message_of_a_panic_is_shown() {
        let secret = String::from("kpat_of-the-user");
        let formatted = guarded::<()>("reading", async { panic!("no match for {secret}") }).await;
        let fixed = guarded_now::<()>("reading", || panic!("out of cheese"));
        for (result, shown) in [
            (formatted, "an invariant was broken"),
            (fixed, "out of cheese"),
        ] {
            let told = format!("{:?}", result.unwrap_err());
            assert!(told.contains(shown) && !told.contains("kpat"), "{told}");
        }
    }
}
