//! Deterministic GUIDs for objects whose name the client chooses.
//!
//! A name that follows from what the object is makes a create that lost its answer meet itself when it is repeated.

use uuid::Uuid;

use super::ids::{ArmId, Guid};

/// The namespace of the `guid()` function of Resource Manager templates.
const TEMPLATE_NAMESPACE: Uuid = Uuid::from_u128(0x11fb_06fb_712d_4ddd_98c7_e71b_bd58_8830);

/// What `guid(parts…)` gives in a Resource Manager or Bicep template: UUID v5 over the parts joined by hyphens.
#[must_use]
pub fn template_guid(parts: &[&str]) -> Guid {
    Uuid::new_v5(&TEMPLATE_NAMESPACE, parts.join("-").as_bytes()).into()
}

/// The name of a role assignment. The principal takes part, because the same name with a re-created principal would
/// be refused as an update.
#[must_use]
pub fn role_assignment_name(scope: &ArmId, principal_id: &Guid, role: &Guid) -> Guid {
    let scope = scope.as_str().trim_end_matches('/').to_lowercase();
    template_guid(&[
        &scope,
        &principal_id.as_uuid().to_string(),
        &role.as_uuid().to_string(),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guid(text: &str) -> Guid {
        text.parse().unwrap()
    }

    #[test]
    fn the_recipe_gives_what_other_implementations_of_uuid_v5_give() {
        // Made with Python: uuid.uuid5(UUID("11fb06fb-…"), "-".join(parts)).
        assert_eq!(
            template_guid(&["a"]).as_str(),
            "3703365d-5a9f-59b4-bca7-b9681389e4c1"
        );
        assert_eq!(
            template_guid(&["a", "b"]).as_str(),
            "2d796349-8c7e-55ec-9624-54ece82ed031"
        );
    }

    #[test]
    fn spelling_does_not_change_an_assignment_name() {
        let lower: ArmId =
            "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590/resourcegroups/network"
                .parse()
                .unwrap();
        let mixed: ArmId =
            "/subscriptions/0B1F6471-1BF0-4DDA-AEC3-CB9272F09590/resourceGroups/Network"
                .parse()
                .unwrap();
        let principal = guid("2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11");
        let role = guid("4d97b98b-1d4f-4787-a291-c67834d212e7");
        let upper_role = guid("4D97B98B-1D4F-4787-A291-C67834D212E7");
        assert_eq!(
            role_assignment_name(&lower, &principal, &role),
            role_assignment_name(&mixed, &principal, &upper_role)
        );
    }

    #[test]
    fn every_part_of_an_assignment_counts() {
        let scope: ArmId = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09590"
            .parse()
            .unwrap();
        let other: ArmId = "/subscriptions/0b1f6471-1bf0-4dda-aec3-cb9272f09591"
            .parse()
            .unwrap();
        let principal = guid("2c2a3a15-6c8a-4b47-9a6a-6a7a4e2d7a11");
        let role = guid("4d97b98b-1d4f-4787-a291-c67834d212e7");
        let base = role_assignment_name(&scope, &principal, &role);
        assert_ne!(base, role_assignment_name(&other, &principal, &role));
        assert_ne!(base, role_assignment_name(&scope, &role, &role));
        assert_ne!(base, role_assignment_name(&scope, &principal, &principal));
    }
}
