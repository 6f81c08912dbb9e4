//! The files of a configuration: all there, and YAML.

use super::{Mistake, Reader, Rule};
use crate::openim::config::{ConfigError, ConfigFile, Origin};

pub(super) fn find(reader: &Reader) -> Vec<Mistake> {
    let names = reader.file_names();
    names.iter().filter_map(|name| judge(reader, ConfigFile::read(reader.dir, name).err()?)).collect()
}

fn judge(reader: &Reader, error: ConfigError) -> Option<Mistake> {
    let mistake = match error {
        ConfigError::Read { path, source } => {
            let place = Origin::Whole(path);
            if source.kind() == std::io::ErrorKind::NotFound {
                let fix = "put it there (the release's config/ has it), or correct -c";
                reader.breaks(Rule::Files, place, "is missing".to_owned(), fix)
            } else {
                reader.breaks(
                    Rule::Files,
                    place,
                    format!("cannot be read: {source}"),
                    "let the service's user read it",
                )
            }
        }
        ConfigError::Yaml { path, line, message } => {
            let place = Origin::File { path, line };
            reader.breaks(
                Rule::Files,
                place,
                format!("is no YAML: {message}"),
                "correct the line, or the one above it",
            )
        }
        // Reading alone types nothing.
        ConfigError::Type { .. } => return None,
    };
    Some(mistake)
}
