//! Datagrams that the kernel dropped because nobody read them in time, by local port: from `/proc/net/udp`.

use std::collections::HashMap;

/// What every UDP socket of this machine missed so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct SocketDrops(HashMap<u16, u64>);

impl SocketDrops {
    /// Reads them; empty where there is no such file.
    pub(crate) fn read() -> Self {
        let text = std::fs::read_to_string("/proc/net/udp").unwrap_or_default();
        Self(text.lines().skip(1).filter_map(line).collect())
    }

    /// What a socket missed since an earlier reading.
    pub(crate) fn since(&self, before: &Self, port: u16) -> u64 {
        let at = |drops: &Self| drops.0.get(&port).copied().unwrap_or(0);
        at(self).saturating_sub(at(before))
    }
}

/// Local address in hexadecimal as the second word, drops as the last.
fn line(text: &str) -> Option<(u16, u64)> {
    let (_, port) = text.split_whitespace().nth(1)?.split_once(':')?;
    let drops = text.split_whitespace().last()?.parse().ok()?;
    Some((u16::from_str_radix(port, 16).ok()?, drops))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_and_drops_are_read() {
        let text = "  231: 0100007F:1E15 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 9 2 0 17";
        assert_eq!(line(text), Some((7_701, 17)));
        assert_eq!(line("garbage"), None);
    }
}
