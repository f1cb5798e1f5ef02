//! From `hello` to `welcome`: tokens, guests who prove a key, renewal on the open socket.

use super::calls::InCalls;
use super::following::Following;
use super::{Connection, ConnectionLane, ConnectionMessage, Open, Session};
use crate::access::limits::{ConnectionLimits, Cost};
use crate::access::{Capability, Challenge, GuestKey, GuestName, Principal};
use crate::actors::gate::{Admission, Rejection, caller};
use crate::actors::supervision::Cx;
use crate::protocol::limits::{HEARTBEAT_MS, OPEN_ROOMS_MAX};
use crate::protocol::{
    Advice, CloseCode, DrainReason, ErrorCode, GuestLogin, Hello, ServerFrame, Status, Welcome,
};
use crate::telemetry::Refusal;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// How far a log-in has come.
pub(super) enum Login {
    /// `hello` has not come.
    AwaitHello,
    /// A guest was challenged.
    AwaitProof(Box<Guest>),
    /// A guest's name is on its way to the disk.
    Storing(Box<Guest>),
}

/// A guest on the way in.
pub(super) struct Guest {
    hello: Hello,
    name: GuestName,
    key: GuestKey,
    challenge: Challenge,
}

impl Connection {
    /// The first frame.
    pub(super) fn hello(&mut self, mut hello: Hello, cx: &mut Cx<'_, Self>) {
        if !HEARTBEAT_MS.contains(&hello.heartbeat_ms) || hello.rooms.len() > OPEN_ROOMS_MAX {
            let message = "heartbeat_ms must be 1000 to 60000, and at most 512 rooms be opened";
            self.refuse(None, ErrorCode::Malformed, Advice::Fix, message);
            return self.close(CloseCode::Unauthorized, cx);
        }
        match (hello.token.take(), hello.guest.take()) {
            (Some(token), _) => match self.node.gate.admit(&token, self.node.clock.now_ms()) {
                Ok(capability) => self.welcome(hello, capability, None, cx),
                Err(rejection) => self.reject(rejection, cx),
            },
            (None, Some(login)) => match self.challenge(hello, &login) {
                Ok(guest) => {
                    let (nonce, node) = (guest.challenge.nonce(), self.node.gate.node());
                    self.send(ServerFrame::Challenge { nonce, node });
                    self.session = Session::Login(Login::AwaitProof(Box::new(guest)));
                }
                Err(rejection) => self.reject(rejection, cx),
            },
            (None, None) => self.reject(Rejection::NoCredential, cx),
        }
    }

    /// A guest's signature over the challenge: to get in, or to renew its token.
    pub(super) fn prove(&mut self, signature: &str, cx: &mut Cx<'_, Self>) {
        match &mut self.session {
            Session::Login(Login::AwaitProof(guest)) => {
                let proven = guest.challenge.verify(signature).is_ok();
                self.proven(proven, cx);
            }
            Session::Open(open) => {
                let challenge = open.renewal.take();
                if challenge.is_none_or(|challenge| challenge.verify(signature).is_err()) {
                    let message = "the signature does not fit";
                    return self.refuse(None, ErrorCode::Unauthorized, Advice::Fix, message);
                }
                let now_ms = self.node.clock.now_ms();
                match self.node.gate.renew_guest(&open.capability, now_ms) {
                    Ok(admission) => self.renewed(admission.capability, admission.token, cx),
                    Err(rejection) => self.reject(rejection, cx),
                }
            }
            Session::Login(_) | Session::Closing => {
                let message = "there is no challenge to answer";
                self.refuse(None, ErrorCode::NotReady, Advice::Fix, message);
            }
        }
    }

    /// A guest has answered its challenge: its name is written, unless it is stored already.
    fn proven(&mut self, proven: bool, cx: &mut Cx<'_, Self>) {
        let Session::Login(login) = &mut self.session else {
            return;
        };
        let Login::AwaitProof(guest) = std::mem::replace(login, Login::AwaitHello) else {
            return;
        };
        if !proven {
            return self.reject(Rejection::BadProof, cx);
        }
        let stored = self.store_guest(&guest, cx);
        self.session = Session::Login(Login::Storing(guest));
        if let Some(result) = stored {
            self.guest_stored(result, cx);
        }
    }

    /// A new token on the open socket, or a guest's wish for a challenge.
    pub(super) fn renew(&mut self, token: Option<String>, cx: &mut Cx<'_, Self>) {
        let Session::Open(open) = &mut self.session else {
            return self.refuse(None, ErrorCode::NotReady, Advice::Fix, "say hello first");
        };
        if let Some(token) = token {
            let (user, device) = (open.capability.user.clone(), open.capability.device.clone());
            return match self.node.gate.admit(&token, self.node.clock.now_ms()) {
                Ok(capability) if capability.user == user && capability.device == device => {
                    self.renewed(capability, None, cx);
                }
                Ok(_) => {
                    let message = "the new token is of another user or device";
                    self.refuse(None, ErrorCode::Unauthorized, Advice::Fix, message);
                }
                Err(rejection) => {
                    let (code, advice) = rejection.code();
                    self.refuse(None, code, advice, rejection.to_string());
                }
            };
        }
        if open.capability.principal != Principal::Guest {
            return self.refuse(
                None,
                ErrorCode::Unauthorized,
                Advice::Fix,
                "only a guest renews without a token",
            );
        }
        match self.node.gate.rechallenge(&open.capability) {
            Ok(challenge) => {
                let (nonce, node) = (challenge.nonce(), self.node.gate.node());
                open.renewal = Some(challenge);
                self.send(ServerFrame::Challenge { nonce, node });
            }
            Err(rejection) => self.reject(rejection, cx),
        }
    }

