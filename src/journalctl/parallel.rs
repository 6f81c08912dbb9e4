//! The entries of a whole query, printed by several threads.
//!
//! Each thread reads parts of the journal and prints them for itself; what they printed is written in the journal's
//! order. The only thing that passes from one part to the next is the boot, whose line is put in here.

use std::io::Write;
use std::ops::ControlFlow;
use std::sync::{Mutex, PoisonError};

use super::JournalctlError;
use super::plan::{Plan, Show};
use super::show::{AT_ONCE, Screen};
use crate::journal::{Id128, PartReader, Parts, Put, in_order, threads};

/// Some lines of a part.
struct Piece {
    text: Vec<u8>,
    /// How many entries that are.
    shown: u64,
    /// The boot that the part begins with, told with its first piece, and the boot that the piece ends with.
    begins: Option<Id128>,
    ends: Option<Id128>,
    remarks: Vec<String>,
    /// Whether what comes next lies beyond the time that is asked for.
    is_last: bool,
}

impl Piece {
    fn hand_to(self, put: Put<'_, Self>) -> bool {
        let bytes = self.text.capacity();
        put(self, bytes)
    }
}

/// One thread's work.
struct Worker<'p> {
    reader: PartReader<'p>,
    screen: Screen<'p>,
}

/// A buffer that has become larger is not kept: one long entry must not cost its memory to the end.
const LARGEST_SPARE: usize = 4 * AT_ONCE;

/// Buffers to be used again.
type Spare = Mutex<Vec<Vec<u8>>>;

/// Shows the parts and returns how many entries that were.
pub(super) fn run(
    plan: &Plan,
    show: &Show,
    parts: &Parts,
    out: &mut dyn Write,
    say: &dyn Fn(Vec<String>),
) -> Result<u64, JournalctlError> {
    let mut screen = Screen::new(plan, show);
    let spare = Spare::default();
    let start = || Worker { reader: parts.reader(), screen: Screen::new(plan, show) };
    // Buffers go round, as fresh memory costs more than what is written into it.
    let work = |worker: &mut Worker<'_>, part: usize, put: Put<'_, Piece>| worker.print(part, &spare, put);
    let mut shown = 0;
    let mut write = |mut piece: Piece| {
        shown += piece.shown;
        say(piece.remarks);
        if let Some(boot) = piece.begins {
            screen.begin_boot(boot);
            out.write_all(&screen.buffer)?;
            screen.buffer.clear();
        }
        screen.boot = piece.ends.or(screen.boot);
        out.write_all(&piece.text)?;
        if piece.text.capacity() <= LARGEST_SPARE {
            piece.text.clear();
            spare.lock().unwrap_or_else(PoisonError::into_inner).push(piece.text);
        }
        Ok(piece.is_last)
    };
    let ended = in_order(parts.count(), threads(), start, work, |piece| match write(piece) {
        Ok(false) => ControlFlow::Continue(()),
        Ok(true) => ControlFlow::Break(Ok(())),
        Err(error) => ControlFlow::Break(Err(error)),
    });
    ended.break_value().unwrap_or(Ok(())).map(|()| shown)
}

impl Worker<'_> {
    fn print(&mut self, part: usize, spare: &Spare, put: Put<'_, Piece>) {
        self.reader.begin(part);
        self.screen.boot = None;
        let (mut begins, mut shown) = (None, 0);
        let mut is_last = false;
        while let Some(entry) = self.reader.lend_next() {
            is_last = self.screen.is_beyond(entry);
            if is_last {
                break;
            }
            let is_first = self.screen.boot.is_none();
            shown += u64::from(self.screen.take(entry));
            if is_first {
                begins = self.screen.boot;
            }
            if self.screen.buffer.len() >= AT_ONCE {
                let piece = self.piece(&mut begins, &mut shown, spare);
                if !piece.hand_to(put) {
                    return;
                }
            }
        }
        Piece { is_last, ..self.piece(&mut begins, &mut shown, spare) }.hand_to(put);
    }

    /// What was printed since the last piece.
    fn piece(&mut self, begins: &mut Option<Id128>, shown: &mut u64, spare: &Spare) -> Piece {
        let next = spare.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        let text = std::mem::replace(&mut self.screen.buffer, next);
        let remarks = self.reader.take_remarks();
        let (shown, begins, ends) = (std::mem::take(shown), begins.take(), self.screen.boot);
        Piece { text, shown, begins, ends, remarks, is_last: false }
    }
}
