//! Runs handed to the kernel, several in a call, and what it says to them.

use super::{
    super::socket::{Family, Gso},
    run::Run,
};
use nix::{
    cmsg_space,
    errno::Errno,
    sys::socket::{ControlMessage, MsgFlags, MultiHeaders, SockaddrStorage, sendmmsg},
};
use std::{array, io::IoSlice, os::fd::RawFd};

/// Runs of one system call. More gains nothing: the cost is the kernel's work for each.
pub(super) const CALL_RUNS_MAX: usize = 32;

/// Datagrams that did not leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EgressDrops {
    /// The send buffer, or a queue below it, is full.
    pub full: u64,
    /// No way to the destination, or a firewall forbids it.
    pub unreachable: u64,
    /// Longer than the path takes.
    pub too_long: u64,
    /// Anything else.
    pub other: u64,
}

/// What became of a flushed arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FlushReport {
    /// Datagrams the kernel took.
    pub sent: u64,
    /// Their payload bytes.
    pub bytes: u64,
    /// System calls made.
    pub calls: u64,
    /// Datagrams the kernel did not take.
    pub drops: EgressDrops,
}

/// Runs for one call: all of one family, and either all in segments of this length or all single datagrams.
#[derive(Debug, Clone, Copy)]
pub(super) struct Group<'a> {
    pub(super) family: Family,
    pub(super) segment: Option<u16>,
    pub(super) runs: &'a [Run],
    pub(super) addresses: &'a [Option<SockaddrStorage>],
}

/// The message headers of a call, allocated once: those without control messages and those with a segment length.
pub(super) struct Headers {
    plain: MultiHeaders<SockaddrStorage>,
    segmented: MultiHeaders<SockaddrStorage>,
}

impl Headers {
    pub(super) fn new() -> Self {
        Self {
            plain: MultiHeaders::preallocate(CALL_RUNS_MAX, None),
            segmented: MultiHeaders::preallocate(CALL_RUNS_MAX, Some(cmsg_space!(u16))),
        }
    }

    /// Sends the first runs of a group and tells how many.
    pub(super) fn send(
        &mut self,
        descriptor: Option<RawFd>,
        bytes: &[u8],
        group: Group<'_>,
    ) -> Result<usize, Errno> {
        let descriptor = descriptor.ok_or(Errno::EAFNOSUPPORT)?;
        let slices: [[IoSlice<'_>; 1]; CALL_RUNS_MAX] = array::from_fn(|i| {
            let range = group.runs.get(i).map_or(0..0, Run::range);
            [IoSlice::new(&bytes[range])]
        });
        let slices = slices[..group.runs.len().min(CALL_RUNS_MAX)].iter();
        let flags = MsgFlags::MSG_DONTWAIT;
        let sent = match &group.segment {
            None => sendmmsg(
                descriptor,
                &mut self.plain,
                slices,
                group.addresses,
                [],
                flags,
            )?,
            Some(segment) => {
                let control = [ControlMessage::UdpGsoSegments(segment)];
                let headers = &mut self.segmented;
                sendmmsg(descriptor, headers, slices, group.addresses, control, flags)?
            }
        };
        Ok(sent.count())
    }
}

/// Sends all runs. `send` tells how many of a group's runs it sent, or why not the first. `gso` is turned off when a
/// device refuses it.
pub(super) fn deliver(
    runs: &[Run],
    addresses: &[Option<SockaddrStorage>],
    gso: &mut Gso,
    send: impl FnMut(Group<'_>) -> Result<usize, Errno>,
) -> FlushReport {
    let mut delivery = Delivery {
        send,
        gso,
        full: [false; 2],
        report: FlushReport::default(),
    };
    let mut rest = (runs, addresses);
    while let Some(first) = rest.0.first() {
        let kind = kind(first);
        let alike = rest.0.iter().take(CALL_RUNS_MAX);
        let count = alike.take_while(|run| self::kind(run) == kind).count();
        let (runs, runs_left) = rest.0.split_at(count);
        let (addresses, addresses_left) = rest.1.split_at(count);
        delivery.group(Group {
            family: kind.0,
            segment: kind.1,
            runs,
            addresses,
        });
        rest = (runs_left, addresses_left);
    }
    delivery.report
}

/// What the runs of a call have in common.
fn kind(run: &Run) -> (Family, Option<u16>) {
    let segment = (run.datagrams() > 1).then(|| {
        u16::try_from(run.segment()).expect("a run, so a segment, has at most 65,000 bytes")
    });
    (Family::of(run.to()), segment)
}

struct Delivery<'a, S> {
    send: S,
    gso: &'a mut Gso,
    /// Families whose send buffer is full: the rest of the flush has no chance.
    full: [bool; 2],
    report: FlushReport,
}

