//! The Azure clouds and where their services live.

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::http::{InvalidAddress, base_address};

/// One of the separate instances of Azure. Users and applications do not cross between them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Environment {
    /// The global cloud.
    #[default]
    Public,
    /// US Government.
    UsGovernment,
    /// US Government for the Department of Defense: as US Government, with a Graph of its own.
    UsGovernmentDod,
    /// China, operated by 21Vianet.
    China,
}

impl Environment {
    fn authority(self) -> &'static str {
        match self {
            Self::Public => "https://login.microsoftonline.com",
            Self::UsGovernment | Self::UsGovernmentDod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    fn resource_manager(self) -> &'static str {
        match self {
            Self::Public => "https://management.azure.com",
            Self::UsGovernment | Self::UsGovernmentDod => "https://management.usgovcloudapi.net",
            Self::China => "https://management.chinacloudapi.cn",
        }
    }

    fn microsoft_graph(self) -> &'static str {
        match self {
            Self::Public => "https://graph.microsoft.com",
            Self::UsGovernment => "https://graph.microsoft.us",
            Self::UsGovernmentDod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }
}

/// The name is none of the clouds'.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an Azure cloud: use public, usgovernment or china")]
pub struct UnknownEnvironment(String);

impl FromStr for Environment {
    type Err = UnknownEnvironment;

    /// Takes the names in use among Azure tools, without regard to case.
    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name.to_ascii_lowercase().as_str() {
            "public" | "global" | "azurecloud" | "azurepublic" | "azurepubliccloud" => {
                Ok(Self::Public)
            }
            "usgovernment" | "usgovernmentl4" | "azureusgovernment" | "azureusgovernmentcloud" => {
                Ok(Self::UsGovernment)
            }
            "dod" | "usgovernmentl5" => Ok(Self::UsGovernmentDod),
            "china" | "azurechina" | "azurechinacloud" => Ok(Self::China),
            _ => Err(UnknownEnvironment(name.to_owned())),
        }
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Public => "public",
            Self::UsGovernment => "usgovernment",
            Self::UsGovernmentDod => "dod",
            Self::China => "china",
        })
    }
}

/// Service addresses that replace the environment's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EndpointOverrides {
    /// Resource Manager.
    pub resource_manager: Option<String>,
    /// Microsoft Graph.
    pub microsoft_graph: Option<String>,
    /// Entra's token and consent host.
    pub active_directory: Option<String>,
}

/// An endpoint override cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{:?} cannot be the {service} endpoint: {}", .fault.given, .fault.reason)]
pub struct EndpointError {
    service: Service,
    fault: InvalidAddress,
}

impl EndpointError {
    /// Which of the overrides is at fault.
    #[must_use]
    pub fn service(&self) -> Service {
        self.service
    }
}

/// The services whose address can be overridden.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Service {
    /// Resource Manager.
    ResourceManager,
    /// Microsoft Graph.
    MicrosoftGraph,
    /// Entra.
    ActiveDirectory,
}

impl fmt::Display for Service {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::ResourceManager => "Azure Resource Manager",
            Self::MicrosoftGraph => "Microsoft Graph",
            Self::ActiveDirectory => "Entra",
        })
    }
}

/// Where to send requests, and for whom tokens are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cloud {
    environment: Environment,
    resource_manager: Url,
    microsoft_graph: Url,
    active_directory: Url,
}

impl Cloud {
    /// The cloud of an environment, with some addresses replaced.
    ///
    /// # Errors
    /// When an override is no https URL (`http` is taken on loopback, except for Entra, which sees secrets).
    pub fn new(
        environment: Environment,
        overrides: &EndpointOverrides,
    ) -> Result<Self, EndpointError> {
        let pick = |service, given: &Option<String>, default: &str| {
            endpoint(service, given.as_deref().unwrap_or(default))
        };
        Ok(Self {
            environment,
            resource_manager: pick(
                Service::ResourceManager,
                &overrides.resource_manager,
                environment.resource_manager(),
            )?,
            microsoft_graph: pick(
                Service::MicrosoftGraph,
                &overrides.microsoft_graph,
                environment.microsoft_graph(),
            )?,
            active_directory: pick(
                Service::ActiveDirectory,
                &overrides.active_directory,
                environment.authority(),
            )?,
        })
    }

    /// Which cloud this is.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// The base address of Resource Manager.
    #[must_use]
    pub fn resource_manager(&self) -> &Url {
        &self.resource_manager
    }

    /// The base address of Microsoft Graph, without the version.
    #[must_use]
    pub fn microsoft_graph(&self) -> &Url {
        &self.microsoft_graph
    }

    /// The authority: the host that issues tokens and shows the consent page.
    #[must_use]
    pub fn active_directory(&self) -> &Url {
        &self.active_directory
    }

    /// The token scope for Resource Manager. It follows the environment, not the override: a proxy before the real
    /// service needs the real audience.
    #[must_use]
    pub fn resource_manager_scope(&self) -> String {
        format!("{}/.default", self.environment.resource_manager())
    }

    /// The token scope for Microsoft Graph, by environment.
    #[must_use]
    pub fn microsoft_graph_scope(&self) -> String {
        format!("{}/.default", self.environment.microsoft_graph())
    }

