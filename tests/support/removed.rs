//! What a reader says of entries that were removed before it came to them.

/// How many entries its remarks tell of: in the middle of a file, or whole files.
pub(crate) fn told(remarks: &str) -> u64 {
    let count = |line: &str| {
        let (before, _) = line
            .split_once(" of its entries are missing")
            .or_else(|| line.split_once(" entries were removed before they were read"))?;
        before.rsplit(' ').next()?.parse::<u64>().ok()
    };
    remarks.lines().filter_map(count).sum()
}
