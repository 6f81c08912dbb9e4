//! The versions of OpenIM, in the order in which they came.
//!
//! ```text
//! v3.8.3-alpha.1 < v3.8.3-rc.2 < v3.8.3 < v3.8.3-patch.5 < v3.8.3-patch.16 < v3.8.4
//! ```
//!
//! A patch comes after its release, other than semantic versioning has it. Source: the tags of open-im-server.

/// A version, by its parts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Without zeros at the end: `v3.8` is `v3.8.0`.
    numbers: Vec<u32>,
    stage: Stage,
    step: Vec<u32>,
}

/// What is before a release and what comes after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Alpha,
    Beta,
    Candidate,
    Release,
    Patch,
}

impl Version {
    /// Reads `v3.8.3`, `3.8.0`, `v3.8.3-patch.16`; `None` for what has no place in the order (`main`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.strip_prefix('v').unwrap_or(text);
        let (numbers, suffix) = text.split_once('-').map_or((text, None), |(n, s)| (n, Some(s)));
        let (stage, step) = suffix.map_or(Some((Stage::Release, Vec::new())), parse_suffix)?;
        Some(Self { numbers: parse_numbers(numbers)?, stage, step })
    }
}

/// `patch.16`, `alpha3`, `rc`.
fn parse_suffix(suffix: &str) -> Option<(Stage, Vec<u32>)> {
    let end = suffix.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(suffix.len());
    let (word, step) = suffix.split_at(end);
    let stage = match word {
        "alpha" => Stage::Alpha,
        "beta" => Stage::Beta,
        "rc" => Stage::Candidate,
        "patch" => Stage::Patch,
        _ => return None,
    };
    let step = step.strip_prefix('.').unwrap_or(step);
    Some((stage, if step.is_empty() { Vec::new() } else { parse_numbers(step)? }))
}

fn parse_numbers(text: &str) -> Option<Vec<u32>> {
    let mut numbers = text.split('.').map(|number| number.parse().ok()).collect::<Option<Vec<u32>>>()?;
    while numbers.last() == Some(&0) {
        numbers.pop();
    }
    Some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_come_in_the_order_of_their_tags() {
        let tags = [
            "v3.5.1",
            "v3.8.0",
            "v3.8.3-alpha.1",
            "v3.8.3-beta1",
            "v3.8.3-rc.9",
            "v3.8.3",
            "v3.8.3-patch",
            "v3.8.3-patch.5",
            "v3.8.3-patch.16",
            "v3.10.0",
        ];
        let versions: Vec<Version> = tags.iter().map(|tag| Version::parse(tag).unwrap()).collect();
        assert!(versions.is_sorted(), "{versions:?}");
        assert!(versions.windows(2).all(|pair| pair[0] != pair[1]));
    }

    #[test]
    fn the_same_version_is_written_in_several_ways() {
        let version = Version::parse("v3.8.0");
        assert!(version.is_some());
        assert_eq!(version, Version::parse("3.8"));
        for text in ["", "v", "main", "[undefined version]", "v3.8.3-e-v1", "3.x", "v3..1"] {
            assert_eq!(Version::parse(text), None, "{text}");
        }
    }
}