impl<S: FnMut(Group<'_>) -> Result<usize, Errno>> Delivery<'_, S> {
    fn group(&mut self, group: Group<'_>) {
        let mut at = 0;
        while at < group.runs.len() {
            let run = &group.runs[at];
            if self.full[group.family as usize] {
                self.report.drops.full += run.datagrams() as u64;
                at += 1;
                continue;
            }
            if group.segment.is_some() && *self.gso == Gso::Off {
                self.one_by_one(run, group.addresses[at]);
                at += 1;
                continue;
            }
            self.report.calls += 1;
            let left = Group {
                runs: &group.runs[at..],
                addresses: &group.addresses[at..],
                ..group
            };
            match (self.send)(left) {
                // The kernel sends one or says why not.
                Ok(sent) => {
                    let sent = sent.clamp(1, left.runs.len());
                    self.sent(&left.runs[..sent]);
                    at += sent;
                }
                Err(error) => {
                    self.refused(error, left);
                    at += 1;
                }
            }
        }
    }

    fn sent(&mut self, runs: &[Run]) {
        for run in runs {
            self.report.sent += run.datagrams() as u64;
            self.report.bytes += run.len() as u64;
        }
    }

    /// Deals with the first run of a group, which was not sent.
    fn refused(&mut self, error: Errno, group: Group<'_>) {
        let run = &group.runs[0];
        let datagrams = run.datagrams() as u64;
        let drops = &mut self.report.drops;
        match (error, group.segment) {
            // The device cannot fill in checksums, so it never will.
            (Errno::EIO, Some(_)) => {
                *self.gso = Gso::Off;
                self.one_by_one(run, group.addresses[0]);
            }
            // This path is narrower than a segment; single datagrams are fragmented.
            (Errno::EINVAL | Errno::EMSGSIZE, Some(_)) => {
                self.one_by_one(run, group.addresses[0]);
            }
            (Errno::EAGAIN, _) => {
                self.full[group.family as usize] = true;
                drops.full += datagrams;
            }
            (Errno::ENOBUFS | Errno::ENOMEM, _) => drops.full += datagrams,
            (Errno::EMSGSIZE, None) => drops.too_long += datagrams,
            (
                Errno::ENETUNREACH
                | Errno::EHOSTUNREACH
                | Errno::ENETDOWN
                | Errno::ECONNREFUSED
                | Errno::EADDRNOTAVAIL
                | Errno::EAFNOSUPPORT
                | Errno::EACCES
                | Errno::EPERM,
                _,
            ) => drops.unreachable += datagrams,
            _ => drops.other += datagrams,
        }
    }

    /// Sends the datagrams of a run without segmentation.
    fn one_by_one(&mut self, run: &Run, address: Option<SockaddrStorage>) {
        let addresses = [address; CALL_RUNS_MAX];
        for from in (0..run.datagrams()).step_by(CALL_RUNS_MAX) {
            let mut singles = [*run; CALL_RUNS_MAX];
            let mut count = 0;
            for (room, single) in singles.iter_mut().zip(run.singles(from)) {
                *room = single;
                count += 1;
            }
            self.group(Group {
                family: Family::of(run.to()),
                segment: None,
                runs: &singles[..count],
                addresses: &addresses[..count],
            });
        }
    }
}

#[cfg(test)]
mod tests;
