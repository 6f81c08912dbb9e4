//! Variables over the files: a list has no brackets, and only a key that stands in the file can be overridden.

use super::{Mistake, Reader, Rule, Scene};
use crate::openim::config::{ConfigFile, Leaf};

pub(super) fn find(scene: &Scene, reader: &Reader) -> Vec<Mistake> {
    let files: Vec<ConfigFile> = scene.files_of(reader).iter().filter_map(|name| reader.file(name)).collect();
    let keys: Vec<(String, Leaf)> = files.iter().flat_map(keys_of).collect();
    let bracketed = keys.iter().filter_map(|(name, leaf)| brackets(reader, name, leaf));
    let prefixed = reader.env.beginning_with(scene.line.prefix()).map(|(name, _)| name);
    let of_no_key = prefixed.filter(|name| keys.iter().all(|(known, _)| known != name));
    let idle = of_no_key.filter_map(|name| Some(overrides_nothing(reader, is_ours(&files, name)?, name)));
    bracketed.chain(idle).collect()
}

/// The variable of each key; some files have no prefix, so that theirs are bare names.
fn keys_of(file: &ConfigFile) -> Vec<(String, Leaf)> {
    file.leaves().into_iter().map(|leaf| (file.variable(&leaf.key), leaf)).collect()
}

fn brackets(reader: &Reader, name: &str, leaf: &Leaf) -> Option<Mistake> {
    let is_list = leaf.is_list || leaf.key.ends_with("ports");
    (is_list && reader.env.get(name)?.starts_with('[')).then(|| {
        let what = format!("has brackets, and {} is read as a comma-separated list", leaf.key);
        let fix = "write it without brackets: a:1,b:2";
        reader.breaks(Rule::Overrides, reader.env.origin(name), what, fix)
    })
}

fn overrides_nothing(reader: &Reader, file: &ConfigFile, name: &str) -> Mistake {
    let what = format!("overrides nothing: {} has no such key", file.path().display());
    let fix = "write the key into the file (its value may be blank), or correct the variable's name";
    reader.misleads(Rule::Overrides, reader.env.origin(name), what, fix)
}

/// The file that a variable means; one of another service's file is no mistake of this reader. The longest prefix
/// decides: `IMENV_OPENIM_RPC_USER_…` is not for `openim-rpc.yml`.
fn is_ours<'f>(files: &'f [ConfigFile], name: &str) -> Option<&'f ConfigFile> {
    let with_prefix =
        files.iter().filter(|file| !file.prefix().is_empty() && name.starts_with(file.prefix()));
    with_prefix.max_by_key(|file| file.prefix().len())
}
