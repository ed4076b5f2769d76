//! What Azure's refusals mean, asked by meaning instead of by number.

use std::fmt;
use std::ops::Deref;

use uuid::Uuid;

use super::ids::Guid;
use crate::http::poll::LookError;
use crate::http::{self, Refusal};

/// A call to Azure failed.
///
/// A plain [`http::Error`] by `Deref` (deadline, cancellation, refusal with code and ids), with questions about what
/// Azure's codes mean. Codes are compared without regard to case, as the services themselves do.
#[derive(Debug)]
pub struct Error(http::Error);

impl LookError for Error {
    fn doubt(&self) -> Option<String> {
        self.0.doubt()
    }
}

impl Error {
    /// The object, or the scope it lives in, does not exist.
    ///
    /// Only an answer of the service itself counts, with a code or without: a page of a proxy that happens to say 404 says
    /// nothing about the object, and neither does an unknown resource type.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        let speaks_of_a_type = [
            "InvalidResourceType",
            "InvalidResourceNamespace",
            "NoRegisteredProviderFound",
        ];
        self.0.refusal().is_some_and(|refusal| {
            refusal.status == 404
                && refusal.is_in_own_words()
                && !has_code(refusal, &speaks_of_a_type)
        })
    }

    /// The subscription, resource group or resource that a call was made at does not exist.
    #[must_use]
    pub fn is_scope_missing(&self) -> bool {
        self.has_code(&[
            "ResourceNotFound",
            "ResourceGroupNotFound",
            "ParentResourceNotFound",
            "SubscriptionNotFound",
        ])
    }

    /// The caller lacks a right: `AuthorizationFailed`, `LinkedAuthorizationFailed`, `Authorization_RequestDenied`
    /// and every other 403.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.0.status() == Some(403)
    }

    /// A list may have been refused for the sake of its filter: what does not know one says so in one of these ways.
    #[must_use]
    pub fn is_filter_refused(&self) -> bool {
        matches!(self.0.status(), Some(400 | 501))
    }

    /// The token was not accepted, a renewed one included.
    #[must_use]
    pub fn is_unauthorized(&self) -> bool {
        self.0.status() == Some(401)
    }

    /// The application id names no application that this cloud knows. Only the text of the 400 tells.
    #[must_use]
    pub fn is_unknown_application(&self) -> bool {
        self.0.status() == Some(400)
            && self.message_has("appId")
            && self.message_has("does not reference a valid application object")
    }

    /// The service principal that was to be created exists already: its own code, or a conflict of any name.
    #[must_use]
    pub fn is_service_principal_taken(&self) -> bool {
        self.0.status() == Some(409) || self.has_code(&["Request_MultipleObjectsWithSameKeyValue"])
    }

    /// Another role of the tenant has this name, visible to the caller or not.
    #[must_use]
    pub fn is_role_name_taken(&self) -> bool {
        self.has_code(&["RoleDefinitionWithSameNameExists"])
    }

    /// The role does not exist, or not yet everywhere.
    #[must_use]
    pub fn is_role_not_found(&self) -> bool {
        self.has_code(&["RoleDefinitionDoesNotExist"])
    }

    /// The role is still assigned somewhere, or below a scope that it would lose.
    #[must_use]
    pub fn is_role_has_assignments(&self) -> bool {
        self.has_code(&[
            "RoleDefinitionHasAssignments",
            "RoleScopeBeingRemovedContainsAssignments",
        ])
    }

    /// The tenant has as many custom roles, or the subscription as many assignments, as it may.
    #[must_use]
    pub fn is_limit_exceeded(&self) -> bool {
        self.has_code(&["RoleDefinitionLimitExceeded", "RoleAssignmentLimitExceeded"])
    }

    /// An equal assignment exists under another name.
    #[must_use]
    pub fn is_role_assignment_exists(&self) -> bool {
        self.has_code(&["RoleAssignmentExists"])
    }

    /// The name of the assignment that exists, where the service tells: newer texts end with its 32 digits,
    /// without hyphens.
    #[must_use]
    pub fn existing_role_assignment(&self) -> Option<Guid> {
        let refusal = self.0.refusal()?;
        has_code(refusal, &["RoleAssignmentExists"])
            .then(|| last_guid(&refusal.message))
            .flatten()
    }

    /// The directory does not know the principal, or does not know it yet everywhere.
    #[must_use]
    pub fn is_principal_not_found(&self) -> bool {
        self.has_code(&["PrincipalNotFound"])
    }

    /// The principal exists but is not a service principal: a user, a group, an application object.
    #[must_use]
    pub fn is_unmatched_principal_type(&self) -> bool {
        self.has_code(&["UnmatchedPrincipalType", "PrincipalTypeNotSupported"])
            // An application's object id is refused with a general code; only the text tells.
            || self.message_has("cannot validly be used in role assignments")
    }

    /// The assignment's name is taken by one with another scope, role or principal.
    #[must_use]
    pub fn is_assignment_update_not_permitted(&self) -> bool {
        self.has_code(&["RoleAssignmentUpdateNotPermitted"])
    }

    /// A lock stands in the way; the message names it.
    #[must_use]
    pub fn is_scope_locked(&self) -> bool {
        self.has_code(&["ScopeLocked"])
    }

    fn has_code(&self, codes: &[&str]) -> bool {
        self.0
            .refusal()
            .is_some_and(|refusal| has_code(refusal, codes))
    }

    fn message_has(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        self.0
            .refusal()
            .is_some_and(|refusal| refusal.message.to_lowercase().contains(&text))
    }
}

