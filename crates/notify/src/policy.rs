//! What the operator lets callbacks reach.

use std::collections::BTreeSet;
use std::net::IpAddr;

use ipnet::IpNet;

use crate::address::{embedded_v4, special};
use crate::host_name;

/// Which addresses, names, ports and schemes callbacks may use. By default: HTTPS on its own port to public addresses.
#[derive(Debug, Clone, Default)]
pub struct GuardPolicy {
    plain_http: PlainHttp,
    ports: Ports,
    allowed_networks: Vec<IpNet>,
    denied_networks: Vec<IpNet>,
    allowed_hosts: BTreeSet<String>,
}

/// Where callbacks may go without TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PlainHttp {
    /// Nowhere.
    #[default]
    Refused,
    /// To allowed hosts, and to literal addresses in allowed networks.
    ToAllowed,
    /// Anywhere.
    Anywhere,
}

/// Which ports callbacks may use.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Ports {
    /// The scheme's own: 443 for `https`, 80 for `http`.
    #[default]
    Standard,
    /// These too.
    Also(BTreeSet<u16>),
    /// All.
    Any,
}

/// Why a rule of the operator cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyError {
    /// No range of addresses.
    #[error(
        "{text:?} is not a network: write it like 10.20.0.0/16, with no bits beyond the prefix"
    )]
    Network {
        /// What was written.
        text: String,
    },
    /// Everything.
    #[error(
        "a network of every address would switch the guard off: name the networks that callbacks may reach"
    )]
    Everything,
    /// No name of a host.
    #[error(
        "{text:?} is not the name of a host: write it in lower case ASCII, addresses as networks"
    )]
    Host {
        /// What was written.
        text: String,
    },
}

impl GuardPolicy {
    /// Sets where callbacks may go without TLS.
    #[must_use]
    pub fn plain_http(mut self, plain_http: PlainHttp) -> Self {
        self.plain_http = plain_http;
        self
    }

    /// Sets the ports.
    #[must_use]
    pub fn ports(mut self, ports: Ports) -> Self {
        self.ports = ports;
        self
    }

    /// Allows every address of `network` (`10.20.0.0/16`, `fd12::/48`, or one address), whatever it is.
    ///
    /// # Errors
    /// [`PolicyError`] when it is not a network, or all of them.
    pub fn allow_network(mut self, network: &str) -> Result<Self, PolicyError> {
        self.allowed_networks.push(parse_network(network)?);
        Ok(self)
    }

    /// Denies every address of `network` even if it is public or allowed: one's own public addresses, for example.
    ///
    /// # Errors
    /// [`PolicyError`] when it is not a network, or all of them.
    pub fn deny_network(mut self, network: &str) -> Result<Self, PolicyError> {
        self.denied_networks.push(parse_network(network)?);
        Ok(self)
    }

    /// Allows the host `name` to be local and to resolve to private, shared and loopback addresses; link-local ones and
    /// clouds' metadata services only a network can allow. Its name servers are trusted with that.
    ///
    /// # Errors
    /// [`PolicyError::Host`] when it is not a name in lower case.
    pub fn allow_host(mut self, name: &str) -> Result<Self, PolicyError> {
        if !host_name::is_well_formed(name) {
            return Err(PolicyError::Host {
                text: name.to_owned(),
            });
        }
        self.allowed_hosts.insert(name.to_owned());
        Ok(self)
    }

    pub(crate) fn allows_host(&self, name: &str) -> bool {
        self.allowed_hosts.contains(name)
    }

    pub(crate) fn allows_port(&self, port: u16, standard: u16) -> bool {
        port == standard
            || match &self.ports {
                Ports::Standard => false,
                Ports::Also(ports) => ports.contains(&port),
                Ports::Any => true,
            }
    }

    pub(crate) fn allows_plain_http(&self, host: Option<&str>, literal: Option<IpAddr>) -> bool {
        match self.plain_http {
            PlainHttp::Refused => false,
            PlainHttp::ToAllowed => {
                host.is_some_and(|name| self.allows_host(name))
                    || literal.is_some_and(|address| contains(&self.allowed_networks, address))
            }
            PlainHttp::Anywhere => true,
        }
    }

