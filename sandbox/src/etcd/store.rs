//! The stand-in's data: keys with their revisions, and leases that really expire.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

/// A key as etcd keeps it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) value: Vec<u8>,
    pub(super) created: u64,
    pub(super) modified: u64,
    pub(super) version: u64,
    pub(super) lease: i64,
}

#[derive(Debug)]
struct LeaseState {
    granted: u64,
    ends: Instant,
    keys: BTreeSet<Vec<u8>>,
}

/// What is left of a lease, and the keys on it.
pub(super) struct LeaseView<'a> {
    pub(super) granted: u64,
    pub(super) left: u64,
    pub(super) keys: &'a BTreeSet<Vec<u8>>,
}

/// Everything the stand-in knows.
#[derive(Debug)]
pub(super) struct Store {
    entries: BTreeMap<Vec<u8>, Entry>,
    leases: BTreeMap<i64, LeaseState>,
    pub(super) revision: u64,
    next_lease: i64,
}

impl Default for Store {
    fn default() -> Self {
        Self {
            entries: BTreeMap::new(),
            leases: BTreeMap::new(),
            revision: 1,
            next_lease: 0x7d7b_a20a_0000_0001,
        }
    }
}

impl Store {
    /// The keys from `key` up to `end`; `key` alone where there is no end.
    pub(super) fn range(&self, key: &[u8], end: &[u8]) -> Vec<(&Vec<u8>, &Entry)> {
        let wanted = |candidate: &[u8]| match end {
            [] => candidate == key,
            [0] => candidate >= key,
            _ => candidate >= key && candidate < end,
        };
        self.entries.iter().filter(|(candidate, _)| wanted(candidate)).collect()
    }

    /// Sets a key; `None` where the lease does not exist.
    pub(super) fn put(&mut self, key: Vec<u8>, value: Vec<u8>, lease: i64) -> Option<()> {
        if lease != 0 {
            self.leases.get_mut(&lease)?.keys.insert(key.clone());
        }
        self.revision += 1;
        let revision = self.revision;
        let old = self.entries.get(&key);
        if let Some(state) = old
            .and_then(|old| self.leases.get_mut(&old.lease))
            .filter(|_| old.is_some_and(|old| old.lease != lease))
        {
            state.keys.remove(&key);
        }
        let created = old.map_or(revision, |old| old.created);
        let version = old.map_or(1, |old| old.version + 1);
        self.entries.insert(key, Entry { value, created, modified: revision, version, lease });
        Some(())
    }

    /// Removes keys; says how many there were.
    pub(super) fn delete(&mut self, key: &[u8], end: &[u8]) -> usize {
        let doomed: Vec<_> = self.range(key, end).into_iter().map(|(key, _)| key.clone()).collect();
        for key in &doomed {
            self.entries.remove(key);
            for lease in self.leases.values_mut() {
                lease.keys.remove(key);
            }
        }
        if !doomed.is_empty() {
            self.revision += 1;
        }
        doomed.len()
    }

    pub(super) fn grant(&mut self, seconds: u64, now: Instant) -> i64 {
        let id = self.next_lease;
        self.next_lease += 2;
        let ends = now + Duration::from_secs(seconds);
        self.leases.insert(id, LeaseState { granted: seconds, ends, keys: BTreeSet::new() });
        id
    }

    /// Renews a lease; `None` where it is gone.
    pub(super) fn keep_alive(&mut self, id: i64, now: Instant) -> Option<u64> {
        let lease = self.leases.get_mut(&id)?;
        lease.ends = now + Duration::from_secs(lease.granted);
        Some(lease.granted)
    }

    /// Ends a lease; `None` where it is gone already.
    pub(super) fn revoke(&mut self, id: i64) -> Option<()> {
        let lease = self.leases.remove(&id)?;
        for key in &lease.keys {
            self.entries.remove(key);
        }
        if !lease.keys.is_empty() {
            self.revision += 1;
        }
        Some(())
    }

    pub(super) fn lease(&self, id: i64, now: Instant) -> Option<LeaseView<'_>> {
        let lease = self.leases.get(&id)?;
        let left = lease.ends.saturating_duration_since(now).as_secs();
        Some(LeaseView { granted: lease.granted, left, keys: &lease.keys })
    }

    /// Ends every lease whose time is over.
    pub(super) fn expire(&mut self, now: Instant) {
        let over: Vec<_> =
            self.leases.iter().filter(|(_, lease)| lease.ends <= now).map(|(id, _)| *id).collect();
        for id in over {
            self.revoke(id);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_dies_with_its_lease_and_lives_on_while_it_is_kept() {
        let (mut store, start) = (Store::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        let id = store.grant(30, start);
        store.put(b"a".to_vec(), b"1".to_vec(), id).unwrap();
        store.expire(at(29));
        assert_eq!(store.keep_alive(id, at(29)), Some(30));
        store.expire(at(58));
        assert_eq!(store.range(b"a", b"").len(), 1);
        store.expire(at(59));
        assert!(store.range(b"a", b"").is_empty());
        assert_eq!(store.keep_alive(id, at(59)), None);
    }

    #[test]
    fn a_prefix_ends_before_its_successor() {
        let mut store = Store::default();
        for key in ["openim/a", "openim/b", "openim0"] {
            store.put(key.into(), Vec::new(), 0).unwrap();
        }
        assert_eq!(store.range(b"openim/", b"openim0").len(), 2);
        assert_eq!(store.delete(b"openim/", b"openim0"), 2);
        assert_eq!(store.range(b"\0", b"\0").len(), 1);
    }
}
