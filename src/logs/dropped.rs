//! Lines that journald did not take, as it says itself: `Suppressed 3120 messages from openim-api.service`.
//!
//! Source: systemd 252, `journald-rate-limit.c`.

use crate::time::Timestamp;

/// What was dropped of one unit in one interval of its rate limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dropped {
    pub(super) time: Timestamp,
    pub(super) unit: String,
    pub(super) count: u64,
}

impl Dropped {
    /// Reads a message of journald.
    pub(super) fn parse(time: Timestamp, text: &str) -> Option<Self> {
        let (count, rest) = text.strip_prefix("Suppressed ")?.split_once(" messages from ")?;
        let unit = rest.rsplit('/').next()?.trim().to_owned();
        Some(Self { time, unit, count: count.parse().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn journalds_own_words_are_read() {
        let time = Timestamp::from_micros(1);
        let of_api = |count| Dropped { time, unit: "openim-api.service".to_owned(), count };
        let parse = |text| Dropped::parse(time, text);
        assert_eq!(parse("Suppressed 3120 messages from openim-api.service"), Some(of_api(3120)));
        assert_eq!(parse("Suppressed 2 messages from /system.slice/openim-api.service"), Some(of_api(2)));
        assert_eq!(parse("Suppressed many messages from x"), None);
    }
}
