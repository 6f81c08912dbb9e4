//! Which entries were given already: of copies in several files only the first is given.
//!
//! Copies mostly stand at the heads of their chains at the same time, and are passed there. Where the clock was put back
//! between two boots, or times are equal, one chain may go on while another waits before its copy. So of every boot is
//! kept how far it was given, on its own clock and then in time. What lies beyond that is new; nearly all is. Only what
//! does not is looked for in the other files, and files of one sequence have nothing to look for: its numbers alone
//! decide their order.

use std::collections::HashMap;
use std::rc::Rc;

use super::file::{Handle, Identity, JournalFile};
use super::list::List;
use super::order;
use crate::journal::entry::{Id128, Stamp};
use crate::journal::query::Order;
use crate::time::Timestamp;

/// What a look-up reads at once: it goes anywhere in a file.
const WINDOW: usize = 8 * 1024;
/// So many entries of one moment are looked at in a file: one could be all of that moment.
const MOST_ALIKE: usize = 1024;

/// How far a boot was given: its own clock, and the time.
type Reach = (u64, Timestamp);

/// How far the boots were given, and where to look for what does not lie beyond that.
#[derive(Debug, Default)]
pub(super) struct Given {
    /// The boot that was given last and how far, which is not yet in the table.
    recent: Option<(Id128, Reach)>,
    reach: HashMap<Id128, Reach>,
    files: Option<Vec<Rc<JournalFile>>>,
    boots: HashMap<Id128, Vec<Share>>,
}

/// What a file has of a boot.
#[derive(Debug)]
struct Share {
    file: Rc<JournalFile>,
    entries: List,
    /// The boot's clock at the first entry and at the last.
    clock: (u64, u64),
}

impl Given {
    /// An entry was given.
    pub(super) fn note(&mut self, stamp: &Stamp, order: Order) {
        let here = (stamp.monotonic, stamp.realtime);
        match &mut self.recent {
            Some((boot, reach)) if *boot == stamp.boot => *reach = furthest(order, *reach, here),
            recent => {
                let before = self.reach.get(&stamp.boot).copied().unwrap_or(here);
                let reach = furthest(order, before, here);
                if let Some((boot, reach)) = recent.replace((stamp.boot, reach)) {
                    self.reach.insert(boot, reach);
                }
            }
        }
    }

    /// Whether an entry lies beyond all of its boot that were given, so that it cannot have been.
    pub(super) fn is_new(&self, stamp: &Stamp, order: Order) -> bool {
        let reach = match self.recent {
            Some((boot, reach)) if boot == stamp.boot => Some(reach),
            Some(_) | None => self.reach.get(&stamp.boot).copied(),
        };
        let here = (stamp.monotonic, stamp.realtime);
        reach.is_none_or(|reach| match order {
            Order::OldestFirst => here > reach,
            Order::NewestFirst => here < reach,
        })
    }

    /// Whether the journal's files have an entry once more, where it `is_meant`: in such a file at such an offset.
    pub(super) fn has_copy(
        &mut self,
        stamp: &Stamp,
        journal: &[Rc<JournalFile>],
        is_meant: impl Fn(Identity, u64) -> bool,
    ) -> bool {
        let files = self.files.get_or_insert_with(|| look_anew(journal));
        let shares = self.boots.entry(stamp.boot).or_insert_with(|| shares(files, stamp.boot));
        shares.iter().any(|share| share.has(stamp, |offset| is_meant(share.file.handle.identity, offset)))
    }

    /// Looks again at what files have: they may have grown, and there may be others.
    pub(super) fn forget_files(&mut self) {
        self.files = None;
        self.boots.clear();
    }
}

fn furthest(order: Order, a: Reach, b: Reach) -> Reach {
    match order {
        Order::OldestFirst => a.max(b),
        Order::NewestFirst => a.min(b),
    }
}

/// The files with windows of their own, so that those of the reading stay where they are.
fn look_anew(journal: &[Rc<JournalFile>]) -> Vec<Rc<JournalFile>> {
    if is_one_sequence(journal) {
        return Vec::new();
    }
    let open = |handle: &Handle| {
        let file = JournalFile::open(handle.clone()).ok()?;
        file.bytes().limit(WINDOW);
        Some(Rc::new(file))
    };
    journal.iter().filter_map(|file| open(&file.handle)).collect()
}

/// Whether all numbers are of the same sequence.
pub(super) fn is_one_sequence(files: &[Rc<JournalFile>]) -> bool {
    let heads = files.iter().map(|file| file.header());
    let mut sequences = heads.filter(|head| head.entries > 0).map(|head| head.seqnum_id);
    sequences.next().is_some_and(|first| sequences.all(|other| other == first))
}

/// What the files have of a boot.
fn shares(files: &[Rc<JournalFile>], boot: Id128) -> Vec<Share> {
    let shares = files.iter().filter_map(|file| Share::of(file, boot)).collect();
    // Most have nothing of it, and there may be thousands.
    for file in files {
        file.release();
    }
    shares
}

impl Share {
    fn of(file: &Rc<JournalFile>, boot: Id128) -> Option<Self> {
        let entries = file.entries_with(&file.find(format!("_BOOT_ID={boot}").as_bytes())?);
        let clock = |number| Some(file.entry(entries.get(file.bytes(), number)?)?.stamp.monotonic);
        let clock = (clock(0)?, clock(entries.len().checked_sub(1)?)?);
        Some(Self { file: Rc::clone(file), entries, clock })
    }

    /// Whether it has an entry at an offset that is meant.
    fn has(&self, stamp: &Stamp, is_meant: impl Fn(u64) -> bool) -> bool {
        let Self { file, entries, clock: (first, last) } = self;
        if !(*first..=*last).contains(&stamp.monotonic) {
            return false;
        }
        let entry = |offset| file.entry(offset).map(|entry| entry.stamp);
        let is_before = |offset| entry(offset).is_some_and(|there| there.monotonic < stamp.monotonic);
        let begin = entries.partition(file.bytes(), (0, entries.len()), is_before);
        (begin..entries.len())
            .take(MOST_ALIKE)
            .map_while(|number| {
                let offset = entries.get(file.bytes(), number)?;
                Some((offset, entry(offset).filter(|there| there.monotonic == stamp.monotonic)?))
            })
            .any(|(offset, there)| order::compare(&there, stamp).is_eq() && is_meant(offset))
    }
}
