//! Packets sent together are looked at together.

/// Packets sent within this time of the group's first belong to it (draft-ietf-rmcat-gcc-02 §5.2).
const GROUP_US: i64 = 5_000;
/// A group that only a burst of arrivals makes grows no longer than this.
const BURST_US_MAX: i64 = 100_000;
/// Arrivals that run away from the feedback's own time by more mean that the receiver's clock was set.
const CLOCK_JUMP_US: i64 = 3_000_000;
/// So many groups in a row that end before the one before: begin anew.
const REORDERED_MAX: u8 = 3;

/// The differences between two groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sfu) struct GroupDelta {
    pub(in crate::sfu) sent_us: i64,
    pub(in crate::sfu) arrived_us: i64,
    /// When the later one was complete, by the receiver's clock.
    pub(in crate::sfu) at_us: i64,
}

#[derive(Debug, Clone, Copy)]
struct Group {
    first_sent_us: i64,
    last_sent_us: i64,
    first_arrived_us: i64,
    last_arrived_us: i64,
    /// When the feedback with its last packet came, by our clock.
    reported_us: i64,
}

impl Group {
    fn is_left(&self, sent_us: i64, arrived_us: i64) -> bool {
        !self.is_burst(sent_us, arrived_us) && sent_us - self.first_sent_us > GROUP_US
    }

    /// Arrivals closer together than they were sent: a link that sends in bursts (Wi-Fi) let them go at once.
    fn is_burst(&self, sent_us: i64, arrived_us: i64) -> bool {
        let sent_delta_us = sent_us - self.last_sent_us;
        let arrived_delta_us = arrived_us - self.last_arrived_us;
        sent_delta_us == 0
            || (arrived_delta_us < sent_delta_us
                && arrived_delta_us <= GROUP_US
                && arrived_us - self.first_arrived_us < BURST_US_MAX)
    }
}

/// Makes groups of packets and tells how they are apart.
#[derive(Debug, Default)]
pub(in crate::sfu) struct PacketGroups {
    current: Option<Group>,
    previous: Option<Group>,
    reordered: u8,
}

impl PacketGroups {
    /// Takes one packet, reported at `now_us` (our clock); gives the difference between the last two complete groups when
    /// this packet begins another.
    pub(in crate::sfu) fn push(
        &mut self,
        now_us: i64,
        sent_us: i64,
        arrived_us: i64,
    ) -> Option<GroupDelta> {
        let fresh = Group {
            first_sent_us: sent_us,
            last_sent_us: sent_us,
            first_arrived_us: arrived_us,
            last_arrived_us: arrived_us,
            reported_us: now_us,
        };
        let Some(current) = &mut self.current else {
            self.current = Some(fresh);
            return None;
        };
        if sent_us < current.first_sent_us {
            return None;
        }
        if !current.is_left(sent_us, arrived_us) {
            current.last_sent_us = current.last_sent_us.max(sent_us);
            current.last_arrived_us = arrived_us;
            current.reported_us = now_us;
            return None;
        }
        let complete = *current;
        let before = self.previous.replace(complete);
        self.current = Some(fresh);
        self.delta(before?, complete)
    }

    fn delta(&mut self, before: Group, complete: Group) -> Option<GroupDelta> {
        let delta = GroupDelta {
            sent_us: complete.last_sent_us - before.last_sent_us,
            arrived_us: complete.last_arrived_us - before.last_arrived_us,
            at_us: complete.last_arrived_us,
        };
        if delta.arrived_us - (complete.reported_us - before.reported_us) >= CLOCK_JUMP_US {
            *self = Self::default();
            return None;
        }
        if delta.arrived_us < 0 {
            self.reordered += 1;
            if self.reordered >= REORDERED_MAX {
                *self = Self::default();
            }
            return None;
        }
        self.reordered = 0;
        Some(delta)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deltas(packets: &[(i64, i64)]) -> Vec<(i64, i64)> {
        let mut groups = PacketGroups::default();
        packets
            .iter()
            .filter_map(|&(sent, arrived)| {
                groups.push(arrived * 1_000, sent * 1_000, arrived * 1_000)
            })
            .map(|delta| (delta.sent_us / 1_000, delta.arrived_us / 1_000))
            .collect()
    }

    #[test]
    fn groups_are_five_milliseconds_of_sending() {
        let packets = [(0, 50), (2, 52), (20, 70), (24, 81), (40, 95), (60, 110)];
        assert_eq!(deltas(&packets), [(22, 29), (16, 14)]);
    }

    #[test]
    fn a_burst_of_arrivals_is_one_group() {
        let packets = [(0, 50), (20, 90), (40, 91), (60, 92), (80, 130), (100, 150)];
        assert_eq!(deltas(&packets), [(60, 42), (20, 38)]);
    }

    #[test]
    fn a_clock_that_jumps_begins_anew() {
        let mut groups = PacketGroups::default();
        for step in 0..4 {
            groups.push(step * 20_000, step * 20_000, step * 20_000);
        }
        assert_eq!(
            groups.push(80_000, 80_000, 9_000_000).map(|it| it.sent_us),
            Some(20_000)
        );
        assert_eq!(groups.push(100_000, 100_000, 9_020_000), None);
        assert_eq!(groups.push(120_000, 120_000, 9_040_000), None);
    }
}
