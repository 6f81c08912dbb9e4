//! The table: situation, row, what was seen, what the sandbox shows.

use std::fmt;

#[derive(Debug)]
struct Row {
    situation: String,
    name: String,
    seen: String,
    sandbox: String,
}

impl Row {
    fn ok(&self) -> bool {
        self.seen == self.sandbox
    }
}

/// Rows in the order they were compared.
#[derive(Debug, Default)]
pub(crate) struct Table(Vec<Row>);

impl Table {
    pub(crate) fn add(
        &mut self,
        situation: &str,
        name: impl Into<String>,
        seen: impl Into<String>,
        sandbox: impl Into<String>,
    ) {
        let (name, seen, sandbox) = (name.into(), seen.into(), sandbox.into());
        self.0.push(Row { situation: situation.to_owned(), name, seen, sandbox });
    }

    pub(crate) fn join(tables: Vec<Self>) -> Self {
        Self(tables.into_iter().flat_map(|table| table.0).collect())
    }

    pub(crate) fn failures(&self) -> usize {
        self.0.iter().filter(|row| !row.ok()).count()
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<28} | {:<44} | {:<40} | {:<40} | ok", "situation", "row", "seen", "sandbox")?;
        for row in &self.0 {
            let ok = if row.ok() { "yes" } else { "NO" };
            // Where the two differ, both are shown whole.
            let short = |text: &str| -> String {
                let text = text.replace('\n', "\\n").replace('\x1b', "");
                if row.ok() { text.chars().take(40).collect() } else { text }
            };
            writeln!(
                f,
                "{:<28} | {:<44.44} | {:<40} | {:<40} | {ok}",
                row.situation,
                row.name,
                short(&row.seen),
                short(&row.sandbox)
            )?;
        }
        write!(f, "{} rows, {} differ", self.0.len(), self.failures())
    }
}
