//! Making an answer.

use super::{
    Agreed, AgreedLine, Direction, LineRole, LocalDescription, MediaKind, MediaLine, Offer, Remote,
    SdpError, SendRecv, choose,
    line::{LineKind, Setup, malformed},
    simulcast, write,
};
use crate::rtc::{
    dtls::DtlsRole,
    extension::{Extension, ExtensionMap},
};

/// Answers an offer: what was agreed, and the text for the offerer.
///
/// # Errors
/// When the offer lacks what WebRTC needs here (BUNDLE, rtcp-mux, ICE and DTLS parameters), or nothing in it can be taken.
pub fn answer(offer: &Offer, local: &LocalDescription<'_>) -> Result<(Agreed, String), SdpError> {
    let decided = offer
        .lines
        .iter()
        .map(|line| decide(line, local))
        .collect::<Result<Vec<_>, _>>()?;
    let accepted = || {
        let lines = offer.lines.iter().zip(&decided);
        lines.filter_map(|(line, decision)| decision.is_accepted().then_some(line))
    };
    check_bundle(offer, accepted().collect())?;
    // The transport of the bundle is that of the first m-line in the group that is accepted (RFC 8843 §7.3.1).
    let tagged = offer
        .bundle
        .iter()
        .find_map(|mid| accepted().find(|line| line.mid == *mid))
        .or_else(|| accepted().next())
        .ok_or(SdpError::NothingAcceptable)?;
    let mut extensions = ExtensionMap::default();
    for decision in &decided {
        let Decision::Media(line) = decision else {
            continue;
        };
        for (id, extension) in line.extensions.iter() {
            let inserted = extensions.insert(id, extension);
            inserted.map_err(|taken| malformed("extmap", &taken.to_string()))?;
        }
    }
    let (remote, role) = remote(offer, tagged)?;
    let agreed = Agreed {
        remote,
        role,
        extensions,
        mixed_extensions: offer.mixed_extensions,
        data: decided.contains(&Decision::Data),
        lines: decided.iter().filter_map(Decision::line).collect(),
    };
    let text = write::answer(offer, &decided, &agreed, tagged, local);
    Ok((agreed, text))
}

/// What becomes of an m-line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Decision {
    Media(Box<AgreedLine>),
    Data,
    /// Something that is no media, or media that never were understood.
    Refused,
}

impl Decision {
    pub(super) fn is_accepted(&self) -> bool {
        match self {
            Self::Media(line) => line.direction != LineRole::Refused,
            Self::Data => true,
            Self::Refused => false,
        }
    }

    fn line(&self) -> Option<AgreedLine> {
        match self {
            Self::Media(line) => Some((**line).clone()),
            Self::Data | Self::Refused => None,
        }
    }
}

fn decide(line: &MediaLine, local: &LocalDescription<'_>) -> Result<Decision, SdpError> {
    let kind = match line.kind {
        LineKind::Media(kind) => kind,
        LineKind::Data if !line.stopped => return Ok(Decision::Data),
        LineKind::Data | LineKind::Unknown => return Ok(Decision::Refused),
    };
    let mut role = role(line, local.sendrecv);
    let mut extensions = extensions(line, role)?;
    let transport_cc = extensions.id(Extension::TransportCc).is_some();
    let mut codecs = choose::codecs(line, kind, role, transport_cc, local);
    if codecs.is_empty() || line.stopped {
        role = LineRole::Refused;
        extensions = ExtensionMap::default();
        codecs.clear();
    } else if !line.rtcp_mux {
        return Err(SdpError::NoRtcpMux {
            mid: line.mid.clone(),
        });
    }
    let publishes = role == LineRole::Publication;
    let rids_offered = if publishes && kind == MediaKind::Video {
        line.rids.clone()
    } else {
        Vec::new()
    };
    let ssrc = line.ssrcs.first().copied().filter(|_| publishes);
    let is_repair = |(media, _): &&(u32, u32)| Some(*media) == ssrc;
    Ok(Decision::Media(Box::new(AgreedLine {
        mid: line.mid.clone(),
        kind,
        direction: role,
        codecs,
        extensions,
        rids: simulcast::smallest_first(&rids_offered),
        rids_offered,
        ssrc,
        rtx_ssrc: line.repairs.iter().find(is_repair).map(|(_, rtx)| *rtx),
        ours: (role == LineRole::Slot).then(|| {
            let slot = (local.slots)(&line.mid);
            (slot.media, slot.rtx)
        }),
    })))
}

const fn role(line: &MediaLine, sendrecv: SendRecv) -> LineRole {
    match (line.direction, sendrecv) {
        (Direction::SendOnly, _) | (Direction::SendRecv, SendRecv::Publication) => {
            LineRole::Publication
        }
        (Direction::RecvOnly, _) | (Direction::SendRecv, SendRecv::Slot) => LineRole::Slot,
        (Direction::Inactive, _) => LineRole::Inactive,
    }
}

/// The extensions of an m-line. Those that only name streams are not for slots, whose SSRCs the answer names.
fn extensions(line: &MediaLine, role: LineRole) -> Result<ExtensionMap, SdpError> {
    let mut map = ExtensionMap::default();
    for (id, extension, direction) in &line.extensions {
        let wanted = match role {
            LineRole::Publication => {
                matches!(direction, Direction::SendRecv | Direction::SendOnly)
            }
            LineRole::Slot => {
                matches!(direction, Direction::SendRecv | Direction::RecvOnly)
                    && !names_streams(*extension)
            }
            LineRole::Inactive | LineRole::Refused => true,
        };
        if wanted {
            map.insert(*id, *extension)
                .map_err(|taken| malformed("extmap", &taken.to_string()))?;
        }
    }
    Ok(map)
}

const fn names_streams(extension: Extension) -> bool {
    matches!(
        extension,
        Extension::Mid | Extension::Rid | Extension::RepairedRid | Extension::VideoLayersAllocation
    )
}

/// All accepted m-lines are one transport.
fn check_bundle(offer: &Offer, accepted: Vec<&MediaLine>) -> Result<(), SdpError> {
    if let [alone] = accepted.as_slice()
        && (offer.bundle.is_empty() || offer.bundle.contains(&alone.mid))
    {
        return Ok(());
    }
    match accepted
        .iter()
        .find(|line| !offer.bundle.contains(&line.mid))
    {
        None => Ok(()),
        Some(line) => Err(SdpError::NotBundled {
            mid: line.mid.clone(),
        }),
    }
}

fn remote(offer: &Offer, tagged: &MediaLine) -> Result<(Remote, DtlsRole), SdpError> {
    let (own, session) = (&tagged.transport, &offer.transport);
    let ice = own.ice().or_else(|| session.ice());
    let remote = Remote {
        ice: ice.ok_or(SdpError::Missing("ice-ufrag and ice-pwd"))?,
        fingerprint: own
            .fingerprint
            .or(session.fingerprint)
            .ok_or(SdpError::Missing("fingerprint of sha-256"))?,
    };
    let role = match own.setup.or(session.setup) {
        Some(Setup::Active) => DtlsRole::Passive,
        // Being the client saves a flight, and its ClientHello is small.
        Some(Setup::Passive | Setup::ActPass) | None => DtlsRole::Active,
    };
    Ok((remote, role))
}
