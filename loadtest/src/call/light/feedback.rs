//! When a light client reports: repairs at once, transport-wide arrivals often, reports and REMB every second.

use super::super::kit::{Kit, Opens};
use super::receive::Receivers;
use super::rtcp;
use super::send::Sender;
use std::collections::BTreeMap;

/// Between two transport-wide reports, microseconds.
const ARRIVALS_US: u64 = 50_000;
/// Between two sender or receiver reports, microseconds.
const REPORT_US: u64 = 1_000_000;
/// Packets of one transport-wide report.
const ARRIVALS_MAX: usize = 400;
/// Seconds from 1900 to 1970 (RFC 5905 6).
const NTP_OFFSET_S: u64 = 2_208_988_800;

/// What a client has to report.
#[derive(Debug)]
pub(super) struct Feedback {
    ours: u32,
    kit: Kit,
    media: u32,
    arrivals: BTreeMap<u64, u64>,
    /// The first number not reported yet.
    base: Option<u64>,
    count: u8,
    arrivals_us: u64,
    report_us: u64,
}

impl Feedback {
    /// Feedback in the name of the SSRC `ours`.
    pub(super) const fn new(ours: u32, kit: Kit) -> Self {
        Self {
            ours,
            kit,
            media: 0,
            arrivals: BTreeMap::new(),
            base: None,
            count: 0,
            arrivals_us: 0,
            report_us: 0,
        }
    }

    /// A packet with a transport-wide number arrived.
    pub(super) fn arrived(&mut self, number: u16, media: u32, now_us: u64) {
        self.media = media;
        let base = *self.base.get_or_insert(u64::from(number) + (1 << 16));
        let low = u16::try_from(base & 0xFFFF).expect("masked to 16 bits");
        let step = number.wrapping_sub(low).cast_signed();
        let index = base.saturating_add_signed(i64::from(step));
        if index >= base {
            self.arrivals.entry(index).or_insert(now_us);
        }
    }

    /// The compound packets due now, in plain.
    pub(super) fn due(
        &mut self,
        now_us: u64,
        receivers: &mut Receivers,
        senders: &[Sender],
    ) -> Vec<Vec<u8>> {
        let mut compounds = Vec::new();
        // A sink misses almost everything, on purpose.
        let sink = self.kit.opens == Opens::Nothing;
        for (media, sequences) in receivers.missing(now_us).filter(|_| !sink) {
            let mut out = self.begin();
            rtcp::ask_again(&mut out, self.ours, media, &sequences);
            compounds.push(out);
        }
        if now_us >= self.arrivals_us + ARRIVALS_US && !self.arrivals.is_empty() {
            self.arrivals_us = now_us;
            compounds.extend(self.report_arrivals());
        }
        if now_us >= self.report_us + REPORT_US {
            self.report_us = now_us;
            for sender in senders {
                let Some((ssrc, rtp, sent)) = sender.report() else {
                    continue;
                };
                let mut out = Vec::new();
                rtcp::sender_report(&mut out, ssrc, ntp(now_us), rtp, sent);
                compounds.push(out);
            }
            let mut blocks = receivers.blocks(now_us);
            blocks.retain(|_| !sink);
            let mut out = Vec::new();
            rtcp::receiver_report(&mut out, self.ours, &blocks);
            let slot = receivers.video(0);
            if let (false, Some(media)) = (self.kit.twcc, slot) {
                rtcp::remb(&mut out, self.ours, media, self.kit.remb_bps);
            }
            compounds.push(out);
        }
        compounds
    }

    /// A request for a key frame.
    pub(super) fn pli(&self, media: u32) -> Vec<u8> {
        let mut out = self.begin();
        rtcp::pli(&mut out, self.ours, media);
        out
    }

    fn begin(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        rtcp::receiver_report(&mut out, self.ours, &[]);
        out
    }

    fn report_arrivals(&mut self) -> Vec<Vec<u8>> {
        let mut compounds = Vec::new();
        while let (Some(base), Some((last, _))) = (self.base, self.arrivals.last_key_value()) {
            let last = (*last).min(base + ARRIVALS_MAX as u64 - 1);
            let window: Vec<Option<u64>> = (base..=last)
                .map(|n| self.arrivals.get(&n).copied())
                .collect();
            let mut out = self.begin();
            let low = u16::try_from(base & 0xFFFF).expect("masked to 16 bits");
            rtcp::twcc(&mut out, [self.ours, self.media], low, self.count, &window);
            self.count = self.count.wrapping_add(1);
            self.base = Some(last + 1);
            self.arrivals = self.arrivals.split_off(&(last + 1));
            compounds.push(out);
        }
        compounds
    }
}

/// 32.32 fixed point seconds since 1900.
fn ntp(now_us: u64) -> u64 {
    let seconds = now_us / 1_000_000 + NTP_OFFSET_S;
    let fraction = ((now_us % 1_000_000) << 32) / 1_000_000;
    seconds << 32 | fraction
}
