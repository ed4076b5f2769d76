//! What is stored of objects: read from a state file, refreshed, imported.

use konnectazure::wire::generated as wire;

use super::{
    Core, Diagnostics, Stored, capabilities, checked,
    checks::{assert_identity, assert_none},
    has_errors,
    rules::state_faults,
    values::Value,
};

impl Core {
    /// Loads a state from where it is stored, and refreshes it. `None` if the object is gone.
    pub async fn refresh(
        &mut self,
        type_name: &str,
        stored: &Stored,
    ) -> (Option<Stored>, Diagnostics) {
        self.read_state_file(type_name, stored).await;
        let (refreshed, diagnostics) = self.read(type_name, stored).await;
        if let Some(refreshed) = &refreshed
            && self.identities.contains_key(type_name)
        {
            // An object from before there were identities gets one here.
            let before = stored.identity.as_ref();
            if before.is_some() || !has_errors(&diagnostics) {
                assert_identity(before, refreshed.identity.as_ref(), "after a refresh");
            }
        }
        (refreshed, diagnostics)
    }

    /// Reads a state file, which every command does first: it says what was stored.
    pub(super) async fn read_state_file(&mut self, type_name: &str, stored: &Stored) {
        let file = stored.state.to_json().to_string().into_bytes();
        let version = self.resources[type_name].version;
        let upgraded = self.upgrade(type_name, version, file).await.unwrap();
        assert_eq!(upgraded, stored.state);
    }

    /// Brings a stored state into today's shape.
    ///
    /// # Errors
    /// The provider's.
    pub async fn upgrade(
        &mut self,
        type_name: &str,
        version: i64,
        file: Vec<u8>,
    ) -> Result<Value, Diagnostics> {
        let raw_state = wire::RawState {
            json: file,
            ..Default::default()
        };
        let answer = self
            .client
            .upgrade_resource_state(wire::upgrade_resource_state::Request {
                type_name: type_name.to_owned(),
                version,
                raw_state: Some(raw_state),
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        if has_errors(&diagnostics) {
            return Err(diagnostics);
        }
        let state = self.decode(type_name, answer.upgraded_state);
        assert!(!state.is_null(), "the object would silently be forgotten");
        self.assert_state(type_name, &state, "Invalid resource state upgrade");
        Ok(state)
    }

    async fn read(&mut self, type_name: &str, stored: &Stored) -> (Option<Stored>, Diagnostics) {
        let answer = self
            .client
            .read_resource(wire::read_resource::Request {
                type_name: type_name.to_owned(),
                current_state: Some(self.encode(type_name, &stored.state)),
                private: stored.private.clone(),
                current_identity: self.encode_identity(type_name, stored.identity.as_ref()),
                client_capabilities: Some(capabilities()),
                ..Default::default()
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        let state = self.decode(type_name, answer.new_state);
        let identity = self.decode_identity(type_name, answer.new_identity);
        if has_errors(&diagnostics) {
            assert_eq!(state, stored.state, "a failed refresh changes nothing");
            return (Some(stored.clone()), diagnostics);
        }
        if state.is_null() {
            return (None, diagnostics);
        }
        self.assert_state(type_name, &state, "Provider produced invalid object");
        let refreshed = Stored {
            state,
            private: answer.private,
            identity,
        };
        (Some(refreshed), diagnostics)
    }

    /// Imports by id or, where that is empty, by identity, and refreshes what was found.
    ///
    /// # Errors
    /// The provider's, of import or refresh.
    pub async fn import(
        &mut self,
        type_name: &str,
        id: &str,
        identity: Option<&Value>,
    ) -> Result<Stored, Diagnostics> {
        let answer = self
            .client
            .import_resource_state(wire::import_resource_state::Request {
                type_name: type_name.to_owned(),
                id: id.to_owned(),
                identity: self
                    .encode_identity(type_name, identity)
                    .filter(|_| identity.is_some()),
                client_capabilities: Some(capabilities()),
            })
            .await
            .unwrap()
            .into_inner();
        let diagnostics = checked(answer.diagnostics);
        if has_errors(&diagnostics) {
            assert!(answer.imported_resources.is_empty());
            return Err(diagnostics);
        }
        let [imported]: [_; 1] = answer
            .imported_resources
            .try_into()
            .expect("exactly one object");
        assert_eq!(imported.type_name, type_name);
        let found = Stored {
            state: self.decode(type_name, imported.state),
            private: imported.private,
            identity: self.decode_identity(type_name, imported.identity),
        };
        assert!(!found.state.is_null(), "Import returned null resource");
        self.assert_state(type_name, &found.state, "an invalid imported object");
        let has_identity = self.identities.contains_key(type_name);
        if has_identity {
            assert_identity(None, found.identity.as_ref(), "after an import");
        }
        match self.read(type_name, &found).await {
            (_, diagnostics) if has_errors(&diagnostics) => Err(diagnostics),
            (refreshed, _) => {
                let refreshed = refreshed.expect("cannot import a non-existent remote object");
                if has_identity {
                    // The read of an import may complete an identity of which parts were left out.
                    let identity = refreshed.identity.as_ref();
                    assert_identity(None, identity, "after the read of an import");
                }
                Ok(refreshed)
            }
        }
    }

    #[track_caller]
    pub(super) fn assert_state(&self, type_name: &str, state: &Value, what: &str) {
        assert_none(&state_faults(self.attributes(type_name), state), what);
    }
}
