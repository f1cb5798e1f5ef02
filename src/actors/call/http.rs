//! Participants without a WebSocket: ICE restarts and the end, by whoever knows the session's secret.

use super::CallActor;
use super::message::{HttpAnswer, HttpAsk, HttpRefusal, HttpRequest};
use super::state::{Transport, Way};
use crate::actors::media::PeerCommand;
use crate::actors::supervision::Cx;
use crate::protocol::{Advice, ErrorCode};
use crate::rtc::ice::IceCredentials;
use crate::rtc::sdp::MediaKind;
use crate::sfu::ParticipantId;
use crate::sfu::call::LeaveReason;
use std::sync::Arc;

impl CallActor {
    pub(super) fn http(&mut self, request: HttpRequest, cx: &mut Cx<'_, Self>) {
        let HttpRequest {
            participant,
            secret,
            ask,
            answer,
        } = request;
        let member = self.state.call.member(participant);
        let known = member.is_some_and(|member| member.secret().fits(&secret));
        let link = self.state.links.get(&participant);
        let by_http = link.is_some_and(|link| matches!(link.way, Way::Http(..)));
        let done = match ask {
            _ if !known || !by_http => Err(refusal(
                ErrorCode::CallNotFound,
                Advice::Fix,
                "there is no such session",
            )),
            HttpAsk::Delete => {
                let reason = LeaveReason::Left;
                let effects = self.state.call.leave(cx.now(), participant, reason);
                self.apply(effects);
                Ok(HttpAnswer::Done)
            }
            HttpAsk::Patch { about, remote } => self.patch(participant, about, remote),
        };
        // Refused only when nobody waits any more.
        let _ = answer.send(done);
    }

    /// Candidates need nothing done: they are learnt from binding requests. New credentials restart ICE.
    fn patch(
        &mut self,
        participant: ParticipantId,
        about: Option<String>,
        remote: Option<IceCredentials>,
    ) -> Result<HttpAnswer, HttpRefusal> {
        let fresh = self.node.random();
        let link = self.state.link(participant);
        let transport = link.and_then(|link| link.transport.as_mut());
        let (Some(transport), Some(fresh)) = (transport, fresh) else {
            let message = "its media is gone";
            return Err(refusal(ErrorCode::CallNotFound, Advice::Fix, message));
        };
        if about.is_some_and(|about| about != transport.local.ufrag) {
            return Ok(HttpAnswer::Outdated);
        }
        let current = &transport.agreed.remote.ice;
        let Some(remote) = remote.filter(|remote| remote != current) else {
            return Ok(HttpAnswer::Done);
        };
        let local = IceCredentials::from_random(&fresh);
        transport.local = local.clone();
        let mut agreed = (*transport.agreed).clone();
        agreed.remote.ice = remote.clone();
        transport.agreed = Arc::new(agreed);
        let answer = HttpAnswer::Restarted {
            ufrag: local.ufrag.clone(),
            fragment: fragment(transport),
        };
        self.changed = true;
        self.command(participant, PeerCommand::RestartIce { local, remote });
        Ok(answer)
    }
}

/// The server's side of an ICE session (RFC 8840 §9).
fn fragment(transport: &Transport) -> String {
    let IceCredentials { ufrag, pwd } = &transport.local;
    let first = transport.agreed.lines.first();
    let (mid, kind) = first.map_or(("0", "audio"), |line| {
        let kind = match line.kind {
            MediaKind::Audio => "audio",
            MediaKind::Video => "video",
        };
        (line.mid.as_str(), kind)
    });
    let candidates = &transport.candidates;
    format!(
        "a=ice-lite\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{pwd}\r\nm={kind} 9 UDP/TLS/RTP/SAVPF 0\r\n\
         a=mid:{mid}\r\n{candidates}"
    )
}

fn refusal(code: ErrorCode, advice: Advice, message: &str) -> HttpRefusal {
    HttpRefusal {
        code,
        advice,
        message: message.into(),
    }
}
