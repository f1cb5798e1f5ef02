//! Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).

/// The most packets that a feedback from a peer may speak of.
pub const PACKETS_MAX: usize = 4_096;
/// The most packets that one feedback of ours speaks of: so it fits into a datagram.
pub const BUILT_PACKETS_MAX: usize = 500;
/// The unit of a delta, in microseconds.
pub const TICK_US: i64 = 250;
/// The unit of the reference time, in microseconds.
pub const REFERENCE_US: i64 = 64_000;

/// SSRCs, base, count, reference time and number.
const HEAD_BYTES: usize = 16;
/// The longest run of one chunk: 13 bits.
const RUN_MAX: usize = (1 << 13) - 1;
/// The statuses of a vector chunk, of one bit and of two bits each.
const ONE_BIT_STATUSES: usize = 14;
const TWO_BIT_STATUSES: usize = 7;

/// What arrived and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feedback {
    /// Who says so.
    pub sender_ssrc: u32,
    /// A stream of the transport it speaks of.
    pub media_ssrc: u32,
    /// The transport sequence number of the first packet.
    pub base: u16,
    /// The time that the deltas count from, in [`REFERENCE_US`]: 24 bits with a sign, wrapping.
    pub reference_time: i32,
    /// Counts the feedbacks, wrapping.
    pub feedback_count: u8,
    /// Per sequence number from `base` on: when it arrived, in microseconds of the receiver's clock (whose origin is
    /// unknown and which wraps with the reference time), or that it did not. At most [`PACKETS_MAX`].
    pub packets: Vec<Option<i64>>,
}

/// Why bytes are no feedback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TwccError {
    /// It ends before all statuses or deltas.
    #[error("the feedback is shorter than it says")]
    Short,
    /// It speaks of more than [`PACKETS_MAX`] packets.
    #[error("the feedback speaks of too many packets")]
    TooManyPackets,
}

/// How a packet stands in the chunks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Status {
    NotReceived = 0,
    /// A delta of one byte: 0 to 255 ticks.
    Small = 1,
    /// A delta of two bytes with a sign.
    Large = 2,
}

impl Feedback {
    /// Builds a feedback of `arrivals` (microseconds of any clock) from `base` on. Returns it and how many of `arrivals`
    /// it covers: fewer than given when a step in time does not fit (more than 8 s) or there are more than
    /// [`BUILT_PACKETS_MAX`]; the rest goes into another. Its `packets` are quantised as the peer will read them. `None`
    /// when nothing arrived.
    #[must_use]
    pub fn build(
        sender_ssrc: u32,
        media_ssrc: u32,
        feedback_count: u8,
        base: u16,
        arrivals: &[Option<i64>],
    ) -> Option<(Self, usize)> {
        let arrivals = &arrivals[..arrivals.len().min(BUILT_PACKETS_MAX)];
        let first = arrivals.iter().flatten().next()?;
        let reference = first.div_euclid(REFERENCE_US);
        let reference_time = wrap_24(reference);
        // What the peer reconstructs, on our clock: deltas count from there, or the errors of rounding would pile up.
        let mut told = reference * REFERENCE_US;
        let wrapped = told - i64::from(reference_time) * REFERENCE_US;
        let mut packets = Vec::with_capacity(arrivals.len());
        for arrival in arrivals {
            let Some(arrival) = arrival else {
                packets.push(None);
                continue;
            };
            let ticks = (arrival - told + TICK_US / 2).div_euclid(TICK_US);
            if i16::try_from(ticks).is_err() {
                break;
            }
            told += ticks * TICK_US;
            packets.push(Some(told - wrapped));
        }
        let covered = packets.len();
        let feedback = Self {
            sender_ssrc,
            media_ssrc,
            base,
            reference_time,
            feedback_count,
            packets,
        };
        Some((feedback, covered))
    }

