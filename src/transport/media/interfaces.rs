//! Where clients are told to send media.

use nix::ifaddrs::getifaddrs;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Addresses that one answer names.
const ADVERTISED_MAX: usize = 16;

/// What the operator named; else what is listened on, where that is every address those of all interfaces. A loopback
/// address only when there is no other, or when it is `wanted`.
pub(super) fn advertised(named: &[IpAddr], listened: &[IpAddr], wanted: bool) -> Vec<IpAddr> {
    if !named.is_empty() {
        return named.to_vec();
    }
    let mut found = Vec::new();
    let interfaces = interfaces();
    for address in listened {
        if address.is_unspecified() {
            let family = interfaces
                .iter()
                .filter(|it| it.is_ipv4() == address.is_ipv4());
            found.extend(family.copied());
        } else {
            found.push(*address);
        }
    }
    found.sort_unstable();
    found.dedup();
    if !wanted && found.iter().any(|address| !address.is_loopback()) {
        found.retain(|address| !address.is_loopback());
    }
    found.truncate(ADVERTISED_MAX);
    found
}

fn interfaces() -> Vec<IpAddr> {
    let Ok(all) = getifaddrs() else {
        return Vec::new();
    };
    let addresses = all.filter_map(|interface| {
        let address = interface.address?;
        let v4 = address.as_sockaddr_in().map(|it| IpAddr::V4(it.ip()));
        v4.or_else(|| address.as_sockaddr_in6().map(|it| IpAddr::V6(it.ip())))
    });
    addresses.filter(is_reachable).collect()
}

/// A link-local address means nothing without its interface, which a candidate cannot name.
fn is_reachable(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !v4.is_link_local() && *v4 != Ipv4Addr::UNSPECIFIED,
        IpAddr::V6(v6) => !v6.is_unicast_link_local() && *v6 != Ipv6Addr::UNSPECIFIED,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    #[test]
    fn what_the_operator_names_is_all() {
        let named = [address("203.0.113.7")];
        assert_eq!(advertised(&named, &[address("0.0.0.0")], true), named);
    }

    #[test]
    fn a_loopback_address_is_told_alone_or_when_wanted() {
        let loopback = address("127.0.0.1");
        assert_eq!(advertised(&[], &[loopback], false), [loopback]);
        let both = [loopback, address("192.0.2.1")];
        assert_eq!(advertised(&[], &both, false), [address("192.0.2.1")]);
        assert_eq!(advertised(&[], &both, true), both);
    }

    #[test]
    fn every_address_stands_for_those_of_all_interfaces() {
        let found = advertised(&[], &[address("0.0.0.0")], true);
        assert!(!found.is_empty());
        assert!(found.iter().all(|it| it.is_ipv4() && !it.is_unspecified()));
    }
}
