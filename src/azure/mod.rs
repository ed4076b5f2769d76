//! Azure Resource Manager, Microsoft Graph and Entra: clouds, credentials, ids and typed calls.
