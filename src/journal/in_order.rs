//! Parts that several threads work on at once, and what comes of them in the order of the parts.
//!
//! The threads take one part after the other. What is made of a part is handed over in pieces; those of the part
//! that is due are taken at once, those of later ones wait until it is their turn. Only so many may wait: then
//! threads that are ahead stand still, so that memory does not grow with the journal.

use std::collections::VecDeque;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many pieces may wait.
const WAITING: usize = 48;
/// More threads than that wait for each other.
const THREADS: usize = 8;

/// How many threads are worth it here.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, NonZero::get).min(THREADS)
}

/// Works on `count` parts with so many threads, and gives the pieces to `take` in the order of the parts.
///
/// Each thread makes a state of its own with `start`; `work` works on a part and hands pieces over, until that
/// returns `false`. Once `take` breaks off, nothing more is worked on.
pub fn in_order<S, P: Send, B>(
    count: usize,
    threads: usize,
    start: impl Fn() -> S + Sync,
    work: impl Fn(&mut S, usize, &mut dyn FnMut(P) -> bool) + Sync,
    mut take: impl FnMut(P) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let line = Line { state: Mutex::new(State::new(count)), changed: Condvar::new() };
    let run = || {
        let mut state = start();
        while let Some(part) = line.begin() {
            let _finish = Finish { line: &line, part };
            work(&mut state, part, &mut |piece| line.put(part, piece));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..threads.min(count) {
            scope.spawn(run);
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

/// Ends a part, also where its thread panics; then nobody waits for what will not come.
struct Finish<'l, P> {
    line: &'l Line<P>,
    part: usize,
}

impl<P> Drop for Finish<'_, P> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.line.stop();
        }
        self.line.finish(self.part);
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
    /// How many pieces wait in all parts.
    waiting: usize,
    stopped: bool,
}

struct Part<P> {
    pieces: VecDeque<P>,
    is_finished: bool,
}

impl<P> State<P> {
    const fn new(count: usize) -> Self {
        Self { count, next: 0, due: 0, parts: VecDeque::new(), waiting: 0, stopped: false }
    }

    fn part(&mut self, part: usize) -> Option<&mut Part<P>> {
        self.parts.get_mut(part.checked_sub(self.due)?)
    }

    /// For the part that is due there is room as soon as nothing of it waits; so waiting for room comes to an end.
    fn has_room(&self, part: usize) -> bool {
        let is_awaited = || part == self.due && self.parts.front().is_some_and(|part| part.pieces.is_empty());
        self.waiting < WAITING || is_awaited()
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
    fn put(&self, part: usize, piece: P) -> bool {
        let mut state = self.lock();
        while !state.stopped && !state.has_room(part) {
            state = self.wait(state);
        }
        if state.stopped {
            return false;
        }
        state.waiting += 1;
        if let Some(part) = state.part(part) {
            part.pieces.push_back(piece);
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
                Some((Some(piece), _)) => {
                    state.waiting -= 1;
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
    use super::*;

    /// Parts of different lengths, each piece being the number of its part and its own.
    fn collect(count: usize, threads: usize, ends_at: usize) -> (Vec<(usize, usize)>, ControlFlow<()>) {
        let mut taken = Vec::new();
        let work = |(): &mut (), part: usize, put: &mut dyn FnMut((usize, usize)) -> bool| {
            let _ = (0..part * 7 % 50).all(|piece| put((part, piece)));
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
        let work = |(): &mut (), part: usize, put: &mut dyn FnMut((usize, usize)) -> bool| {
            assert!((0..WAITING * 3).all(|piece| put((part, piece))));
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
}