    /// Whether a connection to `address` may be made, under the name `host` if it was resolved from one. The error says what
    /// kind of address it is.
    pub(crate) fn check_address(
        &self,
        host: Option<&str>,
        address: IpAddr,
    ) -> Result<(), &'static str> {
        let inner = embedded_v4(address).map(IpAddr::V4);
        if [Some(address), inner]
            .into_iter()
            .flatten()
            .any(|address| contains(&self.denied_networks, address))
        {
            return Err("denied");
        }
        if contains(&self.allowed_networks, address) {
            return Ok(());
        }
        match special(address) {
            None => Ok(()),
            Some(found) if found.internal && host.is_some_and(|name| self.allows_host(name)) => {
                Ok(())
            }
            Some(found) => Err(found.name),
        }
    }
}

fn contains(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

fn parse_network(text: &str) -> Result<IpNet, PolicyError> {
    let network = text
        .parse::<IpNet>()
        .or_else(|_| text.parse::<IpAddr>().map(IpNet::from))
        .ok()
        .filter(|network| network.trunc() == *network)
        .ok_or_else(|| PolicyError::Network {
            text: text.to_owned(),
        })?;
    if network.prefix_len() == 0 {
        return Err(PolicyError::Everything);
    }
    Ok(network)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: &GuardPolicy, host: Option<&str>, address: &str) -> Result<(), &'static str> {
        policy.check_address(host, address.parse().expect("an address"))
    }

    #[test]
    fn an_allowed_network_opens_itself_and_nothing_else() -> Result<(), PolicyError> {
        let policy = GuardPolicy::default()
            .allow_network("10.20.0.0/16")?
            .allow_network("fd12::/48")?
            .allow_network("169.254.7.7")?;
        for address in ["10.20.3.4", "fd12::9", "169.254.7.7", "93.184.215.14"] {
            assert_eq!(check(&policy, None, address), Ok(()), "{address}");
        }
        for (address, what) in [
            ("10.21.0.1", "private"),
            ("::ffff:10.20.3.4", "IPv4-mapped"),
            ("64:ff9b::10.20.3.4", "private"),
            ("169.254.169.254", "link-local"),
            ("127.0.0.1", "loopback"),
        ] {
            assert_eq!(check(&policy, None, address), Err(what), "{address}");
        }
        Ok(())
    }

    #[test]
    fn an_allowed_host_may_be_internal_but_never_a_metadata_service() -> Result<(), PolicyError> {
        let policy = GuardPolicy::default().allow_host("backend")?;
        for address in [
            "10.0.0.1",
            "127.0.0.1",
            "::1",
            "100.64.0.1",
            "fd00::1",
            "192.168.1.1",
        ] {
            assert_eq!(
                check(&policy, Some("backend"), address),
                Ok(()),
                "{address}"
            );
            assert!(check(&policy, Some("other"), address).is_err(), "{address}");
            assert!(check(&policy, None, address).is_err(), "{address}");
        }
        for address in [
            "169.254.169.254",
            "fe80::1",
            "100.100.100.200",
            "168.63.129.16",
            "fd00:ec2::254",
            "fd20:ce::254",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "::ffff:127.0.0.1",
        ] {
            assert!(
                check(&policy, Some("backend"), address).is_err(),
                "{address}"
            );
        }
        Ok(())
    }

    #[test]
    fn a_denied_network_wins_over_everything() -> Result<(), PolicyError> {
        let policy = GuardPolicy::default()
            .allow_network("10.0.0.0/8")?
            .allow_host("backend")?
            .deny_network("10.9.0.0/16")?
            .deny_network("93.184.215.0/24")?;
        for address in ["10.9.1.1", "93.184.215.14", "64:ff9b::93.184.215.14"] {
            assert_eq!(
                check(&policy, Some("backend"), address),
                Err("denied"),
                "{address}"
            );
        }
        assert_eq!(check(&policy, None, "10.8.1.1"), Ok(()));
        Ok(())
    }

    #[test]
    fn a_rule_that_cannot_be_read_is_refused() {
        let network = |text: &str| GuardPolicy::default().allow_network(text).err();
        for text in [
            "",
            "10.0.0.1/8",
            "10.0.0.0/33",
            "backend",
            "10.0.0.0-10.0.0.9",
        ] {
            let expected = PolicyError::Network {
                text: text.to_owned(),
            };
            assert_eq!(network(text), Some(expected), "{text}");
        }
        for text in ["0.0.0.0/0", "::/0"] {
            assert_eq!(network(text), Some(PolicyError::Everything), "{text}");
        }
        for text in ["", "Backend", "10.0.0.1", "*.corp.example", "a."] {
            assert!(GuardPolicy::default().allow_host(text).is_err(), "{text}");
        }
    }
}
