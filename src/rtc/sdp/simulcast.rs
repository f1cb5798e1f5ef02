//! Simulcast encodings: `a=rid` (RFC 8851) and `a=simulcast` (RFC 8853).

use super::{
    OfferLimits, SdpError,
    line::{token, value, values},
};
use rtc_sdp::description::media::MediaDescription;

/// Names that pages give their encodings, the smallest first.
const LADDERS: [&[&str]; 4] = [
    &["q", "h", "f"],
    &["l", "m", "h"],
    &["lo", "mi", "hi"],
    &["low", "mid", "medium", "high"],
];

/// The encodings that the offerer sends, in the order of `a=simulcast`.
pub(super) fn rids(
    media: &MediaDescription,
    limits: &OfferLimits,
) -> Result<Vec<String>, SdpError> {
    let mut sent = Vec::new();
    for text in values(&media.attributes, "rid") {
        let mut words = text.split_ascii_whitespace();
        let (Some(rid), Some("send")) = (words.next(), words.next()) else {
            continue;
        };
        let rid = token(rid, "rid")?.to_owned();
        if !sent.contains(&rid) {
            sent.push(rid);
        }
        if sent.len() > limits.rids_max {
            return Err(SdpError::TooMany {
                what: "simulcast encodings",
                max: limits.rids_max,
            });
        }
    }
    let order = value(&media.attributes, "simulcast").and_then(send_list);
    let place = |rid: &String| order.as_ref()?.iter().position(|named| named == rid);
    // Those that `a=simulcast` leaves out come last, as they stand.
    sent.sort_by_key(|rid| place(rid).unwrap_or(usize::MAX));
    Ok(sent)
}

/// The encodings with the smallest first, as far as their names tell; otherwise as they are given, which is the order
/// that browsers ask for.
pub(super) fn smallest_first(rids: &[String]) -> Vec<String> {
    let mut sorted = rids.to_vec();
    let ladder = LADDERS
        .iter()
        .find(|ladder| rids.iter().all(|rid| ladder.contains(&rid.as_str())));
    if let Some(ladder) = ladder {
        sorted.sort_by_key(|rid| ladder.iter().position(|name| name == rid));
    } else if let Some(numbers) = numbers(rids) {
        sorted.sort_by_key(|rid| {
            numbers
                .iter()
                .find(|(name, _)| *name == rid)
                .map(|(_, n)| *n)
        });
    }
    sorted
}

/// `send q;h,g;~f recv x`: the first alternative of each encoding, paused or not.
fn send_list(simulcast: &str) -> Option<Vec<&str>> {
    let mut words = simulcast.split_ascii_whitespace();
    words.find(|word| *word == "send")?;
    let list = words.next()?;
    Some(
        list.split(';')
            .filter_map(|encoding| encoding.split(',').next())
            .map(|rid| rid.trim_start_matches('~'))
            .collect(),
    )
}

/// `r0`, `r1`, ... or `0`, `1`, ...: names that end in a number after the same prefix.
fn numbers(rids: &[String]) -> Option<Vec<(&String, u32)>> {
    let split = |rid: &String| {
        let digits = rid.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        rid.split_at_checked(digits)
            .map(|(prefix, number)| (prefix.to_owned(), number.to_owned()))
    };
    let (prefix, _) = split(rids.first()?)?;
    rids.iter()
        .map(|rid| {
            let (own, number) = split(rid)?;
            (own == prefix).then_some(())?;
            Some((rid, number.parse().ok()?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(rids: &[&str]) -> Vec<String> {
        smallest_first(&rids.iter().map(|rid| (*rid).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn known_names_are_sorted() {
        assert_eq!(sorted(&["f", "h", "q"]), ["q", "h", "f"]);
        assert_eq!(sorted(&["h", "l"]), ["l", "h"]);
        assert_eq!(sorted(&["high", "low"]), ["low", "high"]);
        assert_eq!(sorted(&["r10", "r2"]), ["r2", "r10"]);
        assert_eq!(sorted(&["2", "0", "1"]), ["0", "1", "2"]);
    }

    #[test]
    fn unknown_names_stay() {
        assert_eq!(sorted(&["zebra", "ant"]), ["zebra", "ant"]);
        assert_eq!(sorted(&["b1", "a2"]), ["b1", "a2"]);
        assert_eq!(sorted(&["q", "h", "x"]), ["q", "h", "x"]);
        assert_eq!(sorted(&[]), Vec::<String>::new());
    }

    #[test]
    fn lists_are_read() {
        assert_eq!(send_list("send q;h,g;~f recv x").unwrap(), ["q", "h", "f"]);
        assert_eq!(send_list("recv x send a").unwrap(), ["a"]);
        assert_eq!(send_list("recv x"), None);
    }
}
