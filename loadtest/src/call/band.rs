//! Drives all participants of a thread: media when it falls due, timers often enough.

use super::peer::{Peer, State};
use crate::clock::{Alarm, now_us};
use std::cell::{Cell, RefCell};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::time::Duration;
use tokio::sync::Notify;

/// Between two looks at the timers of a share of the participants.
const TICK: Duration = Duration::from_millis(5);
/// Each participant's timers are looked at every so many ticks.
const SHARES: usize = 4;

/// All participants of a thread.
pub(crate) struct Band {
    peers: RefCell<Vec<Rc<Peer>>>,
    started: RefCell<Vec<bool>>,
    /// When each has media to send.
    due: RefCell<BinaryHeap<Reverse<(u64, usize)>>>,
    sooner: Notify,
    /// When the talks began.
    talk_us: u64,
    ended: Cell<bool>,
}

impl Band {
    /// A band without participants, at work until [`Band::end`].
    ///
    /// # Errors
    /// When the kernel gives no timer.
    pub(crate) fn start() -> anyhow::Result<Rc<Self>> {
        let band = Rc::new(Self {
            peers: RefCell::default(),
            started: RefCell::default(),
            due: RefCell::default(),
            sooner: Notify::new(),
            talk_us: now_us(),
            ended: Cell::new(false),
        });
        tokio::task::spawn_local(Rc::clone(&band).play(Alarm::new()?));
        tokio::task::spawn_local(Rc::clone(&band).tick());
        Ok(band)
    }

    /// Takes a participant in: its media begin when it is connected.
    pub(crate) fn add(&self, peer: &Rc<Peer>) {
        self.peers.borrow_mut().push(Rc::clone(peer));
        self.started.borrow_mut().push(false);
    }

    /// All participants.
    pub(crate) fn peers(&self) -> Vec<Rc<Peer>> {
        self.peers.borrow().clone()
    }

    /// Nothing is sent any more.
    pub(crate) fn end(&self) {
        self.ended.set(true);
        self.sooner.notify_one();
    }

    async fn play(self: Rc<Self>, alarm: Alarm) {
        while !self.ended.get() {
            let next_us = self.due.borrow().peek().map(|next| next.0.0);
            tokio::select! {
                done = alarm.until(next_us.unwrap_or(0)), if next_us.is_some() => {
                    if done.is_err() {
                        return;
                    }
                }
                () = self.sooner.notified() => continue,
            }
            let now_us = now_us();
            loop {
                let mut due = self.due.borrow_mut();
                let Some(Reverse((_, index))) =
                    due.peek().filter(|next| next.0.0 <= now_us).copied()
                else {
                    break;
                };
                due.pop();
                drop(due);
                self.send(index);
            }
            // What arrives meanwhile is read before more is sent.
            tokio::task::yield_now().await;
        }
    }

    fn send(&self, index: usize) {
        let peer = Rc::clone(&self.peers.borrow()[index]);
        if let Some(next_us) = peer.send_due() {
            self.due.borrow_mut().push(Reverse((next_us, index)));
        }
    }

    async fn tick(self: Rc<Self>) {
        let mut tick = tokio::time::interval(TICK);
        let mut share = 0;
        while !self.ended.get() {
            tick.tick().await;
            share = (share + 1) % SHARES;
            let count = self.peers.borrow().len();
            for index in (share..count).step_by(SHARES) {
                let peer = Rc::clone(&self.peers.borrow()[index]);
                peer.tick();
                let up = matches!(peer.state(), State::Connected(_));
                if up && !std::mem::replace(&mut self.started.borrow_mut()[index], true) {
                    peer.start_media(self.talk_us);
                    self.send(index);
                    self.sooner.notify_one();
                }
            }
        }
    }
}
