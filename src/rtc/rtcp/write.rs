//! Writing RTCP.

use super::Rtcp;

/// Appends packets to `out`. [`Rtcp::Other`] is nothing that could be written and is left out.
pub fn write(packets: &[Rtcp], out: &mut Vec<u8>) {
    let _ = (packets, out);
    todo!()
}
