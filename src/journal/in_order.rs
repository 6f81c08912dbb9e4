//! Parts that several threads work on at once, and what comes of them in the order of the parts.
//!
//! The threads take one part after the other. What is made of a part is handed over in pieces; those of the part
//! that is due are taken at once, those of later ones wait until it is their turn. Only so many may wait, and only so
//! many bytes of them: then threads that are ahead stand still, so that memory does not grow with the journal.

use std::collections::VecDeque;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

/// How many pieces may wait.
const WAITING: usize = 48;
/// And how many bytes of them. A piece that is larger waits alone.
const BYTES_WAITING: usize = 32 << 20;
/// More threads than that wait for each other.
const THREADS: usize = 8;

/// How many threads are worth it here.
#[must_use]
pub fn threads() -> usize {
    thread::available_parallelism().map_or(1, NonZero::get).min(THREADS)
}

/// Hands over a piece that takes so many bytes; `false` where nobody takes it any more.
pub type Put<'p, P> = &'p mut dyn FnMut(P, usize) -> bool;

/// Works on `count` parts with so many threads, and gives the pieces to `take` in the order of the parts.
///
/// Each thread makes a state of its own with `start`; `work` works on a part and hands pieces over, until that
/// returns `false`. Once `take` breaks off, nothing more is worked on. Where the system grants fewer threads, these do
/// all of it; where it grants none, this one does.
///
/// # Panics
/// A thread has panicked: all have ended by then.
pub fn in_order<S, P: Send, B>(
    count: usize,
    threads: usize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize, Put<'_, P>) + Sync,
    mut take: impl FnMut(P) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let line = Line { state: Mutex::new(State::new(count)), changed: Condvar::new() };
    let run = || {
        let _stop = StopWhenPanicking(&line);
        let mut state = start();
        while let Some(part) = line.begin() {
            work(&mut state, part, &mut |piece, bytes| line.put(part, piece, bytes));
            line.finish(part);
        }
    };
    thread::scope(|scope| {
        let _stop = StopWhenPanicking(&line);
        let spawn = || thread::Builder::new().spawn_scoped(scope, run).is_ok();
        if !(0..threads.min(count)).fold(false, |any, _| spawn() || any) {
            return alone(count, &start, &work, take);
        }
        while let Some(piece) = line.next() {
            if let ControlFlow::Break(why) = take(piece) {
                line.stop();
                return ControlFlow::Break(why);
            }
        }
        ControlFlow::Continue(())
    })
}

/// The same without another thread.
fn alone<S, P, B>(
    count: usize,
    start: impl Fn() -> S,
    work: impl Fn(&mut S, usize, Put<'_, P>),
    mut take: impl FnMut(P) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let mut state = start();
    let mut taken = ControlFlow::Continue(());
    for part in 0..count {
        work(&mut state, part, &mut |piece, _| {
            taken = take(piece);
            taken.is_continue()
        });
        if taken.is_break() {
            break;
        }
    }
    taken
}

/// Where a thread panics nobody waits for what will not come, and nobody hands anything over.
struct StopWhenPanicking<'l, P>(&'l Line<P>);

impl<P> Drop for StopWhenPanicking<'_, P> {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.stop();
        }
    }
}

/// Where pieces wait.
struct Line<P> {
    state: Mutex<State<P>>,
    changed: Condvar,
}

struct State<P> {
    count: usize,
    /// The part that is begun next.
    next: usize,
    /// The part that is due, and the first one of `parts`.
    due: usize,
    parts: VecDeque<Part<P>>,
    /// How many pieces wait in all parts, and how many bytes of them.
    waiting: usize,
    bytes: usize,
    stopped: bool,
}

struct Part<P> {
    /// Each with its bytes.
    pieces: VecDeque<(P, usize)>,
    is_finished: bool,
}

impl<P> State<P> {
    const fn new(count: usize) -> Self {
        Self { count, next: 0, due: 0, parts: VecDeque::new(), waiting: 0, bytes: 0, stopped: false }
    }

    fn part(&mut self, part: usize) -> Option<&mut Part<P>> {
        self.parts.get_mut(part.checked_sub(self.due)?)
    }

    /// For the part that is due there is room as soon as nothing of it waits; so waiting for room comes to an end.
    fn has_room(&self, part: usize) -> bool {
        let is_awaited = || part == self.due && self.parts.front().is_some_and(|part| part.pieces.is_empty());
        (self.waiting < WAITING && self.bytes < BYTES_WAITING) || is_awaited()
    }
}

