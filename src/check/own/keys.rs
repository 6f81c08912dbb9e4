//! The keys of one table of a TOML file, each read once with its type, and every mistake noted with its line.

use std::collections::BTreeSet;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::usage::nearest;

/// A mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Mistake {
    /// Where it begins in the text.
    pub(super) at: usize,
    /// What is wrong.
    pub(super) text: String,
}

/// A table whose keys are taken out one by one; what is left in the end is unknown.
pub(super) struct Keys<'t> {
    table: &'t DeTable<'t>,
    /// Where the table begins in the text.
    at: usize,
    /// What the table describes, for sentences: "a check of kind http".
    what: String,
    asked: BTreeSet<&'static str>,
    mistakes: Vec<Mistake>,
}

impl<'t> Keys<'t> {
    pub(super) fn new(table: &'t DeTable<'t>, at: usize, what: &str) -> Self {
        let (asked, mistakes) = (BTreeSet::new(), Vec::new());
        Self { table, at, what: what.to_owned(), asked, mistakes }
    }

    /// Says from now on what it describes.
    pub(super) fn describe(&mut self, what: String) {
        self.what = what;
    }

    /// Notes a mistake at a key, or at the table where the key is missing.
    pub(super) fn complain(&mut self, key: &str, text: String) {
        let at = self.find(key).map_or(self.at, |value| value.span().start);
        self.mistakes.push(Mistake { at, text });
    }

    /// The value of a key in the wanted form; `None` where it is absent, or wrong, which is noted.
    pub(super) fn take<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        parse: impl FnOnce(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        self.asked.insert(key);
        let value = self.find(key)?;
        let parsed = parse(value.get_ref());
        if parsed.is_none() {
            self.complain(key, format!("{key} wants {wanted}"));
        }
        parsed
    }

    /// As [`Keys::take`], for a key that has to be there.
    pub(super) fn need<T>(
        &mut self,
        key: &'static str,
        wanted: &str,
        parse: impl FnOnce(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        if self.find(key).is_none() {
            self.asked.insert(key);
            let text = format!("{} needs {key}: {wanted}", self.what);
            self.complain(key, text);
            return None;
        }
        self.take(key, wanted, parse)
    }

    /// A text that has to be there.
    pub(super) fn need_text(&mut self, key: &'static str, wanted: &str) -> Option<String> {
        self.need(key, wanted, text)
    }

    /// Each element of a list with its place; a single value is a list of one.
    pub(super) fn elements(&mut self, key: &'static str) -> Vec<&'t Spanned<DeValue<'t>>> {
        self.asked.insert(key);
        let Some(value) = self.find(key) else { return Vec::new() };
        match value.get_ref().as_array() {
            Some(elements) => elements.iter().collect(),
            None => vec![value],
        }
    }

    /// Takes over the mistakes of a table inside this one.
    pub(super) fn add(&mut self, mistakes: Vec<Mistake>) {
        self.mistakes.extend(mistakes);
    }

    /// All mistakes, those for keys that nobody asked for included.
    pub(super) fn finish(mut self) -> Vec<Mistake> {
        let known: Vec<&str> = self.asked.iter().copied().collect();
        for (key, _) in self.table {
            let name = key.get_ref().as_ref();
            if !self.asked.contains(name) {
                let meant = nearest(name, &known).map_or_else(String::new, |word| format!(", meant {word}?"));
                let text = format!("{} has no key {name}{meant}", self.what);
                self.mistakes.push(Mistake { at: key.span().start, text });
            }
        }
        self.mistakes
    }

    fn find(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.table.iter().find(|(name, _)| name.get_ref().as_ref() == key).map(|(_, value)| value)
    }
}

/// A text that is not empty.
pub(super) fn text(value: &DeValue<'_>) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A whole number.
pub(super) fn number<N: TryFrom<i64>>(value: &DeValue<'_>) -> Option<N> {
    let number = value.as_integer()?;
    N::try_from(i64::from_str_radix(number.as_str(), number.radix()).ok()?).ok()
}

/// A number with or without a fraction.
pub(super) fn fraction(value: &DeValue<'_>) -> Option<f64> {
    let whole = number::<i32>(value).map(f64::from);
    whole.or_else(|| value.as_float()?.as_str().parse().ok()).filter(|number| number.is_finite())
}
