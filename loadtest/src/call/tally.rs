//! What participants saw and heard; adds up over participants.

use super::stamp::StreamId;
use crate::histogram::Latency;
use std::collections::BTreeMap;

/// Counts of what arrived, and of what should have.
#[derive(Debug, Clone, Default)]
pub(crate) struct MediaTally {
    /// Packets of speech between the first one heard of a talk spurt and its end.
    pub(crate) audio_expected: u64,
    /// Of these, the ones that never came, in no copy.
    pub(crate) audio_lost: u64,
    /// Of these, the ones that came in time to be played.
    pub(crate) audio_playable: u64,
    /// Of these, the ones that only came as redundancy or retransmission.
    pub(crate) audio_repaired: u64,
    /// Talk spurts of which something was heard.
    pub(crate) spurts_heard: u64,
    /// From the beginning of a talk spurt to the first packet heard of it.
    pub(crate) spurt_heard: Latency,
    /// Longest time without a packet inside a talk spurt, one entry a spurt.
    pub(crate) audio_gap: Latency,
    /// From sending to the first copy of a packet of speech.
    pub(crate) audio_latency: Latency,
    /// Packets of video between the first and last one of a stay with a stream.
    pub(crate) video_expected: u64,
    /// Of these, the ones that never came.
    pub(crate) video_lost: u64,
    /// From sending to the first copy of a packet of video.
    pub(crate) video_latency: Latency,
    /// Frames shown: whole, and everything they depend on was shown.
    pub(crate) frames_shown: u64,
    /// Frames of which only some packets came.
    pub(crate) frames_partial: u64,
    /// Frames of which nothing came, within a stay with a stream.
    pub(crate) frames_absent: u64,
    /// Pauses between shown frames of more than three times the mean and 150 ms above it.
    pub(crate) freezes: u64,
    /// How long they were.
    pub(crate) freeze: Latency,
    /// From sending the join to the first frame shown.
    pub(crate) first_frame: Latency,
    /// Changes of stream or layer within a slot.
    pub(crate) switches: u64,
    /// The most changes of one slot within 10 s.
    pub(crate) switches_in_10_s_max: u64,
    /// What was lost of each stream that lost something.
    pub(crate) lost_of: BTreeMap<StreamId, u64>,
    /// RTP packets that arrived, decrypted or not.
    pub(crate) packets: u64,
    /// Packets that failed authentication or carried no stamp.
    pub(crate) packets_bad: u64,
}

impl MediaTally {
    /// Adds another participant's.
    pub(crate) fn merge(&mut self, other: &Self) {
        for (mine, theirs) in [
            (&mut self.audio_expected, other.audio_expected),
            (&mut self.audio_lost, other.audio_lost),
            (&mut self.audio_playable, other.audio_playable),
            (&mut self.audio_repaired, other.audio_repaired),
            (&mut self.spurts_heard, other.spurts_heard),
            (&mut self.video_expected, other.video_expected),
            (&mut self.video_lost, other.video_lost),
            (&mut self.frames_shown, other.frames_shown),
            (&mut self.frames_partial, other.frames_partial),
            (&mut self.frames_absent, other.frames_absent),
            (&mut self.freezes, other.freezes),
            (&mut self.switches, other.switches),
            (&mut self.packets, other.packets),
            (&mut self.packets_bad, other.packets_bad),
        ] {
            *mine += theirs;
        }
        for (stream, lost) in &other.lost_of {
            *self.lost_of.entry(*stream).or_default() += lost;
        }
        self.switches_in_10_s_max = self.switches_in_10_s_max.max(other.switches_in_10_s_max);
        for (mine, theirs) in [
            (&mut self.spurt_heard, &other.spurt_heard),
            (&mut self.audio_gap, &other.audio_gap),
            (&mut self.audio_latency, &other.audio_latency),
            (&mut self.video_latency, &other.video_latency),
            (&mut self.freeze, &other.freeze),
            (&mut self.first_frame, &other.first_frame),
        ] {
            mine.merge(theirs);
        }
    }

    /// Notes packets of a stream that never came.
    pub(crate) fn lost(&mut self, stream: StreamId, packets: u64) {
        if packets > 0 {
            *self.lost_of.entry(stream).or_default() += packets;
        }
    }

    /// Audio that never came, percent of what was expected; `None` when nothing was.
    pub(crate) fn audio_loss_percent(&self) -> Option<f64> {
        percent(self.audio_lost, self.audio_expected)
    }

    /// Video that never came, percent of what was expected; `None` when nothing was.
    pub(crate) fn video_loss_percent(&self) -> Option<f64> {
        percent(self.video_lost, self.video_expected)
    }

    /// Audio that could be played, percent of what was expected; `None` when nothing was.
    pub(crate) fn audio_playable_percent(&self) -> Option<f64> {
        percent(self.audio_playable, self.audio_expected)
    }
}

fn percent(part: u64, whole: u64) -> Option<f64> {
    (whole > 0).then(|| 100.0 * part as f64 / whole as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn participants_add_up() {
        let mut one = MediaTally {
            audio_expected: 100,
            audio_lost: 1,
            switches_in_10_s_max: 3,
            ..MediaTally::default()
        };
        one.first_frame.record(9_000);
        let mut two = one.clone();
        two.audio_lost = 2;
        one.merge(&two);
        assert_eq!(one.audio_loss_percent(), Some(1.5));
        assert_eq!(
            (one.video_loss_percent(), one.switches_in_10_s_max),
            (None, 3)
        );
        assert_eq!(one.first_frame.count(), 2);
    }
}
