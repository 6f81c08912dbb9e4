//! The files of a configuration, and their directory: all there, and YAML.

use super::reads::{DISCOVERY, ZOOKEEPER};
use super::{Line, Mistake, Reader, Rule, Scene, reads};
use crate::openim::config::{ConfigError, ConfigFile, Origin};

pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    if reader.dir.try_exists().is_ok_and(|exists| !exists) {
        let place = Origin::Whole(reader.dir.to_owned());
        let fix = "put the release's config/ there, or correct -c";
        return vec![reader.breaks(Rule::Files, place, "there is no such directory".to_owned(), fix)];
    }
    let names = scene.files_of(reader);
    let found = names.iter().filter_map(|name| judge(reader, ConfigFile::read(reader.dir, name).err()?));
    found.chain(neither(scene, reader)).collect()
}

/// Of two releases that are told apart by no other file, one reads the one and the other the other.
fn neither(scene: &Scene, reader: &Reader) -> Option<Mistake> {
    let is_either = scene.line == Line::V3_7 && reads::finds_others(scene.line, reader.service);
    (is_either && reads::discovery(scene.line, reader.dir).is_none()).then(|| {
        let what = format!("is missing, and so is {DISCOVERY}: v3.7.0 reads the one, v3.8.0 the other");
        let place = Origin::Whole(reader.dir.join(ZOOKEEPER));
        reader.breaks(Rule::Files, place, what, "put that of your release there, or correct -c")
    })
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
