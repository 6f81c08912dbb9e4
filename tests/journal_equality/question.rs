//! A question: options and their surroundings.

use std::path::{Path, PathBuf};

use openim_ops::journal::Engine;

/// What is asked, and where.
#[derive(Clone, Debug)]
pub(crate) struct Question {
    pub(crate) words: Vec<String>,
    pub(crate) zone: &'static str,
    pub(crate) columns: &'static str,
    pub(crate) colours: &'static str,
    /// The variables that name it.
    pub(crate) locale: &'static [(&'static str, &'static str)],
    /// A directory that stands for this host's root, as far as journals are concerned.
    pub(crate) host: Option<PathBuf>,
}

/// What of an answer has to be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Compared {
    Bytes,
    /// Lines in any order: a choice of fields in another one, and names of fields from an engine that has no list of
    /// them.
    Lines,
    /// JSON, whose names journalctl puts in another order in every run.
    Objects,
}

/// A locale with the letters of UTF-8.
const UTF8: &[(&str, &str)] = &[("LANG", "C.UTF-8")];

impl Question {
    pub(crate) fn new(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let words = words.into_iter().map(Into::into).collect();
        Self { words, zone: "UTC", columns: "80", colours: "0", locale: UTF8, host: None }
    }

    /// The same as it is asked below another root.
    pub(crate) fn below(&self, root: &Path) -> Self {
        let root = root.display().to_string();
        let words = self.words.iter().map(|word| word.strip_prefix(&root).unwrap_or(word).to_owned());
        Self { words: words.collect(), ..self.clone() }
    }

    /// The words as one would type them.
    pub(crate) fn line(&self) -> String {
        let quoted = self.words.iter().map(|word| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_=/.:,+@".contains(&byte);
            if !word.is_empty() && word.bytes().all(plain) { word.clone() } else { format!("'{word}'") }
        });
        format!(
            "{:?} TZ={} COLUMNS={} SYSTEMD_COLORS={} {}",
            self.locale,
            self.zone,
            self.columns,
            self.colours,
            quoted.collect::<Vec<_>>().join(" ")
        )
    }

    /// Whether it is of what the engine libsystemd says that it cannot do.
    pub(crate) fn is_beyond_libsystemd(&self) -> bool {
        self.host.is_some() || self.words.iter().any(|word| word.starts_with("--root"))
    }

    pub(crate) fn compared(&self, engine: Engine) -> Compared {
        let has = |word: &str| self.words.iter().any(|one| one == word);
        if (has("-N") && engine == Engine::Libsystemd)
            || (has("cat") && self.words.iter().any(|word| word.starts_with("--output-fields")))
        {
            Compared::Lines
        } else if ["json", "json-pretty", "json-sse", "json-seq"].into_iter().any(has) {
            Compared::Objects
        } else {
            Compared::Bytes
        }
    }
}
