//! Kong Konnect's Cloud Gateways API: networks, transit gateways, private DNS.
