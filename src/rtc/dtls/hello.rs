//! A look into a ClientHello (RFC 5246 §7.4.1.2, RFC 6347 §4.2.1) before the library gets it.

/// Bytes of the client's random.
pub(super) const RANDOM_LEN: usize = 32;

/// Bytes of the version, before the random.
const VERSION_LEN: usize = 2;

/// The use_srtp extension (RFC 5764 §4.1.1).
const USE_SRTP: u16 = 14;

/// AEAD_AES_128_GCM (RFC 7714 §14.2).
const AEAD_AES_128_GCM: [u8; 2] = [0, 7];

/// The random of a ClientHello that is at least that long.
pub(super) fn random(hello: &[u8]) -> Option<[u8; RANDOM_LEN]> {
    hello
        .get(VERSION_LEN..VERSION_LEN + RANDOM_LEN)?
        .try_into()
        .ok()
}

/// Whether a whole ClientHello offers SRTP with AES-128-GCM.
pub(super) fn offers_gcm(hello: &[u8]) -> bool {
    profiles(hello).is_some_and(|profiles| {
        profiles
            .chunks_exact(2)
            .any(|profile| profile == AEAD_AES_128_GCM)
    })
}

fn profiles(hello: &[u8]) -> Option<&[u8]> {
    let mut rest = hello.get(VERSION_LEN + RANDOM_LEN..)?;
    let _session_id = take_with_u8_length(&mut rest)?;
    let _cookie = take_with_u8_length(&mut rest)?;
    let _cipher_suites = take_with_u16_length(&mut rest)?;
    let _compressions = take_with_u8_length(&mut rest)?;
    let mut extensions = take_with_u16_length(&mut rest)?;
    while !extensions.is_empty() {
        let kind = take(&mut extensions, 2)?;
        let mut content = take_with_u16_length(&mut extensions)?;
        if kind == USE_SRTP.to_be_bytes() {
            return take_with_u16_length(&mut content);
        }
    }
    None
}

fn take<'a>(rest: &mut &'a [u8], len: usize) -> Option<&'a [u8]> {
    let (taken, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(taken)
}

fn take_with_u8_length<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = take(rest, 1)?;
    take(rest, usize::from(len[0]))
}

fn take_with_u16_length<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = take(rest, 2)?;
    take(rest, usize::from(u16::from_be_bytes([len[0], len[1]])))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hello(profiles: &[u8]) -> Vec<u8> {
        let mut hello = vec![0xFE, 0xFD];
        hello.extend([7; RANDOM_LEN]);
        hello.extend([1, 9]); // session id
        hello.extend([0]); // cookie
        hello.extend([0, 2, 0xC0, 0x2B, 1, 0]); // one suite, no compression
        let mut extensions = vec![0, 23, 0, 0, 0, 14, 0, profiles.len() as u8 + 3];
        extensions.extend([0, profiles.len() as u8]);
        extensions.extend(profiles);
        extensions.push(0); // no MKI
        hello.extend((extensions.len() as u16).to_be_bytes());
        hello.extend(extensions);
        hello
    }

    #[test]
    fn the_offered_profiles_are_found() {
        assert!(offers_gcm(&hello(&[0, 1, 0, 7])));
        assert!(offers_gcm(&hello(&[0, 7])));
        assert!(!offers_gcm(&hello(&[0, 1, 0, 2, 0, 8])));
        assert!(!offers_gcm(&hello(&[7, 0, 0, 1])));
        let whole = hello(&[0, 7]);
        assert_eq!(random(&whole), Some([7; RANDOM_LEN]));
        assert!(!offers_gcm(&whole[..whole.len() - 3]));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..120)) {
            offers_gcm(&bytes);
            random(&bytes);
        }
    }
}
