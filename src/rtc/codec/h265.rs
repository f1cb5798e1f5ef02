//! H.265 payloads (RFC 7798) without decoding order numbers, as WebRTC sends them.

use super::FrameInfo;

const AGGREGATE: u8 = 48;
const FRAGMENT: u8 = 49;
/// The most units of an aggregate that are looked at.
const UNITS_MAX: usize = 32;

pub(super) fn describe(payload: &[u8], marker: bool) -> Option<FrameInfo> {
    let (kind, temporal) = header(payload)?;
    let mut info = FrameInfo::part(marker);
    info.temporal = temporal;
    info.layer_sync = temporal == 0;
    match kind {
        AGGREGATE => {
            for unit in units(&payload[2..]).take(UNITS_MAX) {
                let (kind, _) = header(unit)?;
                add_unit(&mut info, kind, unit.get(2));
            }
        }
        FRAGMENT => {
            let fragment = *payload.get(2)?;
            let kind = fragment & 0x3f;
            if fragment & 0x80 != 0 {
                add_unit(&mut info, kind, payload.get(3));
            } else {
                info.keyframe = is_random_access(kind);
                info.layer_sync |= is_sublayer_access(kind);
            }
        }
        0..=47 => add_unit(&mut info, kind, payload.get(2)),
        _ => return None,
    }
    info.layer_sync |= info.keyframe;
    Some(info)
}

/// Type and temporal layer of a unit (RFC 7798 §1.1.4).
fn header(unit: &[u8]) -> Option<(u8, u8)> {
    let [first, second, ..] = unit else {
        return None;
    };
    // Temporal ids are written plus one.
    Some(((first >> 1) & 0x3f, (second & 0x07).checked_sub(1)?))
}

/// `first` is the first byte after the unit's header.
fn add_unit(info: &mut FrameInfo, kind: u8, first: Option<&u8>) {
    match kind {
        // The first bit of a slice says that it is the first of its picture.
        0..=31 => info.start |= first.is_some_and(|byte| byte & 0x80 != 0),
        // Parameter sets, the delimiter and what is told in advance come first.
        32..=35 | 39 => info.start = true,
        _ => {}
    }
    info.keyframe |= is_random_access(kind) || matches!(kind, 32 | 33);
    info.layer_sync |= is_sublayer_access(kind);
}

/// BLA, IDR and CRA (H.265 table 7-1).
const fn is_random_access(kind: u8) -> bool {
    matches!(kind, 16..=21)
}

/// TSA and STSA: one may go up to this temporal layer.
const fn is_sublayer_access(kind: u8) -> bool {
    matches!(kind, 2..=5)
}

/// The units of an aggregate: each after its length in two bytes.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk()?;
        let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = after;
        (unit.len() >= 2).then_some(unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keyframes_are_seen_in_every_form() {
        for (what, payload, told) in [
            ("single VPS", &[0x40, 0x01, 0x0c][..], (true, true)),
            ("single SPS", &[0x42, 0x01, 0x01], (true, true)),
            ("single IDR", &[0x26, 0x01, 0xaf], (true, true)),
            ("second slice of an IDR", &[0x26, 0x01, 0x2f], (false, true)),
            ("CRA", &[0x2a, 0x01, 0xaf], (true, true)),
            (
                "aggregate of VPS and SPS",
                &[0x60, 0x01, 0, 3, 0x40, 1, 9, 0, 3, 0x42, 1, 9],
                (true, true),
            ),
            (
                "aggregate of slices",
                &[0x60, 0x01, 0, 3, 0x02, 1, 0x80],
                (true, false),
            ),
            (
                "first fragment of an IDR",
                &[0x62, 0x01, 0x93, 0xaf],
                (true, true),
            ),
            (
                "middle fragment of an IDR",
                &[0x62, 0x01, 0x13, 0xaf],
                (false, true),
            ),
            (
                "first fragment of a slice",
                &[0x62, 0x01, 0x81, 0xd0],
                (true, false),
            ),
            ("single slice", &[0x02, 0x01, 0xd0], (true, false)),
        ] {
            let info = describe(payload, false).unwrap();
            assert_eq!((info.start, info.keyframe), told, "{what}");
        }
    }

    #[test]
    fn temporal_layers_are_read() {
        let info = describe(&[0x02, 0x02, 0xd0], true).unwrap();
        assert_eq!((info.temporal, info.layer_sync), (1, false));
        let access = describe(&[0x06, 0x02, 0xd0], true).unwrap();
        assert_eq!((access.temporal, access.layer_sync), (1, true));
    }

    #[test]
    fn malformed_payloads_are_refused() {
        for payload in [
            &[][..],
            &[0x26],
            &[0x26, 0x00],
            &[0x62, 0x01],
            &[0x64, 0x01, 0x00],
        ] {
            assert_eq!(describe(payload, false), None, "{payload:?}");
        }
    }
}
