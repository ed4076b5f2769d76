//! The provider service: one method for each call of the protocol, each handed on.

use std::sync::Arc;

use prost::Message as _;
use prost::bytes::Bytes;
use tonic::{Request, Response, Status, Streaming};

use super::calls::{CallName, Calls, at_once};
use super::encoded::{Encoded, ProviderService};
use super::generated::provider_server::{Provider as Service, ProviderServer};
#[allow(
    clippy::wildcard_imports,
    reason = "the messages of every call, each named once below"
)]
use super::generated::*;
use super::unsupported::{ACTION, EPHEMERAL, Few, none_such, state_store};
use super::{
    data_source, functions, import, list, plan_apply, provider, read, schema, unsupported, upgrade,
    validate,
};
use crate::tf::erased::{DynProvider, ErasedProvider};
use crate::tf::provider::Provider;

/// Answers the host's calls. Clones share everything.
#[derive(Clone)]
pub struct Server {
    provider: Arc<dyn DynProvider>,
    calls: Arc<Calls>,
    encoded: Arc<Encoded>,
}

impl Server {
    /// A server for this provider.
    #[must_use]
    pub fn new(provider: impl Provider) -> Self {
        Self {
            provider: Arc::new(ErasedProvider::new(provider)),
            calls: Arc::default(),
            encoded: Arc::default(),
        }
    }

    /// The gRPC service, for a router. `limit` is the largest message in bytes, both ways.
    #[must_use]
    pub fn service(&self, limit: usize) -> ProviderService<ProviderServer<Self>> {
        let calls = ProviderServer::new(self.clone())
            .max_decoding_message_size(limit)
            .max_encoding_message_size(limit);
        ProviderService::new(calls, self.clone(), limit)
    }

    /// Encodes ahead what a host asks for before anything else.
    pub fn prepare(&self) {
        self.encoded.prepare(self.provider.as_ref());
    }

    /// The encoded answer to the call at this path, for calls that are always answered alike.
    pub(super) fn encoded(&self, path: &str) -> Option<Bytes> {
        self.encoded.answer(path, self.provider.as_ref())
    }

    /// Cancels the calls that run now and waits until all have ended.
    pub async fn stop_work(&self) {
        self.calls.stop();
        self.calls.ended().await;
    }
}

/// What stands beside the errors in an answer that has nothing else to say.
fn empty<T: Default>() -> T {
    T::default()
}

/// An answer about the provider itself.
fn told<A>(rpc: &'static str, answer: impl FnOnce() -> A) -> Response<A> {
    Response::new(at_once(&CallName::new(rpc, ""), false, answer))
}

type Reply<T> = Result<Response<T>, Status>;

/// A call that runs in a task of its own. The handler sees the call.
macro_rules! run {
    ($self:ident, $rpc:literal, $type_name:expr, $fallback:expr, |$call:ident| $handler:expr) => {{
        let name = CallName::new($rpc, $type_name);
        $self
            .calls
            .run(
                &name,
                Arc::clone(&$self.provider),
                $fallback,
                move |$call| async move { $handler },
            )
            .await
    }};
}

#[tonic::async_trait]
impl Service for Server {
    async fn get_metadata(
        &self,
        _: Request<get_metadata::Request>,
    ) -> Reply<get_metadata::Response> {
        Ok(told("GetMetadata", || {
            schema::metadata(self.provider.as_ref())
        }))
    }

    async fn get_provider_schema(
        &self,
        _: Request<get_provider_schema::Request>,
    ) -> Reply<get_provider_schema::Response> {
        let encoded = self.encoded.provider_schema(self.provider.as_ref());
        let whole = get_provider_schema::Response::decode(encoded);
        whole
            .map(Response::new)
            .map_err(|error| Status::internal(error.to_string()))
    }

    async fn get_resource_identity_schemas(
        &self,
        _: Request<get_resource_identity_schemas::Request>,
    ) -> Reply<get_resource_identity_schemas::Response> {
        Ok(told("GetResourceIdentitySchemas", || {
            schema::identity_schemas(self.provider.as_ref())
        }))
    }

    async fn get_functions(
        &self,
        _: Request<get_functions::Request>,
    ) -> Reply<get_functions::Response> {
        Ok(told("GetFunctions", || {
            schema::functions(self.provider.as_ref())
        }))
    }

    async fn stop_provider(
        &self,
        _: Request<stop_provider::Request>,
    ) -> Reply<stop_provider::Response> {
        Ok(told("StopProvider", || {
            tracing::info!("the host asks to stop: running calls are cancelled");
            self.calls.stop();
            stop_provider::Response::default()
        }))
    }

