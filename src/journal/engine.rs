//! What reads the journal's files.

/// What reads the journal's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// Our own.
    Native,
    /// systemd's own library; in builds with the feature `libsystemd`.
    Libsystemd,
}

impl Engine {
    /// Every engine, also those that this build is without: the command line is the same in every build.
    pub const ALL: &'static [Self] = &[Self::Native, Self::Libsystemd];

    /// The engines of this build, the preferred one first.
    pub const BUILT_IN: &'static [Self] = &[
        Self::Native,
        #[cfg(feature = "libsystemd")]
        Self::Libsystemd,
    ];

    /// Its word on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Libsystemd => "libsystemd",
        }
    }
}