impl<P> Line<P> {
    /// A thread that panicked has left nothing half done.
    fn lock(&self) -> MutexGuard<'_, State<P>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'l>(&self, state: MutexGuard<'l, State<P>>) -> MutexGuard<'l, State<P>> {
        self.changed.wait(state).unwrap_or_else(PoisonError::into_inner)
    }

    /// The next part that nobody works on.
    fn begin(&self) -> Option<usize> {
        let mut state = self.lock();
        if state.stopped || state.next == state.count {
            return None;
        }
        state.next += 1;
        state.parts.push_back(Part { pieces: VecDeque::new(), is_finished: false });
        Some(state.next - 1)
    }

    /// Hands a piece over, when there is room for it; `false` where nobody takes it any more.
    fn put(&self, part: usize, piece: P, bytes: usize) -> bool {
        let mut state = self.lock();
        while !state.stopped && !state.has_room(part) {
            state = self.wait(state);
        }
        if state.stopped {
            return false;
        }
        state.waiting += 1;
        state.bytes += bytes;
        if let Some(part) = state.part(part) {
            part.pieces.push_back((piece, bytes));
        }
        if part == state.due {
            self.changed.notify_all();
        }
        true
    }

    fn finish(&self, part: usize) {
        if let Some(part) = self.lock().part(part) {
            part.is_finished = true;
        }
        self.changed.notify_all();
    }

    /// Waits for the next piece in order; `None` when all parts are finished.
    fn next(&self) -> Option<P> {
        let mut state = self.lock();
        loop {
            let due = state.due;
            if due == state.count || state.stopped {
                return None;
            }
            match state.part(due).map(|part| (part.pieces.pop_front(), part.is_finished)) {
                Some((Some((piece, bytes)), _)) => {
                    state.waiting -= 1;
                    state.bytes -= bytes;
                    self.changed.notify_all();
                    return Some(piece);
                }
                Some((None, true)) => {
                    state.parts.pop_front();
                    state.due += 1;
                    self.changed.notify_all();
                }
                Some((None, false)) | None => state = self.wait(state),
            }
        }
    }

    fn stop(&self) {
        self.lock().stopped = true;
        self.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::AssertUnwindSafe;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    /// Parts of different lengths, each piece being the number of its part and its own.
    fn collect(count: usize, threads: usize, ends_at: usize) -> (Vec<(usize, usize)>, ControlFlow<()>) {
        let mut taken = Vec::new();
        let work = |(): &mut (), part: usize, put: Put<'_, (usize, usize)>| {
            let _ = (0..part * 7 % 50).all(|piece| put((part, piece), 1));
        };
        let result = in_order(
            count,
            threads,
            || (),
            work,
            |piece| {
                taken.push(piece);
                if taken.len() == ends_at { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            },
        );
        (taken, result)
    }

    #[test]
    fn what_several_threads_make_comes_in_the_order_of_one() {
        let expected: Vec<_> =
            (0..300).flat_map(|part| (0..part * 7 % 50).map(move |piece| (part, piece))).collect();
        for threads in [1, 2, 7] {
            assert_eq!(collect(300, threads, 0), (expected.clone(), ControlFlow::Continue(())));
        }
    }

    #[test]
    fn who_breaks_off_ends_all_threads_also_those_that_are_far_ahead() {
        let (taken, result) = collect(300, 4, 5);
        assert_eq!((taken.len(), result), (5, ControlFlow::Break(())));
    }

    #[test]
    fn more_pieces_than_may_wait_pass_through_one_by_one() {
        let work = |(): &mut (), part: usize, put: Put<'_, (usize, usize)>| {
            assert!((0..WAITING * 3).all(|piece| put((part, piece), 1)));
        };
        let mut count = 0;
        let result: ControlFlow<()> = in_order(
            4,
            4,
            || (),
            work,
            |(part, piece)| {
                assert_eq!(part * WAITING * 3 + piece, count);
                count += 1;
                ControlFlow::Continue(())
            },
        );
        assert_eq!((result, count), (ControlFlow::Continue(()), 4 * 3 * WAITING));
    }

    /// As many bytes as may wait, four times in each of many parts, while the first part is worked on.
    #[test]
    fn who_is_ahead_waits_for_bytes_too() {
        let ahead = AtomicUsize::new(0);
        let work = |(): &mut (), part: usize, put: Put<'_, usize>| {
            if part == 0 {
                thread::sleep(Duration::from_millis(200));
                assert!(ahead.load(Ordering::Relaxed) <= 1, "of the second part one piece waits at most");
            }
            for _ in 0..4 {
                assert!(put(part, BYTES_WAITING));
                ahead.fetch_add(usize::from(part > 0), Ordering::Relaxed);
            }
        };
        let mut taken = Vec::new();
        let result: ControlFlow<()> = in_order(
            20,
            2,
            || (),
            work,
            |part| {
                taken.push(part);
                ControlFlow::Continue(())
            },
        );
        assert_eq!((result, taken.len()), (ControlFlow::Continue(()), 80));
        assert!(taken.is_sorted());
    }

    #[test]
    fn without_a_thread_the_same_comes_of_it() {
        for ends_at in [0, 5] {
            let (expected, result) = collect(300, 2, ends_at);
            assert_eq!(collect(300, 0, ends_at), (expected, result));
        }
    }

    #[test]
    fn a_panic_ends_all_threads_and_goes_on_in_who_waits_for_them() {
        let dies = |in_start: bool, in_take: bool| {
            let work = |(): &mut (), part: usize, put: Put<'_, usize>| {
                assert!(in_start || in_take || part != 7, "as is wanted here");
                let _ = (0..WAITING * 2).all(|_| put(part, 1));
            };
            let take =
                |_| if in_take { panic!("as is wanted here") } else { ControlFlow::<()>::Continue(()) };
            let start = || assert!(!in_start, "as is wanted here");
            std::panic::catch_unwind(AssertUnwindSafe(|| in_order(40, 3, start, work, take))).is_err()
        };
        assert!(dies(false, false) && dies(true, false) && dies(false, true));
    }
}
