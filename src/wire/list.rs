//! Queries: what exists, streamed while it is found.

use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::Status;

use super::calls::{Call, CallName, Calls};
use super::diagnostics::encode as encode_diagnostics;
use super::generated::{list_resource, validate_list_resource_config};
use super::values::{decode, encode_identity, encode_state};
use crate::tf::diagnostics::Diagnostics;
use crate::tf::erased::{DynProvider, DynResource, ListRequest};
use crate::tf::list::ListEvent;

/// What is found. Errors are in its events: the host would show those of the stream itself as raw text.
pub(super) type Events = Pin<Box<dyn Stream<Item = Result<list_resource::Event, Status>> + Send>>;

pub(super) fn validate(
    call: &Call,
    request: &validate_list_resource_config::Request,
) -> Result<validate_list_resource_config::Response, Diagnostics> {
    let list = call.list(&request.type_name)?;
    let kind = list.shape().object_type();
    let config = decode("configuration", request.config.as_ref(), kind)?;
    Ok(validate_list_resource_config::Response {
        diagnostics: encode_diagnostics(list.validate(&config)),
    })
}

pub(super) fn list(
    calls: &Arc<Calls>,
    provider: Arc<dyn DynProvider>,
    request: list_resource::Request,
) -> Events {
    let resources = provider.registry().resources();
    let resource = resources.get(request.type_name.as_str()).cloned();
    let name = CallName::new("ListResource", &request.type_name);
    let events = calls.stream(&name, provider, move |call, events| async move {
        let outcome = find(call, &request, events).await;
        outcome.unwrap_or_else(|errors| errors)
    });
    let encoded = ReceiverStream::new(events)
        .map(move |event: ListEvent| Ok(encode(event, resource.as_deref())));
    Box::pin(encoded)
}

async fn find(
    call: Call,
    request: &list_resource::Request,
    events: mpsc::Sender<ListEvent>,
) -> Result<Diagnostics, Diagnostics> {
    let list = call.list(&request.type_name)?;
    let resource = call.resource(&request.type_name)?;
    let kind = list.shape().object_type();
    let wanted = ListRequest {
        config: decode("configuration", request.config.as_ref(), kind)?,
        limit: u64::try_from(request.limit).unwrap_or_default(),
        include_object: request.include_resource_object,
        cancel: call.cancel,
    };
    Ok(list.list(wanted, resource.as_ref(), events).await)
}

fn encode(event: ListEvent, resource: Option<&dyn DynResource>) -> list_resource::Event {
    let mut diagnostics = event.diagnostics;
    let shape = resource.map(DynResource::shape);
    let identity = shape.and_then(|shape| {
        let kind = shape.identity_type();
        encode_identity(event.identity.as_ref(), kind, &mut diagnostics)
    });
    let resource_object = shape
        .zip(event.object)
        .and_then(|(shape, object)| encode_state(&object, shape.object_type(), &mut diagnostics));
    list_resource::Event {
        identity,
        display_name: event.display_name,
        resource_object,
        diagnostic: encode_diagnostics(diagnostics),
    }
}
