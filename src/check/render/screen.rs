//! Lines of text for a reader: folded, with a weight each, and cut to what the reader takes.

use std::io::IsTerminal;

use anstyle::{AnsiColor, Style as Ansi};

use crate::check::args::ColorWhen;
use crate::check::profile::Shape;
use crate::check::report::Verdict;
use crate::terminal::COLUMNS;

/// Lines of ours are no longer than this, however wide the terminal is.
pub(super) const WIDTH: usize = COLUMNS as usize;

/// The text of a cause, of a hint and of a list stands behind its word at this column.
const INDENT: usize = 9;

/// So many lines a health check of Docker prints: `docker inspect` shows them in one line of JSON.
const SHORT_LINES: usize = 10;

/// Docker keeps 4096 bytes of a health check's output, and less is easier to read there.
const SHORT_BYTES: usize = 3500;

/// Whether the state word is coloured.
pub(super) struct Style {
    colour: bool,
}

impl Style {
    /// `auto` is: on a terminal, and `NO_COLOR` is not set.
    pub(super) fn choose(when: ColorWhen) -> Self {
        let colour = match when {
            ColorWhen::Always => true,
            ColorWhen::Never => false,
            ColorWhen::Auto => {
                std::io::stdout().is_terminal()
                    && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
            }
        };
        Self { colour }
    }

    /// The state word.
    pub(super) fn word(&self, verdict: Verdict) -> String {
        let word = verdict.headline();
        let colour = match verdict {
            Verdict::Pass | Verdict::Skipped => AnsiColor::Green,
            Verdict::Warn | Verdict::Starting | Verdict::Unknown => AnsiColor::Yellow,
            Verdict::Fail => AnsiColor::Red,
        };
        let style = if self.colour { Ansi::new().bold().fg_color(Some(colour.into())) } else { Ansi::new() };
        format!("{style}{word}{style:#}")
    }
}

/// Lines, in their order.
#[derive(Debug, Default)]
pub(super) struct Screen {
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    weight: Verdict,
    text: String,
}

impl Screen {
    /// Adds a line as it is.
    pub(super) fn line(&mut self, weight: Verdict, text: impl Into<String>) {
        self.lines.push(Line { weight, text: text.into() });
    }

    /// Adds a word and its text, folded at [`WIDTH`] under the text's column.
    pub(super) fn put(&mut self, weight: Verdict, word: &str, text: &str) {
        // A long word (starting, unknown) moves its own line's text, and still stands apart from it.
        let head = format!("  {word:<width$} ", width = INDENT - 3);
        for line in fold(head, INDENT, text) {
            self.line(weight, line);
        }
    }

    /// The text of all lines but the first.
    pub(super) fn details(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().skip(1).map(|line| line.text.as_str())
    }

    /// The text in the form that the reader takes.
    pub(super) fn shaped(&self, shape: Shape) -> String {
        match shape {
            Shape::Whole => self.each(|line| line.text.clone()),
            Shape::Short => self.short(),
            Shape::Prioritised => self.each(|line| format!("<{}>{}", priority(line.weight), line.text)),
        }
    }

    fn each(&self, form: impl Fn(&Line) -> String) -> String {
        self.lines.iter().flat_map(|line| [form(line), "\n".to_owned()]).collect()
    }

    fn short(&self) -> String {
        let mut out = String::new();
        for (shown, line) in self.lines.iter().enumerate() {
            let left = self.lines.len() - shown;
            let room = SHORT_BYTES - out.len();
            // The last place is kept for saying that there is more.
            if (shown == SHORT_LINES - 1 && left > 1) || line.text.len() + 1 > room {
                let told = format!("  and {left} more lines: run openim-check there\n");
                if told.len() <= room {
                    out.push_str(&told);
                }
                break;
            }
            out.push_str(&line.text);
            out.push('\n');
        }
        out
    }
}

/// Folds a text at [`WIDTH`] behind a head, its further lines indented.
pub(super) fn fold(head: String, indent: usize, text: &str) -> Vec<String> {
    let (mut lines, mut line, mut is_empty) = (Vec::new(), head, true);
    for word in text.split(' ') {
        if !is_empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            lines.push(line.trim_end().to_owned());
            line = " ".repeat(indent);
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
        }
        line.push_str(word);
        is_empty = false;
    }
    lines.push(line.trim_end().to_owned());
    lines
}

/// The priority of syslog(3): error, warning, notice, informational.
const fn priority(weight: Verdict) -> u8 {
    match weight {
        Verdict::Fail => 3,
        Verdict::Warn | Verdict::Unknown => 4,
        Verdict::Starting => 5,
        Verdict::Pass | Verdict::Skipped => 6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_stands_apart_from_its_word_and_folds_under_its_own_column() {
        let mut screen = Screen::default();
        screen.put(Verdict::Fail, "do", "start it");
        screen.put(Verdict::Fail, "starting", "api has no socket");
        let long = "x".repeat(WIDTH - INDENT);
        screen.put(Verdict::Fail, "", &format!("{long} end"));
        let wanted =
            format!("  do     start it\n  starting api has no socket\n         {long}\n         end\n");
        assert_eq!(screen.shaped(Shape::Whole), wanted);
    }

    #[test]
    fn docker_gets_ten_lines_and_is_told_how_many_it_did_not_get() {
        let mut screen = Screen::default();
        for number in 1..=12 {
            screen.line(Verdict::Fail, format!("line {number}"));
        }
        let text = screen.shaped(Shape::Short);
        assert_eq!(text.lines().count(), SHORT_LINES);
        assert!(text.ends_with("line 9\n  and 3 more lines: run openim-check there\n"), "{text}");
    }

    #[test]
    fn a_text_of_ten_lines_is_whole_for_docker_and_long_lines_stay_below_its_limit() {
        let mut ten = Screen::default();
        let mut long = Screen::default();
        for number in 1..=SHORT_LINES {
            ten.line(Verdict::Pass, format!("line {number}"));
            long.line(Verdict::Pass, "ü".repeat(450));
        }
        assert_eq!(ten.shaped(Shape::Short), ten.shaped(Shape::Whole));
        let text = long.shaped(Shape::Short);
        assert!(text.len() <= SHORT_BYTES, "{} bytes", text.len());
        assert!(text.ends_with("  and 7 more lines: run openim-check there\n"), "{text}");
    }

    #[test]
    fn journald_reads_a_priority_from_each_line() {
        let mut screen = Screen::default();
        screen.line(Verdict::Fail, "FAIL  api");
        screen.put(Verdict::Pass, "ok", "push");
        assert_eq!(screen.shaped(Shape::Prioritised), "<3>FAIL  api\n<6>  ok     push\n");
    }
}
