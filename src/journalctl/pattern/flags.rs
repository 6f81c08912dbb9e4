//! The switches of an expression, `(?i)` and the like.

/// Which switches are on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags(u16);

impl Flags {
    pub(super) const CASELESS: Self = Self(1);
    /// `^` and `$` stand at every line.
    pub(super) const MULTI_LINE: Self = Self(1 << 1);
    /// A dot stands for the end of a line too.
    pub(super) const DOT_ALL: Self = Self(1 << 2);
    /// Space between the parts of an expression counts for nothing.
    pub(super) const SPACED: Self = Self(1 << 3);
    /// Neither does it in a class.
    pub(super) const SPACED_CLASS: Self = Self(1 << 4);
    /// Plain groups have no number.
    pub(super) const UNNUMBERED: Self = Self(1 << 5);
    /// Repetitions are lazy where nothing says otherwise.
    pub(super) const LAZY: Self = Self(1 << 6);
    /// Groups may share a name.
    pub(super) const SAME_NAMES: Self = Self(1 << 7);
    /// What `^` behind `(?` puts out.
    pub(super) const PUT_OUT: Self = Self(0b11_1111);

    pub(super) const fn has(self, flag: Self) -> bool {
        self.0 & flag.0 != 0
    }

    pub(super) const fn with(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    pub(super) const fn without(self, less: Self) -> Self {
        Self(self.0 & !less.0)
    }

    /// `x` comes twice where it is for classes too.
    pub(super) const fn of(letter: u8) -> Option<Self> {
        Some(match letter {
            b'i' => Self::CASELESS,
            b'm' => Self::MULTI_LINE,
            b's' => Self::DOT_ALL,
            b'x' => Self::SPACED,
            b'n' => Self::UNNUMBERED,
            b'U' => Self::LAZY,
            b'J' => Self::SAME_NAMES,
            _ => return None,
        })
    }
}
