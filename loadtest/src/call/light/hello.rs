//! A ClientHello of a stranger, as a server's port on the internet gets them.

/// One datagram of DTLS 1.2 (RFC 6347 4.2, RFC 5246 7.4.1.2) with this random.
pub(crate) fn client_hello(random: &[u8; 32]) -> Vec<u8> {
    // Version, random, no session, no cookie, one cipher suite, no compression, no extensions.
    let mut body = vec![0xFE, 0xFD];
    body.extend_from_slice(random);
    body.extend_from_slice(&[0, 0, 0, 2, 0xC0, 0x2B, 1, 0]);
    let len = u16::try_from(body.len())
        .expect("a short hello")
        .to_be_bytes();
    let mut handshake = vec![1, 0, len[0], len[1], 0, 0, 0, 0, 0, 0, len[0], len[1]];
    handshake.extend_from_slice(&body);
    let len = u16::try_from(handshake.len())
        .expect("a short hello")
        .to_be_bytes();
    let mut record = vec![22, 0xFE, 0xFD, 0, 0, 0, 0, 0, 0, 0, 0, len[0], len[1]];
    record.extend_from_slice(&handshake);
    record
}

#[cfg(test)]
mod tests {
    use super::*;
    use greenroom::rtc::session::{Datagram, classify};

    #[test]
    fn it_looks_like_dtls() {
        let hello = client_hello(&[7; 32]);
        assert_eq!(classify(&hello), Datagram::Dtls);
        let len = u16::from_be_bytes([hello[11], hello[12]]);
        assert_eq!(hello.len(), 13 + usize::from(len));
    }
}
