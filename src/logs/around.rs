//! `-A`, `-B`, `-C`: records of the same service around each that is found.
//!
//! What comes before a record is kept as it would be shown, a few records for each service, until it is known whether
//! it is wanted. As grep does, a line `--` stands where something of a service is left out, in the forms for people.

use std::collections::{HashMap, VecDeque};

use super::plan::Around;
use super::render::Shown;

/// What is kept of each service.
#[derive(Debug, Default)]
pub(super) struct Surrounding {
    around: Around,
    services: HashMap<String, Recent>,
    /// Whether anything has been shown.
    begun: bool,
}

#[derive(Debug, Default)]
struct Recent {
    /// The last records that were not shown.
    before: VecDeque<Shown>,
    /// How many records more are shown.
    after: usize,
    /// Something was left out since the last that was shown.
    gap: bool,
}

impl Surrounding {
    pub(super) fn new(around: Around) -> Self {
        Self { around, ..Self::default() }
    }

    /// Whether records that were not found matter at all.
    pub(super) fn is_wanted(&self) -> bool {
        self.around != Around::default()
    }

    /// Whether records that come are shown because of one before them.
    pub(super) fn owes(&self) -> bool {
        self.services.values().any(|recent| recent.after > 0)
    }

    /// Takes a record as it would be shown, and gives what is due. A gap stands for what was left out already.
    pub(super) fn take(&mut self, service: &str, found: bool, shown: Shown, due: &mut Vec<Shown>) {
        if !self.services.contains_key(service) {
            self.services.insert(service.to_owned(), Recent::default());
        }
        let Some(recent) = self.services.get_mut(service) else { return };
        if shown.is_gap {
            recent.before.clear();
            recent.gap = true;
        } else if found {
            if recent.gap && self.begun {
                due.push(Shown::gap());
            }
            due.extend(recent.before.drain(..));
            (recent.gap, recent.after) = (false, self.around.after);
            self.begun = true;
            due.push(shown);
        } else if recent.after > 0 {
            recent.after -= 1;
            due.push(shown);
        } else {
            recent.before.push_back(shown);
            if recent.before.len() > self.around.before {
                recent.before.pop_front();
                recent.gap = true;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each word is a service and a text; one in capitals is found.
    fn shown(before: usize, after: usize, words: &str) -> String {
        let mut surrounding = Surrounding::new(Around { before, after });
        let mut due = Vec::new();
        for word in words.split(' ') {
            let found = word.chars().any(char::is_uppercase);
            let shown = Shown { text: format!("{word}\n").into(), heading: None, is_gap: false };
            surrounding.take(&word[..1].to_lowercase(), found, shown, &mut due);
        }
        let text: Vec<u8> = due.into_iter().flat_map(|shown| shown.text).collect();
        String::from_utf8(text).unwrap().replace('\n', " ").trim_end().to_owned()
    }

    #[test]
    fn records_of_the_same_service_stand_around_what_is_found() {
        assert_eq!(shown(1, 1, "a1 b1 a2 A3 b2 a4 a5"), "a2 A3 a4");
        assert_eq!(shown(2, 0, "a1 b1 a2 a3 A4 b2 B3"), "a2 a3 A4 b1 b2 B3");
    }

    #[test]
    fn a_gap_is_marked_and_nothing_is_shown_twice() {
        assert_eq!(shown(1, 1, "A1 a2 a3 a4 A5 a6"), "A1 a2 -- a4 A5 a6");
        assert_eq!(shown(1, 1, "A1 a2 a3 A4"), "A1 a2 a3 A4");
        assert_eq!(shown(0, 0, "A1 a2 A3"), "A1 -- A3");
    }
}
