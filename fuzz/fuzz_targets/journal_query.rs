//! Whatever bytes a journal file holds: matches, times, cursors and the last entries are looked up and come to an end.
//! The first bytes choose the question, the rest is the file.

#![no_main]

use libfuzzer_sys::fuzz_target;
use openim_ops::journal::{Clause, Cursor, Id128, Match, Order, Query, Start};
use openim_ops::time::Timestamp;
use openim_ops_fuzz::{Journal, read};

fuzz_target!(|bytes: &[u8]| {
    let Some((&[kind, number, order, boot], file)) = bytes.split_first_chunk() else { return };
    let journal = Journal::of(file);
    let Some(mut reader) = journal.open() else { return };
    let time = Timestamp::from_micros(1_700_000_000_000_000 + u64::from(number) * 1_000_000);
    let cursor = Cursor {
        seqnum: (kind & 1 > 0).then_some((Id128([boot; 16]), number.into())),
        monotonic: (kind & 2 > 0).then_some((Id128([boot; 16]), number.into())),
        realtime: Some(time),
        xor_hash: None,
    };
    let unit = Match::new("_SYSTEMD_UNIT", format!("openim-{}.service", number % 4));
    let query = Query {
        clauses: if kind & 4 > 0 { vec![Clause::all(vec![unit, Match::new("PRIORITY", "6")])] } else { Vec::new() },
        boots: if kind & 8 > 0 { vec![Id128([boot; 16])] } else { Vec::new() },
        since: (kind & 16 > 0).then_some(time),
        until: (kind & 32 > 0).then_some(time),
        start: match order >> 1 & 3 {
            0 => Start::Edge,
            1 => Start::Tail(number.into()),
            2 => Start::At(cursor),
            _ => Start::After(cursor),
        },
        order: if order & 1 > 0 { Order::NewestFirst } else { Order::OldestFirst },
        follow: false,
    };
    read(reader.as_mut(), &query);
});