    /// A guest's name is on disk, or is not.
    pub(super) fn guest_stored(&mut self, result: Result<(), Rejection>, cx: &mut Cx<'_, Self>) {
        let Session::Login(Login::Storing(guest)) =
            std::mem::replace(&mut self.session, Session::Closing)
        else {
            return;
        };
        if let Err(rejection) = result {
            return self.reject(rejection, cx);
        }
        let Guest {
            hello, name, key, ..
        } = *guest;
        match self
            .node
            .gate
            .admit_guest(&key, &name, self.node.clock.now_ms())
        {
            Ok(Admission { capability, token }) => self.welcome(hello, capability, token, cx),
            Err(rejection) => self.reject(rejection, cx),
        }
    }

    fn challenge(&self, hello: Hello, login: &GuestLogin) -> Result<Guest, Rejection> {
        let name = GuestName::parse(&login.name).map_err(Rejection::Guest)?;
        let key = GuestKey::parse(&login.key).map_err(Rejection::Guest)?;
        let challenge = self.node.gate.challenge(&login.name, &key)?;
        Ok(Guest {
            hello,
            name,
            key,
            challenge,
        })
    }

    /// Writes a guest's name, unless it is stored already; `None`: the answer comes later.
    fn store_guest(&self, guest: &Guest, cx: &mut Cx<'_, Self>) -> Option<Result<(), Rejection>> {
        let address = cx.address();
        self.node
            .gate
            .claim_name(&self.node, &guest.name, &guest.key, move |result| {
                let message = ConnectionMessage::GuestStored(result);
                // Refused only when the connection is gone.
                let _ = address.push(ConnectionLane::Control, message);
            })
    }

    fn welcome(
        &mut self,
        hello: Hello,
        capability: Capability,
        token: Option<String>,
        cx: &mut Cx<'_, Self>,
    ) {
        if !capability.rights.can_read() {
            return self.reject(Rejection::MayNotRead, cx);
        }
        let rooms = u32::try_from(hello.rooms.len()).unwrap_or(u32::MAX);
        let since_start = cx.now().saturating_duration_since(self.node.started_at);
        let limits = &self.node.gate.user_limits;
        if let Err(limited) = limits.take(&capability.user, Cost::Reads, rooms, since_start) {
            self.limited(None, limited, Refusal::User);
            return self.close(CloseCode::PolicyViolation, cx);
        }
        let capability = Arc::new(capability);
        if let Err(rejection) = self.be_found(&capability, cx) {
            return self.reject(rejection, cx);
        }
        let node = &self.node;
        self.send(ServerFrame::Welcome(Welcome {
            node: node.gate.node(),
            server: concat!("greenroom/", env!("CARGO_PKG_VERSION")).into(),
            user: capability.user.clone(),
            device: capability.device.clone(),
            name: capability.name.clone(),
            heartbeat_ms: hello.heartbeat_ms,
            now_ms: node.clock.now_ms(),
            expires_ms: capability.expires_ms,
            token,
        }));
        self.session = Session::Open(Box::new(Open {
            caller: caller(&capability),
            capability,
            heartbeat: Duration::from_millis(hello.heartbeat_ms.into()),
            status: Status::Online,
            limits: ConnectionLimits::new(self.node.settings.connection_rates),
            strikes: 0,
            following: Following::default(),
            calls: InCalls::default(),
            renewal: None,
        }));
        for position in hello.rooms {
            self.open_room(position, None, cx);
        }
        self.tick(cx);
        if self.node.draining.load(Ordering::SeqCst) {
            self.drain(DrainReason::Shutdown, cx);
        }
    }

    /// Lets whatever concerns the user reach this connection. A revocation that came just before is found here, one that
    /// comes later finds the connection.
    fn be_found(&self, capability: &Arc<Capability>, cx: &Cx<'_, Self>) -> Result<(), Rejection> {
        let users = &self.node.users;
        users.here(self.id, capability, cx.address());
        if self.node.gate.has_revoked(capability) {
            users.gone(self.id, &capability.user);
            return Err(Rejection::Revoked);
        }
        Ok(())
    }

    fn renewed(&mut self, capability: Capability, token: Option<String>, cx: &mut Cx<'_, Self>) {
        if !capability.rights.can_read() {
            return self.reject(Rejection::MayNotRead, cx);
        }
        let (expires_ms, capability) = (capability.expires_ms, Arc::new(capability));
        if let Err(rejection) = self.be_found(&capability, cx) {
            return self.reject(rejection, cx);
        }
        let Session::Open(open) = &mut self.session else {
            return;
        };
        open.caller = caller(&capability);
        open.capability = capability;
        self.send(ServerFrame::Renewed { token, expires_ms });
        self.leave_uncovered();
        self.leave_uncovered_calls();
    }

    fn reject(&mut self, rejection: Rejection, cx: &mut Cx<'_, Self>) {
        let (code, advice) = rejection.code();
        self.refuse(None, code, advice, rejection.to_string());
        self.close(rejection.close(), cx);
    }
}