fn has_code(refusal: &Refusal, codes: &[&str]) -> bool {
    refusal
        .code
        .as_deref()
        .is_some_and(|own| codes.iter().any(|code| own.eq_ignore_ascii_case(code)))
}

/// The last GUID in a text, with or without hyphens.
fn last_guid(text: &str) -> Option<Guid> {
    text.split(|character: char| !character.is_ascii_hexdigit() && character != '-')
        .filter(|word| matches!(word.len(), 32 | 36))
        .filter_map(|word| Uuid::try_parse(word).ok())
        .next_back()
        .map(Guid::from)
}

/// Who lacks what: the parts of an authorization failure's sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The caller's object id, where the text names it.
    pub principal_id: Option<String>,
    /// The missing action.
    pub action: Option<String>,
    /// Where it is missing: the linked object, where the failure is about a link.
    pub scope: Option<String>,
    /// The tenant that may not reach the linked object, where the failure is about two tenants.
    pub tenant_id: Option<String>,
}

impl Denial {
    /// The sentences are fixed and quote their parts in single quotes:
    /// `The client 'NAME' with object id 'ID' does not have authorization to perform action 'ACTION' over scope 'SCOPE' …`,
    /// `… has permission to perform action 'A' on scope 'S'; however, it does not have permission to perform action(s) 'LINKED'
    /// on the linked scope(s) 'SCOPE' …`, or `…; however, the current tenant 'T' is not authorized to access linked
    /// subscription 'SUBSCRIPTION'`.
    #[must_use]
    pub fn parse(message: &str) -> Option<Self> {
        let principal_id = quoted_after(message, "object id");
        // What stands before "however" is what the caller may do.
        let lacking = message
            .split_once("however")
            .map_or(message, |(_, rest)| rest);
        let denial = Self {
            principal_id,
            action: quoted_after(lacking, "perform action"),
            scope: quoted_after(lacking, "scope")
                .or_else(|| quoted_after(lacking, "linked subscription")),
            tenant_id: quoted_after(lacking, "tenant"),
        };
        (denial.action.is_some() || denial.scope.is_some()).then_some(denial)
    }
}

/// The first part in single quotes that follows `mark`.
fn quoted_after(text: &str, mark: &str) -> Option<String> {
    let (_, after) = text.split_once(mark)?;
    let (_, quote) = after.split_once('\'')?;
    let (inside, _) = quote.split_once('\'')?;
    Some(inside.to_owned())
}