    /// Sequence numbers and arrivals.
    pub fn iter(&self) -> impl Iterator<Item = (u16, Option<i64>)> + '_ {
        let number = |offset: usize| {
            let offset = u16::try_from(offset).expect("PACKETS_MAX");
            self.base.wrapping_add(offset)
        };
        let packets = self.packets.iter().take(PACKETS_MAX).enumerate();
        packets.map(move |(offset, arrival)| (number(offset), *arrival))
    }

    /// Reads the body: what follows the common header of RTCP.
    ///
    /// # Errors
    /// When it is cut off or too large.
    pub fn parse(body: &[u8]) -> Result<Self, TwccError> {
        let (head, rest) = body
            .split_first_chunk::<HEAD_BYTES>()
            .ok_or(TwccError::Short)?;
        let word =
            |at: usize| u32::from_be_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]);
        let count = usize::from(u16::from_be_bytes([head[10], head[11]]));
        if count > PACKETS_MAX {
            return Err(TwccError::TooManyPackets);
        }
        let reference_time = word(12).cast_signed() >> 8;
        let (statuses, mut deltas) = statuses(rest, count)?;
        let mut at = i64::from(reference_time) * REFERENCE_US;
        let mut packets = Vec::with_capacity(count);
        for status in statuses {
            let ticks = match status {
                Status::NotReceived => {
                    packets.push(None);
                    continue;
                }
                Status::Small => {
                    let (delta, after) = deltas.split_first().ok_or(TwccError::Short)?;
                    deltas = after;
                    i64::from(*delta)
                }
                Status::Large => {
                    let (delta, after) = deltas.split_first_chunk().ok_or(TwccError::Short)?;
                    deltas = after;
                    i64::from(i16::from_be_bytes(*delta))
                }
            };
            at += ticks * TICK_US;
            packets.push(Some(at));
        }
        Ok(Self {
            sender_ssrc: word(0),
            media_ssrc: word(4),
            base: u16::from_be_bytes([head[8], head[9]]),
            reference_time,
            feedback_count: head[15],
            packets,
        })
    }

    /// Appends the body, a multiple of 4 bytes long and without the common header.
    pub fn write(&self, out: &mut Vec<u8>) {
        let start = out.len();
        let packets = &self.packets[..self.packets.len().min(PACKETS_MAX)];
        let count = u16::try_from(packets.len()).expect("PACKETS_MAX");
        out.extend(self.sender_ssrc.to_be_bytes());
        out.extend(self.media_ssrc.to_be_bytes());
        out.extend(self.base.to_be_bytes());
        out.extend(count.to_be_bytes());
        let [_, reference @ ..] = self.reference_time.to_be_bytes();
        out.extend(reference);
        out.push(self.feedback_count);
        let ticks = self.ticks(packets);
        let statuses: Vec<Status> = ticks.iter().map(|ticks| status(*ticks)).collect();
        write_chunks(&statuses, out);
        for ticks in ticks.into_iter().flatten() {
            match u8::try_from(ticks) {
                Ok(small) => out.push(small),
                Err(_) => out.extend(ticks.to_be_bytes()),
            }
        }
        out.resize(start + (out.len() - start).next_multiple_of(4), 0);
    }

    fn ticks(&self, packets: &[Option<i64>]) -> Vec<Option<i16>> {
        let mut told = i64::from(self.reference_time) * REFERENCE_US;
        let mut ticks_of = |arrival: i64| {
            let ticks = (arrival - told).div_euclid(TICK_US);
            let ticks = ticks.clamp(i64::from(i16::MIN), i64::from(i16::MAX));
            told += ticks * TICK_US;
            i16::try_from(ticks).expect("clamped")
        };
        packets
            .iter()
            .map(|arrival| arrival.map(&mut ticks_of))
            .collect()
    }
}

/// The low 24 bits with their sign.
fn wrap_24(reference: i64) -> i32 {
    let low = u32::try_from(reference & 0xff_ffff).expect("24 bits");
    (low << 8).cast_signed() >> 8
}

fn status(ticks: Option<i16>) -> Status {
    match ticks {
        None => Status::NotReceived,
        Some(0..=255) => Status::Small,
        Some(_) => Status::Large,
    }
}

/// Reads `count` statuses. The last chunk may have more, which mean nothing.
fn statuses(mut rest: &[u8], count: usize) -> Result<(Vec<Status>, &[u8]), TwccError> {
    let mut statuses = Vec::with_capacity(count);
    while statuses.len() < count {
        let (chunk, after) = rest.split_first_chunk().ok_or(TwccError::Short)?;
        rest = after;
        let chunk = u16::from_be_bytes(*chunk);
        let left = count - statuses.len();
        match chunk >> 14 {
            0b10 => {
                let bits = (0..ONE_BIT_STATUSES).rev().map(|bit| chunk >> bit & 1);
                statuses.extend(bits.map(read_status).take(left));
            }
            0b11 => {
                let pairs = (0..TWO_BIT_STATUSES)
                    .rev()
                    .map(|pair| chunk >> (2 * pair) & 3);
                statuses.extend(pairs.map(read_status).take(left));
            }
            _ => {
                let run = usize::from(chunk) & RUN_MAX;
                if run == 0 {
                    return Err(TwccError::Short);
                }
                let status = read_status(chunk >> 13 & 3);
                statuses.extend(std::iter::repeat_n(status, run.min(left)));
            }
        }
    }
    Ok((statuses, rest))
}

const fn read_status(bits: u16) -> Status {
    match bits {
        1 => Status::Small,
        2 => Status::Large,
        // 3 is reserved and has no delta.
        _ => Status::NotReceived,
    }
}

/// Writes runs where they are shorter, else vectors.
fn write_chunks(statuses: &[Status], out: &mut Vec<u8>) {
    let mut rest = statuses;
    while let [first, ..] = rest {
        let run = rest.iter().take_while(|status| *status == first).count();
        let has_large = rest
            .iter()
            .take(ONE_BIT_STATUSES)
            .any(|status| *status == Status::Large);
        let (capacity, width) = if has_large {
            (TWO_BIT_STATUSES, 2)
        } else {
            (ONE_BIT_STATUSES, 1)
        };
        let (taken, chunk) = if run >= capacity || run == rest.len() {
            let run = run.min(RUN_MAX);
            let length = u16::try_from(run).expect("RUN_MAX");
            (run, (*first as u16) << 13 | length)
        } else {
            let taken = rest.len().min(capacity);
            let mut chunk = if has_large { 0b11 } else { 0b10 };
            for i in 0..capacity {
                let status = rest.get(i).map_or(0, |status| *status as u16);
                chunk = chunk << width | status;
            }
            (taken, chunk)
        };
        out.extend(chunk.to_be_bytes());
        rest = &rest[taken..];
    }
}

#[cfg(test)]
#[path = "twcc_tests.rs"]
mod tests;
