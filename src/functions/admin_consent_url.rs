//! `admin_consent_url(tenant_id, client_id...)`: the page on which an administrator approves Kong's application.

use crate::azure::cloud::{Cloud, EndpointOverrides, Environment};
use crate::azure::ids::Guid;
use crate::konnect::domains::DomainName;
use crate::preflight::consent::KONG_CLIENT_ID;
use crate::tf::function::{Function, FunctionError, Parameter};
use crate::tf::types::Type;
use crate::tf::value::Value;

use super::text;

const DESCRIPTION: &str = "\
The address of the page on which an administrator of the tenant approves Kong's application: to print it, or to send it to the team \
that may open it. Opening it takes an Application Administrator, Cloud Application Administrator, Privileged Role Administrator or Global \
Administrator, and by itself permits nothing in any subscription.\n\n\
The page is that of Azure's public cloud, because functions do not know the provider's configuration. In another cloud, use the \
attribute \
`admin_consent_url` of the resource or data source `konnectazure_service_principal`, which follows the provider's `environment`.";

/// The function.
#[derive(Clone, Copy, Debug)]
pub struct AdminConsentUrl;

/// The function, which needs no client.
#[must_use]
pub const fn function() -> AdminConsentUrl {
    AdminConsentUrl
}

impl Function for AdminConsentUrl {
    fn name(&self) -> &'static str {
        "admin_consent_url"
    }

    fn summary(&self) -> &'static str {
        "Builds the consent link for Kong's application"
    }

    fn description(&self) -> &'static str {
        DESCRIPTION
    }

    fn parameters(&self) -> Vec<Parameter> {
        vec![Parameter::new(
            "tenant_id",
            Type::String,
            "The Entra tenant: its GUID, or one of its verified domains, such as `contoso.onmicrosoft.com`.",
        )]
    }

    fn variadic(&self) -> Option<Parameter> {
        Some(Parameter {
            allow_null: true,
            ..Parameter::new(
                "client_id",
                Type::String,
                "The application's client id, at most one. Left out or null: \
                 `207b296f-cf25-4d23-9eba-9a2c41dc62ca`, Kong's app for virtual network peering.",
            )
        })
    }

    fn return_type(&self) -> Type {
        Type::String
    }

    fn call(&self, arguments: Vec<Value>) -> Result<Value, FunctionError> {
        if arguments.len() > 2 {
            return Err(FunctionError::at(
                2,
                "a page is for one application; call the function once for each",
            ));
        }
        let tenant = tenant(text(&arguments, 0)?).map_err(|reason| FunctionError::at(0, reason))?;
        let client_id = match arguments.get(1) {
            None | Some(Value::Null) => KONG_CLIENT_ID.to_owned(),
            Some(_) => text(&arguments, 1)?
                .parse::<Guid>()
                .map_err(|fault| FunctionError::at(1, fault.to_string()))?
                .to_string(),
        };
        let cloud = Cloud::new(Environment::Public, &EndpointOverrides::default())
            .map_err(|fault| FunctionError::new(fault.to_string()))?;
        Ok(Value::string(cloud.admin_consent_url(&tenant, &client_id)))
    }
}

/// The tenant as the page's address names it. A domain has a dot, which no misspelt GUID has.
fn tenant(given: &str) -> Result<String, String> {
    if !given.contains('.') {
        return given
            .parse::<Guid>()
            .map(|guid| guid.to_string())
            .map_err(|fault| fault.to_string());
    }
    given
        .parse::<DomainName>()
        .map(|domain| domain.to_string())
        .map_err(|fault| format!("{given:?} is neither a GUID nor a domain: {fault}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf::function::call;

    const TENANT: &str = "7d3f9c1e-52a4-4b8e-9a60-1f2e3d4c5b6a";
    const OTHER: &str = "11111111-2222-3333-4444-555555555555";

    fn url(arguments: &[Value]) -> Result<Value, FunctionError> {
        call(&AdminConsentUrl, arguments.to_vec())
    }

    #[test]
    fn without_an_application_the_page_is_for_kongs() {
        let expected = format!(
            "https://login.microsoftonline.com/{TENANT}/adminconsent?client_id={KONG_CLIENT_ID}"
        );
        assert_eq!(url(&[TENANT.into()]), Ok(expected.as_str().into()));
        assert_eq!(
            url(&[TENANT.into(), Value::Null]),
            Ok(expected.as_str().into())
        );
    }

    #[test]
    fn the_documented_default_is_the_real_one() {
        let parameter = AdminConsentUrl.variadic().unwrap();
        assert!(parameter.description.contains(KONG_CLIENT_ID));
    }

    #[test]
    fn a_domain_names_the_tenant_as_well() {
        assert_eq!(
            url(&["Contoso.onmicrosoft.com".into(), OTHER.into()]),
            Ok(Value::string(format!(
                "https://login.microsoftonline.com/contoso.onmicrosoft.com/adminconsent?client_id={OTHER}"
            )))
        );
    }

    #[test]
    fn each_bad_argument_is_refused_by_itself() {
        for (arguments, position, reason) in [
            (vec!["contoso"], 0, "\"contoso\" is not a GUID"),
            (vec![""], 0, "is not a GUID"),
            (vec!["common"], 0, "is not a GUID"),
            (
                vec!["https://contoso.com"],
                0,
                "neither a GUID nor a domain",
            ),
            (vec![TENANT, "kong"], 1, "\"kong\" is not a GUID"),
            (vec![TENANT, "contoso.com"], 1, "is not a GUID"),
            (vec![TENANT, OTHER, OTHER], 2, "one application"),
        ] {
            let arguments: Vec<Value> = arguments.into_iter().map(Value::from).collect();
            let fault = url(&arguments).unwrap_err();
            assert_eq!(fault.argument, Some(position), "{fault}");
            assert!(fault.text.contains(reason), "{fault}");
        }
    }
}
