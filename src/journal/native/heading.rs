//! All that stands in the head of a file, for those who want to see it. Reading needs less, see [`super::header`].

use std::fs::Metadata;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use super::header::{Table, id_at, u32_at, u64_at};
use crate::journal::entry::Id128;
use crate::journal::error::JournalError;
use crate::journal::place;
use crate::time::Timestamp;

/// The length of the longest head that is known.
const LENGTH: usize = 264;

/// What a file takes up on its disk, in bytes.
fn disk_usage_of(file: &Metadata) -> u64 {
    /// Of what `st_blocks` counts.
    const BLOCK: u64 = 512;
    file.blocks() * BLOCK
}

/// The head of a file.
#[derive(Clone, Debug)]
pub struct Heading {
    /// What a reader may not know, as bits.
    pub compatible: u32,
    /// What a reader must know, as bits.
    pub incompatible: u32,
    /// 0, 1, 2: closed, being written, rotated.
    pub state: u8,
    /// The file.
    pub file: Id128,
    /// Who wrote it.
    pub machine: Id128,
    /// The boot of the last entry.
    pub boot: Id128,
    /// Whose numbers its entries have.
    pub sequence: Id128,
    /// The length of the head.
    pub length: u64,
    /// What follows it.
    pub arena: u64,
    /// The buckets for values.
    pub data_buckets: u64,
    /// The buckets for fields.
    pub field_buckets: u64,
    /// The numbers of the first and the last entry.
    pub seqnums: (u64, u64),
    /// The times of the same.
    pub realtimes: (Timestamp, Timestamp),
    /// Since the boot, of the last entry, in microseconds.
    pub tail_monotonic: u64,
    /// Objects of every kind.
    pub objects: u64,
    /// Entries.
    pub entries: u64,
    /// What newer versions count besides; `None` where the head ends before.
    pub counts: Counts,
    /// What the file takes up, in bytes.
    pub disk_usage: u64,
}

/// What was added to the head one after the other.
#[derive(Clone, Copy, Debug, Default)]
pub struct Counts {
    /// Values.
    pub data: Option<u64>,
    /// Fields.
    pub fields: Option<u64>,
    /// Seals.
    pub tags: Option<u64>,
    /// Parts of lists.
    pub arrays: Option<u64>,
    /// The longest chain of a bucket of values.
    pub data_depth: Option<u64>,
    /// The longest chain of a bucket of fields.
    pub field_depth: Option<u64>,
}

impl Heading {
    /// Reads the head of a file.
    ///
    /// # Errors
    /// The file cannot be read, or is no journal.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        let failed = |source| JournalError::Open { path: path.to_owned(), source };
        let file = place::open_file(path).map_err(failed)?;
        let disk_usage = disk_usage_of(&file.metadata().map_err(failed)?);
        let mut bytes = [0; LENGTH];
        let read = file.read_at(&mut bytes, 0).map_err(failed)?;
        let refused = |reason: super::header::Refusal| JournalError::Refused {
            path: path.to_owned(),
            reason: reason.to_string(),
        };
        super::header::check(&bytes[..read]).map_err(refused)?;
        Ok(Self { disk_usage, ..Self::parse(&bytes) })
    }

    fn parse(bytes: &[u8; LENGTH]) -> Self {
        let number = |at| u64_at(bytes, at);
        let length = number(88);
        let counted = |at| (length >= at as u64 + 8).then(|| number(at));
        let buckets = |at| number(at) / Table::BUCKET;
        Self {
            compatible: u32_at(bytes, 8),
            incompatible: u32_at(bytes, 12),
            state: bytes[16],
            file: id_at(bytes, 24),
            machine: id_at(bytes, 40),
            boot: id_at(bytes, 56),
            sequence: id_at(bytes, 72),
            length,
            arena: number(96),
            data_buckets: buckets(112),
            field_buckets: buckets(128),
            seqnums: (number(168), number(160)),
            realtimes: (Timestamp::from_micros(number(184)), Timestamp::from_micros(number(192))),
            tail_monotonic: number(200),
            objects: number(144),
            entries: number(152),
            counts: Counts {
                data: counted(208),
                fields: counted(216),
                tags: counted(224),
                arrays: counted(232),
                data_depth: counted(240),
                field_depth: counted(248),
            },
            disk_usage: 0,
        }
    }
}
