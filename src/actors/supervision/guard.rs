//! The only place where panics of actors are caught, and the hook that tells them from others.

use super::exit::Exit;
use std::{
    any::Any,
    cell::{Cell, RefCell},
    panic::{self, AssertUnwindSafe},
    sync::Once,
};

thread_local! {
    /// How many guards this thread is inside of.
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    /// Where the latest guarded panic came from, told by the hook.
    static PLACE: RefCell<Option<Box<str>>> = const { RefCell::new(None) };
}

/// Makes panics inside actors silent on stderr and tells supervision where they came from: supervision logs each crash
/// once, through `tracing`. Other panics go to the hook that was there before. For `main` to call once, early; a second
/// call changes nothing. Without it supervision works all the same, but the default hook prints every crash as well and
/// [`Exit::Panic`] lacks the place.
pub fn install_panic_hook() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if DEPTH.try_with(Cell::get).unwrap_or(0) == 0 {
                before(info);
                return;
            }
            let place = info
                .location()
                .map(|at| format!("{}:{}", at.file(), at.line()).into());
            let _ = PLACE.try_with(|cell| *cell.borrow_mut() = place);
        }));
    });
}

/// Runs code of an actor. A panic becomes an exit.
///
/// Unwind safety: whatever the code could have left torn is the actor's own state, which its owner drops.
pub(super) fn guard<R>(code: impl FnOnce() -> R) -> Result<R, Exit> {
    DEPTH.set(DEPTH.get() + 1);
    let result = panic::catch_unwind(AssertUnwindSafe(code));
    DEPTH.set(DEPTH.get() - 1);
    result.map_err(|payload| {
        let place = PLACE.take();
        let exit = Exit::panic(message(&*payload), place.as_deref());
        // A payload may itself panic when dropped.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| drop(payload)));
        exit
    })
}

/// Drops a value of an actor; a panic in its `Drop` is logged and goes no further.
pub(super) fn guarded_drop<T>(value: T) {
    if let Err(exit) = guard(|| drop(value)) {
        tracing::error!(%exit, "dropping an actor's state panicked");
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bomb;

    impl Drop for Bomb {
        fn drop(&mut self) {
            panic!("bomb");
        }
    }

    #[test]
    fn a_panic_becomes_an_exit_with_its_message_and_place() {
        install_panic_hook();
        let exit = guard(|| panic!("boom {}", 1)).expect_err("it panics");
        let Exit::Panic(text) = exit else {
            panic!("not a panic");
        };
        assert!(text.starts_with("boom 1 ("), "{text}");
        assert!(text.contains("guard.rs:"), "{text}");
    }

    #[test]
    fn a_payload_that_panics_when_dropped_is_contained() {
        let exit = guard(|| panic::panic_any(Bomb)).expect_err("it panics");
        assert!(matches!(exit, Exit::Panic(_)));
        guarded_drop(Bomb);
    }
}
