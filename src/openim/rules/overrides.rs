//! Variables over the files: a list has no brackets, and only a key that stands in the file can be overridden.

use super::{Mistake, Reader, Rule, Scene};
use crate::openim::config::ConfigFile;

/// What every override begins with.
const PREFIX: &str = "IMENV_";

pub(super) fn find(_: &Scene, reader: &Reader) -> Vec<Mistake> {
    let files: Vec<ConfigFile> = reader.file_names().iter().filter_map(|name| reader.file(name)).collect();
    reader.env.beginning_with(PREFIX).filter_map(|(name, value)| judge(reader, &files, name, value)).collect()
}

fn judge(reader: &Reader, files: &[ConfigFile], name: &str, value: &str) -> Option<Mistake> {
    let keys = files.iter().flat_map(|file| file.leaves().into_iter().map(move |leaf| (file, leaf)));
    match keys.into_iter().find(|(file, leaf)| file.variable(&leaf.key) == name) {
        Some((_, leaf)) if value.starts_with('[') && (leaf.is_list || leaf.key.ends_with("ports")) => {
            let what = format!("has brackets, and {} is read as a comma-separated list", leaf.key);
            Some(reader.breaks(
                Rule::Overrides,
                reader.env.origin(name),
                what,
                "write it without brackets: a:1,b:2",
            ))
        }
        Some(_) => None,
        None => is_ours(files, name).map(|file| {
            let what = format!("overrides nothing: {} has no such key", file.path().display());
            let fix = "write the key into the file (its value may be blank), or correct the variable's name";
            reader.misleads(Rule::Overrides, reader.env.origin(name), what, fix)
        }),
    }
}

/// The file that a variable means; one of another service's file is no mistake of this reader. The longest prefix
/// decides: `IMENV_OPENIM_RPC_USER_…` is not for `openim-rpc.yml`.
fn is_ours<'f>(files: &'f [ConfigFile], name: &str) -> Option<&'f ConfigFile> {
    let with_prefix =
        files.iter().filter(|file| !file.prefix().is_empty() && name.starts_with(file.prefix()));
    with_prefix.max_by_key(|file| file.prefix().len())
}
