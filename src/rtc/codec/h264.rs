//! H.264 payloads (RFC 6184): single units, aggregates and fragments.

use super::FrameInfo;

const SLICE: u8 = 1;
const IDR: u8 = 5;
const SEI: u8 = 6;
const SPS: u8 = 7;
const PPS: u8 = 8;
const DELIMITER: u8 = 9;
const STAP_A: u8 = 24;
const FU_A: u8 = 28;
/// The most units of an aggregate that are looked at.
const UNITS_MAX: usize = 32;

pub(super) fn describe(payload: &[u8], marker: bool) -> Option<FrameInfo> {
    let header = *payload.first()?;
    let mut info = FrameInfo::part(marker);
    // RFC 6184 §5.3: of aggregates and fragments too, an NRI of 0 says that nothing refers to it.
    info.discardable = header & 0x60 == 0;
    info.layer_sync = true;
    match header & 0x1f {
        STAP_A => {
            for unit in units(&payload[1..]).take(UNITS_MAX) {
                add_unit(&mut info, unit.first()? & 0x1f, unit.get(1));
            }
        }
        FU_A => {
            let fragment = *payload.get(1)?;
            let kind = fragment & 0x1f;
            if fragment & 0x80 != 0 {
                add_unit(&mut info, kind, payload.get(2));
            } else {
                info.keyframe = kind == IDR;
            }
        }
        kind @ 1..=23 => add_unit(&mut info, kind, payload.get(1)),
        _ => return None,
    }
    info.discardable &= !info.keyframe;
    Some(info)
}

/// `first` is the first byte after the unit's header.
fn add_unit(info: &mut FrameInfo, kind: u8, first: Option<&u8>) {
    match kind {
        // A slice begins with the number of its first macroblock, and 0 is written as the bit 1.
        SLICE | IDR => info.start |= first.is_some_and(|byte| byte & 0x80 != 0),
        SEI | SPS | PPS | DELIMITER => info.start = true,
        _ => {}
    }
    info.keyframe |= matches!(kind, IDR | SPS);
}

/// The units of an aggregate: each after its length in two bytes.
fn units(mut rest: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk()?;
        let (unit, after) = after.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        rest = after;
        (!unit.is_empty()).then_some(unit)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(payload: &[u8]) -> (bool, bool) {
        let info = describe(payload, false).unwrap();
        (info.start, info.keyframe)
    }

    #[test]
    fn keyframes_are_seen_in_every_form() {
        for (what, payload, told_of_it) in [
            ("single SPS", &[0x67, 0x42, 0xe0][..], (true, true)),
            ("single IDR", &[0x65, 0x88], (true, true)),
            ("second slice of an IDR", &[0x65, 0x40], (false, true)),
            (
                "STAP-A of SPS and PPS",
                &[0x78, 0, 2, 0x67, 0x42, 0, 2, 0x68, 0xce],
                (true, true),
            ),
            (
                "STAP-A of SEI and IDR",
                &[0x78, 0, 2, 0x66, 1, 0, 2, 0x65, 0x88],
                (true, true),
            ),
            (
                "STAP-A of SEI and slice",
                &[0x78, 0, 2, 0x66, 1, 0, 2, 0x61, 0x9a],
                (true, false),
            ),
            (
                "first fragment of an IDR",
                &[0x7c, 0x85, 0x88],
                (true, true),
            ),
            (
                "middle fragment of an IDR",
                &[0x7c, 0x05, 0x88],
                (false, true),
            ),
            (
                "last fragment of an IDR",
                &[0x7c, 0x45, 0x88],
                (false, true),
            ),
            (
                "first fragment of a slice",
                &[0x7c, 0x81, 0x9a],
                (true, false),
            ),
            (
                "middle fragment of a slice",
                &[0x7c, 0x01, 0x9a],
                (false, false),
            ),
            ("single slice", &[0x41, 0x9a], (true, false)),
            ("delimiter", &[0x09, 0xf0], (true, false)),
        ] {
            assert_eq!(told(payload), told_of_it, "{what}");
        }
    }

    #[test]
    fn what_nothing_refers_to_is_discardable() {
        assert!(describe(&[0x01, 0x9a], true).unwrap().discardable);
        assert!(!describe(&[0x41, 0x9a], true).unwrap().discardable);
    }

    #[test]
    fn malformed_payloads_are_refused_or_plain() {
        for payload in [&[][..], &[0x7c], &[0x1d, 1, 2], &[0x00]] {
            assert_eq!(describe(payload, false), None, "{payload:?}");
        }
        assert_eq!(told(&[0x78, 0xff, 0xff, 0x67]), (false, false));
    }
}
