//! Which codecs are taken, and which profile can be decoded as which.

use super::AgreedCodec;

/// The codec among `accepted` that `published` can be received as.
pub(super) fn matching<'a>(
    accepted: &'a [AgreedCodec],
    published: &AgreedCodec,
) -> Option<&'a AgreedCodec> {
    accepted.iter().find(|codec| codec.codec == published.codec)
}
