//! The primitives both backends stand on, or loom's models of them: `tests/loom` compiles these sources with
//! `cfg(loom)` and explores every interleaving.

#[cfg(not(loom))]
pub(super) use crossbeam::queue::ArrayQueue;
#[cfg(not(loom))]
pub(super) use futures_util::task::AtomicWaker;
#[cfg(not(loom))]
pub(super) use std::sync::{
    Mutex, MutexGuard, PoisonError,
    atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
};

#[cfg(loom)]
pub(super) use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
#[cfg(loom)]
pub(super) use model::{ArrayQueue, AtomicWaker, Mutex, MutexGuard, PoisonError};

/// Stands between a SeqCst write and the SeqCst read after it. The memory model already keeps the two in order; loom
/// weakens such accesses to acquire and release, and needs to be told.
#[inline]
pub(super) fn keep_order() {
    #[cfg(loom)]
    loom::sync::atomic::fence(Ordering::SeqCst);
}

#[cfg(loom)]
mod model {
    use loom::sync::atomic::{AtomicUsize, Ordering, fence};
    pub(crate) use loom::sync::{Mutex, MutexGuard};
    pub(crate) use std::sync::PoisonError;
    use std::{collections::VecDeque, sync::Mutex as Unseen, task::Waker};

    /// Crossbeam's queue with its memory orderings, no stronger: only `pushed` carries an order between threads, and a
    /// pop may miss a push that does not happen before it. Loom cannot look into the real one.
    pub(crate) struct ArrayQueue<T> {
        queue: Unseen<VecDeque<T>>,
        pushed: AtomicUsize,
        popped: AtomicUsize,
        capacity: usize,
    }

    /// A slot that holds the last registered waker.
    pub(crate) struct AtomicWaker(Mutex<Option<Waker>>);

    impl<T> ArrayQueue<T> {
        pub(crate) fn new(capacity: usize) -> Self {
            Self {
                queue: Unseen::default(),
                pushed: AtomicUsize::new(0),
                popped: AtomicUsize::new(0),
                capacity,
            }
        }

        pub(crate) fn push(&self, item: T) -> Result<(), T> {
            {
                let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
                if queue.len() == self.capacity {
                    return Err(item);
                }
                queue.push_back(item);
            }
            self.pushed.fetch_add(1, Ordering::AcqRel);
            Ok(())
        }

        pub(crate) fn pop(&self) -> Option<T> {
            fence(Ordering::SeqCst);
            if self.pushed.load(Ordering::Acquire) == self.popped.load(Ordering::Acquire) {
                return None;
            }
            let item = self
                .queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .pop_front()?;
            self.popped.fetch_add(1, Ordering::AcqRel);
            Some(item)
        }

        pub(crate) fn len(&self) -> usize {
            self.queue
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .len()
        }
    }

    impl AtomicWaker {
        pub(crate) fn new() -> Self {
            Self(Mutex::new(None))
        }

        pub(crate) fn register(&self, waker: &Waker) {
            let waker = waker.clone();
            let old = self.lock().replace(waker);
            drop(old);
        }

        pub(crate) fn wake(&self) {
            let waker = self.lock().take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }

        fn lock(&self) -> MutexGuard<'_, Option<Waker>> {
            self.0.lock().unwrap_or_else(PoisonError::into_inner)
        }
    }
}
