//! Participants without a WebSocket: ICE restarts and the end, by whoever knows the session's secret.

use super::CallActor;
use super::message::{HttpAnswer, HttpAsk, HttpRefusal, HttpRequest};
use super::state::Way;
use crate::actors::media::PeerCommand;
use crate::actors::supervision::Cx;
use crate::protocol::{Advice, ErrorCode};
use crate::rtc::ice::IceCredentials;
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
                self.apply(effects, cx);
                Ok(HttpAnswer::Done)
            }
            HttpAsk::Restart(None) => Ok(HttpAnswer::Done),
            HttpAsk::Restart(Some((ufrag, pwd))) => {
                self.restart(participant, IceCredentials { ufrag, pwd })
            }
        };
        // Refused only when nobody waits any more.
        let _ = answer.send(done);
    }

    /// New credentials of the client's: ours are made anew too, unless they are the ones in force.
    fn restart(
        &mut self,
        participant: ParticipantId,
        remote: IceCredentials,
    ) -> Result<HttpAnswer, HttpRefusal> {
        let fresh = self.node.random();
        let link = self.state.link(participant);
        let transport = link.and_then(|link| link.transport.as_mut());
        let (Some(transport), Some(fresh)) = (transport, fresh) else {
            let message = "its media is gone";
            return Err(refusal(ErrorCode::CallNotFound, Advice::Fix, message));
        };
        let current = &transport.agreed.remote;
        if current.ufrag == remote.ufrag && current.pwd == remote.pwd {
            return Ok(HttpAnswer::Done);
        }
        let local = IceCredentials::from_random(&fresh);
        transport.local = local.clone();
        let mut agreed = (*transport.agreed).clone();
        agreed.remote.ufrag.clone_from(&remote.ufrag);
        agreed.remote.pwd.clone_from(&remote.pwd);
        transport.agreed = Arc::new(agreed);
        self.changed = true;
        let answer = HttpAnswer::Restarted {
            ufrag: local.ufrag.clone(),
            pwd: local.pwd.clone(),
        };
        self.command(participant, PeerCommand::RestartIce { local, remote });
        Ok(answer)
    }
}

fn refusal(code: ErrorCode, advice: Advice, message: &str) -> HttpRefusal {
    HttpRefusal {
        code,
        advice,
        message: message.into(),
    }
}
