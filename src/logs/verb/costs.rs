//! How long the calls of a method took: all of them, in bounded memory.
//!
//! Each duration is counted as it is. Where there are too many different ones, from then on those count as one that
//! have their first eight binary digits in common: what is told then is less than one percent too long, and never too
//! short.

use std::collections::BTreeMap;

/// So many different durations are told apart.
const MOST_DIFFERENT: usize = 10_000;
/// And so many of their leading binary digits when they have become more.
const DIGITS: u32 = 8;

#[derive(Clone, Debug, Default)]
pub(super) struct Costs {
    count: u64,
    /// How often each duration was seen.
    counts: BTreeMap<u64, u64>,
    /// They were too many: each is the longest of its like.
    are_rounded: bool,
}

impl Costs {
    pub(super) const fn count(&self) -> u64 {
        self.count
    }

    pub(super) fn add(&mut self, cost: u64) {
        self.count += 1;
        *self.counts.entry(if self.are_rounded { round(cost) } else { cost }).or_default() += 1;
        if !self.are_rounded && self.counts.len() > MOST_DIFFERENT {
            self.are_rounded = true;
            for (cost, count) in std::mem::take(&mut self.counts) {
                *self.counts.entry(round(cost)).or_default() += count;
            }
        }
    }

    /// The shortest duration that this share of all does not exceed.
    pub(super) fn percentile(&self, percent: u64) -> u64 {
        let wanted = self.count.saturating_mul(percent).div_ceil(100).max(1);
        let mut seen = 0;
        let found = self.counts.iter().find(|&(_, count)| {
            seen += count;
            seen >= wanted
        });
        found.map_or(0, |(&cost, _)| cost)
    }
}

/// The longest duration that has the same leading digits.
const fn round(cost: u64) -> u64 {
    let rest = (u64::BITS - cost.leading_zeros()).saturating_sub(DIGITS);
    cost | ((1 << rest) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(costs: impl IntoIterator<Item = u64>) -> Costs {
        let mut all = Costs::default();
        costs.into_iter().for_each(|cost| all.add(cost));
        all
    }

    #[test]
    fn the_share_that_is_named_does_not_exceed_it_and_less_is_exceeded() {
        let ten = of((1..=9).chain([1000]));
        assert_eq!([50, 90, 91, 95, 100].map(|percent| ten.percentile(percent)), [5, 9, 1000, 1000, 1000]);
        assert_eq!([1, 50, 95].map(|percent| of([7]).percentile(percent)), [7, 7, 7]);
        let hundred = of((1..=100).rev());
        assert_eq!([1, 50, 95].map(|percent| hundred.percentile(percent)), [1, 50, 95]);
        assert_eq!(Costs::default().percentile(50), 0);
    }

    #[test]
    fn late_calls_count_as_much_as_early_ones() {
        let costs = of((0..40_000).map(|number| if number < 20_000 { 1000 } else { 1_000_000 }));
        assert_eq!((costs.count(), costs.percentile(50), costs.percentile(51)), (40_000, 1000, 1_000_000));
    }

    #[test]
    fn too_many_different_ones_take_bounded_room_and_are_told_to_one_percent() {
        let last = 1_000_000;
        let costs = of((1..=last).map(|number| number * 997 % (last + 1)));
        assert!(costs.counts.len() < MOST_DIFFERENT / 2, "{}", costs.counts.len());
        assert_eq!((costs.count(), costs.counts.values().sum::<u64>()), (last, last));
        for percent in 1..=100 {
            let (exact, told) = (last * percent / 100, costs.percentile(percent));
            assert!((exact..exact + exact / 100).contains(&told), "{percent}: {told}");
        }
        assert!(
            of([u64::MAX, 0]).percentile(100) == u64::MAX && round(0) == 0 && round(u64::MAX) == u64::MAX
        );
    }
}
