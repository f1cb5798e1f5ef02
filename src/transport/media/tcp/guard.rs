//! How many connections there may be, of whom.

use super::TcpLimits;
use crate::rtc::TcpId;
use std::{
    cell::RefCell,
    collections::HashMap,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    rc::Rc,
};

/// Who sits where. Both maps hold at most `total_max` entries.
#[derive(Debug)]
pub(super) struct Guard {
    total_max: usize,
    per_network_max: usize,
    networks: HashMap<IpAddr, usize>,
    seated: HashMap<TcpId, IpAddr>,
    next: u32,
}

/// An admitted connection's place, given back when dropped.
#[derive(Debug)]
pub(super) struct Seat {
    pub(super) id: TcpId,
    pub(super) remote: SocketAddr,
    guard: Rc<RefCell<Guard>>,
}

impl Guard {
    pub(super) fn new(limits: &TcpLimits) -> Self {
        Self {
            total_max: limits.connections_max,
            per_network_max: limits.connections_per_address_max,
            networks: HashMap::new(),
            seated: HashMap::new(),
            next: 0,
        }
    }

    /// A place for a connection, unless all or all of its network's are taken.
    pub(super) fn admit(guard: &Rc<RefCell<Self>>, remote: SocketAddr) -> Option<Seat> {
        let mut state = guard.borrow_mut();
        let network = network(remote.ip());
        let taken = state.networks.get(&network).copied().unwrap_or(0);
        if state.seated.len() >= state.total_max || taken >= state.per_network_max {
            return None;
        }
        // After four billion connections numbers come again, though never one in use.
        while state.seated.contains_key(&TcpId(state.next)) {
            state.next = state.next.wrapping_add(1);
        }
        let id = TcpId(state.next);
        state.next = state.next.wrapping_add(1);
        state.networks.insert(network, taken + 1);
        state.seated.insert(id, network);
        Some(Seat {
            id,
            remote,
            guard: Rc::clone(guard),
        })
    }

    fn leave(&mut self, id: TcpId) {
        let Some(network) = self.seated.remove(&id) else {
            return;
        };
        if let Some(taken) = self.networks.get_mut(&network) {
            *taken -= 1;
            if *taken == 0 {
                self.networks.remove(&network);
            }
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.guard.borrow_mut().leave(self.id);
    }
}

/// What one customer has: an IPv4 address or an IPv6 /64.
fn network(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V4(ip) => IpAddr::V4(ip),
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guard(connections_max: usize, connections_per_address_max: usize) -> Rc<RefCell<Guard>> {
        let limits = TcpLimits {
            connections_max,
            connections_per_address_max,
            ..TcpLimits::default()
        };
        Rc::new(RefCell::new(Guard::new(&limits)))
    }

    fn at(address: &str) -> SocketAddr {
        address.parse().expect("an address")
    }

    #[test]
    fn a_network_has_its_share_and_gets_it_back() {
        let guard = guard(10, 2);
        let first = Guard::admit(&guard, at("[2001:db8::1]:1")).expect("a place");
        let _second = Guard::admit(&guard, at("[2001:db8::2]:1")).expect("a place");
        assert!(Guard::admit(&guard, at("[2001:db8::3]:1")).is_none());
        assert!(Guard::admit(&guard, at("[2001:db8:0:1::3]:1")).is_some());
        drop(first);
        assert!(Guard::admit(&guard, at("[2001:db8::3]:1")).is_some());
    }

    #[test]
    fn all_places_together_are_bounded() {
        let guard = guard(2, 2);
        let seats: Vec<_> = ["192.0.2.1:1", "192.0.2.2:1", "192.0.2.3:1"]
            .into_iter()
            .filter_map(|address| Guard::admit(&guard, at(address)))
            .collect();
        assert_eq!(seats.len(), 2);
        drop(seats);
        let state = guard.borrow();
        assert!(state.networks.is_empty() && state.seated.is_empty());
    }

    #[test]
    fn a_number_in_use_is_not_given_again() {
        let guard = guard(10, 10);
        let first = Guard::admit(&guard, at("192.0.2.1:1")).expect("a place");
        guard.borrow_mut().next = u32::MAX;
        let numbers = [(); 2].map(|()| Guard::admit(&guard, at("192.0.2.1:2")).map(|s| s.id));
        assert_eq!(first.id, TcpId(0));
        assert_eq!(numbers, [Some(TcpId(u32::MAX)), Some(TcpId(1))]);
    }
}