    async fn validate_provider_config(
        &self,
        request: Request<validate_provider_config::Request>,
    ) -> Reply<validate_provider_config::Response> {
        let message = request.into_inner();
        run!(self, "ValidateProviderConfig", "", empty(), |call| {
            provider::validate(&call, &message)
        })
    }

    async fn configure_provider(
        &self,
        request: Request<configure_provider::Request>,
    ) -> Reply<configure_provider::Response> {
        let message = request.into_inner();
        run!(self, "ConfigureProvider", "", empty(), |call| {
            provider::configure(call, message).await
        })
    }

    async fn validate_resource_config(
        &self,
        request: Request<validate_resource_config::Request>,
    ) -> Reply<validate_resource_config::Response> {
        let message = request.into_inner();
        run!(
            self,
            "ValidateResourceConfig",
            &message.type_name,
            empty(),
            |call| validate::validate(&call, &message)
        )
    }

    async fn upgrade_resource_state(
        &self,
        request: Request<upgrade_resource_state::Request>,
    ) -> Reply<upgrade_resource_state::Response> {
        let message = request.into_inner();
        run!(
            self,
            "UpgradeResourceState",
            &message.type_name,
            empty(),
            |call| upgrade::state(&call, &message)
        )
    }

    async fn upgrade_resource_identity(
        &self,
        request: Request<upgrade_resource_identity::Request>,
    ) -> Reply<upgrade_resource_identity::Response> {
        let message = request.into_inner();
        run!(
            self,
            "UpgradeResourceIdentity",
            &message.type_name,
            empty(),
            |call| upgrade::identity(&call, &message)
        )
    }

    async fn read_resource(
        &self,
        request: Request<read_resource::Request>,
    ) -> Reply<read_resource::Response> {
        let message = request.into_inner();
        run!(
            self,
            "ReadResource",
            &message.type_name,
            read::unread(&message),
            |call| read::read(call, message).await
        )
    }

    async fn plan_resource_change(
        &self,
        request: Request<plan_resource_change::Request>,
    ) -> Reply<plan_resource_change::Response> {
        let message = request.into_inner();
        run!(
            self,
            "PlanResourceChange",
            &message.type_name,
            empty(),
            |call| plan_apply::plan(call, message).await
        )
    }

    async fn apply_resource_change(
        &self,
        request: Request<apply_resource_change::Request>,
    ) -> Reply<apply_resource_change::Response> {
        let message = request.into_inner();
        run!(
            self,
            "ApplyResourceChange",
            &message.type_name,
            plan_apply::unapplied(&message),
            |call| plan_apply::apply(call, message).await
        )
    }

    async fn import_resource_state(
        &self,
        request: Request<import_resource_state::Request>,
    ) -> Reply<import_resource_state::Response> {
        let message = request.into_inner();
        run!(
            self,
            "ImportResourceState",
            &message.type_name,
            empty(),
            |call| import::import(call, message).await
        )
    }

    async fn move_resource_state(
        &self,
        request: Request<move_resource_state::Request>,
    ) -> Reply<move_resource_state::Response> {
        let message = request.into_inner();
        run!(
            self,
            "MoveResourceState",
            &message.target_type_name,
            empty(),
            |call| import::move_state(&call, message)
        )
    }

    async fn generate_resource_config(
        &self,
        request: Request<generate_resource_config::Request>,
    ) -> Reply<generate_resource_config::Response> {
        let message = request.into_inner();
        run!(
            self,
            "GenerateResourceConfig",
            &message.type_name,
            empty(),
            |call| import::generate_config(&call, &message)
        )
    }

    async fn validate_data_resource_config(
        &self,
        request: Request<validate_data_resource_config::Request>,
    ) -> Reply<validate_data_resource_config::Response> {
        let message = request.into_inner();
        run!(
            self,
            "ValidateDataResourceConfig",
            &message.type_name,
            empty(),
            |call| data_source::validate(&call, &message)
        )
    }

    async fn read_data_source(
        &self,
        request: Request<read_data_source::Request>,
    ) -> Reply<read_data_source::Response> {
        let message = request.into_inner();
        run!(
            self,
            "ReadDataSource",
            &message.type_name,
            empty(),
            |call| data_source::read(call, message).await
        )
    }

    async fn call_function(
        &self,
        request: Request<call_function::Request>,
    ) -> Reply<call_function::Response> {
        let message = request.into_inner();
        run!(self, "CallFunction", &message.name, empty(), |call| {
            functions::call(&call, &message)
        })
    }

    async fn validate_ephemeral_resource_config(
        &self,
        request: Request<validate_ephemeral_resource_config::Request>,
    ) -> Reply<validate_ephemeral_resource_config::Response> {
        let diagnostics = none_such(
            "ValidateEphemeralResourceConfig",
            EPHEMERAL,
            &request.get_ref().type_name,
        );
        Ok(Response::new(
            validate_ephemeral_resource_config::Response { diagnostics },
        ))
    }

