//! The releases of the library `github.com/openimsdk/tools`, by which services find each other.

/// Its module path.
pub const MODULE: &str = "github.com/openimsdk/tools";

/// The first release that registers again after a lost lease: that of v3.8.3-patch.16.
/// Source: openimsdk/tools, v0.0.50-alpha.107 of 2025-11-05.
const REGISTERS_AGAIN: (u32, u32, u32, u32) = (0, 0, 50, 107);

/// Whether a service built with this release registers again by itself; `None` for a version of another form.
#[must_use]
pub fn registers_again(version: &str) -> Option<bool> {
    Some(parse(version)? >= REGISTERS_AGAIN)
}

/// `v0.0.50-alpha.106`; a release without a suffix comes after all of its alphas.
fn parse(version: &str) -> Option<(u32, u32, u32, u32)> {
    let version = version.strip_prefix('v')?;
    let (numbers, suffix) = version.split_once('-').map_or((version, None), |(n, s)| (n, Some(s)));
    let mut numbers = numbers.split('.').map(str::parse);
    let mut next = || numbers.next()?.ok();
    let alpha = match suffix {
        None => u32::MAX,
        Some(suffix) => suffix.strip_prefix("alpha.")?.split(['-', '+', '.']).next()?.parse().ok()?,
    };
    Some((next()?, next()?, next()?, alpha))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_release_that_learned_to_register_again_is_the_border() {
        assert_eq!(registers_again("v0.0.50-alpha.106"), Some(false));
        assert_eq!(registers_again("v0.0.50-alpha.107"), Some(true));
        assert_eq!(registers_again("v0.0.50-alpha.113"), Some(true));
        assert_eq!(registers_again("v0.0.50"), Some(true));
        assert_eq!(registers_again("v0.0.49-alpha.200"), Some(false));
        assert_eq!(registers_again("(devel)"), None);
    }
}