impl Deref for Error {
    type Target = http::Error;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl From<http::Error> for Error {
    fn from(error: http::Error) -> Self {
        Self(error)
    }
}

impl From<Error> for http::Error {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        // Transparent: the message is the inner error's own.
        std::error::Error::source(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use ::http::{HeaderMap, Method};

    use super::super::envelope::read_refusal;
    use super::*;
    use crate::http::Failure;

    fn refused(status: u16, body: &str) -> Error {
        let parts = read_refusal(status, &HeaderMap::new(), body.as_bytes());
        Error(
            Failure::Refused(Refusal {
                api: "Azure Resource Manager",
                status,
                code: parts.code,
                message: parts.message,
                method: Method::PUT,
                path: "/x".into(),
                trace: parts.trace,
                fields: parts.fields,
                attempts: 1,
                is_passing: false,
                body_excerpt: body.to_owned(),
            })
            .into(),
        )
    }

    fn coded(status: u16, code: &str) -> Error {
        refused(
            status,
            &format!(r#"{{"error":{{"code":"{code}","message":"m"}}}}"#),
        )
    }

    #[test]
    fn codes_are_known_by_meaning_whatever_their_case() {
        type Question = fn(&Error) -> bool;
        let table: &[(u16, &str, Question)] = &[
            (404, "ResourceNotFound", Error::is_not_found),
            (404, "resourcegroupnotfound", Error::is_scope_missing),
            (404, "Request_ResourceNotFound", Error::is_not_found),
            (403, "AuthorizationFailed", Error::is_forbidden),
            (403, "Authorization_RequestDenied", Error::is_forbidden),
            (401, "InvalidAuthenticationToken", Error::is_unauthorized),
            (
                409,
                "roledefinitionwithsamenameexists",
                Error::is_role_name_taken,
            ),
            (400, "RoleDefinitionDoesNotExist", Error::is_role_not_found),
            (
                400,
                "RoleDefinitionHasAssignments",
                Error::is_role_has_assignments,
            ),
            (400, "RoleDefinitionLimitExceeded", Error::is_limit_exceeded),
            (
                409,
                "RoleAssignmentExists",
                Error::is_role_assignment_exists,
            ),
            (400, "PrincipalNotFound", Error::is_principal_not_found),
            (
                400,
                "UnmatchedPrincipalType",
                Error::is_unmatched_principal_type,
            ),
            (
                400,
                "PrincipalTypeNotSupported",
                Error::is_unmatched_principal_type,
            ),
            (
                400,
                "RoleAssignmentUpdateNotPermitted",
                Error::is_assignment_update_not_permitted,
            ),
            (409, "ScopeLocked", Error::is_scope_locked),
            (
                409,
                "Request_MultipleObjectsWithSameKeyValue",
                Error::is_service_principal_taken,
            ),
        ];
        for (status, code, question) in table {
            assert!(question(&coded(*status, code)), "{code}");
            assert!(!question(&coded(418, "Teapot")), "{code}");
        }
    }

    #[test]
    fn a_404_that_is_not_about_the_object_is_not_gone() {
        assert!(!refused(404, "<html><body>Not Found</body></html>").is_not_found());
        assert!(!refused(404, "no healthy upstream").is_not_found());
        assert!(!coded(404, "InvalidResourceType").is_not_found());
        assert!(!coded(400, "ResourceNotFound").is_not_found());
        assert!(refused(404, "").is_not_found());
        assert!(refused(404, r#"{"error":{"message":"gone"}}"#).is_not_found());
    }

    #[test]
    fn an_unknown_application_is_told_by_its_text() {
        let body = r#"{"error":{"code":"Request_BadRequest","message":"The appId 'x' of the service principal does not reference a valid application object."}}"#;
        assert!(refused(400, body).is_unknown_application());
        assert!(!coded(400, "Request_BadRequest").is_unknown_application());
    }

    #[test]
    fn an_application_object_is_told_by_its_text() {
        let body = r#"{"error":{"code":"BadRequestFormat","message":"Principals of type Application cannot validly be used in role assignments."}}"#;
        assert!(refused(400, body).is_unmatched_principal_type());
    }

    #[test]
    fn the_existing_assignment_is_read_from_both_texts() {
        let newer = r#"{"error":{"code":"RoleAssignmentExists","message":"The role assignment already exists. The ID of the existing role assignment is b69a938894884534b4707ec6d41beef9."}}"#;
        assert_eq!(
            refused(409, newer).existing_role_assignment(),
            Some("b69a9388-9488-4534-b470-7ec6d41beef9".parse().unwrap())
        );
        let hyphens = newer.replace(
            "b69a938894884534b4707ec6d41beef9",
            "b69a9388-9488-4534-b470-7ec6d41beef9",
        );
        assert!(refused(409, &hyphens).existing_role_assignment().is_some());
        let older = r#"{"error":{"code":"RoleAssignmentExists","message":"The role assignment already exists."}}"#;
        let error = refused(409, older);
        assert!(error.is_role_assignment_exists());
        assert_eq!(error.existing_role_assignment(), None);
    }

    #[test]
    fn a_denial_is_taken_apart() {
        let plain = Denial::parse(
            "The client 'deploy' with object id '111' does not have authorization to perform action 'Microsoft.Authorization/roleAssignments/write' over scope '/subscriptions/s' or the scope is invalid. If access was recently granted, please refresh your credentials.",
        );
        assert_eq!(
            plain,
            Some(Denial {
                principal_id: Some("111".into()),
                action: Some("Microsoft.Authorization/roleAssignments/write".into()),
                scope: Some("/subscriptions/s".into()),
                tenant_id: None,
            })
        );
        let linked = Denial::parse(
            "The client 'deploy' with object id '111' has permission to perform action 'Microsoft.Network/virtualNetworks/virtualNetworkPeerings/write' on scope '/subscriptions/s/a'; however, it does not have permission to perform action(s) 'peer/action' on the linked scope(s) '/subscriptions/t/b' (respectively) or the linked scope(s) are invalid.",
        );
        let linked = linked.unwrap();
        assert_eq!(linked.action.as_deref(), Some("peer/action"));
        assert_eq!(linked.scope.as_deref(), Some("/subscriptions/t/b"));
        let tenants = Denial::parse(
            "The client has permission to perform action 'x/write' on scope '/subscriptions/s/a', however the current tenant 'tt' is not authorized to access linked subscription 'uu'.",
        );
        let tenants = tenants.unwrap();
        assert_eq!(tenants.tenant_id.as_deref(), Some("tt"));
        assert_eq!(tenants.scope.as_deref(), Some("uu"));
        assert_eq!(Denial::parse("no"), None);
    }
}