    /// The page on which an administrator of `tenant` approves the application: where the caller signs in. Its host follows the environment, and an
    /// override of that, which a cloud of one's own needs.
    #[must_use]
    pub fn admin_consent_url(&self, tenant: &str, client_id: &str) -> String {
        admin_consent_url(&self.active_directory, tenant, client_id)
    }
}

/// The page on which an administrator of `tenant` (a GUID or a verified domain) approves an application.
#[must_use]
pub fn admin_consent_url(authority: &Url, tenant: &str, client_id: &str) -> String {
    let mut url = authority.clone();
    // The authority is an http(s) URL by construction, so it has path segments.
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().push(tenant).push("adminconsent");
    }
    url.query_pairs_mut()
        .clear()
        .append_pair("client_id", client_id);
    url.into()
}

fn endpoint(service: Service, given: &str) -> Result<Url, EndpointError> {
    let refused = |fault| EndpointError { service, fault };
    let url = base_address(given).map_err(refused)?;
    if service == Service::ActiveDirectory && url.scheme() != "https" {
        let reason = "it must be https, as secrets are sent there";
        return Err(refused(InvalidAddress::new(given, reason)));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_in_use_finds_its_cloud() {
        let table = [
            ("public", Environment::Public),
            ("Global", Environment::Public),
            ("AzurePublicCloud", Environment::Public),
            ("usgovernment", Environment::UsGovernment),
            ("usgovernmentl4", Environment::UsGovernment),
            ("AzureUSGovernmentCloud", Environment::UsGovernment),
            ("dod", Environment::UsGovernmentDod),
            ("usgovernmentl5", Environment::UsGovernmentDod),
            ("china", Environment::China),
            ("AzureChinaCloud", Environment::China),
        ];
        for (name, environment) in table {
            assert_eq!(name.parse(), Ok(environment), "{name}");
            assert_eq!(environment.to_string().parse(), Ok(environment));
        }
        let fault = "german".parse::<Environment>().unwrap_err().to_string();
        assert!(
            fault.contains("\"german\"") && fault.contains("usgovernment"),
            "{fault}"
        );
    }

    #[test]
    fn audiences_follow_the_environment_not_the_overrides() {
        let overrides = EndpointOverrides {
            resource_manager: Some("http://127.0.0.1:8080".to_owned()),
            microsoft_graph: Some("http://[::1]:8081/".to_owned()),
            active_directory: Some("https://localhost:8443".to_owned()),
        };
        let cloud = Cloud::new(Environment::China, &overrides).unwrap();
        assert_eq!(cloud.resource_manager().as_str(), "http://127.0.0.1:8080/");
        assert_eq!(
            cloud.resource_manager_scope(),
            "https://management.chinacloudapi.cn/.default"
        );
        assert_eq!(
            cloud.microsoft_graph_scope(),
            "https://microsoftgraph.chinacloudapi.cn/.default"
        );
    }

    #[test]
    fn bad_endpoints_are_refused_by_name() {
        let manager = |text: &str| EndpointOverrides {
            resource_manager: Some(text.to_owned()),
            ..EndpointOverrides::default()
        };
        for (text, reason) in [
            ("management", "https://"),
            ("https://", "no URL"),
            ("http://example.com", "use https"),
            ("http://localhost.example.com", "use https"),
            ("ftp://localhost", "https://"),
            ("https://example.com/?a=b", "query"),
            ("https://me:hunter2@example.com", "password"),
        ] {
            let fault = Cloud::new(Environment::Public, &manager(text)).unwrap_err();
            assert_eq!(fault.service(), Service::ResourceManager);
            assert!(fault.to_string().contains(reason), "{fault}");
            assert!(!fault.to_string().contains("hunter2"), "{fault}");
        }
        let entra = EndpointOverrides {
            active_directory: Some("http://localhost:1".to_owned()),
            ..EndpointOverrides::default()
        };
        let fault = Cloud::new(Environment::Public, &entra).unwrap_err();
        assert_eq!(fault.service(), Service::ActiveDirectory);
    }

    #[test]
    fn the_consent_page_is_the_authoritys() {
        let table = [
            (
                Environment::Public,
                "https://login.microsoftonline.com/contoso.com/adminconsent?client_id=207b296f-cf25-4d23-9eba-9a2c41dc62ca",
            ),
            (
                Environment::UsGovernmentDod,
                "https://login.microsoftonline.us/contoso.com/adminconsent?client_id=207b296f-cf25-4d23-9eba-9a2c41dc62ca",
            ),
        ];
        for (environment, expected) in table {
            let cloud = Cloud::new(environment, &EndpointOverrides::default()).unwrap();
            assert_eq!(
                cloud.admin_consent_url("contoso.com", "207b296f-cf25-4d23-9eba-9a2c41dc62ca"),
                expected
            );
        }
        let cloud = Cloud::new(Environment::Public, &EndpointOverrides::default()).unwrap();
        assert_eq!(
            cloud.admin_consent_url("a/b", "c&d=e"),
            "https://login.microsoftonline.com/a%2Fb/adminconsent?client_id=c%26d%3De"
        );
    }
}