    async fn open_ephemeral_resource(
        &self,
        request: Request<open_ephemeral_resource::Request>,
    ) -> Reply<open_ephemeral_resource::Response> {
        let diagnostics = none_such(
            "OpenEphemeralResource",
            EPHEMERAL,
            &request.get_ref().type_name,
        );
        Ok(Response::new(open_ephemeral_resource::Response {
            diagnostics,
            ..Default::default()
        }))
    }

    async fn renew_ephemeral_resource(
        &self,
        request: Request<renew_ephemeral_resource::Request>,
    ) -> Reply<renew_ephemeral_resource::Response> {
        let diagnostics = none_such(
            "RenewEphemeralResource",
            EPHEMERAL,
            &request.get_ref().type_name,
        );
        Ok(Response::new(renew_ephemeral_resource::Response {
            diagnostics,
            ..Default::default()
        }))
    }

    async fn close_ephemeral_resource(
        &self,
        request: Request<close_ephemeral_resource::Request>,
    ) -> Reply<close_ephemeral_resource::Response> {
        let diagnostics = none_such(
            "CloseEphemeralResource",
            EPHEMERAL,
            &request.get_ref().type_name,
        );
        Ok(Response::new(close_ephemeral_resource::Response {
            diagnostics,
        }))
    }

    async fn validate_list_resource_config(
        &self,
        request: Request<validate_list_resource_config::Request>,
    ) -> Reply<validate_list_resource_config::Response> {
        let message = request.into_inner();
        run!(
            self,
            "ValidateListResourceConfig",
            &message.type_name,
            empty(),
            |call| list::validate(&call, &message)
        )
    }

    type ListResourceStream = list::Events;

    async fn list_resource(
        &self,
        request: Request<list_resource::Request>,
    ) -> Reply<Self::ListResourceStream> {
        Ok(Response::new(list::list(
            &self.calls,
            Arc::clone(&self.provider),
            request.into_inner(),
        )))
    }

    async fn validate_action_config(
        &self,
        request: Request<validate_action_config::Request>,
    ) -> Reply<validate_action_config::Response> {
        let diagnostics = none_such("ValidateActionConfig", ACTION, &request.get_ref().type_name);
        Ok(Response::new(validate_action_config::Response {
            diagnostics,
        }))
    }

    async fn plan_action(
        &self,
        request: Request<plan_action::Request>,
    ) -> Reply<plan_action::Response> {
        let diagnostics = none_such("PlanAction", ACTION, &request.get_ref().action_type);
        Ok(Response::new(plan_action::Response {
            diagnostics,
            deferred: None,
        }))
    }

    type InvokeActionStream = Few<invoke_action::Event>;

    async fn invoke_action(
        &self,
        request: Request<invoke_action::Request>,
    ) -> Reply<Self::InvokeActionStream> {
        Ok(Response::new(unsupported::invoke(
            "InvokeAction",
            &request.get_ref().action_type,
        )))
    }

    async fn validate_state_store_config(
        &self,
        _: Request<validate_state_store::Request>,
    ) -> Reply<validate_state_store::Response> {
        Err(state_store("ValidateStateStoreConfig"))
    }

    async fn configure_state_store(
        &self,
        _: Request<configure_state_store::Request>,
    ) -> Reply<configure_state_store::Response> {
        Err(state_store("ConfigureStateStore"))
    }

    type ReadStateBytesStream = Few<read_state_bytes::Response>;

    async fn read_state_bytes(
        &self,
        _: Request<read_state_bytes::Request>,
    ) -> Reply<Self::ReadStateBytesStream> {
        Err(state_store("ReadStateBytes"))
    }

    async fn write_state_bytes(
        &self,
        _: Request<Streaming<write_state_bytes::RequestChunk>>,
    ) -> Reply<write_state_bytes::Response> {
        Err(state_store("WriteStateBytes"))
    }

    async fn lock_state(&self, _: Request<lock_state::Request>) -> Reply<lock_state::Response> {
        Err(state_store("LockState"))
    }

    async fn unlock_state(
        &self,
        _: Request<unlock_state::Request>,
    ) -> Reply<unlock_state::Response> {
        Err(state_store("UnlockState"))
    }

    async fn get_states(&self, _: Request<get_states::Request>) -> Reply<get_states::Response> {
        Err(state_store("GetStates"))
    }

    async fn delete_state(
        &self,
        _: Request<delete_state::Request>,
    ) -> Reply<delete_state::Response> {
        Err(state_store("DeleteState"))
    }
}
