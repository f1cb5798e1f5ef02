//! What one life of an actor has running beside its messages: futures and timers. All of it ends with the life.

use super::{
    behaviour::{Behaviour, Cx},
    exit::Exit,
    guard::{guard, guarded_drop},
};
use futures_util::{StreamExt, stream::FuturesUnordered};
use std::{
    cmp::{Ordering, Reverse},
    collections::BinaryHeap,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

/// The most futures one actor may have at a time; one more is a bug and its crash.
pub const JOBS_MAX: usize = 1024;

/// The most timers one actor may have at a time; one more is a bug and its crash.
pub const TIMERS_MAX: usize = 1024;

/// A timer of this life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TimerId(u64);

/// What a finished future does to its actor.
pub(super) type Then<B> = Box<dyn FnOnce(&mut B, &mut Cx<'_, B>) -> Result<(), Exit>>;

type JobFuture<B> = Pin<Box<dyn Future<Output = Option<Then<B>>>>>;

pub(super) struct Work<B: Behaviour> {
    jobs: Option<FuturesUnordered<Job<B>>>,
    timers: BinaryHeap<Reverse<Timer<B::Message>>>,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
    next_timer: u64,
    holds: usize,
    /// Something new must be polled before the actor may sleep.
    pub(super) dirty: bool,
    pub(super) stop: bool,
}

impl<B: Behaviour> Work<B> {
    pub(super) fn new() -> Self {
        Self {
            jobs: None,
            timers: BinaryHeap::new(),
            sleep: None,
            next_timer: 0,
            holds: 0,
            dirty: false,
            stop: false,
        }
    }

    pub(super) fn spawn(&mut self, future: impl Future<Output = Option<Then<B>>> + 'static) {
        self.push(future, false);
    }

    pub(super) fn hold(&mut self, future: impl Future<Output = Option<Then<B>>> + 'static) {
        self.push(future, true);
        self.holds += 1;
    }

    fn push(&mut self, future: impl Future<Output = Option<Then<B>>> + 'static, holds: bool) {
        let jobs = self.jobs.get_or_insert_with(FuturesUnordered::new);
        assert!(
            jobs.len() < JOBS_MAX,
            "an actor has at most {JOBS_MAX} futures"
        );
        jobs.push(Job {
            future: Some(Box::pin(future)),
            holds,
        });
        self.dirty = true;
    }

    pub(super) fn is_held(&self) -> bool {
        self.holds > 0
    }

    /// The next finished future, if any.
    pub(super) fn poll_job(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Option<Result<Option<Then<B>>, Exit>> {
        match self.jobs.as_mut()?.poll_next_unpin(cx) {
            Poll::Pending => None,
            Poll::Ready(None) => {
                self.jobs = None;
                None
            }
            Poll::Ready(Some(done)) => {
                if done.held {
                    self.holds -= 1;
                }
                Some(done.result)
            }
        }
    }

    pub(super) fn after(&mut self, at: Instant, message: B::Message) -> TimerId {
        assert!(
            self.timers.len() < TIMERS_MAX,
            "an actor has at most {TIMERS_MAX} timers"
        );
        let id = TimerId(self.next_timer);
        self.next_timer += 1;
        self.timers.push(Reverse(Timer { at, id, message }));
        self.dirty = true;
        id
    }

    pub(super) fn cancel(&mut self, id: TimerId) -> Option<B::Message> {
        let mut found = None;
        let mut rest = std::mem::take(&mut self.timers).into_vec();
        if let Some(place) = rest.iter().position(|timer| timer.0.id == id) {
            found = Some(rest.swap_remove(place).0.message);
        }
        self.timers = rest.into();
        found
    }

    pub(super) fn has_timers(&self) -> bool {
        !self.timers.is_empty()
    }

    /// The message of the next timer that is due, if any.
    pub(super) fn poll_timer(&mut self, now: Instant, cx: &mut Context<'_>) -> Option<B::Message> {
        let at = self.timers.peek()?.0.at;
        if at > now {
            let deadline = tokio::time::Instant::from_std(at);
            let sleep = self
                .sleep
                .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(deadline)));
            if sleep.deadline() != deadline {
                sleep.as_mut().reset(deadline);
            }
            if sleep.as_mut().poll(cx).is_pending() {
                return None;
            }
        }
        self.timers.pop().map(|Reverse(timer)| timer.message)
    }

    /// Cancels everything.
    pub(super) fn clear(&mut self) {
        let fresh = Self {
            next_timer: self.next_timer,
            ..Self::new()
        };
        let Self { jobs, timers, .. } = std::mem::replace(self, fresh);
        // Each job guards its own drop; each message is dropped on its own, so that one panic hides no other.
        drop(jobs);
        for timer in timers {
            guarded_drop(timer);
        }
    }
}

struct Timer<M> {
    at: Instant,
    id: TimerId,
    message: M,
}

impl<M> Ord for Timer<M> {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.id).cmp(&(other.at, other.id))
    }
}

impl<M> PartialOrd for Timer<M> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<M> PartialEq for Timer<M> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl<M> Eq for Timer<M> {}

/// A future of an actor: a panic in it is the actor's crash, at whatever moment it comes.
struct Job<B: Behaviour> {
    future: Option<JobFuture<B>>,
    holds: bool,
}

struct Done<B: Behaviour> {
    result: Result<Option<Then<B>>, Exit>,
    held: bool,
}

impl<B: Behaviour> Future for Job<B> {
    type Output = Done<B>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Done<B>> {
        let held = self.holds;
        let Some(future) = self.future.as_mut() else {
            return Poll::Pending;
        };
        let result = match guard(|| future.as_mut().poll(cx)) {
            Ok(Poll::Pending) => return Poll::Pending,
            Ok(Poll::Ready(then)) => Ok(then),
            Err(exit) => Err(exit),
        };
        let result = match guard(|| drop(self.future.take())) {
            Ok(()) => result,
            Err(exit) => Err(exit),
        };
        Poll::Ready(Done { result, held })
    }
}

impl<B: Behaviour> Drop for Job<B> {
    fn drop(&mut self) {
        if let Some(future) = self.future.take() {
            guarded_drop(future);
        }
    }
}
