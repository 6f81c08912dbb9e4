//! What a terminal is taken for where there is none to ask.

/// The width of text.
pub(crate) const COLUMNS: u16 = 80;
