//! One line on a terminal that tells how far long work is. It goes to standard error, and nowhere where that is no
//! terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// `⠙ redis at 10.0.0.5:6379: connection refused (41 s left)`. The line is gone before anything else is written.
#[derive(Debug)]
pub(crate) struct Spinner(ProgressBar);

impl Spinner {
    /// Who wants quiet gets a spinner that shows nothing.
    pub(crate) fn start(quiet: bool) -> Self {
        let bar = if quiet { ProgressBar::hidden() } else { ProgressBar::new_spinner() };
        let style = ProgressStyle::with_template("{spinner} {wide_msg}");
        Self(style.map_or_else(|_| ProgressBar::hidden(), |style| bar.with_style(style)))
    }

    pub(crate) fn show(&self, text: String) {
        self.0.set_message(text);
        self.0.tick();
    }
}

impl Drop for Spinner {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
